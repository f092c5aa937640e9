/* The program smmulator-linux: its verbs, and what they share. */
#ifndef LINUX_TOOL_LINUX_TOOL_H
#define LINUX_TOOL_LINUX_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "linux_world/world.h"
#include "machine/result.h"

struct json_t;
struct watch_places;

int verb_bench(int argc, char **argv);
int verb_caught(int argc, char **argv); /* where faults are patched in alone */
int verb_faults(int argc, char **argv);
int verb_nested(int argc, char **argv);
int verb_kunit(int argc, char **argv);
int verb_life(int argc, char **argv);
int verb_probe(int argc, char **argv);
int verb_sva(int argc, char **argv);
int verb_storm(int argc, char **argv);
int verb_transitions(int argc, char **argv);
int verb_vsmmu(int argc, char **argv);

/* ---- isolate.c: one kernel a process ---- */

/* Runs work(arg) in a child and returns what it made; NULL when the child did not end well, said on
 * stderr. What the child returns is its own. */
struct json_t *isolate(struct json_t *(*work)(void *arg), void *arg);

/* ---- rows.c: verbs of several rows ---- */

/* The options of a verb that has --json alone; false: the command line is wrong. `program` is what its help is
 * to call it. */
bool rows_take_json(int argc, char **argv, char *program, const char *doc, bool *json);
/* TOOL_DONE, or TOOL_DIFFERS when one does not hold; TOOL_MACHINE unless `all` were run. */
int rows_status(const struct json_t *list, bool all);
/* The same; prints the list as `key` of one JSON object before, when that is asked for, and gives it up. */
int rows_end(struct json_t *list, const char *key, bool json, bool all);

/* ---- judged.c: one world, and who watches it ---- */

/* The work of a verb on a world whose `sink` and `log` are taken care of. 0 or enum smmu_err, with why;
 * adds its own keys to the object, and holds is whether what it did was right. */
struct judged_work {
  struct lx_config config;
  int (*run)(struct lx_world *w, const void *arg, struct json_t *object, bool *holds, char *why,
             size_t len);
  /* In the place of `run`: on a world of its own making, that `config` watches. */
  int (*alone)(const struct lx_config *config, const void *arg, struct json_t *object, bool *holds,
               char *why, size_t len);
  const void *arg;
  unsigned world; /* whose register accesses the timeline shows: 0 the host's, 1 a guest's */
  unsigned smmus; /* 2: there are two, and what was seen of the second is the object's "second" */
  unsigned fault; /* of linux/faults/faults.def, from 1; 0: none */
  unsigned lines; /* of the timeline that are kept; 0: none */
};

/* An object with what `run` adds, and why, holds, driver, model, verdicts, findings, stories, ...; NULL:
 * out of memory. holds: the work's own, and nobody found anything. */
struct json_t *judged_run(const struct judged_work *work);
/* Works that several verbs do. */
int work_probe(struct lx_world *w, const void *arg, struct json_t *object, bool *holds, char *why,
               size_t len); /* arg: nothing */
int work_storm(struct lx_world *w, const void *storm, struct json_t *object, bool *holds, char *why,
               size_t len); /* struct lx_storm */
enum { WORK_SVA_CPUS = 8 };
int work_sva(struct lx_world *w, const void *arg, struct json_t *object, bool *holds, char *why,
             size_t len); /* arg: nothing; on WORK_SVA_CPUS */
/* Findings and stories of such an object, for people; and how many there are. */
void judged_print(const struct json_t *object);
uint64_t judged_found(const struct json_t *object);

/* ---- known.c ---- */

/* Moves findings that this driver is known for, some in the row of this "name" alone, from "findings" to "known". */
void known_set_apart(struct json_t *object);

/* ---- timeline.c: what the driver said beside what the model saw ---- */

struct timeline;

/* Records go on to *to, which may be NULL; *places, which may be NULL, names where the driver was. Register
 * accesses are those of `world`. At most `most` lines are kept, the rest is counted. */
struct timeline *timeline_create(const struct machine_sink *to, struct watch_places *places,
                                 unsigned world, unsigned most);
void timeline_destroy(struct timeline *t);
/* For machine_sink.record, and for lx_config.log. */
void timeline_record(void *timeline, const struct smmu_record *record);
void timeline_log(void *timeline, uint64_t time_ps, unsigned cpu, int level, const char *line);
/* Counts of commands by name, translations, events; and the lines when `lines`. */
void timeline_json(const struct timeline *t, struct json_t *object, bool lines);
/* The lines of such an object, for people. */
void timeline_print(const struct json_t *object);

#endif

/* Litmus programs and their schedules in words: what `smmulator litmus` prints. */
#ifndef SMMU_TOOLS_LITMUS_WORDS_H
#define SMMU_TOOLS_LITMUS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "smmu/explore.h"

enum { LITMUS_TEXT = 192 };

/* "the page's descriptor" for an address of the litmus memory map (litmus.h); NULL for others. */
const char *litmus_place(uint64_t addr, char text[LITMUS_TEXT]);
/* Operation i of a thread, as an order: "store 0 to 0x4008, the page's descriptor". */
void litmus_op_text(const struct explore_op *op, char text[LITMUS_TEXT]);
/* What operation i of thread t saw: "0x80000, the old page"; "fault F_TRANSLATION". */
void litmus_seen_text(const struct explore_op *op, uint64_t value, char text[LITMUS_TEXT]);

/* The program for people: claim, rule, device, commands, threads. */
void litmus_print_program(const struct explore_program *p);
/* The same as a section of docs/litmus.md. */
void litmus_print_markdown(const struct explore_program *p);

/* One line of a story: transition number, who moved, what happened. */
struct litmus_line {
  unsigned transition;
  char who[32];
  char text[2 * LITMUS_TEXT];
};

struct litmus_story {
  struct litmus_line *line;
  size_t lines, room;
  size_t understood; /* characters of the schedule that were followed */
  struct explore_result result;
};

/* Follow a schedule; transitions that nothing can be seen of get no line. What explore_replay()
 * returns; free in any case. */
int litmus_follow(const struct explore_program *p, const char *schedule, struct litmus_story *out);
void litmus_story_free(struct litmus_story *s);

/* A schedule that shows the race better than the first witness met: one DMA stands still as late
 * as it can while everybody else works, is marked by an invalidation, and goes on. False when
 * this program has no such way, or none that is a witness. */
bool litmus_race(const struct explore_program *p, char schedule[EXPLORE_SCHEDULE_MAX]);

/* ---- litmus_report.c ---- */

struct litmus_run {
  const struct explore_program *p;
  struct explore_result result;
  double seconds;
};

/* What is expected of every program: that it holds. */
bool litmus_is_good(const struct litmus_run *r);
/* The last `most` lines of a story, and what each thread saw. */
void litmus_print_story(const struct explore_program *p, const struct litmus_story *s, size_t most);
/* One program in full, what was found, and one way through it. */
void litmus_print_one(const struct litmus_run *r);
/* A table of all; ways to what differs. False when memory ran out. */
bool litmus_print_all(const struct litmus_run *runs, size_t count);

struct json_t;
struct json_t *litmus_result_json(const struct explore_program *p, const struct explore_result *r,
                                  double seconds);
struct json_t *litmus_story_json(const struct litmus_story *s);

#endif

/* The driver checker: which rule of the architecture does software break, and where?
 *
 * A check is a pure reader of trace records (smmu/trace.h), as a watch is (watch/watch.h), and judges
 * software alone: what it stores, which registers it reads and writes, what it says of itself in notes.
 * What the device did with that is a watch's matter. Each world (the host, each guest) is a driver of
 * its own, with its own registers, memory and queues. Give it every record, in order:
 *
 *   struct check *c = check_create(&(struct check_options){ .ctx = me, .finding = print });
 *   check_record(c, &record);      for each one
 *   check_end(c);                  what is owed now is never paid
 *   check_destroy(c);
 *
 * A finding is told at once, while the record that gave it away is handled: so a debugger that stops
 * there shows the driver's line. Same records, same findings. Rules: watch/rules.def, docs/rules/. */
#ifndef WATCH_CHECK_H
#define WATCH_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smmu/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum check_weight { CHECK_FINDING, CHECK_ADVICE };

enum check_rule {
#define RULE(name, id, weight, section, message) CHECK_##name,
#include "watch/rules.def"
#undef RULE
  CHECK_RULES
};

/* "cr0-not-acknowledged", its weight, "6.3.9", its sentence. "?" out of range. */
const char *check_rule_id(unsigned rule);
enum check_weight check_rule_weight(unsigned rule);
const char *check_rule_section(unsigned rule);
const char *check_rule_message(unsigned rule);
/* CHECK_RULES when there is no such id. */
unsigned check_rule_by_id(const char *id);

/* One thing that software did, or left undone. */
struct check_finding {
  unsigned rule;       /* enum check_rule */
  uint64_t record;     /* number of the record it is about, the first of all is 1 */
  uint64_t time;       /* ps, of that record */
  uint32_t place;      /* in software, of that record (smmu/trace.h); 0: unknown */
  uint16_t cpu, world; /* 0: the host; 1 + n: virtual machine n */
  const char *text;    /* what exactly, one line without its end, valid during the call */
};

struct check_options {
  void *ctx;
  /* NULL: findings are only counted. Advice is told by the same way. */
  void (*finding)(void *ctx, const struct check_finding *finding);
  uint64_t smmu,
    cmdqv;        /* where each world sees the registers; 0: PLAT_SMMU_BASE, PLAT_CMDQV_BASE */
  uint32_t words; /* of memory, over all worlds: bound; 0: 2^20 */
};

/* NULL: out of memory. *options is copied and may be NULL. */
struct check *check_create(const struct check_options *options);
void check_destroy(struct check *c);
/* `check` is a struct check. */
void check_record(void *check, const struct smmu_record *record);
/* So many records came that watch_is_of_time(). */
void check_skip(struct check *c, uint64_t records);
/* No record comes any more. Once. */
void check_end(struct check *c);
/* How often a rule was broken. */
uint64_t check_count(const struct check *c, unsigned rule);
uint64_t check_findings(const struct check *c, enum check_weight weight);
/* Memory ran out on the way: findings are those up to there. */
bool check_failed(const struct check *c);

#ifdef __cplusplus
}
#endif
#endif

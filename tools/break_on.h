/* run --break-on: a debugger stops where software broke a rule, or declared dead what was used all the
 * same. What was wrong often shows later than it was done; a run is the same every time, so it is run
 * once to find the record and a second time to stop there, in the call of the platform that made it. */
#ifndef SMMU_TOOLS_BREAK_ON_H
#define SMMU_TOOLS_BREAK_ON_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/result.h"

enum { BREAK_ON_TEXT = 256 };

struct break_on {
  unsigned rule;    /* enum check_rule; or CHECK_RULES, and then: */
  unsigned verdict; /* enum watch_verdict */
  uint64_t record;  /* where to stop; 0: nowhere */
  char what[BREAK_ON_TEXT];
  const struct machine_sink *to; /* of the second run */
  uint64_t records;
};

/* The id of a rule, "stale-driver" or "stale-device". False, with a complaint. */
bool break_on_parse(struct break_on *b, const char *text);
/* The first run; an exit status. */
int break_on_find(struct break_on *b, const struct machine_config *cfg);
/* What the second run gets instead of *to (which may have no `record`), until it is over. */
struct machine_sink break_on_sink(struct break_on *b, const struct machine_sink *to);

#endif

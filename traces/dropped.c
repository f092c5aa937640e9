/* Counters of input that was not replayed: see dropped.h. */
#include "traces/dropped.h"

#include <stdio.h>

static const struct {
  const char *text;
  bool damage;
} reasons[TRACE_DROP_COUNT] = {
#define X(name, damage, text) { text, damage },
  TRACE_DROP_LIST(X)
#undef X
};

void trace_drop_add(struct trace_drops *d, enum trace_drop_reason why, const char *file,
                    uint64_t line)
{
  struct trace_drop *entry = &d->entry[why];

  if (entry->count++ > 0)
    return;
  entry->first_line = line;
  snprintf(entry->file, sizeof(entry->file), "%s", file ? file : "");
}

const char *trace_drop_text(unsigned why)
{
  return why < TRACE_DROP_COUNT ? reasons[why].text : "?";
}

bool trace_drop_is_damage(unsigned why)
{
  return why < TRACE_DROP_COUNT && reasons[why].damage;
}

/* The queue behind a wait for CMD_SYNC, and what it did meanwhile.
 * The link is the memory that both sides touch: software stores a command, the device fetches it
 * from there. The last command stored before the wait is the CMD_SYNC; it is complete with the last
 * thing its queue did before it fetched the next command. Without such stores (memory of its own, a
 * recording without them), the one queue that completed a CMD_SYNC during the wait is taken. */
#include <stdlib.h>

#include "traces/why_internal.h"

enum { LOOK_BACK = 64 }; /* stores */

/* ---- what an actor did at a time ---- */

/* The first span of the actor that ends behind `time`; spans of one actor do not overlap. */
static size_t first_span(const struct why_window *w, uint32_t actor, uint64_t time)
{
  const struct why_span *s = w->span.data;
  size_t low = 0, high = w->span.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (s[middle].actor < actor || (s[middle].actor == actor && s[middle].end <= time))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct why_span *span_at(const struct why_window *w, uint32_t actor, size_t i)
{
  const struct why_span *s = w->span.data;

  return i < w->span.count && s[i].actor == actor ? &s[i] : NULL;
}

/* The last store to this command at or before `time`; NULL: none. */
static const struct why_store *owner_of(const struct why_window *w, uint64_t addr, uint64_t time)
{
  const struct why_store *s = w->owner.data;
  size_t low = 0, high = w->owner.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (s[middle].addr < addr || (s[middle].addr == addr && s[middle].time <= time))
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && s[low - 1].addr == addr ? &s[low - 1] : NULL;
}

bool why_device_at(const struct why_list *list, const struct why_window *w, uint32_t actor,
                   uint64_t time, uint64_t *until, enum why_cause *cause, uint32_t *stage,
                   uint32_t *owner)
{
  size_t i = first_span(w, actor, time);
  const struct why_span *all = w->span.data, *s = span_at(w, actor, i);
  const struct why_store *store = NULL;
  uint64_t change;

  if (!s || s->arrival > time) {
    if (s && s->arrival < *until)
      *until = s->arrival;
    return false;
  }
  *cause = s->ask == list->words.wait ? WHY_DRAIN : s->start > time ? WHY_QUEUED : WHY_DEVICE;
  change = *cause == WHY_QUEUED ? s->start : s->end;
  if (change < *until)
    *until = change;
  *stage = *cause == WHY_DRAIN ? 0 : s->stage;
  if (s->command)
    store = owner_of(w, all[s->command - 1].addr, all[s->command - 1].end);
  *owner = store ? store->cpu : WHY_NONE;
  return true;
}

/* ---- the link ---- */

/* The first fetch of this command that ends behind `time`. */
static const struct why_span *fetch_of(const struct why_window *w, uint64_t addr, uint64_t time)
{
  const struct why_span *s = w->fetch.data;
  size_t low = 0, high = w->fetch.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (s[middle].addr < addr || (s[middle].addr == addr && s[middle].end <= time))
      low = middle + 1;
    else
      high = middle;
  }
  return low < w->fetch.count && s[low].addr == addr ? &s[low] : NULL;
}

/* One behind the CPU's last store at or before `time`. */
static size_t stores_until(const struct why_window *w, uint32_t cpu, uint64_t time)
{
  const struct why_store *s = w->store.data;
  size_t low = 0, high = w->store.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (s[middle].cpu < cpu || (s[middle].cpu == cpu && s[middle].time <= time))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The end of the last thing done for the command of this fetch. */
static uint64_t end_of_command(const struct why_list *list, const struct why_window *w,
                               const struct why_span *fetch)
{
  size_t i = first_span(w, fetch->actor, fetch->end - 1);
  const struct why_span *s = span_at(w, fetch->actor, i), *next;
  uint64_t end = fetch->end;

  while (s && (next = span_at(w, fetch->actor, ++i)) != NULL &&
         next->stage != list->words.cmd_fetch)
    end = next->end;
  return end;
}

static struct why_link link_by_store(const struct why_list *list, const struct why_window *w,
                                     const struct why_op *wait)
{
  const struct why_store *s = w->store.data;
  struct why_link link = { WHY_NONE, 0, 0 };

  size_t first = stores_until(w, wait->cpu, wait->begin), last = first;

  while (last > 0 && first - last < LOOK_BACK && s[last - 1].cpu == wait->cpu) {
    size_t i = --last;
    const struct why_span *fetch = fetch_of(w, s[i].addr, s[i].time);
    const struct why_store *owner = fetch ? owner_of(w, s[i].addr, fetch->end) : NULL;

    if (!owner || owner->time != s[i].time)
      continue; /* not fetched, or somebody else's by then */
    link = (struct why_link){ fetch->actor, s[i].time, end_of_command(list, w, fetch) };
    break;
  }
  return link;
}

static struct why_link link_by_sync(const struct why_window *w, const struct why_op *wait)
{
  const struct why_sync *s = w->sync.data;
  struct why_link link = { WHY_NONE, 0, 0 };

  for (size_t i = 0; i < w->sync.count; i++) {
    if (s[i].time < wait->begin || s[i].time > wait->end)
      continue;
    if (link.actor != WHY_NONE && link.actor != s[i].actor)
      return (struct why_link){ WHY_NONE, 0, 0 };
    link = (struct why_link){ s[i].actor, wait->begin, s[i].time };
  }
  return link;
}

struct why_link why_device_link(const struct why_list *list, const struct why_window *w,
                                const struct why_op *wait)
{
  return w->store.count ? link_by_store(list, w, wait) : link_by_sync(w, wait);
}

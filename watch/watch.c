/* A watch from beginning to end, and which file each record goes to. */
#include "watch/watch.h"

#include <stdlib.h>
#include <string.h>

#include "watch/state.h"

enum { WORDS = 1 << 18, ENTRIES = 1 << 16, INVALIDATIONS = 1 << 14, OPERATIONS = 1 << 16 };

static const struct {
  const char *name, *key;
} verdicts[WATCH_VERDICTS] = {
#define X(name, text, key) { text, key },
  WATCH_VERDICT_LIST(X)
#undef X
};

const char *watch_verdict_name(unsigned verdict)
{
  return verdict < WATCH_VERDICTS ? verdicts[verdict].name : "?";
}

const char *watch_verdict_key(unsigned verdict)
{
  return verdict < WATCH_VERDICTS ? verdicts[verdict].key : "?";
}

bool watch_grow(struct watch *w, void **array, uint32_t *count, uint32_t i, size_t size)
{
  uint32_t room = *count ? *count : 8;
  void *more;

  if (i < *count)
    return true;
  while (room <= i)
    room *= 2;
  more = realloc(*array, room * size);
  if (!more) {
    w->failed = true;
    return false;
  }
  memset((char *)more + *count * size, 0, (room - *count) * size);
  *array = more;
  *count = room;
  return true;
}

void watch_length_add(struct watch_lengths *l, uint64_t ps)
{
  l->least_ps = l->count && l->least_ps < ps ? l->least_ps : ps;
  l->most_ps = l->most_ps > ps ? l->most_ps : ps;
  l->sum_ps += ps;
  l->count++;
  l->bucket[ps ? 63 - __builtin_clzll(ps) : 0]++;
}

static uint32_t bound(uint32_t asked, uint32_t otherwise)
{
  return asked ? asked : otherwise;
}

/* The least that is not below n; 2^31 at most. */
static uint32_t power_of_two(uint32_t n)
{
  return n <= 1 ? 1 : n > 1U << 31 ? 1U << 31 : 1U << (32 - __builtin_clz(n - 1));
}

struct watch *watch_create(const struct watch_options *options)
{
  struct watch *w = calloc(1, sizeof *w);

  if (!w)
    return NULL;
  if (options)
    w->options = *options;
  w->options.words = bound(w->options.words, WORDS);
  w->options.entries = bound(w->options.entries, ENTRIES);
  w->options.invalidations = bound(w->options.invalidations, INVALIDATIONS);
  w->options.operations = power_of_two(bound(w->options.operations, OPERATIONS));
  w->epoch = 1;
  w->log.cr2 = 1 << 2; /* CR2.PTM after reset */
  w->operation = calloc(w->options.operations, sizeof *w->operation);
  w->lazy = calloc(w->options.operations, sizeof *w->lazy);
  if (!w->operation || !w->lazy || !watch_memory_create(w) || !watch_log_create(w)) {
    watch_destroy(w);
    return NULL;
  }
  return w;
}

void watch_destroy(struct watch *w)
{
  if (!w)
    return;
  watch_txns_destroy(w);
  watch_print_destroy_all(w);
  watch_log_destroy(w);
  watch_memory_destroy(w);
  free(w->operation);
  free(w->lazy);
  free(w->cpu);
  free(w);
}

static void of_software(struct watch *w, const struct smmu_record *r)
{
  if (r->category == SMMU_TRACE_STORE)
    watch_word_store(w, r);
  else
    watch_note(w, r);
  if (r->category == SMMU_TRACE_NOTE && r->result == PLAT_NOTE_FREED)
    watch_ring_free(w, r);
}

void watch_skip(struct watch *w, uint64_t records)
{
  w->counts.records += records;
  w->now += records;
}

void watch_record(void *watch, const struct smmu_record *r)
{
  struct watch *w = watch;

  w->counts.records++;
  w->now++;
  if (watch_is_of_time(r) || w->failed)
    return;
  w->time = r->time;
  switch (r->category) {
  case SMMU_TRACE_SUBMIT:
  case SMMU_TRACE_READ:
  case SMMU_TRACE_HIT:
  case SMMU_TRACE_MISS:
  case SMMU_TRACE_FILL:
  case SMMU_TRACE_EVICT:
  case SMMU_TRACE_DROP:
  case SMMU_TRACE_FLUSH:
  case SMMU_TRACE_FAULT:
  case SMMU_TRACE_RESPOND: watch_walk(w, r); break;
  case SMMU_TRACE_FETCH:
  case SMMU_TRACE_COMMAND:
  case SMMU_TRACE_SYNC:
  case SMMU_TRACE_BROADCAST:
  case SMMU_TRACE_REG_READ:
  case SMMU_TRACE_REG_WRITE: watch_queue(w, r); break;
  case SMMU_TRACE_NOTE:
  case SMMU_TRACE_STORE: of_software(w, r); break;
  case SMMU_TRACE_STORE_REG: watch_ring_set(w, r); break;
  default: break;
  }
}

void watch_get_counts(const struct watch *w, struct watch_counts *out)
{
  *out = w->counts;
}

bool watch_failed(const struct watch *w)
{
  return w->failed;
}

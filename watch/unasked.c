/* Entries that went although no invalidation under way covers them. An SMMU may remove more than it is asked to
 * (IHI 0070 4.3, 4.4), so this is a count and no verdict; a device that is modelled to remove no more has none.
 * A command of a queue that a guest may have is known as the guest wrote it: its VMID and StreamID are others.
 * Not judged: what broadcasts or software that initialises caches took, entries of streams whose STE has CONT, and
 * the addresses of entries that both stages made. */
#include "util/bits.h"
#include "watch/state.h"

enum { CFGI_FIRST = 0x03, CFGI_LAST = 0x06, TLBI_FIRST = 0x10, TLBI_LAST = 0x30 };

static bool is_invalidation(uint64_t word)
{
  unsigned opcode = word & 0xff;

  return (opcode >= CFGI_FIRST && opcode <= CFGI_LAST) ||
         (opcode >= TLBI_FIRST && opcode <= TLBI_LAST);
}

static bool has(const struct watch_print *p, unsigned what)
{
  for (uint32_t i = 0; i < p->count; i++) {
    if (p->ref[i].what == what)
      return true;
  }
  return false;
}

static bool is_shared(const struct watch_print *p)
{
  for (uint32_t i = 0; i < p->count; i++) {
    if (p->ref[i].what == SMMU_READ_STE && p->ref[i].order == 1 && /* STE.CONT */
        bits_get(p->ref[i].value, 16, 13))
      return true;
  }
  return false;
}

static bool asks_for_config(const struct watch_inval *v, bool guests, const struct watch_print *p)
{
  struct watch_target t = { .config = true, .what = SMMU_READ_STE, .sid = p->sid, .ssid = p->ssid };

  if (guests) {
    t.sid = v->sid;
    t.ssid = v->ssid;
  }
  if (watch_covers(v, &t))
    return true;
  t.what = SMMU_READ_CD;
  return has(p, SMMU_READ_CD) && watch_covers(v, &t);
}

/* The record does not say the granule; it is taken for the command's. */
static bool asks_for_entry(struct watch_inval *v, bool guests, const struct watch_print *p,
                           const struct smmu_record *r)
{
  struct watch_target t = {
    .tag = r->word, .va = r->addr_in, .span = r->info, .tg = v->tg, .level = r->level
  };

  if (has(p, SMMU_READ_S1_DESC) && has(p, SMMU_READ_S2_DESC)) {
    t.va = v->first;
    v->ttl = 0;
  }
  if (guests)
    v->vmid_mask = 0;
  return watch_covers(v, &t);
}

void watch_removed(struct watch *w, const struct smmu_record *r)
{
  const struct watch_print *p = watch_slot(w, r);
  const struct watch_log *log = &w->log;
  bool under_way = false;

  w->counts.removed++;
  if (!p || log->dvm.tail || (r->unit == SMMU_CACHE_CFG && is_shared(p)))
    return;
  for (uint32_t i = 0; i < log->queues; i++) {
    struct watch_inval v = { .e2h = log->cr2 & 1 };

    if (!log->queue[i].fetch || !is_invalidation(log->queue[i].words[0]))
      continue;
    under_way = true;
    watch_inval_decode(&v, log->queue[i].words, log->cr0, !log->no_ranges);
    if (r->unit == SMMU_CACHE_CFG ? asks_for_config(&v, i > 0, p) : asks_for_entry(&v, i > 0, p, r))
      return;
  }
  w->counts.unasked += under_way;
}

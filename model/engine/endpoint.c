/* A device with an ATC: the cache, and what ATC_INV takes out of it. IHI 0070 3.9.1, 4.5.1, 13.7.
 * A translation is kept for the PASID, or for none, and for the privilege that asked: the two are
 * never taken for one another; an invalidation without PASID takes both. Global translations are never
 * given, so Global takes nothing more. */
#include "smmu/endpoint.h"

#include <string.h>

#include "util/bits.h"

void endpoint_init(struct endpoint *ep, uint32_t sid, unsigned entries)
{
  memset(ep, 0, sizeof *ep);
  ep->sid = sid;
  ep->entries = (uint8_t)(entries == 0                     ? 1
                          : entries > ENDPOINT_ENTRIES_MAX ? ENDPOINT_ENTRIES_MAX
                                                           : entries);
  ep->answer = ENGINE_ANSWER_DONE;
}

unsigned endpoint_used(const struct endpoint *ep)
{
  unsigned n = 0;

  while (n < ep->entries && ep->entry[n].perm)
    n++;
  return n;
}

/* ---- the cache ---- */

static bool holds(const struct endpoint_entry *e, const struct endpoint_access *a)
{
  return e->perm && e->ssv == a->ssv && (!a->ssv || e->ssid == a->ssid) &&
         (!a->ssv || e->privileged == a->privileged) &&
         align_down_log2(a->addr, e->size_log2) == e->addr;
}

static unsigned wants(const struct endpoint_access *a)
{
  if (a->write)
    return SMMU_PERM_WRITE;
  return a->instruction && a->ssv ? SMMU_PERM_EXEC : SMMU_PERM_READ;
}

static void take_out(struct endpoint *ep, unsigned i)
{
  memmove(&ep->entry[i], &ep->entry[i + 1], (ep->entries - i - 1u) * sizeof ep->entry[0]);
  memset(&ep->entry[ep->entries - 1], 0, sizeof ep->entry[0]);
}

static void put_first(struct endpoint *ep, const struct endpoint_entry *e)
{
  memmove(&ep->entry[1], &ep->entry[0], (ep->entries - 1u) * sizeof ep->entry[0]);
  ep->entry[0] = *e;
}

/* ---- accesses ---- */

static struct smmu_txn txn_of(const struct endpoint *ep, const struct endpoint_access *a,
                              unsigned kind)
{
  return (struct smmu_txn){ .addr = a->addr,
                            .sid = ep->sid,
                            .ssid = a->ssv ? a->ssid : 0,
                            .ssv = a->ssv,
                            .write = a->write,
                            .instruction = a->instruction && a->ssv,
                            .privileged = a->privileged && a->ssv,
                            .tbu = ep->tbu,
                            .kind = (uint8_t)kind,
                            .no_write = !a->write };
}

enum endpoint_step endpoint_next(struct endpoint *ep, const struct endpoint_access *a,
                                 struct smmu_txn *txn)
{
  for (unsigned i = 0; i < ep->entries; i++) {
    struct endpoint_entry e = ep->entry[i];

    if (!holds(&e, a) || !(e.perm & wants(a)))
      continue;
    take_out(ep, i);
    put_first(ep, &e);
    ep->hits++;
    *txn = txn_of(ep, a, SMMU_TXN_ATS_TRANSLATED);
    txn->addr = e.out | (a->addr & bits_low(e.size_log2));
    return ENDPOINT_USE;
  }
  ep->misses++;
  *txn = txn_of(ep, a, SMMU_TXN_ATS_REQUEST);
  return ENDPOINT_REQUEST;
}

bool endpoint_completed(struct endpoint *ep, const struct endpoint_access *a,
                        const struct smmu_result *r)
{
  struct endpoint_entry e = { .addr = align_down_log2(a->addr, r->size_log2),
                              .out = align_down_log2(r->pa, r->size_log2),
                              .ssid = a->ssv ? a->ssid : 0,
                              .ssv = a->ssv,
                              .privileged = a->ssv && a->privileged,
                              .size_log2 = r->size_log2,
                              .perm = r->perm };

  if (r->status != SMMU_STATUS_OK || r->perm == 0)
    return false;
  for (unsigned i = ep->entries; i-- > 0;) {
    if (holds(&ep->entry[i], a))
      take_out(ep, i);
  }
  put_first(ep, &e);
  return r->perm & wants(a);
}

/* ---- messages ---- */

struct smmu_pri endpoint_page_request(const struct endpoint *ep, const struct endpoint_access *a,
                                      unsigned group, bool last)
{
  return (struct smmu_pri){ .addr = align_down_log2(a->addr, 12),
                            .sid = ep->sid,
                            .ssid = a->ssv ? a->ssid : 0,
                            .group = (uint16_t)group,
                            .ssv = a->ssv,
                            .last = last,
                            .read = 1,
                            .write = a->write,
                            .privileged = a->ssv && a->privileged,
                            .exec = a->ssv && a->instruction };
}

static bool covers(const struct smmu_message *m, const struct endpoint_entry *e)
{
  unsigned size_log2 = m->size_log2 > e->size_log2 ? m->size_log2 : e->size_log2;

  if (!e->perm || (m->ssv && (!e->ssv || e->ssid != m->ssid)))
    return false;
  return size_log2 > 63 || (m->addr >> size_log2) == (e->addr >> size_log2);
}

static void invalidate(struct endpoint *ep, const struct smmu_message *m)
{
  for (unsigned i = ep->entries; i-- > 0;) {
    if (!covers(m, &ep->entry[i]))
      continue;
    take_out(ep, i);
    ep->dropped++;
  }
}

enum engine_answer endpoint_receive(struct endpoint *ep, const struct smmu_message *m)
{
  if (m->sid != ep->sid)
    return ENGINE_ANSWER_UNSUPPORTED;
  if (m->kind == SMMU_MESSAGE_PRI_RESP) {
    ep->responses++;
    ep->group = m->group;
    ep->response = m->response;
    return ENGINE_ANSWER_DONE;
  }
  if (ep->answer != ENGINE_ANSWER_UNSUPPORTED && !ep->deaf)
    invalidate(ep, m);
  return (enum engine_answer)ep->answer;
}

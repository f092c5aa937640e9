/* Translations: when the line that ends a recorded one comes, everything QEMU read for it is in
 * memory, and the model is given the same transaction. Result, TLB and configuration cache are then
 * compared with what the lines say. */
#include "traces/replay_internal.h"

#include <string.h>

enum { EVENT_F_TRANS = 0x10, EVENT_F_PERM = 0x13, PIECE_BYTES = 4, PERM_DATA = 3 };

static void forget(struct replay_thread *t)
{
  t->in_translation = t->cfg_known = t->looked_up = false;
  t->flushes = 0;
  memset(&t->fetch, 0, sizeof(t->fetch));
}

static void begin(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  if (t->in_translation)
    trace_drop_add(&r->res.dropped, TRACE_DROP_NO_END, NULL, t->start_line);
  forget(t);
  t->in_translation = t->cfg_known = true;
  t->cfg_hit = line->event == TRACE_CFG_HIT;
  t->sid = line->sid;
  t->start_line = line->line_no;
}

void replay_lookup_line(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  switch (line->event) {
  case TRACE_CFG_HIT:
  case TRACE_CFG_MISS: begin(r, t, line); break;
  case TRACE_LOOKUP_HIT:
  case TRACE_LOOKUP_MISS:
    t->looked_up = true;
    t->tlb_hit = line->event == TRACE_LOOKUP_HIT;
    t->iova = line->addr;
    t->asid = line->asid;
    t->vmid = line->vmid;
    break;
  case TRACE_IOTLB_INV_ALL:
    if (t->looked_up) /* inside a translation: QEMU's TLB was full */
      t->flushes++;
    break;
  case TRACE_GET_PTE:
    if (replay_start(r))
      replay_store(r, line->addr, line->value, line->line_no);
    break;
  default: break;
  }
}

void replay_no_event(struct replay *r, const struct trace_line *line)
{
  trace_drop_add(&r->res.dropped, TRACE_DROP_NO_EVENT, NULL, line->line_no);
  for (unsigned i = 0; i < REPLAY_THREADS; i++) {
    struct replay_thread *t = &r->threads[i];

    if (t->in_translation && (!t->looked_up || t->iova == line->addr))
      forget(t);
  }
}

static void compare_cache(struct replay *r, struct replay_cache_count *c, const char *what,
                          bool recorded, bool recorded_hit, bool model_hit)
{
  if (model_hit)
    c->hits++;
  else
    c->misses++;
  if (!r->compare_caches || !recorded || recorded_hit == model_hit)
    return;
  c->mismatched++;
  replay_diverge(r, NULL, r->seen.line, what, recorded_hit ? "hit" : "miss", "%s",
                 model_hit ? "hit" : "miss");
}

static void compare_caches(struct replay *r, const struct replay_thread *t)
{
  compare_cache(r, &r->res.tlb, "TLB lookup", t->looked_up, t->tlb_hit, r->seen.tlb_hits > 0);
  compare_cache(r, &r->res.config_cache, "configuration cache lookup", t->cfg_known, t->cfg_hit,
                r->seen.cfg_hits > 0 && r->seen.cfg_misses == 0);
  r->res.tlb_flushes += r->seen.tlb_flushes;
  if (r->compare_caches && t->looked_up && r->seen.tlb_flushes != t->flushes) {
    r->res.tlb.mismatched++;
    replay_diverge(r, NULL, r->seen.line, "flush of a full TLB",
                   t->flushes ? "the TLB is dropped here" : "the TLB is not dropped here",
                   "dropped %u times", r->seen.tlb_flushes);
  }
}

static const char *status_text(const struct smmu_result *res, char *text, size_t size)
{
  if (res->status == SMMU_STATUS_OK)
    snprintf(text, size, "PA 0x%llx, permissions %u", (unsigned long long)res->pa, res->perm);
  else if (res->event)
    snprintf(text, size, "fault %s", trace_fault_name(res->event));
  else
    snprintf(text, size, "aborted without an event");
  return text;
}

static bool run(struct replay *r, const struct replay_thread *t, const struct trace_line *line,
                uint64_t iova, bool write, struct smmu_result *res)
{
  struct smmu_txn txn = { .addr = iova, .sid = line->sid, .write = write };

  if (!replay_start(r))
    return false;
  memset(&r->seen, 0, sizeof(r->seen));
  memset(res, 0, sizeof(*res));
  r->seen.active = true;
  r->seen.line = line->line_no;
  r->seen.config_fault = line->event == TRACE_RECORD_EVENT && line->code < EVENT_F_TRANS;
  if (engine_now_translate(r->engine, &txn, res) < 0)
    return false;
  r->seen.active = false;
  r->res.replayable++;
  compare_caches(r, t);
  return true;
}

/* Compare a translation that worked; perm < 0 where the line does not tell. */
static void finish_success(struct replay *r, const struct trace_line *line,
                           const struct smmu_result *res, uint64_t pa, int perm)
{
  bool same = res->status == SMMU_STATUS_OK && res->pa == pa &&
              (perm < 0 || (res->perm & PERM_DATA) == (unsigned)perm);
  char expected[80], got[80];

  replay_count(&r->res.translations, same);
  r->last_was_fault = false;
  if (same)
    return;
  if (perm < 0)
    snprintf(expected, sizeof(expected), "PA 0x%llx", (unsigned long long)pa);
  else
    snprintf(expected, sizeof(expected), "PA 0x%llx, permissions %d", (unsigned long long)pa, perm);
  replay_diverge(r, NULL, line->line_no, "translation", expected, "%s",
                 status_text(res, got, sizeof(got)));
}

static void finish_fault(struct replay *r, const struct trace_line *line,
                         const struct smmu_result *res, uint32_t type)
{
  bool same = res->status != SMMU_STATUS_OK && res->event == type;
  char expected[80], got[80];

  replay_count(&r->res.faults, same);
  if (same)
    return;
  if (type)
    snprintf(expected, sizeof(expected), "fault %s", trace_fault_name(type));
  else
    snprintf(expected, sizeof(expected), "aborted without an event");
  replay_diverge(r, NULL, line->line_no, "fault", expected, "%s",
                 status_text(res, got, sizeof(got)));
}

/* QEMU repeats a refused DMA in pieces of at most 4 bytes, each with an event of its own. */
static void note_split(struct replay *r, const struct replay_thread *t,
                       const struct trace_line *line)
{
  uint64_t step = t->iova - r->last_fault_iova;

  if (r->last_was_fault && r->last_fault_sid == line->sid && step > 0 && step <= PIECE_BYTES)
    trace_drop_add(&r->res.dropped, TRACE_DROP_SPLIT_DMA, NULL, line->line_no);
  r->last_was_fault = true;
  r->last_fault_sid = line->sid;
  r->last_fault_iova = t->iova;
}

static void end_fault(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  struct smmu_result res;
  uint64_t n = r->event_lines++;
  bool write =
    replay_event_is_write(r, n, line->line_no, line->code, line->sid, line->code == EVENT_F_PERM);

  if (!t->looked_up && line->code >= EVENT_F_TRANS) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_NO_ADDRESS, NULL, line->line_no);
    return;
  }
  /* A configuration fault does not depend on the address, and the log does not tell it. */
  if (!t->looked_up)
    t->iova = 0;
  if (!run(r, t, line, t->iova, write, &res))
    return;
  finish_fault(r, line, &res, line->code);
  note_split(r, t, line);
  replay_dma_step(r, t->iova, res.status == SMMU_STATUS_OK, res.event, line->line_no);
}

void replay_translation_end(struct replay *r, struct replay_thread *t,
                            const struct trace_line *line)
{
  struct smmu_result res;
  bool bypass = line->event == TRACE_TRANSLATE_BYPASS, write = line->flag & 1;

  if (!replay_start(r))
    return;
  replay_rebuild_config(r, t, bypass ? 4 : line->event == TRACE_TRANSLATE_ABORT ? 0 : -1);
  switch (line->event) {
  case TRACE_TRANSLATE_SUCCESS:
    if (run(r, t, line, line->addr, line->perm == SMMU_PERM_WRITE, &res)) {
      finish_success(r, line, &res, line->value, (int)(line->perm & PERM_DATA));
      replay_dma_step(r, line->addr, res.status == SMMU_STATUS_OK, res.event, line->line_no);
    }
    break;
  case TRACE_TRANSLATE_BYPASS:
  case TRACE_TRANSLATE_DISABLE:
    if (run(r, t, line, line->addr, write, &res))
      finish_success(r, line, &res, line->addr, -1);
    break;
  case TRACE_TRANSLATE_ABORT:
    if (run(r, t, line, line->addr, write, &res))
      finish_fault(r, line, &res, 0);
    break;
  case TRACE_RECORD_EVENT: end_fault(r, t, line); break;
  default: break;
  }
  forget(t);
}

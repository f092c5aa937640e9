/* Invalidations and the CMD_SYNC that completes them, queue by queue: a sync completes what stands
 * before it in its own queue and nothing else. IHI 0070 3.5.6, 4.7.3; broadcasts and the DSB's sync:
 * 3.17. A ring of the last ones; queues keep what waits as chains through it. What software promised
 * is what the device has read: an invalidation counts from its FETCH. */
#include <stdlib.h>
#include <string.h>

#include "smmu/dvm.h"
#include "watch/state.h"

enum { REG_IDR3 = 0xc, REG_CR0 = 0x20, REG_CR2 = 0x2c, QUEUES_MOST = 65535 };
enum { IDR3_RIL = 1 << 10, CR2_E2H = 1 << 0, CR2_PTM = 1 << 2 };

bool watch_log_create(struct watch *w)
{
  w->log.limit = w->options.invalidations;
  w->log.inval = calloc(w->log.limit, sizeof *w->log.inval);
  return w->log.inval != NULL;
}

void watch_log_destroy(struct watch *w)
{
  free(w->log.inval);
  free(w->log.queue);
}

static struct watch_inval *at(struct watch_log *log, uint32_t number)
{
  return &log->inval[number % log->limit];
}

static bool is_kept(const struct watch_log *log, uint32_t number)
{
  return log->count - number <= log->limit;
}

static void append(struct watch *w, struct watch_queue *q, struct watch_inval *v, uint16_t number)
{
  struct watch_log *log = &w->log;
  uint32_t n = log->count++;

  v->queue = number;
  v->e2h = log->cr2 & CR2_E2H;
  *at(log, n) = *v;
  if (q->tail && is_kept(log, q->tail - 1))
    at(log, q->tail - 1)->next = n + 1;
  else
    q->first = n + 1;
  q->tail = n + 1;
}

/* All that waits in this queue and is older than `before`. */
static void complete(struct watch *w, struct watch_queue *q, uint32_t before)
{
  struct watch_log *log = &w->log;

  while (q->first && q->first - 1 < before) {
    struct watch_inval *v = at(log, q->first - 1);

    if (!is_kept(log, q->first - 1)) {
      q->first = q->tail = 0;
      return;
    }
    v->sync = w->now;
    v->sync_time = w->time;
    q->first = v->next;
  }
  if (!q->first)
    q->tail = 0;
}

static void command(struct watch *w, struct watch_queue *q, const struct smmu_record *r)
{
  const uint64_t words[2] = { r->addr_out, r->word };
  struct watch_inval v = { .fetch = q->fetch ? q->fetch : w->now,
                           .fetch_time = q->fetch ? q->fetch_time : r->time };
  unsigned opcode = r->addr_out & 0xff;

  q->fetch = 0;
  if ((opcode >= 0x03 && opcode <= 0x06) || (opcode >= 0x10 && opcode <= 0x30)) {
    watch_inval_decode(&v, words, w->log.cr0, !w->log.no_ranges);
    append(w, q, &v, r->unit);
  }
}

/* A sync of broadcasts completes those that had arrived when it did. */
static void broadcast(struct watch *w, const struct smmu_record *r)
{
  struct watch_log *log = &w->log;
  struct watch_inval v = { .fetch = w->now, .fetch_time = r->time };

  if (r->phase == SMMU_DVM_SYNC) {
    if (log->dvm_syncs < WATCH_DVM_SYNCS)
      log->dvm_sync[log->dvm_syncs++] = log->count;
  } else if (!(log->cr2 & CR2_PTM) && watch_inval_broadcast(&v, r)) {
    append(w, &log->dvm, &v, WATCH_DVM_QUEUE);
  }
}

static void broadcast_synced(struct watch *w)
{
  struct watch_log *log = &w->log;

  if (log->dvm_syncs == 0)
    return;
  complete(w, &log->dvm, log->dvm_sync[0]);
  memmove(&log->dvm_sync[0], &log->dvm_sync[1], --log->dvm_syncs * sizeof log->dvm_sync[0]);
}

static void of_queue(struct watch *w, const struct smmu_record *r)
{
  struct watch_queue *q;

  if (r->category == SMMU_TRACE_SYNC && r->addr_out == 0) {
    broadcast_synced(w);
    return;
  }
  if (r->unit >= QUEUES_MOST ||
      !watch_grow(w, (void **)&w->log.queue, &w->log.queues, r->unit, sizeof *q))
    return;
  q = &w->log.queue[r->unit];
  if (r->category == SMMU_TRACE_FETCH) {
    q->fetch = w->now;
    q->fetch_time = r->time;
    q->words[0] = r->addr_out;
    q->words[1] = r->word;
  } else if (r->category == SMMU_TRACE_COMMAND) {
    command(w, q, r);
  } else {
    complete(w, q, UINT32_MAX);
  }
}

void watch_queue(struct watch *w, const struct smmu_record *r)
{
  switch (r->category) {
  case SMMU_TRACE_REG_WRITE:
    if (r->unit == 0 && r->addr_in == REG_CR0)
      w->log.cr0 = r->word;
    else if (r->unit == 0 && r->addr_in == REG_CR2)
      w->log.cr2 = r->word;
    break;
  case SMMU_TRACE_REG_READ:
    if (r->unit == 0 && r->addr_in == REG_IDR3)
      w->log.no_ranges = !(r->word & IDR3_RIL);
    break;
  case SMMU_TRACE_BROADCAST: broadcast(w, r); break;
  default: of_queue(w, r); break;
  }
}

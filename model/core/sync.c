/* What a CMD_SYNC waits for. It covers the commands that its own queue consumed before it, so it
 * waits until the transactions that these have marked are gone, and until the event records are
 * visible that were buffered when it began, or that those transactions added. What other queues
 * mark meanwhile does not hold it up. Invalidations of ATCs: atc.c. IHI 0070 4.7.3. */
#include "core/atc.h"
#include "core/queues.h"

static uint64_t *marks_of(struct smmu *s, unsigned number)
{
  return (uint64_t *)at(s, s->off_marks) + number * mark_words(s);
}

void smmu_sync_mark(struct smmu *s, unsigned number, unsigned slot)
{
  marks_of(s, number)[slot / 64] |= 1ULL << slot % 64;
}

bool smmu_sync_is_drained(const struct smmu *s, unsigned number)
{
  const uint64_t *marks = marks_const(s, number);
  uint64_t left = cmdq_const(s, number)->records;

  for (unsigned i = 0; i < mark_words(s); i++)
    left |= marks[i];
  return left == 0 && smmu_atc_is_done(s, number);
}

void smmu_sync_record_added(struct smmu *s, unsigned slot)
{
  for (unsigned number = 0; number < s->n_queues; number++) {
    struct cmdq *q = cmdq_at(s, number);

    if (q->waiting && has_mark(s, number, slot))
      q->records = shared_of(s)->evtq.count;
  }
}

void smmu_sync_record_gone(struct smmu *s)
{
  for (unsigned number = 0; number < s->n_queues; number++) {
    struct cmdq *q = cmdq_at(s, number);

    if (q->records)
      q->records--;
  }
}

void smmu_sync_txn_ended(struct smmu *s, unsigned slot)
{
  for (unsigned number = 0; number < s->n_queues; number++) {
    if (!has_mark(s, number, slot))
      continue;
    marks_of(s, number)[slot / 64] &= ~(1ULL << slot % 64);
    smmu_wake_cmdq(s, number);
  }
}

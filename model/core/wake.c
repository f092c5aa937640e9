/* Whose runnable bit changes after what. A bit says that a step of its actor would do something.
 *
 *   what has changed                                  who looks again
 *   CR0, IRQ_CTRL, their acknowledgements             own queue, event queue, acknowledger
 *   PROD, GERRORN                                     own queue
 *   EVENTQ_CONS, GERRORN                              event queue
 *   enables and allocations of CMDQV                  every VCMDQ, the acknowledger
 *   ECMDQ_PROD                                        its queue, the acknowledger
 *   a queue came to rest or waits                     itself; the acknowledger while an enable falls
 *   a marked transaction ended                        the queues that had marked it
 *   a record entered the event buffer                 event queue, transactions that wait for room
 *   a record left it                                  those, and CMD_SYNCs that wait
 *   SMMUEN, an answer, a mark, a record written       stalled transactions, event queue
 *   an endpoint answered                              the queue that had asked, and the SMMU's own */
#include "core/queues.h"

void smmu_wake_cmdq(struct smmu *s, unsigned number)
{
  set_runnable(s, actor_cmdq(s, number), smmu_cmdq_can_move(s, number));
}

void smmu_wake_evtq(struct smmu *s)
{
  set_runnable(s, actor_evtq(s), smmu_evtq_can_move(s));
}

void smmu_wake_priq(struct smmu *s)
{
  if (s->features.pri)
    set_runnable(s, actor_priq(s), smmu_priq_can_move(s));
}

void smmu_wake_ack(struct smmu *s)
{
  set_runnable(s, actor_ack(s), smmu_ack_can_move(s));
}

void smmu_wake_control(struct smmu *s)
{
  smmu_wake_cmdq(s, 0);
  smmu_wake_evtq(s);
  smmu_wake_priq(s);
  smmu_wake_ack(s);
}

void smmu_wake_cmdqv(struct smmu *s)
{
  for (unsigned q = 0; q < s->n_vcmdqs; q++)
    smmu_wake_cmdq(s, queue_of_vcmdq(q));
  smmu_wake_ack(s);
}

static void wake_syncs(struct smmu *s)
{
  for (unsigned number = 0; number < s->n_queues; number++) {
    if (cmdq_const(s, number)->waiting)
      smmu_wake_cmdq(s, number);
  }
}

static void set_waiting_txns(struct smmu *s, bool on)
{
  uint32_t left = txn_free_of(s)->in_flight;

  for (unsigned i = 0; i < s->slots && left; i++) {
    const struct txn *t = txn_at(s, i);

    left -= t->phase != 0;
    if (t->waiting)
      set_runnable(s, i, on);
  }
}

void smmu_wake_room(struct smmu *s)
{
  if (smmu_evtq_has_room(s))
    set_waiting_txns(s, true);
  wake_syncs(s);
  smmu_wake_priq(s);
}

void smmu_wake_no_room(struct smmu *s)
{
  if (!smmu_evtq_has_room(s))
    set_waiting_txns(s, false);
  smmu_wake_priq(s);
}

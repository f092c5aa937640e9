/* Accesses through an ATC in an exploration, and the endpoint that has it: an ATC_INV takes effect
 * when it is delivered, and is answered in a transition of its own, so that everything can fall in
 * between. IHI 0070 3.9.1, 4.5.1. */
#include "engine/explore_state.h"
#include "util/check.h"

bool explore_atc_is_legal(const struct explore_program *p, const struct explore_op *op)
{
  return op->kind != EXPLORE_ATC_DMA ||
         (p->atc_entries != 0 && p->atc_entries <= ENDPOINT_ENTRIES_MAX);
}

static struct endpoint_access access_of(const struct explore_op *op)
{
  return (struct endpoint_access){
    .addr = op->addr, .ssid = op->ssid, .ssv = op->ssv, .write = op->write
  };
}

enum explore_flight explore_atc_txn(struct explore_state *s, const struct explore_op *op,
                                    struct smmu_txn *txn)
{
  struct endpoint_access a = access_of(op);
  enum endpoint_step step = endpoint_next(&s->endpoint, &a, txn);

  txn->tbu = op->tbu;
  return step == ENDPOINT_REQUEST ? EXPLORE_FLIGHT_REQUEST : EXPLORE_FLIGHT_DMA;
}

bool explore_atc_completed(struct explore_state *s, const struct explore_op *op,
                           const struct smmu_result *r)
{
  struct endpoint_access a = access_of(op);

  return endpoint_completed(&s->endpoint, &a, r);
}

void explore_send(const struct explore_world *w, struct explore_state *s,
                  const struct smmu_ask *ask, const struct smmu_hooks *h)
{
  enum engine_answer answer = ENGINE_ANSWER_UNSUPPORTED;
  struct smmu_message m;

  smmu_message_of(ask, &m);
  if (w->p->atc_entries)
    answer = endpoint_receive(&s->endpoint, &m);
  if (m.kind != SMMU_MESSAGE_ATC_INV)
    return;
  CHECK(m.tag < 32); /* programs have one command queue */
  if (answer == ENGINE_ANSWER_DONE)
    s->owed |= 1u << m.tag;
  else
    CHECK(smmu_endpoint_done(explore_device(s), m.tag, SMMU_ENDPOINT_UNSUPPORTED, h) == SMMU_OK);
}

void explore_endpoint_answers(struct explore_state *s, const struct smmu_hooks *h)
{
  unsigned tag = (unsigned)__builtin_ctz(s->owed);

  s->owed &= s->owed - 1;
  CHECK(smmu_endpoint_done(explore_device(s), tag, SMMU_ENDPOINT_DONE, h) == SMMU_OK);
}

/* Engine `timed`: messages to endpoints, and when their answers arrive. A tag has two nodes in the
 * wheel, for nothing is ever taken out of it: an answer or timeout that is certain, and the timeout
 * of an answer that is awaited from outside, which looks whether it is still awaited. */
#include "engine/timed_state.h"
#include "util/check.h"

/* An endpoint takes at most this much: an hour. */
#define DELAY_MAX 3600000000000000ULL

static void put(struct engine_timed *e, uint32_t node, uint64_t time)
{
  wheel_put(&e->wheel, node, time, timed_tie(e));
}

void engine_timed_set_endpoint(struct engine_timed *e, const struct engine_endpoint *endpoint)
{
  e->endpoint = endpoint ? *endpoint : (struct engine_endpoint){ 0 };
}

static void await(struct engine_timed *e, uint32_t tag)
{
  struct timed_answer *a = &e->answer[tag];

  a->waits = true;
  if (e->endpoint.timeout_ps == 0)
    return;
  a->deadline = e->now + e->endpoint.timeout_ps;
  if (!a->armed)
    put(e, e->actors + e->tags + tag, a->deadline);
  a->armed = true;
}

void timed_send(struct engine_timed *e, const struct smmu_ask *ask)
{
  unsigned answer = ENGINE_ANSWER_UNSUPPORTED;
  uint64_t delay = 0, back = e->stage[SMMU_STAGE_ATS].given.latency_ps;
  struct smmu_message m;

  smmu_message_of(ask, &m);
  if (e->endpoint.receive)
    answer = e->endpoint.receive(e->endpoint.ctx, &m, e->now, &delay);
  CHECK(delay <= DELAY_MAX && e->endpoint.timeout_ps <= DELAY_MAX);
  if (m.kind != SMMU_MESSAGE_ATC_INV)
    return;
  if (answer == ENGINE_ANSWER_LATER) {
    await(e, m.tag);
    return;
  }
  if (answer == ENGINE_ANSWER_NEVER || (e->endpoint.timeout_ps && delay > e->endpoint.timeout_ps)) {
    answer = ENGINE_ANSWER_NEVER;
    delay = e->endpoint.timeout_ps;
    back = 0;
  }
  if (answer == ENGINE_ANSWER_NEVER && delay == 0)
    return; /* for ever */
  e->answer[m.tag].status = (uint8_t)answer;
  put(e, e->actors + m.tag, e->now + delay + back);
}

_Static_assert(ENGINE_ANSWER_DONE == (int)SMMU_ENDPOINT_DONE &&
                 ENGINE_ANSWER_UNSUPPORTED == (int)SMMU_ENDPOINT_UNSUPPORTED &&
                 ENGINE_ANSWER_NEVER == (int)SMMU_ENDPOINT_TIMEOUT,
               "an answer is its status");

static void done(struct engine_timed *e, uint32_t tag, unsigned status)
{
  CHECK(smmu_endpoint_done(e->device, tag, status, timed_hooks(e)) == SMMU_OK);
  timed_wake(e);
}

void timed_answer_arrives(struct engine_timed *e, uint32_t node)
{
  uint32_t tag = node - e->actors;
  struct timed_answer *a;

  if (tag < e->tags) {
    done(e, tag, e->answer[tag].status);
    return;
  }
  tag -= e->tags;
  a = &e->answer[tag];
  a->armed = a->waits && a->deadline > e->now;
  if (a->armed) {
    put(e, node, a->deadline);
  } else if (a->waits) {
    a->waits = false;
    done(e, tag, SMMU_ENDPOINT_TIMEOUT);
  }
}

int engine_timed_pri_request(struct engine_timed *e, const struct smmu_pri *p)
{
  int err = smmu_pri_request(e->device, p, timed_hooks(e));

  timed_wake(e);
  return err;
}

int engine_timed_answer(struct engine_timed *e, uint32_t tag, unsigned status)
{
  if (tag >= e->tags || !e->answer[tag].waits || status > SMMU_ENDPOINT_TIMEOUT)
    return SMMU_ERR_BADARG;
  e->answer[tag].waits = false;
  done(e, tag, status);
  return SMMU_OK;
}

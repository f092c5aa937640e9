/* Stepping actors by hand: the smallest engine there is (rig.h). */
#include <string.h>

#include "shim/rig.h"
#include "util/check.h"

struct rig_hand rig_hand(struct rig *rig)
{
  struct rig_hand h;

  memset(&h, 0, sizeof h);
  h.device = rig->device;
  h.memory = rig->memory;
  CHECK(smmu_actor_count(rig->device) <= sizeof h.out / sizeof h.out[0]);
  return h;
}

static void answer(struct rig_hand *h, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  bool ok = true;

  memset(reply, 0, sizeof *reply);
  if (ask->kind == SMMU_ASK_READ)
    ok = engine_memory_read(h->memory, ask->addr, reply->data, ask->len);
  if (ask->kind == SMMU_ASK_WRITE)
    ok = engine_memory_write(h->memory, ask->addr, ask->data, ask->len);
  if (ask->kind == SMMU_ASK_CAS)
    ok = engine_memory_swap64(h->memory, ask->addr, ask->data[0], ask->data[1], &reply->data[0]);
  reply->status = ok ? SMMU_BUS_OK : SMMU_BUS_ABORT;
}

static bool is_rest(unsigned kind)
{
  return kind == SMMU_ASK_NONE || kind == SMMU_ASK_WAIT || kind == SMMU_ASK_END;
}

unsigned rig_step(struct rig_hand *h, smmu_actor actor)
{
  struct smmu_reply reply;
  bool had = h->out[actor];

  if (had)
    answer(h, &h->ask[actor], &reply);
  smmu_step(h->device, actor, had ? &reply : NULL, h->hooks, &h->ask[actor]);
  h->out[actor] = !is_rest(h->ask[actor].kind);
  return h->ask[actor].kind;
}

unsigned rig_finish(struct rig_hand *h, smmu_actor actor)
{
  unsigned kind;

  do
    kind = rig_step(h, actor);
  while (!is_rest(kind));
  return kind;
}

bool rig_reach(struct rig_hand *h, smmu_actor actor, unsigned stage)
{
  for (;;) {
    unsigned kind = rig_step(h, actor);

    if (is_rest(kind))
      return false;
    if (h->ask[actor].stage == stage)
      return true;
  }
}

void rig_settle(struct rig_hand *h)
{
  smmu_actor a = 0;

  while (a < smmu_actor_count(h->device)) {
    if (smmu_is_runnable(h->device, a)) {
      rig_step(h, a);
      a = 0;
    } else {
      a++;
    }
  }
}

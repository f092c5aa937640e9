/* TLB maintenance that a CPU broadcasts: it reaches the device at the CPU's clock, and who waits for a
 * sync sleeps until the device has completed as many as were sent before. IHI 0070 3.17. */
#include "plat/state.h"
#include "smmu/err.h"
#include "util/check.h"

/* The device's input has no room for a moment: the interconnect holds the CPU up. */
static void deliver(struct plat_board *b, const struct smmu_dvm *op)
{
  for (;;) {
    int err;

    plat_cpu_settle(b);
    cpu_meet_device(b);
    err = b->device.ops->dvm(b->device.ctx, op);
    if (err != SMMU_ERR_NOSLOT) {
      CHECK(err == SMMU_OK); /* board_broadcasts() */
      break;
    }
    host_ops.relax(b);
  }
  if (b->monitors)
    word_check(b, cpu_current(b)->key.clock);
}

/* A device that does not take part lets them pass. */
static bool takes_part(const struct plat_board *b)
{
  return b->device.ops->dvm && b->takes_dvm;
}

void broadcast_send(struct plat_board *b, const struct smmu_dvm *op)
{
  cpu_charge(b, cpu_current(b), PLAT_COST_BROADCAST, 1);
  if (takes_part(b))
    deliver(b, op);
}

void broadcast_sync(struct plat_board *b)
{
  struct cpu *self = cpu_current(b);
  uint64_t ticket;

  cpu_charge(b, self, PLAT_COST_BROADCAST_SYNC, 1);
  if (!takes_part(b))
    return;
  /* Completions come in the order of the device's input, so the number is taken with the entry. */
  plat_cpu_settle(b);
  deliver(b, &(struct smmu_dvm){ .kind = SMMU_DVM_SYNC });
  ticket = ++b->syncs_sent;
  if (b->syncs_done >= ticket)
    return;
  self->ticket = ticket;
  b->expecting++;
  cpu_sleep(b, SLEEP_SYNC, NULL);
}

void broadcast_synced(void *board, uint64_t time)
{
  struct plat_board *b = board;
  uint64_t ticket = ++b->syncs_done;

  for (uint32_t i = 0; i < b->total; i++) {
    struct cpu *c = &b->cpu[i];

    if (c->state == CPU_ASLEEP && c->reason == SLEEP_SYNC && c->ticket == ticket) {
      b->expecting--;
      cpu_wake(b, c, time, PLAT_COST_COUNT);
      return;
    }
  }
}

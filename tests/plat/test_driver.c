/* What a driver does first, on both engines: set up the command queue, send commands, poll CONS,
 * hear the interrupt of CMD_SYNC, read an event record. Register values: IHI 0070 6.3, 4.7, 7.3. */
#include "arch/regs.h"
#include "kit.h"

enum { QUEUE_LOG2 = 4, EVENTS_LOG2 = 3, CMD_SYNC = 0x46, CS_IRQ = 1 << 12 };

struct driver {
  struct kit *kit;
  uint64_t cmdq, eventq, strtab;
  uint64_t polls, start, end;
  uint64_t event[4], heard_sync, heard_event;
  unsigned syncs;
};

static uint64_t read32(const struct driver *d, uint64_t offset)
{
  return plat_mmio_read(d->kit->p, PLAT_SMMU_BASE + offset, 4);
}

static void write32(const struct driver *d, uint64_t offset, uint64_t value)
{
  plat_mmio_write(d->kit->p, PLAT_SMMU_BASE + offset, value, 4);
}

static void write_acknowledged(const struct driver *d, uint64_t offset, uint64_t ack, uint64_t v)
{
  write32(d, offset, v);
  while (read32(d, ack) != v)
    plat_relax(d->kit->p);
}

static void set_up(struct driver *d)
{
  const struct plat *p = d->kit->p;

  EXPECT_EQ(plat_dma_alloc(p, 16 << QUEUE_LOG2, 4096, &d->cmdq), 0);
  EXPECT_EQ(plat_dma_alloc(p, 32 << EVENTS_LOG2, 4096, &d->eventq), 0);
  EXPECT_EQ(plat_dma_alloc(p, 64, 64, &d->strtab), 0);
  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_CMDQ_BASE, d->cmdq | QUEUE_LOG2, 8);
  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_EVENTQ_BASE, d->eventq | EVENTS_LOG2, 8);
  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_STRTAB_BASE, d->strtab, 8);
  write32(d, OFF_STRTAB_BASE_CFG, 0);                      /* linear, one STE */
  write32(d, OFF_CR2, 2);                                  /* RECINVSID */
  write_acknowledged(d, OFF_IRQ_CTRL, OFF_IRQ_CTRLACK, 5); /* GERROR, EVENTQ */
  write_acknowledged(d, OFF_CR0, OFF_CR0ACK, 0xd);         /* CMDQEN, EVENTQEN, SMMUEN */
}

/* Send n CMD_SYNCs and poll until the last is consumed. */
static void sync(struct driver *d, unsigned n, uint64_t cs)
{
  const struct plat *p = d->kit->p;
  uint64_t prod = read32(d, OFF_CMDQ_PROD);

  for (unsigned i = 0; i < n; i++) {
    uint64_t slot = d->cmdq + ((prod + i) & ((1 << QUEUE_LOG2) - 1)) * 16;

    plat_store64(p, slot, CMD_SYNC | cs);
    plat_store64(p, slot + 8, 0);
  }
  plat_barrier(p);
  prod = (prod + n) & ((2 << QUEUE_LOG2) - 1);
  d->start = plat_now_ps(p);
  write32(d, OFF_CMDQ_PROD, prod);
  while (read32(d, OFF_CMDQ_CONS) != prod) {
    d->polls++;
    plat_relax(p);
  }
  d->end = plat_now_ps(p);
}

static void poll_cons(void *arg)
{
  struct driver *d = arg;

  set_up(d);
  for (unsigned i = 0; i < 10; i++)
    sync(d, 5, 0);
}

static const char *const real_devices[] = { "now", "timed" };

static void run(struct kit *kit, struct driver *d, void (*program)(void *))
{
  plat_costs_neutral(&kit->config.costs);
  kit->config.limit_ps = 1000000000;
  kit_start(kit, 0, program, d);
  kit_run(kit);
}

PARAM_TEST_CASE(Driver, PollsConsUntilItsCommandsAreDone, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct driver d = { .kit = &kit };

  run(&kit, &d, poll_cons);
  if (param == KIT_NOW)
    EXPECT_EQ(d.polls, 0u);
  else
    EXPECT_GT(d.polls, 0u);
  EXPECT_GE(d.end, d.start + 250000); /* the write there, one read there and back */
  kit_end(&kit);
}

/* No cost at all: polling still comes to an end. */
PARAM_TEST_CASE(Driver, PollsToTheEndWhenNothingCostsAnything, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct driver d = { .kit = &kit };

  kit.config.limit_ps = 1000000000;
  kit_start(&kit, 0, poll_cons, &d);
  kit_run(&kit);
  EXPECT_EQ(d.end == d.start, param == KIT_NOW);
  kit_end(&kit);
}

static void on_sync(void *arg)
{
  struct driver *d = arg;

  d->heard_sync = plat_now_ps(d->kit->p);
  d->syncs++;
}

static void on_event(void *arg)
{
  struct driver *d = arg;

  d->heard_event = plat_now_ps(d->kit->p);
  for (unsigned i = 0; i < 4; i++)
    d->event[i] = plat_load64(d->kit->p, d->eventq + 8 * i);
  write32(d, OFF_EVENTQ_CONS, read32(d, OFF_EVENTQ_PROD));
}

static void hear_sync(void *arg)
{
  struct driver *d = arg;

  set_up(d);
  plat_irq_handler(d->kit->p, SMMU_SIGNAL_CMD_SYNC, on_sync, d);
  sync(d, 1, CS_IRQ);
}

PARAM_TEST_CASE(Driver, HearsTheInterruptOfCmdSync, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct driver d = { .kit = &kit };

  run(&kit, &d, hear_sync);
  EXPECT_EQ(d.syncs, 1u);
  EXPECT_GE(d.heard_sync, d.start + 1000000); /* PLAT_COST_IRQ */
  kit_end(&kit);
}

static void provoke_an_event(void *arg)
{
  struct driver *d = arg;
  struct smmu_txn txn = { .sid = 5, .addr = 0x1234000 };
  struct smmu_result result;

  set_up(d);
  plat_irq_handler(d->kit->p, SMMU_SIGNAL_EVENTQ, on_event, d);
  d->start = plat_now_ps(d->kit->p);
  plat_board_translate(d->kit->board, &txn, &result);
  EXPECT_EQ(result.status, SMMU_STATUS_ABORT);
  EXPECT_EQ(result.event, 2u); /* C_BAD_STREAMID */
}

PARAM_TEST_CASE(Driver, ReadsTheEventOfABadStream, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct driver d = { .kit = &kit };

  run(&kit, &d, provoke_an_event);
  EXPECT_GE(d.heard_event, d.start + 1000000);
  EXPECT_EQ(d.event[0] & 0xff, 2u);
  EXPECT_EQ(d.event[0] >> 32, 5u);
  kit_end(&kit);
}

/* Records of the device carry the time of the board. */
struct stamps {
  unsigned n;
  uint64_t first, last;
};

static void record(void *ctx, const struct smmu_record *r)
{
  struct stamps *s = ctx;

  if (s->n++ == 0)
    s->first = r->time;
  EXPECT_GE(r->time, s->last);
  s->last = r->time;
}

PARAM_TEST_CASE(Driver, RecordsOfTheDeviceCarryTheTime, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct driver d = { .kit = &kit };
  struct stamps stamps = { 0 };
  struct smmu_hooks hooks = { &stamps, record };
  const struct plat_device *device;

  plat_costs_neutral(&kit.config.costs);
  kit_make(&kit);
  device = plat_board_device(kit.board);
  device->ops->set_hooks(device->ctx, &hooks);
  EXPECT_EQ(plat_device_engine_timed(device) != NULL, param == KIT_TIMED);
  run(&kit, &d, poll_cons);
  EXPECT_GT(stamps.n, 50u);
  EXPECT_EQ(stamps.first, 50000u); /* the first register write has arrived */
  EXPECT_GT(stamps.last, d.start);
  device->ops->set_hooks(device->ctx, NULL);
  kit_end(&kit);
}

/* Engine `timed` as a library that is driven: time, tickets, completions, callbacks. How long
 * things take: test_timed_latency.c. */
#include "shim/rig.h"

#define PA 0x80000ULL
#define VA 0x1000ULL

static const struct smmu_txn hit = { .addr = VA, .sid = SID };

/* ---- birth ---- */

TEST_CASE(Timed, BadConfigurationIsRefused)
{
  struct timed_profile p;
  struct smmu_config config;
  struct engine_timed_options options = { .device = &config, .profile = &p };
  struct engine_timed *e;

  timed_profile_zero(&p);
  smmu_config_neutral(&config);
  config.tbus = 0;
  EXPECT_EQ(engine_timed_create(&e, &options), SMMU_ERR_BADCFG);
  EXPECT_NULL(e);
  engine_timed_destroy(NULL);
}

/* ---- time ---- */

static void time_rules(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  uint64_t start = engine_timed_now(e), next;

  EXPECT_EQ(engine_timed_next_time(e), ENGINE_NEVER);
  engine_timed_run_until(e, start + 5000);
  EXPECT_EQ(engine_timed_now(e), start + 5000);
  engine_timed_run_until(e, start); /* before now */
  EXPECT_EQ(engine_timed_now(e), start + 5000);
  rig_submit(rig, SID, VA);
  EXPECT_EQ(engine_timed_next_time(e), start + 5000);
  engine_timed_run_until(e, start + 5000);
  next = engine_timed_next_time(e);
  EXPECT_EQ(next, start + 5000 + 6000); /* CFG_CACHE of the neutral profile */
  engine_timed_run_until(e, start);
  EXPECT_EQ(engine_timed_next_time(e), next);
  engine_timed_run_until(e, next - 1);
  EXPECT_EQ(engine_timed_next_time(e), next);
  EXPECT_EQ(engine_timed_now(e), next - 1);
  engine_timed_run_until(e, next); /* at t is included */
  EXPECT_GT(engine_timed_next_time(e), next);
  EXPECT_EQ(engine_timed_now(e), next);
}

TEST_CASE(Timed, EventsUpToTheBoundHappenAndNoneAfter)
{
  rig_run_neutral(0, time_rules);
}

static void never_is_rest(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done done;

  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_submit(rig, SID, VA);
  engine_timed_run_until(e, ENGINE_NEVER);
  EXPECT_EQ(engine_timed_next_time(e), ENGINE_NEVER);
  ASSERT_TRUE(engine_timed_poll(e, &done));
  EXPECT_EQ(engine_timed_now(e), done.ended);
  rig_submit(rig, SID, VA); /* time goes on from there */
  engine_timed_run_until(e, ENGINE_NEVER);
  ASSERT_TRUE(engine_timed_poll(e, &done));
  EXPECT_GT(done.ended, done.submitted);
}

TEST_CASE(Timed, RunningUntilNeverStopsAtTheLastEvent)
{
  rig_run_neutral(0, never_is_rest);
}

static void write_waits(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  uint64_t now = engine_timed_now(e);

  engine_timed_mmio_write(e, OFF_CR0, 0xc, 4);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CR0, 4), 0xcu);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CR0ACK, 4), 0xdu);
  EXPECT_EQ(engine_timed_next_time(e), now);
  engine_timed_run_until(e, now + 49999); /* REGISTER of the neutral profile */
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CR0ACK, 4), 0xdu);
  engine_timed_run_until(e, now + 50000);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CR0ACK, 4), 0xcu);
}

TEST_CASE(Timed, WhatAWriteSetsOffHappensWhenTheEngineRunsOn)
{
  rig_run_neutral(0, write_waits);
}

/* ---- tickets and completions ---- */

static void full_slots(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done done;
  uint64_t ticket, last = 0;
  unsigned n = 0;

  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_EQ(engine_timed_submit(e, &(struct smmu_txn){ .tbu = 1 }, &ticket), SMMU_ERR_BADARG);
  for (unsigned i = 0; i < rig->config.txns; i++) {
    EXPECT_EQ(engine_timed_submit(e, &hit, &ticket), SMMU_OK);
    EXPECT_GT(ticket, last);
    last = ticket;
  }
  EXPECT_EQ(engine_timed_submit(e, &hit, &ticket), SMMU_ERR_NOSLOT);
  while (!engine_timed_poll(e, &done))
    engine_timed_run_until(e, engine_timed_next_time(e));
  EXPECT_EQ(engine_timed_submit(e, &hit, &ticket), SMMU_OK);
  EXPECT_GT(ticket, last);
  engine_timed_run_until(e, ENGINE_NEVER);
  for (n = 1; engine_timed_poll(e, &done); n++)
    EXPECT_PA(done.result, PA);
  EXPECT_EQ(n, rig->config.txns + 1u);
}

TEST_CASE(Timed, TransactionsBeyondTheSlotsAreRefusedUntilOneEnds)
{
  rig_run_neutral(0, full_slots);
}

static void many_unpolled(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done done, last = { 0 };
  unsigned n = 0, wrong = 0;

  rig_map(rig, SID, VA, PA, RIG_RW);
  for (unsigned i = 0; i < 3000; i++) {
    rig_submit(rig, SID, i % 7 ? VA : (uint64_t)i << 21);
    engine_timed_run_until(e, engine_timed_now(e) + 30000);
    if (i == 100) {
      ASSERT_TRUE(engine_timed_poll(e, &last)); /* the ring does not begin at 0 when it grows */
      n++;
    }
  }
  engine_timed_run_until(e, ENGINE_NEVER);
  for (; engine_timed_poll(e, &done); n++) {
    wrong += done.ended < last.ended || done.submitted > done.ended;
    last = done;
  }
  EXPECT_EQ(n, 3000u);
  EXPECT_EQ(wrong, 0u);
}

TEST_CASE(Timed, CompletionsAreKeptAndComeInOrderOfTime)
{
  rig_run_neutral(0, many_unpolled);
}

static void by_hand(struct rig *rig)
{
  struct engine_timed_done done;
  smmu_actor actor;

  EXPECT_EQ(smmu_submit(rig->device, &hit, &actor, NULL), SMMU_OK);
  engine_timed_run_until(rig_timed(rig), ENGINE_NEVER);
  EXPECT_FALSE(smmu_is_runnable(rig->device, actor));
  EXPECT_FALSE(engine_timed_poll(rig_timed(rig), &done));
  rig_submit(rig, SID, VA);
  engine_timed_run_until(rig_timed(rig), ENGINE_NEVER);
  EXPECT_TRUE(engine_timed_poll(rig_timed(rig), &done));
}

TEST_CASE(Timed, TransactionGivenToTheDeviceDirectlyRunsWithoutATicket)
{
  rig_run_neutral(0, by_hand);
}

/* ---- callbacks ---- */

struct heard {
  struct rig *rig;
  unsigned n;
  uint64_t time, prod, ticket;
};

static void on_event(void *ctx, enum smmu_signal line, uint64_t time)
{
  struct heard *h = ctx;
  struct engine_timed *e = rig_timed(h->rig);

  if (line != SMMU_SIGNAL_EVENTQ)
    return;
  h->n++;
  h->time = time;
  EXPECT_EQ(time, engine_timed_now(e));
  h->prod = engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4);
  engine_timed_mmio_write(e, OFF_EVENTQ_CONS, h->prod, 4);
  if (h->n == 1)
    EXPECT_EQ(engine_timed_submit(e, &hit, &h->ticket), SMMU_OK);
}

static void handler(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  struct heard h = { .rig = rig };
  struct engine_timed_done done;
  struct engine_timed_stats stats;

  rig_set_reg(rig, OFF_IRQ_CTRL, 5);
  engine_timed_set_signal(e, on_event, &h);
  rig_submit(rig, SID, VA); /* faults; the handler tries again, and that faults as well */
  engine_timed_run_until(e, ENGINE_NEVER);
  EXPECT_EQ(h.n, 2u);
  EXPECT_EQ(h.prod, 2u);
  EXPECT_TRUE(engine_timed_poll(e, &done));
  EXPECT_TRUE(engine_timed_poll(e, &done));
  EXPECT_EQ(done.ticket, h.ticket);
  EXPECT_EQ(done.result.event, EVENT_F_TRANSLATION);
  engine_timed_get_stats(e, &stats);
  EXPECT_EQ(stats.signals[SMMU_SIGNAL_EVENTQ], 2u);
}

TEST_CASE(Timed, HandlerMayAccessRegistersAndSubmit)
{
  rig_run_neutral(0, handler);
  rig_run_zero(0, handler);
}

static void run_again(void *ctx, enum smmu_signal line, uint64_t time)
{
  (void)line;
  engine_timed_run_until(ctx, time + 1);
}

static void provoke(void *arg)
{
  struct rig *rig = arg;

  engine_timed_set_signal(rig_timed(rig), run_again, rig_timed(rig));
  rig_cmds(rig, "SYNC cs=1");
}

static void forbidden_handler(struct rig *rig)
{
  EXPECT_DEATH(provoke, rig, "invariant broken: !e->running");
}

TEST_CASE(Timed, HandlerMustNotRunTheEngine)
{
  rig_run_neutral(0, forbidden_handler);
}

static void records(struct rig *rig)
{
  uint64_t start, end;

  rig_map(rig, SID, VA, PA, RIG_RW);
  engine_timed_run_until(rig_timed(rig), engine_timed_now(rig_timed(rig)) + 12345);
  rig_watch(rig);
  start = engine_timed_now(rig_timed(rig));
  rig_read(rig, SID, VA);
  end = engine_timed_now(rig_timed(rig));
  ASSERT_NOT_NULL(rig_find(rig, SMMU_TRACE_RESPOND, 0));
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_SUBMIT, 0)->time, start);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_RESPOND, 0)->time, end);
  for (unsigned i = 1; i < rig->n_records; i++)
    EXPECT_GE(rig->record[i].time, rig->record[i - 1].time);
  EXPECT_GT(rig->record[5].time, start);
}

TEST_CASE(Timed, RecordsCarryTheirTime)
{
  rig_run_neutral(0, records);
}

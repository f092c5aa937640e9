/* Interrupt lines: latency, latching, removal, lines raised by software. */
#include <errno.h>

#include "arch/regs.h"
#include "kit.h"

enum { FREE_LINE = 7, LATENCY = 1000 };

struct heard {
  struct kit_trail trail;
  uint64_t work; /* of the handler, in ps */
  unsigned line;
  int result[4];
};

static void costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_IRQ, LATENCY);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60);
  kit->config.irq_lines = 16;
}

static void handler(void *arg)
{
  struct heard *h = arg;

  kit_mark(&h->trail, 1);
  plat_charge(h->trail.kit->p, PLAT_COST_LOOP, h->work);
  plat_cpu_settle(h->trail.kit->board);
  kit_mark(&h->trail, 2);
}

static void handle(struct heard *h)
{
  EXPECT_EQ(plat_irq_handler(h->trail.kit->p, h->line, handler, h), 0);
}

static void expect_at(const struct kit_trail *trail, unsigned i, uint64_t time, uint64_t what)
{
  ASSERT_LT(i, trail->n);
  EXPECT_EQ(trail->at[i].time, time);
  EXPECT_EQ(trail->at[i].what, what);
}

static void raise_at_300(void *arg)
{
  struct heard *h = arg;

  h->line = FREE_LINE;
  handle(h);
  plat_charge(h->trail.kit->p, PLAT_COST_LOOP, 300);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
}

BOARD_TEST(Irq, TheHandlerBeginsALatencyAfterTheLine)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, raise_at_300, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 2u);
  expect_at(&h.trail, 0, 300 + LATENCY, 1);
  EXPECT_EQ(h.trail.at[0].cpu, 4u + FREE_LINE);
}

/* Raises at 0 (handler from 1000 to 6000), 2000, 3000 and 4000. */
static void raise_four_times(void *arg)
{
  struct heard *h = arg;
  struct plat_board *board = h->trail.kit->board;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(board, FREE_LINE, 4000);
  plat_board_raise(board, FREE_LINE, 0);
  plat_board_raise(board, FREE_LINE, 2000);
  plat_board_raise(board, FREE_LINE, 3000);
}

BOARD_TEST(Irq, RaisesDuringTheHandlerRunItOnceMore)
{
  struct heard h = { .trail.kit = kit, .work = 5000 };

  costs(kit);
  kit_start(kit, 0, raise_four_times, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 4u);
  expect_at(&h.trail, 1, 6000, 2);
  expect_at(&h.trail, 2, 6000, 1); /* raised at 2000: it has come through long ago */
  expect_at(&h.trail, 3, 11000, 2);
}

static void raise_late_in_the_handler(void *arg)
{
  struct heard *h = arg;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 5900);
}

BOARD_TEST(Irq, ALatchedRaiseHasItsLatencyToo)
{
  struct heard h = { .trail.kit = kit, .work = 5000 };

  costs(kit);
  kit_start(kit, 0, raise_late_in_the_handler, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 4u);
  expect_at(&h.trail, 2, 5900 + LATENCY, 1);
}

static void raise_early_and_late_in_the_handler(void *arg)
{
  struct heard *h = arg;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 4000);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 5900);
}

BOARD_TEST(Irq, OfLatchedRaisesTheFirstCounts)
{
  struct heard h = { .trail.kit = kit, .work = 5000 };

  costs(kit);
  kit_start(kit, 0, raise_early_and_late_in_the_handler, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 4u);
  expect_at(&h.trail, 2, 6000, 1);
}

static void raise_twice_before_it_begins(void *arg)
{
  struct heard *h = arg;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 100);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 200);
}

BOARD_TEST(Irq, RaisesBeforeTheHandlerBeginsAreOne)
{
  struct heard h = { .trail.kit = kit, .work = 5000 };

  costs(kit);
  kit_start(kit, 0, raise_twice_before_it_begins, &h);
  kit_run(kit);
  EXPECT_EQ(h.trail.n, 2u);
  expect_at(&h.trail, 0, 100 + LATENCY, 1);
}

static void remove_while_it_runs(void *arg)
{
  struct heard *h = arg;
  const struct plat *p = h->trail.kit->p;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 1500); /* latched, and then not wanted */
  plat_delay(p, 2000);
  h->result[0] = plat_irq_handler(p, FREE_LINE, NULL, NULL);
  kit_mark(&h->trail, 3);
}

BOARD_TEST(Irq, RemovalWaitsUntilTheHandlerHasReturned)
{
  struct heard h = { .trail.kit = kit, .work = 5000 };

  costs(kit);
  kit_start(kit, 0, remove_while_it_runs, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 3u);
  expect_at(&h.trail, 1, 6000, 2);
  expect_at(&h.trail, 2, 6060, 3);
  EXPECT_EQ(h.result[0], 0);
}

static void remove_before_it_begins(void *arg)
{
  struct heard *h = arg;
  const struct plat *p = h->trail.kit->p;

  h->line = FREE_LINE;
  handle(h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
  plat_delay(p, LATENCY / 2);
  plat_irq_handler(p, FREE_LINE, NULL, NULL);
  kit_mark(&h->trail, 3);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
}

BOARD_TEST(Irq, ARemovedHandlerIsNeverCalled)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, remove_before_it_begins, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 1u);
  expect_at(&h.trail, 0, LATENCY / 2, 3);
}

static void remove_itself(void *arg)
{
  struct heard *h = arg;

  h->result[1] = plat_irq_handler(h->trail.kit->p, FREE_LINE, NULL, NULL);
  h->result[2] = plat_irq_handler(h->trail.kit->p, FREE_LINE, handler, h);
  kit_mark(&h->trail, 4);
}

static void install_and_raise(void *arg)
{
  struct heard *h = arg;
  const struct plat *p = h->trail.kit->p;

  plat_irq_handler(p, FREE_LINE, remove_itself, h);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
  plat_delay(p, 10 * LATENCY);
  h->result[3] = plat_irq_handler(p, FREE_LINE, handler, h);
}

BOARD_TEST(Irq, AHandlerMayRemoveItselfAndOthersComeAfterIt)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, install_and_raise, &h);
  kit_run(kit);
  EXPECT_EQ(h.trail.n, 1u);
  EXPECT_EQ(h.result[1], 0);
  EXPECT_EQ(h.result[2], -EBUSY); /* the old one still runs */
  EXPECT_EQ(h.result[3], 0);
}

static void misuse(void *arg)
{
  struct heard *h = arg;
  const struct plat *p = h->trail.kit->p;

  h->result[0] = plat_irq_handler(p, 16, handler, h);
  h->result[1] = plat_irq_handler(p, FREE_LINE, handler, h);
  h->result[2] = plat_irq_handler(p, FREE_LINE, handler, h);
  h->result[3] = plat_irq_handler(p, FREE_LINE + 1, NULL, NULL);
}

BOARD_TEST(Irq, ALineHasOneHandlerAndLinesEnd)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, misuse, &h);
  kit_run(kit);
  EXPECT_EQ(h.result[0], -EINVAL);
  EXPECT_EQ(h.result[1], 0);
  EXPECT_EQ(h.result[2], -EBUSY);
  EXPECT_EQ(h.result[3], 0);
}

/* A handler that takes, wakes and sleeps like any program. */
struct woken {
  struct kit *kit;
  struct plat_line line;
  unsigned value;
  uint64_t at;
};

static void tell(void *arg)
{
  struct woken *w = arg;

  plat_take(w->kit->p, &w->line);
  w->value++;
  plat_wrote(w->kit->p, &w->line);
}

static void hear(void *arg)
{
  struct woken *w = arg;
  const struct plat *p = w->kit->p;

  plat_irq_handler(p, FREE_LINE, tell, w);
  plat_board_raise(w->kit->board, FREE_LINE, 500);
  for (plat_take(p, &w->line); w->value < 1; plat_take(p, &w->line))
    plat_wait(p, &w->line);
  w->at = plat_now_ps(p);
}

BOARD_TEST(Irq, AHandlerWakesAProgram)
{
  struct woken w = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, hear, &w);
  kit_run(kit);
  EXPECT_EQ(w.at, 500u + LATENCY + 60 + 60 + 60);
}

/* Raises come in order of their times, whatever the order they were asked for in. */
static void note_time(void *arg)
{
  kit_mark(arg, 1);
}

static void raise_backwards(void *arg)
{
  struct kit_trail *trail = arg;

  plat_irq_handler(trail->kit->p, FREE_LINE, note_time, trail);
  for (unsigned i = 40; i > 0; i--)
    plat_board_raise(trail->kit->board, FREE_LINE, (i * 7 % 41) * 10000);
}

BOARD_TEST(Irq, LaterRaisesComeInOrder)
{
  struct kit_trail trail = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, raise_backwards, &trail);
  kit_run(kit);
  ASSERT_EQ(trail.n, 40u);
  for (unsigned i = 0; i < 40; i++)
    EXPECT_EQ(trail.at[i].time, (i + 1) * 10000u + LATENCY);
}

/* CPU 0 runs first and is late; what CPU 1 does is earlier. */
static void raise_late(void *arg)
{
  struct heard *h = arg;

  plat_charge(h->trail.kit->p, PLAT_COST_LOOP, 5000);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
}

static void install_early(void *arg)
{
  struct heard *h = arg;

  h->line = FREE_LINE;
  handle(h);
}

BOARD_TEST(Irq, ARaiseFindsTheHandlerThatWasThereInTime)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, raise_late, &h);
  kit_start(kit, 1, install_early, &h);
  kit_run(kit);
  ASSERT_EQ(h.trail.n, 2u);
  expect_at(&h.trail, 0, 5000 + LATENCY, 1);
}

static void remove_late(void *arg)
{
  struct heard *h = arg;

  plat_charge(h->trail.kit->p, PLAT_COST_LOOP, 5000);
  plat_irq_handler(h->trail.kit->p, FREE_LINE, NULL, NULL);
}

static void raise_early(void *arg)
{
  struct heard *h = arg;

  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
}

BOARD_TEST(Irq, ALaterRemovalTakesNothingBack)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_make(kit);
  install_early(&h); /* from outside: before anybody runs */
  kit_start(kit, 0, remove_late, &h);
  kit_start(kit, 1, raise_early, &h);
  kit_run(kit);
  EXPECT_EQ(h.trail.n, 2u);
}

static void sleep_for_ever(void *arg)
{
  struct heard *h = arg;
  static struct plat_line line;

  plat_take(h->trail.kit->p, &line);
  plat_wait(h->trail.kit->p, &line);
}

static void raise_for_ever(void *arg)
{
  struct heard *h = arg;

  EXPECT_EQ(plat_irq_handler(h->trail.kit->p, FREE_LINE, sleep_for_ever, h), 0);
  plat_board_raise(h->trail.kit->board, FREE_LINE, 0);
}

/* Nobody out there can wait for it. */
BOARD_TEST(Irq, FromOutsideASleepingHandlerIsNotTakenAway)
{
  struct heard h = { .trail.kit = kit };

  costs(kit);
  kit_start(kit, 0, raise_for_ever, &h);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
  EXPECT_EQ(plat_irq_handler(kit->p, FREE_LINE, NULL, NULL), -EBUSY);
  EXPECT_EQ(plat_irq_handler(kit->p, FREE_LINE, handler, &h), -EBUSY);
  EXPECT_EQ(plat_irq_handler(kit->p, FREE_LINE + 1, NULL, NULL), 0);
}

/* Handlers come, go and are raised at random; what they store comes in order of time. */
#include "kit.h"

struct storm {
  struct kit *kit;
  uint64_t random, handled;
};

static void store(void *arg)
{
  struct storm *s = arg;

  plat_charge(s->kit->p, PLAT_COST_LOOP, 100);
  plat_store64(s->kit->p, PLAT_RAM_BASE, s->handled++);
}

static void make_weather(void *arg)
{
  struct storm *s = arg;
  const struct plat *p = s->kit->p;

  for (unsigned i = 0; i < 100; i++) {
    uint64_t x = s->random = s->random * 6364136223846793005ULL + 1442695040888963407ULL;
    unsigned line = x >> 33 & 15;

    switch (x >> 40 & 3) {
    case 0: plat_irq_handler(p, line, store, s); break;
    case 1: plat_irq_handler(p, line, NULL, NULL); break;
    case 2: plat_board_raise(s->kit->board, line, (x >> 44 & 3) * 300); break;
    default: plat_delay(p, x >> 44 & 1023);
    }
    plat_store64(p, PLAT_RAM_BASE, i);
  }
}

TEST_CASE(Irq, AStormOfHandlersStaysInOrderOfTime)
{
  uint64_t handled = 0;

  for (uint64_t seed = 0; seed < 200; seed++) {
    struct kit one = kit_new(KIT_SCRIPTED);
    struct storm storm = { .kit = &one, .random = seed };
    struct kit_hash hash;
    struct plat_watch watch = kit_hash_watch(&hash);

    kit_cost(&one, PLAT_COST_LOOP, 1);
    kit_cost(&one, PLAT_COST_IRQ, 1000);
    kit_cost(&one, PLAT_COST_LINE_MOVE, 60);
    one.config.irq_lines = 16;
    one.config.seed = seed / 2;
    kit_make(&one);
    plat_board_set_watch(one.board, &watch);
    for (unsigned i = 0; i < 4; i++)
      kit_start(&one, i, make_weather, &storm);
    kit_run(&one);
    EXPECT_FALSE(hash.backwards);
    handled += storm.handled;
    kit_end(&one);
  }
  EXPECT_GT(handled, 1000u);
}

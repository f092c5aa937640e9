/* Stacks: guarded below, released with their board whatever became of the program. */
#include "plat/fiber.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"

static void nothing(void *arg)
{
  (void)arg;
}

/* Whether the kernel could read a byte there. */
static bool is_readable(const void *at)
{
  int ends[2];
  bool readable;

  if (pipe(ends) != 0)
    return false;
  readable = write(ends[1], at, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return readable;
}

TEST_CASE(Fiber, TheStackEndsInAPageThatCannotBeTouched)
{
  struct fiber f;

  ASSERT_TRUE(fiber_create(&f, 20000, nothing, NULL));
  EXPECT_GE(f.bytes, 20000u);
  EXPECT_TRUE(is_readable(f.bottom));
  EXPECT_FALSE(is_readable((const char *)f.bottom - 1));
  fiber_destroy(&f);
  fiber_destroy(&f); /* once is enough */
}

TEST_CASE(Fiber, AStackThatCannotBeHasNone)
{
  struct fiber f;

  EXPECT_FALSE(fiber_create(&f, (size_t)1 << 62, nothing, NULL));
}

static unsigned count_mappings(void)
{
  FILE *maps = fopen("/proc/self/maps", "r");
  unsigned lines = 0;
  int c;

  while (maps && (c = fgetc(maps)) != EOF)
    lines += c == '\n';
  if (maps)
    fclose(maps);
  return lines;
}

static void spin(void *arg)
{
  const struct plat *p = ((struct kit *)arg)->p;

  for (;;)
    plat_relax(p);
}

TEST_CASE(Fiber, StacksOfAbandonedProgramsAreReleased)
{
  unsigned before = 0;

  for (unsigned round = 0; round < 100; round++) {
    struct kit kit = kit_new(KIT_SCRIPTED);

    kit_cost(&kit, PLAT_COST_RELAX, 10);
    kit.config.limit_ps = 1000;
    for (unsigned i = 0; i < 4; i++)
      kit_start(&kit, i, spin, &kit);
    EXPECT_EQ(kit_try(&kit), SMMU_ERR_LIMIT);
    kit_end(&kit);
    if (round == 9)
      before = count_mappings();
  }
  EXPECT_LT(count_mappings(), before + 100);
}

/* A program keeps its registers and its rounding over a switch. */
struct sum {
  struct kit *kit;
  double value;
  uint64_t words[8];
};

static void add(void *arg)
{
  struct sum *s = arg;
  uint64_t a = 1, b = 2, c = 3, d = 5, e = 7, f = 11, g = 13, h = 17;
  double value = 0.5;

  for (unsigned i = 0; i < 1000; i++) {
    plat_relax(s->kit->p);
    value += 0.25;
    a += b, b += c, c += d, d += e, e += f, f += g, g += h, h += i;
  }
  s->value = value;
  memcpy(s->words, (uint64_t[8]){ a, b, c, d, e, f, g, h }, sizeof s->words);
}

TEST_CASE(Fiber, ProgramsKeepTheirValuesOverASwitch)
{
  struct kit kit = kit_new(KIT_SCRIPTED);
  struct sum sum[4] = { 0 };

  kit_cost(&kit, PLAT_COST_RELAX, 10);
  for (unsigned i = 0; i < 4; i++) {
    sum[i].kit = &kit;
    kit_start(&kit, i, add, &sum[i]);
  }
  kit_run(&kit);
  for (unsigned i = 0; i < 4; i++) {
    EXPECT_NEAR(sum[i].value, 250.5, 0);
    EXPECT_MEMEQ(sum[i].words, sum[0].words, sizeof sum[0].words);
  }
  kit_end(&kit);
}

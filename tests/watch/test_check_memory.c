/* The words that a check remembers: stored and dropped in any order, each is found or is not. */
#include <string.h>

#include "shim/gtest_c.h"
#include "watch/check_state.h"

enum { LINES = 64, WORDS = LINES * 8, TURNS = 200000 };

#define GIVEN_BACK UINT64_MAX

static uint64_t next(uint64_t *state)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return *state >> 33;
}

/* Lines of addresses that are near, far apart, and alike in their low bits. */
static uint64_t addr_of(uint32_t word)
{
  static const uint64_t base[4] = { 0x80000000, 0x80000000 + LINES / 4 * 64, 1ULL << 40,
                                    5ULL << 46 };
  uint32_t line = word / 8;

  return base[line % 4] + line / 4 * (line % 4 == 3 ? 1ULL << 30 : 64) + word % 8 * 8;
}

TEST_CASE(CheckMemory, FindsWhatWasStoredAndNotDropped)
{
  static uint64_t value[WORDS];
  struct check c = { .now = { .record = 1 } };
  struct check_world *w = &c.world[0];
  uint64_t seed = 1;

  memset(value, 0, sizeof value);
  for (unsigned turn = 0; turn < TURNS; turn++) {
    uint32_t word = (uint32_t)(next(&seed) % WORDS), other = (uint32_t)(next(&seed) % WORDS);
    const struct check_word *x;

    if (next(&seed) % 2) {
      value[word] = turn + 1;
      x = check_memory_store(&c, w, addr_of(word), turn + 1);
      ASSERT_NOT_NULL(x);
    } else {
      value[word] = 0;
      check_memory_drop(w, addr_of(word));
    }
    if (turn % 4096 == 0) { /* given back, all of it */
      check_memory_forget(w, 0, UINT64_MAX - 8);
      for (uint32_t i = 0; i < WORDS; i++)
        value[i] = value[i] ? GIVEN_BACK : 0;
    }
    x = check_memory_find(w, addr_of(other));
    ASSERT_EQ(x != NULL, value[other] != 0);
    if (x)
      ASSERT_EQ(x->value, value[other] == GIVEN_BACK ? 0 : value[other]);
  }
  EXPECT_LE(w->memory.used, WORDS);
  check_memory_destroy(w);
}

TEST_CASE(CheckMemory, DroppedWordsMakeRoom)
{
  struct check c = { .options = { .words = 4 }, .now = { .record = 1 } };
  struct check_world *w = &c.world[0];

  for (uint64_t addr = 0; addr < 0x10000; addr += 8) {
    ASSERT_NOT_NULL(check_memory_store(&c, w, addr, addr));
    if (addr >= 24)
      check_memory_drop(w, addr - 24);
  }
  EXPECT_FALSE(c.failed);
  check_memory_destroy(w);
}

/* dma_alloc(): alignment, zero, reuse, exhaustion. */
#include <errno.h>

#include "kit.h"

#define RAM_END (PLAT_RAM_BASE + (16u << 20))

static uint64_t alloc(struct kit *kit, size_t bytes, size_t align)
{
  uint64_t addr = 0;

  EXPECT_EQ(plat_dma_alloc(kit->p, bytes, align, &addr), 0);
  return addr;
}

SCRIPT_TEST(Ram, MemoryIsAlignedAsAskedAndInside)
{
  kit_make(kit);
  for (size_t align = 1; align <= 1 << 20; align *= 2) {
    uint64_t addr = alloc(kit, 100, align);

    EXPECT_EQ(addr % align, 0u);
    EXPECT_EQ(addr % 64, 0u);
    EXPECT_GE(addr, PLAT_RAM_BASE);
    EXPECT_LE(addr + 100, RAM_END);
  }
}

SCRIPT_TEST(Ram, ReusedMemoryIsZero)
{
  uint64_t addr, again;

  kit_make(kit);
  addr = alloc(kit, 8192, 64);
  engine_memory_store64(kit->memory, addr + 8184, 7);
  plat_dma_free(kit->p, addr, 8192);
  again = alloc(kit, 8192, 64);
  EXPECT_EQ(again, addr);
  EXPECT_EQ(engine_memory_load64(kit->memory, addr + 8184), 0u);
}

SCRIPT_TEST(Ram, AllOfItCanBeUsedAndUsedAgain)
{
  kit->config.ram_bytes = 0x150000; /* 1.3 MB: no power of two */
  kit_make(kit);
  for (unsigned round = 0; round < 3; round++) {
    uint64_t addr[0x150], more;

    for (unsigned i = 0; i < 0x150; i++)
      addr[i] = alloc(kit, 4096, 64);
    EXPECT_EQ(plat_dma_alloc(kit->p, 1, 64, &more), -ENOMEM);
    for (unsigned i = 0; i < 0x150; i++)
      plat_dma_free(kit->p, addr[(i * 101) % 0x150], 4096);
    more = alloc(kit, 1 << 20, 64); /* neighbours have become one again */
    plat_dma_free(kit->p, more, 1 << 20);
  }
}

SCRIPT_TEST(Ram, WhatCannotBeIsRefused)
{
  uint64_t addr;

  kit_make(kit);
  EXPECT_EQ(plat_dma_alloc(kit->p, 0, 64, &addr), -EINVAL);
  EXPECT_EQ(plat_dma_alloc(kit->p, 64, 0, &addr), -EINVAL);
  EXPECT_EQ(plat_dma_alloc(kit->p, 64, 48, &addr), -EINVAL);
  EXPECT_EQ(plat_dma_alloc(kit->p, 32 << 20, 64, &addr), -ENOMEM);
  EXPECT_EQ(plat_dma_alloc(kit->p, SIZE_MAX, 64, &addr), -ENOMEM);
  EXPECT_EQ(plat_dma_alloc(kit->p, 64, 1ULL << 40, &addr), -ENOMEM);
  EXPECT_EQ(plat_dma_alloc(kit->p, 64, 1ULL << 63, &addr), -ENOMEM);
}

SCRIPT_TEST(Ram, ABoardMayHaveNone)
{
  uint64_t addr;

  kit->config.ram_bytes = 0;
  kit_make(kit);
  EXPECT_EQ(plat_dma_alloc(kit->p, 64, 64, &addr), -ENOMEM);
}

/* A model of what is used: one byte a page. */
SCRIPT_TEST(Ram, AllocationsNeverOverlap)
{
  static uint8_t used[4096];
  struct {
    uint64_t addr;
    size_t bytes;
  } held[64] = { 0 };
  uint64_t random = 1;
  unsigned failed = 0;

  kit_make(kit);
  for (unsigned i = 0; i < 20000; i++) {
    uint64_t x = random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    unsigned slot = x >> 33 & 63;
    bool free = held[slot].bytes != 0;

    if (free)
      plat_dma_free(kit->p, held[slot].addr, held[slot].bytes);
    else
      held[slot].bytes = (x >> 40) % (1u << (12 + x % 8)) + 1;
    if (!free &&
        plat_dma_alloc(kit->p, held[slot].bytes, 1u << (x >> 20 & 15), &held[slot].addr) != 0) {
      failed++;
      held[slot].bytes = 0;
    }
    for (uint64_t page = 0; page < (held[slot].bytes + 4095) / 4096; page++) {
      uint8_t *u = &used[(held[slot].addr - PLAT_RAM_BASE) / 4096 + page];

      EXPECT_EQ(*u, free);
      *u = !free;
    }
    if (free)
      held[slot].bytes = 0;
  }
  for (unsigned i = 0; i < 64; i++) {
    for (uint64_t page = 0; page < (held[i].bytes + 4095) / 4096; page++)
      used[(held[i].addr - PLAT_RAM_BASE) / 4096 + page] = 0;
  }
  EXPECT_LT(failed, 5000u);
}

static void free_half(void *arg)
{
  struct kit *kit = arg;
  uint64_t addr = alloc(kit, 8192, 64);

  plat_dma_free(kit->p, addr, 4096);
}

static void free_twice(void *arg)
{
  struct kit *kit = arg;
  uint64_t addr = alloc(kit, 4096, 64);

  plat_dma_free(kit->p, addr, 4096);
  plat_dma_free(kit->p, addr, 4096);
}

static void free_elsewhere(void *arg)
{
  struct kit *kit = arg;

  plat_dma_free(kit->p, 0x1000, 4096);
}

SCRIPT_TEST(Ram, OnlyWhatWasAllocatedIsFreed)
{
  kit_make(kit);
  EXPECT_DEATH(free_half, kit, "invariant broken");
  EXPECT_DEATH(free_twice, kit, "invariant broken");
  EXPECT_DEATH(free_elsewhere, kit, "invariant broken");
}

/* Memory that aborts where nothing is: the board's RAM is there. */
TEST_CASE(Ram, IsAccessibleInMemoryWithHoles)
{
  struct kit kit = kit_new(KIT_NOW);
  uint64_t addr, word = 0;

  engine_memory_destroy(kit.memory);
  engine_memory_create(&kit.memory, ENGINE_HOLE_ABORT);
  kit.config.memory = kit.memory;
  kit_make(&kit);
  addr = alloc(&kit, 4096, 64);
  EXPECT_TRUE(engine_memory_read(kit.memory, addr, &word, 8));
  EXPECT_FALSE(engine_memory_read(kit.memory, RAM_END, &word, 8));
  kit_end(&kit);
}

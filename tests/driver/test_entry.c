/* Replacing STEs and CDs: every store leaves a structure that is the old one or the new one in all
 * that the device looks at, and what can be done without a gap is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/drv_state.h"
#include "kit.h"

enum { STATES = 9, WORDS = 8 };

/* What a stream can be. */
enum state { ABORT, BYPASS, S1, S2, NESTED, NESTED_OTHER_CD, NESTED_BYPASS, S1_OTHER, NESTED_DSS };

static const char *const state_names[STATES] = {
  "abort",           "bypass",        "s1",       "s2",        "nested",
  "nested-other-cd", "nested-bypass", "s1-other", "nested-dss"
};

struct bench {
  struct drv_domain *domain[STATES];
  uint64_t guest_cd[2];
  uint64_t ste; /* address of the STE that is watched; 0: none */
  uint64_t image[WORDS];
  uint64_t old[WORDS], target[WORDS];
  unsigned mixed, gaps, stores;
};

static void guest_cd(struct kit *kit, struct bench *b, unsigned n, const struct drv_domain *shape)
{
  uint64_t words[WORDS];

  ASSERT_EQ(plat_dma_alloc(&kit->plat, 64, 64, &b->guest_cd[n]), 0);
  drv_cd_make(shape, 0, words);
  for (unsigned i = 0; i < WORDS; i++)
    plat_store64(&kit->plat, b->guest_cd[n] + 8 * i, words[i]);
}

static void nested(struct kit *kit, struct bench *b, enum state state, unsigned config, uint64_t cd,
                   unsigned dss)
{
  uint64_t vste[8] = { 0 };

  FPUT(STE, V, vste, 1);
  FPUT(STE, Config, vste, config);
  if (config == 5) {
    FPUT(STE, S1ContextPtr, vste, cd >> 6);
    FPUT(STE, S1DSS, vste, dss);
    FPUT(STE, S1CIR, vste, 1);
    FPUT(STE, S1COR, vste, 1);
    FPUT(STE, S1CSH, vste, 3);
  }
  ASSERT_EQ(drv_domain_alloc_nested(kit->drv, b->domain[S2], vste, false, &b->domain[state]), 0);
}

/* All of them translate 0x1000; the guest's CDs and tables lie where stage 2 maps to itself. */
static void make_bench(struct kit *kit, struct bench *b)
{
  memset(b, 0, sizeof *b);
  drv_domain_alloc(kit->drv, DRV_DOMAIN_ABORT, &b->domain[ABORT]);
  drv_domain_alloc(kit->drv, DRV_DOMAIN_BYPASS, &b->domain[BYPASS]);
  drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &b->domain[S1]);
  drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &b->domain[S1_OTHER]);
  drv_domain_alloc(kit->drv, DRV_DOMAIN_S2, &b->domain[S2]);
  EXPECT_EQ(drv_map(b->domain[S1], 0x1000, 0x1000, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(b->domain[S1_OTHER], 0x1000, 0x1000, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(b->domain[S2], 0x1000, 0x1000, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(b->domain[S2], PLAT_RAM_BASE, PLAT_RAM_BASE, 256 << 20, KIT_RW), 0);
  guest_cd(kit, b, 0, b->domain[S1]);
  guest_cd(kit, b, 1, b->domain[S1]);
  nested(kit, b, NESTED, 5, b->guest_cd[0], 2);
  nested(kit, b, NESTED_OTHER_CD, 5, b->guest_cd[1], 2);
  nested(kit, b, NESTED_BYPASS, 4, 0, 0);
  nested(kit, b, NESTED_DSS, 5, b->guest_cd[1], 0);
}

static void free_bench(struct kit *kit, struct bench *b)
{
  EXPECT_EQ(drv_attach(kit->drv, SID, NULL), 0);
  EXPECT_EQ(drv_domain_free(b->domain[S2]), -EBUSY);
  for (unsigned i = 0; i < STATES; i++) {
    if (i != S2)
      EXPECT_EQ(drv_domain_free(b->domain[i]), 0);
  }
  EXPECT_EQ(drv_domain_free(b->domain[S2]), 0);
  plat_dma_free(&kit->plat, b->guest_cd[0], 64);
  plat_dma_free(&kit->plat, b->guest_cd[1], 64);
}

static uint64_t ste_address(struct kit *kit)
{
  const struct kit_access *s = kit->stores.at;

  /* The first store of an attach to a stream without stage 1 is to its STE. */
  return kit->stores.count ? s[0].addr & ~63ULL : 0;
}

/* ---- every store ----------------------------------------------------------------------------------- */

static bool same_in_use(const uint64_t a[WORDS], const uint64_t b[WORDS])
{
  uint64_t used[WORDS];

  drv_ste_used(b, used);
  for (unsigned i = 0; i < WORDS; i++) {
    if ((a[i] ^ b[i]) & used[i])
      return false;
  }
  return true;
}

static void watch_store(struct kit *kit, uint64_t addr, uint64_t value)
{
  struct bench *b = kit->arg;

  if ((addr & ~63ULL) != b->ste)
    return;
  b->image[addr % 64 / 8] = value;
  b->stores++;
  if (!FGET(STE, V, b->image))
    b->gaps++;
  else if (!same_in_use(b->image, b->old) && !same_in_use(b->image, b->target))
    b->mixed++;
}

/* Which transitions need no gap: rows from, columns to. */
static const bool hitless[STATES][STATES] = {
  [ABORT] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 },
  [BYPASS] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 },
  [S1] = { 1, 1, 1, 0, 0, 0, 0, 1, 0 },
  [S2] = { 1, 1, 0, 1, 1, 1, 1, 0, 1 },
  [NESTED] = { 1, 1, 0, 1, 1, 1, 1, 0, 0 },
  [NESTED_OTHER_CD] = { 1, 1, 0, 1, 1, 1, 1, 0, 1 },
  [NESTED_BYPASS] = { 1, 1, 0, 1, 1, 1, 1, 0, 1 },
  [S1_OTHER] = { 1, 1, 1, 0, 0, 0, 0, 1, 0 },
  [NESTED_DSS] = { 1, 1, 0, 1, 0, 1, 1, 0, 1 },
};

static void ste_words(struct kit *kit, const struct bench *b, uint64_t words[WORDS])
{
  for (unsigned i = 0; i < WORDS; i++)
    words[i] = plat_load64(&kit->plat, b->ste + 8 * i);
}

static void one_transition(struct kit *kit, struct bench *b, unsigned from, unsigned to)
{
  EXPECT_EQ(drv_attach(kit->drv, SID, b->domain[to]), 0);
  ste_words(kit, b, b->target);
  EXPECT_EQ(drv_attach(kit->drv, SID, b->domain[from]), 0);
  ste_words(kit, b, b->old);
  memcpy(b->image, b->old, sizeof b->image);
  b->mixed = b->gaps = b->stores = 0;
  kit->stored = watch_store;
  EXPECT_EQ(drv_attach(kit->drv, SID, b->domain[to]), 0);
  kit->stored = NULL;
  EXPECT_MEMEQ(b->image, b->target, sizeof b->image);
  if (b->mixed || (b->gaps == 0) != hitless[from][to])
    ADD_TEST_FAILURE("%s to %s: %u mixed, %u stores without V", state_names[from], state_names[to],
                     b->mixed, b->gaps);
}

DRIVER_TEST(Ste, EveryStoreIsOldOrNew)
{
  struct bench b;

  make_bench(kit, &b);
  kit_clear(kit);
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[BYPASS]), 0);
  EXPECT_EQ(drv_attach(kit->drv, SID, NULL), 0);
  kit->stores.count = 0;
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[BYPASS]), 0);
  b.ste = ste_address(kit);
  kit->arg = &b;
  for (unsigned from = 0; from < STATES; from++) {
    for (unsigned to = 0; to < STATES; to++)
      one_transition(kit, &b, from, to);
  }
  free_bench(kit, &b);
}

/* ---- a device that goes on translating -------------------------------------------------------------- */

struct traffic {
  struct bench bench;
  bool stop;
  unsigned faults, passed;
};

static void traffic(struct kit *kit, unsigned n)
{
  struct traffic *t = kit->arg;

  (void)n;
  while (!t->stop) {
    if (kit_read(kit, SID, 0x1000) == 0x1000)
      t->passed++;
    else
      t->faults++;
    plat_delay(&kit->plat, 20000);
  }
}

static unsigned faults_between(struct kit *kit, struct traffic *t, unsigned from, unsigned to)
{
  EXPECT_EQ(drv_attach(kit->drv, SID, t->bench.domain[from]), 0);
  t->stop = false;
  t->faults = t->passed = 0;
  for (unsigned i = 0; i < 8; i++)
    kit_start(kit, i + 1, traffic, i);
  plat_delay(&kit->plat, 3000000);
  EXPECT_EQ(drv_attach(kit->drv, SID, t->bench.domain[to]), 0);
  plat_delay(&kit->plat, 3000000);
  t->stop = true;
  kit_join(kit);
  EXPECT_GT(t->passed, 50);
  return t->faults;
}

DRIVER_TEST(Ste, TrafficFaultsOnlyWhereThereIsAGap)
{
  static const uint8_t kinds[] = { BYPASS, S1, S2, NESTED, NESTED_OTHER_CD, NESTED_BYPASS };
  struct traffic t = { .stop = false };
  unsigned gaps = 0;

  make_bench(kit, &t.bench);
  kit->arg = &t;
  for (unsigned i = 0; i < sizeof kinds; i++) {
    for (unsigned j = 0; j < sizeof kinds; j++) {
      unsigned faults = faults_between(kit, &t, kinds[i], kinds[j]);

      if (!hitless[kinds[i]][kinds[j]])
        gaps += faults != 0;
      else if (faults)
        ADD_TEST_FAILURE("%s to %s: %u faults", state_names[kinds[i]], state_names[kinds[j]],
                         faults);
    }
  }
  EXPECT_GT(gaps, 0);
  free_bench(kit, &t.bench);
}

/* ---- what is told ------------------------------------------------------------------------------------ */

DRIVER_TEST(Ste, DeviceIsToldAfterEachStep)
{
  struct bench b;

  make_bench(kit, &b);
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[S2]), 0);
  kit_clear(kit);
  /* Word 1 is prepared, word 0 stored; nothing is left to clear. */
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[NESTED]), 0);
  kit_clear(kit);
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[NESTED_OTHER_CD]), 0);
  EXPECT_EQ(drv_issue_main(kit->drv, NULL, 0, true), 0);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_STE), 1);
  EXPECT_EQ(kit_count(kit, CMD_PREFETCH_CONFIG), 1);
  EXPECT_EQ(FGET(CFGI_STE, SID, kit_command(kit, 0)->words), SID);
  EXPECT_EQ(FGET(CFGI_STE, Leaf, kit_command(kit, 0)->words), 1);
  kit_clear(kit);
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[NESTED_OTHER_CD]), 0);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_STE), 0);
  free_bench(kit, &b);
}

/* ---- CDs ---------------------------------------------------------------------------------------------- */

DRIVER_TEST(Cd, AsidAloneChangesInOneStore)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  uint64_t words[WORDS];
  uint64_t other[WORDS];
  uint64_t cd;

  ASSERT_EQ(plat_dma_alloc(&kit->plat, 64, 64, &cd), 0);
  drv_cd_make(d, 0, words);
  memcpy(other, words, sizeof other);
  FPUT(CD, ASID, other, 99);
  EXPECT_EQ(drv_cd_install(kit->drv, SID, cd, words), 0);
  kit_clear(kit);
  EXPECT_EQ(drv_cd_install(kit->drv, SID, cd, other), 0);
  EXPECT_EQ(kit->stores.count, 1 + 2 * 2);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_CD), 1);
  EXPECT_EQ(FGET(CFGI_CD, SID, kit_command(kit, 0)->words), SID);
  EXPECT_EQ(FGET(CFGI_CD, Leaf, kit_command(kit, 0)->words), 1);
  /* Another table too: V is cleared first. */
  kit_clear(kit);
  FPUT(CD, TTB0, other, 0x1234);
  FPUT(CD, ASID, other, 100);
  EXPECT_EQ(drv_cd_install(kit->drv, SID, cd, other), 0);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_CD), 3);
  EXPECT_EQ(((struct kit_access *)kit->stores.at)[0].value, 0);
  /* EPD0: the table is ignored, so it can be prepared. */
  memcpy(words, other, sizeof words);
  FPUT(CD, EPD0, words, 1);
  FPUT(CD, TTB0, words, 0);
  kit_clear(kit);
  EXPECT_EQ(drv_cd_install(kit->drv, SID, cd, words), 0);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_CD), 2);
  plat_dma_free(&kit->plat, cd, 64);
  kit_free(kit, d, SID);
}

/* V first, then what it no longer covers. */
DRIVER_TEST(Cd, IsClearedWhenTheStreamLeavesStageOne)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_stream *stream = drv_strtab_find(kit->drv, SID);

  kit_clear(kit);
  ASSERT_NOT_NULL(stream);
  EXPECT_NE(plat_load64(&kit->plat, stream->cd), 0);
  EXPECT_EQ(drv_attach(kit->drv, SID, NULL), 0);
  EXPECT_EQ(kit_count(kit, CMD_CFGI_CD), 2);
  for (unsigned i = 0; i < WORDS; i++)
    EXPECT_EQ(plat_load64(&kit->plat, stream->cd + 8 * i), 0);
  EXPECT_EQ(drv_domain_free(d), 0);
}

/* ---- nesting ------------------------------------------------------------------------------------------- */

DRIVER_TEST(Nested, StageTwoUnmapReachesWhatStageOneCombined)
{
  struct bench b;
  size_t vmid;

  make_bench(kit, &b);
  vmid = drv_domain_vmid(b.domain[S2]);
  EXPECT_EQ(drv_domain_vmid(b.domain[NESTED]), vmid);
  EXPECT_EQ(drv_attach(kit->drv, SID, b.domain[NESTED]), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), 0x1000);
  kit_clear(kit);
  EXPECT_EQ(kit_unmap(kit, b.domain[S2], 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_S2_IPA), 1);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ALL), 1);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 2); /* stage 2 is gone before its combinations go */
  EXPECT_EQ(FGET(CMD, Opcode, kit_command(kit, 1)->words), CMD_SYNC);
  EXPECT_EQ(FGET(TLBI_NH_ALL, VMID, kit_command(kit, 2)->words), vmid);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  free_bench(kit, &b);
}

DRIVER_TEST(Nested, GuestSteThatAbortsOrIsInvalidAborts)
{
  struct drv_domain *s2;
  struct drv_domain *nested_domain;
  uint64_t vste[2] = { 0, 0 };

  EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S2, &s2), 0);
  EXPECT_EQ(drv_map(s2, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  for (vste[0] = 0; vste[0] < 2; vste[0]++) {
    EXPECT_EQ(drv_domain_alloc_nested(kit->drv, s2, vste, false, &nested_domain), 0);
    EXPECT_EQ(drv_attach(kit->drv, SID, nested_domain), 0);
    EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
    EXPECT_EQ(kit->events, 0);
    kit_free(kit, nested_domain, SID);
  }
  EXPECT_EQ(drv_domain_free(s2), 0);
}

/* Trace records: each cache hit names the slot that a fill wrote and nobody dropped; transactions
 * begin and end once. */
#include <string.h>

#include "shim/rig.h"

enum { SLOTS = 1024, UNITS = 8 };

/* What the records alone say about the caches. Units: configuration, walk, main TLB, then TBUs. */
struct shadow {
  struct smmu_record entry[UNITS][SLOTS];
  bool valid[UNITS][SLOTS];
  unsigned hits, fills, drops, evictions, wrong;
};

static unsigned unit_of(const struct smmu_record *r)
{
  return r->unit == SMMU_CACHE_UTLB ? SMMU_CACHE_UTLB + r->sid : r->unit;
}

static bool same_entry(const struct smmu_record *a, const struct smmu_record *b)
{
  if (a->unit == SMMU_CACHE_CFG)
    return a->sid == b->sid && a->ssid == b->ssid;
  return a->addr_in == b->addr_in && a->addr_out == b->addr_out && a->asid == b->asid &&
         a->vmid == b->vmid && a->info == b->info;
}

static void follow(void *ctx, const struct smmu_record *r)
{
  struct shadow *s = ctx;
  unsigned unit = unit_of(r);
  bool removes = r->category == SMMU_TRACE_DROP || r->category == SMMU_TRACE_EVICT;

  if (r->category != SMMU_TRACE_HIT && r->category != SMMU_TRACE_FILL && !removes)
    return;
  if (unit >= UNITS || r->slot >= SLOTS) {
    s->wrong++;
    return;
  }
  if (r->category == SMMU_TRACE_FILL) {
    s->wrong += s->valid[unit][r->slot]; /* somebody should have told of its end */
    s->entry[unit][r->slot] = *r;
    s->fills++;
  } else {
    s->wrong += !s->valid[unit][r->slot] || !same_entry(r, &s->entry[unit][r->slot]);
    s->hits += r->category == SMMU_TRACE_HIT;
    s->drops += r->category == SMMU_TRACE_DROP;
    s->evictions += r->category == SMMU_TRACE_EVICT;
  }
  s->valid[unit][r->slot] = !removes;
}

static const char *const texts[] = { "TLBI_NH_VA asid=7 va=0x3000; SYNC",
                                     "TLBI_NH_ALL; SYNC",
                                     "TLBI_S2_IPA vmid=5 ipa=0x40001000; TLBI_NH_ALL vmid=5; SYNC",
                                     "CFGI_ALL; SYNC",
                                     "CFGI_CD sid=1; SYNC",
                                     "TLBI_NH_ASID asid=7; SYNC" };

static void expect_consistent(struct rig *rig, const char *profile)
{
  static struct shadow s;
  struct smmu_hooks hooks = { &s, follow };
  struct smmu_config config = rig->config;

  memset(&s, 0, sizeof s);
  smmu_config_set_tlb_profile(&config, profile);
  config.tbus = 2;
  rig_restart(rig, &config);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5, .asid = 9 });
  for (uint64_t i = 0; i < 20; i++) {
    rig_map(rig, SID, i << 12, RIG_DATA + (i << 12), RIG_RW);
    rig_map(rig, 2, i << 12, 0x40000000 + (i << 12), RIG_RW);
    rig_map2(rig, 2, 0x40000000 + (i << 12), RIG_DATA + (i << 12), RIG_RW);
  }
  rig_set_hooks(rig, &hooks);
  for (unsigned i = 0; i < 600; i++) {
    rig->tbu = (uint16_t)(i / 3 % 2);
    rig_read(rig, 1 + i / 7 % 3, (uint64_t)(i * i % 20) << 12);
    if (i % 50 == 49)
      rig_cmds(rig, texts[i / 50 % 6]);
  }
  rig_set_hooks(rig, NULL);
  rig->tbu = 0;
  EXPECT_EQ(s.wrong, 0u);
  EXPECT_GT(s.hits, 0u);
  EXPECT_GT(s.drops, 0u);
}

ENGINE_TEST(Trace, SlotsAreConsistentWithRoomyCaches)
{
  expect_consistent(rig, "neutral");
}

ENGINE_TEST(Trace, SlotsAreConsistentWithTinyCaches)
{
  expect_consistent(rig, "tiny");
}

ENGINE_TEST(Trace, SlotsAreConsistentWhenFullCachesAreFlushed)
{
  expect_consistent(rig, "qemu");
}

ENGINE_TEST(Trace, TransactionIsSubmittedAndAnsweredOnce)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_watch(rig);
  for (unsigned i = 0; i < 5; i++)
    rig_write(rig, SID, 0x1004);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_SUBMIT), 5u);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_RESPOND), 5u);
  for (unsigned i = 0; i < 5; i++) {
    EXPECT_EQ(rig_find(rig, SMMU_TRACE_SUBMIT, i)->addr_in, 0x1004u);
    EXPECT_EQ(rig_find(rig, SMMU_TRACE_SUBMIT, i)->perm, SMMU_PERM_WRITE);
    EXPECT_EQ(rig_find(rig, SMMU_TRACE_RESPOND, i)->addr_out, 0x80004u);
    EXPECT_EQ(rig_find(rig, SMMU_TRACE_RESPOND, i)->sid, SID);
  }
}

ENGINE_TEST(Trace, WalkShowsWhatItRead)
{
  static const uint8_t wanted[] = { SMMU_READ_STE, SMMU_READ_CD, SMMU_READ_S1_DESC,
                                    SMMU_READ_S1_DESC, SMMU_READ_S1_DESC };
  uint64_t leaf = rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);

  rig_watch(rig);
  rig_read(rig, SID, 0x1000);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_READ), 5u);
  for (unsigned i = 0; i < 5; i++)
    EXPECT_EQ(rig_find(rig, SMMU_TRACE_READ, i)->info, wanted[i]);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_READ, 0)->addr_in, rig_ste(rig, SID));
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_READ, 4)->addr_in, leaf);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_READ, 4)->word, engine_memory_load64(rig->memory, leaf));
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_READ, 4)->level, 3);
}

ENGINE_TEST(Trace, NestedReadsTellWhatTheyAreFor)
{
  unsigned count[4] = { 0 };

  rig_restart_profile(rig, "none");
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, 2, 0x1000, 0x40000000, RIG_RW);
  rig_map2(rig, 2, 0x40000000, 0x80000, RIG_RW);
  rig_watch(rig);
  rig_read(rig, 2, 0x1000);
  for (unsigned i = 0; i < rig_count(rig, SMMU_TRACE_READ); i++) {
    if (rig_find(rig, SMMU_TRACE_READ, i)->info == SMMU_READ_S2_DESC)
      count[rig_find(rig, SMMU_TRACE_READ, i)->phase & 3]++;
  }
  EXPECT_EQ(count[1], 2u);     /* CD */
  EXPECT_EQ(count[2], 3 * 2u); /* three stage 1 descriptors */
  EXPECT_EQ(count[3], 3u);     /* the output */
}

ENGINE_TEST(Trace, FaultIsShownBeforeItsEvent)
{
  rig_watch(rig);
  rig_read(rig, SID, 0x1000);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_FAULT), 1u);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_EVENT), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_FAULT, 0)->result, EVENT_F_TRANSLATION);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_EVENT, 0)->result, EVENT_F_TRANSLATION);
  EXPECT_TRUE(rig_find(rig, SMMU_TRACE_FAULT, 0) < rig_find(rig, SMMU_TRACE_EVENT, 0));
}

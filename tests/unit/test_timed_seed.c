/* Engine `timed`: what a seed decides, and that nothing else does. */
#include "shim/rig.h"

#define PA 0x80000ULL
#define VA 0x1000ULL

/* ---- seeds ---- */

static void two_at_once(struct rig *rig, unsigned orders[2])
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done done;

  rig_map(rig, SID, VA, PA, RIG_RW);
  for (unsigned i = 0; i < 64; i++) {
    uint64_t first = rig_submit(rig, SID, VA);

    rig_submit(rig, SID, VA);
    engine_timed_run_until(e, ENGINE_NEVER);
    EXPECT_TRUE(engine_timed_poll(e, &done));
    orders[done.ticket == first]++;
    EXPECT_TRUE(engine_timed_poll(e, &done));
  }
}

static void in_order(struct rig *rig)
{
  unsigned orders[2] = { 0 };

  two_at_once(rig, orders);
  EXPECT_EQ(orders[1], 64u);
}

static void in_both_orders(struct rig *rig)
{
  unsigned orders[2] = { 0 };

  two_at_once(rig, orders);
  EXPECT_GT(orders[0], 8u);
  EXPECT_GT(orders[1], 8u);
}

TEST_CASE(TimedSeed, SeedPermutesWhatHappensAtOneTime)
{
  rig_run_zero(0, in_order);
  rig_run_zero(1, in_both_orders);
}

/* Pages 0 and 1 fill a TLB of two entries; page 0 was used last, page 2 then replaces one. How
 * often page 0 stays. */
static unsigned stays(struct rig *rig)
{
  unsigned kept = 0;
  struct smmu_config config = rig->config;

  smmu_config_set_tlb_profile(&config, "none");
  config.tlb = (struct smmu_cache_config){ 1, 2 };
  config.cfg_cache = (struct smmu_cache_config){ 1, 2 };
  rig_restart(rig, &config);
  for (uint64_t i = 0; i < 3; i++)
    rig_map(rig, SID, i << 12, PA, RIG_RW);
  for (unsigned i = 0; i < 64; i++) {
    rig_cmds(rig, "TLBI_NSNH_ALL; SYNC");
    rig_read(rig, SID, 0);
    rig_read(rig, SID, 0x1000);
    rig_read(rig, SID, 0);
    rig_read(rig, SID, 0x2000);
    kept += rig_is_cached(rig, SID, 0);
  }
  return kept;
}

static void hinted(struct rig *rig)
{
  EXPECT_EQ(stays(rig), 64u);
}

static void drawn(struct rig *rig)
{
  unsigned kept = stays(rig);

  EXPECT_GT(kept, 8u);
  EXPECT_LT(kept, 56u);
}

TEST_CASE(TimedSeed, VictimsAreHintedWithoutASeedAndDrawnWithOne)
{
  rig_run_zero(0, hinted);
  rig_run_zero(1, drawn);
}

/* ---- determinism ---- */

struct digest {
  uint64_t hash;
  uint64_t records, spans;
};

static void mix(struct digest *d, const void *bytes, size_t len)
{
  const unsigned char *p = bytes;

  for (size_t i = 0; i < len; i++)
    d->hash = (d->hash ^ p[i]) * 0x100000001b3ULL;
}

static void digest_record(void *ctx, const struct smmu_record *r)
{
  struct digest *d = ctx;

  mix(d, r, sizeof *r);
  d->records++;
}

static void digest_span(void *ctx, const struct timed_span *span)
{
  struct digest *d = ctx;

  mix(d, span, sizeof *span);
  d->spans++;
}

static struct digest digest; /* of the last busy() */

/* Crowded small caches, faults, commands: all of it at once. */
static void busy(struct rig *rig)
{
  static const struct smmu_hooks hooks = { &digest, digest_record };
  struct smmu_config config = rig->config;
  struct engine_timed_done done;
  struct engine_timed *e;
  uint64_t ticket, hash[2];

  digest = (struct digest){ .hash = 1 };
  smmu_config_set_tlb_profile(&config, "tiny");
  config.txns = 6;
  rig_restart(rig, &config);
  e = rig_timed(rig);
  for (uint64_t i = 0; i < 9; i++)
    rig_map(rig, SID, i << 12, RIG_DATA + (i << 12), RIG_RW);
  engine_timed_set_hooks(e, &hooks);
  engine_timed_set_span(e, digest_span, &digest);
  for (unsigned i = 0; i < 400; i++) {
    struct smmu_txn t = { .addr = (uint64_t)(i * 7 % 11) << 12, .sid = SID + i % 9 / 8 };

    if (engine_timed_submit(e, &t, &ticket) != SMMU_OK)
      engine_timed_run_until(e, engine_timed_next_time(e));
    if (i % 20 == 0) {
      rig_put_cmd(rig, i / 20 % 64, i % 40 ? "SYNC cs=1" : "TLBI_NH_VA asid=7 va=0x3000");
      engine_timed_mmio_write(e, OFF_CMDQ_PROD, i / 20 + 1, 4);
    }
    engine_timed_run_until(e, engine_timed_now(e) + i % 50 * 1000);
  }
  engine_timed_run_until(e, ENGINE_NEVER);
  while (engine_timed_poll(e, &done))
    mix(&digest, &done, sizeof done);
  smmu_hash(rig->device, hash);
  mix(&digest, hash, sizeof hash);
}

TEST_CASE(TimedSeed, EqualSeedsGiveEqualRunsAndOthersDoNot)
{
  struct digest first[4];

  for (uint64_t seed = 0; seed < 4; seed++) {
    rig_run_neutral(seed, busy);
    first[seed] = digest;
    EXPECT_GT(digest.records, 1000u);
    EXPECT_GT(digest.spans, 1000u);
    rig_run_neutral(seed, busy);
    EXPECT_EQ(digest.hash, first[seed].hash);
    EXPECT_EQ(digest.spans, first[seed].spans);
    for (uint64_t other = 0; other < seed; other++)
      EXPECT_NE(first[other].hash, first[seed].hash);
  }
  TEST_NOTE("digest of seed 3: %llx", (unsigned long long)first[3].hash);
}

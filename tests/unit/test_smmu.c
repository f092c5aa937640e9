/* The block as a value: size, reset, clone, hash, equality; submission; one visible action a step;
 * hooks change nothing. */
#include <stdlib.h>
#include <string.h>

#include "core/state.h"
#include "litmus/litmus.h"
#include "shim/rig.h"
#include "util/bits.h"

static struct smmu *make(const struct smmu_config *cfg)
{
  struct smmu *s = aligned_alloc(64, align_up_log2(smmu_size(cfg), 6));

  EXPECT_EQ(smmu_init(s, cfg), SMMU_OK);
  return s;
}

static bool same_hash(const struct smmu *a, const struct smmu *b)
{
  uint64_t x[2], y[2];

  smmu_hash(a, x);
  smmu_hash(b, y);
  return x[0] == y[0] && x[1] == y[1];
}

static struct smmu *clone_of(struct rig *rig)
{
  struct smmu *copy = aligned_alloc(64, align_up_log2(smmu_size(&rig->config), 6));

  smmu_clone(copy, rig->device);
  return copy;
}

/* A bit of everything: hits, misses, faults, invalidations, evictions. */
static void live(struct rig *rig)
{
  for (uint64_t i = 0; i < 60; i++) {
    rig_map(rig, SID, i << 12, RIG_DATA + (i << 12), i % 3 ? RIG_RW : RIG_R);
    rig_read(rig, SID, (i / 2) << 12);
    rig_write(rig, SID, i << 12);
    rig_read(rig, (uint32_t)(i % 5), i << 12);
    if (i % 16 == 15)
      rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; CFGI_CD sid=1; SYNC cs=1");
  }
}

/* ---- size ---- */

TEST_CASE(Smmu, LitmusDevicesFitIntoEightKilobytes)
{
  size_t count;
  const struct explore_program *const *programs = litmus_programs(&count);

  for (size_t i = 0; i < count; i++)
    EXPECT_LE(smmu_size(&programs[i]->config), 8u * 1024);
}

TEST_CASE(Smmu, DeviceWithThousandTlbEntriesFitsInto200Kilobytes)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  cfg.tlb = (struct smmu_cache_config){ 256, 4 };
  EXPECT_LE(smmu_size(&cfg), 200u * 1024);
}

TEST_CASE(Smmu, BadConfigurationHasNoSizeAndNoDevice)
{
  struct smmu_config cfg;
  uint64_t block[8] = { 0 };

  smmu_config_neutral(&cfg);
  cfg.txns = 0;
  EXPECT_EQ(smmu_size(&cfg), 0u);
  EXPECT_EQ(smmu_init((struct smmu *)block, &cfg), SMMU_ERR_BADCFG);
}

/* ---- clone, hash, equal, reset ---- */

ENGINE_TEST(Smmu, CloneIsEqualAndHasTheSameHash)
{
  struct smmu *copy;

  live(rig);
  copy = clone_of(rig);
  EXPECT_TRUE(smmu_equal(copy, rig->device));
  EXPECT_TRUE(same_hash(copy, rig->device));
  smmu_invariant(copy);
  free(copy);
}

ENGINE_TEST(Smmu, CloneGoesItsOwnWay)
{
  struct smmu *copy = clone_of(rig);

  rig_set_reg(rig, OFF_IRQ_CTRL, 5);
  EXPECT_FALSE(smmu_equal(copy, rig->device));
  EXPECT_FALSE(same_hash(copy, rig->device));
  EXPECT_EQ(smmu_mmio_read(copy, OFF_IRQ_CTRL, 4, NULL), 0u);
  free(copy);
}

ENGINE_TEST(Smmu, EveryByteOfMeaningCounts)
{
  struct smmu_config config = rig->config;
  struct smmu *copy;

  smmu_config_set_tlb_profile(&config, "tiny");
  config.txns = config.events = 2;
  rig_restart(rig, &config);
  copy = clone_of(rig);
  for (uint32_t i = 0; i < copy->meaning_len; i++) {
    unsigned char *byte = (unsigned char *)copy + copy->meaning_off + i;

    *byte ^= 0x40;
    if (smmu_equal(copy, rig->device) || same_hash(copy, rig->device))
      FAIL_TEST("byte %u of %u does not count", i, copy->meaning_len);
    *byte ^= 0x40;
  }
  free(copy);
}

ENGINE_TEST(Smmu, RecencyDoesNotCount)
{
  struct smmu *copy;

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_map(rig, SID, 0x2000, 0x90000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_read(rig, SID, 0x2000);
  copy = clone_of(rig);
  rig_read(rig, SID, 0x1000);
  EXPECT_TRUE(smmu_equal(copy, rig->device));
  EXPECT_TRUE(same_hash(copy, rig->device));
  free(copy);
}

ENGINE_TEST(Smmu, TransactionInFlightCountsUntilItEnds)
{
  struct smmu *copy;
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn;

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  copy = clone_of(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  EXPECT_FALSE(smmu_equal(copy, rig->device));
  rig_finish(&h, txn);
  EXPECT_TRUE(smmu_equal(copy, rig->device));
  free(copy);
}

ENGINE_TEST(Smmu, ResetIsAsGoodAsNew)
{
  struct smmu *fresh = make(&rig->config);

  live(rig);
  smmu_reset(rig->device);
  EXPECT_TRUE(smmu_equal(fresh, rig->device));
  smmu_invariant(rig->device);
  free(fresh);
}

TEST_CASE(Smmu, ConfigurationIsKept)
{
  struct smmu_config cfg;
  struct smmu *s;

  smmu_config_qemu(&cfg);
  s = make(&cfg);
  EXPECT_MEMEQ(smmu_get_config(s), &cfg, sizeof cfg);
  free(s);
}

/* ---- submission ---- */

ENGINE_TEST(Smmu, TransactionsBeyondTheSlotsAreRefused)
{
  struct smmu_txn t = { .sid = SID };
  struct rig_hand h = rig_hand(rig);
  smmu_actor actor;

  for (unsigned i = 0; i < rig->config.txns; i++)
    EXPECT_EQ(smmu_submit(rig->device, &t, &actor, NULL), SMMU_OK);
  EXPECT_EQ(smmu_submit(rig->device, &t, &actor, NULL), SMMU_ERR_NOSLOT);
  rig_settle(&h);
  EXPECT_EQ(smmu_submit(rig->device, &t, &actor, NULL), SMMU_OK);
  rig_settle(&h);
}

ENGINE_TEST(Smmu, UnknownTbuIsRefused)
{
  smmu_actor actor;

  EXPECT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .tbu = 1 }, &actor, NULL),
            SMMU_ERR_BADARG);
}

ENGINE_TEST(Smmu, IdleActorsDoNothing)
{
  struct smmu *copy = clone_of(rig);
  struct rig_hand h = rig_hand(rig);
  uint64_t bitmap[4];

  EXPECT_EQ(smmu_runnable(rig->device, bitmap), 0u);
  for (smmu_actor a = 0; a < smmu_actor_count(rig->device); a++)
    EXPECT_EQ(rig_step(&h, a), SMMU_ASK_NONE);
  EXPECT_TRUE(smmu_equal(copy, rig->device));
  free(copy);
}

ENGINE_TEST(Smmu, RunnableCountsItsBits)
{
  struct rig_hand h = rig_hand(rig);
  uint64_t bitmap[4] = { 0 };
  smmu_actor txn;

  smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL);
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  EXPECT_EQ(smmu_runnable(rig->device, bitmap), 2u);
  EXPECT_TRUE(bitmap[txn / 64] >> (txn % 64) & 1);
  rig_put_cmd(rig, 0, "SYNC");
  rig_settle(&h);
  EXPECT_EQ(smmu_runnable(rig->device, bitmap), 0u);
}

/* ---- hooks ---- */

static void ignore(void *ctx, const struct smmu_record *r)
{
  (void)ctx;
  (void)r;
}

ENGINE_TEST(Smmu, HooksChangeNothing)
{
  static const struct smmu_hooks hooks = { NULL, ignore };
  struct smmu_config config = rig->config;
  struct smmu *without;

  smmu_config_set_tlb_profile(&config, "tiny");
  rig_restart(rig, &config);
  live(rig);
  without = clone_of(rig);
  rig_restart(rig, &config);
  rig_set_hooks(rig, &hooks);
  live(rig);
  EXPECT_TRUE(smmu_equal(without, rig->device));
  free(without);
}

/* ---- rule 1 ---- */

struct chance {
  uint64_t state;
};

static uint64_t draw(struct chance *c, uint64_t n)
{
  c->state ^= c->state << 13;
  c->state ^= c->state >> 7;
  c->state ^= c->state << 17;
  return c->state % n;
}

static void random_deed(struct rig *rig, struct chance *c, unsigned *prod)
{
  static const char *const commands[] = { "TLBI_NH_ALL",    "TLBI_NH_VA asid=7 va=0x1000",
                                          "CFGI_ALL",       "SYNC",
                                          "SYNC cs=1",      "SYNC cs=1 msiaddress=0x2f0000",
                                          "TLBI_S12_VMALL", "OP_0xff" };
  smmu_actor txn;

  switch (draw(c, 8)) {
  case 0:
    rig_put_cmd(rig, *prod & 63, commands[draw(c, 8)]);
    *prod = (*prod + 1) & 127;
    smmu_mmio_write(rig->device, OFF_CMDQ_PROD, *prod, 4, NULL);
    break;
  case 1:
    smmu_mmio_write(rig->device, OFF_GERRORN, smmu_mmio_read(rig->device, OFF_GERROR, 4, NULL), 4,
                    NULL);
    break;
  case 2: smmu_mmio_write(rig->device, OFF_CR0, draw(c, 4) ? 0xd : draw(c, 16), 4, NULL); break;
  case 3: smmu_mmio_write(rig->device, OFF_IRQ_CTRL, draw(c, 8), 4, NULL); break;
  default:
    smmu_submit(rig->device,
                &(struct smmu_txn){ .addr = draw(c, 8) << 12,
                                    .sid = (uint32_t)draw(c, 4),
                                    .write = (uint8_t)draw(c, 2) },
                &txn, NULL);
    break;
  }
}

/* A step of any actor that can move; one that takes the reply of a memory access shows nothing. */
static void random_step(struct rig *rig, struct rig_hand *h, struct chance *c)
{
  smmu_actor a = (smmu_actor)draw(c, smmu_actor_count(rig->device));
  unsigned kind = h->ask[a].kind;
  bool memory =
    h->out[a] && (kind == SMMU_ASK_READ || kind == SMMU_ASK_WRITE || kind == SMMU_ASK_CAS);

  if (!smmu_is_runnable(rig->device, a))
    return;
  rig_step(h, a);
  if (smmu_debug_visible(rig->device) > (memory ? 0u : 1u))
    ADD_TEST_FAILURE("actor %u: %u visible actions in one step", a,
                     smmu_debug_visible(rig->device));
}

ENGINE_TEST(Smmu, AtMostOneVisibleActionAStep)
{
  struct smmu_config config = rig->config;
  struct chance c = { 12345 };
  struct rig_hand h;
  unsigned prod = 0;

  smmu_config_set_tlb_profile(&config, "tiny");
  config.txns = 5;
  config.events = 2;
  rig_restart(rig, &config);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  for (uint64_t i = 0; i < 6; i++) {
    rig_map(rig, SID, i << 12, RIG_DATA, RIG_R);
    rig_map(rig, 2, i << 12, 0x100000, RIG_RW);
  }
  h = rig_hand(rig);
  for (unsigned i = 0; i < 20000; i++) {
    if (draw(&c, 10) == 0)
      random_deed(rig, &c, &prod);
    random_step(rig, &h, &c);
  }
  smmu_mmio_write(rig->device, OFF_CR0, 0xd, 4, NULL);
  rig_settle(&h);
  smmu_invariant(rig->device);
}

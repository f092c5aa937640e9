/* Broadcast maintenance from CPUs: what each operation removes and leaves, who may ignore it, and what a
 * sync waits for. IHI 0070 3.17, 3.17.1, 3.17.4-3.17.6, 6.3.12. */
#include "shim/rig.h"
#include "smmu/dvm.h"

enum { BTM = 1 << 5, PTM = 4, RECINVSID = 2, EL2_STREAM = 4, S2_STREAM = 5, NESTED = 6 };

/* A device that takes part. */
static void start(struct rig *rig)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.idr[0] |= BTM;
  rig_restart(rig, &config);
}

static void send(struct rig *rig, struct smmu_dvm op)
{
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_OK);
  rig_rest(rig);
}

#define SEND(rig, name, ...) send(rig, (struct smmu_dvm){ .kind = SMMU_DVM_##name, __VA_ARGS__ })

static void stream(struct rig *rig, uint32_t sid, struct rig_stream spec)
{
  rig_stream(rig, sid, &spec);
}

static void cache(struct rig *rig, uint32_t sid, uint64_t addr)
{
  rig_map(rig, sid, addr, RIG_DATA, RIG_RW);
  rig_read(rig, sid, addr);
  EXPECT_TRUE(rig_is_cached(rig, sid, addr));
}

/* ---- scopes of EL1 ---- */

ENGINE_TEST(Dvm, Vae1TakesOneAddressOfOneAsid)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7, .vmid = 3 });
  stream(rig, 2, (struct rig_stream){ .asid = 8, .vmid = 3 });
  cache(rig, SID, 0x5000);
  cache(rig, SID, 0x7000);
  cache(rig, 2, 0x5000);
  SEND(rig, VAE1, .asid = 7, .vmid = 3, .addr = 0x5abc);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x7000));
  EXPECT_TRUE(rig_is_cached(rig, 2, 0x5000));
}

ENGINE_TEST(Dvm, VmidMustAgree)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7, .vmid = 3 });
  cache(rig, SID, 0x5000);
  SEND(rig, VAE1, .asid = 7, .vmid = 4, .addr = 0x5000);
  SEND(rig, VMALLE1, .vmid = 4);
  SEND(rig, VMALLS12E1, .vmid = 2);
  SEND(rig, ASIDE1, .asid = 7, .vmid = 0);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
  SEND(rig, VMALLE1, .vmid = 3);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, VmidWildcardCountsForThemToo)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7, .vmid = 5 });
  rig_set_cr0(rig, 0xd | 1 << 6);
  cache(rig, SID, 0x5000);
  SEND(rig, VMALLE1, .vmid = 4);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, Aside1LeavesGlobalEntriesAndVae1DoesNot)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  rig_map(rig, SID, 0x9000, RIG_DATA, RIG_RW | RIG_GLOBAL);
  rig_read(rig, SID, 0x9000);
  cache(rig, SID, 0x5000);
  SEND(rig, ASIDE1, .asid = 7);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x9000));
  SEND(rig, VAE1, .asid = 99, .addr = 0x9000);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x9000));
}

ENGINE_TEST(Dvm, Vaae1TakesEveryAsid)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  stream(rig, 2, (struct rig_stream){ .asid = 8 });
  cache(rig, SID, 0x5000);
  cache(rig, 2, 0x5000);
  SEND(rig, VAAE1, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  EXPECT_FALSE(rig_is_cached(rig, 2, 0x5000));
}

/* Reads of a translation after an operation: a table descriptor that is still cached saves some. */
static uint64_t reads_after(struct rig *rig, unsigned kind)
{
  cache(rig, SID, 0x5000);
  send(rig, (struct smmu_dvm){ .kind = (uint8_t)kind, .asid = 7, .addr = 0x5000 });
  return rig_reads(rig, SID, 0x5000);
}

ENGINE_TEST(Dvm, LastLevelFormsLeaveTables)
{
  uint64_t leaf, all;

  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  leaf = reads_after(rig, SMMU_DVM_VALE1);
  all = reads_after(rig, SMMU_DVM_VAE1);
  EXPECT_GT(leaf, 0u);
  EXPECT_GT(all, leaf);
  leaf = reads_after(rig, SMMU_DVM_VAALE1);
  all = reads_after(rig, SMMU_DVM_VAAE1);
  EXPECT_GT(all, leaf);
}

/* (NUM + 1) << (5 SCALE + 1) pages. */
ENGINE_TEST(Dvm, RangeFormsEndWhereTheyShould)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  for (unsigned i = 0; i < 8; i++)
    cache(rig, SID, 0x10000 + 0x1000 * i);
  SEND(rig, VALE1, .asid = 7, .addr = 0x11000, .tg = 1, .num = 1, .scale = 0);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x10000));
  for (unsigned i = 1; i < 5; i++)
    EXPECT_FALSE(rig_is_cached(rig, SID, 0x10000 + 0x1000 * i));
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x15000));
  cache(rig, SID, 0x10000 + 0x3f000);
  cache(rig, SID, 0x10000 + 0x40000);
  SEND(rig, VAE1, .asid = 7, .addr = 0x10000, .tg = 1, .num = 0, .scale = 1);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x10000 + 0x3f000));
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x10000 + 0x40000));
}

ENGINE_TEST(Dvm, Alle1TakesBothStagesOfEveryVmid)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7, .vmid = 3 });
  stream(rig, S2_STREAM, (struct rig_stream){ .config = 6, .vmid = 9 });
  cache(rig, SID, 0x5000);
  cache(rig, S2_STREAM, 0x5000);
  SEND(rig, ALLE1);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  EXPECT_FALSE(rig_is_cached(rig, S2_STREAM, 0x5000));
}

ENGINE_TEST(Dvm, Stage2GoesByIpaAndNotByVmalle1)
{
  start(rig);
  stream(rig, S2_STREAM, (struct rig_stream){ .config = 6, .vmid = 9 });
  cache(rig, S2_STREAM, 0x5000);
  SEND(rig, VMALLE1, .vmid = 9);
  SEND(rig, IPAS2E1, .vmid = 9, .addr = 0x6000);
  SEND(rig, IPAS2E1, .vmid = 8, .addr = 0x5000);
  EXPECT_TRUE(rig_is_cached(rig, S2_STREAM, 0x5000));
  SEND(rig, IPAS2LE1, .vmid = 9, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, S2_STREAM, 0x5000));
  rig_read(rig, S2_STREAM, 0x5000);
  SEND(rig, VMALLS12E1, .vmid = 9);
  EXPECT_FALSE(rig_is_cached(rig, S2_STREAM, 0x5000));
}

/* ---- EL2 ---- */

static void set_e2h(struct rig *rig, bool on)
{
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, RECINVSID | on);
  rig_set_cr0(rig, 0xd);
}

ENGINE_TEST(Dvm, El2HasOperationsOfItsOwn)
{
  start(rig);
  stream(rig, EL2_STREAM, (struct rig_stream){ .strw = 2, .asid = 0 });
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  cache(rig, EL2_STREAM, 0x5000);
  cache(rig, SID, 0x5000);
  SEND(rig, ALLE1);
  SEND(rig, VAE1, .addr = 0x5000);
  EXPECT_TRUE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  rig_read(rig, SID, 0x5000);
  SEND(rig, VALE2, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
  rig_read(rig, EL2_STREAM, 0x5000);
  SEND(rig, ALLE2);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
}

ENGINE_TEST(Dvm, E2hMatchesAnAsid)
{
  start(rig);
  set_e2h(rig, true);
  stream(rig, EL2_STREAM, (struct rig_stream){ .strw = 2, .asid = 5 });
  cache(rig, EL2_STREAM, 0x5000);
  SEND(rig, VAE2, .asid = 6, .addr = 0x5000);
  SEND(rig, ASIDE2, .asid = 6);
  EXPECT_TRUE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  SEND(rig, VAE2, .asid = 5, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  rig_read(rig, EL2_STREAM, 0x5000);
  SEND(rig, ASIDE2, .asid = 5);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  rig_read(rig, EL2_STREAM, 0x5000);
  SEND(rig, VAAE2, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
}

/* ---- who opts out ---- */

ENGINE_TEST(Dvm, AsetOptsOutOfWhatMatchesAnAsid)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7, .vmid = 3 });
  CD_SET(rig, SID, 0, ASET, 1);
  cache(rig, SID, 0x5000);
  SEND(rig, VAE1, .asid = 7, .vmid = 3, .addr = 0x5000);
  SEND(rig, VALE1, .asid = 7, .vmid = 3, .addr = 0x5000);
  SEND(rig, ASIDE1, .asid = 7, .vmid = 3);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
  SEND(rig, VAAE1, .vmid = 3, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  rig_read(rig, SID, 0x5000);
  SEND(rig, VMALLE1, .vmid = 3);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
  rig_read(rig, SID, 0x5000);
  SEND(rig, ALLE1);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

/* A world with ASIDs: an operation for all of them matches none. */
ENGINE_TEST(Dvm, E2hStreamsOptOutOfWhatMatchesAnAsidAlone)
{
  start(rig);
  set_e2h(rig, true);
  stream(rig, EL2_STREAM, (struct rig_stream){ .strw = 2, .asid = 5 });
  CD_SET(rig, EL2_STREAM, 0, ASET, 1);
  cache(rig, EL2_STREAM, 0x5000);
  SEND(rig, VAE2, .asid = 5, .addr = 0x5000);
  SEND(rig, ASIDE2, .asid = 5);
  EXPECT_TRUE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  SEND(rig, VAAE2, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
  rig_read(rig, EL2_STREAM, 0x5000);
  SEND(rig, VAALE2, .addr = 0x5000);
  EXPECT_FALSE(rig_is_cached(rig, EL2_STREAM, 0x5000));
}

ENGINE_TEST(Dvm, CommandsTakeBothSetsOfAsids)
{
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  CD_SET(rig, SID, 0, ASET, 1);
  cache(rig, SID, 0x5000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x5000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, PtmIgnoresThemAndIsSetAfterReset)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= BTM;
  start(rig);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  cache(rig, SID, 0x5000);
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, RECINVSID | PTM);
  rig_set_cr0(rig, 0xd);
  SEND(rig, ALLE1);
  SEND(rig, VAE1, .asid = 7, .addr = 0x5000);
  SEND(rig, SYNC);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
  smmu_reset(rig->device);
  EXPECT_EQ(rig_reg(rig, OFF_CR2), PTM);
}

ENGINE_TEST(Dvm, StagesThatAreNotThereAreIgnored)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.idr[0] = (config.idr[0] | BTM) & ~(1u | 1u << 9 | 1u << 17 | 1u << 18); /* stage 1 alone */
  rig_restart(rig, &config);
  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  cache(rig, SID, 0x5000);
  SEND(rig, IPAS2E1, .addr = 0x5000);
  SEND(rig, ALLE2);
  SEND(rig, VAE2, .addr = 0x5000);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
  SEND(rig, VMALLS12E1, .vmid = 77); /* a stage that is there is affected, VMID 0 is matched */
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, DeviceWithoutBtmAndNonsenseAreRefused)
{
  struct smmu_dvm op = { .kind = SMMU_DVM_ALLE1 };

  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_BADARG);
  start(rig);
  op.kind = SMMU_DVM_KINDS;
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_BADARG);
  op = (struct smmu_dvm){ .kind = SMMU_DVM_VAE1, .tg = 4 };
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_BADARG);
  op = (struct smmu_dvm){ .kind = SMMU_DVM_VAE1, .tg = 1, .num = 32 };
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_BADARG);
  op = (struct smmu_dvm){ .kind = SMMU_DVM_VAE1, .tg = 1, .scale = 4 };
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_BADARG);
}

/* ---- the buffer and the sync ---- */

ENGINE_TEST(Dvm, BufferTakesEightAndIsDoneInOrder)
{
  struct smmu_dvm op = { .kind = SMMU_DVM_VMALLE1 };
  struct rig_hand h;
  smmu_actor dvm;
  unsigned syncs = 0;

  start(rig);
  h = rig_hand(rig);
  dvm = smmu_actor_dvm(rig->device);
  for (unsigned i = 0; i < 7; i++)
    EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_OK);
  op.kind = SMMU_DVM_SYNC;
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_OK);
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_ERR_NOSLOT);
  EXPECT_FALSE(smmu_dvm_is_idle(rig->device));
  while (smmu_is_runnable(rig->device, dvm)) {
    if (rig_finish(&h, dvm) == SMMU_ASK_END)
      syncs += h.ask[dvm].key == SMMU_DVM_SYNCED;
  }
  EXPECT_EQ(syncs, 1u);
  EXPECT_TRUE(smmu_dvm_is_idle(rig->device));
}

static void finish_dvm(struct rig *rig, struct rig_hand *h)
{
  while (smmu_is_runnable(rig->device, smmu_actor_dvm(rig->device)))
    rig_finish(h, smmu_actor_dvm(rig->device));
}

/* A walk in flight that a broadcast marks. */
static smmu_actor marked_walk(struct rig *rig, struct rig_hand *h, unsigned aset)
{
  struct smmu_dvm op = { .kind = SMMU_DVM_VAE1, .asid = 7, .addr = 0x5000 };
  smmu_actor txn = 0;

  stream(rig, SID, (struct rig_stream){ .asid = 7 });
  CD_SET(rig, SID, 0, ASET, aset);
  rig_map(rig, SID, 0x5000, RIG_DATA, RIG_RW);
  *h = rig_hand(rig);
  EXPECT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x5000, .sid = SID }, &txn, NULL),
            SMMU_OK);
  EXPECT_TRUE(rig_reach(h, txn, SMMU_STAGE_WALK));
  EXPECT_EQ(smmu_dvm_submit(rig->device, &op, NULL), SMMU_OK);
  finish_dvm(rig, h);
  return txn;
}

ENGINE_TEST(Dvm, SyncWaitsForTheWalksThatWereMarked)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, 0);
  EXPECT_EQ(smmu_dvm_submit(rig->device, &(struct smmu_dvm){ 0 }, NULL), SMMU_OK);
  finish_dvm(rig, &h);
  EXPECT_FALSE(smmu_dvm_is_idle(rig->device));
  EXPECT_EQ(h.ask[smmu_actor_dvm(rig->device)].kind, SMMU_ASK_WAIT);
  rig_finish(&h, txn);
  finish_dvm(rig, &h);
  EXPECT_TRUE(smmu_dvm_is_idle(rig->device));
  rig_settle(&h);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, WalksThatOptOutAreNotMarked)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, 1);
  rig_finish(&h, txn);
  rig_settle(&h);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Dvm, CommandsAndBroadcastsDoNotWaitForEachOther)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, 0);
  rig_put_cmd(rig, 0, "SYNC");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  EXPECT_EQ(rig_finish(&h, smmu_actor_cmdq(rig->device, 0)), SMMU_ASK_END);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
  rig_finish(&h, txn);
  rig_settle(&h);
}

ENGINE_TEST(Dvm, WhatIsDoneLeavesNoTrace)
{
  uint64_t before[2], after[2];

  start(rig);
  smmu_hash(rig->device, before);
  SEND(rig, VAE1, .asid = 7, .addr = 0x5000);
  SEND(rig, SYNC);
  smmu_hash(rig->device, after);
  EXPECT_MEMEQ(before, after, sizeof before);
}

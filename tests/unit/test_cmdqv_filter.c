/* What the owner of a VCMDQ may ask: the restricted set of a guest, the VMID that it cannot choose,
 * and the whole set of a VINTF with HYP_OWN. IHI 0070 4.2 to 4.7 for the commands. */
#include "shim/rig_cmdqv.h"

enum { VMID_A = 5, VMID_B = 9, SID_B = 2 };

/* VINTF 0 belongs to the hypervisor, VINTF 1 to guest A, VINTF 2 to guest B; queue n is in VINTF n.
 * Streams 1 and 2 have the VMIDs of A and B, the same ASID, and one cached page each. */
static void start(struct rig *rig)
{
  struct rig_stream a = { .config = 7, .vmid = VMID_A }, b = { .config = 7, .vmid = VMID_B };

  rig_cmdqv(rig, 4, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, VMID_A, RIG_GUEST);
  rig_vintf(rig, 2, VMID_B, RIG_GUEST);
  for (unsigned q = 0; q < 3; q++)
    rig_vcmdq(rig, q, q, 0);
  rig_stream(rig, SID, &a);
  rig_stream(rig, SID_B, &b);
  for (uint32_t sid = SID; sid <= SID_B; sid++) {
    rig_map(rig, sid, 0x1000, RIG_DATA, RIG_RW);
    rig_map2(rig, sid, RIG_DATA, RIG_DATA + 0x100000 * sid, RIG_RW);
    rig_read(rig, sid, 0x1000);
  }
}

/* What was cached: bit 0 guest A's page, bit 1 guest B's. Looking fills them again. */
static unsigned cached(struct rig *rig)
{
  unsigned a = rig_is_cached(rig, SID, 0x1000), b = rig_is_cached(rig, SID_B, 0x1000);

  return a | b << 1;
}

/* ---- the restricted set ---- */

/* CONS after one command through queue q, from a fresh ring. */
static uint32_t cons_after(struct rig *rig, unsigned q, uint64_t word0, uint64_t word1)
{
  uint32_t cons;

  rig_set_vreg(rig, q, OFF_VCMDQ_CONFIG, 0);
  rig_vring(rig, q);
  rig_put_words(rig, q, 0, word0, word1);
  rig_set_vreg(rig, q, OFF_VCMDQ_CONFIG, 1);
  rig_set_vreg(rig, q, OFF_VCMDQ_PROD_INDX, 1);
  cons = rig_vreg(rig, q, OFF_VCMDQ_CONS_INDX);
  rig_set_vreg(rig, q, OFF_VCMDQ_PROD_INDX, 0);
  rig_vack(rig, q);
  return cons;
}

ENGINE_TEST(CmdqvFilter, GuestHasFourCommandsOfWhichThreeAreLegalWithoutAts)
{
  start(rig);
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    bool legal = opcode == 0x11 || opcode == 0x12 || opcode == 0x46;
    uint32_t cons = cons_after(rig, 1, opcode, 0);

    if (cons != (legal ? 1u : 0x01000000u))
      ADD_TEST_FAILURE("opcode 0x%02x: CONS 0x%x", opcode, cons);
  }
}

/* The SMMU's own queue is the judge of what the full set is. */
static uint32_t own_queue_takes(struct rig *rig, unsigned opcode)
{
  uint64_t prod = rig_reg(rig, OFF_CMDQ_PROD), at = RIG_CMDQ + 16 * (prod & 63);
  uint32_t took;

  engine_memory_store64(rig->memory, at, opcode);
  engine_memory_store64(rig->memory, at + 8, 0);
  rig_set_reg(rig, OFF_CMDQ_PROD, (prod + 1) & 127);
  took = rig_reg(rig, OFF_CMDQ_CONS) == ((prod + 1) & 127);
  if (!took) {
    rig_set_reg(rig, OFF_CMDQ_PROD, prod);
    rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
  }
  return took;
}

ENGINE_TEST(CmdqvFilter, HypervisorHasTheFullSet)
{
  unsigned legal = 0;

  start(rig);
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    uint32_t took = own_queue_takes(rig, opcode);
    uint32_t cons = cons_after(rig, 0, opcode, 0);

    legal += took;
    if (cons != (took ? 1u : 0x01000000u))
      ADD_TEST_FAILURE("opcode 0x%02x: CONS 0x%x", opcode, cons);
  }
  EXPECT_EQ(legal, 18u);
}

ENGINE_TEST(CmdqvFilter, GuestSyncMustNotSignal)
{
  start(rig);
  for (uint64_t cs = 0; cs < 4; cs++)
    EXPECT_EQ(cons_after(rig, 1, 0x46 | cs << 12, 0), cs ? 0x01000000u : 1u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 0u);
  EXPECT_EQ(cons_after(rig, 1, 0x46 | 0xabcdULL << 32 | 3ULL << 22, RIG_MSI), 1u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0u); /* no MSI without CS */
}

ENGINE_TEST(CmdqvFilter, HypervisorSyncMaySignal)
{
  start(rig);
  EXPECT_EQ(cons_after(rig, 0, 0x46 | 1ULL << 12 | 0xabcdULL << 32, RIG_MSI), 1u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI) & 0xffffffff, 0xabcdu);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u);
}

ENGINE_TEST(CmdqvFilter, OwnershipIsThatOfTheVintfWhenTheCommandComes)
{
  start(rig);
  EXPECT_EQ(cons_after(rig, 1, 0x30, 0), 0x01000000u);
  rig_set_vintf_reg(rig, 1, OFF_VINTF_CONFIG, 1 | VMID_A << 1 | 1 << 17);
  EXPECT_EQ(cons_after(rig, 1, 0x30, 0), 1u);
}

ENGINE_TEST(CmdqvFilter, ForbiddenCommandHasNoEffect)
{
  static const char *const commands[] = { "TLBI_NH_ALL vmid=9", "TLBI_NSNH_ALL",
                                          "TLBI_S12_VMALL vmid=9", "TLBI_S2_IPA vmid=9 ipa=0",
                                          "CFGI_ALL" };

  for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    start(rig);
    rig_vpush(rig, 1, commands[i]);
    EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_CONS_INDX), 0x01000000u);
    EXPECT_EQ(cached(rig), 3u);
  }
}

/* ---- VMID ---- */

static const char *const by_asid = "TLBI_NH_ASID asid=7; SYNC",
                         *const by_va = "TLBI_NH_VA asid=7 va=0x1000; SYNC";

ENGINE_TEST(CmdqvFilter, GuestsReachTheirOwnEntriesAlone)
{
  start(rig);
  EXPECT_EQ(cached(rig), 3u);
  rig_vcmds(rig, 1, by_asid);
  EXPECT_EQ(cached(rig), 2u);
  EXPECT_EQ(cached(rig), 3u); /* looking has filled it again */
  rig_vcmds(rig, 2, by_va);
  EXPECT_EQ(cached(rig), 1u);
}

ENGINE_TEST(CmdqvFilter, ForeignVmidOfAGuestIsReplaced)
{
  start(rig);
  rig_vcmds(rig, 1, "TLBI_NH_ASID vmid=9 asid=7; SYNC");
  EXPECT_EQ(cached(rig), 2u);
  rig_vcmds(rig, 1, "TLBI_NH_VA vmid=9 asid=7 va=0x1000; SYNC");
  EXPECT_EQ(cached(rig), 2u);
  rig_vcmds(rig, 2, "TLBI_NH_VA vmid=5 asid=7 va=0x1000; SYNC");
  EXPECT_EQ(cached(rig), 1u);
}

ENGINE_TEST(CmdqvFilter, HypervisorNamesTheVmidItself)
{
  start(rig);
  rig_vcmds(rig, 0, by_asid); /* VMID 0: nobody's */
  EXPECT_EQ(cached(rig), 3u);
  rig_vcmds(rig, 0, "TLBI_NH_ASID vmid=9 asid=7; SYNC");
  EXPECT_EQ(cached(rig), 1u);
}

ENGINE_TEST(CmdqvFilter, RecordShowsTheVmidThatWasUsed)
{
  start(rig);
  rig_watch(rig);
  rig_vcmds(rig, 1, "TLBI_NH_ASID vmid=9 asid=7");
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_COMMAND), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 0)->addr_out >> 32 & 0xffff, VMID_A);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 0)->addr_out >> 48, 7u);
}

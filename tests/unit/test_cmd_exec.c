/* From command words to what they do: which are legal on which device. IHI 0070 4.1.3 to 4.7; spec
 * section 5. */
#include "core/cmd_exec.h"

#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"
#include "shim/gtest_c.h"

enum { S1P = 1, S2P = 2, HYP = 4, RIL = 8, ALL = 15 };

static enum cmd_action action(const char *text, unsigned has, struct inval *inv)
{
  struct smmu_features f;
  uint64_t words[2];
  char why[256] = "";

  memset(&f, 0, sizeof f);
  f.s1p = has & S1P ? 1 : 0;
  f.s2p = has & S2P ? 1 : 0;
  f.hyp = has & HYP ? 1 : 0;
  f.ril = has & RIL ? 1 : 0;
  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("%s: %s", text, why);
  return smmu_cmd_action(&f, words, inv);
}

static void expect(const char *text, unsigned has, enum cmd_action wanted)
{
  struct inval inv;

  if (action(text, has, &inv) != wanted)
    ADD_TEST_FAILURE("%s with features 0x%x: %d, expected %d", text, has, action(text, has, &inv),
                     wanted);
}

/* Secure commands too: this is the Non-secure queue. */
TEST_CASE(CmdExec, ReservedOpcodesAreIllegal)
{
  static const struct {
    unsigned first, last;
  } ranges[] = {
#define NO_OPCODE(first, last, what) { first, last },
#define NO_EVENT(first, last, what)
#include "conformance/reserved_numbers.inc"
#undef NO_OPCODE
#undef NO_EVENT
  };

  for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    for (unsigned opcode = ranges[i].first; opcode <= ranges[i].last; opcode++) {
      char text[16];

      snprintf(text, sizeof text, "OP_0x%02x", opcode);
      expect(text, ALL, CMD_ACTION_ILLEGAL);
    }
  }
}

TEST_CASE(CmdExec, CommandsOfAbsentFeaturesAreIllegal)
{
  static const char *const texts[] = { "ATC_INV sid=1", "PRI_RESP sid=1", "CFGI_VMS_PIDM vmid=1",
                                       "DPTI_ALL" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
    expect(texts[i], ALL, CMD_ACTION_ILLEGAL);
}

TEST_CASE(CmdExec, AnswersToStallsNeedAStallModel)
{
  static const char *const texts[] = { "RESUME sid=1 stag=3", "STALL_TERM sid=1" };

  for (unsigned i = 0; i < 2; i++) {
    struct smmu_features f = { .stall_model = 1 };
    struct inval inv;
    uint64_t words[2];

    EXPECT_EQ(smmu_cmd_assemble(texts[i], words, NULL, 0), 0);
    EXPECT_EQ(smmu_cmd_action(&f, words, &inv), CMD_ACTION_ILLEGAL);
    f.stall_model = 2;
    EXPECT_EQ(smmu_cmd_action(&f, words, &inv), CMD_ACTION_STALL);
    f.stall_model = 0;
    EXPECT_EQ(smmu_cmd_action(&f, words, &inv), CMD_ACTION_STALL);
  }
}

TEST_CASE(CmdExec, SecureSelectorIsIllegalOnTheNonSecureQueue)
{
  static const char *const texts[] = { "PREFETCH_CONFIG ssec=1", "PREFETCH_ADDR ssec=1",
                                       "CFGI_STE ssec=1",        "CFGI_STE_RANGE ssec=1",
                                       "CFGI_CD ssec=1",         "CFGI_CD_ALL ssec=1",
                                       "RESUME ssec=1",          "STALL_TERM ssec=1" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
    expect(texts[i], ALL, CMD_ACTION_ILLEGAL);
}

TEST_CASE(CmdExec, StageOneCommandsNeedStageOne)
{
  static const char *const texts[] = { "TLBI_NH_ALL", "TLBI_NH_ASID", "TLBI_NH_VA",
                                       "TLBI_NH_VAA", "CFGI_CD",      "CFGI_CD_ALL" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect(texts[i], S2P, CMD_ACTION_ILLEGAL);
    expect(texts[i], S1P, CMD_ACTION_INVALIDATE);
  }
}

TEST_CASE(CmdExec, StageTwoCommandsNeedStageTwo)
{
  expect("TLBI_S2_IPA ipa=0x1000", S1P, CMD_ACTION_ILLEGAL);
  expect("TLBI_S12_VMALL", S1P, CMD_ACTION_ILLEGAL);
  expect("TLBI_S2_IPA ipa=0x1000", S2P, CMD_ACTION_INVALIDATE);
  expect("TLBI_S12_VMALL", S2P, CMD_ACTION_INVALIDATE);
}

TEST_CASE(CmdExec, El2CommandsNeedHyp)
{
  static const char *const texts[] = { "TLBI_EL2_ALL", "TLBI_EL2_ASID", "TLBI_EL2_VA",
                                       "TLBI_EL2_VAA" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect(texts[i], S1P | S2P, CMD_ACTION_ILLEGAL);
    expect(texts[i], ALL, CMD_ACTION_INVALIDATE);
  }
}

TEST_CASE(CmdExec, WhatEveryDeviceHas)
{
  expect("CFGI_STE sid=1", S1P, CMD_ACTION_INVALIDATE);
  expect("CFGI_ALL", S2P, CMD_ACTION_INVALIDATE);
  expect("TLBI_NSNH_ALL", S1P, CMD_ACTION_INVALIDATE);
  expect("PREFETCH_CONFIG sid=1", S1P, CMD_ACTION_PREFETCH);
  expect("PREFETCH_ADDR sid=1", S1P, CMD_ACTION_PREFETCH);
}

TEST_CASE(CmdExec, SyncWithReservedSignalIsIllegal)
{
  expect("SYNC", S1P, CMD_ACTION_SYNC);
  expect("SYNC cs=1", S1P, CMD_ACTION_SYNC);
  expect("SYNC cs=2", S1P, CMD_ACTION_SYNC);
  expect("SYNC cs=3", S1P, CMD_ACTION_ILLEGAL);
}

TEST_CASE(CmdExec, RangeFieldsWithoutRilAreReserved)
{
  expect("TLBI_NH_VA va=0x1000 tg=1", S1P, CMD_ACTION_INVALIDATE);
  expect("TLBI_NH_VA va=0x1000 tg=1", S1P | RIL, CMD_ACTION_ILLEGAL);
}

TEST_CASE(CmdExec, ReservedFieldsAreIgnored)
{
  expect("TLBI_NSNH_ALL dw0=0xffffffffff00 dw1=0xffffffffffffffff", ALL, CMD_ACTION_INVALIDATE);
}

/* ---- operands ---- */

TEST_CASE(CmdExec, OperandsArriveInTheRequest)
{
  struct inval inv;

  action("TLBI_NH_VA vmid=0x1234 asid=0x5678 va=0x7654321000 leaf=1", ALL, &inv);
  EXPECT_EQ(inv.vmid, 0x1234u);
  EXPECT_EQ(inv.asid, 0x5678u);
  EXPECT_EQ(inv.leaf, 1u);
  EXPECT_EQ(inv.first, 0x7654321000u);
  EXPECT_EQ(inv.last, 0x7654321fffu);
}

TEST_CASE(CmdExec, AVmidWithoutStageTwoNamesNothing)
{
  struct inval inv;

  action("TLBI_NH_ALL vmid=0x1234", S1P, &inv);
  EXPECT_EQ(inv.vmid, 0x1234u);
}

TEST_CASE(CmdExec, TtlNamesTheLeavesOfOneLevel)
{
  struct inval inv;

  action("TLBI_NH_VA va=0x100000 tg=2 ttl=2", ALL, &inv);
  EXPECT_EQ(inv.tg, 2u);
  EXPECT_EQ(inv.ttl_log2, 25u);
  EXPECT_EQ(inv.ttl_stride, 11u);
  action("TLBI_NH_VA va=0x100000 tg=2 ttl=1 num=1", ALL, &inv);
  EXPECT_EQ(inv.ttl_log2, 0u);
}

TEST_CASE(CmdExec, RangeIsNumPlusOneTimesScaleOfTheGranule)
{
  struct inval inv;

  action("TLBI_NH_VA va=0x100000 tg=1 num=31 scale=3", ALL, &inv);
  EXPECT_EQ(inv.last - inv.first + 1, 32ull << 3 << 12);
  action("TLBI_NH_VA va=0x100000 tg=2 num=1", ALL, &inv);
  EXPECT_EQ(inv.last - inv.first + 1, 2ull << 14);
  action("TLBI_NH_VA va=0x100000 tg=3 num=0 scale=1", ALL, &inv);
  EXPECT_EQ(inv.last - inv.first + 1, 2ull << 16);
}

TEST_CASE(CmdExec, RangeStartsAtItsGranule)
{
  struct inval inv;

  action("TLBI_NH_VA va=0x10f000 tg=3 num=1", ALL, &inv);
  EXPECT_EQ(inv.first, 0x100000u);
}

TEST_CASE(CmdExec, VirtualAddressesAreSignExtendedFromBit55)
{
  struct inval inv;

  action("TLBI_NH_VA va=0x12ffffffc0001000", ALL, &inv);
  EXPECT_EQ(inv.first, 0xffffffffc0001000u);
  action("TLBI_NH_VA va=0xff00000000001000", ALL, &inv);
  EXPECT_EQ(inv.first, 0x1000u);
}

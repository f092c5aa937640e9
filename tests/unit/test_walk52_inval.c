/* Addresses of 52 bits: invalidation by them, and structures above 2^48. IHI 0070 3.4, 4.4.1.1, 6.3. */
#include <stdio.h>

#include "shim/rig_wide.h"
#include "util/bits.h"

#define HIGH 0xa000000000000ULL
#define IN   0xfedcba9876000ULL /* 52 bits */
#define OUT  0xd5a3c9e870000ULL

/* ---- invalidation ---- */

static void range_command(struct rig *rig, unsigned tg, unsigned ttl, unsigned num, unsigned scale,
                          uint64_t address)
{
  char text[160];

  snprintf(text, sizeof text,
           "TLBI_NH_VA asid=7 va=0x%llx tg=%u ttl=%u num=%u scale=%u leaf=1; SYNC",
           (unsigned long long)address, tg, ttl, num, scale);
  rig_cmds(rig, text);
}

ENGINE_TEST(Walk52, InvalidationByA52BitAddress)
{
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_put(&t, IN, OUT, 3);
  rig_wide_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  engine_memory_store64(rig->memory, rig_wide_leaf(&t, IN, 3), 0);
  range_command(rig, 0, 0, 0, 0, IN);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
}

ENGINE_TEST(Walk52, InvalidationByA52BitIpa)
{
  char text[80];
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_put(&t, IN, OUT, 3);
  rig_wide_stage2(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  engine_memory_store64(rig->memory, rig_wide_leaf(&t, IN, 3), 0);
  snprintf(text, sizeof text, "TLBI_S2_IPA vmid=5 ipa=0x%llx; SYNC", (unsigned long long)IN);
  rig_cmds(rig, text);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
}

/* 2^39 granules of 4 KB and more: SCALE has six bits with DS, and stops at 39. */
ENGINE_TEST(Walk52, ScaleHasSixBits)
{
  static const uint8_t scales[] = { 38, 39, 63 };

  for (unsigned i = 0; i < 3; i++) {
    struct rig_wide t;

    rig_wide_begin(rig, NULL);
    t = rig_wide_tables(rig, HIGH, 12, 52, true);
    rig_wide_put(&t, IN, OUT, 3);
    rig_wide_stage1(&t);
    EXPECT_PA(rig_read(rig, SID, IN), OUT);
    engine_memory_store64(rig->memory, rig_wide_leaf(&t, IN, 3), 0);
    range_command(rig, 1, 0, 3, scales[i], 0);
    EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
  }
}

ENGINE_TEST(Walk52, ScaleAbove39ActsAs39)
{
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_put(&t, IN, OUT, 3);
  rig_wide_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  range_command(rig, 1, 0, 0, 40, 0); /* 2^51 bytes: IN lies above */
  EXPECT_TRUE(rig_is_cached(rig, SID, IN));
}

ENGINE_TEST(Walk52, LevelOneBlocksOf16KbCanBeNamed)
{
  uint64_t base = IN & ~bits_low(36);
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, HIGH, 14, 52, true);
  rig_wide_put(&t, base, OUT & ~bits_low(36), 1);
  rig_wide_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, base), OUT & ~bits_low(36));
  engine_memory_store64(rig->memory, rig_wide_leaf(&t, base, 1), 0);
  range_command(rig, 2, 1, 0, 0, base); /* CERROR_ILL without DS */
  EXPECT_FAULT(rig_read(rig, SID, base), F_TRANSLATION);
}

/* ---- structures ---- */

ENGINE_TEST(Walk52, StreamTableAndCdAbove48Bits)
{
  uint64_t ste = HIGH + 64 * SID, cd = HIGH + 0x100000;

  rig_wide_begin(rig, NULL);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  STE_SET(rig, SID, S1ContextPtr, cd >> 6);
  for (unsigned i = 0; i < 64; i += 8) {
    engine_memory_store64(rig->memory, ste + i,
                          engine_memory_load64(rig->memory, rig_ste(rig, SID) + i));
    engine_memory_store64(rig->memory, cd + i, 0);
  }
  rig_patch(rig, cd, 31, 31, 1); /* V */
  rig_patch(rig, cd, 41, 41, 1); /* AA64 */
  rig_patch(rig, cd, 46, 46, 1); /* A */
  rig_patch(rig, cd, 30, 30, 1); /* EPD1 */
  rig_patch(rig, cd, 5, 0, 25);  /* T0SZ */
  rig_patch(rig, cd, 34, 32, 6); /* IPS */
  rig_patch(rig, cd, 115, 68, rig_space(rig, SID)->s1.base >> 4);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x80, HIGH);
  EXPECT_EQ(rig_reg(rig, 0x80), HIGH);
  rig_set_cr0(rig, 0xd);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
}

ENGINE_TEST(Walk52, BasesAreTrimmedToTheOutputSize)
{
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x80, HIGH | 0x40000);
  EXPECT_EQ(rig_reg(rig, 0x80), 0x40000u);
  rig_wide_begin(rig, NULL);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x90, HIGH | 1ULL << 53 | 0x40000);
  EXPECT_EQ(rig_reg(rig, 0x90), HIGH | 0x40000u);
}

ENGINE_TEST(Walk52, QueuesAbove48Bits)
{
  rig_wide_begin(rig, NULL);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x90, HIGH | 6);             /* CMDQ_BASE */
  rig_set_reg(rig, 0xa0, (HIGH + 0x10000) | 6); /* EVENTQ_BASE */
  rig_set_reg(rig, 0x98, 0);
  rig_set_reg(rig, 0x9c, 0);
  rig_set_reg(rig, 0x100a8, 0);
  rig_set_reg(rig, 0x100ac, 0);
  engine_memory_store64(rig->memory, HIGH, 0x46); /* CMD_SYNC */
  engine_memory_store64(rig->memory, HIGH + 8, 0);
  rig_set_cr0(rig, 0xd);
  rig_set_reg(rig, 0x98, 1);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, 0x9c), 1u);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
  rig_rest(rig);
  EXPECT_EQ(engine_memory_load64(rig->memory, HIGH + 0x10000) & 0xff, 0x10u);
}

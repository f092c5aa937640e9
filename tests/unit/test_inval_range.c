/* Range invalidation (RIL): exactly the pages of the range, in each form. IHI 0070 4.4.1; spec
 * 4.3. */
#include "shim/rig.h"

/* n pages of 2^granule bytes from va on, each read once. */
static void warm(struct rig *rig, uint32_t sid, uint64_t va, unsigned n, unsigned granule_log2)
{
  for (uint64_t i = 0; i < n; i++) {
    uint64_t at = va + (i << granule_log2);

    rig_map(rig, sid, at, RIG_DATA + (at & 0xfffffff), RIG_RW);
    rig_read(rig, sid, at);
  }
}

static void expect_cached(struct rig *rig, uint64_t va, bool cached)
{
  if (rig_is_cached(rig, SID, va) != cached)
    ADD_TEST_FAILURE("0x%llx: expected it %s", (unsigned long long)va,
                     cached ? "to stay" : "to be gone");
}

ENGINE_TEST(InvalRange, HitsFirstToLastPageAndNoOther)
{
  warm(rig, SID, 0x10000, 6, 12);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x11000 tg=1 num=2 scale=0 leaf=1; SYNC");
  expect_cached(rig, 0x10000, true);
  expect_cached(rig, 0x14000, true);
  expect_cached(rig, 0x11000, false);
  expect_cached(rig, 0x12000, false);
  expect_cached(rig, 0x13000, false);
}

ENGINE_TEST(InvalRange, ScaleMultipliesByPowersOfTwo)
{
  warm(rig, SID, 0x10000, 9, 12);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x10000 tg=1 num=1 scale=2 leaf=1; SYNC");
  expect_cached(rig, 0x18000, true);
  expect_cached(rig, 0x17000, false);
}

ENGINE_TEST(InvalRange, TtlAloneIsOnePage)
{
  warm(rig, SID, 0x10000, 2, 12);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x10000 tg=1 ttl=3 leaf=1; SYNC");
  expect_cached(rig, 0x11000, true);
  expect_cached(rig, 0x10000, false);
}

ENGINE_TEST(InvalRange, LongRangeHitsItsLastPage)
{
  warm(rig, SID, 0x100000, 1, 12);
  warm(rig, SID, 0x100000 + 0x7f000, 2, 12); /* page 127 and page 128 */
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x100000 tg=1 num=3 scale=5 leaf=1; SYNC");
  expect_cached(rig, 0x180000, true);
  expect_cached(rig, 0x100000, false);
  expect_cached(rig, 0x17f000, false);
}

ENGINE_TEST(InvalRange, LongRangeHitsGlobalsToo)
{
  rig_map(rig, SID, 0x150000, 0x80000, RIG_RW | RIG_GLOBAL);
  rig_read(rig, SID, 0x150000);
  rig_cmds(rig, "TLBI_NH_VA asid=99 va=0x100000 tg=1 num=3 scale=5 leaf=1; SYNC");
  expect_cached(rig, 0x150000, false);
}

ENGINE_TEST(InvalRange, HitsABlockItTouches)
{
  rig_map(rig, SID, 0x200000, 0x40000000, RIG_RW | RIG_L2);
  rig_read(rig, SID, 0x200000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1ff000 tg=1 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x200000, false);
}

ENGINE_TEST(InvalRange, EndsAtTheTopOfTheAddressSpace)
{
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  warm(rig, SID, 0, 1, 12);
  warm(rig, SID, 0xfffffffffffff000, 1, 12);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0xffffffffffffe000 tg=1 num=31 scale=10 leaf=1; SYNC");
  expect_cached(rig, 0, true);
  expect_cached(rig, 0xfffffffffffff000, false);
}

ENGINE_TEST(InvalRange, CountsIn16KPages)
{
  rig_stream(rig, SID, &(struct rig_stream){ .granule1 = 14 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  warm(rig, SID, 0x10000, 3, 14);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x10000 tg=2 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x18000, true);
  expect_cached(rig, 0x10000, false);
  expect_cached(rig, 0x14000, false);
}

ENGINE_TEST(InvalRange, CountsIn64KPages)
{
  rig_stream(rig, SID, &(struct rig_stream){ .granule1 = 16 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  warm(rig, SID, 0x10000, 3, 16);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x10000 tg=3 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x30000, true);
  expect_cached(rig, 0x10000, false);
  expect_cached(rig, 0x20000, false);
}

ENGINE_TEST(InvalRange, VaaHitsEveryAsid)
{
  warm(rig, SID, 0x10000, 3, 12);
  rig_cmds(rig, "TLBI_NH_VAA va=0x10000 tg=1 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x12000, true);
  expect_cached(rig, 0x11000, false);
}

ENGINE_TEST(InvalRange, S2IpaHitsFirstToLastPage)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  warm(rig, SID, 0x40010000, 3, 12);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x40010000 tg=1 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x40012000, true);
  expect_cached(rig, 0x40010000, false);
  expect_cached(rig, 0x40011000, false);
}

ENGINE_TEST(InvalRange, El2VaHitsFirstToLastPage)
{
  rig_stream(rig, SID, &(struct rig_stream){ .strw = 2 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  warm(rig, SID, 0x10000, 3, 12);
  rig_cmds(rig, "TLBI_EL2_VA va=0x10000 tg=1 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x12000, true);
  expect_cached(rig, 0x11000, false);
}

ENGINE_TEST(InvalRange, WithoutRilTheRangeFieldsAreIgnored)
{
  struct smmu_config config = rig->config;

  config.idr[3] &= ~(1u << 10);
  rig_restart(rig, &config);
  warm(rig, SID, 0x10000, 2, 12);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x10000 tg=1 num=1 leaf=1; SYNC");
  expect_cached(rig, 0x11000, true);
  expect_cached(rig, 0x10000, false);
}

/* ---- the reserved combination ---- */

static const char *const empty_ranges[] = {
  "TLBI_NH_VA asid=7 va=0x1000 tg=1", "TLBI_NH_VAA va=0x1000 tg=2",
  "TLBI_EL2_VA va=0x1000 tg=3",       "TLBI_EL2_VAA va=0x1000 tg=1",
  "TLBI_S2_IPA ipa=0x1000 tg=1",      "TLBI_NH_VA va=0x4000 tg=2 ttl=1"
};

ENGINE_TEST(InvalRange, RangeWithoutNumScaleAndTtlIsIllegal)
{
  for (unsigned i = 0; i < sizeof empty_ranges / sizeof empty_ranges[0]; i++) {
    rig_program(rig, 6, 6);
    rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
    rig_push(rig, empty_ranges[i]);
    if (GET(CMDQ_CONS, ERR, rig_reg(rig, OFF_CMDQ_CONS)) != 1)
      ADD_TEST_FAILURE("\"%s\" is not illegal", empty_ranges[i]);
  }
}

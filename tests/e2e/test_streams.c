/* What the guest's devices are attached to: GBPA, then what the guest's Stream table says at each
 * CFGI_STE. */
#include "raw.h"

#include "arch/event.h"

#define IPA (VMM_RAM_BASE + 0x123000)

static void expect_bypass(struct raw *raw, unsigned device)
{
  struct smmu_result r = e2e_dma(raw->e2e, raw->vm, device, IPA, true);

  EXPECT_EQ(r.status, SMMU_STATUS_OK);
  EXPECT_EQ(r.pa, vmm_host_address(raw->e2e->vm[raw->vm], IPA));
}

static void expect_abort(struct raw *raw, unsigned device)
{
  EXPECT_EQ(e2e_dma(raw->e2e, raw->vm, device, IPA, true).status, SMMU_STATUS_ABORT);
}

RAW_TEST(Streams, BypassOrAbortAsGbpaSaysWhileTheSmmuIsOff)
{
  expect_bypass(raw, 0);
  raw_set(raw, OFF_GBPA, MASK(GBPA, ABORT)); /* without Update: ignored */
  expect_bypass(raw, 0);
  raw_set(raw, OFF_GBPA, MASK(GBPA, ABORT) | MASK(GBPA, Update));
  EXPECT_EQ(raw_reg(raw, OFF_GBPA), MASK(GBPA, ABORT));
  expect_abort(raw, 0);
  expect_abort(raw, 1);
  raw_set(raw, OFF_GBPA, MASK(GBPA, Update));
  expect_bypass(raw, 1);
}

RAW_TEST(Streams, FollowTheStreamTableWhileTheSmmuIsOn)
{
  raw_up(raw);
  expect_abort(raw, 0);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_BYPASS, 0);
  expect_abort(raw, 0); /* configuration is cached until CFGI_STE */
  raw_cmds(raw, "CFGI_STE sid=5; SYNC");
  expect_bypass(raw, 0);
  expect_abort(raw, 1);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_ABORT, 0);
  raw_cmds(raw, "CFGI_STE sid=5; SYNC");
  expect_abort(raw, 0);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  expect_bypass(raw, 0);
  expect_bypass(raw, 1);
}

RAW_TEST(Streams, AreInstalledByRange)
{
  raw_up(raw);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_ste(raw, E2E_SID1, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_cmds(raw, "CFGI_STE_RANGE sid=256 range=4; SYNC"); /* 256 to 287 */
  expect_abort(raw, 1);
  raw_cmds(raw, "CFGI_STE_RANGE sid=256 range=5; SYNC"); /* 256 to 319 */
  expect_bypass(raw, 1);
  expect_abort(raw, 0);
  raw_cmds(raw, "CFGI_ALL; SYNC");
  expect_bypass(raw, 0);
}

RAW_TEST(Streams, AbortWithoutAValidSte)
{
  raw_up(raw);
  raw_ste(raw, E2E_SID0, RAW_STE_BYPASS, 0);     /* V = 0 */
  raw_ste(raw, E2E_SID1, RAW_STE_V | 6 << 1, 0); /* stage 2, which the guest does not have */
  raw_cmds(raw, "CFGI_ALL; SYNC");
  EXPECT_FALSE(raw_has_error(raw));
  expect_abort(raw, 0);
  expect_abort(raw, 1);
}

RAW_TEST(Streams, AbortWhenTheirSteIsNowhere)
{
  raw_up(raw);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_ste(raw, E2E_SID1, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_STRTAB_BASE_CFG, 8); /* 256 streams: 300 lies outside */
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
  expect_bypass(raw, 0);
  expect_abort(raw, 1);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_STRTAB_BASE, 0x1000); /* no RAM */
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
  expect_abort(raw, 0);
}

RAW_TEST(Streams, AreFoundInATwoLevelTable)
{
  uint64_t l1;

  raw_up(raw);
  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &l1), 0);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_STRTAB_BASE, l1);
  raw_set(raw, OFF_STRTAB_BASE_CFG, 1 << 16 | 8 << 6 | 9);
  /* The second table of 256 STEs: what was the second half of the linear one. */
  plat_store64(raw->p, l1 + 8, (raw->strtab + 256 * 64) | 9);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_ste(raw, E2E_SID1, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
  expect_bypass(raw, 1);
  expect_abort(raw, 0);
  plat_store64(raw->p, l1 + 8, (raw->strtab + 256 * 64) | 5); /* 16 STEs: 300 is the 45th */
  raw_cmds(raw, "CFGI_ALL; SYNC");
  expect_abort(raw, 1);
}

/* Whatever else the guest writes into an STE with stage 1, the host's own fields stay the
 * host's. */
RAW_TEST(Streams, WithStage1GiveTheHostAllowedFieldsAlone)
{
  uint64_t cd;

  raw_up(raw);
  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &cd), 0);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_S1 | cd | 0x7fULL << 52, ~0x80000ffULL);
  raw_cmds(raw, "CFGI_STE sid=5; SYNC");
  EXPECT_FALSE(raw_has_error(raw));
  EXPECT_EQ(e2e_dma(raw->e2e, 0, 0, IPA, true).status, SMMU_STATUS_ABORT);
  raw_wait(raw);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_EVENTQ], 1);
  EXPECT_EQ(raw_reg(raw, OFF_EVENTQ_PROD), 1);
  EXPECT_EQ(plat_load64(raw->p, raw->eventq) & 0xff, EVENT_C_BAD_CD);
  EXPECT_EQ(plat_load64(raw->p, raw->eventq) >> 32, E2E_SID0);
}

/* Bringing up devices of all kinds, refusing others, and the order of the reset. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit.h"

#define MB (1ULL << 20)

/* ---- kinds of devices that are driven ------------------------------------------------------------ */

enum { KINDS = 12 };

static const char *const kind_names[KINDS] = { "neutral", "qemu",   "s1-only", "s2-only",
                                               "no-hyp",  "no-ril", "16k-64k", "64k-only",
                                               "no-msi",  "sev",    "linear",  "sid-8" };

static void make_kind(struct kit *kit, int kind)
{
  uint32_t *idr = kit->config.idr;
  uint32_t hyp = (uint32_t)MASK(IDR0, HYP);

  switch (kind) {
  case 1: smmu_config_qemu(&kit->config); break;
  case 2: idr[0] &= ~((uint32_t)MASK(IDR0, S2P) | hyp); break;
  case 3: idr[0] &= ~((uint32_t)MASK(IDR0, S1P) | hyp); break;
  case 4: idr[0] &= ~hyp; break;
  case 5: idr[3] &= ~(uint32_t)MASK(IDR3, RIL); break;
  case 6: idr[5] &= ~(uint32_t)MASK(IDR5, GRAN4K); break;
  case 7: idr[5] = (uint32_t)(MASK(IDR5, GRAN64K) | PUT(IDR5, OAS, 0, 5)); break;
  case 8: idr[0] &= ~(uint32_t)MASK(IDR0, MSI); break;
  case 9: idr[0] = (idr[0] & ~(uint32_t)MASK(IDR0, MSI)) | (uint32_t)MASK(IDR0, SEV); break;
  case 10:
    idr[0] &= ~(uint32_t)MASK(IDR0, ST_LEVEL);
    idr[1] = (uint32_t)PUT(IDR1, SIDSIZE, idr[1], 6);
    break;
  case 11: idr[1] = (uint32_t)PUT(IDR1, SIDSIZE, idr[1], 8); break;
  default: break;
  }
}

/* A page and 4 MB, by the stage the device has. */
static void use_device(struct kit *kit)
{
  const struct drv_features *f = drv_get_features(kit->drv);
  struct drv_domain *d = kit_domain(kit, f->s1 ? DRV_DOMAIN_S1 : DRV_DOMAIN_S2, SID);
  struct drv_domain *none;

  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_FAULT);
  EXPECT_EQ(drv_map(d, 0x10000, 0x7f0000, 0x10000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 64 * MB, 128 * MB, 4 * MB, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1fff8), 0x7ffff8);
  EXPECT_EQ(kit_write(kit, SID, 67 * MB), 131 * MB);
  EXPECT_EQ(kit_unmap(kit, d, 64 * MB, 4 * MB), 4 * MB);
  EXPECT_EQ(kit_read(kit, SID, 67 * MB), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), 0x7f0000);
  EXPECT_EQ(kit_read(kit, SID + 1, 0x10000), KIT_FAULT);
  kit_free(kit, d, SID);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_FAULT);
  if (!f->s1)
    EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &none), -EOPNOTSUPP);
  if (!f->s2)
    EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S2, &none), -EOPNOTSUPP);
  EXPECT_EQ(kit_reg(kit, OFF_GERROR) ^ kit_reg(kit, OFF_GERRORN), 0);
}

PARAM_TEST_CASE(Probe, DrivesEveryKindOfDevice, kind_names, KINDS)
{
  struct kit kit;

  for (int variant = 0; variant < KIT_DEVICES; variant++) {
    kit_init(&kit, variant);
    make_kind(&kit, param);
    kit_run(&kit, use_device);
  }
}

/* ---- kinds that are refused ---------------------------------------------------------------------- */

enum { REFUSALS = 9 };

static const struct refusal {
  const char *name;
  unsigned reg;
  uint32_t clear, set;
} refusals[REFUSALS] = {
  { "cmdqs-6", 1, 0x1fu << 21, 6u << 21 },
  { "tables-preset", 1, 0, 1u << 30 },
  { "queues-preset", 1, 0, 1u << 29 },
  { "relative", 1, 0, 1u << 28 },
  { "no-stage", 0, 3, 0 },
  { "lpae-only", 0, 3u << 2, 1u << 2 },
  { "big-endian", 0, 3u << 21, 3u << 21 },
  { "no-granule", 5, 7u << 4, 0 },
  { "all-ones", 0, 0, UINT32_MAX },
};

static const char *const refusal_names[REFUSALS] = { "cmdqs-6",    "tables-preset", "queues-preset",
                                                     "relative",   "no-stage",      "lpae-only",
                                                     "big-endian", "no-granule",    "all-ones" };

static bool answer_refusal(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  const struct refusal *r = kit->arg;

  if (!write && addr == PLAT_SMMU_BASE + 4ULL * r->reg)
    *value = (*value & ~(uint64_t)r->clear) | r->set;
  return false;
}

static void probe_refused(struct kit *kit)
{
  EXPECT_EQ(kit_probe(kit), -ENXIO);
  EXPECT_EQ(kit->blocks, 0);
  EXPECT_EQ(kit_writes(kit, PLAT_SMMU_BASE + OFF_CR0), 0);
  EXPECT_STR_CONTAINS(kit->log, "probe: ");
}

PARAM_TEST_CASE(Probe, RefusesWhatItCannotDrive, refusal_names, REFUSALS)
{
  struct kit kit;
  struct refusal row = refusals[param];

  kit_init(&kit, 0);
  kit.answer = answer_refusal;
  kit.arg = &row;
  kit_boot(&kit, probe_refused);
}

/* ---- order --------------------------------------------------------------------------------------- */

/* Writes of the probe, PROD left out, as names. */
static void writes_as_text(struct kit *kit, char *text, size_t size)
{
  const struct kit_access *a = kit->accesses.at;
  size_t length = 0;

  text[0] = 0;
  for (size_t i = 0; i < kit->accesses.count; i++) {
    int reg = a[i].write ? smmu_reg_by_offset(a[i].addr - PLAT_SMMU_BASE) : -1;
    int n = 0;

    if (reg < 0)
      continue;
    if (reg == R_CR0 || reg == R_IRQ_CTRL || reg == R_CMDQ_PROD)
      n = snprintf(text + length, size - length, "%s=%llx ", smmu_reg_rows[reg].name,
                   (unsigned long long)a[i].value);
    else
      n = snprintf(text + length, size - length, "%s ", smmu_reg_rows[reg].name);
    length += (size_t)n;
  }
}

static void check_order(struct kit *kit)
{
  char text[1000];

  ASSERT_EQ(kit_probe(kit), 0);
  writes_as_text(kit, text, sizeof text);
  EXPECT_STREQ(text, "CR0=0 CR1 CR2 STRTAB_BASE STRTAB_BASE_CFG CMDQ_BASE CMDQ_PROD=0 CMDQ_CONS "
                     "CR0=8 CMDQ_PROD=2 CMDQ_PROD=4 CMDQ_PROD=6 EVENTQ_BASE EVENTQ_PROD "
                     "EVENTQ_CONS CR0=c IRQ_CTRL=0 GERROR_IRQ_CFG0 EVENTQ_IRQ_CFG0 IRQ_CTRL=5 "
                     "CR0=d ");
  ASSERT_EQ(kit->commands.count, 6);
  EXPECT_EQ(kit_command(kit, 0)->words[0] & 0xff, CMD_CFGI_STE_RANGE);
  EXPECT_EQ(kit_command(kit, 0)->words[1], 31);
  EXPECT_EQ(kit_command(kit, 2)->words[0] & 0xff, CMD_TLBI_EL2_ALL);
  EXPECT_EQ(kit_command(kit, 4)->words[0] & 0xff, CMD_TLBI_NSNH_ALL);
  kit_remove(kit);
}

PARAM_TEST_CASE(Probe, FollowsTheResetOrder, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit_boot(&kit, check_order);
}

/* A device that is on already passes nothing while it is taken over. */
static void take_over(struct kit *kit)
{
  struct drv *first;
  char text[1000];
  size_t at;

  ASSERT_EQ(kit_probe(kit), 0);
  first = kit->drv;
  kit->accesses.count = 0;
  plat_irq_handler(&kit->plat, SMMU_SIGNAL_EVENTQ, NULL, NULL);
  plat_irq_handler(&kit->plat, SMMU_SIGNAL_GERROR, NULL, NULL);
  ASSERT_EQ(kit_probe(kit), 0);
  writes_as_text(kit, text, sizeof text);
  at = strlen("GBPA CR0=0 ");
  EXPECT_MEMEQ(text, "GBPA CR0=0 ", at);
  EXPECT_TRUE(GET(GBPA, ABORT, kit_reg(kit, OFF_GBPA)));
  drv_remove(first);
  drv_remove(kit->drv);
  EXPECT_EQ(kit->blocks, 0);
}

PARAM_TEST_CASE(Probe, AbortsBeforeItTakesOver, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit_boot(&kit, take_over);
}

DRIVER_TEST(Probe, FeaturesAreThoseOfTheRegisters)
{
  const struct drv_features *f = drv_get_features(kit->drv);

  EXPECT_TRUE(f->s1 && f->s2 && f->nested && f->hyp && f->ril && f->msi && f->coherent);
  EXPECT_FALSE(f->sev || f->ats || f->stall_forced || f->cmdqv);
  EXPECT_TRUE(f->granule_4k && f->granule_16k && f->granule_64k);
  EXPECT_EQ(f->sid_bits, 20);
  EXPECT_EQ(f->oas_bits, 48);
  EXPECT_EQ(f->cmdq_log2_max, 19);
  EXPECT_EQ(f->idr[0], kit->config.idr[0]);
  EXPECT_PTR_EQ(drv_plat(kit->drv)->ctx, kit);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void probe_without_memory(struct kit *kit)
{
  for (int n = 0; n < 100; n++) {
    int err;

    kit->fail_alloc_after = n;
    err = kit_probe(kit);
    if (!err) {
      kit_remove(kit);
      EXPECT_GE(n, 3);
      return;
    }
    EXPECT_EQ(err, -ENOMEM);
    EXPECT_EQ(kit->blocks, 0);
  }
  ADD_TEST_FAILURE("probe never succeeds");
}

PARAM_TEST_CASE(Probe, GivesBackWhatItGotWhenMemoryEnds, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit_boot(&kit, probe_without_memory);
}

static void probe_twice(struct kit *kit)
{
  struct drv *second;

  ASSERT_EQ(kit_probe(kit), 0);
  EXPECT_EQ(drv_probe(&second, &kit->plat, &kit->options), -EBUSY);
  drv_remove(kit->drv);
  EXPECT_EQ(kit->blocks, 0);
}

/* Interrupt lines of another driver are not taken away from it. */
PARAM_TEST_CASE(Probe, LinesThatAreTakenStayTaken, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit_boot(&kit, probe_twice);
}

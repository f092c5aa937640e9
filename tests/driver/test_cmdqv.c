/* CMDQV: whose commands go where, what a guest's queue does not take, errors, and the sequences for
 * virtual machines register by register. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/drv_state.h"
#include "kit.h"

enum { VINTFS = 4, VCMDQS = 16, LVCMDQS = VCMDQS / VINTFS };

static void init_cmdqv(struct kit *kit, int variant)
{
  kit_init(kit, variant);
  smmu_config_set_cmdqv(&kit->config, VINTFS, VCMDQS);
  kit->options.cmdqv = PLAT_CMDQV_BASE;
}

#define CMDQV_TEST(suite, name, prepare) \
  static void cmdqv_body_##suite##_##name(struct kit *kit); \
  PARAM_TEST_CASE(suite, name, kit_devices, KIT_DEVICES) \
  { \
    struct kit kit; \
\
    init_cmdqv(&kit, param); \
    prepare; \
    kit_run(&kit, cmdqv_body_##suite##_##name); \
  } \
  static void cmdqv_body_##suite##_##name(struct kit *kit)

static struct drv_command asid_command(unsigned asid)
{
  struct drv_command c = { { CMD_TLBI_NH_ASID, 0 } };

  FPUT(TLBI_NH_ASID, ASID, c.words, asid);
  return c;
}

static void let_interrupts_pass(struct kit *kit)
{
  plat_delay(&kit->plat, 100000000);
}

/* Queue that the n-th command with this opcode was consumed from; 99: there is none. */
static unsigned queue_of(struct kit *kit, unsigned opcode, size_t n)
{
  for (size_t i = 0; i < kit->commands.count; i++) {
    if (FGET(CMD, Opcode, kit_command(kit, i)->words) == opcode && n-- == 0)
      return kit_command(kit, i)->queue;
  }
  return 99;
}

/* ---- queues ------------------------------------------------------------------------------------------ */

CMDQV_TEST(Cmdqv, FeaturesAreThoseOfParam, (void)0)
{
  const struct drv_features *f = drv_get_features(kit->drv);

  EXPECT_TRUE(f->cmdqv);
  EXPECT_EQ(f->vintfs, VINTFS);
  EXPECT_EQ(f->vcmdqs, VCMDQS);
  EXPECT_EQ(f->lvcmdqs, LVCMDQS);
  EXPECT_EQ(f->sids, 16);
  EXPECT_TRUE(f->hyp_own);
}

static void issue_one(struct kit *kit, unsigned n)
{
  struct drv_command c = asid_command(n + 1);

  EXPECT_EQ(drv_issue(kit->drv, &c, 1, true), 0);
}

CMDQV_TEST(Cmdqv, EachCpuUsesItsOwnQueue, (void)0)
{
  for (unsigned cpu = 1; cpu < 10; cpu++)
    kit_start(kit, cpu, issue_one, cpu);
  kit_join(kit);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 9);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 9);
  for (size_t i = 0; i < kit->commands.count; i++) {
    const struct kit_command *c = kit_command(kit, i);

    if (FGET(CMD, Opcode, c->words) == CMD_SYNC)
      EXPECT_EQ(FGET(SYNC, CS, c->words), 0);
    else
      EXPECT_EQ(c->queue, 1 + (FGET(TLBI_NH_ASID, ASID, c->words) - 1) % LVCMDQS);
  }
  EXPECT_EQ(kit_writes(kit, PLAT_SMMU_BASE + OFF_CMDQ_PROD), 0);
}

CMDQV_TEST(Cmdqv, BypassUsesTheSmmusQueue, kit.options.bypass_vcmdq = true)
{
  struct drv_counts counts;

  issue_one(kit, 0);
  EXPECT_EQ(queue_of(kit, CMD_TLBI_NH_ASID, 0), 0);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.vcmdq_submissions, 0);
}

CMDQV_TEST(Cmdqv, HostQueueTakesEverything, (void)0)
{
  struct drv_command c = drv_cmd_cfgi_ste(SID);

  EXPECT_EQ(drv_issue(kit->drv, &c, 1, true), 0);
  EXPECT_EQ(queue_of(kit, CMD_CFGI_STE, 0), 1);
  EXPECT_EQ(drv_issue_main(kit->drv, &c, 1, true), 0);
  EXPECT_EQ(queue_of(kit, CMD_CFGI_STE, 1), 0);
}

CMDQV_TEST(Cmdqv, GuestQueueTakesTheRestrictedSet, kit.options.guest = true)
{
  struct drv_command stays = asid_command(1);
  struct drv_command goes[] = { drv_cmd_cfgi_ste(SID), drv_cmd_cfgi_cd(SID),
                                drv_cmd_vmid(CMD_TLBI_NH_ALL, 0), drv_cmd_vmid(CMD_TLBI_NH_VAA, 0),
                                drv_cmd_plain(CMD_TLBI_NSNH_ALL) };

  EXPECT_FALSE(drv_get_features(kit->drv)->hyp_own);
  EXPECT_EQ(drv_issue(kit->drv, &stays, 1, true), 0);
  EXPECT_EQ(queue_of(kit, CMD_TLBI_NH_ASID, 0), 1);
  for (unsigned i = 0; i < sizeof goes / sizeof goes[0]; i++) {
    EXPECT_EQ(drv_issue(kit->drv, &goes[i], 1, true), 0);
    EXPECT_EQ(queue_of(kit, (unsigned)FGET(CMD, Opcode, goes[i].words), 0), 0);
  }
  let_interrupts_pass(kit);
  EXPECT_STREQ(kit->log, "");
}

/* What the queue of the first command does not take sends what is there, with CMD_SYNC. */
CMDQV_TEST(Cmdqv, MixedBatchIsSplitWithSync, kit.options.guest = true)
{
  struct drv_command a = asid_command(1);
  struct drv_command b = drv_cmd_cfgi_cd(SID);
  struct drv_batch batch;

  drv_batch_init(&batch);
  EXPECT_EQ(drv_batch_add(kit->drv, &batch, &a), 0);
  EXPECT_EQ(drv_batch_add(kit->drv, &batch, &a), 0);
  EXPECT_EQ(drv_batch_add(kit->drv, &batch, &b), 0);
  /* The main queue takes this one as well. */
  EXPECT_EQ(drv_batch_add(kit->drv, &batch, &a), 0);
  EXPECT_EQ(drv_batch_submit(kit->drv, &batch), 0);
  ASSERT_EQ(kit->commands.count, 6);
  for (unsigned i = 0; i < 6; i++)
    EXPECT_EQ(kit_command(kit, i)->queue, i < 3 ? 1 : 0);
  EXPECT_EQ(FGET(CMD, Opcode, kit_command(kit, 2)->words), CMD_SYNC);
  EXPECT_EQ(FGET(CMD, Opcode, kit_command(kit, 5)->words), CMD_SYNC);
}

CMDQV_TEST(Cmdqv, UnmapWorksThroughIt, kit.options.guest = true)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  kit_clear(kit);
  EXPECT_EQ(kit_unmap(kit, d, 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(queue_of(kit, CMD_TLBI_NH_VA, 0), 1);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  kit_free(kit, d, SID);
}

/* ---- errors ------------------------------------------------------------------------------------------ */

CMDQV_TEST(Cmdqv, IllegalCommandOfVintf0IsSkipped, kit.breaks = "command-illegal")
{
  struct drv_command c[3] = { asid_command(1), { { 0x99, 0 } }, asid_command(2) };
  struct drv_counts counts;

  EXPECT_EQ(drv_issue(kit->drv, c, 3, true), 0);
  let_interrupts_pass(kit);
  EXPECT_STR_CONTAINS(kit->log, "lvcmdq0: error 1");
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.gerrors, 1);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 2);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 2);
  EXPECT_EQ(drv_issue(kit->drv, c, 1, true), 0);
  kit->log[0] = 0;
  let_interrupts_pass(kit);
  EXPECT_STREQ(kit->log, "");
}

/* ---- virtual machines ----------------------------------------------------------------------------------- */

/* A register by name: CONFIG page by its own, VINTF v's as v<n>.NAME, queues as v<n>.q<n>.NAME where
 * the VINTF has them, as q<n>.NAME where they are by themselves. */
static size_t name_register(uint64_t offset, char *text, size_t size)
{
  unsigned index = 0;
  unsigned block = (unsigned)((offset - CMDQV_VINTF_BLOCKS) / CMDQV_VINTF_BLOCK);
  uint64_t in_pages = offset - SMMU_CMDQV_VINTF_PAGES;
  int reg;

  if (offset >= SMMU_CMDQV_VINTF_PAGES) {
    bool page1 = in_pages / SMMU_CMDQV_PAGE % 2;

    reg = smmu_cmdqv_by_offset(page1 ? CMDQV_BLOCK_PAGE1 : CMDQV_BLOCK_PAGE0,
                               (uint32_t)(offset % SMMU_CMDQV_SLOT), &index);
    return (size_t)snprintf(text, size, "v%u.q%u.%s", (unsigned)(in_pages / SMMU_CMDQV_PAGE / 2),
                            (unsigned)(offset % SMMU_CMDQV_PAGE / SMMU_CMDQV_SLOT),
                            reg < 0 ? "?" : smmu_cmdqv_rows[reg].name);
  }
  if (offset >= SMMU_CMDQV_PAGE) {
    bool page1 = offset >= 2 * SMMU_CMDQV_PAGE;

    reg = smmu_cmdqv_by_offset(page1 ? CMDQV_BLOCK_PAGE1 : CMDQV_BLOCK_PAGE0,
                               (uint32_t)(offset % SMMU_CMDQV_SLOT), &index);
    return (size_t)snprintf(text, size, "q%u.%s",
                            (unsigned)(offset % SMMU_CMDQV_PAGE / SMMU_CMDQV_SLOT),
                            reg < 0 ? "?" : smmu_cmdqv_rows[reg].name);
  }
  if (offset >= CMDQV_VINTF_BLOCKS) {
    reg = smmu_cmdqv_by_offset(CMDQV_BLOCK_VINTF, (uint32_t)(offset % CMDQV_VINTF_BLOCK), &index);
    return (size_t)snprintf(text, size, "v%u.%s[%u]", block,
                            reg < 0 ? "?" : smmu_cmdqv_rows[reg].name, index);
  }
  reg = smmu_cmdqv_by_offset(CMDQV_BLOCK_CONFIG, (uint32_t)offset, &index);
  return (size_t)snprintf(text, size, "%s[%u]", reg < 0 ? "?" : smmu_cmdqv_rows[reg].name, index);
}

/* Writes to CMDQV and PROD of the SMMU's own queue ("SYNC"), in order; runs of SID registers that
 * are cleared count as one. */
static void writes_as_text(struct kit *kit, char *text, size_t size)
{
  const struct kit_access *a = kit->accesses.at;
  size_t length = 0;

  text[0] = 0;
  for (size_t i = 0; i < kit->accesses.count; i++) {
    char name[80] = "SYNC";

    if (!a[i].write)
      continue;
    if (a[i].addr >= PLAT_CMDQV_BASE)
      name_register(a[i].addr - PLAT_CMDQV_BASE, name, sizeof name);
    else if (a[i].addr != PLAT_SMMU_BASE + OFF_CMDQ_PROD)
      continue;
    if (strstr(name, "VINTF_SID_") && !strstr(name, "[0]") && a[i].value == 0)
      continue;
    length += (size_t)snprintf(text + length, size - length, "%s", name);
    if (strcmp(name, "SYNC") != 0)
      length +=
        (size_t)snprintf(text + length, size - length, "=%llx", (unsigned long long)a[i].value);
    length += (size_t)snprintf(text + length, size - length, "\n");
  }
}

#define EXPECT_WRITES(kit, expected) \
  do { \
    char written_[4000]; \
\
    writes_as_text(kit, written_, sizeof written_); \
    EXPECT_STREQ(written_, expected); \
    (kit)->accesses.count = 0; \
  } while (0)

/* A queue is programmed while it is not allocated: no guest can write to it meanwhile. */
CMDQV_TEST(Vintf, RegistersAreWrittenInOrder, (void)0)
{
  struct drv_vintf *v;
  unsigned slot = 99;

  ASSERT_EQ(drv_vintf_alloc(kit->drv, 0x12, &v), 0);
  EXPECT_EQ(drv_vintf_index(v), 1);
  EXPECT_EQ(drv_vintf_page0(v), PLAT_CMDQV_BASE + 0x50000);
  EXPECT_WRITES(kit, "v1.VINTF_CONFIG[0]=0\nv1.VINTF_SID_MATCH[0]=0\nv1.VINTF_SID_REPLACE[0]=0\n"
                     "v1.VINTF_CONFIG[0]=24\nv1.VINTF_CONFIG[0]=25\n");
  EXPECT_EQ(drv_vintf_map_queue(v, 0, 0x90000000, 8), 0);
  EXPECT_WRITES(kit, "q4.VCMDQ_CONFIG=0\nSYNC\nq4.VCMDQ_PROD_INDX=0\nq4.VCMDQ_CONS_INDX=0\n"
                     "q4.VCMDQ_BASE=0\nq4.VCMDQ_CONS_INDX_BASE_DRAM=0\n"
                     "q4.VCMDQ_BASE=90000008\nCMDQV_CMDQ_ALLOC_MAP[4]=8001\n");
  EXPECT_EQ(drv_vintf_add_sid(v, 0x30, 0x77, &slot), 0);
  EXPECT_EQ(slot, 0);
  EXPECT_WRITES(kit, "v1.VINTF_SID_REPLACE[0]=77\nv1.VINTF_SID_MATCH[0]=61\n");
  drv_vintf_remove_sid(v, slot);
  EXPECT_WRITES(kit, "v1.VINTF_SID_MATCH[0]=0\nv1.VINTF_SID_REPLACE[0]=0\n");
  drv_vintf_unmap_queue(v, 0);
  EXPECT_WRITES(kit, "CMDQV_CMDQ_ALLOC_MAP[4]=8000\nq4.VCMDQ_CONFIG=0\nSYNC\n"
                     "q4.VCMDQ_PROD_INDX=0\nq4.VCMDQ_CONS_INDX=0\nq4.VCMDQ_BASE=0\n"
                     "q4.VCMDQ_CONS_INDX_BASE_DRAM=0\n");
  drv_vintf_free(v);
  EXPECT_WRITES(kit, "v1.VINTF_CONFIG[0]=0\nv1.VINTF_SID_MATCH[0]=0\nv1.VINTF_SID_REPLACE[0]=0\n");
}

CMDQV_TEST(Vintf, AreGivenUntilNoneIsLeft, (void)0)
{
  struct drv_vintf *v[VINTFS];
  unsigned slot;

  for (unsigned i = 1; i < VINTFS; i++)
    ASSERT_EQ(drv_vintf_alloc(kit->drv, (uint16_t)i, &v[i]), 0);
  EXPECT_EQ(drv_vintf_alloc(kit->drv, 9, &v[0]), -ENOSPC);
  EXPECT_EQ(drv_vintf_index(v[2]), 2);
  drv_vintf_free(v[2]);
  ASSERT_EQ(drv_vintf_alloc(kit->drv, 9, &v[2]), 0);
  EXPECT_EQ(drv_vintf_index(v[2]), 2);
  for (unsigned i = 0; i < 16; i++)
    EXPECT_EQ(drv_vintf_add_sid(v[2], 100 + i, i, &slot), 0);
  EXPECT_EQ(drv_vintf_add_sid(v[2], 200, 1, &slot), -ENOSPC);
  drv_vintf_remove_sid(v[2], 5);
  EXPECT_EQ(drv_vintf_add_sid(v[2], 200, 1, &slot), 0);
  EXPECT_EQ(slot, 5);
  EXPECT_EQ(drv_vintf_add_sid(v[1], 1u << 20, 1, &slot), -EINVAL);
  for (unsigned i = 1; i < VINTFS; i++)
    drv_vintf_free(v[i]);
}

DRIVER_TEST(Vintf, WithoutCmdqvThereIsNone)
{
  struct drv_vintf *v;

  EXPECT_FALSE(drv_get_features(kit->drv)->cmdqv);
  EXPECT_EQ(drv_vintf_alloc(kit->drv, 1, &v), -EOPNOTSUPP);
}

/* What a guest would do through page 0: enable, and ring. Its error is reported, not acknowledged. */
CMDQV_TEST(Vintf, ErrorOfAGuestIsReported, kit.breaks = "vcmdq-command")
{
  struct drv_vintf *v;
  uint64_t page0;
  uint64_t ring;

  ASSERT_EQ(plat_dma_alloc(&kit->plat, 4096, 4096, &ring), 0);
  ASSERT_EQ(drv_vintf_alloc(kit->drv, 5, &v), 0);
  ASSERT_EQ(drv_vintf_map_queue(v, 0, ring, 8), 0);
  ASSERT_EQ(drv_vintf_map_queue(v, 1, ring, 8), 0);
  page0 = drv_vintf_page0(v) + SMMU_CMDQV_SLOT;
  plat_store64(&kit->plat, ring, CMD_CFGI_STE);
  plat_mmio_write(&kit->plat, page0 + OFF_VCMDQ_CONFIG, 1, 4);
  let_interrupts_pass(kit);
  plat_mmio_write(&kit->plat, page0 + OFF_VCMDQ_PROD_INDX, 1, 4);
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->vintf_errors, 1);
  EXPECT_EQ(kit->vintf_map[0], 2);
  EXPECT_EQ(kit->vintf_map[1], 0);
  EXPECT_EQ(plat_mmio_read(&kit->plat, page0 + OFF_VCMDQ_GERROR, 4), 1);
  EXPECT_EQ(plat_mmio_read(&kit->plat, page0 + OFF_VCMDQ_GERRORN, 4), 0);
  drv_vintf_unmap_queue(v, 1);
  EXPECT_STR_CONTAINS(kit->log, "LVCMDQ 1 had errors 0x1");
  drv_vintf_unmap_queue(v, 0);
  drv_vintf_free(v);
  plat_dma_free(&kit->plat, ring, 4096);
}

/* ---- broken -------------------------------------------------------------------------------------------- */

static bool answer_param(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  if (!write && addr == PLAT_CMDQV_BASE + OFF_CMDQV_PARAM)
    *value = *(uint32_t *)kit->arg;
  return false;
}

static void probe_with_param(struct kit *kit)
{
  kit->answer = answer_param;
  ASSERT_EQ(kit_probe(kit), 0);
  EXPECT_FALSE(drv_get_features(kit->drv)->cmdqv);
  EXPECT_STR_CONTAINS(kit->log, "falling back");
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  kit_remove(kit);
}

TEST_CASE(Cmdqv, NonsenseInParamMeansNone)
{
  static const uint32_t params[] = { UINT32_MAX, 0x4001u << 8, 0x0810, 0x5022, 0x4090 };
  struct kit kit;

  for (unsigned i = 0; i < sizeof params / sizeof params[0]; i++) {
    uint32_t param = params[i];

    init_cmdqv(&kit, 0);
    kit.arg = &param;
    kit_boot(&kit, probe_with_param);
  }
}

static bool answer_status(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  if (!write && addr == *(uint64_t *)kit->arg)
    *value = 0;
  return false;
}

static void probe_with_dead_status(struct kit *kit)
{
  kit->answer = answer_status;
  EXPECT_EQ(kit_probe(kit), -ETIMEDOUT);
  EXPECT_EQ(kit->blocks, 0);
}

TEST_CASE(Cmdqv, WithoutAcknowledgementProbeTimesOut)
{
  uint64_t addresses[] = { PLAT_CMDQV_BASE + OFF_CMDQV_STATUS,
                           PLAT_CMDQV_BASE + cmdqv_vintf(0) + OFF_VINTF_STATUS,
                           PLAT_CMDQV_BASE + cmdqv_lvcmdq_page0(0, 2) + OFF_VCMDQ_STATUS };
  struct kit kit;

  for (unsigned i = 0; i < 3; i++) {
    init_cmdqv(&kit, (int)(i & 1));
    kit.arg = &addresses[i];
    kit_boot(&kit, probe_with_dead_status);
  }
}

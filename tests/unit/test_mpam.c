/* Memory partitioning. IHI 0070 17.2, 17.4, 5.6, 4.3.5, 6.3.41 to 6.3.43, 7.3.20. Labels ride on
 * READ and RESPOND records; literals are bits of the text. */
#include <string.h>

#include "shim/rig_ats.h"

#define VA  0x41000ULL
#define IPA 0x30000000ULL
#define PA  0x80000000ULL
#define VMS 0x10000ULL

static void with_mpam(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[3] |= 1u << 7;
  config.mpamidr = 0x00030fff; /* PARTID_MAX 4095, PMG_MAX 3 */
  rig_restart(rig, &config);
}

/* STE: PARTID dw4[31:16], PMG dw5[7:0], S1MPAM dw1[26]. CD: PARTID dw5[47:32], PMG dw5[55:48]. */
static void label_ste(struct rig *rig, unsigned partid, unsigned pmg, bool s1mpam)
{
  rig_patch(rig, rig_ste(rig, SID), 4 * 64 + 31, 4 * 64 + 16, partid);
  rig_patch(rig, rig_ste(rig, SID), 5 * 64 + 7, 5 * 64, pmg);
  rig_patch(rig, rig_ste(rig, SID), 64 + 26, 64 + 26, s1mpam);
}

static void label_cd(struct rig *rig, unsigned partid, unsigned pmg)
{
  rig_patch(rig, rig_cd(rig, SID, 0), 5 * 64 + 47, 5 * 64 + 32, partid);
  rig_patch(rig, rig_cd(rig, SID, 0), 5 * 64 + 55, 5 * 64 + 48, pmg);
}

static void nested_with_map(struct rig *rig)
{
  static const struct rig_stream both = { .config = 7, .vmid = 5 };
  uint64_t vms = rig_alloc(rig, 4096);

  with_mpam(rig);
  rig_stream(rig, SID, &both);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  label_ste(rig, 0x100, 1, true);
  rig_patch(rig, rig_ste(rig, SID), 5 * 64 + 55, 5 * 64 + 12, vms >> 12);
  rig_patch(rig, vms, 9 * 16 + 15, 9 * 16, 0x0abc); /* entry 9 */
  label_cd(rig, 0x29, 2);                           /* bits [4:0] count: 9 */
}

static const struct smmu_record *read_of(struct rig *rig, unsigned what)
{
  const struct smmu_record *r;

  for (unsigned i = 0; (r = rig_find(rig, SMMU_TRACE_READ, i)) != NULL; i++) {
    if (r->info == what)
      return r;
  }
  return NULL;
}

static void expect_label(const struct smmu_record *r, unsigned partid, unsigned pmg)
{
  ASSERT_NOT_NULL(r);
  EXPECT_EQ(r->partid, partid);
  EXPECT_EQ(r->pmg, pmg);
}

ENGINE_TEST(Mpam, LabelsComeFromTheSte)
{
  with_mpam(rig);
  rig_map(rig, SID, VA, PA, RIG_RW);
  label_ste(rig, 0x123, 2, false);
  label_cd(rig, 0x456, 3);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0x123, 2);
  expect_label(read_of(rig, SMMU_READ_CD), 0x123, 2);
  expect_label(read_of(rig, SMMU_READ_S1_DESC), 0x123, 2);
}

ENGINE_TEST(Mpam, CdDecidesWhereTheSteLetsIt)
{
  with_mpam(rig);
  rig_map(rig, SID, VA, PA, RIG_RW);
  label_ste(rig, 0x123, 2, true);
  label_cd(rig, 0x456, 3);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0x456, 3);
  expect_label(read_of(rig, SMMU_READ_CD), 0x123, 2);
  expect_label(read_of(rig, SMMU_READ_S1_DESC), 0x456, 3);
}

/* An update of a descriptor has the label of its read. */
ENGINE_TEST(Mpam, UpdatesOfTablesAreLabelledAsTheirReads)
{
  struct smmu_config config;

  with_mpam(rig);
  config = rig->config;
  config.idr[0] |= 3u << 6;
  rig_restart(rig, &config);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);
  CD_SET(rig, SID, 0, HA, 1);
  label_ste(rig, 0x123, 2, true);
  label_cd(rig, 0x456, 3);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_UPDATE, 0), 0x456, 3);
}

ENGINE_TEST(Mpam, PartidOfAGuestGoesThroughItsMap)
{
  nested_with_map(rig);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0x0abc, 2);
  expect_label(read_of(rig, SMMU_READ_S1_DESC), 0x0abc, 2);
  expect_label(read_of(rig, SMMU_READ_S2_DESC), 0x100, 1);
  ASSERT_NOT_NULL(read_of(rig, SMMU_READ_VMS));
}

/* PARTID_MAX 0: there is one PARTID, nothing to map, and PMGs all the same. */
ENGINE_TEST(Mpam, WithOnePartidAGuestHasThatOne)
{
  struct smmu_config config = rig->config;
  static const struct rig_stream both = { .config = 7, .vmid = 5 };

  config.idr[3] |= 1u << 7;
  config.mpamidr = 0x00030000;
  rig_restart(rig, &config);
  rig_stream(rig, SID, &both);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  label_ste(rig, 0x100, 1, true);
  label_cd(rig, 9, 2);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0, 2);
  EXPECT_NULL(read_of(rig, SMMU_READ_VMS));
}

/* For STE.PPAR no transaction is under way. */
ENGINE_TEST(Mpam, StructuresReadForAPageRequestAreLabelledToo)
{
  static struct rig_endpoint endpoint;
  struct smmu_config config;

  rig_pri(rig, 1);
  config = rig->config;
  config.idr[3] |= 1u << 7;
  config.idr[3] &= ~(1u << 5); /* without PPS */
  config.mpamidr = 0x00030fff;
  rig_restart(rig, &config);
  rig_listen(rig, &endpoint);
  rig_set_reg(rig, 0x138, 0x80020777);
  rig_set_reg(rig, 0xc0, RIG_PRIQ | 1);
  rig_set_cr0(rig, 0xf);
  for (unsigned i = 0; i < 2; i++)
    rig_page_request(rig, (struct smmu_pri){ .read = 1, .group = 1 });
  rig_watch(rig);
  rig_page_request(rig, (struct smmu_pri){ .read = 1, .last = 1, .ssv = 1, .ssid = 9 });
  expect_label(read_of(rig, SMMU_READ_STE), 0x777, 2);
}

ENGINE_TEST(Mpam, MapIsReadAnewAfterCfgiSte)
{
  uint64_t vms;

  nested_with_map(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  vms = rig_alloc(rig, 4096);
  rig_patch(rig, rig_ste(rig, SID), 5 * 64 + 55, 5 * 64 + 12, vms >> 12);
  rig_patch(rig, vms, 9 * 16 + 15, 9 * 16, 0x0777);
  rig_cmds(rig, "CFGI_VMS_PIDM vmid=5; CFGI_STE sid=1; SYNC");
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0x0777, 2);
}

ENGINE_TEST(Mpam, FailedFetchOfTheMapIsAnEvent)
{
  uint64_t words[4];
  uint64_t vms = 0x40000000;

  nested_with_map(rig);
  rig_patch(rig, rig_ste(rig, SID), 5 * 64 + 55, 5 * 64 + 12, vms >> 12);
  engine_memory_inject_abort(rig->memory, vms, 4096, true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_VMS_FETCH);
  EXPECT_EQ(rig_event(rig, words), 0x25u);
  EXPECT_EQ(words[3], vms + 16); /* the eight bytes that hold entry 9 */
}

ENGINE_TEST(Mpam, DisabledSmmuLabelsByGbpmpam)
{
  with_mpam(rig);
  rig_set_reg(rig, 0x13c, 0x80020345);
  EXPECT_EQ(rig_reg(rig, 0x13c), 0x00020345u);
  rig_set_cr0(rig, 0xc);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, PA), PA);
  expect_label(rig_find(rig, SMMU_TRACE_RESPOND, 0), 0x345, 2);
}

ENGINE_TEST(Mpam, StreamTableIsReadWithGmpam)
{
  with_mpam(rig);
  rig_set_reg(rig, 0x138, 0x80010777);
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  expect_label(read_of(rig, SMMU_READ_STE), 0x777, 1);
}

ENGINE_TEST(Mpam, RegistersTakeValuesWithUpdateAlone)
{
  with_mpam(rig);
  rig_set_reg(rig, 0x138, 0x00010777);
  EXPECT_EQ(rig_reg(rig, 0x138), 0u);
  rig_set_reg(rig, 0x138, 0xffffffff); /* PARTID_MAX 4095, PMG_MAX 3 */
  EXPECT_EQ(rig_reg(rig, 0x138), 0x00030fffu);
  EXPECT_EQ(rig_reg(rig, 0x130), 0x00030fffu);
}

ENGINE_TEST(Mpam, WithoutItItsRegistersAndCommandAreAbsent)
{
  rig_set_reg(rig, 0x138, 0x80010777);
  EXPECT_EQ(rig_reg(rig, 0x138), 0u);
  rig_push(rig, "CFGI_VMS_PIDM vmid=5");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS) >> 24, 1u); /* CERROR_ILL */
}

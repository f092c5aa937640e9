/* Every fault code that an address translation operation can answer, made by software's own means;
 * all 64 bits of GATOS_PAR against literals. IHI 0070 9.1.4, 9.1.5. A code without a case here fails
 * the last case. Left out: INTERNAL_ERR, which nothing here brings about. */
#include "shim/rig.h"

enum { STREAM = 0x2a, CODES = 256 };

/* GATOS_ADDR. */
enum { S1 = 1 << 10, S2 = 2 << 10, BOTH = 3 << 10, READ = 1 << 8 };

static bool has_case[CODES];

static uint64_t ask_for(struct rig *rig, uint64_t sid, uint64_t request)
{
  rig_mmio_write(rig, 0x108, sid, 8);
  rig_mmio_write(rig, 0x110, request, 8);
  rig_mmio_write(rig, 0x100, 1, 4);
  EXPECT_EQ(rig_mmio_read(rig, 0x100, 4), 0u);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  return rig_mmio_read(rig, 0x118, 8);
}

static uint64_t ask(struct rig *rig, uint64_t request)
{
  return ask_for(rig, STREAM, request);
}

static void start(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15;
  rig_restart(rig, &config);
}

/* A case named after the code and what is special: its body returns PAR. */
#define PAR(fault, code, name, par) \
  static uint64_t make_##fault##_##name(struct rig *rig); \
  __attribute__((constructor)) static void enter_##fault##_##name(void) \
  { \
    has_case[code] = true; \
  } \
  ENGINE_TEST(AtosFaults, fault##_##name) \
  { \
    EXPECT_EQ((unsigned)((par) >> 4 & 0xff), (unsigned)(code)); \
    start(rig); \
    EXPECT_EQ(make_##fault##_##name(rig), (uint64_t)(par)); \
  } \
  static uint64_t make_##fault##_##name(struct rig *rig)

static void stream(struct rig *rig, unsigned config)
{
  rig_stream(rig, STREAM, &(struct rig_stream){ .config = (uint8_t)config, .vmid = 9 });
}

/* ---- the request itself ---- */

PAR(INV_REQ, 0xff, reserved_type, 0xff1)
{
  stream(rig, 7);
  return ask(rig, 0x1000 | READ);
}

PAR(INV_STAGE, 0xfe, no_stage_2, 0xfe1)
{
  stream(rig, 5);
  return ask(rig, 0x1000 | BOTH | READ);
}

/* ---- configuration ---- */

PAR(C_BAD_STREAMID, 0x02, behind_the_table, 0x021)
{
  return ask_for(rig, 0x5a5a5, 0x1000 | S1 | READ);
}

PAR(F_STE_FETCH, 0x03, aborted, 0x031)
{
  stream(rig, 5);
  engine_memory_inject_abort(rig->memory, 0x100a80, 64, true);
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(C_BAD_STE, 0x04, invalid, 0x041)
{
  stream(rig, 5);
  rig_patch(rig, 0x100a80, 0, 0, 0);
  return ask(rig, 0x1000 | S1);
}

PAR(F_STREAM_DISABLED, 0x06, no_substream, 0x061)
{
  rig_stream(rig, STREAM, &(struct rig_stream){ .s1cdmax = 3 });
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(C_BAD_SUBSTREAMID, 0x08, behind_the_table, 0x081)
{
  rig_stream(rig, STREAM, &(struct rig_stream){ .s1cdmax = 3 });
  return ask_for(rig, STREAM | 1ull << 52 | 9ull << 32, 0x1000 | S1 | READ);
}

PAR(F_CD_FETCH, 0x09, aborted, 0x091)
{
  stream(rig, 5);
  rig_patch(rig, 0x100a80, 55, 6, 0x1f0000c0 >> 6);
  engine_memory_inject_abort(rig->memory, 0x1f0000c0, 64, true);
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(F_CD_FETCH, 0x09, stage_1_alone_hears_nothing_of_stage_2, 0x091)
{
  stream(rig, 7);
  rig_patch(rig, 0x100a80, 55, 6, 0x40009000 >> 6);
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(C_BAD_CD, 0x0a, invalid, 0x0a1)
{
  stream(rig, 5);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 31, 31, 0);
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(F_VMS_FETCH, 0x25, aborted, 0x251)
{
  struct smmu_config config = rig->config;

  config.idr[3] |= 1u << 7;
  config.mpamidr = 0x000300ff;
  rig_restart(rig, &config);
  stream(rig, 7);
  rig_patch(rig, 0x100a80, 90, 90, 1);
  rig_patch(rig, 0x100a80, 375, 332, 0x1d000000 >> 12);
  engine_memory_inject_abort(rig->memory, 0x1d000000, 64, true);
  return ask(rig, 0x1000 | BOTH | READ);
}

/* STE.CONT of the next stream reaches over this one, and says something else. */
PAR(F_CFG_CONFLICT, 0x21, span_over_another_ste, 0x211)
{
  struct smmu_config config = rig->config;
  const uint64_t request = 0x1000 | S1 | READ;

  config.cont = 1;
  config.conflict = SMMU_CONFLICT_FAULT;
  rig_restart(rig, &config);
  stream(rig, 5);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_RW);
  EXPECT_EQ(ask(rig, request) & 1, 0u);
  for (unsigned i = 0; i < 8; i++)
    engine_memory_store64(rig->memory, 0x100ac0 + 8 * i,
                          engine_memory_load64(rig->memory, 0x100a80 + 8 * i));
  rig_patch(rig, 0x100ac0, 80, 77, 1);
  rig_patch(rig, 0x100ac0, 113, 112, 2);
  EXPECT_EQ(ask_for(rig, STREAM + 1, request) & 1, 0u);
  return ask(rig, request);
}

/* ---- translation ---- */

PAR(F_WALK_EABT, 0x0b, stage_1, 0x0b1)
{
  stream(rig, 5);
  engine_memory_store64(rig->memory, rig_cd(rig, STREAM, 0) + 8, 0x1e000000);
  engine_memory_inject_abort(rig->memory, 0x1e000018, 8, true);
  return ask(rig, 0xc0001000 | S1 | READ);
}

PAR(F_WALK_EABT, 0x0b, stage_2_of_an_ipa, 0x0b7)
{
  stream(rig, 6);
  engine_memory_store64(rig->memory, 0x100a80 + 24, 0x1e000000);
  engine_memory_inject_abort(rig->memory, 0x1e0010a0, 8, true);
  return ask(rig, 0x8500000000 | S2);
}

PAR(F_WALK_EABT, 0x0b, stage_1_alone_hears_nothing_of_stage_2, 0x0b1)
{
  stream(rig, 7);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x1000, 1),
                        0x40007003);
  return ask(rig, 0x1000 | S1 | READ);
}

PAR(F_TRANSLATION, 0x10, stage_1, 0x101)
{
  stream(rig, 7);
  return ask(rig, 0x1000 | BOTH);
}

PAR(F_TRANSLATION, 0x10, stage_2_of_the_cd, 0x40009103)
{
  stream(rig, 7);
  rig_patch(rig, 0x100a80, 55, 6, 0x40009000 >> 6);
  return ask(rig, 0x1000 | BOTH | READ);
}

PAR(F_TRANSLATION, 0x10, stage_2_of_a_table, 0x40007105)
{
  stream(rig, 7);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x1000, 1),
                        0x40007003);
  return ask(rig, 0x1000 | BOTH | READ);
}

PAR(F_TRANSLATION, 0x10, stage_2_of_the_output_of_stage_1, 0x40005107)
{
  stream(rig, 7);
  rig_map(rig, STREAM, 0x1000, 0x40005000, RIG_RW);
  return ask(rig, 0x1000 | BOTH | READ);
}

PAR(F_TRANSLATION, 0x10, stage_2_alone_names_no_address, 0x107)
{
  stream(rig, 7);
  return ask(rig, 0x40005000 | S2 | READ);
}

PAR(F_ADDR_SIZE, 0x11, stage_1, 0x111)
{
  stream(rig, 5);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 34, 32, 0);
  rig_map(rig, STREAM, 0x1000, 0x100000000, RIG_RW);
  return ask(rig, 0x1000 | S1);
}

PAR(F_ACCESS, 0x12, stage_2, 0x40005127)
{
  stream(rig, 7);
  rig_map(rig, STREAM, 0x1000, 0x40005000, RIG_RW);
  rig_map2(rig, STREAM, 0x40005000, 0x80000, RIG_RW | RIG_NO_AF);
  return ask(rig, 0x1000 | BOTH | READ);
}

PAR(F_PERMISSION, 0x13, stage_1_write, 0x131)
{
  stream(rig, 5);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_R);
  return ask(rig, 0x1000 | S1);
}

/* ---- two steps of stage 2 that contradict each other ---- */

/* The page at IPA 0x40003000 is in the walk cache twice, as itself and in its group. */
static void contradict(struct rig *rig)
{
  struct smmu_config config = rig->config;
  uint64_t leaf;

  config.walk_cache = (struct smmu_cache_config){ 64, 8 };
  config.idr[3] &= ~(3u << 11);
  config.contiguous = 1;
  config.conflict = SMMU_CONFLICT_FAULT;
  rig_restart(rig, &config);
  stream(rig, 7);
  rig_map(rig, STREAM, 0x3000, 0x40003000, RIG_RW);
  rig_map(rig, STREAM, 0x4000, 0x40000000, RIG_RW);
  rig_map2(rig, STREAM, 0x40003000, 0x50003000, RIG_RW);
  leaf = rig_map2(rig, STREAM, 0x40000000, 0x60000000, RIG_RW);
  engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | 1ULL << 52);
  EXPECT_EQ(ask(rig, 0x3000 | BOTH | READ) & 1, 0u);
  EXPECT_EQ(ask(rig, 0x4000 | BOTH | READ) & 1, 0u);
}

/* Not of a stage, as anything but a fault of translation. */
PAR(F_TLB_CONFLICT, 0x20, both_stages, 0x201)
{
  contradict(rig);
  return ask(rig, 0x3000 | BOTH | READ);
}

PAR(F_TLB_CONFLICT, 0x20, stage_2_alone, 0x207)
{
  contradict(rig);
  return ask(rig, 0x40003000 | S2 | READ);
}

/* A stage 1 table behind that address: of the conflict itself stage 1 alone is told. */
PAR(F_TLB_CONFLICT, 0x20, under_a_table_of_stage_1_alone, 0x201)
{
  contradict(rig);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x400000, 2),
                        0x40003003);
  return ask(rig, 0x400000 | S1 | READ);
}

/* ---- all of them ---- */

TEST_CASE(AtosFaultList, EveryFaultCodeHasACase)
{
  static const uint8_t codes[] = { 0xff, 0xfe, 0x02, 0x03, 0x04, 0x06, 0x08, 0x09, 0x0a,
                                   0x0b, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x25 };

  for (unsigned i = 0; i < sizeof(codes); i++) {
    if (!has_case[codes[i]])
      ADD_TEST_FAILURE("no case for fault code 0x%02x", codes[i]);
  }
}

/* Every type of event, produced by software's own means - registers, tables, transactions - and
 * compared in memory in all 256 bits with literals. IHI 0070 7.3. A type without a record here
 * fails the last case. */
#include "arch/fields.h"
#include "shim/rig_ats.h"

enum { STREAM = 0x2a, WORDS = 4 };

static bool has_record[256];

static void expect_record(struct rig *rig, const uint64_t wanted[WORDS])
{
  uint64_t found[2][WORDS] = { { 0 } };

  EXPECT_EQ(rig_events(rig, found, 2), 1u);
  for (unsigned i = 0; i < WORDS; i++)
    EXPECT_EQ(found[0][i], wanted[i]);
}

/* A case named after the event and what is special: its body makes the record. */
#define RECORD(event, type, name, ...)  RECORD_ON(ENGINE_TEST, event, type, name, __VA_ARGS__)
#define STALLED(event, type, name, ...) RECORD_ON(STALL_TEST, event, type, name, __VA_ARGS__)
#define RECORD_ON(test, event, type, name, ...) \
  static void make_##event##_##name(struct rig *rig); \
  __attribute__((constructor)) static void enter_##event##_##name(void) \
  { \
    has_record[type] = true; \
  } \
  test(EventRecords, event##_##name) \
  { \
    const uint64_t wanted[WORDS] = { __VA_ARGS__ }; \
    EXPECT_EQ((uint8_t)wanted[0], (uint8_t)(type)); \
    make_##event##_##name(rig); \
    expect_record(rig, wanted); \
  } \
  static void make_##event##_##name(struct rig *rig)

static void stream(struct rig *rig, unsigned config)
{
  rig_stream(rig, STREAM, &(struct rig_stream){ .config = (uint8_t)config, .vmid = 9 });
}

static void substreams(struct rig *rig, unsigned dss)
{
  rig_stream(rig, STREAM, &(struct rig_stream){ .s1cdmax = 3, .s1dss = (uint8_t)dss });
}

static void dma(struct rig *rig, struct smmu_txn txn)
{
  txn.sid = STREAM;
  EXPECT_NE(rig_dma(rig, txn).status, SMMU_STATUS_OK);
}

/* ---- configuration ---- */

RECORD(C_BAD_STREAMID, 0x02, behind_the_table, 0x0005a5a500003802, 0, 0, 0)
{
  rig_dma(rig, (struct smmu_txn){ .addr = 0x1234, .sid = 0x5a5a5, .ssv = 1, .ssid = 3 });
}

RECORD(F_STE_FETCH, 0x03, aborted, 0x0000002a00000003, 0, 0, 0x0000000000100a80)
{
  stream(rig, 5);
  engine_memory_inject_abort(rig->memory, 0x100a80, 64, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
}

RECORD(C_BAD_STE, 0x04, invalid, 0x0000002a00001804, 0, 0, 0)
{
  stream(rig, 5);
  rig_patch(rig, 0x100a80, 0, 0, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 1, .write = 1 });
}

RECORD(F_STREAM_DISABLED, 0x06, no_substream, 0x0000002a00000006, 0, 0, 0)
{
  substreams(rig, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .privileged = 1 });
}

RECORD(F_STREAM_DISABLED, 0x06, substream_0_is_taken, 0x0000002a00000806, 0, 0, 0)
{
  substreams(rig, 2);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 0 });
}

RECORD(C_BAD_SUBSTREAMID, 0x08, has_no_ssv, 0x0000002a00009008, 0, 0, 0)
{
  substreams(rig, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 9 });
}

RECORD(F_CD_FETCH, 0x09, of_a_substream, 0x0000002a00005809, 0, 0, 0x000000001f000140)
{
  substreams(rig, 0);
  rig_patch(rig, 0x100a80, 55, 6, 0x1f000000 >> 6);
  engine_memory_inject_abort(rig->memory, 0x1f000140, 64, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 5 });
}

RECORD(C_BAD_CD, 0x0a, invalid, 0x0000002a0000580a, 0, 0, 0)
{
  substreams(rig, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 5 });
}

/* PARTID 13 of the map at 0x1d000000 is two bytes at its byte 26; words of 8 bytes are read. */
RECORD(F_VMS_FETCH, 0x25, aborted, 0x0000002a00000025, 0, 0, 0x000000001d000018)
{
  struct smmu_config config = rig->config;

  config.idr[3] |= 1u << 7;
  config.mpamidr = 0x000300ff;
  rig_restart(rig, &config);
  stream(rig, 7);
  rig_patch(rig, 0x100a80, 90, 90, 1);
  rig_patch(rig, 0x100a80, 375, 332, 0x1d000000 >> 12);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 367, 352, 13);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_RW);
  engine_memory_inject_abort(rig->memory, 0x1d000018, 8, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
}

/* ---- translation ---- */

/* TTB0 is word 1 of a CD, bits 51:4; level 1 of a 39-bit range is indexed by 38:30. */
RECORD(F_WALK_EABT, 0x0b, stage_1, 0x0000002a0000000b, 0x0000010800000000, 0x00000000c0001238,
       0x000000001e000018)
{
  stream(rig, 5);
  engine_memory_store64(rig->memory, rig_cd(rig, STREAM, 0) + 8, 0x1e000000);
  engine_memory_inject_abort(rig->memory, 0x1e000018, 8, true);
  dma(rig, (struct smmu_txn){ .addr = 0xc0001238 });
}

/* S2TTB is word 3 of an STE; two tables of level 1 side by side for 40 bits. */
RECORD(F_WALK_EABT, 0x0b, stage_2, 0x0000002a0000000b, 0x0000028200000000, 0x0000008500000010,
       0x000000001e0010a0)
{
  stream(rig, 6);
  engine_memory_store64(rig->memory, 0x100a80 + 24, 0x1e000000);
  engine_memory_inject_abort(rig->memory, 0x1e0010a0, 8, true);
  dma(rig, (struct smmu_txn){ .addr = 0x8500000010, .write = 1, .privileged = 1 });
}

RECORD(F_TRANSLATION, 0x10, stage_1_fetch, 0x0000002a00000010, 0x0000020e00000000,
       0xfedcba9876543210, 0)
{
  stream(rig, 5);
  dma(rig, (struct smmu_txn){ .addr = 0xfedcba9876543210, .instruction = 1, .privileged = 1 });
}

RECORD(F_TRANSLATION, 0x10, stage_2_of_a_table, 0x0000002a00000010, 0x0000018000000000,
       0x0000000000001234, 0x0000000040007000)
{
  stream(rig, 7);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x1000, 1),
                        0x40007003);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
}

RECORD(F_TRANSLATION, 0x10, stage_2_of_the_cd, 0x0000002a00000010, 0x0000008800000000,
       0x0000000000001234, 0x0000000040009000)
{
  stream(rig, 7);
  rig_patch(rig, 0x100a80, 55, 6, 0x40009000 >> 6);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
}

/* IPS 0: 32 bits. */
RECORD(F_ADDR_SIZE, 0x11, stage_1, 0x0000002a00000011, 0x0000020000000000, 0x0000000000001ffc, 0)
{
  stream(rig, 5);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 34, 32, 0);
  rig_map(rig, STREAM, 0x1000, 0x100000000, RIG_RW);
  dma(rig, (struct smmu_txn){ .addr = 0x1ffc, .write = 1 });
}

RECORD(F_ACCESS, 0x12, stage_2, 0x0000002a00000012, 0x0000028a00000000, 0x0000000040001238,
       0x0000000040001000)
{
  stream(rig, 6);
  rig_map(rig, STREAM, 0x40001000, 0x80000, RIG_RW | RIG_NO_AF);
  dma(rig, (struct smmu_txn){ .addr = 0x40001238, .privileged = 1 });
}

RECORD(F_PERMISSION, 0x13, stage_1_write, 0x0000002a00000013, 0x0000020000000000,
       0x0000000000001008, 0)
{
  stream(rig, 5);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_R);
  dma(rig, (struct smmu_txn){ .addr = 0x1008, .write = 1 });
}

RECORD(F_PERMISSION, 0x13, stage_2_of_a_table, 0x0000002a00000013, 0x0000118000000000,
       0x0000000000001234, 0x0000000040007000)
{
  stream(rig, 7);
  rig_map2(rig, STREAM, 0x40007000, 0x80000, RIG_W);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x1000, 1),
                        0x40007003);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
}

/* TTRnW is 0: the update of the Access flag at 0x40007008, through a page that cannot be written, not
 * the read of it. CD.HA is bit 43. */
RECORD(F_PERMISSION, 0x13, stage_2_of_an_update, 0x0000002a00000013, 0x0000018800000000,
       0x0000000000001234, 0x0000000040007000)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 6;
  rig_restart(rig, &config);
  stream(rig, 7);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 43, 43, 1);
  rig_map2(rig, STREAM, 0x40007000, 0x1c000000, RIG_R);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, STREAM)->s1, 0x1000, 2),
                        0x40007003);
  engine_memory_store64(rig->memory, 0x1c000008, 0x40005b43);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
}

/* ---- stalled: bit 95, and the first slot is STAG 0 ---- */

/* CD.S is bit 44. */
static void stalling(struct rig *rig)
{
  rig_restart_stalling(rig, 8);
  stream(rig, 5);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 44, 44, 1);
}

STALLED(F_TRANSLATION, 0x10, stalled, 0x0000002a00000010, 0x0000020880000000, 0x0000000000001234, 0)
{
  stalling(rig);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
}

STALLED(F_TRANSLATION, 0x10, stalled_after_another, 0x0000002a00000010, 0x0000020080000001,
        0x0000000000005678, 0)
{
  stalling(rig);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
  dma(rig, (struct smmu_txn){ .addr = 0x5678, .write = 1 });
}

STALLED(F_ADDR_SIZE, 0x11, stalled, 0x0000002a00000011, 0x0000020080000000, 0x0000000000001ffc, 0)
{
  stalling(rig);
  rig_patch(rig, rig_cd(rig, STREAM, 0), 34, 32, 0);
  rig_map(rig, STREAM, 0x1000, 0x100000000, RIG_RW);
  dma(rig, (struct smmu_txn){ .addr = 0x1ffc, .write = 1 });
}

/* S2S is bit 185 of an STE. */
STALLED(F_ACCESS, 0x12, stalled_at_stage_2, 0x0000002a00000012, 0x0000028a80000000,
        0x0000000040001238, 0x0000000040001000)
{
  rig_restart_stalling(rig, 8);
  stream(rig, 6);
  rig_patch(rig, 0x100a80, 185, 185, 1);
  rig_map(rig, STREAM, 0x40001000, 0x80000, RIG_RW | RIG_NO_AF);
  dma(rig, (struct smmu_txn){ .addr = 0x40001238, .privileged = 1 });
}

STALLED(F_PERMISSION, 0x13, stalled, 0x0000002a00000013, 0x0000020080000000, 0x0000000000001008, 0)
{
  stalling(rig);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_R);
  dma(rig, (struct smmu_txn){ .addr = 0x1008, .write = 1 });
}

/* ---- what the device says ---- */

RECORD(F_UUT, 0x01, write, 0x0000002a00003801, 0x0000000200000000, 0xfedcba9876543210, 0)
{
  dma(rig, (struct smmu_txn){ .addr = 0xfedcba9876543210,
                              .ssv = 1,
                              .ssid = 3,
                              .write = 1,
                              .privileged = 1,
                              .kind = SMMU_TXN_UNSUPPORTED });
}

/* The attributes are those that came in: no STE is looked at. */
RECORD(F_UUT, 0x01, smmu_off, 0x0000002a00000001, 0x0000000c00000000, 0x0000000000001234, 0)
{
  rig_set_cr0(rig, 0xc);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .instruction = 1, .kind = SMMU_TXN_UNSUPPORTED });
}

static void announce(struct rig *rig, struct smmu_txn txn)
{
  stream(rig, 5);
  txn.sid = STREAM;
  txn.kind = SMMU_TXN_PAGE_HINT;
  rig_dma(rig, txn);
}

RECORD(E_PAGE_REQUEST, 0x24, unprivileged_read, 0x0000002a00000024, 0x0000100800000000,
       0x00000000abcde000, 0)
{
  announce(rig, (struct smmu_txn){ .addr = 0xabcdef12 });
}

RECORD(E_PAGE_REQUEST, 0x24, unprivileged_fetch, 0x0000002a00001824, 0x0000100200000000,
       0x00000000abcde000, 0)
{
  announce(rig, (struct smmu_txn){ .addr = 0xabcdef12, .ssv = 1, .ssid = 1, .instruction = 1 });
}

RECORD(E_PAGE_REQUEST, 0x24, privileged_write, 0x0000002a00000024, 0x0000104000000000,
       0xfffffffffffff000, 0)
{
  announce(rig, (struct smmu_txn){ .addr = UINT64_MAX, .write = 1, .privileged = 1 });
}

/* ---- ATS ---- */

/* One translation; read, write, privileged. */
RECORD(F_BAD_ATS_TREQ, 0x05, eats_0, 0x0000002a00003805, 0x0000100d00000000, 0x00000000abcde000, 0)
{
  rig_ats(rig, 1);
  stream(rig, 5);
  rig_ats_request(
    rig, (struct smmu_txn){
           .addr = 0xabcdef12, .sid = STREAM, .ssv = 1, .ssid = 3, .write = 1, .privileged = 1 });
}

RECORD(F_BAD_ATS_TREQ, 0x05, smmu_off, 0x0000002a00001805, 0x0000100a00000000, 0x0000000000001000,
       0)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, 0xc);
  rig_ats_request(
    rig, (struct smmu_txn){ .addr = 0x1fff, .sid = STREAM, .ssv = 1, .ssid = 1, .instruction = 1 });
}

/* Without a SubstreamID there is neither privilege nor execution, 13.7. */
RECORD(F_BAD_ATS_TREQ, 0x05, no_pasid, 0x0000002a00000005, 0x0000100800000000, 0x0000000000001000,
       0)
{
  rig_ats(rig, 1);
  stream(rig, 5);
  rig_ats_request(
    rig, (struct smmu_txn){ .addr = 0x1fff, .sid = STREAM, .privileged = 1, .instruction = 1 });
}

/* CR0.ATSCHK is bit 4. */
RECORD(F_TRANSL_FORBIDDEN, 0x07, eats_0_read, 0x0000002a00000007, 0x0000000800000000,
       0x00000000abcdef12, 0)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, 0x1d);
  stream(rig, 5);
  rig_ats_use(rig, (struct smmu_txn){ .addr = 0xabcdef12, .sid = STREAM, .privileged = 1 });
}

/* Without IDR3.PASIDTT a PASID does not count, 3.9.1.3. */
RECORD(F_TRANSL_FORBIDDEN, 0x07, pasid_not_seen, 0x0000002a00000007, 0x0000000800000000,
       0x0000000000001000, 0)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, 0x1d);
  stream(rig, 5);
  rig_ats_use(rig, (struct smmu_txn){ .addr = 0x1000, .sid = STREAM, .ssv = 1, .ssid = 3 });
}

RECORD(F_TRANSL_FORBIDDEN, 0x07, smmu_off_write, 0x0000002a00000007, 0, 0x00000000abcdef12, 0)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, 0xc);
  rig_ats_use(rig, (struct smmu_txn){ .addr = 0xabcdef12, .sid = STREAM, .write = 1 });
}

/* ---- conflicts ---- */

static void look_for_conflicts(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[3] &= ~(3u << 11);
  config.contiguous = config.cont = 1;
  config.conflict = SMMU_CONFLICT_FAULT;
  rig_restart(rig, &config);
}

RECORD(F_TLB_CONFLICT, 0x20, page_and_group, 0x0000002a00000020, 0x0000000800000003, 0x41008, 0)
{
  uint64_t leaf;

  look_for_conflicts(rig);
  stream(rig, 5);
  rig_map(rig, STREAM, 0x41000, 0x81000, RIG_RW);
  rig_read(rig, STREAM, 0x41000);
  leaf = rig_map(rig, STREAM, 0x40000, 0x80000, RIG_RW);
  engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | 1ULL << 52);
  rig_read(rig, STREAM, 0x40000);
  dma(rig, (struct smmu_txn){ .addr = 0x41008 });
}

RECORD(F_CFG_CONFLICT, 0x21, span_over_another_ste, 0x0000002a00005821, 0, 0, 0)
{
  uint32_t other = STREAM + 1;

  look_for_conflicts(rig);
  substreams(rig, 1);
  rig_set_cd(rig, STREAM, 5, 7, &rig_space(rig, STREAM)->s1);
  rig_map(rig, STREAM, 0x1000, 0x80000, RIG_RW);
  rig_read_ssid(rig, STREAM, 5, 0x1000);
  for (unsigned i = 0; i < 8; i++)
    engine_memory_store64(rig->memory, rig_ste(rig, other) + 8 * i,
                          engine_memory_load64(rig->memory, rig_ste(rig, STREAM) + 8 * i));
  STE_SET(rig, other, CONT, 1);
  STE_SET(rig, other, PRIVCFG, 2);
  rig_read_ssid(rig, other, 5, 0x1000);
  dma(rig, (struct smmu_txn){ .addr = 0x1000, .ssv = 1, .ssid = 5 });
}

/* ---- all of them ---- */

TEST_CASE(EventRecordList, EveryTypeHasARecord)
{
  for (unsigned i = 0; i < smmu_layout_total(); i++) {
    struct smmu_layout layout = smmu_layout_at(i);

    if (layout.kind == SMMU_LAYOUT_EVENT && !has_record[layout.key])
      ADD_TEST_FAILURE("%s is produced by no case", layout.name);
  }
}

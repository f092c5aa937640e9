/* Rebuilding from hand-written logs: bypass and abort entries, faults of the configuration, a ring
 * that wraps, and commands made from the log against the same commands dumped from memory. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "traces/snapshot.h"

#define P "7@1.000000:"
#define BOOT \
  P "smmuv3_write_mmio addr: 0x80 val:0x40000000 size: 0x8(0)\n" P \
    "smmuv3_write_mmio addr: 0x88 val:0x10210 size: 0x4(0)\n" P \
    "smmuv3_write_mmio addr: 0x90 val:0x50000002 size: 0x8(0)\n" P \
    "smmuv3_write_mmio addr: 0x98 val:0x0 size: 0x4(0)\n" P \
    "smmuv3_write_mmio addr: 0x9c val:0x0 size: 0x4(0)\n" P \
    "smmuv3_write_mmio addr: 0xa0 val:0x60000004 size: 0x8(0)\n" P \
    "smmuv3_write_mmio addr: 0xa8 val:0x0 size: 0x4(0)\n" P \
    "smmuv3_write_mmio addr: 0xac val:0x0 size: 0x4(0)\n" P \
    "smmuv3_write_mmio addr: 0x20 val:0xd size: 0x4(0)\n"
#define FETCH_STE \
  P "smmuv3_config_cache_miss Config cache MISS for sid=0x9 (hits=0, misses=1, hit rate=0)\n" P \
    "smmuv3_find_ste sid=0x9 features:0x1, sid_split:0x8\n" P \
    "smmuv3_find_ste_2lvl strtab_base:0x40000000 l1ptr:0x40000000 l1_off:0x0, l2ptr:0x41000000 " \
    "l2_off:0x9 max_l2_ste:511\n" P "smmuv3_get_ste STE addr: 0x41000240\n"

static bool replay_text(const char *text, struct replay_results *res)
{
  struct trace_error err = { "" };
  int rc = kit_replay_text(text, strlen(text), "qemu", res, &err);

  if (rc)
    ADD_TEST_FAILURE("%d: %s", rc, err.text);
  return rc == 0;
}

TEST_CASE(Rebuild, BypassEntry)
{
  struct replay_results res;

  ASSERT_TRUE(
    replay_text(BOOT FETCH_STE P
                "smmuv3_translate_bypass region sid=0x9 STE bypass iova:0x48341000 is_write=1\n",
                &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.translations.matched, 1);
}

TEST_CASE(Rebuild, AbortEntry)
{
  struct replay_results res;

  ASSERT_TRUE(replay_text(
    BOOT FETCH_STE P "smmuv3_translate_abort region sid=0x9 abort on iova:0x48341000 is_write=0\n",
    &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.faults.matched, 1);
}

TEST_CASE(Rebuild, InvalidEntry)
{
  struct replay_results res;

  ASSERT_TRUE(
    replay_text(BOOT FETCH_STE P "smmuv3_record_event SMMU_EVT_C_BAD_STE sid=0x9\n", &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.faults.matched, 1);
}

TEST_CASE(Rebuild, DisabledSmmuLetsThrough)
{
  struct replay_results res;

  ASSERT_TRUE(replay_text(
    P "smmuv3_translate_disable region sid=0x9 bypass (smmu disabled) iova:0x1234 is_write=0\n",
    &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.translations.matched, 1);
}

/* 64 KiB granule, 42-bit input: nothing here is Linux's usual case. */
TEST_CASE(Rebuild, ContextDescriptorFromItsFields)
{
  struct replay_results res;

  ASSERT_TRUE(replay_text(
    BOOT FETCH_STE P
    "smmuv3_get_cd CD addr: 0x42000000\n" P "smmuv3_decode_cd oas=40\n" P
    "smmuv3_decode_cd_tt TT[0]:tsz:22 ttb:0x43000000 granule_sz:16 had:0\n" P
    "smmu_iotlb_lookup_miss IOTLB cache MISS asid=77 vmid=0 addr=0x20001234 hit=0 miss=1 "
    "hit rate=0\n" P
    "smmu_get_pte baseaddr=0x43000000 index=0x1, pteaddr=0x43000008, pte=0x44000003\n" P
    "smmu_get_pte baseaddr=0x44000000 index=0x0, pteaddr=0x44000000, pte=0x45000f47\n" P
    "smmu_iotlb_insert IOTLB ++ asid=77 vmid=0 addr=0x20000000 tg=2 level=3\n" P
    "smmuv3_translate_success region sid=0x9 iova=0x20001234 translated=0x45001234 perm=0x3 "
    "stage=1\n",
    &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.translations.matched, 1);
}

TEST_CASE(Rebuild, WrongAddressInTheLogIsADifference)
{
  struct replay_results res;

  ASSERT_TRUE(
    replay_text(BOOT FETCH_STE P
                "smmuv3_translate_success region sid=0x9 iova=0x1000 translated=0x2000 perm=0x3\n",
                &res));
  EXPECT_TRUE(replay_results_differ(&res));
  EXPECT_EQ(res.translations.mismatched, 1);
  EXPECT_STREQ(res.first_divergence.what, "translation");
  EXPECT_EQ(res.first_divergence.line, 14);
}

/* A ring of four slots and eleven commands. */
TEST_CASE(Rebuild, RingWraps)
{
  static char text[8192];
  struct replay_results res;
  size_t n = (size_t)snprintf(text, sizeof(text), "%s", BOOT);

  for (unsigned i = 0; i < 11; i++)
    n += (size_t)snprintf(
      text + n, sizeof(text) - n,
      P "smmuv3_cmdq_consume prod=%u cons=%u prod.wrap=%u cons.wrap=%u\n" P
        "smmuv3_cmdq_opcode <--- SMMU_CMD_%s\n" P
        "smmuv3_cmdq_consume_out prod:%u, cons:%u, prod_wrap:%u, cons_wrap:%u \n" P
        "smmuv3_write_mmio addr: 0x98 val:0x%x size: 0x4(0)\n" P
        "smmuv3_read_mmio addr: 0x9c val:0x%x size: 0x4(0)\n",
      (i + 1) % 4, i % 4, (i + 1) / 4 % 2, i / 4 % 2, i % 2 ? "SYNC" : "TLBI_NSNH_ALL", (i + 1) % 4,
      (i + 1) % 4, (i + 1) / 4 % 2, (i + 1) / 4 % 2, (i + 1) % 8, (i + 1) % 8);
  ASSERT_TRUE(replay_text(text, &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.commands, 11);
  EXPECT_EQ(res.reads.matched, 11);
}

/* No ATS here: the command stops the queue, in the recording and in the model. */
TEST_CASE(Rebuild, CommandThatQemuRefused)
{
  struct replay_results res;

  ASSERT_TRUE(replay_text(
    BOOT P "smmuv3_cmdq_consume prod=1 cons=0 prod.wrap=0 cons.wrap=0\n" P
           "smmuv3_cmdq_opcode <--- SMMU_CMD_ATC_INV\n" P
           "smmuv3_cmdq_consume_error Error on SMMU_CMD_ATC_INV command execution: 1\n" P
           "smmuv3_cmdq_consume_out prod:1, cons:0, prod_wrap:0, cons_wrap:0 \n" P
           "smmuv3_write_mmio addr: 0x98 val:0x1 size: 0x4(0)\n" P
           "smmuv3_read_mmio addr: 0x9c val:0x1000000 size: 0x4(0)\n" P
           "smmuv3_read_mmio addr: 0x60 val:0x1 size: 0x4(0)\n",
    &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.recorded_commands.replayed, 0);
  EXPECT_EQ(res.reads.matched, 2);
}

TEST_CASE(Rebuild, CommandThatIsNotConsumedIsADifference)
{
  struct replay_results res;

  ASSERT_TRUE(replay_text(BOOT P
                          "smmuv3_cmdq_consume prod=1 cons=0 prod.wrap=0 cons.wrap=0\n" P
                          "smmuv3_cmdq_opcode <--- SMMU_CMD_TLBI_NSNH_ALL\n" P
                          "smmuv3_cmdq_consume_out prod:1, cons:1, prod_wrap:0, cons_wrap:0 \n",
                          &res));
  EXPECT_EQ(res.commands, 0);
  EXPECT_EQ(res.recorded_commands.mismatched, 1);
  EXPECT_STREQ(res.first_divergence.what, "command");
}

/* Commands made from a bare log against the ring as it lay in memory: every word but those the log
 * cannot tell (SYNC's attributes, the stream of a PREFETCH, the leaf bit of CFGI). */
TEST_CASE(Rebuild, CommandsFromTheLogEqualTheRing)
{
  struct replay_options opt = { .tlb_profile = "none" };
  struct trace_drops drops = { 0 };
  struct trace_source *source;
  struct trace_reader *reader;
  struct trace_snapshot *snap;
  struct trace_error err;
  struct trace_line line;
  struct replay *r;
  unsigned compared = 0;
  char path[600];

  ASSERT_EQ(snapshot_open(&snap, kit_recorded("F-vfio-edu-faults"), 0, &drops, &err), 0);
  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_recorded("F-vfio-edu-faults"));
  ASSERT_EQ(trace_source_open(&source, path, &err), 0);
  ASSERT_EQ(trace_reader_create(&reader, source), 0);
  ASSERT_EQ(replay_create(&r, &opt, &err), 0);
  while (trace_reader_next(reader, &line) && line.line_no <= snap->log_lines)
    replay_feed(r, &line);
  for (uint64_t slot = 0; slot < snap->cmdq.slots; slot++) {
    const uint64_t *word = snapshot_ring_slot(&snap->cmdq, slot);
    uint64_t addr = snap->cmdq.base + 16 * slot;
    unsigned opcode;

    ASSERT_NOT_NULL(word);
    opcode = (unsigned)(word[0] & 0xff);
    EXPECT_EQ(engine_memory_load64(replay_get_memory(r), addr) & 0xff, opcode);
    if (opcode == 0x46 || opcode == 0x01)
      continue;
    compared++;
    EXPECT_EQ(engine_memory_load64(replay_get_memory(r), addr), word[0]);
    if (opcode != 0x03 && opcode != 0x05)
      EXPECT_EQ(engine_memory_load64(replay_get_memory(r), addr + 8), word[1]);
  }
  EXPECT_GT(compared, 20);
  replay_destroy(r);
  trace_reader_destroy(reader);
  snapshot_close(snap);
}

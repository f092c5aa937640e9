/* Counter groups on engines: hand-counted programs read back through the registers, on the fast path,
 * in steps and in time; interrupts and MSIs as software sees them. IHI 0070 10.2.1, 10.3, 10.5. */
#include <stdio.h>
#include <string.h>

#include "shim/rig.h"
#include "smmu/pmcg.h"

enum { SPAN = 0x20000000, GROUP = 0x20000, PAGE1 = 0x10000 };
#define MAX48 0xffffffffffffull

/* ---- either engine ---- */

static bool is_now(const struct rig *rig)
{
  return rig_is_now(rig->host);
}

static uint64_t get(struct rig *rig, uint64_t offset, unsigned bytes)
{
  return is_now(rig) ? engine_now_pmcg_read(rig->engine, offset, bytes)
                     : engine_timed_pmcg_read(rig_timed(rig), offset, bytes);
}

static void put(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  if (is_now(rig))
    engine_now_pmcg_write(rig->engine, offset, value, bytes);
  else
    engine_timed_pmcg_write(rig_timed(rig), offset, value, bytes);
}

struct heard {
  struct rig *rig;
  unsigned count[3];
  uint64_t time, word; /* the MSI's target as the line was raised */
};

static void hear(void *ctx, unsigned group, uint64_t time)
{
  struct heard *heard = ctx;

  heard->count[group]++;
  heard->time = time;
  heard->word = engine_memory_load64(heard->rig->memory, RIG_MSI);
}

/* A group for the whole SMMU, and one for each of two TBUs. */
static void give_groups(struct rig *rig, struct heard *heard)
{
  struct smmu_pmcg_config groups[3];
  int rc;

  smmu_pmcg_config_neutral(&groups[0], &rig->config, SMMU_PMCG_WHOLE);
  smmu_pmcg_config_neutral(&groups[1], &rig->config, 0);
  smmu_pmcg_config_neutral(&groups[2], &rig->config, 1);
  *heard = (struct heard){ .rig = rig };
  if (is_now(rig)) {
    rc = engine_now_set_pmcgs(rig->engine, groups, 3);
    engine_now_set_pmcg_signal(rig->engine, hear, heard);
  } else {
    rc = engine_timed_set_pmcgs(rig_timed(rig), groups, 3);
    engine_timed_set_pmcg_signal(rig_timed(rig), hear, heard);
  }
  EXPECT_EQ(rc, SMMU_OK);
}

/* A machine of two TBUs, with groups; false on other engines. */
static bool begin(struct rig *rig, struct heard *heard)
{
  struct smmu_config device;

  if (!is_now(rig) && !rig_timed(rig))
    return false;
  smmu_config_neutral(&device);
  device.tbus = 2;
  rig_restart(rig, &device);
  give_groups(rig, heard);
  return true;
}

static void count(struct rig *rig, unsigned group, unsigned n, unsigned event, uint32_t flags,
                  uint32_t match)
{
  put(rig, group * GROUP + 0x400 + 4 * n, flags | event, 4);
  put(rig, group * GROUP + 0xa00 + 4 * n, match, 4);
  put(rig, group * GROUP + 0xc00, 1ull << n, 8);
  put(rig, group * GROUP + 0xe04, 1, 4);
}

static void count_all(struct rig *rig, unsigned group, unsigned n, unsigned event)
{
  count(rig, group, n, event, SPAN, 0xffffffff);
}

static uint64_t counter(struct rig *rig, unsigned group, unsigned n)
{
  return get(rig, group * GROUP + PAGE1 + 8 * n, 8);
}

/* ---- a program counted by hand ---- */

/* Neutral device: 4 KB pages, 39 bits, so three levels: a table of the first level, one of the second,
 * and pages. STE and CD are one read each, from a linear Stream table. */
ENGINE_TEST(PmcgEngine, CountersAgreeWithAHandCountedProgram)
{
  static const uint64_t expected[6] = { 6, 3, 1, 5, 2, 1 };
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  for (unsigned n = 0; n < 5; n++)
    count_all(rig, 0, n, n + 1);
  count_all(rig, 0, 5, 0x8f);
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  rig_map(rig, SID, 0x2000, 0x30002000, RIG_R);
  rig_read(rig, SID, 0x1000);  /* misses all: 2 structures, 3 descriptors */
  rig_read(rig, SID, 0x1008);  /* a micro-TLB hit */
  rig_read(rig, SID, 0x2000);  /* a miss that the walk cache helps: 1 descriptor */
  rig_write(rig, SID, 0x2000); /* a hit whose access is denied: terminated */
  rig->tbu = 1;
  rig_read(rig, SID, 0x1000); /* another micro-TLB, the same main TLB */
  rig->tbu = 0;
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000 leaf=1; SYNC");
  rig_read(rig, SID, 0x1000); /* gone: 1 descriptor, its table is still known */
  for (unsigned n = 0; n < 6; n++) {
    if (counter(rig, 0, n) != expected[n])
      ADD_TEST_FAILURE("counter %u is %u, not %u", n, (unsigned)counter(rig, 0, n),
                       (unsigned)expected[n]);
  }
}

ENGINE_TEST(PmcgEngine, OurOwnEventsAgreeWithAHandCountedProgram)
{
  static const unsigned events[10] = { 0x80, 0x81, 0x82, 0x83, 0x84, 0x87, 0x88, 0x8a, 0x8b, 0x8c };
  static const uint64_t expected[10] = { 1, 4, 1, 3, 2, 4, 1, 2, 1, 3 };
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  for (unsigned n = 0; n < 10; n++)
    count_all(rig, 0, n, events[n]);
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_read(rig, SID, 0x1000);
  rig->tbu = 1;
  rig_read(rig, SID, 0x1000);
  rig->tbu = 0;
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000 leaf=1; SYNC"); /* two micro-TLBs and the main TLB */
  rig_read(rig, SID, 0x1000);
  rig_read(rig, SID, 0x5000); /* not mapped: an event record */
  for (unsigned n = 0; n < 10; n++) {
    if (counter(rig, 0, n) != expected[n])
      ADD_TEST_FAILURE("event 0x%x is %u, not %u", events[n], (unsigned)counter(rig, 0, n),
                       (unsigned)expected[n]);
  }
}

ENGINE_TEST(PmcgEngine, EachTbuCountsItsOwn)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  for (unsigned group = 1; group < 3; group++) {
    count_all(rig, group, 0, 1);
    count_all(rig, group, 1, 2);
    count_all(rig, group, 2, 0x80);
  }
  count_all(rig, 0, 0, 1);
  count_all(rig, 0, 1, 2);
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  for (unsigned i = 0; i < 3; i++)
    rig_read(rig, SID, 0x1000);
  rig->tbu = 1;
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(counter(rig, 1, 0), 3);
  EXPECT_EQ(counter(rig, 1, 1), 1);
  EXPECT_EQ(counter(rig, 1, 2), 2);
  EXPECT_EQ(counter(rig, 2, 0), 1);
  EXPECT_EQ(counter(rig, 2, 1), 1); /* asked the TCU, which knew */
  EXPECT_EQ(counter(rig, 2, 2), 0);
  EXPECT_EQ(counter(rig, 0, 0), 4);
  EXPECT_EQ(counter(rig, 0, 1), 1);
}

ENGINE_TEST(PmcgEngine, FiltersTellStreamsApart)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  for (uint32_t sid = 2; sid < 8; sid++) {
    rig_stream(rig, sid, &(struct rig_stream){ .asid = (uint16_t)(20 + sid) });
    rig_map(rig, sid, 0x1000, 0x30001000, RIG_RW);
  }
  count(rig, 0, 0, 1, 0, 5);
  count(rig, 0, 1, 1, SPAN, 5); /* 0b101: 4 to 7 */
  count(rig, 0, 2, 4, 0, 5);
  count(rig, 0, 3, 0x80, 0, 5);
  for (uint32_t sid = 2; sid < 8; sid++) {
    rig_read(rig, sid, 0x1000);
    rig_read(rig, sid, 0x1000);
  }
  EXPECT_EQ(counter(rig, 0, 0), 2);
  EXPECT_EQ(counter(rig, 0, 1), 8);
  EXPECT_EQ(counter(rig, 0, 2), 3);
  EXPECT_EQ(counter(rig, 0, 3), 1);
}

ENGINE_TEST(PmcgEngine, TransactionsCountWhileTheSmmuIsOff)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  count_all(rig, 0, 0, 1);
  rig_set_cr0(rig, 0);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(counter(rig, 0, 0), 1);
}

STALL_TEST(PmcgEngine, AStalledTransactionThatIsTriedAgainCountsAgain)
{
  struct heard heard;
  uint64_t words[4];
  char text[64];

  if (!is_now(rig) && !rig_timed(rig))
    return;
  rig_restart_stalling(rig, 8);
  give_groups(rig, &heard);
  for (unsigned n = 0; n < 5; n++)
    count_all(rig, 0, n, n + 1);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED); /* nothing at level 1 */
  EXPECT_EQ(counter(rig, 0, 0), 1);
  EXPECT_EQ(counter(rig, 0, 3), 1);
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  ASSERT_EQ(rig_event(rig, words), 0x10u);
  snprintf(text, sizeof text, "RESUME sid=%d stag=%d action=1", SID, (int)(words[1] & 0xffff));
  rig_cmds(rig, text);
  EXPECT_EQ(counter(rig, 0, 0), 2);
  EXPECT_EQ(counter(rig, 0, 1), 2);
  EXPECT_EQ(counter(rig, 0, 2), 1); /* its configuration was cached by then */
  EXPECT_EQ(counter(rig, 0, 3), 1 + 3);
  EXPECT_EQ(counter(rig, 0, 4), 2);
}

/* ---- interrupts ---- */

ENGINE_TEST(PmcgEngine, OverflowWritesItsMsiAndRaisesItsLine)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  count_all(rig, 1, 3, 1);
  put(rig, GROUP + PAGE1 + 8 * 3, MAX48 - 1, 8);
  put(rig, GROUP + 0xc40, 1u << 3, 8);
  put(rig, GROUP + 0xe58, RIG_MSI, 8);
  put(rig, GROUP + 0xe60, 0xabcd, 4);
  put(rig, GROUP + 0xe50, 1, 4);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(heard.count[1], 0u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0);
  rig_read(rig, SID, 0x1000); /* on the fast path of `now`, too */
  EXPECT_EQ(heard.count[1], 1u);
  EXPECT_EQ(heard.count[0] + heard.count[2], 0u);
  EXPECT_EQ(heard.word & 0xffffffff, 0xabcd); /* the MSI came first */
  EXPECT_EQ(get(rig, GROUP + PAGE1 + 0xc80, 8), 1u << 3);
}

ENGINE_TEST(PmcgEngine, MsiIntoNowhereShowsAsAborted)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  engine_memory_inject_abort(rig->memory, RIG_MSI, 8, true);
  count_all(rig, 0, 0, 1);
  put(rig, PAGE1, MAX48, 8);
  put(rig, 0xc40, 1, 8);
  put(rig, 0xe58, RIG_MSI, 8);
  put(rig, 0xe50, 1, 4);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(heard.count[0], 1u); /* the wire has no memory in its way */
  EXPECT_EQ(get(rig, 0xe68, 4), 1);
}

ENGINE_TEST(PmcgEngine, ClockInterruptsAtItsTime)
{
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  count_all(rig, 0, 0, 0);
  put(rig, 0xc40, 1, 8);
  put(rig, 0xe50, 1, 4);
  if (is_now(rig)) {
    engine_now_set_time(rig->engine, 10000);
    put(rig, PAGE1, MAX48 - 99, 8);
    EXPECT_EQ(engine_now_pmcg_next_time(rig->engine), 110000);
    engine_now_set_time(rig->engine, 500000);
    EXPECT_EQ(heard.time, 110000);
  } else {
    struct engine_timed *e = rig_timed(rig);
    uint64_t start = engine_timed_now(e) / 1000 * 1000;

    put(rig, PAGE1, MAX48 - 99, 8);
    EXPECT_EQ(engine_timed_next_time(e), ENGINE_NEVER); /* it keeps nobody from rest */
    EXPECT_EQ(engine_timed_pmcg_next_time(e), start + 100000);
    engine_timed_run_until(e, ENGINE_NEVER);
    EXPECT_EQ(heard.count[0], 0u);
    engine_timed_run_until(e, start + 99999);
    EXPECT_EQ(heard.count[0], 0u);
    engine_timed_run_until(e, start + 1000000);
    EXPECT_EQ(heard.time, start + 100000);
    EXPECT_EQ(engine_timed_now(e), start + 1000000);
  }
  EXPECT_EQ(heard.count[0], 1u);
  EXPECT_GT(counter(rig, 0, 0), 0);
}

/* ---- they change nothing ---- */

ENGINE_TEST(PmcgEngine, HooksSeeTheSameRecordsBesideThem)
{
  static struct smmu_record before[RIG_RECORDS];
  struct smmu_config device;
  struct heard heard;
  unsigned n = 0;

  if (!is_now(rig) && !rig_timed(rig))
    return;
  for (unsigned with = 0; with < 2; with++) {
    smmu_config_neutral(&device);
    device.tbus = 2;
    rig_restart(rig, &device);
    if (with)
      begin(rig, &heard);
    rig_stream(rig, SID, NULL);
    rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
    rig_watch(rig);
    rig_read(rig, SID, 0x1000);
    rig_read(rig, SID, 0x1000);
    rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
    rig_read(rig, SID, 0x3000);
    if (!with)
      memcpy(before, rig->record, (n = rig->n_records) * sizeof before[0]);
  }
  ASSERT_EQ(rig->n_records, n);
  for (unsigned i = 0; i < n; i++) {
    EXPECT_EQ(rig->record[i].category, before[i].category);
    EXPECT_EQ(rig->record[i].sid, before[i].sid);
    EXPECT_EQ(rig->record[i].slot, before[i].slot);
  }
}

ENGINE_TEST(PmcgEngine, GroupsAreGivenOnceAndMustBeSound)
{
  struct smmu_config device;
  struct smmu_pmcg_config bad;
  struct heard heard;

  if (!begin(rig, &heard))
    return;
  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&bad, &device, SMMU_PMCG_WHOLE);
  if (is_now(rig)) {
    EXPECT_EQ(engine_now_set_pmcgs(rig->engine, &bad, 1), SMMU_ERR_BADARG);
    EXPECT_EQ(engine_now_pmcg(rig->engine, 2)->config.tbu, 1);
    EXPECT_NULL(engine_now_pmcg(rig->engine, 3));
  } else {
    EXPECT_EQ(engine_timed_set_pmcgs(rig_timed(rig), &bad, 1), SMMU_ERR_BADARG);
    EXPECT_EQ(engine_timed_pmcg(rig_timed(rig), 2)->config.tbu, 1);
    EXPECT_NULL(engine_timed_pmcg(rig_timed(rig), 3));
  }
  EXPECT_EQ(get(rig, 3 * GROUP + 0xe00, 4), 0);
  put(rig, 3 * GROUP + 0xe04, 1, 4);
  rig_restart(rig, &device);
  bad.counters = 0;
  EXPECT_EQ(is_now(rig) ? engine_now_set_pmcgs(rig->engine, &bad, 1)
                        : engine_timed_set_pmcgs(rig_timed(rig), &bad, 1),
            SMMU_ERR_BADCFG);
  EXPECT_EQ(get(rig, 0xe00, 4), 0);
}

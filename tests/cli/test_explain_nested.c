/* explain on a machine of our own: stage 1 behind stage 2, substreams, holes. The folder holds a
 * snapshot and no log. Stage 2 maps IPA page n to 0x40010000 + n pages; CD and stage 1 tables lie
 * behind it. IHI 0070 5.2, 5.4; Arm ARM D8.3. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/structs.h"
#include "kit.h"
#include "shim/gtest_c.h"
#include "smmu/config.h"

enum { LINES = 32, WORDS = 8, SHIFT = 12 };

#define RAM      0x40000000ULL
#define STRTAB   RAM
#define S2_L1    (RAM + 0x1000)
#define S2_L2    (RAM + 0x2000)
#define S2_L3    (RAM + 0x3000)
#define BEHIND   (RAM + 0x10000) /* where IPA 0 is */
#define CD_IPA   0x1000ULL
#define S1_L1    0x2000ULL
#define S1_L2    0x3000ULL
#define S1_L3    0x4000ULL
#define PAGE_IPA 0x8000ULL
#define S2_ATTRS 0x7ffULL /* valid page, Normal write-back, readable, writable, ISH, AF */
#define S1_ATTRS 0xf47ULL /* valid page, attribute 1, user read and write, ISH, AF, nG */

struct image {
  struct {
    uint64_t address, word[WORDS];
  } line[LINES];
  unsigned count;
  uint32_t idr0, idr3, idr5; /* bits to turn over */
};

static void store(struct image *m, uint64_t address, uint64_t value)
{
  uint64_t base = address & ~63ULL;
  unsigned i = 0;

  while (i < m->count && m->line[i].address != base)
    i++;
  if (i == m->count && i < LINES)
    m->line[m->count++].address = base;
  m->line[i % LINES].word[address % 64 / 8] = value;
}

static void store_all(struct image *m, uint64_t address, const uint64_t words[WORDS])
{
  for (unsigned i = 0; i < WORDS; i++)
    store(m, address + 8 * i, words[i]);
}

/* Physical address of an IPA. */
static uint64_t behind(uint64_t ipa)
{
  return BEHIND + ipa;
}

static void make_machine(struct image *m)
{
  uint64_t ste[WORDS] = { 0 }, cd[WORDS] = { 0 };

  memset(m, 0, sizeof(*m));
  FPUT(STE, V, ste, 1);
  FPUT(STE, Config, ste, 7);
  FPUT(STE, S1ContextPtr, ste, CD_IPA >> 6);
  FPUT(STE, S2VMID, ste, 5);
  FPUT(STE, S2T0SZ, ste, 25);
  FPUT(STE, S2SL0, ste, 1);
  FPUT(STE, S2PS, ste, 5);
  FPUT(STE, S2AA64, ste, 1);
  FPUT(STE, S2R, ste, 1);
  FPUT(STE, S2TTB, ste, S2_L1 >> 4);
  store_all(m, STRTAB + 64, ste);
  store(m, S2_L1, S2_L2 | 3);
  store(m, S2_L2, S2_L3 | 3);
  for (uint64_t page = 1; page <= 8; page++)
    store(m, S2_L3 + 8 * page, (BEHIND + (page << SHIFT)) | S2_ATTRS);
  FPUT(CD, V, cd, 1);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, T0SZ, cd, 25);
  FPUT(CD, EPD1, cd, 1);
  FPUT(CD, IPS, cd, 5);
  FPUT(CD, A, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, ASID, cd, 9);
  FPUT(CD, TTB0, cd, S1_L1 >> 4);
  FPUT(CD, MAIR0, cd, 0xff00);
  store_all(m, behind(CD_IPA), cd);
  store(m, behind(S1_L1), S1_L2 | 3);
  store(m, behind(S1_L2), S1_L3 | 3);
  store(m, behind(S1_L3) + 8, PAGE_IPA | S1_ATTRS);
}

static bool write_machine(const struct image *m, const char *folder)
{
  char text[16384] = "", json[2048];
  struct smmu_config cfg;
  size_t length = 0;

  for (unsigned i = 0; i < m->count; i++) {
    length +=
      (size_t)snprintf(text + length, sizeof(text) - length, "0x%" PRIx64 ":", m->line[i].address);
    for (unsigned w = 0; w < WORDS; w++)
      length +=
        (size_t)snprintf(text + length, sizeof(text) - length, " %016" PRIx64, m->line[i].word[w]);
    length += (size_t)snprintf(text + length, sizeof(text) - length, "\n");
  }
  smmu_config_neutral(&cfg);
  snprintf(
    json, sizeof(json),
    "{ \"log_lines\": 0, \"registers\": { \"IDR0\": %u, \"IDR1\": %u, \"IDR3\": %u, \"IDR5\": %u, "
    "\"CR0\": 1, \"STRTAB_BASE\": \"0x%llx\", \"STRTAB_BASE_CFG\": 2 }, \"register_offsets\": { "
    "\"IDR0\": 0, \"IDR1\": 4, \"IDR3\": 12, \"IDR5\": 20, \"CR0\": 32, \"STRTAB_BASE\": 128, "
    "\"STRTAB_BASE_CFG\": 136 } }",
    cfg.idr[0] ^ m->idr0, cfg.idr[1], cfg.idr[3] ^ m->idr3, cfg.idr[5] ^ m->idr5, STRTAB);
  return cli_write_file(folder, "snap0.json", json) &&
         cli_write_file(folder, "snap0_mem.txt.zst", text) &&
         cli_write_file(folder, "snap0_regions.csv",
                        "kind,base,size,note\nall,0x40000000,0x20000,\n");
}

/* What explain says of this machine, or NULL. */
static json_t *explain(const struct image *m, const char *options)
{
  char folder[64], args[256];
  json_t *root = NULL;
  int exit_code = -1;

  if (!cli_make_folder(folder))
    return NULL;
  if (write_machine(m, folder)) {
    snprintf(args, sizeof(args), "explain --sid 1 --iova 0x1234 --json %s %s", options, folder);
    root = cli_json(args, &exit_code);
    EXPECT_EQ(exit_code, 0);
  }
  cli_remove_folder(folder);
  return root;
}

static unsigned count_steps(const json_t *root, const char *what, const char *purpose)
{
  json_t *step;
  unsigned count = 0;
  size_t i;

  json_array_foreach(cli_at(root, "steps"), i, step)
  {
    count +=
      strcmp(cli_text(step, "what"), what) == 0 && strcmp(cli_text(step, "for"), purpose) == 0;
  }
  return count;
}

TEST_CASE(ExplainNested, ShowsWhatEachStage2WalkIsFor)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/status"), "ok");
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x40018234");
  EXPECT_EQ(count_steps(root, "STE", ""), 1);
  EXPECT_EQ(count_steps(root, "S2_DESC", "CD"), 3);
  EXPECT_EQ(count_steps(root, "CD", ""), 1);
  EXPECT_EQ(count_steps(root, "S2_DESC", "S1_DESC"), 9);
  EXPECT_EQ(count_steps(root, "S1_DESC", ""), 3);
  EXPECT_EQ(count_steps(root, "S2_DESC", "IOVA"), 3);
  EXPECT_EQ(json_array_size(cli_at(root, "steps")), 20);
  /* The CD: an IPA from the STE, its physical address from stage 2. */
  EXPECT_STREQ(cli_text(root, "steps/4/ipa"), "0x1000");
  EXPECT_STREQ(cli_text(root, "steps/4/address"), "0x40011000");
  EXPECT_STREQ(cli_text(root, "steps/4/base"), "0x1000");
  /* The last stage 1 descriptor, and the IPA it gives. */
  EXPECT_STREQ(cli_text(root, "steps/16/ipa"), "0x4008");
  EXPECT_STREQ(cli_text(root, "steps/16/base"), "0x4000");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/16/means"), "4 KiB page at IPA 0x8000: user rw");
  EXPECT_STREQ(cli_text(root, "steps/19/ipa"), "0x8234");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/19/means"), "4 KiB page at 0x40018000");
  json_decref(root);
}

TEST_CASE(ExplainNested, Stage2FaultNamesStageAndIpa)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  store(&m, S2_L3 + 8 * 8, 0);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_TRANSLATION");
  EXPECT_EQ(json_integer_value(cli_at(root, "result/stage")), 2);
  EXPECT_STR_CONTAINS(cli_text(root, "result/record_text"), "s2=1");
  EXPECT_STR_CONTAINS(cli_text(root, "result/record_text"), "ipa=0x8000");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/19/means"), "invalid");
  json_decref(root);
}

TEST_CASE(ExplainNested, WalkOfTheContextDescriptorCanFaultToo)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  store(&m, S2_L3 + 8 * 1, 0);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_TRANSLATION");
  EXPECT_EQ(json_array_size(cli_at(root, "steps")), 4);
  EXPECT_STREQ(cli_text(root, "steps/3/for"), "CD");
  json_decref(root);
}

TEST_CASE(ExplainNested, MissingMemoryIsSaidToBeMissing)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  store(&m, S2_L2, 0x50000000 | 3);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_WALK_EABT");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/3/means"), "no memory here");
  EXPECT_EQ(json_array_size(cli_at(root, "steps/3/words")), 0);
  json_decref(root);
}

TEST_CASE(ExplainNested, PermissionsOfBothStagesCount)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  store(&m, S2_L3 + 8 * 8, (BEHIND + 0x8000) | (S2_ATTRS & ~0x80ULL)); /* S2AP: read only */
  root = explain(&m, "--write");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_PERMISSION");
  EXPECT_EQ(json_integer_value(cli_at(root, "result/stage")), 2);
  json_decref(root);
}

/* 128 substreams in two levels: SubstreamID 65 is entry 1 of the second leaf table. */
static void use_substreams(struct image *m)
{
  uint64_t ste[WORDS] = { 0 }, cd[WORDS];

  FPUT(STE, V, ste, 1);
  FPUT(STE, Config, ste, 5);
  FPUT(STE, S1Fmt, ste, 1);
  FPUT(STE, S1CDMax, ste, 7);
  FPUT(STE, S1ContextPtr, ste, (RAM + 0x4000) >> 6);
  store_all(m, STRTAB + 64, ste);
  store(m, RAM + 0x4000 + 8, (RAM + 0x5000) | 1);
  for (unsigned i = 0; i < WORDS; i++)
    cd[i] = 0;
  FPUT(CD, V, cd, 1);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, T0SZ, cd, 25);
  FPUT(CD, EPD1, cd, 1);
  FPUT(CD, IPS, cd, 5);
  FPUT(CD, A, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, TTB0, cd, (RAM + 0x6000) >> 4);
  store_all(m, RAM + 0x5000 + 64, cd);
  store(m, RAM + 0x6000, (RAM + 0x7000) | 3);
  store(m, RAM + 0x7000, (RAM + 0x8000) | 3);
  store(m, RAM + 0x8000 + 8, 0x51234000ULL | S1_ATTRS);
}

TEST_CASE(ExplainNested, SubstreamGoesThroughBothLevelsOfContextDescriptors)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  use_substreams(&m);
  root = explain(&m, "--ssid 65");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x51234234");
  EXPECT_STREQ(cli_text(root, "ssid"), "0x41");
  EXPECT_STREQ(cli_text(root, "steps/1/what"), "L1CD");
  EXPECT_EQ(json_integer_value(cli_at(root, "steps/1/index")), 1);
  EXPECT_STREQ(cli_text(root, "steps/2/what"), "CD");
  EXPECT_EQ(json_integer_value(cli_at(root, "steps/2/index")), 1);
  EXPECT_STREQ(cli_text(root, "steps/2/base"), "0x40005000");
  json_decref(root);
}

TEST_CASE(ExplainNested, SubstreamWithoutContextDescriptorIsBad)
{
  struct image m;
  json_t *root;

  make_machine(&m);
  use_substreams(&m);
  root = explain(&m, "--ssid 3");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "C_BAD_SUBSTREAMID");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/1/means"), "invalid");
  json_decref(root);
}

TEST_CASE(ExplainNested, BypassAndAbortNeedNoTables)
{
  static const char *const status[] = { "ok", "abort" };
  static const uint64_t config[] = { 4, 0 };

  for (unsigned i = 0; i < 2; i++) {
    uint64_t ste[WORDS] = { 0 };
    struct image m;
    json_t *root;

    make_machine(&m);
    FPUT(STE, V, ste, 1);
    FPUT(STE, Config, ste, config[i]);
    store_all(&m, STRTAB + 64, ste);
    root = explain(&m, "");
    ASSERT_NOT_NULL(root);
    EXPECT_STREQ(cli_text(root, "result/status"), status[i]);
    EXPECT_EQ(json_array_size(cli_at(root, "steps")), 1);
    if (i == 0)
      EXPECT_STREQ(cli_text(root, "result/pa"), "0x1234");
    else
      EXPECT_TRUE(json_is_null(cli_at(root, "result/event")));
    json_decref(root);
  }
}

/* Stage 1 of 52 bits from level -1: the tables of the usual machine, two more levels above them. */
static void make_wide(struct image *m)
{
  uint64_t ste[WORDS] = { 0 }, cd[WORDS] = { 0 };

  memset(m, 0, sizeof(*m));
  m->idr5 = 1u << 7 | 1u << 10 | (5 ^ 6); /* DS, VAX, OAS 52 instead of 48 */
  m->idr3 = 1u << 13;                     /* E0PD */
  FPUT(STE, V, ste, 1);
  FPUT(STE, Config, ste, 5);
  FPUT(STE, SHCFG, ste, 2);
  FPUT(STE, S1ContextPtr, ste, (RAM + 0x4000) >> 6);
  store_all(m, STRTAB + 64, ste);
  FPUT(CD, V, cd, 1);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, T0SZ, cd, 12);
  FPUT(CD, DS, cd, 1);
  FPUT(CD, SH0, cd, 3);
  FPUT(CD, EPD1, cd, 1);
  FPUT(CD, IPS, cd, 6);
  FPUT(CD, A, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, TTB0, cd, (RAM + 0x5000) >> 4);
  FPUT(CD, MAIR0, cd, 0xee);
  store_all(m, RAM + 0x4000, cd);
  store(m, RAM + 0x5000, (RAM + 0x6000) | 3);
  store(m, RAM + 0x6000, (RAM + 0x7000) | 3);
  store(m, RAM + 0x7000, (RAM + 0x8000) | 3);
  store(m, RAM + 0x8000, (RAM + 0x9000) | 3);
  /* Output 0xd000040018000: bits 49:48 in their place, 51:50 in bits 9:8. */
  store(m, RAM + 0x9000 + 8, 0x1000040018000 | 3 << 8 | 0x443);
}

TEST_CASE(ExplainNested, ShowsLevelMinusOneAnd52BitAddresses)
{
  struct image m;
  json_t *root;

  make_wide(&m);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/pa"), "0xd000040018234");
  EXPECT_EQ(json_array_size(cli_at(root, "steps")), 7);
  EXPECT_STR_CONTAINS(cli_text(root, "steps/0/means"), "SHCFG 2");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/1/means"),
                      "52-bit input, 52-bit output, 4 KiB granule, from level -1 (DS)");
  EXPECT_EQ(json_integer_value(cli_at(root, "steps/2/level")), -1);
  EXPECT_STR_CONTAINS(cli_text(root, "steps/2/title"), "level -1");
  EXPECT_STREQ(cli_text(root, "steps/6/section"), "Arm ARM D8.3");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/6/means"), "4 KiB page at 0xd000040018000");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/6/means"), "Normal write-back (read allocation)");
  EXPECT_STREQ(cli_text(root, "result/shareability"), "inner shareable");
  json_decref(root);
}

TEST_CASE(ExplainNested, SaysWhenE0pdMayBeTheReason)
{
  struct image m;
  json_t *root;
  uint64_t cd1 = 0;

  make_wide(&m);
  for (unsigned i = 0; i < m.count; i++) {
    if (m.line[i].address == RAM + 0x4000)
      cd1 = m.line[i].word[1];
  }
  store(&m, RAM + 0x4008, cd1 | 1 << 2);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_TRANSLATION");
  EXPECT_STR_CONTAINS(cli_text(root, "result/reason"), "E0PD");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/1/means"), "E0PD");
  json_decref(root);
}

TEST_CASE(ExplainNested, ReadsBigEndianTables)
{
  struct image m;
  json_t *root;

  make_wide(&m);
  m.idr0 = 2u << 21; /* TTENDIAN 0 */
  for (unsigned i = 0; i < m.count; i++) {
    if (m.line[i].address == RAM + 0x4000)
      m.line[i].word[0] |= 1 << 15; /* ENDI */
    for (unsigned w = 0; m.line[i].address >= RAM + 0x5000 && w < WORDS; w++)
      m.line[i].word[w] = __builtin_bswap64(m.line[i].word[w]);
  }
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/pa"), "0xd000040018234");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/1/means"), "big-endian");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/2/means"), "table at 0x40006000");
  json_decref(root);
}

TEST_CASE(ExplainNested, NamesWhatS2fwbMakesOfALeaf)
{
  uint64_t ste[WORDS] = { 0 };
  struct image m;
  json_t *root;

  make_machine(&m);
  m.idr3 = 1u << 8;
  for (unsigned w = 0; w < WORDS; w++)
    ste[w] = m.line[0].word[w];
  ASSERT_EQ(m.line[0].address, STRTAB + 64);
  FPUT(STE, S2FWB, ste, 1);
  store_all(&m, STRTAB + 64, ste);
  store(&m, S2_L3 + 8 * 8, (BEHIND + 0x8000) | (S2_ATTRS & ~0x3cULL) | 6 << 2);
  root = explain(&m, "");
  ASSERT_NOT_NULL(root);
  EXPECT_STR_CONTAINS(cli_text(root, "steps/0/means"), "S2FWB");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/19/means"), "write-back, whatever comes in");
  EXPECT_STREQ(cli_text(root, "result/memory_type"), "Normal write-back");
  json_decref(root);
}

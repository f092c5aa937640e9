/* Entries that invalidations removed, and those that none had asked for. */
#include "arch/cmd.h"
#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3 };

/* A command that the device has read; consumed in another call. */
static void half(unsigned category, unsigned queue, const char *text)
{
  struct smmu_record r = { .category = (uint8_t)category, .unit = (uint16_t)queue };
  uint64_t words[2];
  char why[128];

  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("%s: %s", text, why);
  r.addr_out = words[0];
  r.word = words[1];
  seq_put(s, &r);
}

static void drop(void)
{
  seq_cache(s, SMMU_TRACE_DROP, 0xffff, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, PAGE << 12, 0);
}

/* A page has come into the TLB. */
static void start(void)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
  seq_walk(s, 0, PAGE);
}

/* A page is in the TLB, a command is read, the page goes, the command is consumed. */
static void page_goes_under(const char *command)
{
  start();
  seq_respond(s, 0, PAGE);
  half(SMMU_TRACE_FETCH, 0, command);
  drop();
  half(SMMU_TRACE_COMMAND, 0, command);
  watch_get_counts(s->watch, &s->counts);
  seq_stop(s);
}

TEST_CASE(Unasked, WhatACommandCoversWasAskedFor)
{
  static const char *const commands[] = { "TLBI_NH_VA asid=7 va=0x3000", "TLBI_NH_ASID asid=7",
                                          "TLBI_NH_VA asid=7 va=0x2000 num=1 tg=1", "TLBI_NH_ALL",
                                          "TLBI_NSNH_ALL" };

  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    page_goes_under(commands[i]);
    EXPECT_EQ(s->counts.removed, 1);
    EXPECT_EQ(s->counts.unasked, 0);
  }
}

TEST_CASE(Unasked, AnotherAddressAsidOrVmidDidNotAsk)
{
  static const char *const commands[] = { "TLBI_NH_VA asid=7 va=0x4000",
                                          "TLBI_NH_VA asid=8 va=0x3000",
                                          "TLBI_NH_VA asid=7 vmid=1 va=0x3000",
                                          "TLBI_NH_ASID asid=8",
                                          "TLBI_S2_IPA ipa=0x3000",
                                          "TLBI_EL2_ALL",
                                          "CFGI_STE sid=0x20" };

  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    page_goes_under(commands[i]);
    EXPECT_EQ(s->counts.removed, 1);
    EXPECT_EQ(s->counts.unasked, 1);
  }
}

/* Any of the commands under way may be the one; a consumed one is not. */
TEST_CASE(Unasked, AnotherQueueMayHaveAsked)
{
  start();
  half(SMMU_TRACE_FETCH, 1, "TLBI_NH_ASID asid=7");
  half(SMMU_TRACE_FETCH, 0, "TLBI_NH_ASID asid=8");
  drop();
  half(SMMU_TRACE_COMMAND, 1, "TLBI_NH_ASID asid=7");
  seq_walk(s, 0, PAGE);
  drop();
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.removed, 2);
  EXPECT_EQ(s->counts.unasked, 1);
  seq_stop(s);
}

/* A guest knows its own VMID as 0; its queue's hardware puts the real one there. */
TEST_CASE(Unasked, AQueueOfAGuestMayMeanAnotherVmid)
{
  start();
  half(SMMU_TRACE_FETCH, 1, "TLBI_NH_ASID asid=7 vmid=9");
  drop();
  half(SMMU_TRACE_COMMAND, 1, "TLBI_NH_ASID asid=7 vmid=9");
  seq_walk(s, 0, PAGE);
  half(SMMU_TRACE_FETCH, 1, "TLBI_NH_ASID asid=8 vmid=9");
  drop();
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.removed, 2);
  EXPECT_EQ(s->counts.unasked, 1);
  seq_stop(s);
}

/* Without a command under way somebody else asked: an initialisation of the caches. */
TEST_CASE(Unasked, NobodyUnderWayIsNobodyToBlame)
{
  start();
  drop();
  half(SMMU_TRACE_FETCH, 0, "SYNC");
  seq_walk(s, 0, PAGE);
  drop();
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.removed, 2);
  EXPECT_EQ(s->counts.unasked, 0);
  seq_stop(s);
}

static uint64_t config_goes_under(const char *command)
{
  start();
  half(SMMU_TRACE_FETCH, 0, command);
  seq_cfg_cache(s, SMMU_TRACE_DROP, 0xffff, 0);
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.removed, 1);
  seq_stop(s);
  return s->counts.unasked;
}

TEST_CASE(Unasked, AConfigurationIsAskedForByItsStreamAndItsCd)
{
  EXPECT_EQ(config_goes_under("CFGI_STE sid=0x20"), 0);
  EXPECT_EQ(config_goes_under("CFGI_STE_RANGE sid=0x20 range=3"), 0);
  EXPECT_EQ(config_goes_under("CFGI_CD sid=0x20"), 0);
  EXPECT_EQ(config_goes_under("CFGI_CD_ALL sid=0x20"), 0);
  EXPECT_EQ(config_goes_under("CFGI_STE sid=0x21"), 1);
  EXPECT_EQ(config_goes_under("CFGI_CD sid=0x20 ssid=1"), 1);
  EXPECT_EQ(config_goes_under("CFGI_STE_RANGE sid=0x40 range=3"), 1);
  EXPECT_EQ(config_goes_under("TLBI_NSNH_ALL"), 1);
}

/* A stream that passes has no CD, and what is kept of it is no business of CFGI_CD. */
TEST_CASE(Unasked, AConfigurationWithoutCdIsNotAskedForByCfgiCd)
{
  seq_start(s);
  seq_tables(s);
  seq_submit(s, 0, PAGE << 12);
  seq_cfg_cache(s, SMMU_TRACE_MISS, 0, 0);
  seq_read(s, 0, SMMU_READ_STE, SEQ_STE, 9, 0);
  seq_cfg_cache(s, SMMU_TRACE_FILL, 0, 0);
  half(SMMU_TRACE_FETCH, 0, "CFGI_CD sid=0x20");
  seq_cfg_cache(s, SMMU_TRACE_DROP, 0xffff, 0);
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.removed, 1);
  EXPECT_EQ(s->counts.unasked, 1);
  seq_stop(s);
}

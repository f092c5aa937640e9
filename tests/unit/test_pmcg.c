/* What a counter group counts: records by hand, one rule a case. Numbers are those of the text. IHI
 * 0070 10.2, 10.2.1, 10.3, 10.4. */
#include <string.h>

#include "shim/gtest_c.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum { ALL = 0x20000000 }; /* FILTER_SID_SPAN; with all ones in SMR: any StreamID */

static struct smmu_pmcg_config cfg;
static struct smmu_pmcg p;

static void neutral(unsigned tbu)
{
  struct smmu_config device;

  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&cfg, &device, tbu);
  cfg.relocated = 0;
  cfg.sid_bits = 32;
  cfg.ats = 1;
  cfg.msi = 1;
}

static void start(void)
{
  ASSERT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_OK);
  smmu_pmcg_write(&p, 0xe04, 1, 4, 0);
}

static void put(uint64_t offset, uint64_t value, unsigned bytes)
{
  smmu_pmcg_write(&p, offset, value, bytes, p.now);
  smmu_pmcg_invariant(&p);
}

/* Counter n counts `event`, filtered by EVTYPER's upper bits and SMR. */
static void set(unsigned n, unsigned event, uint32_t flags, uint32_t match)
{
  put(0x400 + 4 * n, flags | event, 4);
  put(0xa00 + 4 * n, match, 4);
  put(0xc00, 1ull << n, 8);
}

static void set_all(unsigned n, unsigned event)
{
  set(n, event, ALL, 0xffffffff);
}

static uint64_t get(unsigned n)
{
  return smmu_pmcg_read(&p, cfg.counter_bits > 32 ? 8 * n : 4 * n, cfg.counter_bits > 32 ? 8 : 4,
                        p.now);
}

static void tell(struct smmu_record r)
{
  smmu_pmcg_record(&p, &r);
  smmu_pmcg_invariant(&p);
}

static void submit(unsigned slot, uint32_t sid, unsigned tbu, unsigned kind)
{
  tell((struct smmu_record){ .category = SMMU_TRACE_SUBMIT,
                             .actor = (uint16_t)slot,
                             .sid = sid,
                             .unit = (uint16_t)tbu,
                             .phase = (uint8_t)kind });
}

static void reads(unsigned slot, uint32_t sid, unsigned what, unsigned purpose)
{
  tell((struct smmu_record){ .category = SMMU_TRACE_READ,
                             .actor = (uint16_t)slot,
                             .sid = sid,
                             .info = (uint8_t)what,
                             .phase = (uint8_t)purpose });
}

static void looks_up(unsigned category, unsigned slot, unsigned cache, uint32_t tbu, unsigned entry)
{
  tell((struct smmu_record){ .category = (uint8_t)category,
                             .actor = (uint16_t)slot,
                             .sid = tbu,
                             .unit = (uint16_t)cache,
                             .phase = (uint8_t)entry });
}

static void responds(unsigned slot, uint32_t sid, unsigned tbu, unsigned status)
{
  tell((struct smmu_record){ .category = SMMU_TRACE_RESPOND,
                             .actor = (uint16_t)slot,
                             .sid = sid,
                             .unit = (uint16_t)tbu,
                             .result = (uint16_t)status });
}

/* ---- enables ---- */

TEST_CASE(Pmcg, CounterRunsWithBothEnablesAndItsEvent)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 1);
  set_all(1, 1);
  set_all(2, 2);
  put(0xc20, 2, 8); /* counter 1 is off */
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 1);
  EXPECT_EQ(get(1), 0);
  EXPECT_EQ(get(2), 0);
  put(0xe04, 0, 4);
  submit(1, 5, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 1);
  put(0xe04, 1, 4);
  submit(2, 5, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 2);
  put(0x400, ALL | 2, 4); /* another event from here on */
  submit(3, 5, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 2);
}

TEST_CASE(Pmcg, UnknownEventsCountNothing)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 8);
  set_all(1, 0x7f);
  set_all(2, 0x90);
  set_all(3, 0x101); /* not event 1 */
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  responds(0, 5, 0, SMMU_STATUS_ABORT);
  for (unsigned n = 0; n < 4; n++)
    EXPECT_EQ(get(n), 0);
}

/* ---- events ---- */

TEST_CASE(Pmcg, TransactionsOfEachKindCountOnceAndTheSmmusOwnDoNot)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 1);
  set_all(1, 6);
  set_all(2, 7);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  submit(1, 5, 0, SMMU_TXN_ATS_REQUEST);
  submit(2, 5, 0, SMMU_TXN_ATS_TRANSLATED);
  submit(3, 5, 0, SMMU_TXN_ATS_TRANSLATED);
  submit(4, 5, 0, SMMU_TXN_PREFETCH);
  submit(5, 5, 0, SMMU_TXN_ATOS);
  submit(6, 5, 0, SMMU_TXN_PAGE_HINT);
  EXPECT_EQ(get(0), 4);
  EXPECT_EQ(get(1), 1);
  EXPECT_EQ(get(2), 2);
}

TEST_CASE(Pmcg, WithoutAtsItsEventsAreNotThere)
{
  neutral(SMMU_PMCG_WHOLE);
  cfg.ats = 0;
  start();
  set_all(0, 6);
  set_all(1, 7);
  submit(0, 5, 0, SMMU_TXN_ATS_REQUEST);
  submit(1, 5, 0, SMMU_TXN_ATS_TRANSLATED);
  EXPECT_EQ(get(0) + get(1), 0);
}

TEST_CASE(Pmcg, ATransactionMissesTheTlbOnceHoweverMuchItWalks)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 2);
  set_all(1, 4);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  looks_up(SMMU_TRACE_MISS, 0, SMMU_CACHE_UTLB, 0, 0);
  looks_up(SMMU_TRACE_MISS, 0, SMMU_CACHE_TLB, 0, 0);
  EXPECT_EQ(get(0), 0); /* not until a table is read */
  reads(0, 5, SMMU_READ_S2_DESC, SMMU_READ_FOR_S1_DESC);
  reads(0, 5, SMMU_READ_S1_DESC, 0);
  reads(0, 5, SMMU_READ_S2_DESC, SMMU_READ_FOR_INPUT);
  EXPECT_EQ(get(0), 1);
  EXPECT_EQ(get(1), 3);
  responds(0, 5, 0, SMMU_STATUS_OK);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  reads(0, 5, SMMU_READ_S1_DESC, 0);
  EXPECT_EQ(get(0), 2);
}

/* An update of flags is an access of the table walker, and no miss of anything. */
TEST_CASE(Pmcg, AnUpdateOfADescriptorIsAnAccessToTables)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 2);
  set_all(1, 4);
  set(2, 4, 0, 6); /* StreamID 6 alone */
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  tell((struct smmu_record){ .category = SMMU_TRACE_UPDATE, .sid = 5, .info = SMMU_READ_S1_DESC });
  EXPECT_EQ(get(0), 0);
  EXPECT_EQ(get(1), 1);
  EXPECT_EQ(get(2), 0);
  tell((struct smmu_record){ .category = SMMU_TRACE_UPDATE, .sid = 6, .info = SMMU_READ_S2_DESC });
  EXPECT_EQ(get(1), 2);
  EXPECT_EQ(get(2), 1);
}

TEST_CASE(Pmcg, AWalkForACdIsNoMissOfTheTlb)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 2);
  set_all(1, 4);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  reads(0, 5, SMMU_READ_S2_DESC, SMMU_READ_FOR_CD);
  EXPECT_EQ(get(0), 0);
  EXPECT_EQ(get(1), 1);
}

TEST_CASE(Pmcg, ConfigurationIsMissedOnceAndEachStructureIsAnAccess)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set_all(0, 3);
  set_all(1, 5);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  looks_up(SMMU_TRACE_MISS, 0, SMMU_CACHE_CFG, 0, 0);
  reads(0, 5, SMMU_READ_L1STD, 0);
  reads(0, 5, SMMU_READ_STE, 0);
  reads(0, 5, SMMU_READ_L1CD, 0);
  reads(0, 5, SMMU_READ_CD, 0);
  EXPECT_EQ(get(0), 1);
  EXPECT_EQ(get(1), 4);
}

TEST_CASE(Pmcg, WhatTheSmmuDoesForItselfCountsAsAccessesAlone)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  for (unsigned event = 1; event <= 5; event++)
    set_all(event, event);
  submit(0, 5, 0, SMMU_TXN_PREFETCH);
  reads(0, 5, SMMU_READ_STE, 0);
  reads(0, 5, SMMU_READ_S1_DESC, 0);
  EXPECT_EQ(get(1) + get(2) + get(3), 0);
  EXPECT_EQ(get(4), 1);
  EXPECT_EQ(get(5), 1);
}

/* 10.3: a transaction that is tried again looks like a new one in every event, or in none. */
TEST_CASE(Pmcg, AStalledTransactionThatBeginsAgainIsANewOne)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  for (unsigned event = 1; event <= 5; event++)
    set_all(event, event);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  for (unsigned turn = 0; turn < 2; turn++) {
    reads(0, 5, SMMU_READ_STE, 0);
    reads(0, 5, SMMU_READ_S1_DESC, 0);
    tell((struct smmu_record){ .category = SMMU_TRACE_FAULT, .sid = 5 });
  }
  responds(0, 5, 0, SMMU_STATUS_ABORT); /* the second fault ends it */
  for (unsigned event = 1; event <= 5; event++)
    EXPECT_EQ(get(event), 2);
}

TEST_CASE(Pmcg, OurOwnEventsCountWhatTheirNamesSay)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  for (unsigned n = 0; n < 16; n++)
    set_all(n, 0x80 + n);
  submit(0, 5, 2, SMMU_TXN_ORDINARY);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_UTLB, 2, SMMU_ENTRY_S1);
  looks_up(SMMU_TRACE_MISS, 0, SMMU_CACHE_UTLB, 2, 0);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, 0, SMMU_ENTRY_S1);
  looks_up(SMMU_TRACE_MISS, 0, SMMU_CACHE_TLB, 0, 0);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_S1);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_S2);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_IPA);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_CFG, 0, 0);
  tell((struct smmu_record){ .category = SMMU_TRACE_EVENT, .sid = 5 });
  tell((struct smmu_record){ .category = SMMU_TRACE_EVENT_LOST, .sid = 5 });
  tell((struct smmu_record){ .category = SMMU_TRACE_COMMAND });
  tell((struct smmu_record){ .category = SMMU_TRACE_SYNC });
  looks_up(SMMU_TRACE_DROP, 0, SMMU_CACHE_TLB, 0, SMMU_ENTRY_S1);
  looks_up(SMMU_TRACE_DROP, 0, SMMU_CACHE_CFG, 0, 0);
  looks_up(SMMU_TRACE_EVICT, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_S1);
  looks_up(SMMU_TRACE_EVICT, 0, SMMU_CACHE_CFG, 0, 0); /* of no event */
  responds(0, 5, 2, SMMU_STATUS_ABORT);
  responds(1, 5, 2, SMMU_STATUS_OK);
  for (unsigned n = 0; n < 16; n++) {
    if (get(n) != 1)
      ADD_TEST_FAILURE("event 0x%x was counted %d times", 0x80 + n, (int)get(n));
  }
}

TEST_CASE(Pmcg, AGroupOfATbuCountsWhatHappensThere)
{
  neutral(1);
  start();
  set_all(0, 1);
  set_all(1, 2);
  set_all(2, 4);
  set_all(3, 0x80);
  set_all(4, 0x8c);
  set_all(5, 0x8f);
  for (unsigned tbu = 0; tbu < 3; tbu++) {
    submit(tbu, 5, tbu, SMMU_TXN_ORDINARY);
    looks_up(SMMU_TRACE_HIT, tbu, SMMU_CACHE_UTLB, tbu, SMMU_ENTRY_S1);
    looks_up(SMMU_TRACE_MISS, tbu, SMMU_CACHE_UTLB, tbu, 0);
    EXPECT_EQ(get(1), tbu >= 1); /* the TCU was asked */
    looks_up(SMMU_TRACE_MISS, tbu, SMMU_CACHE_TLB, 0, 0);
    reads(tbu, 5, SMMU_READ_S1_DESC, 0);
    looks_up(SMMU_TRACE_DROP, 0, SMMU_CACHE_UTLB, tbu, SMMU_ENTRY_S1);
    looks_up(SMMU_TRACE_DROP, 0, SMMU_CACHE_TLB, 0, SMMU_ENTRY_S1);
    responds(tbu, 5, tbu, SMMU_STATUS_RAZWI);
  }
  for (unsigned n = 0; n < 6; n++)
    EXPECT_EQ(get(n), n == 2 ? 0 : 1); /* it has no table walker */
}

TEST_CASE(Pmcg, WithoutMicroTlbEveryTranslationLeavesTheTbu)
{
  neutral(0);
  start();
  set_all(0, 2);
  submit(0, 5, 0, SMMU_TXN_ORDINARY);
  looks_up(SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, 0, SMMU_ENTRY_S1);
  EXPECT_EQ(get(0), 1);
  submit(1, 5, 0, SMMU_TXN_ORDINARY);
  reads(1, 5, SMMU_READ_S1_DESC, 0);
  EXPECT_EQ(get(0), 2);
}

/* ---- filters ---- */

static void one_of_each_sid(uint32_t from, uint32_t to)
{
  for (uint32_t sid = from; sid < to; sid++)
    submit(0, sid, 0, SMMU_TXN_ORDINARY);
}

TEST_CASE(Pmcg, ExactFilterPassesOneStream)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set(0, 1, 0, 0x17);
  set(1, 1, 0, 0xffffffff); /* without SPAN this is a StreamID too */
  one_of_each_sid(0, 0x100);
  EXPECT_EQ(get(0), 1);
  EXPECT_EQ(get(1), 0);
  submit(0, 0x117, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 1);
}

/* The examples of 10.4, and the smallest span. */
TEST_CASE(Pmcg, SpanIgnoresTheLowestZeroAndTheOnesBelowIt)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set(0, 1, ALL, 0x001bf7f7);
  set(1, 1, ALL, 0x001bf7f6);
  set(2, 1, ALL, 0x001bf5ff);
  set(3, 1, ALL, 0x001bf5fe);
  one_of_each_sid(0x001bf000, 0x001bffff);
  EXPECT_EQ(get(0), 16);
  EXPECT_EQ(get(1), 2);
  EXPECT_EQ(get(2), 1024);
  EXPECT_EQ(get(3), 2);
  one_of_each_sid(0x001bf7f0, 0x001bf800);
  EXPECT_EQ(get(0), 32);
  one_of_each_sid(0x001bf7f6, 0x001bf7f8);
  EXPECT_EQ(get(1), 6);
}

TEST_CASE(Pmcg, AllOnesAndAllButTheHighestPassEveryStream)
{
  neutral(SMMU_PMCG_WHOLE);
  cfg.sid_bits = 8;
  start();
  set(0, 1, ALL, 0xffffffff);
  set(1, 1, ALL, 0x7f);
  set(2, 1, ALL, 0x3f);
  one_of_each_sid(0, 256);
  EXPECT_EQ(get(0), 256);
  EXPECT_EQ(get(1), 256);
  EXPECT_EQ(get(2), 128);
  submit(0, 0x1ab, 0, SMMU_TXN_ORDINARY); /* the group knows the low 8 bits alone */
  set(3, 1, 0, 0xab);
  submit(0, 0x2ab, 0, SMMU_TXN_ORDINARY);
  EXPECT_EQ(get(0), 258);
  EXPECT_EQ(get(3), 1);
}

TEST_CASE(Pmcg, OneFilterHoldsForAllCounters)
{
  neutral(SMMU_PMCG_WHOLE);
  cfg.one_filter = 1;
  start();
  set(1, 1, ALL, 0xffffffff);
  set(0, 4, 0, 3);
  one_of_each_sid(2, 8);
  EXPECT_EQ(get(1), 1);
}

TEST_CASE(Pmcg, FiltersHoldForAccessesAndLookupsToo)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set(0, 2, 0, 7);
  set(1, 4, 0, 7);
  set(2, 5, 0, 7);
  set(3, 0x82, 0, 7);
  set(4, 0x88, 0, 7);
  for (uint32_t sid = 6; sid < 9; sid++) {
    submit(sid, sid, 0, SMMU_TXN_ORDINARY);
    reads(sid, sid, SMMU_READ_STE, 0);
    reads(sid, sid, SMMU_READ_S1_DESC, 0);
    looks_up(SMMU_TRACE_HIT, sid, SMMU_CACHE_TLB, 0, SMMU_ENTRY_S1);
    tell((struct smmu_record){ .category = SMMU_TRACE_EVENT, .sid = sid });
  }
  for (unsigned n = 0; n < 5; n++)
    EXPECT_EQ(get(n), 1);
}

TEST_CASE(Pmcg, EventsOfNoStreamAreNeverFilteredOut)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set(0, 0, 0, 3);
  set(1, 0x8a, 0, 3);
  tell((struct smmu_record){ .category = SMMU_TRACE_COMMAND, .time = 5000 });
  EXPECT_EQ(get(0), 5);
  EXPECT_EQ(get(1), 1);
}

TEST_CASE(Pmcg, ALookupOfAnUnknownTransactionPassesFiltersForAllStreams)
{
  neutral(SMMU_PMCG_WHOLE);
  start();
  set(0, 0x83, ALL, 0xffffffff);
  set(1, 0x83, ALL, 0x7fffffff);
  set(2, 0x83, ALL, 0x3fffffff);
  set(3, 0x83, 0, 0);
  looks_up(SMMU_TRACE_MISS, 9, SMMU_CACHE_TLB, 0, 0);
  looks_up(SMMU_TRACE_MISS, 0xffff, SMMU_CACHE_TLB, 0, 0);
  EXPECT_EQ(get(0), 2);
  EXPECT_EQ(get(1), 2);
  EXPECT_EQ(get(2), 0);
  EXPECT_EQ(get(3), 0);
}

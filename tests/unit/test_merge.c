/* Merging of equal records, and events that are kinds of transactions. IHI 0070 3.5.5, 7.3.1, 7.3.2,
 * 7.3.19. */
#include "shim/rig_ats.h"

/* n equal transactions, stepped so that all records meet in the buffer; the choice at a PICK. */
static unsigned records(struct rig *rig, struct smmu_txn first, struct smmu_txn second,
                        unsigned choice)
{
  struct rig_hand h = rig_hand(rig);
  uint64_t words[4][4];
  smmu_actor a, b;

  smmu_submit(rig->device, &first, &a, NULL);
  smmu_submit(rig->device, &second, &b, NULL);
  EXPECT_EQ(rig_finish(&h, a), SMMU_ASK_END);
  while (rig_step(&h, b) != SMMU_ASK_END) {
    if (h.ask[b].kind == SMMU_ASK_PICK) {
      EXPECT_EQ(h.ask[b].key, SMMU_PICK_MERGE);
      EXPECT_EQ(h.ask[b].choices, 2u);
      smmu_step(rig->device, b, &(struct smmu_reply){ .choice = choice }, NULL, &h.ask[b]);
      h.out[b] = h.ask[b].kind == SMMU_ASK_STAGE;
    }
  }
  rig_settle(&h);
  return rig_events(rig, words, 4);
}

static struct smmu_txn at(uint64_t addr)
{
  return (struct smmu_txn){ .sid = SID, .addr = addr };
}

ENGINE_TEST(Merge, EqualEventsOfAStreamWithMevMakeOneRecord)
{
  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(records(rig, at(0x1000), at(0x1000), 1), 1u);
}

ENGINE_TEST(Merge, MergingIsAChoice)
{
  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(records(rig, at(0x1000), at(0x1000), 0), 2u);
}

ENGINE_TEST(Merge, OffsetInThePageMakesNoDifference)
{
  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(records(rig, at(0x1000), at(0x1ff8), 1), 1u);
}

/* Two transactions to one page; whether their records are one. */
static void expect_one(struct rig *rig, struct smmu_txn txn, unsigned type, bool one)
{
  struct smmu_txn second = txn;
  uint64_t words[4];

  second.addr ^= 0xff8;
  EXPECT_EQ(records(rig, txn, second, 1), one ? 1u : 2u);
  rig_dma(rig, txn);
  EXPECT_EQ(rig_event(rig, words), type);
}

/* So it is said of each of these types; 7.3.2 does not say it of F_UUT. */
ENGINE_TEST(Merge, OffsetMakesNoDifferenceToFaultsOfTranslationAndOfAts)
{
  struct smmu_txn write = at(0x3000), translated = at(0x5000), strange = at(0x6000);

  rig_ats(rig, 0);
  STE_SET(rig, SID, MEV, 1);
  rig_set_cr0(rig, 0x1d);
  CD_SET(rig, SID, 0, IPS, 0);
  rig_map(rig, SID, 0x1000, 0x100000000, RIG_RW);
  expect_one(rig, at(0x1000), 0x11, true);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_RW | RIG_NO_AF);
  expect_one(rig, at(0x2000), 0x12, true);
  rig_map(rig, SID, 0x3000, 0x80000, RIG_R);
  write.write = 1;
  expect_one(rig, write, 0x13, true);
  translated.kind = SMMU_TXN_ATS_TRANSLATED;
  expect_one(rig, translated, 0x07, true);
  strange.kind = SMMU_TXN_UNSUPPORTED;
  expect_one(rig, strange, 0x01, false);
  EXPECT_EQ(records(rig, strange, strange, 1), 1u);
  engine_memory_inject_abort(rig->memory,
                             rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x40000000, 1), 8, true);
  expect_one(rig, at(0x40000000), 0x0b, true);
}

ENGINE_TEST(Merge, AnyOtherFieldDoes)
{
  struct smmu_txn other = at(0x1000);

  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(records(rig, at(0x1000), at(0x2000), 1), 2u);
  other.write = 1;
  EXPECT_EQ(records(rig, at(0x1000), other, 1), 2u);
  other.write = 0;
  other.privileged = 1;
  EXPECT_EQ(records(rig, at(0x1000), other, 1), 2u);
}

ENGINE_TEST(Merge, WithoutMevNothingIsMerged)
{
  EXPECT_EQ(records(rig, at(0x1000), at(0x1000), 1), 2u);
}

ENGINE_TEST(Merge, EventsBeforeTheSteMayBeMergedAlways)
{
  struct smmu_txn far = { .sid = 1000 };

  EXPECT_EQ(records(rig, far, far, 1), 1u);
  STE_SET(rig, SID, V, 0);
  EXPECT_EQ(records(rig, at(0x1000), at(0x5000), 1), 1u); /* C_BAD_STE has no address */
}

STALL_TEST(Merge, RecordsOfStallsAreNever)
{
  uint64_t words[4][4];

  rig_restart_stalling(rig, 8);
  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_events(rig, words, 4), 2u);
}

/* The buffer is full, but there is a place for what is merged. */
ENGINE_TEST(Merge, NeedsNoRoom)
{
  struct smmu_config config = rig->config;

  config.events = 1;
  rig_restart(rig, &config);
  STE_SET(rig, SID, MEV, 1);
  EXPECT_EQ(records(rig, at(0x1000), at(0x1000), 1), 1u);
}

/* ---- F_UUT ---- */

ENGINE_TEST(Uut, UnsupportedTransactionsAbortWithARecord)
{
  uint64_t words[4];
  struct smmu_txn txn = { .sid = SID,
                          .addr = 0x1234,
                          .instruction = 1,
                          .privileged = 1,
                          .ssv = 1,
                          .ssid = 5,
                          .kind = SMMU_TXN_UNSUPPORTED };

  STE_SET(rig, SID, PRIVCFG, 2); /* the attributes that came in are told */
  STE_SET(rig, SID, INSTCFG, 2);
  EXPECT_FAULT(rig_dma(rig, txn), F_UUT);
  EXPECT_EQ(rig_event(rig, words), 0x01u);
  EXPECT_EQ(words[0], (uint64_t)SID << 32 | 5 << 12 | 1 << 11 | 0x01);
  EXPECT_EQ(words[1], 7ULL << 33);
  EXPECT_EQ(words[2], 0x1234u);
  EXPECT_EQ(words[3], 0u);
}

ENGINE_TEST(Uut, IsRecordedWithTheSmmuOffToo)
{
  rig_set_reg(rig, OFF_GBPA, 1u << 31); /* bypass */
  rig_set_cr0(rig, 0xc);
  EXPECT_FAULT(rig_dma(rig, (struct smmu_txn){ .sid = 99, .kind = SMMU_TXN_UNSUPPORTED }), F_UUT);
  EXPECT_EQ(rig_event(rig, NULL), 0x01u);
}

/* ---- E_PAGE_REQUEST ---- */

static uint64_t hint(struct rig *rig, struct smmu_txn txn)
{
  uint64_t words[4] = { 0 };

  txn.kind = SMMU_TXN_PAGE_HINT;
  txn.sid = SID;
  txn.addr = 0x12345678;
  EXPECT_EQ(rig_dma(rig, txn).status, SMMU_STATUS_OK);
  EXPECT_EQ(rig_event(rig, words), 0x24u);
  EXPECT_EQ(words[2], 0x12345000u);
  EXPECT_EQ(words[1] >> 44 & 0xff, 1u); /* Span: a page */
  return words[1] >> 32 & 0xfff;
}

ENGINE_TEST(PageRequest, SaysWhatThePageIsFor)
{
  EXPECT_EQ(hint(rig, (struct smmu_txn){ 0 }), 1u << 3);
  EXPECT_EQ(hint(rig, (struct smmu_txn){ .write = 1 }), 1u << 2);
  EXPECT_EQ(hint(rig, (struct smmu_txn){ .instruction = 1 }), 1u << 1);
  EXPECT_EQ(hint(rig, (struct smmu_txn){ .privileged = 1 }), 1u << 7);
  EXPECT_EQ(hint(rig, (struct smmu_txn){ .privileged = 1, .write = 1 }), 1u << 6);
  EXPECT_EQ(hint(rig, (struct smmu_txn){ .privileged = 1, .instruction = 1 }), 1u << 5);
}

ENGINE_TEST(PageRequest, IsDroppedWithTheSmmuOff)
{
  rig_set_cr0(rig, 0xc);
  EXPECT_EQ(rig_dma(rig, (struct smmu_txn){ .sid = SID, .kind = SMMU_TXN_PAGE_HINT }).status,
            SMMU_STATUS_OK);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

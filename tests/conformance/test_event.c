/* Event records as words and as values, against records of a recorded run and records put together
 * by hand. IHI 0070: 7.3. */
#include <string.h>

#include "arch/event.h"
#include "arch/fields.h"
#include "arch/structs.h"
#include "shim/gtest_c.h"

static const struct {
  uint64_t words[4];
  struct smmu_event event;
} records[] = {
#define RECORD(w0, w1, w2, w3, ...) { { w0, w1, w2, w3 }, { __VA_ARGS__ } },
#include "event_words.inc"
#undef RECORD
};

static const struct {
  const char *name;
  unsigned number, model;
} events[] = {
#define OPCODE(name, number)
#define EVENT_NUMBER(name, number) { #name, number, EVENT_##name },
#include "numbers.inc"
#undef OPCODE
#undef EVENT_NUMBER
};

enum {
  RECORDS = sizeof(records) / sizeof(records[0]),
  EVENTS = sizeof(events) / sizeof(events[0])
};

static void expect_same(const struct smmu_event *a, const struct smmu_event *b)
{
  EXPECT_EQ(a->type, b->type);
  EXPECT_EQ(a->ssv, b->ssv);
  EXPECT_EQ(a->sid, b->sid);
  EXPECT_EQ(a->ssid, b->ssid);
  EXPECT_EQ(a->stall, b->stall);
  EXPECT_EQ(a->stag, b->stag);
  EXPECT_EQ(a->pnu, b->pnu);
  EXPECT_EQ(a->ind, b->ind);
  EXPECT_EQ(a->rnw, b->rnw);
  EXPECT_EQ(a->s2, b->s2);
  EXPECT_EQ(a->ttrnw, b->ttrnw);
  EXPECT_EQ(a->nsipa, b->nsipa);
  EXPECT_EQ(a->clss, b->clss);
  EXPECT_EQ(a->input_addr, b->input_addr);
  EXPECT_EQ(a->ipa, b->ipa);
  EXPECT_EQ(a->fetch_addr, b->fetch_addr);
  EXPECT_EQ(a->reason, b->reason);
  EXPECT_EQ(a->gpcf, b->gpcf);
  EXPECT_EQ(a->span, b->span);
  EXPECT_EQ(a->perm, b->perm);
  EXPECT_EQ(a->perm_priv, b->perm_priv);
}

TEST_CASE(ConformanceEvent, NumbersAreThoseOfTheArchitecture)
{
  unsigned named = 0;

  for (unsigned i = 0; i < EVENTS; i++) {
    EXPECT_EQ(events[i].model, events[i].number);
    EXPECT_STREQ(smmu_event_name((uint8_t)events[i].number), events[i].name);
  }
  for (unsigned type = 0; type < 256; type++)
    named += strcmp(smmu_event_name((uint8_t)type), "reserved") != 0;
  EXPECT_EQ(named, EVENTS + 16); /* 0xE0 to 0xEF are IMPLEMENTATION DEFINED */
  EXPECT_STREQ(smmu_event_name(0xE0), "IMPDEF_EVENT");
  EXPECT_STREQ(smmu_event_name(0xEF), "IMPDEF_EVENT");
  EXPECT_STREQ(smmu_event_name(0xF0), "reserved");
}

TEST_CASE(ConformanceEvent, GoldenRecordsEncode)
{
  for (unsigned i = 0; i < RECORDS; i++) {
    uint64_t words[4];

    smmu_event_encode(&records[i].event, words);
    EXPECT_MEMEQ(words, records[i].words, sizeof(words));
  }
}

TEST_CASE(ConformanceEvent, GoldenRecordsDecode)
{
  for (unsigned i = 0; i < RECORDS; i++) {
    struct smmu_event event;

    EXPECT_TRUE(smmu_event_decode(records[i].words, &event));
    expect_same(&event, &records[i].event);
  }
}

TEST_CASE(ConformanceEvent, EveryTypeHasAGoldenRecord)
{
  for (unsigned i = 0; i < EVENTS; i++) {
    bool found = false;

    for (unsigned k = 0; k < RECORDS; k++)
      found |= records[k].event.type == events[i].number;
    if (!found)
      ADD_TEST_FAILURE("%s has no golden record", events[i].name);
  }
}

/* Everything set: only what the type has may reach the record. */
TEST_CASE(ConformanceEvent, AFieldThatATypeDoesNotHaveIsNotWritten)
{
  for (unsigned i = 0; i < EVENTS; i++) {
    struct smmu_event event;
    uint64_t words[4];
    uint64_t stray[4];
    struct smmu_layout layout;

    memset(&event, 0, sizeof(event));
    event = (struct smmu_event){ .type = (uint8_t)events[i].number,
                                 .ssv = true,
                                 .sid = ~0u,
                                 .ssid = ~0u,
                                 .stall = true,
                                 .stag = 0xFFFF,
                                 .pnu = true,
                                 .ind = true,
                                 .rnw = true,
                                 .s2 = true,
                                 .ttrnw = true,
                                 .nsipa = true,
                                 .clss = 0xFF,
                                 .input_addr = ~0ull,
                                 .ipa = ~0ull,
                                 .fetch_addr = ~0ull,
                                 .reason = ~0u,
                                 .gpcf = true,
                                 .span = 0xFF,
                                 .perm = 0xFF,
                                 .perm_priv = 0xFF };
    smmu_event_encode(&event, words);
    ASSERT_TRUE(smmu_layout_by_key(SMMU_LAYOUT_EVENT, events[i].number, &layout));
    if (smmu_layout_stray(&layout, words, stray))
      ADD_TEST_FAILURE("%s got a field it does not have", events[i].name);
  }
}

/* Every bit of every field goes through struct smmu_event and back, alone. */
TEST_CASE(ConformanceEvent, EveryBitOfAFieldSurvivesDecodingAndEncoding)
{
  for (unsigned i = 0; i < EVENTS; i++) {
    struct smmu_layout layout;

    ASSERT_TRUE(smmu_layout_by_key(SMMU_LAYOUT_EVENT, events[i].number, &layout));
    for (unsigned bit = 8; bit < 256; bit++) {
      uint64_t words[4] = { events[i].number }, again[4], stray[4];
      struct smmu_event event;
      bool in_field;

      words[bit / 64] |= 1ull << bit % 64;
      in_field = !smmu_layout_stray(&layout, words, stray);
      EXPECT_TRUE(smmu_event_decode(words, &event));
      smmu_event_encode(&event, again);
      if ((memcmp(words, again, sizeof(words)) == 0) != in_field)
        ADD_TEST_FAILURE("%s bit %u", events[i].name, bit);
    }
  }
}

TEST_CASE(ConformanceEvent, AReservedTypeKeepsItsHeader)
{
  const uint64_t words[4] = { 0x00000009000018E5, ~0ull, ~0ull, ~0ull };
  const struct smmu_event header = { .type = 0xE5, .ssv = true, .ssid = 1, .sid = 9 };
  struct smmu_event event;
  uint64_t again[4];

  EXPECT_FALSE(smmu_event_decode(words, &event));
  expect_same(&event, &header);
  smmu_event_encode(&event, again);
  EXPECT_EQ(again[0], words[0]);
  EXPECT_EQ(again[1] | again[2] | again[3], 0);
}

TEST_CASE(ConformanceEvent, RecordsPrintOnOneLine)
{
  static const uint64_t recorded[4] = { 0x0000002000000010, 0x0000020800000000, 0x876C0024, 0 };
  static const uint64_t full[4] = { ~0ull, ~0ull, ~0ull, ~0ull };
  char text[SMMU_EVENT_TEXT_MAX];

  smmu_event_print(recorded, text, sizeof(text));
  EXPECT_STREQ(text, "F_TRANSLATION sid=0x20 rnw=1 class=2 inputaddr=0x876c0024");
  for (unsigned type = 0; type < 256; type++) {
    uint64_t words[4];

    memcpy(words, full, sizeof(words));
    words[0] = (words[0] & ~0xFFull) | type;
    EXPECT_LT(smmu_event_print(words, text, sizeof(text)), sizeof(text));
  }
}

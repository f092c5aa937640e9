/* The log reader: every event of both QEMU versions, and every way a line can be bad. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "traces/qemu_log.h"

struct example {
  enum trace_kind kind;
  enum trace_event event;
  const char *line, *fields;
};

static const struct example examples[] = {
#define EXAMPLE(kind, event, line, fields) { TRACE_KIND_##kind, TRACE_##event, line, fields },
#include "example_lines.inc"
#undef EXAMPLE
};

enum { EXAMPLE_COUNT = sizeof(examples) / sizeof(examples[0]) };

static void add(char *text, size_t size, const char *name, long long value, bool hex)
{
  size_t len = strlen(text);

  if (value == 0)
    return;
  snprintf(text + len, size - len, hex ? "%s%s=0x%llx" : "%s%s=%lld", len ? " " : "", name, value);
}

/* The fields that are not zero, in alphabetical order. */
static const char *fields_text(const struct trace_line *l)
{
  static char text[400];

  text[0] = '\0';
  add(text, sizeof(text), "addr", (long long)l->addr, true);
  add(text, sizeof(text), "asid", l->asid, false);
  add(text, sizeof(text), "base", (long long)l->base, true);
  add(text, sizeof(text), "code", l->code, true);
  add(text, sizeof(text), "flag", l->flag, false);
  add(text, sizeof(text), "hits", (long long)l->hits, false);
  add(text, sizeof(text), "index", l->index, false);
  add(text, sizeof(text), "level", l->level, false);
  add(text, sizeof(text), "misses", (long long)l->misses, false);
  add(text, sizeof(text), "perm", l->perm, true);
  add(text, sizeof(text), "sid", l->sid, true);
  add(text, sizeof(text), "size", (long long)l->size, true);
  add(text, sizeof(text), "stage", l->stage, false);
  add(text, sizeof(text), "tg", l->tg, false);
  add(text, sizeof(text), "ttl", l->ttl, false);
  add(text, sizeof(text), "value", (long long)l->value, true);
  add(text, sizeof(text), "vmid", l->vmid, false);
  return text;
}

static struct trace_line scan(const char *text)
{
  struct trace_scanner scanner;
  struct trace_line line = { .line_no = 1 };

  trace_scanner_init(&scanner);
  trace_scan(&scanner, text, strlen(text), &line);
  return line;
}

TEST_CASE(Reader, ReadsEveryExampleLine)
{
  for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
    struct trace_line line = scan(examples[i].line);

    if (line.kind != examples[i].kind || line.event != examples[i].event)
      ADD_TEST_FAILURE("kind %u, event %u: %s", line.kind, line.event, examples[i].line);
    EXPECT_STREQ(fields_text(&line), examples[i].fields);
  }
}

TEST_CASE(Reader, ExamplesCoverEveryEventOfTheRecordings)
{
  bool seen[TRACE_EVENT_COUNT] = { false };
  unsigned count = 0;

  for (size_t i = 0; i < EXAMPLE_COUNT; i++)
    seen[examples[i].event] = true;
  for (unsigned i = 1; i < TRACE_EVENT_COUNT; i++)
    count += seen[i];
  EXPECT_EQ(count, 42);
}

TEST_CASE(Reader, TakesPrefixApart)
{
  struct trace_line line = scan("28485@1795162372.194142:smmuv3_cmdq_tlbi_nsnh ");

  EXPECT_EQ(line.pid, 28485);
  EXPECT_EQ(line.time_us, 1795162372194142);
  EXPECT_EQ(line.line_no, 1);
}

/* A known event with any part of its arguments missing or damaged is never taken for a good one. */
TEST_CASE(Reader, EveryPrefixOfALineIsBadOrShorter)
{
  for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
    size_t len = strlen(examples[i].line);
    char *text = strdup(examples[i].line);

    for (size_t cut = len; cut-- > 0;) {
      struct trace_scanner scanner;
      struct trace_line line = { .line_no = 1 };

      text[cut] = '\0';
      trace_scanner_init(&scanner);
      trace_scan(&scanner, text, cut, &line);
      EXPECT_LE(line.kind, TRACE_KIND_NOT_A_TRACE);
    }
    free(text);
  }
}

static enum trace_kind kind_of(const char *text)
{
  return (enum trace_kind)scan(text).kind;
}

TEST_CASE(Reader, TellsDamageApart)
{
  EXPECT_EQ(kind_of("1@2.3:smmu_something_new a=1"), TRACE_KIND_UNKNOWN);
  EXPECT_EQ(kind_of("1@2.3:"), TRACE_KIND_UNKNOWN);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_get_ste STE addr: 0x"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_get_ste STE addr: 0x1 and more"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_get_ste"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_get_ste STE addr: -0x1"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_get_ste STE addr: 0x11112222333344445"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("1@2.3:smmuv3_trigger_irq irq=4294967296"), TRACE_KIND_BAD_FIELDS);
  EXPECT_EQ(kind_of("smmuv3_trigger_irq irq=0"), TRACE_KIND_NOT_A_TRACE);
  EXPECT_EQ(kind_of("1@2:smmuv3_trigger_irq irq=0"), TRACE_KIND_NOT_A_TRACE);
  EXPECT_EQ(kind_of(""), TRACE_KIND_NOT_A_TRACE);
  EXPECT_EQ(kind_of("gpio: something else"), TRACE_KIND_OTHER_TEXT);
  EXPECT_EQ(kind_of("gpio: something\x01"), TRACE_KIND_NOT_A_TRACE);
}

TEST_CASE(Reader, AcceptsCarriageReturns)
{
  EXPECT_EQ(kind_of("1@2.3:smmuv3_trigger_irq irq=0\r"), TRACE_KIND_EVENT);
  EXPECT_EQ(kind_of("1@2.3:smmu_iotlb_inv_all IOTLB invalidate all\r"), TRACE_KIND_EVENT);
}

/* Reads text as a file; returns the lines, their kinds counted. */
static uint64_t read_all(const void *bytes, size_t len, uint64_t *kinds)
{
  struct trace_source *source;
  struct trace_reader *reader;
  struct trace_error err;
  struct trace_line line;
  uint64_t lines = 0;
  FILE *f = fmemopen((void *)(uintptr_t)bytes, len, "rb");

  memset(kinds, 0, 8 * sizeof(*kinds));
  if (!f || trace_source_open_stream(&source, f, "test", &err) != 0 ||
      trace_reader_create(&reader, source) != 0)
    return UINT64_MAX;
  while (trace_reader_next(reader, &line)) {
    lines++;
    kinds[line.kind]++;
    EXPECT_EQ(line.line_no, lines);
  }
  trace_reader_destroy(reader);
  return lines;
}

TEST_CASE(Reader, LastLineWithoutNewlineIsCut)
{
  static const char text[] = "1@2.3:smmuv3_trigger_irq irq=0\n1@2.3:smmuv3_trigger_irq irq=1";
  uint64_t kinds[8];

  EXPECT_EQ(read_all(text, sizeof(text) - 1, kinds), 2);
  EXPECT_EQ(kinds[TRACE_KIND_EVENT], 1);
  EXPECT_EQ(kinds[TRACE_KIND_CUT], 1);
}

TEST_CASE(Reader, OverlongLineIsOneLine)
{
  static const size_t sizes[] = { TRACE_LINE_MAX - 1, TRACE_LINE_MAX, TRACE_LINE_MAX + 1,
                                  5u * TRACE_LINE_MAX, 3u << 20 };
  static const char good[] = "1@2.3:smmuv3_trigger_irq irq=1\n";

  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    size_t len = sizes[i] + 32;
    char *text = malloc(len);
    uint64_t kinds[8];

    memset(text, 'x', len);
    text[sizes[i]] = '\n';
    for (size_t k = 0; good[k]; k++)
      text[sizes[i] + 1 + k] = good[k];
    EXPECT_EQ(read_all(text, len, kinds), 2);
    EXPECT_EQ(kinds[TRACE_KIND_TOO_LONG], sizes[i] > TRACE_LINE_MAX);
    EXPECT_EQ(kinds[TRACE_KIND_EVENT], 1);
    free(text);
  }
}

TEST_CASE(Reader, SurvivesRandomBytes)
{
  static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
  uint64_t seed = 20261, kinds[8];

  TEST_NOTE("seed %" PRIu64, seed);
  for (int round = 0; round < 200; round++) {
    unsigned char bytes[4096];

    for (size_t i = 0; i < sizeof(bytes); i++)
      bytes[i] = (unsigned char)kit_random(&seed);
    if (round % 2) /* a zstd head over nonsense */
      memcpy(bytes, magic, sizeof(magic));
    EXPECT_LT(read_all(bytes, sizeof(bytes), kinds), 4096);
  }
}

TEST_CASE(Reader, ReadsTheRecordedRunWithoutALeftOver)
{
  struct trace_source *source;
  struct trace_reader *reader;
  struct trace_error err;
  struct trace_line line;
  uint64_t kinds[8] = { 0 };
  char path[600];

  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_recorded("F-vfio-edu-faults"));
  ASSERT_EQ(trace_source_open(&source, path, &err), 0);
  ASSERT_EQ(trace_reader_create(&reader, source), 0);
  while (trace_reader_next(reader, &line))
    kinds[line.kind]++;
  EXPECT_NULL(trace_source_damage(source));
  trace_reader_destroy(reader);
  EXPECT_EQ(kinds[TRACE_KIND_EVENT], 12380);
  EXPECT_EQ(kinds[TRACE_KIND_MESSAGE], 895);
  EXPECT_EQ(kinds[TRACE_KIND_OTHER_TEXT], 2);
}

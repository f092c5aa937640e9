/* The .smt format: what is written comes back, and what is wrong is told with its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

enum { HASH_AT = 56, RECORDS = 3000 };

static uint64_t draw(uint64_t *state)
{
  uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

/* Every bit of every field, as far as the rules of its category let it. */
static struct smmu_record random_record(uint64_t *state)
{
  struct smmu_record r = { 0 };
  unsigned char *bytes = (unsigned char *)&r;

  for (unsigned i = 0; i < sizeof(r); i++)
    bytes[i] = (unsigned char)draw(state);
  memset(r.spare, 0, sizeof(r.spare));
  r.category = (uint8_t)(draw(state) % SMMU_TRACE_SPAN);
  return r;
}

static int open_writer(struct smt_writer **w, const char *path, const struct smt_names *names,
                       struct trace_error *err)
{
  static const char config[] = "run.seed: 7\n# \xc2\xb5 and a tab\t.\n";

  return smt_writer_create(w, path,
                           &(struct smt_head){ .build = "0.1.0 (abc)",
                                               .config = config,
                                               .config_len = strlen(config),
                                               .seed = 0x1122334455667788,
                                               .names = *names },
                           err);
}

static const char *const forms[] = { "plain", "zst" };

PARAM_TEST_CASE(Smt, EveryFieldOfEveryRecordComesBack, forms, 2)
{
  uint64_t write_state = 1, read_state = 1;
  struct smt_reader *reader;
  struct smmu_record record, expected;
  struct kit k;
  unsigned n = 0;
  int rc;

  kit_open(&k);
  kit_finish(&k);
  unlink(k.path);
  snprintf(k.path, sizeof(k.path), "%s/trace.smt%s", k.folder, param ? ".zst" : "");
  ASSERT_EQ(open_writer(&k.writer, k.path, &k.names, &k.err), 0);
  for (unsigned i = 0; i < RECORDS; i++) {
    record = random_record(&write_state);
    smt_writer_record(k.writer, &record);
  }
  EXPECT_EQ(smt_writer_records(k.writer), RECORDS);
  kit_finish(&k);
  ASSERT_EQ(smt_reader_open(&reader, k.folder, &k.err), 0);
  for (; (rc = smt_reader_next(reader, &record, &k.err)) > 0; n++) {
    expected = random_record(&read_state);
    ASSERT_MEMEQ(&record, &expected, sizeof(record));
  }
  EXPECT_EQ(rc, 0);
  EXPECT_EQ(n, RECORDS);
  EXPECT_NULL(smt_reader_cut(reader));
  smt_reader_close(reader);
  kit_close(&k);
}

PARAM_TEST_CASE(Smt, HeadComesBack, forms, 2)
{
  const struct smt_head *head;
  struct smt_reader *reader;
  struct kit k;

  kit_open(&k);
  kit_finish(&k);
  unlink(k.path);
  snprintf(k.path, sizeof(k.path), "%s/trace.smt%s", k.folder, param ? ".zst" : "");
  ASSERT_EQ(open_writer(&k.writer, k.path, &k.names, &k.err), 0);
  kit_finish(&k);
  ASSERT_EQ(smt_reader_open(&reader, k.folder, &k.err), 0);
  head = smt_reader_head(reader);
  EXPECT_STREQ(head->build, "0.1.0 (abc)");
  EXPECT_STREQ(head->config, "run.seed: 7\n# \xc2\xb5 and a tab\t.\n");
  EXPECT_EQ(head->config_len, strlen(head->config));
  EXPECT_EQ(head->seed, 0x1122334455667788);
  ASSERT_EQ(head->names.count, k.names.count);
  for (size_t i = 0; i < k.names.count; i++) {
    EXPECT_EQ(head->names.name[i].kind, k.names.name[i].kind);
    EXPECT_EQ(head->names.name[i].number, k.names.name[i].number);
    EXPECT_STREQ(head->names.name[i].text, k.names.name[i].text);
  }
  smt_reader_close(reader);
  kit_close(&k);
}

/* Byte for byte, as FORMAT.md says: a reader in another language relies on it. */
TEST_CASE(Smt, LayoutIsTheDocumentedOne)
{
  static const unsigned char head[56] = {
    0x89, 'S', 'M', 'T', '\r', '\n', 0x1a, '\n',
    1,    0,   0,   0,   4,    3,    2,    1, /* mark, version, order */
    64,   0,   0,   0,   1,    0,    0,    0,
    2,    0,   0,   0,   1,    0,    0,    0, /* record, build, config, names */
    18,   0,   0,   0,   0,    0,    0,    0,
    9,    0,   0,   0,   0,    0,    0,    0x80, /* bytes of names, 0, seed */
    0,    0,   0,   0,   0,    0,    0,    0
  };
  static const unsigned char rest[64] = { 'b', '-', '\n', 1, 0, 0, 0, 2, 0,   0,  0,
                                          15,  0,   0,    0, 0, 0, 0, 0, 'h', 'i' };
  static const unsigned char record[64] = { 1,    2,  3,  4,  5,  6,  7,  8,  11, 12, 13, 14, 15,
                                            16,   17, 18, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32,
                                            33,   34, 35, 36, 37, 38, 41, 42, 43, 44, 45, 46, 47,
                                            48,   51, 52, 53, 54, 55, 56, 57, 58, 61, 62, 15, 63,
                                            0xff, 64, 71, 72, 73, 74, 75, 0,  0,  0,  0,  0 };
  struct smmu_record r = { .time = 0x0807060504030201,
                           .addr_in = 0x1211100f0e0d0c0b,
                           .addr_out = 0x1c1b1a1918171615,
                           .word = 0x262524232221201f,
                           .sid = 0x2c2b2a29,
                           .ssid = 0x302f2e2d,
                           .slot = 0x36353433,
                           .asid = 0x3837,
                           .vmid = 0x3a39,
                           .actor = 0x3e3d,
                           .category = 15,
                           .phase = 63,
                           .level = -1,
                           .perm = 64,
                           .result = 0x4847,
                           .unit = 0x4a49,
                           .info = 75 };
  struct smt_head h = {
    .build = "b", .config = "-\n", .config_len = 2, .seed = 0x8000000000000009
  };
  unsigned char *bytes;
  struct kit k;
  size_t len;

  kit_open(&k);
  kit_finish(&k);
  EXPECT_EQ(smt_names_add(&h.names, SMT_CATEGORY, 15, "hi"), 0);
  ASSERT_EQ(smt_writer_create(&k.writer, k.path, &h, &k.err), 0);
  smt_writer_record(k.writer, &r);
  kit_finish(&k);
  bytes = kit_bytes(k.path, &len);
  ASSERT_EQ(len, 192);
  EXPECT_MEMEQ(bytes, head, sizeof(head));
  EXPECT_MEMEQ(bytes + 64, rest, sizeof(rest));
  EXPECT_MEMEQ(bytes + 128, record, sizeof(record));
  free(bytes);
  smt_names_free(&h.names);
  kit_close(&k);
}

TEST_CASE(Smt, RewoundReaderGivesTheSameRecords)
{
  struct smt_reader *reader;
  struct smmu_record first, again;
  struct kit k;

  kit_open(&k);
  for (unsigned i = 0; i < 5000; i++)
    kit_sleep(&k, 0, 10 * i, 10 * i + 5);
  kit_finish(&k);
  ASSERT_EQ(smt_reader_open(&reader, k.path, &k.err), 0);
  ASSERT_EQ(smt_reader_next(reader, &first, &k.err), 1);
  while (smt_reader_next(reader, &again, &k.err) > 0)
    continue;
  ASSERT_EQ(smt_reader_rewind(reader, &k.err), 0);
  EXPECT_EQ(smt_reader_records(reader), 0);
  ASSERT_EQ(smt_reader_next(reader, &again, &k.err), 1);
  EXPECT_MEMEQ(&again, &first, sizeof(first));
  smt_reader_close(reader);
  kit_close(&k);
}

/* ---- cut ---- */

/* What reading bytes gave. */
struct outcome {
  int rc; /* of smt_reader_next(), or of opening */
  bool cut;
  uint64_t records, hash;
  struct trace_error err;
};

/* In memory: some tests read thousands of variants. */
static struct outcome read_bytes(const unsigned char *bytes, size_t len)
{
  struct outcome o = { .err = { "" } };
  FILE *stream = len ? fmemopen((void *)(uintptr_t)bytes, len, "rb") : fopen("/dev/null", "rb");
  struct smt_reader *reader;
  struct smmu_record record;

  o.rc = smt_reader_open_stream(&reader, stream, "bytes.smt", &o.err);
  if (o.rc)
    return o;
  while ((o.rc = smt_reader_next(reader, &record, &o.err)) > 0) {
    o.records++;
    o.hash = (o.hash ^ record.time ^ record.word) * 0x9e3779b97f4a7c15ULL;
  }
  o.cut = smt_reader_cut(reader) != NULL;
  smt_reader_close(reader);
  return o;
}

/* The bytes of a recording of n records; to be freed. */
static unsigned char *some_records(unsigned n, bool compress, size_t *len)
{
  unsigned char *bytes;
  struct trace_error err;
  struct kit k;

  kit_open(&k);
  if (compress) {
    kit_finish(&k);
    unlink(k.path);
    snprintf(k.path, sizeof(k.path), "%s/trace.smt.zst", k.folder);
    EXPECT_EQ(open_writer(&k.writer, k.path, &k.names, &err), 0);
  }
  for (uint64_t i = 0; i < n; i++)
    kit_sleep(&k, 0, i * i, i * i + i);
  kit_finish(&k);
  bytes = kit_bytes(k.path, len);
  kit_close(&k);
  return bytes;
}

TEST_CASE(Smt, CutLastRecordIsLeftOutAndReported)
{
  size_t len;
  unsigned char *bytes = some_records(3, false, &len);

  for (size_t missing = 1; missing <= 64; missing++) {
    struct outcome o = read_bytes(bytes, len - missing);

    EXPECT_EQ(o.rc, 0);
    EXPECT_EQ(o.records, 2);
    EXPECT_EQ(o.cut, missing < 64);
  }
  free(bytes);
}

TEST_CASE(Smt, CutHeadIsAnErrorWithItsPlace)
{
  size_t len;
  unsigned char *bytes = some_records(3, false, &len);

  for (size_t at = 0; at < len - 192; at++) {
    struct outcome o = read_bytes(bytes, at);
    char place[64];

    EXPECT_EQ(o.rc, SMMU_ERR_FORMAT);
    snprintf(place, sizeof(place), "offset %zu: the file ends here", at);
    EXPECT_STR_CONTAINS(o.err.text, place);
  }
  free(bytes);
}

TEST_CASE(Smt, CompressedRecordingCutAnywhereIsReported)
{
  size_t len;
  unsigned char *bytes = some_records(30000, true, &len);

  ASSERT_GT(len, 4096);
  for (size_t at = 5; at < len; at += 1 + len / 50) {
    struct outcome o = read_bytes(bytes, at);

    if (o.rc == 0)
      EXPECT_TRUE(o.cut);
    else
      EXPECT_STR_CONTAINS(o.err.text, "the file ends here");
  }
  free(bytes);
}

/* ---- wrong ---- */

static const char *const wrong[] = { "magic",    "version", "order",         "record",
                                     "build",    "config",  "names",         "names-len",
                                     "reserved", "kind",    "order-of-names" };
static const struct {
  size_t at;
  unsigned char byte;
  const char *text[2];
} wrong_bytes[] = {
  { 0, 'S', { "offset 0: found byte 0x53, expected 0x89", ".smt recording" } },
  { 8, 2, { "offset 8: the version is 2", "expected 1" } },
  { 12, 1, { "offset 12: the byte order mark", "little-endian" } },
  { 16, 72, { "offset 16: the size of a record is 72", "expected 64" } },
  { 22, 1, { "offset 20: the length of the build is 6", "at most 255" } },
  { 27, 9, { "offset 24: the length of the configuration is", "at most 16777216" } },
  { 31, 9, { "offset 28: the number of names is", "at most 65536" } },
  { 35, 9, { "offset 32: the length of the names is", "17 to 271 bytes" } },
  { 48, 1, { "offset 48: an unused word is 1", "expected 0" } },
  { 71, 77, { "offset 71: the kind of a name is 77", "1 to 12" } },
  { 79, 5, { "a name's number is 1 ", "in order of kind and number" } },
};

PARAM_TEST_CASE(Smt, WrongByteOfTheHeadIsNamed, wrong, 11)
{
  size_t len;
  unsigned char *bytes = some_records(3, false, &len);
  struct outcome o;

  bytes[wrong_bytes[param].at] = wrong_bytes[param].byte;
  o = read_bytes(bytes, len);
  EXPECT_EQ(o.rc, SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(o.err.text, "bytes.smt: ");
  EXPECT_STR_CONTAINS(o.err.text, wrong_bytes[param].text[0]);
  EXPECT_STR_CONTAINS(o.err.text, wrong_bytes[param].text[1]);
  free(bytes);
}

TEST_CASE(Smt, EveryFlippedBitOfTheHeadIsNoticed)
{
  size_t len;
  unsigned char *bytes = some_records(3, false, &len);
  unsigned silent = 0;

  for (size_t bit = 0; bit < 8 * (len - 192); bit++) {
    bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    silent += read_bytes(bytes, len).rc == 0;
    bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
  }
  EXPECT_EQ(silent, 0);
  free(bytes);
}

static const char *const rules[] = { "category", "unused", "end",  "arrival",
                                     "stage",    "cost",   "note", "operation" };

/* A record that breaks one rule; where in it the reader must point. */
static size_t break_rule(struct kit *k, int rule, struct smmu_record *r)
{
  uint64_t n = 0;

  memset(r, 0, sizeof(*r));
  r->category = SMMU_TRACE_SPAN;
  r->time = 5;
  r->word = 9;
  switch (rule) {
  case 0: r->category = 200; return 50;
  case 1: r->spare[0] = 1; return 62;
  case 2: r->word = 4; return 24;
  case 3: r->addr_in = 6; return 0;
  case 4: r->phase = 99; return 51;
  case 5: r->category = SMMU_TRACE_CHARGE; return 54;
  case 6: r->category = SMMU_TRACE_NOTE; return 54;
  default:
    r->category = SMMU_TRACE_NOTE;
    (void)smt_names_number(&k->names, SMT_NOTE, "begin", &n);
    r->result = (uint16_t)n;
    return 8;
  }
}

PARAM_TEST_CASE(Smt, RecordThatCannotBeIsAnErrorWithItsPlace, rules, 8)
{
  struct smmu_record r;
  unsigned char *bytes;
  struct outcome o;
  char place[64];
  struct kit k;
  size_t len, where;

  kit_open(&k);
  kit_sleep(&k, 0, 1, 2);
  where = break_rule(&k, param, &r);
  smt_writer_record(k.writer, &r);
  kit_sleep(&k, 0, 1, 2);
  kit_finish(&k);
  bytes = kit_bytes(k.path, &len);
  o = read_bytes(bytes, len);
  EXPECT_EQ(o.rc, SMMU_ERR_FORMAT);
  EXPECT_EQ(o.records, 1);
  snprintf(place, sizeof(place), "offset %zu: record 2: ", len - 128 + where);
  EXPECT_STR_CONTAINS(o.err.text, place);
  EXPECT_STR_CONTAINS(o.err.text, "expected ");
  free(bytes);
  kit_close(&k);
}

/* Flips that change no record (of the window's size, say) may pass. */
TEST_CASE(Smt, DamagedCompressedDataNeverGiveOtherRecords)
{
  size_t len;
  unsigned char *bytes = some_records(300, true, &len);
  struct outcome whole = read_bytes(bytes, len);
  unsigned noticed = 0;

  EXPECT_EQ(whole.records, 300);
  for (size_t at = 4; at < len; at++) {
    struct outcome o;

    bytes[at] ^= 0x10;
    o = read_bytes(bytes, len);
    bytes[at] ^= 0x10;
    noticed += o.rc != 0 || o.cut;
    if (o.rc == 0 && !o.cut && (o.records != whole.records || o.hash != whole.hash))
      ADD_TEST_FAILURE("byte %zu: other records, and no error", at);
  }
  EXPECT_GT(noticed, len - 40);
  free(bytes);
}

/* The .smt writer where it fails, and the names of a head. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static const char *const forms[] = { "plain", "zst" };

PARAM_TEST_CASE(SmtWriter, FullDiskComesOutWhenTheWriterCloses, forms, 2)
{
  struct smt_head head = { .build = "" };
  struct smt_writer *w;
  struct trace_error err;
  struct smmu_record r = { 0 };
  FILE *stream = fopen("/dev/full", "wb");
  uint64_t state = 1;

  ASSERT_NOT_NULL(stream);
  ASSERT_EQ(smt_writer_create_stream(&w, stream, "/dev/full", param == 1, &head, &err), 0);
  for (unsigned i = 0; i < 100000; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    r.time = state;
    smt_writer_record(w, &r);
  }
  EXPECT_EQ(smt_writer_error(w), SMMU_ERR_IO);
  EXPECT_EQ(smt_writer_close(w, &err), SMMU_ERR_IO);
  EXPECT_STREQ(err.text, "/dev/full: cannot be written: No space left on device");
}

/* What fits into buffers fails no earlier than at the end, and does fail there. */
PARAM_TEST_CASE(SmtWriter, FullDiskIsNoticedForTheLastRecordToo, forms, 2)
{
  struct smt_head head = { .build = "" };
  struct smt_writer *w;
  struct trace_error err;
  FILE *stream = fopen("/dev/full", "wb");

  ASSERT_NOT_NULL(stream);
  ASSERT_EQ(smt_writer_create_stream(&w, stream, "/dev/full", param == 1, &head, &err), 0);
  EXPECT_EQ(smt_writer_close(w, &err), SMMU_ERR_IO);
}

TEST_CASE(SmtWriter, FolderThatIsNotThereIsAnError)
{
  struct smt_head head = { .build = "" };
  struct smt_writer *w;
  struct smt_reader *reader;
  struct trace_error err;

  EXPECT_EQ(smt_writer_create(&w, "/nowhere/trace.smt", &head, &err), SMMU_ERR_IO);
  EXPECT_STR_CONTAINS(err.text, "/nowhere/trace.smt: cannot be written: No such file");
  EXPECT_EQ(smt_reader_open(&reader, "/nowhere", &err), SMMU_ERR_IO);
  EXPECT_EQ(smt_reader_open(&reader, "/usr", &err), SMMU_ERR_EMPTY);
  EXPECT_STR_CONTAINS(err.text, "no trace.smt");
}

TEST_CASE(SmtNames, NameWithoutTextOrWithTwoIsRefused)
{
  struct smt_names names = { 0 };
  char longest[SMT_TEXT_MAX + 2];

  memset(longest, 'x', sizeof(longest));
  longest[SMT_TEXT_MAX + 1] = '\0';
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 5, "a"), 0);
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 5, "b"), SMMU_ERR_BADARG);
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 6, ""), SMMU_ERR_BADARG);
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 6, "line\n"), SMMU_ERR_BADARG);
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 6, longest), SMMU_ERR_BADARG);
  longest[SMT_TEXT_MAX] = '\0';
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 6, longest), 0);
  EXPECT_EQ(names.count, 2);
  smt_names_free(&names);
}

TEST_CASE(SmtNames, NamesAreFoundBothWays)
{
  struct smt_names names = { 0 };
  uint64_t number = 0;

  for (uint64_t i = 100; i-- > 0;) {
    char text[16];

    snprintf(text, sizeof(text), "n%u", (unsigned)i);
    EXPECT_EQ(smt_names_add(&names, SMT_NOTE, i * i, text), 0);
  }
  EXPECT_EQ(smt_names_add(&names, SMT_COST, 49, "other"), 0);
  EXPECT_STREQ(smt_names_find(&names, SMT_NOTE, 49), "n7");
  EXPECT_STREQ(smt_names_find(&names, SMT_COST, 49), "other");
  EXPECT_NULL(smt_names_find(&names, SMT_NOTE, 50));
  EXPECT_TRUE(smt_names_number(&names, SMT_NOTE, "n99", &number));
  EXPECT_EQ(number, 99 * 99);
  EXPECT_FALSE(smt_names_number(&names, SMT_COST, "n99", &number));
  smt_names_free(&names);
}

/* See smt.h. One record in memory at a time; bytes are buffered below, in smt_bytes.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"
#include "traces/smt_internal.h"

enum { CUT_TEXT = 96 };

struct smt_reader {
  struct smt_input *in;
  char *name;
  struct smt_head head;
  struct smt_rules rules;
  size_t head_len;
  uint64_t records;
  bool ended;
  char cut[CUT_TEXT]; /* "": not cut */
};

int smt_reader_open_stream(struct smt_reader **out, FILE *stream, const char *name,
                           struct trace_error *err)
{
  struct smt_input *in = smt_input_open(stream);
  struct smt_reader *r = in ? calloc(1, sizeof(*r)) : NULL;
  int rc;

  *out = NULL;
  if (r)
    r->name = strdup(name);
  if (!r || !r->name) {
    free(r);
    smt_input_close(in);
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", name);
  }
  r->in = in;
  rc = smt_head_read(in, name, &r->head, &r->head_len, err);
  if (rc) {
    smt_reader_close(r);
    return rc;
  }
  smt_rules_init(&r->rules, &r->head.names);
  *out = r;
  return 0;
}

/* The recording in a folder. */
static bool find_file(const char *folder, char *path, size_t size)
{
  static const char *const names[] = { SMT_FILE_NAME, SMT_FILE_NAME ".zst" };
  struct stat st;

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    int n = snprintf(path, size, "%s/%s", folder, names[i]);

    if (n > 0 && (size_t)n < size && stat(path, &st) == 0)
      return true;
  }
  return false;
}

int smt_reader_open(struct smt_reader **out, const char *path, struct trace_error *err)
{
  char inside[4096];
  struct stat st;
  FILE *stream;

  *out = NULL;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    if (!find_file(path, inside, sizeof(inside)))
      return trace_fail(err, SMMU_ERR_EMPTY, "%s: no %s or %s.zst in this folder", path,
                        SMT_FILE_NAME, SMT_FILE_NAME);
    path = inside;
  }
  stream = fopen(path, "rb");
  if (!stream)
    return trace_fail(err, SMMU_ERR_IO, "%s: %s, expected a .smt recording or a run's folder", path,
                      strerror(errno));
  return smt_reader_open_stream(out, stream, path, err);
}

void smt_reader_close(struct smt_reader *r)
{
  if (!r)
    return;
  smt_input_close(r->in);
  smt_head_free(&r->head);
  free(r->name);
  free(r);
}

const struct smt_head *smt_reader_head(const struct smt_reader *r)
{
  return &r->head;
}

const char *smt_reader_name(const struct smt_reader *r)
{
  return r->name;
}

uint64_t smt_reader_records(const struct smt_reader *r)
{
  return r->records;
}

static uint64_t offset_of(const struct smt_reader *r)
{
  return r->head_len + r->records * SMT_RECORD_BYTES;
}

const char *smt_reader_cut(const struct smt_reader *r)
{
  return r->cut[0] ? r->cut : NULL;
}

/* Fewer bytes than a record came. */
static int at_end(struct smt_reader *r, size_t got, struct trace_error *err)
{
  enum smt_input_end end = smt_input_end(r->in);

  if (end == SMT_INPUT_FAILED || end == SMT_INPUT_DAMAGED)
    return smt_fail_end(r->in, r->name, offset_of(r) + got, "a record of 64 bytes", err);
  r->ended = true;
  if (got > 0)
    snprintf(r->cut, sizeof(r->cut), "only %zu of 64 bytes of the last record, at offset %" PRIu64,
             got, offset_of(r));
  else if (end == SMT_INPUT_CUT)
    snprintf(r->cut, sizeof(r->cut), "the compressed data end in the middle");
  return 0;
}

int smt_reader_next(struct smt_reader *r, struct smmu_record *record, struct trace_error *err)
{
  unsigned char bytes[SMT_RECORD_BYTES];
  char why[160];
  unsigned where;
  size_t got = r->ended ? 0 : smt_input_read(r->in, bytes, sizeof(bytes));

  if (r->ended)
    return 0;
  if (got < sizeof(bytes))
    return at_end(r, got, err);
  smt_record_decode(bytes, record);
  if (!smt_record_check(&r->rules, &r->head.names, record, &where, why, sizeof(why)))
    return trace_fail(err, SMMU_ERR_FORMAT, "%s: offset %" PRIu64 ": record %" PRIu64 ": %s",
                      r->name, offset_of(r) + where, r->records + 1, why);
  r->records++;
  return 1;
}

int smt_reader_rewind(struct smt_reader *r, struct trace_error *err)
{
  unsigned char bytes[SMT_FIXED_BYTES];

  r->records = 0;
  r->ended = false;
  r->cut[0] = '\0';
  errno = 0;
  if (!smt_input_rewind(r->in))
    return trace_fail(err, SMMU_ERR_IO, "%s: cannot be read a second time: %s", r->name,
                      strerror(errno ? errno : EIO));
  for (size_t at = 0; at < r->head_len; at += sizeof(bytes)) {
    size_t got = smt_input_read(r->in, bytes, sizeof(bytes));

    if (got < sizeof(bytes))
      return smt_fail_end(r->in, r->name, at + got, "the head of the recording", err);
  }
  return 0;
}

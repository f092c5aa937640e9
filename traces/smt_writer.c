/* See smt.h. Records are gathered in a buffer; the first failure is kept until the writer closes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "traces/smt_internal.h"

enum { BUFFER_RECORDS = 1024 };

struct smt_writer {
  struct smt_output *out;
  char *name;
  uint64_t records;
  int failure, error; /* enum smmu_err, errno */
  size_t used;
  unsigned char buffer[BUFFER_RECORDS * SMT_RECORD_BYTES];
};

static void put(struct smt_writer *w, const unsigned char *bytes, size_t len)
{
  if (w->failure || len == 0)
    return;
  errno = 0;
  if (!smt_output_write(w->out, bytes, len)) {
    w->failure = SMMU_ERR_IO;
    w->error = errno;
  }
}

static int fail(const char *name, int error, struct trace_error *err)
{
  return trace_fail(err, SMMU_ERR_IO, "%s: cannot be written: %s", name,
                    strerror(error ? error : EIO));
}

static struct smt_writer *make(FILE *stream, const char *name, bool compress)
{
  struct smt_output *out = smt_output_open(stream, compress);
  struct smt_writer *w = out ? malloc(sizeof(*w)) : NULL;

  if (!w) {
    if (out)
      (void)smt_output_close(out);
    return NULL;
  }
  memset(w, 0, offsetof(struct smt_writer, buffer));
  w->out = out;
  w->name = strdup(name);
  if (w->name)
    return w;
  (void)smt_output_close(out);
  free(w);
  return NULL;
}

int smt_writer_create_stream(struct smt_writer **out, FILE *stream, const char *name, bool compress,
                             const struct smt_head *head, struct trace_error *err)
{
  size_t len = 0;
  int rc;
  unsigned char *bytes = smt_head_bytes(head, &len, &rc, err);

  *out = NULL;
  if (!bytes) {
    fclose(stream);
    return rc;
  }
  *out = make(stream, name, compress);
  if (*out)
    put(*out, bytes, len);
  free(bytes);
  if (!*out)
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", name);
  if (!(*out)->failure)
    return 0;
  rc = smt_writer_close(*out, err);
  *out = NULL;
  return rc;
}

int smt_writer_create(struct smt_writer **out, const char *path, const struct smt_head *head,
                      struct trace_error *err)
{
  size_t len = strlen(path);
  FILE *stream = fopen(path, "wb");

  *out = NULL;
  if (!stream)
    return fail(path, errno, err);
  return smt_writer_create_stream(out, stream, path, len > 4 && strcmp(path + len - 4, ".zst") == 0,
                                  head, err);
}

void smt_writer_record(void *writer, const struct smmu_record *record)
{
  struct smt_writer *w = writer;

  if (w->failure)
    return;
  smt_record_encode(record, w->buffer + w->used);
  w->used += SMT_RECORD_BYTES;
  w->records++;
  if (w->used == sizeof(w->buffer)) {
    put(w, w->buffer, w->used);
    w->used = 0;
  }
}

int smt_writer_error(const struct smt_writer *w)
{
  return w->failure;
}

uint64_t smt_writer_records(const struct smt_writer *w)
{
  return w->records;
}

int smt_writer_close(struct smt_writer *w, struct trace_error *err)
{
  int rc;

  if (!w)
    return 0;
  put(w, w->buffer, w->used);
  errno = 0;
  if (!smt_output_close(w->out) && !w->failure) {
    w->failure = SMMU_ERR_IO;
    w->error = errno;
  }
  rc = w->failure ? fail(w->name, w->error, err) : 0;
  free(w->name);
  free(w);
  return rc;
}

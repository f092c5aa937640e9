/* Lines of a plain or zstd-compressed file: see source.h.
 * One buffer holds decoded text; a line that straddles its end moves to the front first. */
#include "traces/source.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zstd.h>

#include "smmu/err.h"

enum { TEXT_BYTES = 1 << 20, INPUT_BYTES = 1 << 17 };

struct trace_source {
  FILE *stream;
  ZSTD_DStream *zstd; /* NULL for a plain file */
  const char *damage;
  uint64_t consumed, size, line_no;
  size_t start, end;     /* undelivered text */
  size_t in_pos, in_len; /* undecoded input */
  bool input_ended, frame_open, skip_rest;
  char text[TEXT_BYTES + 1];
  char input[INPUT_BYTES];
};

int trace_fail(struct trace_error *err, int code, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  vsnprintf(err->text, sizeof(err->text), format, args);
  va_end(args);
  return code;
}

static void read_input(struct trace_source *s)
{
  s->in_pos = 0;
  s->in_len = fread(s->input, 1, sizeof(s->input), s->stream);
  s->consumed += s->in_len;
  if (s->in_len < sizeof(s->input)) {
    s->input_ended = true;
    if (ferror(s->stream) && !s->damage)
      s->damage = "the file could not be read to its end";
  }
}

/* Decode some text behind s->end; false when nothing more can come. */
static bool decode_plain(struct trace_source *s)
{
  size_t n;

  if (s->in_pos == s->in_len) {
    if (s->input_ended)
      return false;
    read_input(s);
  }
  n = s->in_len - s->in_pos;
  if (n > TEXT_BYTES - s->end)
    n = TEXT_BYTES - s->end;
  memcpy(s->text + s->end, s->input + s->in_pos, n);
  s->end += n;
  s->in_pos += n;
  return n > 0;
}

static bool decode_zstd(struct trace_source *s)
{
  while (!s->damage) {
    ZSTD_inBuffer in = { s->input, s->in_len, s->in_pos };
    ZSTD_outBuffer out = { s->text + s->end, TEXT_BYTES - s->end, 0 };
    size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);
    bool drained = in.pos == in.size;

    if (ZSTD_isError(rc)) {
      s->damage = "the compressed data are damaged";
      return false;
    }
    /* Between two frames rc asks for a header, which need not come. */
    if (in.pos > s->in_pos || out.pos > 0)
      s->frame_open = rc != 0;
    s->in_pos = in.pos;
    s->end += out.pos;
    if (out.pos > 0)
      return true;
    if (!drained)
      continue;
    if (s->input_ended) {
      if (s->frame_open)
        s->damage = "the compressed data end in the middle";
      return false;
    }
    read_input(s);
    if (s->in_len == 0 && !s->frame_open)
      return false;
  }
  return false;
}

static bool decode_more(struct trace_source *s)
{
  if (s->start > 0) {
    memmove(s->text, s->text + s->start, s->end - s->start);
    s->end -= s->start;
    s->start = 0;
  }
  return s->zstd ? decode_zstd(s) : decode_plain(s);
}

static bool starts_with_zstd_magic(const struct trace_source *s)
{
  static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

  return s->in_len >= sizeof(magic) && memcmp(s->input, magic, sizeof(magic)) == 0;
}

int trace_source_open_stream(struct trace_source **out, FILE *stream, const char *name,
                             struct trace_error *err)
{
  struct trace_source *s = malloc(sizeof(*s));
  struct stat st;

  *out = NULL;
  if (!s) {
    fclose(stream);
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", name);
  }
  memset(s, 0, offsetof(struct trace_source, text));
  s->stream = stream;
  if (fileno(stream) >= 0 && fstat(fileno(stream), &st) == 0) {
    if (S_ISDIR(st.st_mode)) {
      trace_source_close(s);
      return trace_fail(err, SMMU_ERR_IO, "%s: is a directory, expected a file", name);
    }
    if (S_ISREG(st.st_mode))
      s->size = (uint64_t)st.st_size;
  }
  read_input(s);
  if (starts_with_zstd_magic(s)) {
    s->zstd = ZSTD_createDStream();
    if (!s->zstd) {
      trace_source_close(s);
      return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", name);
    }
  }
  *out = s;
  return 0;
}

int trace_source_open(struct trace_source **out, const char *path, struct trace_error *err)
{
  FILE *stream = fopen(path, "rb");

  *out = NULL;
  if (!stream)
    return trace_fail(err, SMMU_ERR_IO, "%s: cannot be opened: %m", path);
  return trace_source_open_stream(out, stream, path, err);
}

void trace_source_close(struct trace_source *s)
{
  if (!s)
    return;
  ZSTD_freeDStream(s->zstd);
  fclose(s->stream);
  free(s);
}

/* Hand out [start, start + len) and go on behind it; `gap` is 1 for the newline itself. */
static void deliver(struct trace_source *s, struct trace_text *line, size_t len, size_t gap)
{
  line->text = s->text + s->start;
  line->len = len;
  line->line_no = s->line_no;
  line->terminated = gap == 1;
  line->text[len] = '\0';
  s->start += len + gap;
}

/* Throw away the rest of an overlong line, its newline included. */
static void skip_rest(struct trace_source *s)
{
  for (;;) {
    char *newline = memchr(s->text + s->start, '\n', s->end - s->start);

    s->start = newline ? (size_t)(newline - s->text) + 1 : s->end;
    if (newline || !decode_more(s))
      break;
  }
  s->skip_rest = false;
}

bool trace_source_next(struct trace_source *s, struct trace_text *line)
{
  if (s->skip_rest)
    skip_rest(s);
  s->line_no++;
  line->too_long = false;
  for (;;) {
    size_t have = s->end - s->start;
    char *newline = memchr(s->text + s->start, '\n', have);
    size_t len = newline ? (size_t)(newline - (s->text + s->start)) : have;

    if (len > TRACE_LINE_MAX) {
      deliver(s, line, TRACE_LINE_MAX, 1);
      line->too_long = true;
      s->skip_rest = true;
      return true;
    }
    if (newline) {
      deliver(s, line, len, 1);
      return true;
    }
    if (!decode_more(s)) {
      s->line_no -= have == 0;
      if (have > 0)
        deliver(s, line, have, 0);
      return have > 0;
    }
  }
}

const char *trace_source_damage(const struct trace_source *s)
{
  return s->damage;
}

uint64_t trace_source_position(const struct trace_source *s)
{
  return s->consumed - (s->in_len - s->in_pos);
}

uint64_t trace_source_size(const struct trace_source *s)
{
  return s->size;
}

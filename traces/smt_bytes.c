/* See smt_bytes.h. A reader tells compressed data by their first four bytes. */
#include "traces/smt_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

enum { INPUT_BYTES = 1 << 16, OUTPUT_BYTES = 1 << 16, LEVEL = 3 };

struct smt_input {
  FILE *stream;
  ZSTD_DStream *zstd; /* NULL: plain */
  enum smt_input_end end;
  bool ended, frame_open;
  size_t pos, len;
  unsigned char bytes[INPUT_BYTES];
};

static void fill(struct smt_input *in)
{
  in->pos = 0;
  in->len = fread(in->bytes, 1, sizeof(in->bytes), in->stream);
  if (in->len == sizeof(in->bytes))
    return;
  in->ended = true;
  if (ferror(in->stream))
    in->end = SMT_INPUT_FAILED;
}

static bool is_compressed(const struct smt_input *in)
{
  static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

  return in->len >= sizeof(magic) && memcmp(in->bytes, magic, sizeof(magic)) == 0;
}

struct smt_input *smt_input_open(FILE *stream)
{
  struct smt_input *in = calloc(1, sizeof(*in));

  if (!in) {
    fclose(stream);
    return NULL;
  }
  in->stream = stream;
  fill(in);
  if (is_compressed(in)) {
    in->zstd = ZSTD_createDStream();
    if (!in->zstd) {
      smt_input_close(in);
      return NULL;
    }
  }
  return in;
}

void smt_input_close(struct smt_input *in)
{
  if (!in)
    return;
  ZSTD_freeDStream(in->zstd);
  fclose(in->stream);
  free(in);
}

static size_t copy_plain(struct smt_input *in, unsigned char *to, size_t n)
{
  size_t have = in->len - in->pos;

  if (have == 0 && !in->ended) {
    fill(in);
    have = in->len;
  }
  if (n > have)
    n = have;
  memcpy(to, in->bytes + in->pos, n);
  in->pos += n;
  return n;
}

/* Some decoded bytes; 0 at the end. */
static size_t decode(struct smt_input *in, unsigned char *to, size_t n)
{
  while (in->end == SMT_INPUT_GOOD) {
    ZSTD_inBuffer source = { in->bytes, in->len, in->pos };
    ZSTD_outBuffer target = { to, n, 0 };
    size_t rc = ZSTD_decompressStream(in->zstd, &target, &source);

    if (ZSTD_isError(rc)) {
      in->end = SMT_INPUT_DAMAGED;
      return 0;
    }
    /* Between two frames rc asks for a header, which need not come. */
    if (source.pos > in->pos || target.pos > 0)
      in->frame_open = rc != 0;
    in->pos = source.pos;
    if (target.pos > 0)
      return target.pos;
    if (in->pos < in->len)
      continue;
    if (in->ended) {
      if (in->frame_open)
        in->end = SMT_INPUT_CUT;
      return 0;
    }
    fill(in);
    if (in->len == 0 && !in->frame_open)
      return 0;
  }
  return 0;
}

size_t smt_input_read(struct smt_input *in, void *bytes, size_t n)
{
  unsigned char *to = bytes;
  size_t done = 0;

  while (done < n) {
    size_t more = in->zstd ? decode(in, to + done, n - done) : copy_plain(in, to + done, n - done);

    if (more == 0)
      break;
    done += more;
  }
  return done;
}

enum smt_input_end smt_input_end(const struct smt_input *in)
{
  return in->end;
}

bool smt_input_rewind(struct smt_input *in)
{
  if (fseek(in->stream, 0, SEEK_SET) != 0)
    return false;
  clearerr(in->stream);
  in->end = SMT_INPUT_GOOD;
  in->ended = in->frame_open = false;
  if (in->zstd)
    (void)ZSTD_DCtx_reset(in->zstd, ZSTD_reset_session_only);
  fill(in);
  return true;
}

/* ---- out ---- */

struct smt_output {
  FILE *stream;
  ZSTD_CStream *zstd; /* NULL: plain */
  bool failed;
  unsigned char bytes[OUTPUT_BYTES];
};

struct smt_output *smt_output_open(FILE *stream, bool compress)
{
  struct smt_output *out = calloc(1, sizeof(*out));

  if (!out) {
    fclose(stream);
    return NULL;
  }
  out->stream = stream;
  if (!compress)
    return out;
  out->zstd = ZSTD_createCStream();
  if (!out->zstd || ZSTD_isError(ZSTD_initCStream(out->zstd, LEVEL)) ||
      ZSTD_isError(ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_checksumFlag, 1))) {
    ZSTD_freeCStream(out->zstd);
    fclose(stream);
    free(out);
    return NULL;
  }
  return out;
}

/* Compress all of the source; with ZSTD_e_end also what is still inside. */
static bool encode(struct smt_output *out, ZSTD_inBuffer *source, ZSTD_EndDirective what)
{
  size_t left;

  do {
    ZSTD_outBuffer target = { out->bytes, sizeof(out->bytes), 0 };

    left = ZSTD_compressStream2(out->zstd, &target, source, what);
    if (ZSTD_isError(left)) {
      errno = ENOMEM;
      return false;
    }
    if (fwrite(out->bytes, 1, target.pos, out->stream) != target.pos)
      return false;
  } while (what == ZSTD_e_end ? left > 0 : source->pos < source->size);
  return true;
}

bool smt_output_write(struct smt_output *out, const void *bytes, size_t n)
{
  ZSTD_inBuffer source = { bytes, n, 0 };
  bool good =
    out->zstd ? encode(out, &source, ZSTD_e_continue) : fwrite(bytes, 1, n, out->stream) == n;

  if (!good)
    out->failed = true;
  return good;
}

bool smt_output_close(struct smt_output *out)
{
  ZSTD_inBuffer nothing = { NULL, 0, 0 };
  bool good = !out->failed;

  if (good && out->zstd)
    good = encode(out, &nothing, ZSTD_e_end);
  ZSTD_freeCStream(out->zstd);
  if (fclose(out->stream) != 0)
    good = false;
  free(out);
  return good;
}

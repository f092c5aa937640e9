/* What stands before the records: 64 fixed bytes, then build, configuration and names, then zeros up
 * to a multiple of 64. Layout: FORMAT.md. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "smmu/err.h"
#include "traces/smt_internal.h"

/* Like PNG's: shows transfers that change line ends or strip bit 7. */
static const unsigned char magic[8] = { 0x89, 'S', 'M', 'T', '\r', '\n', 0x1a, '\n' };

static uint64_t hash_of(const unsigned char *bytes, size_t len)
{
  return XXH64(bytes + SMT_FIXED_BYTES, len - SMT_FIXED_BYTES, XXH64(bytes, SMT_AT_HASH, 0));
}

static size_t rounded(size_t len)
{
  return (len + SMT_FIXED_BYTES - 1) / SMT_FIXED_BYTES * SMT_FIXED_BYTES;
}

/* Index of the first byte that is no text; len when all are. Line ends and tabs are text here. */
static size_t text_end(const unsigned char *bytes, size_t len)
{
  size_t i = 0;

  while (i < len && (bytes[i] == '\n' || bytes[i] == '\t' || (bytes[i] >= ' ' && bytes[i] != 0x7f)))
    i++;
  return i;
}

/* ---- out ---- */

static size_t names_len(const struct smt_names *names)
{
  size_t len = 0;

  for (size_t i = 0; i < names->count; i++)
    len += SMT_NAME_BYTES + strlen(names->name[i].text);
  return len;
}

static unsigned char *put_names(unsigned char *at, const struct smt_names *names)
{
  for (size_t i = 0; i < names->count; i++) {
    const struct smt_name *n = &names->name[i];
    size_t len = strlen(n->text);

    smt_put(at, 4, n->kind);
    smt_put(at + 4, 4, len);
    smt_put(at + 8, 8, n->number);
    memcpy(at + SMT_NAME_BYTES, n->text, len);
    at += SMT_NAME_BYTES + len;
  }
  return at;
}

unsigned char *smt_head_bytes(const struct smt_head *head, size_t *len, int *rc,
                              struct trace_error *err)
{
  size_t build = strlen(head->build), config = head->config ? head->config_len : 0;
  size_t names = names_len(&head->names);
  unsigned char *bytes, *at;

  *rc = SMMU_ERR_BADARG;
  if (!smt_text_is_good(head->build, build) || config > SMT_CONFIG_MAX ||
      text_end((const unsigned char *)head->config, config) != config) {
    trace_fail(err, *rc, "a build or configuration that is no text, or too long for a recording");
    return NULL;
  }
  *len = rounded(SMT_FIXED_BYTES + build + config + names);
  bytes = calloc(1, *len);
  if (!bytes) {
    *rc = trace_fail(err, SMMU_ERR_NOMEM, "out of memory");
    return NULL;
  }
  memcpy(bytes + SMT_AT_MAGIC, magic, sizeof(magic));
  smt_put(bytes + SMT_AT_VERSION, 4, SMT_VERSION);
  smt_put(bytes + SMT_AT_ORDER, 4, SMT_ORDER);
  smt_put(bytes + SMT_AT_RECORD_BYTES, 4, SMT_RECORD_BYTES);
  smt_put(bytes + SMT_AT_BUILD_LEN, 4, build);
  smt_put(bytes + SMT_AT_CONFIG_LEN, 4, config);
  smt_put(bytes + SMT_AT_NAME_COUNT, 4, head->names.count);
  smt_put(bytes + SMT_AT_NAMES_LEN, 4, names);
  smt_put(bytes + SMT_AT_SEED, 8, head->seed);
  at = bytes + SMT_FIXED_BYTES;
  memcpy(at, head->build, build);
  if (config)
    memcpy(at + build, head->config, config);
  put_names(at + build + config, &head->names);
  smt_put(bytes + SMT_AT_HASH, 8, hash_of(bytes, *len));
  *rc = 0;
  return bytes;
}

/* ---- in ---- */

int smt_fail_end(const struct smt_input *in, const char *name, uint64_t offset, const char *missing,
                 struct trace_error *err)
{
  switch (smt_input_end(in)) {
  case SMT_INPUT_FAILED:
    return trace_fail(err, SMMU_ERR_IO, "%s: offset %" PRIu64 ": cannot be read: %s", name, offset,
                      strerror(errno ? errno : EIO));
  case SMT_INPUT_DAMAGED:
    return trace_fail(err, SMMU_ERR_FORMAT,
                      "%s: offset %" PRIu64 " of the decompressed data: the compressed data are "
                      "damaged, expected %s",
                      name, offset, missing);
  default:
    return trace_fail(err, SMMU_ERR_FORMAT,
                      "%s: offset %" PRIu64 ": the file ends here, expected %s", name, offset,
                      missing);
  }
}

/* The parts of a head while it is read. */
struct parts {
  const char *name;
  unsigned char *bytes;
  size_t build, config, names, count, len;
  struct trace_error *err;
};

static int wrong(const struct parts *p, size_t at, const char *what, uint64_t found,
                 const char *expected)
{
  return trace_fail(p->err, SMMU_ERR_FORMAT,
                    "%s: offset %zu: %s is %" PRIu64 " (0x%" PRIx64 "), expected %s", p->name, at,
                    what, found, found, expected);
}

static int check_fixed(const struct parts *p)
{
  const unsigned char *b = p->bytes;

  for (unsigned i = 0; i < sizeof(magic); i++)
    if (b[i] != magic[i])
      return trace_fail(p->err, SMMU_ERR_FORMAT,
                        "%s: offset %u: found byte 0x%02x, expected 0x%02x of the mark at the "
                        "beginning of a .smt recording",
                        p->name, i, b[i], magic[i]);
  if (smt_get32(b + SMT_AT_ORDER) != SMT_ORDER)
    return wrong(p, SMT_AT_ORDER, "the byte order mark", smt_get32(b + SMT_AT_ORDER),
                 "0x1020304, little-endian");
  if (smt_get32(b + SMT_AT_VERSION) != SMT_VERSION)
    return wrong(p, SMT_AT_VERSION, "the version", smt_get32(b + SMT_AT_VERSION), "1");
  if (smt_get32(b + SMT_AT_RECORD_BYTES) != SMT_RECORD_BYTES)
    return wrong(p, SMT_AT_RECORD_BYTES, "the size of a record", smt_get32(b + SMT_AT_RECORD_BYTES),
                 "64");
  if (p->build > SMT_TEXT_MAX)
    return wrong(p, SMT_AT_BUILD_LEN, "the length of the build", p->build, "at most 255");
  if (p->config > SMT_CONFIG_MAX)
    return wrong(p, SMT_AT_CONFIG_LEN, "the length of the configuration", p->config,
                 "at most 16777216");
  if (p->count > SMT_NAMES_MAX)
    return wrong(p, SMT_AT_NAME_COUNT, "the number of names", p->count, "at most 65536");
  if (p->names > SMT_NAMES_LEN || p->names < p->count * (SMT_NAME_BYTES + 1))
    return wrong(p, SMT_AT_NAMES_LEN, "the length of the names", p->names,
                 "17 to 271 bytes for each");
  if (smt_get32(b + SMT_AT_ZERO) != 0)
    return wrong(p, SMT_AT_ZERO, "an unused word", smt_get32(b + SMT_AT_ZERO), "0");
  if (smt_get64(b + SMT_AT_ZERO2) != 0)
    return wrong(p, SMT_AT_ZERO2, "an unused word", smt_get64(b + SMT_AT_ZERO2), "0");
  return 0;
}

static int check_text(const struct parts *p, size_t at, size_t len, bool lines)
{
  const unsigned char *text = p->bytes + at;
  size_t bad = text_end(text, len);

  for (size_t i = 0; i < bad && !lines; i++)
    if (text[i] < ' ')
      bad = i;
  return bad == len ? 0 : wrong(p, at + bad, "a byte of text", text[bad], "a printable character");
}

static int read_name(const struct parts *p, size_t *at, size_t end, struct smt_head *head)
{
  const unsigned char *b = p->bytes + *at;
  size_t room = end - *at, len = room >= SMT_NAME_BYTES ? smt_get32(b + 4) : 0;
  const struct smt_name *last = head->names.count ? &head->names.name[head->names.count - 1] : NULL;
  uint32_t kind;
  uint64_t number;
  int rc;

  if (room < SMT_NAME_BYTES)
    return wrong(p, *at, "what is left of the names", room, "17 bytes or more");
  if (len == 0 || len > SMT_TEXT_MAX || len > room - SMT_NAME_BYTES)
    return wrong(p, *at + 4, "the length of a name", len, "1 to 255, inside the names");
  kind = smt_get32(b);
  number = smt_get64(b + 8);
  if (!smt_kind_name(kind))
    return wrong(p, *at, "the kind of a name", kind, "1 to 12");
  if (last && (last->kind > kind || (last->kind == kind && last->number >= number)))
    return wrong(p, *at, "a name's number", number, "names in order of kind and number, each once");
  rc = check_text(p, *at + SMT_NAME_BYTES, len, false);
  if (rc)
    return rc;
  *at += SMT_NAME_BYTES + len;
  rc = smt_names_add_text(&head->names, kind, number, (const char *)b + SMT_NAME_BYTES, len);
  return rc ? trace_fail(p->err, rc, "%s: %s", p->name, smmu_err_text(rc)) : 0;
}

static int read_names(const struct parts *p, struct smt_head *head)
{
  size_t at = SMT_FIXED_BYTES + p->build + p->config, end = at + p->names;
  int rc = 0;

  for (size_t i = 0; i < p->count && !rc; i++)
    rc = read_name(p, &at, end, head);
  if (!rc && at != end)
    rc = wrong(p, at, "what is left behind the last name", end - at, "0 bytes");
  for (; !rc && at < p->len; at++)
    if (p->bytes[at] != 0)
      rc = wrong(p, at, "a byte behind the names", p->bytes[at], "0");
  return rc;
}

static char *copy_text(const unsigned char *bytes, size_t len)
{
  char *text = malloc(len + 1);

  if (text) {
    memcpy(text, bytes, len);
    text[len] = '\0';
  }
  return text;
}

static int take_parts(const struct parts *p, struct smt_head *head)
{
  const unsigned char *build = p->bytes + SMT_FIXED_BYTES, *config = build + p->build;
  uint64_t hash = smt_get64(p->bytes + SMT_AT_HASH);
  int rc = check_text(p, SMT_FIXED_BYTES, p->build, false);

  if (!rc)
    rc = check_text(p, SMT_FIXED_BYTES + p->build, p->config, true);
  if (!rc)
    rc = read_names(p, head);
  if (!rc && hash != hash_of(p->bytes, p->len))
    rc = trace_fail(p->err, SMMU_ERR_FORMAT,
                    "%s: offset %d: the head's hash is 0x%016" PRIx64 ", expected 0x%016" PRIx64
                    ": the first %zu bytes are damaged",
                    p->name, SMT_AT_HASH, hash, hash_of(p->bytes, p->len), p->len);
  if (rc)
    return rc;
  head->build = copy_text(build, p->build);
  head->config = copy_text(config, p->config);
  head->config_len = p->config;
  head->seed = smt_get64(p->bytes + SMT_AT_SEED);
  return head->build && head->config
           ? 0
           : trace_fail(p->err, SMMU_ERR_NOMEM, "%s: out of memory", p->name);
}

static int read_rest(struct parts *p, struct smt_input *in, const unsigned char *fixed,
                     struct smt_head *head)
{
  size_t rest = p->len - SMT_FIXED_BYTES, got;

  p->bytes = malloc(p->len);
  if (!p->bytes)
    return trace_fail(p->err, SMMU_ERR_NOMEM, "%s: out of memory", p->name);
  memcpy(p->bytes, fixed, SMT_FIXED_BYTES);
  got = smt_input_read(in, p->bytes + SMT_FIXED_BYTES, rest);
  if (got < rest)
    return smt_fail_end(in, p->name, SMT_FIXED_BYTES + got, "the rest of the head", p->err);
  return take_parts(p, head);
}

int smt_head_read(struct smt_input *in, const char *name, struct smt_head *head, size_t *len,
                  struct trace_error *err)
{
  unsigned char fixed[SMT_FIXED_BYTES];
  struct parts p = { .name = name, .bytes = fixed, .err = err };
  size_t got = smt_input_read(in, fixed, sizeof(fixed));
  int rc;

  memset(head, 0, sizeof(*head));
  if (got < sizeof(fixed))
    return smt_fail_end(in, name, got, "64 bytes of a .smt recording's head", err);
  p.build = smt_get32(fixed + SMT_AT_BUILD_LEN);
  p.config = smt_get32(fixed + SMT_AT_CONFIG_LEN);
  p.count = smt_get32(fixed + SMT_AT_NAME_COUNT);
  p.names = smt_get32(fixed + SMT_AT_NAMES_LEN);
  rc = check_fixed(&p);
  if (rc)
    return rc;
  *len = p.len = rounded(SMT_FIXED_BYTES + p.build + p.config + p.names);
  p.bytes = NULL;
  rc = read_rest(&p, in, fixed, head);
  free(p.bytes);
  if (rc)
    smt_head_free(head);
  return rc;
}

void smt_head_free(struct smt_head *head)
{
  free((void *)(uintptr_t)head->build);
  free((void *)(uintptr_t)head->config);
  smt_names_free(&head->names);
  memset(head, 0, sizeof(*head));
}

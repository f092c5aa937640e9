/* Scanner of QEMU SMMUv3 trace lines: see qemu_log.h.
 * A line is PID@SECONDS.MICROSECONDS:EVENT ARGUMENTS. The name is looked up by hash, the arguments
 * are matched against the row's pattern one character at a time: no regular expression, no sscanf,
 * one pass. */
#include "traces/qemu_log.h"

#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"

struct row {
  uint8_t event;
  uint8_t name_len;
  const char *name;
  const char *pattern;
};

static const struct row rows[] = {
#define LINE(event, name, pattern) { TRACE_##event, sizeof(name) - 1, name, pattern },
#include "traces/qemu_events.def"
#undef LINE
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

/* Where the number behind a letter goes, and how wide it may be. */
struct field {
  char letter;
  uint8_t bits; /* 64, 32, or 31 for a signed 32-bit field that may be -1 */
  uint16_t offset;
};

/* clang-format off */
static const struct field fields[] = {
#define FIELD(letter, bits, member) { letter, bits, offsetof(struct trace_line, member) }
  FIELD('a', 64, addr),  FIELD('v', 64, value), FIELD('b', 64, base),  FIELD('n', 64, size),
  FIELD('h', 64, hits),  FIELD('m', 64, misses), FIELD('s', 32, sid),  FIELD('i', 32, index),
  FIELD('p', 32, perm),  FIELD('f', 32, flag),  FIELD('t', 32, tg),    FIELD('T', 32, ttl),
  FIELD('A', 31, asid),  FIELD('V', 31, vmid),  FIELD('l', 31, level), FIELD('g', 31, stage),
#undef FIELD
};

struct name {
  const char *text;
  uint32_t code;
};

static const struct name commands[] = {
  { "PREFETCH_CONFIG", 0x01 }, { "PREFETCH_ADDR", 0x02 }, { "CFGI_STE", 0x03 },
  { "CFGI_STE_RANGE", 0x04 },  { "CFGI_CD", 0x05 },       { "CFGI_CD_ALL", 0x06 },
  { "TLBI_NH_ALL", 0x10 },     { "TLBI_NH_ASID", 0x11 },  { "TLBI_NH_VA", 0x12 },
  { "TLBI_NH_VAA", 0x13 },     { "TLBI_EL3_ALL", 0x18 },  { "TLBI_EL3_VA", 0x1a },
  { "TLBI_EL2_ALL", 0x20 },    { "TLBI_EL2_ASID", 0x21 }, { "TLBI_EL2_VA", 0x22 },
  { "TLBI_EL2_VAA", 0x23 },    { "TLBI_S12_VMALL", 0x28 }, { "TLBI_S2_IPA", 0x2a },
  { "TLBI_NSNH_ALL", 0x30 },   { "ATC_INV", 0x40 },       { "PRI_RESP", 0x41 },
  { "RESUME", 0x44 },          { "STALL_TERM", 0x45 },    { "SYNC", TRACE_CODE_SYNC },
  { NULL, 0 }
};

static const struct name faults[] = {
  { "F_UUT", 0x01 },           { "C_BAD_STREAMID", 0x02 },    { "F_STE_FETCH", 0x03 },
  { "C_BAD_STE", 0x04 },       { "F_BAD_ATS_TREQ", 0x05 },    { "F_STREAM_DISABLED", 0x06 },
  { "F_TRANS_FORBIDDEN", 0x07 }, { "C_BAD_SUBSTREAMID", 0x08 }, { "F_CD_FETCH", 0x09 },
  { "C_BAD_CD", 0x0a },        { "F_WALK_EABT", 0x0b },       { "F_TRANSLATION", 0x10 },
  { "F_ADDR_SIZE", 0x11 },     { "F_ACCESS", 0x12 },          { "F_PERMISSION", 0x13 },
  { "F_TLB_CONFLICT", 0x20 },  { "F_CFG_CONFLICT", 0x21 },    { "E_PAGE_REQ", 0x24 },
  { NULL, 0 }
};
/* clang-format on */

static unsigned hash_name(const char *name, size_t len)
{
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < len; i++)
    h = (h ^ (unsigned char)name[i]) * 16777619u;
  return (h ^ (h >> 16)) & 0xff;
}

void trace_scanner_init(struct trace_scanner *s)
{
  memset(s, 0, sizeof(*s));
  for (unsigned i = 0; i < ROW_COUNT; i++) {
    unsigned slot = hash_name(rows[i].name, rows[i].name_len);

    if (rows[i].name_len == 0 || (i > 0 && strcmp(rows[i].name, rows[i - 1].name) == 0))
      continue; /* further forms are found behind the first */
    while (s->row[slot])
      slot = (slot + 1) & 0xff;
    s->row[slot] = (uint8_t)(i + 1);
  }
}

/* First row of that name, or NULL. */
static const struct row *find_row(const struct trace_scanner *s, const char *name, size_t len)
{
  for (unsigned slot = hash_name(name, len); s->row[slot]; slot = (slot + 1) & 0xff) {
    const struct row *row = &rows[s->row[slot] - 1];

    if (row->name_len == len && memcmp(row->name, name, len) == 0)
      return row;
  }
  return NULL;
}

static unsigned hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  if (c >= 'a' && c <= 'f')
    return (unsigned)(c - 'a') + 10;
  if (c >= 'A' && c <= 'F')
    return (unsigned)(c - 'A') + 10;
  return 16;
}

/* A number at *text; false when there is none or it does not fit 64 bits. */
static bool scan_number(const char **text, uint64_t *value, bool *negative)
{
  const char *p = *text, *first;
  uint64_t v = 0;
  unsigned d;

  *negative = *p == '-';
  p += *negative;
  if (p[0] == '0' && p[1] == 'x') {
    p += 2;
    for (first = p; (d = hex_digit(*p)) < 16; p++) {
      if (v >> 60)
        return false;
      v = (v << 4) | d;
    }
  } else {
    for (first = p; (d = (unsigned)(*p - '0')) < 10; p++) {
      if (v > (UINT64_MAX - d) / 10)
        return false;
      v = v * 10 + d;
    }
  }
  *text = p;
  *value = v;
  return p != first;
}

static bool store_field(struct trace_line *line, char letter, uint64_t value, bool negative)
{
  if (letter == '_')
    return true;
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
    char *at = (char *)line + fields[i].offset;

    if (fields[i].letter != letter)
      continue;
    if (fields[i].bits == 31) {
      int32_t narrow = negative ? -(int32_t)value : (int32_t)value;

      memcpy(at, &narrow, sizeof(narrow));
      return value <= INT32_MAX;
    }
    if (fields[i].bits == 32) {
      uint32_t narrow = (uint32_t)value;

      memcpy(at, &narrow, sizeof(narrow));
      return !negative && value <= UINT32_MAX;
    }
    memcpy(at, &value, sizeof(value));
    return !negative;
  }
  return false;
}

/* A word: up to a space, a closing bracket or the end. */
static size_t word_len(const char *text)
{
  return strcspn(text, " )\r");
}

static uint32_t code_of(const struct name *names, const char *prefix, const char *text, size_t len)
{
  size_t skip = strlen(prefix);

  if (len <= skip || memcmp(text, prefix, skip) != 0)
    return TRACE_CODE_UNKNOWN;
  for (; names->text; names++)
    if (strlen(names->text) == len - skip && memcmp(names->text, text + skip, len - skip) == 0)
      return names->code;
  return TRACE_CODE_UNKNOWN;
}

static bool scan_word(const char **text, char letter, struct trace_line *line)
{
  size_t len = word_len(*text);

  if (letter == 'c')
    line->code = code_of(commands, "SMMU_CMD_", *text, len);
  else if (letter == 'e')
    line->code = code_of(faults, "SMMU_EVT_", *text, len);
  *text += len;
  return len > 0;
}

/* Match arguments against a pattern; text ends with a 0 byte. */
static bool scan_pattern(const char *pattern, const char *text, struct trace_line *line)
{
  for (; *pattern; pattern++) {
    uint64_t value;
    bool negative;

    if (*pattern != '$') {
      if (*text++ != *pattern)
        return false;
      continue;
    }
    pattern++;
    if (*pattern == 'w' || *pattern == 'c' || *pattern == 'e') {
      if (!scan_word(&text, *pattern, line))
        return false;
    } else if (!scan_number(&text, &value, &negative) ||
               !store_field(line, *pattern, value, negative)) {
      return false;
    }
  }
  while (*text == ' ' || *text == '\r')
    text++;
  return *text == '\0';
}

static void scan_arguments(const struct row *row, const char *args, struct trace_line *line)
{
  const struct row *end = rows + ROW_COUNT;
  const struct row *first = row;

  for (; row < end && row->name_len == first->name_len && strcmp(row->name, first->name) == 0;
       row++) {
    if (scan_pattern(row->pattern, args, line)) {
      line->event = row->event;
      return;
    }
  }
  line->kind = TRACE_KIND_BAD_FIELDS;
  line->event = first->event;
}

/* PID@SECONDS.MICROSECONDS: at the start; NULL when the line has no such prefix. */
static const char *scan_prefix(const char *text, struct trace_line *line)
{
  uint64_t pid, seconds, micros;
  bool negative;

  if (*text < '0' || *text > '9')
    return NULL;
  if (!scan_number(&text, &pid, &negative) || *text++ != '@' || pid > UINT32_MAX)
    return NULL;
  if (!scan_number(&text, &seconds, &negative) || negative || *text++ != '.')
    return NULL;
  if (!scan_number(&text, &micros, &negative) || negative || *text++ != ':' || micros > 999999)
    return NULL;
  line->pid = (uint32_t)pid;
  line->time_us = seconds * 1000000 + micros;
  return text;
}

/* "word: text", all printable: QEMU speaking about another device. */
static bool is_other_text(const char *text, size_t len)
{
  size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

  if (name == 0 || text[name] != ':' || text[name + 1] != ' ')
    return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 && text[i] != '\t' && text[i] != '\r')
      return false;
  return true;
}

static void scan_message(const char *text, size_t len, struct trace_line *line)
{
  for (const struct row *row = rows + ROW_COUNT - 1; row > rows && row->name_len == 0; row--) {
    if (scan_pattern(row->pattern, text, line)) {
      line->kind = TRACE_KIND_MESSAGE;
      line->event = row->event;
      return;
    }
  }
  line->kind = is_other_text(text, len) ? TRACE_KIND_OTHER_TEXT : TRACE_KIND_NOT_A_TRACE;
}

void trace_scan(const struct trace_scanner *s, const char *text, size_t len,
                struct trace_line *line)
{
  uint64_t line_no = line->line_no;
  const char *name;
  const struct row *row;
  size_t name_len;

  memset(line, 0, sizeof(*line));
  line->line_no = line_no;
  name = scan_prefix(text, line);
  if (!name) {
    scan_message(text, len, line);
    return;
  }
  for (name_len = 0; name[name_len] && name[name_len] != ' ' && name[name_len] != '\r';)
    name_len++;
  row = find_row(s, name, name_len);
  if (!row) {
    line->kind = TRACE_KIND_UNKNOWN;
    return;
  }
  scan_arguments(row, name[name_len] == ' ' ? name + name_len + 1 : name + name_len, line);
}

struct trace_reader {
  struct trace_source *source;
  struct trace_scanner scanner;
};

int trace_reader_create(struct trace_reader **out, struct trace_source *source)
{
  struct trace_reader *r = malloc(sizeof(*r));

  *out = r;
  if (!r) {
    trace_source_close(source);
    return SMMU_ERR_NOMEM;
  }
  r->source = source;
  trace_scanner_init(&r->scanner);
  return 0;
}

void trace_reader_destroy(struct trace_reader *r)
{
  if (!r)
    return;
  trace_source_close(r->source);
  free(r);
}

bool trace_reader_next(struct trace_reader *r, struct trace_line *line)
{
  struct trace_text text;

  if (!trace_source_next(r->source, &text))
    return false;
  line->line_no = text.line_no;
  trace_scan(&r->scanner, text.text, text.len, line);
  if (text.too_long)
    line->kind = TRACE_KIND_TOO_LONG;
  else if (!text.terminated)
    line->kind = TRACE_KIND_CUT;
  return true;
}

static const char *name_of(const struct name *names, unsigned code)
{
  for (; names->text; names++)
    if (names->code == code)
      return names->text;
  return "?";
}

const char *trace_command_name(unsigned opcode)
{
  return name_of(commands, opcode);
}

const char *trace_fault_name(unsigned type)
{
  return name_of(faults, type);
}

/* Command assembler and disassembler over the generic field tables. IHI 0070: chapter 4.
 * Left out: whether a command is legal; the command queue consumer judges that. */
#include "arch/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arch/fields.h"
#include "arch/structs.h"
#include "arch/text.h"
#include "smmu/err.h"

enum { NAME_MAX_LENGTH = 31, RANGE_ALL = 31 };

/* One piece of source text and where messages go. */
struct source {
  const char *line; /* column 1 */
  const char *at;
  const char *end;
  char *why;
  size_t why_size;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct source *src, const char *at,
                                                      const char *format, ...);

static int fail(const struct source *src, const char *at, const char *format, ...)
{
  struct smmu_text text = smmu_text_start(src->why, src->why_size);
  va_list args;

  smmu_text_add(&text, "column %zu: ", (size_t)(at - src->line) + 1);
  va_start(args, format);
  smmu_text_add_list(&text, format, args);
  va_end(args);
  return SMMU_ERR_FORMAT;
}

static void skip_space(struct source *src)
{
  while (src->at < src->end && isspace((unsigned char)*src->at))
    src->at++;
}

/* The next run of characters up to a space or `stop`, cut to the size of name. */
static void take_name(struct source *src, char stop, char name[NAME_MAX_LENGTH + 1])
{
  size_t n = 0;

  while (src->at < src->end && !isspace((unsigned char)*src->at) && *src->at != stop) {
    if (n < NAME_MAX_LENGTH)
      name[n++] = *src->at;
    src->at++;
  }
  name[n] = '\0';
}

static bool parse_number(const char *text, uint64_t *value)
{
  char *end;

  if (!isdigit((unsigned char)text[0]))
    return false;
  errno = 0;
  *value = strtoull(text, &end, strncasecmp(text, "0x", 2) == 0 ? 16 : 10);
  return errno == 0 && *end == '\0';
}

/* The field that a word of the text names, or NULL. */
static const struct smmu_field *find_field(const struct smmu_layout *layout, const char *name)
{
  static const char *const synonyms[][2] = {
    { "va", "ADDR" },
    { "ipa", "ADDR" },
    { "addr", "ADDR" },
    { "address", "ADDR" },
    { "streamid", "SID" },
    { "substreamid", "SSID" },
    { "msiaddr", "MSIAddress" },
  };

  for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
    if (strcasecmp(name, synonyms[i][0]) == 0)
      return smmu_layout_field(layout, synonyms[i][1]);
  }
  return smmu_layout_field(layout, name);
}

static int fail_unknown(const struct source *src, const char *at, const struct smmu_layout *layout,
                        const char *name)
{
  char known[SMMU_CMD_TEXT_MAX];
  struct smmu_text text = smmu_text_start(known, sizeof(known));

  for (unsigned i = 1; i < layout->count; i++)
    smmu_text_add(&text, " %s", layout->fields[i].name);
  return fail(src, at, "\"%s\" is no field of %s; its fields are:%s dw0 dw1", name, layout->name,
              known);
}

static int set_field(const struct source *src, const char *at, const struct smmu_layout *layout,
                     const struct smmu_field *field, uint64_t value, uint64_t words[2])
{
  unsigned shift = smmu_field_is_address(field) ? field->lo % 64u : 0;

  if ((value & bits_low(shift)) != 0)
    return fail(src, at, "0x%llx is not a multiple of 0x%llx, as %s of %s must be",
                (unsigned long long)value, 1ULL << shift, field->name, layout->name);
  if (value >> shift > smmu_field_max(field))
    return fail(src, at, "0x%llx is too large for %s of %s; the largest value is 0x%llx",
                (unsigned long long)value, field->name, layout->name,
                (unsigned long long)smmu_field_max(field) << shift);
  smmu_field_put(field, words, value >> shift);
  return 0;
}

/* One `name=value`. Raw bits go to raw[], to be added when all fields are set. */
static int take_assignment(struct source *src, const struct smmu_layout *layout, uint64_t words[2],
                           uint64_t raw[2])
{
  const char *at = src->at;
  const struct smmu_field *field;
  char name[NAME_MAX_LENGTH + 1] = "";
  char number[NAME_MAX_LENGTH + 1] = "";
  uint64_t value;

  take_name(src, '=', name);
  if (src->at == src->end || *src->at != '=')
    return fail(src, at, "expected field=value, found \"%s\"", name);
  src->at++;
  take_name(src, ' ', number);
  if (!parse_number(number, &value))
    return fail(src, at, "\"%s\" is no number; expected decimal or 0x and hexadecimal", number);
  for (unsigned i = 0; i < CMD_WORDS; i++) {
    if (strcasecmp(name, i == 0 ? "dw0" : "dw1") == 0) {
      raw[i] |= value;
      return 0;
    }
  }
  field = find_field(layout, name);
  if (field == NULL || strcmp(field->name, "Opcode") == 0)
    return fail_unknown(src, at, layout, name);
  return set_field(src, at, layout, field, value, words);
}

/* The command name; sets the opcode and what the name implies. */
static int take_opcode(struct source *src, struct smmu_layout *layout, uint64_t words[2])
{
  /* An opcode without a layout has no fields but the opcode. */
  static const struct smmu_field opcode_field = { "Opcode", CMD_Opcode_HI, CMD_Opcode_LO };
  const char *at = src->at;
  char token[NAME_MAX_LENGTH + 1] = "";
  const char *name = token;
  uint64_t opcode;

  take_name(src, ' ', token);
  if (strncasecmp(name, "CMD_", 4) == 0)
    name += 4;
  if (strcasecmp(name, "CFGI_ALL") == 0) {
    FPUT(CFGI_STE_RANGE, Range, words, RANGE_ALL);
    name = "CFGI_STE_RANGE";
  }
  if (smmu_layout_by_name(SMMU_LAYOUT_CMD, name, layout)) {
    FPUT(CMD, Opcode, words, layout->key);
    return 0;
  }
  if (strncasecmp(name, "OP_", 3) == 0 && parse_number(name + 3, &opcode) && opcode <= 0xFF) {
    *layout = (struct smmu_layout){ .name = "a reserved opcode",
                                    .kind = SMMU_LAYOUT_CMD,
                                    .key = (uint32_t)opcode,
                                    .words = CMD_WORDS,
                                    .count = 1,
                                    .fields = &opcode_field };
    FPUT(CMD, Opcode, words, opcode);
    return 0;
  }
  if (name[0] == '\0')
    return fail(src, at, "no command; expected for example: SYNC cs=2");
  return fail(src, at, "\"%s\" is no command; expected for example: TLBI_NH_VA asid=7 va=0x1000",
              name);
}

static int assemble(struct source *src, uint64_t words[2])
{
  struct smmu_layout layout;
  uint64_t raw[2] = { 0, 0 };
  int err;

  words[0] = 0;
  words[1] = 0;
  skip_space(src);
  err = take_opcode(src, &layout, words);
  for (skip_space(src); err == 0 && src->at < src->end; skip_space(src))
    err = take_assignment(src, &layout, words, raw);
  if (err != 0)
    return err;
  words[0] |= raw[0];
  words[1] |= raw[1];
  return 0;
}

int smmu_cmd_assemble(const char *text, uint64_t words[2], char *why, size_t why_size)
{
  struct source src = { text, text, text + strlen(text), why, why_size };

  return assemble(&src, words);
}

int smmu_cmd_assemble_list(const char *text, int (*each)(void *arg, const uint64_t words[2]),
                           void *arg, char *why, size_t why_size)
{
  const char *at = text;

  while (*at != '\0') {
    struct source src = { text, at, at + strcspn(at, ";\n"), why, why_size };
    uint64_t words[2];
    int err;

    at = *src.end == '\0' ? src.end : src.end + 1;
    skip_space(&src);
    if (src.at == src.end)
      continue;
    err = assemble(&src, words);
    if (err == 0)
      err = each(arg, words);
    if (err != 0)
      return err;
  }
  return 0;
}

void smmu_cmd_fields(uint8_t opcode, uint64_t mask[2])
{
  struct smmu_layout layout;

  mask[0] = mask[1] = 0;
  if (!smmu_layout_by_key(SMMU_LAYOUT_CMD, opcode, &layout))
    return;
  for (unsigned i = 0; i < layout.count; i++) {
    const struct smmu_field *f = &layout.fields[i];

    mask[f->lo / 64] |= bits_mask(f->hi % 64u, f->lo % 64u);
  }
}

const char *smmu_cmd_name(uint8_t opcode)
{
  struct smmu_layout layout;

  return smmu_layout_by_key(SMMU_LAYOUT_CMD, opcode, &layout) ? layout.name : NULL;
}

/* The word of the text for a field: lower case, and ADDR by what kind of address it is. */
static void field_word(const struct smmu_layout *layout, const struct smmu_field *field,
                       char name[NAME_MAX_LENGTH + 1])
{
  const char *from = field->name;
  size_t length;

  if (strcmp(from, "ADDR") == 0 && layout->key == CMD_TLBI_S2_IPA)
    from = "ipa";
  else if (strcmp(from, "ADDR") == 0 && strncmp(layout->name, "TLBI_", 5) == 0)
    from = "va";
  length = strlen(from) < NAME_MAX_LENGTH ? strlen(from) : NAME_MAX_LENGTH;
  for (size_t n = 0; n < length; n++)
    name[n] = (char)tolower((unsigned char)from[n]);
  name[length] = '\0';
}

static void print_field(struct smmu_text *text, const struct smmu_layout *layout,
                        const struct smmu_field *field, uint64_t value)
{
  unsigned shift = smmu_field_is_address(field) ? field->lo % 64u : 0;
  char name[NAME_MAX_LENGTH + 1];

  field_word(layout, field, name);
  value <<= shift;
  smmu_text_add(text, value < 10 ? " %s=%llu" : " %s=0x%llx", name, (unsigned long long)value);
}

size_t smmu_cmd_print(const uint64_t words[2], char *text, size_t size)
{
  struct smmu_text t = smmu_text_start(text, size);
  uint32_t opcode = (uint32_t)FGET(CMD, Opcode, words);
  uint64_t rest[2] = { words[0], words[1] };
  struct smmu_layout layout;
  bool is_all = opcode == CMD_CFGI_STE_RANGE && FGET(CFGI_STE_RANGE, Range, words) == RANGE_ALL &&
                FGET(CFGI_STE_RANGE, SID, words) == 0;

  FPUT(CMD, Opcode, rest, 0);
  if (!smmu_layout_by_key(SMMU_LAYOUT_CMD, opcode, &layout)) {
    smmu_text_add(&t, "OP_0x%02x", opcode);
  } else {
    smmu_text_add(&t, "%s", is_all ? "CFGI_ALL" : layout.name);
    for (unsigned i = 1; i < layout.count; i++) {
      const struct smmu_field *f = &layout.fields[i];
      uint64_t value = smmu_field_get(f, rest);

      smmu_field_put(f, rest, 0);
      if (value != 0 && !(is_all && strcmp(f->name, "Range") == 0))
        print_field(&t, &layout, f, value);
    }
  }
  for (unsigned i = 0; i < CMD_WORDS; i++) {
    if (rest[i] != 0)
      smmu_text_add(&t, " dw%u=0x%llx", i, (unsigned long long)rest[i]);
  }
  return t.length;
}

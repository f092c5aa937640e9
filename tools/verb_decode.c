/* smmulator decode: any register or structure, given as words, in fields with names and meanings.
 * A reserved opcode or event number is an answer, not an error. Left out: judging legality. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arch/cmd.h"
#include "arch/event.h"
#include "arch/fields.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { ARGS_MAX = 64, SCHEMA = 1, LAST_LEVEL = 3 };

struct request {
  const char *kind;
  const char *args[ARGS_MAX];
  unsigned count;
  bool json;
  long stage, level;
  char why[512];
};

/* What to show: a structure, its words, and a line of text where there is a short form. */
struct answer {
  struct smmu_layout layout;
  uint64_t words[SMMU_LAYOUT_WORDS_MAX];
  bool has_value; /* false: a register whose fields alone are asked for */
  char title[64];
  char text[SMMU_EVENT_TEXT_MAX];
};

static const struct argp_option options[] = {
  { "json", 'j', NULL, 0, "Print JSON", 0 },
  { "stage", 's', "1|2", 0, "pte: stage of translation (1)", 0 },
  { "level", 'l', "-1..3", 0, "pte: level of the table the descriptor lies in (3)", 0 },
  { 0 }
};

static const char args_doc[] = "cmd W0 W1 | cmd TEXT\n"
                               "ste W0 .. W7 | ste L1STD\n"
                               "cd W0 .. W7 | cd L1CD\n"
                               "event W0 .. W3\n"
                               "reg NAME|OFFSET [VALUE]\n"
                               "pte WORD";

static const char doc[] =
  "Shows the fields of a structure or register.\v"
  "A word is decimal, or hexadecimal with 0x; 16 digits, or digits with a letter among them, are "
  "hexadecimal without 0x too, as rings are dumped.\n\n"
  "Example:\n"
  "  smmulator decode cmd 0x0007000000000012 0x0000000000001001\n"
  "  smmulator decode cmd \"TLBI_NH_VA asid=7 va=0x1000 leaf=1\"\n"
  "  smmulator decode reg CR0 0xd\n"
  "  smmulator decode pte --stage 1 --level 3 0x0060000080000743";

static bool parse_small(const char *arg, long low, long high, long *value)
{
  char *end;

  errno = 0;
  *value = strtol(arg, &end, 10);
  return errno == 0 && end != arg && *end == '\0' && *value >= low && *value <= high;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'j': r->json = true; return 0;
  case 's':
    if (!parse_small(arg, 1, 2, &r->stage))
      snprintf(r->why, sizeof(r->why), "--stage is \"%s\"; expected 1 or 2", arg);
    return 0;
  case 'l':
    if (!parse_small(arg, -1, LAST_LEVEL, &r->level))
      snprintf(r->why, sizeof(r->why), "--level is \"%s\"; expected -1 to 3", arg);
    return 0;
  case ARGP_KEY_ARG:
    if (r->kind == NULL)
      r->kind = arg;
    else if (r->count < ARGS_MAX)
      r->args[r->count++] = arg;
    else
      snprintf(r->why, sizeof(r->why), "more than %d words", ARGS_MAX);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static bool parse_word(const char *text, uint64_t *value)
{
  size_t digits = strspn(text, "0123456789");
  bool is_hex = text[digits] != '\0' || digits == 16;
  char *end;

  if (!isxdigit((unsigned char)text[0]))
    return false;
  errno = 0;
  *value = strtoull(text, &end, is_hex ? 16 : 10);
  return errno == 0 && *end == '\0';
}

/* The words of the request, which must be `wanted`, or 1 where `or_one`. */
static bool take_words(struct request *r, unsigned wanted, bool or_one, uint64_t *words)
{
  if (r->count != wanted && !(or_one && r->count == 1)) {
    snprintf(r->why, sizeof(r->why), "%s takes %u word%s%s, found %u", r->kind, wanted,
             wanted == 1 ? "" : "s", or_one ? ", or 1 for a level 1 descriptor" : "", r->count);
    return false;
  }
  for (unsigned i = 0; i < r->count; i++) {
    if (!parse_word(r->args[i], &words[i])) {
      snprintf(r->why, sizeof(r->why),
               "word %u is \"%s\"; expected a number of at most 64 bits, decimal or hexadecimal", i,
               r->args[i]);
      return false;
    }
  }
  return true;
}

/* A structure of `words` words of which only field 0 is known. */
static void reserve(struct answer *a, enum smmu_layout_kind kind, const char *view, uint16_t words)
{
  if (smmu_layout_by_name(SMMU_LAYOUT_VIEW, view, &a->layout))
    a->layout.count = 1;
  a->layout.kind = kind;
  a->layout.words = words;
}

static bool answer_cmd(struct request *r, struct answer *a)
{
  if (r->count != 0 && !parse_word(r->args[0], &a->words[0])) {
    char line[512] = "";
    char why[256];

    for (unsigned i = 0; i < r->count && strlen(line) + strlen(r->args[i]) + 2 < sizeof(line); i++)
      snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i == 0 ? "" : " ",
               r->args[i]);
    if (smmu_cmd_assemble(line, a->words, why, sizeof(why)) != 0) {
      snprintf(r->why, sizeof(r->why), "%s", why);
      return false;
    }
  } else if (!take_words(r, CMD_WORDS, false, a->words)) {
    return false;
  }
  if (smmu_layout_by_key(SMMU_LAYOUT_CMD, (uint32_t)FGET(CMD, Opcode, a->words), &a->layout)) {
    snprintf(a->title, sizeof(a->title), "%s", a->layout.name);
  } else {
    reserve(a, SMMU_LAYOUT_CMD, "CMD", CMD_WORDS);
    snprintf(a->title, sizeof(a->title), "reserved");
  }
  smmu_cmd_print(a->words, a->text, sizeof(a->text));
  return true;
}

static bool answer_event(struct request *r, struct answer *a)
{
  uint32_t type;

  if (!take_words(r, EVENT_WORDS, false, a->words))
    return false;
  type = (uint32_t)FGET(EVENT, Type, a->words);
  if (!smmu_layout_by_key(SMMU_LAYOUT_EVENT, type, &a->layout))
    reserve(a, SMMU_LAYOUT_EVENT, "EVENT", EVENT_WORDS);
  snprintf(a->title, sizeof(a->title), "%s", smmu_event_name((uint8_t)type));
  smmu_event_print(a->words, a->text, sizeof(a->text));
  return true;
}

/* STE or CD, or with one word their level 1 descriptor. */
static bool answer_table(struct request *r, struct answer *a, enum smmu_layout_kind kind,
                         const char *entry, const char *level1)
{
  const char *name = r->count == 1 ? level1 : entry;

  if (!take_words(r, STE_WORDS, true, a->words) || !smmu_layout_by_name(kind, name, &a->layout))
    return false;
  snprintf(a->title, sizeof(a->title), "%s", name);
  return true;
}

static bool answer_reg(struct request *r, struct answer *a)
{
  uint64_t offset;
  int reg;

  if (r->count < 1 || r->count > 2) {
    snprintf(r->why, sizeof(r->why), "reg takes a name or an offset, and a value; found %u words",
             r->count);
    return false;
  }
  reg = smmu_reg_by_name(r->args[0]);
  if (reg < 0 && parse_word(r->args[0], &offset))
    reg = smmu_reg_by_offset(offset);
  if (reg < 0 || !smmu_layout_by_key(SMMU_LAYOUT_REG, smmu_reg_rows[reg].offset, &a->layout)) {
    snprintf(r->why, sizeof(r->why), "\"%s\" is no register, neither by name nor by offset",
             r->args[0]);
    return false;
  }
  a->has_value = r->count == 2;
  if (a->has_value && !parse_word(r->args[1], &a->words[0])) {
    snprintf(r->why, sizeof(r->why), "the value is \"%s\"; expected a number of at most 64 bits",
             r->args[1]);
    return false;
  }
  if (smmu_reg_rows[reg].width == 32 && a->words[0] > UINT32_MAX) {
    snprintf(r->why, sizeof(r->why), "%s has 32 bits, the value %s has more",
             smmu_reg_rows[reg].name, r->args[1]);
    return false;
  }
  snprintf(a->title, sizeof(a->title), "%s, offset 0x%" PRIx32 ", %u bits", a->layout.name,
           a->layout.key, smmu_reg_rows[reg].width);
  return true;
}

/* Drops the address fields that only 52-bit addresses use: they overlap the others. */
static void keep_48_bit(struct smmu_layout *layout, struct smmu_field kept[ARGS_MAX])
{
  uint16_t count = 0;

  for (unsigned i = 0; i < layout->count && count < ARGS_MAX; i++) {
    if (strncmp(layout->fields[i].name, "Addr", 4) != 0 ||
        strcmp(layout->fields[i].name, "Addr") == 0)
      kept[count++] = layout->fields[i];
  }
  layout->fields = kept;
  layout->count = count;
}

static bool answer_pte(struct request *r, struct answer *a, struct smmu_field kept[ARGS_MAX])
{
  const char *name = r->stage == 1 ? "S1_LEAF" : "S2_LEAF";
  const char *what;

  if (!take_words(r, TABLE_WORDS, false, a->words))
    return false;
  if ((a->words[0] & 1) == 0)
    what = "invalid";
  else if ((a->words[0] & 2) == 0)
    what = r->level == LAST_LEVEL ? "reserved, as invalid" : "block";
  else
    what = r->level == LAST_LEVEL ? "page" : "table";
  if (strcmp(what, "table") == 0)
    name = "TABLE";
  if (!smmu_layout_by_name(SMMU_LAYOUT_DESC, name, &a->layout))
    return false;
  keep_48_bit(&a->layout, kept);
  snprintf(a->title, sizeof(a->title), "stage %ld level %ld: %s", r->stage, r->level, what);
  return true;
}

static bool make_answer(struct request *r, struct answer *a, struct smmu_field kept[ARGS_MAX])
{
  a->has_value = true;
  if (strcmp(r->kind, "cmd") == 0)
    return answer_cmd(r, a);
  if (strcmp(r->kind, "ste") == 0)
    return answer_table(r, a, SMMU_LAYOUT_STE, "STE", "L1STD");
  if (strcmp(r->kind, "cd") == 0)
    return answer_table(r, a, SMMU_LAYOUT_CD, "CD", "L1CD");
  if (strcmp(r->kind, "event") == 0)
    return answer_event(r, a);
  if (strcmp(r->kind, "reg") == 0)
    return answer_reg(r, a);
  if (strcmp(r->kind, "pte") == 0)
    return answer_pte(r, a, kept);
  snprintf(r->why, sizeof(r->why), "\"%s\" is no kind; expected cmd, ste, cd, event, reg or pte",
           r->kind);
  return false;
}

static json_t *hex_string(uint64_t value)
{
  return json_sprintf("0x%" PRIx64, value);
}

/* Integers are written as they are when JSON numbers can hold them; `hex` is always exact. */
static json_t *field_object(const struct answer *a, const struct smmu_field *f)
{
  uint64_t value = smmu_field_get(f, a->words);
  const char *meaning = smmu_field_meaning(&a->layout, f, value);
  json_t *object = json_pack("{s:s, s:i, s:i}", "name", f->name, "hi", f->hi, "lo", f->lo);

  if (!a->has_value)
    return object;
  json_object_set_new(object, "value",
                      value <= INT64_MAX ? json_integer((json_int_t)value) : hex_string(value));
  json_object_set_new(object, "hex", hex_string(value));
  if (meaning != NULL)
    json_object_set_new(object, "meaning", json_string(meaning));
  if (smmu_field_is_address(f))
    json_object_set_new(object, "address", hex_string(value << (f->lo % 64)));
  return object;
}

static void print_json(const struct request *r, const struct answer *a)
{
  json_t *root = json_pack("{s:i, s:s, s:s}", "schema", SCHEMA, "kind", r->kind, "title", a->title);
  json_t *fields = json_array();
  json_t *words = json_array();
  uint64_t stray[SMMU_LAYOUT_WORDS_MAX];

  if (a->text[0] != '\0')
    json_object_set_new(root, "text", json_string(a->text));
  for (unsigned i = 0; i < a->layout.words && a->has_value; i++)
    json_array_append_new(words, hex_string(a->words[i]));
  json_object_set_new(root, "words", words);
  for (unsigned i = 0; i < a->layout.count; i++)
    json_array_append_new(fields, field_object(a, &a->layout.fields[i]));
  json_object_set_new(root, "fields", fields);
  if (a->has_value && smmu_layout_stray(&a->layout, a->words, stray)) {
    json_t *bits = json_array();

    for (unsigned i = 0; i < a->layout.words; i++)
      json_array_append_new(bits, hex_string(stray[i]));
    json_object_set_new(root, "reserved", bits);
  }
  json_dumpf(root, stdout, JSON_INDENT(2));
  printf("\n");
  json_decref(root);
}

static void print_text(const struct answer *a)
{
  char lines[16384];

  printf("%s\n", a->title);
  if (a->text[0] != '\0')
    printf("%s\n", a->text);
  if (!a->has_value) {
    for (unsigned i = 0; i < a->layout.count; i++)
      printf("%-20s [%u:%u]\n", a->layout.fields[i].name, a->layout.fields[i].hi,
             a->layout.fields[i].lo);
    return;
  }
  smmu_layout_print(&a->layout, a->words, lines, sizeof(lines));
  printf("%s", lines);
}

int verb_decode(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, args_doc, doc, NULL, NULL, NULL };
  struct request r = { .stage = 1, .level = LAST_LEVEL };
  struct smmu_field kept[ARGS_MAX];
  static char name[] = "smmulator decode"; /* what messages of argp begin with */
  struct answer a;

  memset(&a, 0, sizeof(a));
  argv[0] = name;
  argp_err_exit_status = TOOL_WRONG;
  if (argp_parse(&argp, argc, argv, 0, NULL, &r) != 0)
    return TOOL_WRONG;
  if (r.kind == NULL)
    snprintf(r.why, sizeof(r.why), "no kind; expected cmd, ste, cd, event, reg or pte");
  if (r.why[0] != '\0' || !make_answer(&r, &a, kept)) {
    fprintf(stderr, "smmulator decode: %s\nFor example: smmulator decode cmd \"SYNC cs=2\"\n",
            r.why);
    return TOOL_WRONG;
  }
  if (r.json)
    print_json(&r, &a);
  else
    print_text(&a);
  return ui_finish("decode") ? TOOL_DONE : TOOL_MACHINE;
}

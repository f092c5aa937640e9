/* smmulator decode: from words to an answer, a function for each kind of structure. A reserved
 * opcode or event number is an answer, not an error. IHI 0070: 7.1, 7.3, 7.5, 8, 9.1.4. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arch/cmd.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "arch/text.h"
#include "tools/decode.h"
#include "tools/explain.h"

const char decode_kinds[] = "cmd, ste, cd, vms, event, pri, gerror, par, reg or pte";

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

bool decode_take_words(struct decode_request *r, unsigned wanted, bool or_one, uint64_t *words)
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
static void reserve(struct decode_answer *a, enum smmu_layout_kind kind, const char *view,
                    uint16_t words)
{
  if (smmu_layout_by_name(SMMU_LAYOUT_VIEW, view, &a->layout))
    a->layout.count = 1;
  a->layout.kind = kind;
  a->layout.words = words;
}

void decode_keep_fields(struct decode_answer *a, bool (*keeps)(const char *name))
{
  uint16_t count = 0;

  for (unsigned i = 0; i < a->layout.count && count < DECODE_FIELDS_MAX; i++) {
    if (keeps(a->layout.fields[i].name))
      a->kept[count++] = a->layout.fields[i];
  }
  a->layout.fields = a->kept;
  a->layout.count = count;
}

static void add_note(struct decode_answer *a, const struct fault_words *note)
{
  if (note != NULL && a->notes < DECODE_NOTES_MAX)
    a->note[a->notes++] = note;
}

static bool answer_cmd(struct decode_request *r, struct decode_answer *a)
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
  } else if (!decode_take_words(r, CMD_WORDS, false, a->words)) {
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

static bool answer_event(struct decode_request *r, struct decode_answer *a)
{
  uint32_t type;

  if (!decode_take_words(r, EVENT_WORDS, false, a->words))
    return false;
  type = (uint32_t)FGET(EVENT, Type, a->words);
  if (!smmu_layout_by_key(SMMU_LAYOUT_EVENT, type, &a->layout))
    reserve(a, SMMU_LAYOUT_EVENT, "EVENT", EVENT_WORDS);
  snprintf(a->title, sizeof(a->title), "%s", smmu_event_name((uint8_t)type));
  smmu_event_print(a->words, a->text, sizeof(a->text));
  add_note(a, fault_of_event(type));
  return true;
}

static bool answer_pri(struct decode_request *r, struct decode_answer *a)
{
  struct smmu_text t = smmu_text_start(a->text, sizeof(a->text));

  if (!decode_take_words(r, PRI_WORDS, false, a->words) ||
      !smmu_layout_by_name(SMMU_LAYOUT_PRI, "PRI", &a->layout))
    return false;
  add_note(a, fault_of_page_request(FGET(PRI, SSV, a->words) != 0, FGET(PRI, Last, a->words) != 0,
                                    FGET(PRI, W, a->words) != 0, FGET(PRI, R, a->words) != 0));
  snprintf(a->title, sizeof(a->title), "%s", a->note[0]->name);
  smmu_text_add(&t, "%s", a->title);
  for (unsigned i = 0; i < a->layout.count; i++)
    smmu_field_add(&a->layout.fields[i], a->words, &t);
  return true;
}

/* STE or CD, or with one word their level 1 descriptor. */
static bool answer_table(struct decode_request *r, struct decode_answer *a,
                         enum smmu_layout_kind kind, const char *entry, const char *level1)
{
  const char *name = r->count == 1 ? level1 : entry;

  if (!decode_take_words(r, STE_WORDS, true, a->words) ||
      !smmu_layout_by_name(kind, name, &a->layout))
    return false;
  snprintf(a->title, sizeof(a->title), "%s", name);
  return true;
}

/* The 64 bytes of a VMS that are defined. */
static bool answer_vms(struct decode_request *r, struct decode_answer *a)
{
  if (!decode_take_words(r, VMS_WORDS, false, a->words) ||
      !smmu_layout_by_name(SMMU_LAYOUT_VMS, "VMS", &a->layout))
    return false;
  snprintf(a->title, sizeof(a->title), "VMS");
  return true;
}

/* Of each flag that is 1. */
static void add_flags(struct decode_answer *a)
{
  for (unsigned i = 0; i < a->layout.count; i++) {
    if (smmu_field_get(&a->layout.fields[i], a->words) != 0)
      add_note(a, fault_of_flag(a->layout.fields[i].name));
  }
}

static bool answer_gerror(struct decode_request *r, struct decode_answer *a)
{
  uint64_t words[2];

  if (!decode_take_words(r, 2, false, words) ||
      !smmu_layout_by_name(SMMU_LAYOUT_REG, "GERROR", &a->layout))
    return false;
  if ((words[0] | words[1]) > UINT32_MAX) {
    snprintf(r->why, sizeof(r->why), "GERROR and GERRORN have 32 bits, a value has more");
    return false;
  }
  a->words[0] = words[0] ^ words[1];
  snprintf(a->title, sizeof(a->title), "global errors: %s",
           a->words[0] != 0 ? "active" : "none is active");
  add_flags(a);
  return true;
}

/* ---- registers ---- */

static bool of_par_success(const char *name)
{
  return strcmp(name, "IMPDEF") != 0 && strcmp(name, "FADDR") != 0 &&
         strcmp(name, "FAULTCODE") != 0 && strcmp(name, "REASON") != 0;
}

static bool of_par_fault(const char *name)
{
  return strcmp(name, "FAULT") == 0 || !of_par_success(name);
}

/* The lowest bit of ADDR that is 1 gives the size when Size is 1, and is no part of the address. */
static void describe_par_success(struct decode_answer *a)
{
  uint64_t par = a->words[0], addr = MASK(GATOS_PAR, ADDR) & par;
  unsigned log2 = 12;
  char span[16];

  if (GET(GATOS_PAR, Size, par) != 0 && addr != 0) {
    log2 = (unsigned)__builtin_ctzll(addr) + 1;
    addr &= addr - 1;
  }
  snprintf(a->text, sizeof(a->text), "0x%" PRIx64 ", %s, %s, %s", addr, explain_span(log2, span),
           explain_memattr((unsigned)GET(GATOS_PAR, ATTR, par)),
           explain_shareability((unsigned)GET(GATOS_PAR, SH, par)));
}

static void describe_par(struct decode_answer *a)
{
  if (GET(GATOS_PAR, FAULT, a->words[0]) == 0) {
    decode_keep_fields(a, of_par_success);
    describe_par_success(a);
  } else {
    decode_keep_fields(a, of_par_fault);
    add_note(a, fault_of_atos((unsigned)GET(GATOS_PAR, FAULTCODE, a->words[0])));
  }
}

/* What the error codes of a register say. */
static void describe_register(struct decode_answer *a)
{
  const char *name = a->layout.name;
  const struct smmu_field *error = smmu_layout_field(&a->layout, "ERR_REASON");

  if (error == NULL)
    error = smmu_layout_field(&a->layout, "ERR");
  if (strcmp(name, "GATOS_PAR") == 0 || strcmp(name, "VATOS_PAR") == 0)
    describe_par(a);
  else if (error != NULL && strstr(name, "CONS") != NULL)
    add_note(a, fault_of_command((unsigned)smmu_field_get(error, a->words)));
  else if (strcmp(name, "GERROR") == 0 || strcmp(name, "VCMDQ_GERROR") == 0)
    add_flags(a);
}

/* A register beside the main pages. Those of which there are many have one row: ECMDQ_PROD3 and
 * ECMDQ_PROD are the same, with SMMU_ in front or not. */
static bool find_of_many(const char *arg, struct smmu_layout *layout)
{
  static const enum smmu_layout_kind kinds[] = { SMMU_LAYOUT_CMDQV, SMMU_LAYOUT_PMCG,
                                                 SMMU_LAYOUT_ECMDQ };
  const char *from = strncasecmp(arg, "SMMU_", 5) == 0 ? arg + 5 : arg;
  size_t length = strlen(from);
  char name[64];

  if (length >= sizeof(name))
    return false;
  memcpy(name, from, length + 1);
  for (unsigned without_number = 0; without_number < 2; without_number++) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
      if (smmu_layout_by_name(kinds[i], name, layout))
        return true;
    }
    while (length > 0 && isdigit((unsigned char)name[length - 1]))
      name[--length] = '\0';
  }
  return false;
}

/* A register of the main pages, by name or offset, or of another block by name. */
static bool find_register(const char *arg, struct decode_answer *a, unsigned *width)
{
  uint64_t offset;
  int reg = smmu_reg_by_name(arg);

  if (reg < 0 && parse_word(arg, &offset))
    reg = smmu_reg_by_offset(offset);
  if (reg >= 0 && smmu_layout_by_key(SMMU_LAYOUT_REG, smmu_reg_rows[reg].offset, &a->layout)) {
    *width = smmu_reg_rows[reg].width;
    snprintf(a->title, sizeof(a->title), "%s, offset 0x%" PRIx32 ", %u bits", a->layout.name,
             a->layout.key, *width);
    return true;
  }
  *width = 64;
  if (!find_of_many(arg, &a->layout))
    return false;
  snprintf(a->title, sizeof(a->title), "%s", a->layout.name);
  return true;
}

static bool answer_reg(struct decode_request *r, struct decode_answer *a)
{
  unsigned width;

  if (r->count < 1 || r->count > 2) {
    snprintf(r->why, sizeof(r->why), "reg takes a name or an offset, and a value; found %u words",
             r->count);
    return false;
  }
  if (!find_register(r->args[0], a, &width)) {
    snprintf(
      r->why, sizeof(r->why),
      "\"%s\" is no register: neither a name (docs/registers.md lists them) nor an offset in "
      "page 0 or page 1",
      r->args[0]);
    return false;
  }
  a->has_value = r->count == 2;
  if (a->has_value && !parse_word(r->args[1], &a->words[0])) {
    snprintf(r->why, sizeof(r->why), "the value is \"%s\"; expected a number of at most 64 bits",
             r->args[1]);
    return false;
  }
  if (width == 32 && a->words[0] > UINT32_MAX) {
    snprintf(r->why, sizeof(r->why), "%s has 32 bits, the value %s has more", a->layout.name,
             r->args[1]);
    return false;
  }
  if (a->has_value)
    describe_register(a);
  return true;
}

static bool answer_par(struct decode_request *r, struct decode_answer *a)
{
  if (!decode_take_words(r, 1, false, a->words) ||
      !smmu_layout_by_name(SMMU_LAYOUT_REG, "GATOS_PAR", &a->layout))
    return false;
  snprintf(a->title, sizeof(a->title), "ATOS_PAR: %s",
           GET(GATOS_PAR, FAULT, a->words[0]) ? "fault" : "success");
  describe_par(a);
  return true;
}

bool decode_answer_make(struct decode_request *r, struct decode_answer *a)
{
  static const struct {
    const char *kind;
    bool (*answer)(struct decode_request *r, struct decode_answer *a);
  } kinds[] = {
    { "cmd", answer_cmd }, { "vms", answer_vms },       { "event", answer_event },
    { "pri", answer_pri }, { "gerror", answer_gerror }, { "par", answer_par },
    { "reg", answer_reg }, { "pte", decode_pte },
  };

  a->has_value = true;
  if (strcmp(r->kind, "ste") == 0)
    return answer_table(r, a, SMMU_LAYOUT_STE, "STE", "L1STD");
  if (strcmp(r->kind, "cd") == 0)
    return answer_table(r, a, SMMU_LAYOUT_CD, "CD", "L1CD");
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (strcmp(r->kind, kinds[i].kind) == 0)
      return kinds[i].answer(r, a);
  }
  snprintf(r->why, sizeof(r->why), "\"%s\" is no kind; expected %s", r->kind, decode_kinds);
  return false;
}

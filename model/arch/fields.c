/* The generic description: tables generated from layouts.def, lookup, printing, reserved bits, and
 * the words for enumerated values from meaning.def. Nothing but the lookup of commands is on a hot
 * path. */
#include "arch/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arch/text.h"
#include "util/bits.h"
#include "util/check.h"

/* A field lies in one word: every access macro relies on it. */
#define LAYOUT(name, kind, key, words)
#define FIELD(type, name, hi, lo) \
  _Static_assert((hi) >= (lo) && (hi) / 64 == (lo) / 64, #type "." #name " crosses a word");
#include "arch/layouts.def"
#undef LAYOUT
#undef FIELD

static const struct smmu_field all_fields[] = {
#define LAYOUT(name, kind, key, words)
#define FIELD(type, name, hi, lo) { #name, (hi), (lo) },
#include "arch/layouts.def"
#undef LAYOUT
#undef FIELD
};

/* FIRST_x is the index in all_fields of the first field of layout x. The enumerator after it steps
 * back by one, so that a layout itself takes no index. */
enum {
#define LAYOUT(name, kind, key, words) FIRST_##name, BEFORE_##name = FIRST_##name - 1,
#define FIELD(type, name, hi, lo)      AT_##type##_##name,
#include "arch/layouts.def"
#undef LAYOUT
#undef FIELD
  FIELD_TOTAL
};

_Static_assert(sizeof(all_fields) / sizeof(all_fields[0]) == FIELD_TOTAL, "one index a field");

struct layout_row {
  const char *name;
  uint32_t key;
  uint16_t first;
  uint8_t kind;
  uint8_t words;
};

static const struct layout_row all_layouts[] = {
#define LAYOUT(name, kind, key, words) { #name, (key), FIRST_##name, SMMU_LAYOUT_##kind, (words) },
#define FIELD(type, name, hi, lo)
#include "arch/layouts.def"
#undef LAYOUT
#undef FIELD
};

enum {
#define LAYOUT(name, kind, key, words) INDEX_##name,
#define FIELD(type, name, hi, lo)
#include "arch/layouts.def"
#undef LAYOUT
#undef FIELD
};

/* Commands are looked up while machines run: index + 1 of the layout; 0: no such opcode. */
static const uint16_t of_opcode[256] = {
#define STRUCT(name, words)
#define FIELD(type, name, hi, lo)
#define CMD(name, opcode) [opcode] = INDEX_##name + 1,
#define CFIELD(name, field, hi, lo)
#include "arch/cmd.def"
#undef STRUCT
#undef FIELD
#undef CMD
#undef CFIELD
};

struct meaning {
  const char *layout; /* "*": any */
  const char *field;
  uint64_t value;
  const char *text;
};

static const struct meaning meanings[] = {
#define MEANING(layout, field, value, text) { layout, field, value, text },
#include "arch/meaning.def"
#undef MEANING
};

enum { LAYOUT_TOTAL = sizeof(all_layouts) / sizeof(all_layouts[0]) };

unsigned smmu_layout_total(void)
{
  return LAYOUT_TOTAL;
}

struct smmu_layout smmu_layout_at(unsigned index)
{
  const struct layout_row *row;
  unsigned end;

  CHECK(index < LAYOUT_TOTAL);
  row = &all_layouts[index];
  end = index + 1 < LAYOUT_TOTAL ? row[1].first : (unsigned)FIELD_TOTAL;
  return (struct smmu_layout){
    .name = row->name,
    .kind = (enum smmu_layout_kind)row->kind,
    .key = row->key,
    .words = row->words,
    .count = (uint16_t)(end - row->first),
    .fields = &all_fields[row->first],
  };
}

bool smmu_layout_by_name(enum smmu_layout_kind kind, const char *name, struct smmu_layout *out)
{
  for (unsigned i = 0; i < LAYOUT_TOTAL; i++) {
    if (all_layouts[i].kind == kind && strcasecmp(all_layouts[i].name, name) == 0) {
      *out = smmu_layout_at(i);
      return true;
    }
  }
  return false;
}

bool smmu_layout_by_key(enum smmu_layout_kind kind, uint32_t key, struct smmu_layout *out)
{
  if (kind == SMMU_LAYOUT_CMD) {
    if (key > UINT8_MAX || of_opcode[key] == 0)
      return false;
    *out = smmu_layout_at(of_opcode[key] - 1u);
    return true;
  }
  if (kind != SMMU_LAYOUT_REG && kind != SMMU_LAYOUT_EVENT)
    return false;
  for (unsigned i = 0; i < LAYOUT_TOTAL; i++) {
    if (all_layouts[i].kind == kind && all_layouts[i].key == key) {
      *out = smmu_layout_at(i);
      return true;
    }
  }
  return false;
}

const struct smmu_field *smmu_layout_field(const struct smmu_layout *layout, const char *name)
{
  for (unsigned i = 0; i < layout->count; i++) {
    if (strcasecmp(layout->fields[i].name, name) == 0)
      return &layout->fields[i];
  }
  return NULL;
}

uint64_t smmu_field_get(const struct smmu_field *field, const uint64_t *words)
{
  return bits_get(words[field->lo / 64], field->hi % 64u, field->lo % 64u);
}

void smmu_field_put(const struct smmu_field *field, uint64_t *words, uint64_t value)
{
  uint64_t *word = &words[field->lo / 64];

  *word = bits_put(*word, field->hi % 64u, field->lo % 64u, value);
}

uint64_t smmu_field_max(const struct smmu_field *field)
{
  return bits_low(field->hi - field->lo + 1u);
}

bool smmu_field_is_address(const struct smmu_field *field)
{
  static const char *const names[] = { "ADDR",  "MSIAddress", "S1ContextPtr", "L2Ptr",
                                       "S2TTB", "S_S2TTB",    "VMSPtr",       "TTB0",
                                       "TTB1",  "IPA",        "InputAddr",    "FetchAddr",
                                       "Addr",  "PageAddr",   "FADDR" };

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(names[i], field->name) == 0)
      return true;
  }
  return false;
}

const char *smmu_field_meaning(const struct smmu_layout *layout, const struct smmu_field *field,
                               uint64_t value)
{
  for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
    const struct meaning *m = &meanings[i];

    if (m->value == value && strcmp(m->field, field->name) == 0 &&
        (strcmp(m->layout, "*") == 0 || strcmp(m->layout, layout->name) == 0))
      return m->text;
  }
  return NULL;
}

bool smmu_layout_stray(const struct smmu_layout *layout, const uint64_t *words, uint64_t *stray)
{
  uint64_t any = 0;

  memcpy(stray, words, layout->words * sizeof(words[0]));
  for (unsigned i = 0; i < layout->count; i++)
    smmu_field_put(&layout->fields[i], stray, 0);
  for (unsigned i = 0; i < layout->words; i++)
    any |= stray[i];
  return any != 0;
}

void smmu_field_add(const struct smmu_field *field, const uint64_t *words, struct smmu_text *text)
{
  uint64_t value = smmu_field_get(field, words);

  if (value == 0)
    return;
  smmu_text_add(text, " ");
  for (const char *c = field->name; *c != '\0'; c++)
    smmu_text_add(text, "%c", tolower((unsigned char)*c));
  if (smmu_field_is_address(field))
    value <<= field->lo % 64;
  smmu_text_add(text, value < 10 ? "=%llu" : "=0x%llx", (unsigned long long)value);
}

size_t smmu_layout_print(const struct smmu_layout *layout, const uint64_t *words, char *text,
                         size_t size)
{
  struct smmu_text t = smmu_text_start(text, size);
  uint64_t stray[SMMU_LAYOUT_WORDS_MAX];

  for (unsigned i = 0; i < layout->count; i++) {
    const struct smmu_field *f = &layout->fields[i];
    uint64_t value = smmu_field_get(f, words);
    uint64_t address = value << (f->lo % 64);
    const char *meaning = smmu_field_meaning(layout, f, value);
    char range[16];

    snprintf(range, sizeof(range), "[%u:%u]", f->hi, f->lo);
    smmu_text_add(&t, "%-20s %-10s 0x%llx", f->name, range, (unsigned long long)value);
    if (meaning != NULL)
      smmu_text_add(&t, "  %s", meaning);
    else if (smmu_field_is_address(f) && f->lo % 64 != 0)
      smmu_text_add(&t, "  address 0x%llx", (unsigned long long)address);
    smmu_text_add(&t, "\n");
  }
  if (smmu_layout_stray(layout, words, stray)) {
    smmu_text_add(&t, "%-20s %-10s", "reserved bits set", "");
    for (unsigned i = 0; i < layout->words; i++)
      smmu_text_add(&t, " 0x%016llx", (unsigned long long)stray[i]);
    smmu_text_add(&t, "\n");
  }
  return t.length;
}

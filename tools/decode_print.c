/* smmulator decode: answers as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "tools/decode.h"

enum { SCHEMA = 1 };

static json_t *hex_string(uint64_t value)
{
  return json_sprintf("0x%" PRIx64, value);
}

/* Integers are written as they are when JSON numbers can hold them; `hex` is always exact. */
static json_t *field_object(const struct decode_answer *a, const struct smmu_field *f)
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

static json_t *notes_array(const struct decode_answer *a)
{
  json_t *array = json_array();

  for (unsigned i = 0; i < a->notes; i++)
    json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "name", a->note[i]->name, "text",
                                           a->note[i]->text, "section", a->note[i]->section));
  return array;
}

void decode_print_json(const struct decode_request *r, const struct decode_answer *a)
{
  json_t *root = json_pack("{s:i, s:s, s:s}", "schema", SCHEMA, "kind", r->kind, "title", a->title);
  json_t *fields = json_array();
  json_t *words = json_array();
  uint64_t stray[SMMU_LAYOUT_WORDS_MAX];

  if (a->text[0] != '\0')
    json_object_set_new(root, "text", json_string(a->text));
  if (a->notes != 0)
    json_object_set_new(root, "means", notes_array(a));
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

void decode_print_text(const struct decode_answer *a)
{
  char lines[16384];

  printf("%s\n", a->title);
  if (a->text[0] != '\0')
    printf("%s\n", a->text);
  for (unsigned i = 0; i < a->notes; i++)
    printf("%s: %s (%s)\n", a->note[i]->name, a->note[i]->text, a->note[i]->section);
  if (!a->has_value) {
    for (unsigned i = 0; i < a->layout.count; i++)
      printf("%-20s [%u:%u]\n", a->layout.fields[i].name, a->layout.fields[i].hi,
             a->layout.fields[i].lo);
    return;
  }
  smmu_layout_print(&a->layout, a->words, lines, sizeof(lines));
  printf("%s", lines);
}

/* Values as text: "2us", "64k", "12.5%", "batch", and back. Integers only: 0.1us is 100000 ps and
 * nothing else. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "machine/config.h"
#include "util/near.h"

struct suffix {
  const char *text;
  uint64_t factor;
};

/* Largest first; the plain unit last. */
static const struct suffix time_suffixes[] = {
  { "s", MACHINE_SECOND }, { "ms", 1000000000 }, { "us", 1000000 },
  { "ns", 1000 },          { "ps", 1 },          { NULL, 0 }
};
static const struct suffix byte_suffixes[] = {
  { "g", 1 << 30 }, { "m", 1 << 20 }, { "k", 1 << 10 }, { NULL, 0 }
};
static const struct suffix no_suffixes[] = { { NULL, 0 } };

static const struct suffix *suffixes_of(unsigned unit)
{
  if (unit == MACHINE_UNIT_TIME)
    return time_suffixes;
  return unit == MACHINE_UNIT_BYTES ? byte_suffixes : no_suffixes;
}

/* ---- words ---- */

/* Word i of "one|two"; its length, 0 when there is none. */
static size_t word_at(const char *words, uint64_t i, const char **start)
{
  for (; i > 0; i--) {
    words = strchr(words, '|');
    if (!words)
      return 0;
    words++;
  }
  *start = words;
  return strcspn(words, "|");
}

static bool parse_word(const struct machine_key *key, const char *text, uint64_t *value)
{
  static const char *const off[] = { "off", "false", "no" }, *const on[] = { "on", "true", "yes" };
  const char *start;
  size_t length;

  for (uint64_t i = 0; (length = word_at(key->words, i, &start)) != 0; i++) {
    if (strlen(text) == length && memcmp(text, start, length) == 0) {
      *value = i;
      return true;
    }
  }
  if (strcmp(key->words, "off|on") != 0)
    return false;
  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(text, off[i]) == 0 || strcmp(text, on[i]) == 0) {
      *value = strcmp(text, on[i]) == 0;
      return true;
    }
  }
  return false;
}

enum { WORDS_MOST = 8, WORD_LENGTH = 24 };

struct word_list {
  const char *words;
  char word[WORDS_MOST][WORD_LENGTH];
};

static const char *choice_word(const void *ctx, size_t i)
{
  const struct word_list *list = ctx;

  return i < WORDS_MOST && list->word[i][0] ? list->word[i] : NULL;
}

static const char *nearest_word(struct word_list *list, const char *typed)
{
  const char *start;
  size_t length;

  for (unsigned i = 0; i < WORDS_MOST; i++) {
    length = word_at(list->words, i, &start);
    snprintf(list->word[i], WORD_LENGTH, "%.*s", (int)length, length ? start : "");
  }
  return smmu_nearest(typed, choice_word, list);
}

/* ---- numbers ---- */

static bool add_digit(uint64_t *value, char digit)
{
  return !__builtin_mul_overflow(*value, 10, value) &&
         !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

static bool find_factor(const struct suffix *s, const char *text, uint64_t *factor)
{
  *factor = 1;
  if (!*text)
    return true;
  for (; s->text; s++) {
    if (strcmp(s->text, text) == 0) {
      *factor = s->factor;
      return true;
    }
  }
  return false;
}

static bool parse_number(const struct suffix *suffixes, const char *text, uint64_t *out)
{
  uint64_t whole = 0, fraction = 0, scale = 1, factor, part;
  const char *at = text;

  if (!isdigit((unsigned char)*at))
    return false;
  for (; isdigit((unsigned char)*at) || *at == '_'; at++) {
    if (*at != '_' && !add_digit(&whole, *at))
      return false;
  }
  if (*at == '.') {
    for (at++; isdigit((unsigned char)*at); at++) {
      if (!add_digit(&fraction, *at) || __builtin_mul_overflow(scale, 10, &scale))
        return false;
    }
    if (scale == 1)
      return false;
  }
  while (*at == ' ')
    at++;
  if (!find_factor(suffixes, at, &factor) || __builtin_mul_overflow(whole, factor, &whole) ||
      __builtin_mul_overflow(fraction, factor, &part) || part % scale != 0)
    return false;
  return !__builtin_add_overflow(whole, part / scale, out);
}

/* ---- both ---- */

static void describe(unsigned id, const char *text, char *expected, size_t len)
{
  static const char *const plain[] = { "a time such as 150ns or 2us", "bytes such as 64k or 2m",
                                       "a number", "thousandths", "a power of two's exponent" };
  const struct machine_key *key = machine_key_at(id);
  char least[32], most[32];

  if (key->unit == MACHINE_UNIT_CHOICE) {
    struct word_list list = { .words = key->words };
    const char *near = nearest_word(&list, text);

    snprintf(expected, len, "%s%s%s%s", key->words, near ? "; did you mean \"" : "",
             near ? near : "", near ? "\"?" : "");
    return;
  }
  machine_value_print(id, key->least, least, sizeof(least));
  machine_value_print(id, key->most, most, sizeof(most));
  snprintf(expected, len, "%s from %s to %s", plain[key->unit], least, most);
}

bool machine_value_parse(unsigned id, const char *text, uint64_t *value, char *expected, size_t len)
{
  const struct machine_key *key = machine_key_at(id);
  uint64_t number;
  bool good;

  if (key->unit == MACHINE_UNIT_CHOICE)
    good = parse_word(key, text, &number);
  else
    good = parse_number(suffixes_of(key->unit), text, &number) && number >= key->least &&
           number <= key->most;
  if (good)
    *value = number;
  else
    describe(id, text, expected, len);
  return good;
}

void machine_value_print(unsigned id, uint64_t value, char *text, size_t len)
{
  const struct machine_key *key = machine_key_at(id);
  const struct suffix *s = suffixes_of(key->unit);
  const char *start = "?";
  size_t length = 1;

  if (key->unit == MACHINE_UNIT_CHOICE) {
    length = word_at(key->words, value, &start);
    snprintf(text, len, "%.*s", (int)length, start);
    return;
  }
  while (s->text && (value == 0 || value % s->factor != 0))
    s++;
  if (s->text)
    snprintf(text, len, "%llu%s", (unsigned long long)(value / s->factor), s->text);
  else
    snprintf(text, len, "%llu", (unsigned long long)value);
}

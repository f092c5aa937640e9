/* The names of a recording, sorted by kind and number. */
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "smmu/step.h"
#include "traces/smt_internal.h"

const char *smt_kind_name(unsigned kind)
{
  switch (kind) {
#define X(name, number, text, what) \
  case SMT_##name: return text;
    SMT_KIND_LIST(X)
#undef X
  default: return NULL;
  }
}

bool smt_text_is_good(const char *text, size_t len)
{
  if (len > SMT_TEXT_MAX)
    return false;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];

    if (c < ' ' || c == 0x7f)
      return false;
  }
  return true;
}

/* -1, 0, 1: a name against a place in the list. */
static int compare(const struct smt_name *name, uint32_t kind, uint64_t number)
{
  if (name->kind != kind)
    return name->kind < kind ? -1 : 1;
  if (name->number != number)
    return name->number < number ? -1 : 1;
  return 0;
}

/* The first name that is not below (kind, number). */
static size_t place(const struct smt_names *names, uint32_t kind, uint64_t number)
{
  size_t low = 0, high = names->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (compare(&names->name[middle], kind, number) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool grow(struct smt_names *names)
{
  size_t room = names->room ? 2 * names->room : 64;
  struct smt_name *grown;

  if (names->count < names->room)
    return true;
  grown = realloc(names->name, room * sizeof(*grown));
  if (!grown)
    return false;
  names->name = grown;
  names->room = room;
  return true;
}

int smt_names_add_text(struct smt_names *names, uint32_t kind, uint64_t number, const char *text,
                       size_t len)
{
  size_t at = place(names, kind, number);
  char *copy;

  if (!smt_kind_name(kind) || len == 0 || !smt_text_is_good(text, len) ||
      names->count == SMT_NAMES_MAX ||
      (at < names->count && compare(&names->name[at], kind, number) == 0))
    return SMMU_ERR_BADARG;
  copy = grow(names) ? malloc(len + 1) : NULL;
  if (!copy)
    return SMMU_ERR_NOMEM;
  memcpy(copy, text, len);
  copy[len] = '\0';
  memmove(&names->name[at + 1], &names->name[at], (names->count - at) * sizeof(names->name[0]));
  names->name[at] = (struct smt_name){ kind, number, copy };
  names->count++;
  return 0;
}

int smt_names_add(struct smt_names *names, enum smt_kind kind, uint64_t number, const char *text)
{
  return smt_names_add_text(names, kind, number, text, strlen(text));
}

static int add_all(struct smt_names *names, enum smt_kind kind, unsigned first, unsigned count,
                   const char *(*name)(unsigned number))
{
  int rc = 0;

  for (unsigned i = first; i < count && !rc; i++)
    rc = smt_names_add(names, kind, i, name(i));
  return rc;
}

int smt_names_add_model(struct smt_names *names)
{
  int rc = add_all(names, SMT_CATEGORY, 0, SMMU_TRACE_COUNT, smmu_trace_name);

  if (!rc)
    rc = add_all(names, SMT_READ, 0, SMMU_READ_COUNT, smmu_read_name);
  if (!rc)
    rc = add_all(names, SMT_CACHE, 0, SMMU_CACHE_COUNT, smmu_cache_name);
  if (!rc)
    rc = add_all(names, SMT_STAGE, 0, SMMU_STAGE_COUNT, smmu_stage_name);
  if (!rc)
    rc = add_all(names, SMT_ASK, 0, SMMU_ASK_KINDS, smmu_ask_name);
  return rc;
}

void smt_names_free(struct smt_names *names)
{
  for (size_t i = 0; i < names->count; i++)
    free(names->name[i].text);
  free(names->name);
  memset(names, 0, sizeof(*names));
}

const char *smt_names_find(const struct smt_names *names, enum smt_kind kind, uint64_t number)
{
  size_t at = place(names, kind, number);

  return at < names->count && compare(&names->name[at], kind, number) == 0 ? names->name[at].text
                                                                           : NULL;
}

bool smt_names_number(const struct smt_names *names, enum smt_kind kind, const char *text,
                      uint64_t *number)
{
  for (size_t i = place(names, kind, 0); i < names->count && names->name[i].kind == kind; i++) {
    if (strcmp(names->name[i].text, text) == 0) {
      *number = names->name[i].number;
      return true;
    }
  }
  return false;
}

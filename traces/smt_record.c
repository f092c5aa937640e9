/* One record as 64 little-endian bytes, field after field in the order of struct smmu_record. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "traces/smt_internal.h"

/* X(field, bytes), in the file's order. */
#define FIELDS(X) \
  X(time, 8) \
  X(addr_in, 8) \
  X(addr_out, 8) \
  X(word, 8) \
  X(sid, 4) \
  X(ssid, 4) \
  X(slot, 4) \
  X(asid, 2) \
  X(vmid, 2) \
  X(actor, 2) \
  X(category, 1) \
  X(phase, 1) \
  X(perm, 1) \
  X(result, 2) \
  X(unit, 2) \
  X(info, 1) \
  X(pmg, 1) \
  X(partid, 2)

/* Where a record of the file has a field: as in memory. */
#define AT(field) (offsetof(struct smmu_record, field))

_Static_assert(sizeof(struct smmu_record) == SMT_RECORD_BYTES, "a record has 64 bytes");
_Static_assert(AT(slot) == 40 && AT(category) == 50 && AT(result) == 54 && AT(pmg) == 59 &&
                 AT(spare) == 62,
               "fields lie where FORMAT.md says");

void smt_record_encode(const struct smmu_record *r, unsigned char *bytes)
{
#define X(field, size) smt_put(bytes + AT(field), size, r->field);
  FIELDS(X)
#undef X
  bytes[AT(level)] = (unsigned char)r->level;
  memcpy(bytes + AT(spare), r->spare, sizeof(r->spare));
}

static uint64_t get(const unsigned char *bytes, unsigned size)
{
  uint64_t value = 0;

  for (unsigned i = 0; i < size; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

void smt_record_decode(const unsigned char *bytes, struct smmu_record *r)
{
#define X(field, size) r->field = (__typeof__(r->field))get(bytes + AT(field), size);
  FIELDS(X)
#undef X
  r->level = (int8_t)bytes[AT(level)];
  memcpy(r->spare, bytes + AT(spare), sizeof(r->spare));
}

void smt_rules_init(struct smt_rules *rules, const struct smt_names *names)
{
  const struct {
    const char *name;
    uint64_t *number;
  } wanted[] = { { "charge", &rules->charge },
                 { "sleep", &rules->sleep },
                 { "span", &rules->span },
                 { "note", &rules->note } };

  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
    if (!smt_names_number(names, SMT_CATEGORY, wanted[i].name, wanted[i].number))
      *wanted[i].number = UINT64_MAX;
  if (!smt_names_number(names, SMT_NOTE, "begin", &rules->begin))
    rules->begin = UINT64_MAX;
  if (!smt_names_number(names, SMT_NOTE, "end", &rules->end))
    rules->end = UINT64_MAX;
}

static bool is_named(const struct smt_names *names, enum smt_kind kind, uint64_t number,
                     const char *field, char *why, size_t why_len)
{
  if (smt_names_find(names, kind, number))
    return true;
  snprintf(why, why_len, "%s is %" PRIu64 ", expected a %s that the head names", field, number,
           smt_kind_name(kind));
  return false;
}

static bool is_ordered(const char *first, uint64_t a, const char *second, uint64_t b, char *why,
                       size_t why_len)
{
  if (a <= b)
    return true;
  snprintf(why, why_len, "%s is %" PRIu64 ", expected %s or later (%" PRIu64 ")", second, b, first,
           a);
  return false;
}

bool smt_record_check(const struct smt_rules *rules, const struct smt_names *names,
                      const struct smmu_record *r, unsigned *where, char *why, size_t why_len)
{
  bool span = r->category == rules->span, charge = r->category == rules->charge;

  *where = AT(category);
  if (!is_named(names, SMT_CATEGORY, r->category, "category", why, why_len))
    return false;
  for (unsigned i = 0; i < sizeof(r->spare); i++) {
    if (r->spare[i] == 0)
      continue;
    *where = (unsigned)AT(spare) + i;
    snprintf(why, why_len, "an unused byte is %u, expected 0", r->spare[i]);
    return false;
  }
  *where = AT(word);
  if ((span || charge || r->category == rules->sleep) &&
      !is_ordered("its beginning", r->time, "the end", r->word, why, why_len))
    return false;
  *where = AT(time);
  if (span && !is_ordered("its arrival", r->addr_in, "the beginning", r->time, why, why_len))
    return false;
  *where = AT(phase);
  if (span && !is_named(names, SMT_STAGE, r->phase, "phase", why, why_len))
    return false;
  *where = AT(result);
  if (charge)
    return is_named(names, SMT_COST, r->result, "result", why, why_len);
  if (r->category != rules->note)
    return true;
  if (!is_named(names, SMT_NOTE, r->result, "result", why, why_len))
    return false;
  *where = AT(addr_in);
  return (r->result != rules->begin && r->result != rules->end) ||
         is_named(names, SMT_OPERATION, r->addr_in, "addr_in", why, why_len);
}

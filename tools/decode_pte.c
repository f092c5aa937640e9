/* smmulator decode pte: a translation table descriptor, with the address that its format spreads over
 * the word. IHI 0070 3.4; Arm ARM D8.3. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/desc.h"
#include "arch/structs.h"
#include "tools/decode.h"

static bool is_48_bit(const char *name)
{
  return strncmp(name, "Addr", 4) != 0 || strcmp(name, "Addr") == 0;
}

static bool is_wide_64k(const char *name)
{
  return is_48_bit(name) || strcmp(name, "Addr64K_51_48") == 0;
}

/* SH comes from elsewhere then. */
static bool is_wide(const char *name)
{
  return strcmp(name, "SH") != 0 && strcmp(name, "Addr64K_51_48") != 0;
}

static struct smmu_geometry geometry(const struct decode_request *r)
{
  struct smmu_geometry g = { .granule_log2 = (uint8_t)r->granule_log2 };

  if (r->wide)
    g.format = r->granule_log2 == 16 ? SMMU_OA_64K : SMMU_OA_DS;
  return g;
}

static bool is_valid(const char *kind)
{
  return strcmp(kind, "table") == 0 || strcmp(kind, "block") == 0 || strcmp(kind, "page") == 0;
}

static const char *kind_of(const struct decode_request *r, uint64_t word,
                           const struct smmu_geometry *g)
{
  bool last = r->level == DECODE_LAST_LEVEL;

  if ((word & 1) == 0)
    return "invalid";
  switch (smmu_desc_kind(word, (int)r->level, g)) {
  case SMMU_DESC_TABLE: return "table";
  case SMMU_DESC_LEAF: return last ? "page" : "block";
  default: return "reserved, as invalid";
  }
}

/* Level 0 needs a granule below 64 KB, and level -1 tables of 4 KB with 52-bit addresses. */
static bool level_is_there(struct decode_request *r)
{
  long first = r->granule_log2 == 16 ? 1 : r->granule_log2 == 12 && r->wide ? -1 : 0;

  if (r->level >= first)
    return true;
  snprintf(r->why, sizeof(r->why), "--level is %ld; tables of %ldK%s begin at level %ld", r->level,
           1L << (r->granule_log2 - 10), r->granule_log2 == 12 && !r->wide ? " without --wide" : "",
           first);
  return false;
}

bool decode_pte(struct decode_request *r, struct decode_answer *a)
{
  struct smmu_geometry g = geometry(r);
  const char *name = r->stage == 1 ? "S1_LEAF" : "S2_LEAF", *kind;
  unsigned low = g.granule_log2;

  if (!level_is_there(r) || !decode_take_words(r, TABLE_WORDS, false, a->words))
    return false;
  kind = kind_of(r, a->words[0], &g);
  if (strcmp(kind, "table") == 0)
    name = "TABLE";
  else if (strcmp(kind, "block") == 0)
    low = smmu_level_shift(g.granule_log2, (int)r->level);
  if (!smmu_layout_by_name(SMMU_LAYOUT_DESC, name, &a->layout))
    return false;
  decode_keep_fields(a, !r->wide ? is_48_bit : r->granule_log2 == 16 ? is_wide_64k : is_wide);
  snprintf(a->title, sizeof(a->title), "stage %ld level %ld: %s", r->stage, r->level, kind);
  if (is_valid(kind))
    snprintf(a->text, sizeof(a->text), "address 0x%" PRIx64, smmu_desc_out(a->words[0], &g, low));
  return true;
}

/* What the words of a step mean, in words. Section numbers: IHI 0070 (SMMUv3), DDI 0487 (Arm ARM,
 * the tables). Field values come from arch/, never from here. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arch/attr.h"
#include "arch/event.h"
#include "arch/structs.h"
#include "tools/explain.h"
#include "tools/fault_words.h"
#include "util/bits.h"

enum { PURPOSE_CD = 1, PURPOSE_TTD = 2 };

static void add(char text[EXPLAIN_TEXT], const char *format, ...)
  __attribute__((format(printf, 2, 3)));

static void add(char text[EXPLAIN_TEXT], const char *format, ...)
{
  size_t length = strlen(text);
  va_list args;

  va_start(args, format);
  vsnprintf(text + length, EXPLAIN_TEXT - length, format, args);
  va_end(args);
}

const char *explain_span(unsigned log2, char text[16])
{
  static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };

  snprintf(text, 16, "%u %s", 1u << log2 % 10, units[log2 / 10 % 6]);
  return text;
}

static const char *permissions(unsigned perm, char text[8])
{
  snprintf(text, 8, "%c%c%c", perm & SMMU_USER_R ? 'r' : '-', perm & SMMU_USER_W ? 'w' : '-',
           perm & SMMU_USER_X ? 'x' : '-');
  return text;
}

/* ---- configuration structures ---- */

static void describe_l1std(struct explain_step *s)
{
  unsigned span = (unsigned)FGET(L1STD, Span, s->word);
  uint64_t pointer = FGET(L1STD, L2Ptr, s->word) << L1STD_L2Ptr_LO;

  s->section = "IHI 0070 5.1";
  add(s->title, "level 1 stream table descriptor");
  if (span == 0)
    add(s->means, "Span 0: there is no level 2 array for this StreamID");
  else
    add(s->means, "level 2 array at 0x%" PRIx64 ", %u entries", pointer, 1u << (span - 1));
}

static void add_geometry(char text[EXPLAIN_TEXT], const struct smmu_geometry *g)
{
  char span[16];

  add(text, "%u-bit input, %u-bit output, %s granule, from level %d", g->ia_bits, g->oa_bits,
      explain_span(g->granule_log2, span), g->start_level);
  if (g->format == SMMU_OA_DS)
    add(text, " (DS)");
  if (g->big_endian)
    add(text, ", big-endian");
}

/* What the STE puts in the place of what comes in. IHI 0070 13.1.4. */
static void add_overrides(char text[EXPLAIN_TEXT], const struct smmu_ste *ste)
{
  if (ste->mtcfg)
    add(text, "; MTCFG, MemAttr %u", ste->memattr);
  if (ste->shcfg != 1)
    add(text, "; SHCFG %u", ste->shcfg);
  if (ste->alloccfg)
    add(text, "; ALLOCCFG %u", ste->alloccfg);
  if (ste->privcfg > 1)
    add(text, "; PRIVCFG %u", ste->privcfg);
  if (ste->instcfg > 1)
    add(text, "; INSTCFG %u", ste->instcfg);
}

static void describe_ste(const struct explain_walk *w, struct explain_step *s)
{
  const struct smmu_ste *ste = &w->ste;
  unsigned config = (unsigned)FGET(STE, Config, s->word);

  s->section = "IHI 0070 5.2";
  add(s->title, "stream table entry (STE)");
  if (!FGET(STE, V, s->word)) {
    add(s->means, "invalid (V = 0)");
  } else if (ste->abort) {
    add(s->means, "valid; Config %u: abort silently", config);
  } else if (!w->has_ste) {
    add(s->means, "illegal: the rules of 5.2.2 reject it");
  } else {
    add(s->means, "valid; Config %u: %s", config,
        ste->s1 && ste->s2 ? "stage 1 and stage 2"
        : ste->s1          ? "stage 1"
        : ste->s2          ? "stage 2"
                           : "bypass");
    if (ste->s1)
      add(s->means, "; %s at %s0x%" PRIx64, ste->s1cdmax ? "CD table" : "CD", ste->s2 ? "IPA " : "",
          ste->s1_context_ptr);
    if (ste->s2) {
      add(s->means, "; stage 2 table 0x%" PRIx64 ", ", ste->s2ttb);
      add_geometry(s->means, &ste->s2_geometry);
    }
    if (ste->s2fwb)
      add(s->means, ", S2FWB");
    if (ste->s1 || ste->s2)
      add(s->means, "; VMID %u", ste->vmid);
    add_overrides(s->means, ste);
  }
}

static void describe_l1cd(const struct explain_walk *w, struct explain_step *s)
{
  s->section = "IHI 0070 5.3";
  add(s->title, "level 1 context descriptor");
  if (FGET(L1CD, V, s->word))
    add(s->means, "level 2 CD table at %s0x%" PRIx64, w->ste.s2 ? "IPA " : "",
        FGET(L1CD, L2Ptr, s->word) << L1CD_L2Ptr_LO);
  else
    add(s->means, "invalid (V = 0): no CD for this SubstreamID");
}

static void describe_cd(const struct explain_walk *w, struct explain_step *s)
{
  s->section = "IHI 0070 5.4";
  add(s->title, "context descriptor (CD)");
  if (!FGET(CD, V, s->word)) {
    add(s->means, "invalid (V = 0)");
    return;
  }
  if (!w->has_cd) {
    add(s->means, "illegal: the rules of 5.4.2 reject it");
    return;
  }
  add(s->means, "valid; ASID %u", w->cd.asid);
  for (unsigned i = 0; i < 2; i++) {
    const struct smmu_cd_table *t = &w->cd.table[i];

    if (t->epd) {
      add(s->means, "; TTB%u off", i);
    } else {
      add(s->means, "; TTB%u %s0x%" PRIx64 ", ", i, w->ste.s2 ? "IPA " : "", t->ttb);
      add_geometry(s->means, &t->geometry);
      add(s->means, "%s%s", t->had ? ", HAD" : "", t->e0pd ? ", E0PD" : "");
    }
  }
  add(s->means, "%s%s%s", w->cd.wxn ? "; WXN" : "", w->cd.pan ? "; PAN" : "",
      w->cd.epan ? "; EPAN" : "");
  add(s->means, "; a fault %s and %s recorded",
      w->cd.a ? "aborts" : "is read as zero, write ignored", w->cd.r ? "is" : "is not");
}

/* ---- descriptors ---- */

static void add_table_limits(struct explain_step *s, uint64_t desc)
{
  unsigned limits = smmu_desc_table_limits(desc);

  if (limits & SMMU_TABLE_NO_USER)
    add(s->means, "; no user access below");
  if (limits & SMMU_TABLE_NO_WRITE)
    add(s->means, "; no write below");
  if (limits & SMMU_TABLE_UXN)
    add(s->means, "; no user execution below");
  if (limits & SMMU_TABLE_PXN)
    add(s->means, "; no privileged execution below");
}

static unsigned range_of(const struct explain_walk *w)
{
  return w->ste.world != SMMU_WORLD_EL2 && ((w->txn.addr >> 55) & 1);
}

static void add_stage1_leaf(const struct explain_walk *w, struct explain_step *s, uint64_t desc)
{
  struct smmu_s1_policy policy = { w->ste.world == SMMU_WORLD_EL2, w->cd.wxn, w->cd.pan,
                                   w->cd.epan };
  unsigned perm = smmu_s1_perm(desc, w->limits, &policy);
  const struct smmu_cd_table *table = &w->cd.table[range_of(w)];
  struct smmu_attr attr =
    smmu_attr_stage1(desc, w->cd.mair, smmu_desc_sh(desc, &table->geometry, table->sh));
  char user[8], privileged[8];

  add(s->means, "user %s, privileged %s, %s, %s, %s, attr %u: %s", permissions(perm, user),
      permissions(perm >> 4, privileged), smmu_desc_af(desc) ? "AF" : "AF = 0",
      smmu_desc_ng(desc) ? "nG" : "global", explain_shareability(attr.sh),
      (unsigned)FGET(S1_LEAF, AttrIndx, &desc), explain_memattr(attr.memattr));
}

static void add_stage2_leaf(const struct explain_walk *w, struct explain_step *s, uint64_t desc)
{
  unsigned perm = smmu_s2_perm(desc, w->features.xnx);
  struct smmu_attr attr =
    smmu_attr_stage2(desc, w->ste.s2fwb, smmu_desc_sh(desc, &w->ste.s2_geometry, w->ste.s2sh0));
  char user[8], privileged[8];

  add(s->means, "user %s, privileged %s, %s, %s, %s", permissions(perm, user),
      permissions(perm >> 4, privileged), smmu_desc_af(desc) ? "AF" : "AF = 0",
      explain_shareability(attr.sh), explain_memattr(attr.memattr));
}

static void describe_descriptor(const struct explain_walk *w, struct explain_step *s)
{
  bool stage2 = s->what == SMMU_READ_S2_DESC;
  const struct smmu_geometry *g = stage2 ? &w->ste.s2_geometry : &w->cd.table[range_of(w)].geometry;
  unsigned shift = smmu_level_shift(g->granule_log2, s->level);
  uint64_t desc = s->word[0];
  char span[16];

  s->section = "Arm ARM D8.3";
  add(s->title, "stage %u descriptor, level %d", stage2 ? 2 : 1, s->level);
  if (stage2)
    add(s->title, "%s IPA 0x%" PRIx64,
        s->purpose == PURPOSE_CD    ? ", for the CD at"
        : s->purpose == PURPOSE_TTD ? ", for the stage 1 descriptor at"
                                    : ", for",
        s->ipa);
  switch (smmu_desc_kind(desc, s->level, g)) {
  case SMMU_DESC_INVALID:
    add(s->means, desc & 1 ? "reserved at this level, as invalid" : "invalid (bit 0 is 0)");
    break;
  case SMMU_DESC_TABLE:
    add(s->means, "table at %s0x%" PRIx64, !stage2 && w->ste.s2 ? "IPA " : "",
        smmu_desc_out(desc, g, g->granule_log2));
    if (!stage2)
      add_table_limits(s, desc);
    break;
  case SMMU_DESC_LEAF:
    add(s->means, "%s %s at %s0x%" PRIx64 ": ", explain_span(shift, span),
        s->level == 3 ? "page" : "block", !stage2 && w->ste.s2 ? "IPA " : "",
        smmu_desc_out(desc, g, shift));
    if (stage2)
      add_stage2_leaf(w, s, desc);
    else
      add_stage1_leaf(w, s, desc);
    break;
  }
}

static void describe_vms(struct explain_step *s)
{
  s->section = "IHI 0070 5.6";
  add(s->title, "virtual machine structure (VMS)");
  add(s->means, "PARTID_MAP: the physical PARTIDs of virtual ones");
}

void explain_describe(const struct explain_walk *w, struct explain_step *s)
{
  switch (s->what) {
  case SMMU_READ_L1STD: describe_l1std(s); break;
  case SMMU_READ_STE: describe_ste(w, s); break;
  case SMMU_READ_L1CD: describe_l1cd(w, s); break;
  case SMMU_READ_CD: describe_cd(w, s); break;
  case SMMU_READ_VMS: describe_vms(s); break;
  default: describe_descriptor(w, s); break;
  }
  if (s->aborted)
    snprintf(s->means, sizeof(s->means), "the bus answers with an abort: there is no memory here");
}

/* ---- faults ---- */

const char *explain_fault_text(const struct explain_walk *w, const char **section)
{
  *section = "IHI 0070 3.12";
  if (w->result.event == 0)
    return !w->source->enabled ? "GBPA.ABORT is set, or the address is too large"
                               : "the stream table entry says so; nothing is recorded";
  if (w->result.event == EVENT_F_TRANSLATION && !w->fault.stage2 &&
      (w->count == 0 || w->step[w->count - 1].what == SMMU_READ_CD)) {
    if (w->has_cd && w->cd.table[range_of(w)].e0pd && !w->txn.privileged) {
      *section = "IHI 0070 5.4, E0PD0";
      return "the address lies outside the table, or E0PD shuts this half to the unprivileged";
    }
    *section = "IHI 0070 3.4.1";
    return "the address lies outside the range of the table, or the table is off (EPD)";
  }
  *section = fault_of_event(w->result.event)->section;
  return fault_of_event(w->result.event)->text;
}

/* Memory attributes of the naive translator: IHI 0070 chapter 13 and 5.4 MAIR; S2FWB as
 * HCR_EL2.FWB of the Arm ARM, D8.6. A cacheability domain is kept as a nibble of MAIR: 4
 * Non-cacheable, otherwise bit 2 Write-Back, bit 3 non-transient, bits 1:0 allocate on read, on
 * write.
 *
 * PICK: SH = 1 is Non-shareable; in mixed types ALLOCCFG and stage 1 hints act on each domain. */
#include "naive_job.h"

enum { NC = 4, DEFAULT_HINTS = 0xb };

/* 0 Non-cacheable, 1 Write-Through, 2 Write-Back. */
static unsigned strength(uint8_t domain)
{
  return domain == NC ? 0 : domain & 4 ? 2 : 1;
}

/* 13.1.7: what allocates nowhere is not transient. */
static uint8_t domain_of(unsigned strength, unsigned hints)
{
  if (strength == 0)
    return NC;
  return (uint8_t)((strength == 2 ? 4 : 0) | ((hints & 3) == 0 ? 8 : hints & DEFAULT_HINTS));
}

static bool is_device_code(uint64_t memattr)
{
  return bits(memattr, 3, 2) == 0 || bits(memattr, 1, 0) == 0;
}

static unsigned device_of_code(uint64_t memattr)
{
  return bits(memattr, 3, 2) == 0 ? (unsigned)memattr & 3 : 0;
}

/* 13.1.7: Device and iNC-oNC are Outer Shareable. */
static void make_consistent(struct attr *a)
{
  if (a->device || (a->inner == NC && a->outer == NC))
    a->sh = 2;
}

/* 13.1.3, 13.1.4. */
void naive_attr_input(struct job *j, uint64_t memattr, bool mtcfg, uint64_t alloccfg,
                      uint64_t shcfg)
{
  struct attr *a = &j->attr;
  uint64_t hints = DEFAULT_HINTS;

  *a = (struct attr){ .inner = 0xf, .outer = 0xf };
  if (!bit(j->d->idr[1], 27)) /* ATTR_TYPES_OVR */
    return;
  j->hints = alloccfg & 8;
  if (j->hints)
    hints = bits(alloccfg, 2, 1) | (bit(alloccfg, 0) ? 0 : 8);
  a->device = mtcfg && is_device_code(memattr);
  a->type = (uint8_t)device_of_code(memattr);
  a->outer = domain_of(mtcfg ? (unsigned)bits(memattr, 3, 2) - 1 : 2, (unsigned)hints);
  a->inner = domain_of(mtcfg ? (unsigned)bits(memattr, 1, 0) - 1 : 2, (unsigned)hints);
  a->sh = shcfg == 1 ? 0 : (uint8_t)shcfg;
  make_consistent(a);
}

/* 13.4.2: hints of a cacheable input join those of the descriptor. */
static uint8_t hinted(uint8_t domain, uint8_t input)
{
  return input == NC ? domain : domain_of(strength(domain), domain & input);
}

void naive_attr_stage1(struct job *j, const struct stage *st, uint64_t desc)
{
  struct attr *a = &j->attr;
  uint8_t mair = (uint8_t)(j->cd[3] >> (8 * bits(desc, 4, 2)));
  uint64_t sh = st->ds ? st->sh : bits(desc, 9, 8);
  struct attr input = *a;

  a->device = mair >> 4 == 0;
  a->type = (uint8_t)(mair >> 2 & 3);
  a->outer = domain_of(strength(mair >> 4), mair >> 4);
  a->inner = (mair & 15) == 0 ? 3 : domain_of(strength(mair & 15), mair & 15);
  if (!input.device) {
    a->outer = hinted(a->outer, input.outer);
    a->inner = hinted(a->inner, input.inner);
  }
  a->sh = sh == 1 ? 0 : (uint8_t)sh;
  make_consistent(a);
}

bool naive_attr_s2_device(const struct job *j, uint64_t desc)
{
  return j->fwb ? !bit(desc, 4) : is_device_code(bits(desc, 5, 2));
}

/* S2FWB = 1: descriptor bits [4:2]. */
static void force(struct job *j, uint64_t memattr)
{
  struct attr *a = &j->attr;

  j->out->attr_known &= memattr != 4;
  switch (memattr) {
  case 7: break;
  case 6: /* whether hints of the input come through a type that has none is not said */
    j->out->attr_known &= !j->s1 || !j->hints || (!a->device && a->outer != NC && a->inner != NC);
    a->outer = domain_of(2, a->device || a->outer == NC ? DEFAULT_HINTS : a->outer);
    a->inner = domain_of(2, a->device || a->inner == NC ? DEFAULT_HINTS : a->inner);
    a->device = false;
    break;
  case 5: a->inner = a->outer = NC; break; /* a Device type stays */
  default:
    a->type = (uint8_t)(a->device ? smaller(a->type, (unsigned)memattr) : memattr);
    a->device = true;
    break;
  }
}

/* 13.1.5: the stronger one. */
static void combine(struct attr *a, uint64_t memattr)
{
  if (is_device_code(memattr)) {
    a->type = (uint8_t)smaller(a->device ? a->type : 3, device_of_code(memattr));
    a->device = true;
  }
  if (a->device)
    return;
  a->outer = domain_of(smaller(strength(a->outer), (unsigned)bits(memattr, 3, 2) - 1), a->outer);
  a->inner = domain_of(smaller(strength(a->inner), (unsigned)bits(memattr, 1, 0) - 1), a->inner);
}

void naive_attr_stage2(struct job *j, const struct stage *st, uint64_t desc)
{
  uint64_t sh = st->ds ? st->sh : bits(desc, 9, 8);

  if (j->fwb)
    force(j, bits(desc, 4, 2));
  else
    combine(&j->attr, bits(desc, 5, 2));
  if (sh == 2 || j->attr.sh == 2)
    j->attr.sh = 2;
  else if (sh == 3)
    j->attr.sh = 3;
  make_consistent(&j->attr);
}

void naive_attr_output(struct job *j)
{
  const struct attr *a = &j->attr;

  j->out->memattr = (uint8_t)(a->device ? a->type << 2 : a->outer << 4 | a->inner);
  j->out->shareability = a->sh;
}

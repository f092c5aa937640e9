/* Register accesses to a counter group: find the register, guard, mask, store. IHI 0070: 10.5,
 * 10.5.1, 10.5.2, 6.2. 64-bit registers take halves. IMPDEF: every other access is RAZ/WI; IRQ_CTRL
 * written while IRQ_CTRLACK has not followed keeps its value; a write of OVSSET has no side effects.
 * Left out: SCR, ROOTCR, GMPAM, MPAMIDR, S_MPAMIDR and the ID registers read as zero. */
#include "engine/pmcg.h"
#include "util/check.h"

/* ---- where an access goes ---- */

struct place {
  int reg;        /* enum smmu_pmcg_reg, or -1 */
  unsigned index; /* which of the register's count */
  unsigned shift; /* 32: the upper half */
  unsigned width; /* bits of the register */
};

static bool is_there(const struct smmu_pmcg *p, int reg, unsigned index)
{
  if (smmu_pmcg_rows[reg].count > 1 && index >= p->config.counters)
    return false;
  if (reg == R_PMCG_SMR && p->config.one_filter && index > 0)
    return false;
  switch (smmu_pmcg_rows[reg].needs) {
  case PMCG_NEEDS_NOTHING: return true;
  case PMCG_NEEDS_CAPTURE: return p->config.capture;
  case PMCG_NEEDS_MSI: return p->config.msi;
  case PMCG_NEEDS_MSI_STATUS: return p->config.msi && p->config.aidr >= 1;
  default: return false;
  }
}

static struct place find(const struct smmu_pmcg *p, uint64_t offset, unsigned bytes)
{
  struct place at = { .reg = -1 };
  uint32_t page = offset >= SMMU_PMCG_PAGE1, within = (uint32_t)(offset % SMMU_PMCG_PAGE1);
  uint32_t home;
  int reg;

  if ((bytes != 4 && bytes != 8) || offset % bytes || offset >= SMMU_PMCG_SPAN)
    return at;
  reg = smmu_pmcg_by_offset(within, pmcg_is_wide(p), &at.index);
  if (reg < 0 || !is_there(p, reg, at.index))
    return at;
  home = smmu_pmcg_rows[reg].page == PMCG_PAGE_COUNTERS && p->config.relocated;
  at.width = smmu_pmcg_width(reg, pmcg_is_wide(p));
  if (page != home || bytes * 8 > at.width)
    return at;
  at.reg = reg;
  at.shift = at.width == 64 ? within % 8 * 8 : 0;
  return at;
}

/* ---- values ---- */

static uint64_t load_config(const struct smmu_pmcg *p)
{
  const struct smmu_pmcg_config *c = &p->config;
  uint64_t value = 0;

  value = PUT(PMCG_CFGR, NCTR, value, c->counters - 1u);
  value = PUT(PMCG_CFGR, SIZE, value, c->counter_bits - 1u);
  value = PUT(PMCG_CFGR, RELOC_CTRS, value, c->relocated);
  value = PUT(PMCG_CFGR, MSI, value, c->msi);
  value = PUT(PMCG_CFGR, CAPTURE, value, c->capture);
  return PUT(PMCG_CFGR, SID_FILTER_TYPE, value, c->one_filter);
}

/* Events of our own have no place in these maps. */
static uint64_t load_events(const struct smmu_pmcg *p, unsigned first)
{
  uint64_t map = 0;

  for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
    unsigned number = smmu_pmcg_event_number(e);

    if (number >= first && number < first + 64 && pmcg_supports(p, e))
      map |= 1ULL << (number - first);
  }
  return map;
}

static uint64_t load_control(const struct smmu_pmcg *p, int reg)
{
  switch (reg) {
  case R_PMCG_CFGR: return load_config(p);
  case R_PMCG_CR: return p->cr;
  case R_PMCG_IIDR: return p->config.iidr;
  case R_PMCG_CEID0: return load_events(p, 0);
  case R_PMCG_CEID1: return load_events(p, 64);
  case R_PMCG_IRQ_CTRL: return p->irq_ctrl;
  case R_PMCG_IRQ_CTRLACK: return p->irq_ctrlack;
  case R_PMCG_IRQ_CFG0: return p->irq_cfg0;
  case R_PMCG_IRQ_CFG1: return p->irq_cfg1;
  case R_PMCG_IRQ_CFG2: return p->irq_cfg2;
  case R_PMCG_IRQ_STATUS: return p->irq_status;
  case R_PMCG_AIDR: return p->config.aidr;
  default: return 0; /* CAPR */
  }
}

static uint64_t load(const struct smmu_pmcg *p, const struct place *at)
{
  switch (at->reg) {
  case R_PMCG_EVCNTR: return p->counter[at->index];
  case R_PMCG_EVTYPER: return p->evtyper[at->index];
  case R_PMCG_SVR: return p->shadow[at->index];
  case R_PMCG_SMR: return p->smr[at->index];
  case R_PMCG_CNTENSET:
  case R_PMCG_CNTENCLR: return p->cnten;
  case R_PMCG_INTENSET:
  case R_PMCG_INTENCLR: return p->inten;
  case R_PMCG_OVSCLR:
  case R_PMCG_OVSSET: return p->ovs;
  default: return load_control(p, at->reg);
  }
}

/* The bits of the register that this group has. */
static uint64_t writable(const struct smmu_pmcg *p, const struct place *at)
{
  uint64_t mask = smmu_pmcg_rows[at->reg].rw;

  switch (at->reg) {
  case R_PMCG_EVCNTR: return bits_low(p->config.counter_bits);
  case R_PMCG_EVTYPER:
    mask = MASK(PMCG_EVTYPER, EVENT);
    if (p->config.capture)
      mask |= MASK(PMCG_EVTYPER, OVFCAP);
    if (!p->config.one_filter || at->index == 0)
      mask |= MASK(PMCG_EVTYPER, FILTER_SID_SPAN);
    return mask;
  case R_PMCG_SMR: return bits_low(p->config.sid_bits);
  case R_PMCG_IRQ_CFG0: return mask & bits_low(p->config.address_bits);
  default: return mask;
  }
}

static uint64_t *bitmap(struct smmu_pmcg *p, int reg)
{
  switch (reg) {
  case R_PMCG_CNTENSET:
  case R_PMCG_CNTENCLR: return &p->cnten;
  case R_PMCG_INTENSET:
  case R_PMCG_INTENCLR: return &p->inten;
  default: return &p->ovs;
  }
}

static void store(struct smmu_pmcg *p, const struct place *at, uint64_t value)
{
  uint32_t low = (uint32_t)value;

  switch (at->reg) {
  case R_PMCG_EVCNTR: p->counter[at->index] = value; break;
  case R_PMCG_EVTYPER: p->evtyper[at->index] = low; break;
  case R_PMCG_SMR: p->smr[at->index] = low; break;
  case R_PMCG_CR: p->cr = (uint8_t)low; break;
  case R_PMCG_IRQ_CFG0: p->irq_cfg0 = value; break;
  case R_PMCG_IRQ_CFG1: p->irq_cfg1 = low; break;
  case R_PMCG_IRQ_CFG2: p->irq_cfg2 = low; break;
  default: break;
  }
}

/* IRQ_CTRLACK follows later; until then both values are on their way, and another write is lost. */
static void store_irq_ctrl(struct smmu_pmcg *p, uint8_t value)
{
  if (p->irq_ctrl != p->irq_ctrlack)
    return;
  p->irq_ctrl = value;
  p->ack_at = UINT64_MAX - p->now > p->config.ack_ps ? p->now + p->config.ack_ps : UINT64_MAX;
  smmu_pmcg_advance(p, p->now);
}

static bool guard_open(const struct smmu_pmcg *p, int reg)
{
  return smmu_pmcg_rows[reg].guard == PMCG_GUARD_NONE || !(p->irq_ctrl | p->irq_ctrlack);
}

/* ---- the access ---- */

uint64_t smmu_pmcg_read(struct smmu_pmcg *p, uint64_t offset, unsigned bytes, uint64_t now_ps)
{
  struct place at = find(p, offset, bytes);
  uint64_t value;

  smmu_pmcg_advance(p, now_ps);
  if (at.reg < 0)
    return 0;
  value = load(p, &at) >> at.shift;
  return bytes == 4 ? value & 0xffffffff : value;
}

void smmu_pmcg_write(struct smmu_pmcg *p, uint64_t offset, uint64_t value, unsigned bytes,
                     uint64_t now_ps)
{
  struct place at = find(p, offset, bytes);
  uint64_t mask, next;

  smmu_pmcg_advance(p, now_ps);
  if (at.reg < 0 || !guard_open(p, at.reg))
    return;
  mask = bytes == 8 ? UINT64_MAX : 0xffffffffULL << at.shift;
  value = (value << at.shift) & mask;
  next = ((load(p, &at) & ~mask) | value) & writable(p, &at);
  switch (smmu_pmcg_rows[at.reg].hook) {
  case PMCG_HOOK_SET: *bitmap(p, at.reg) |= value & pmcg_all(p); break;
  case PMCG_HOOK_CLEAR: *bitmap(p, at.reg) &= ~value; break;
  case PMCG_HOOK_TRIGGER:
    if (value & 1)
      pmcg_capture(p);
    break;
  case PMCG_HOOK_IRQ_CTRL: store_irq_ctrl(p, (uint8_t)next); break;
  case PMCG_HOOK_STORED:
  case PMCG_HOOK_COUNTER: store(p, &at, next); break;
  default: break;
  }
  pmcg_refresh(p);
}

/* ---- interrupts ---- */

bool smmu_pmcg_take_irq(struct smmu_pmcg *p, struct smmu_pmcg_irq *out)
{
  bool due = p->irq_due;

  p->irq_due = 0;
  if (!due)
    return false;
  *out = (struct smmu_pmcg_irq){ .addr = p->irq_cfg0,
                                 .data = p->irq_cfg1,
                                 .msi = p->config.msi && p->irq_cfg0 != 0,
                                 .memattr = (uint8_t)GET(PMCG_IRQ_CFG2, MEMATTR, p->irq_cfg2),
                                 .sh = (uint8_t)GET(PMCG_IRQ_CFG2, SH, p->irq_cfg2) };
  return true;
}

void smmu_pmcg_msi_aborted(struct smmu_pmcg *p)
{
  CHECK(p->config.msi);
  p->irq_status = 1;
}

/* Register accesses to CMDQV: find the register, guard, mask, store, record, as mmio.c does. The
 * global pages and the pages of a VINTF show the same queues; a slot of a VINTF with no queue reads
 * as zero and drops writes. 32-bit accesses, 64-bit ones to 64-bit registers, and 64-bit reads of
 * two LVCMDQ error maps; IMPDEF: every other access is RAZ/WI and leaves a REG_BAD record. */
#include "core/queue.h"
#include "core/queues.h"

uint64_t smmu_cmdqv_bytes(const struct smmu_config *cfg)
{
  uint64_t vintfs = cfg->cmdqv.present ? 1ULL << cfg->cmdqv.vintfs_log2 : 0;

  return vintfs ? SMMU_CMDQV_VINTF_PAGES + vintfs * 2 * SMMU_CMDQV_PAGE : 0;
}

/* ---- where an access goes ---- */

struct place {
  int reg;        /* enum smmu_cmdqv_reg, or -1 */
  uint32_t unit;  /* VINTF or VCMDQ; SMMU_NO_INDEX: a slot without a queue */
  unsigned index; /* which of the register's count */
  unsigned shift; /* 32: the upper half */
};

static uint32_t registers_of(const struct smmu *s, int reg)
{
  switch (reg) {
  case R_CMDQV_CMDQ_ALLOC_MAP: return s->n_vcmdqs;
  case R_VINTF_SID_MATCH:
  case R_VINTF_SID_REPLACE: return 1u << s->config.cmdqv.sids_log2;
  default: return smmu_cmdqv_rows[reg].count;
  }
}

static bool takes_eight(int reg, bool write)
{
  return smmu_cmdqv_rows[reg].width == 64 || (reg == R_VINTF_LVCMDQ_ERR_MAP && !write);
}

static struct place in_block(const struct smmu *s, enum smmu_cmdqv_block block, uint32_t unit,
                             uint32_t at)
{
  struct place p = { .unit = unit };

  p.reg = smmu_cmdqv_by_offset(block, at, &p.index);
  if (p.reg >= 0 && p.index >= registers_of(s, p.reg))
    p.reg = -1;
  if (p.reg >= 0 && smmu_cmdqv_rows[p.reg].width == 64)
    p.shift = at % 8 * 8;
  return p;
}

static struct place in_slot(const struct smmu *s, uint64_t page, uint32_t at)
{
  enum smmu_cmdqv_block block = page & 1 ? CMDQV_BLOCK_PAGE0 : CMDQV_BLOCK_PAGE1;
  uint32_t slot = at / SMMU_CMDQV_SLOT, queue = slot < s->n_vcmdqs ? slot : SMMU_NO_INDEX;

  if (page >= SMMU_CMDQV_VINTF_PAGES / SMMU_CMDQV_PAGE)
    queue = smmu_lvcmdq_find(s, (unsigned)(page - 3) / 2, slot);
  return in_block(s, block, queue, at % SMMU_CMDQV_SLOT);
}

/* The place of an access that a register takes, else one with reg -1. */
static struct place find(const struct smmu *s, uint64_t offset, unsigned bytes, bool write)
{
  struct place p = { .reg = -1 };
  uint32_t at = (uint32_t)(offset % SMMU_CMDQV_PAGE);
  uint32_t vintf = (at - CMDQV_VINTF_BLOCKS) / CMDQV_VINTF_BLOCK;

  if ((bytes != 4 && bytes != 8) || offset % bytes || offset >= smmu_cmdqv_bytes(&s->config))
    return p;
  if (offset >= SMMU_CMDQV_PAGE)
    p = in_slot(s, offset / SMMU_CMDQV_PAGE, at);
  else if (at < CMDQV_VINTF_BLOCKS)
    p = in_block(s, CMDQV_BLOCK_CONFIG, 0, at);
  else if (vintf < s->n_vintfs)
    p = in_block(s, CMDQV_BLOCK_VINTF, vintf, at % CMDQV_VINTF_BLOCK);
  if (p.reg >= 0 && (p.unit == SMMU_NO_INDEX || (bytes == 8 && !takes_eight(p.reg, write))))
    p.reg = -1;
  return p;
}

/* ---- values ---- */

static uint64_t load_vcmdq(const struct smmu *s, const struct vcmdq *x, int reg)
{
  switch (reg) {
  case R_VCMDQ_CONS_INDX:
    return queue_readable(x->ring[RING_CONS], x->ring[RING_BASE], s->features.cmdqs);
  case R_VCMDQ_PROD_INDX: return x->ring[RING_PROD];
  case R_VCMDQ_CONFIG: return x->config;
  case R_VCMDQ_STATUS: return x->status;
  case R_VCMDQ_GERROR: return x->gerror;
  case R_VCMDQ_GERRORN: return x->gerrorn;
  case R_VCMDQ_BASE: return x->ring[RING_BASE];
  default: return x->cons_base;
  }
}

static uint64_t load(const struct smmu *s, const struct place *p)
{
  const struct cmdqv *c = cmdqv_const(s);

  switch (p->reg) {
  case R_CMDQV_CONFIG: return c->config;
  case R_CMDQV_PARAM: return smmu_cmdqv_param(s);
  case R_CMDQV_STATUS: return c->status;
  case R_CMDQV_VI_ERR_MAP: return smmu_cmdqv_vi_err_map(s, p->index);
  case R_CMDQV_VI_INT_MASK: return c->int_mask[p->index];
  case R_CMDQV_CMDQ_ERR_MAP: return smmu_cmdqv_cmdq_err_map(s, p->index);
  case R_CMDQV_CMDQ_ALLOC_MAP: return c->alloc[p->index];
  case R_VINTF_CONFIG: return vintf_const(s, p->unit)->config;
  case R_VINTF_STATUS: return smmu_vintf_status(s, p->unit);
  case R_VINTF_GLB_FILT_CFG:
  case R_VINTF_GLB_FILT_DATA: return 0;
  case R_VINTF_SID_MATCH: return vintf_const(s, p->unit)->sid_match[p->index];
  case R_VINTF_SID_REPLACE: return vintf_const(s, p->unit)->sid_replace[p->index];
  case R_VINTF_LVCMDQ_ERR_MAP: return smmu_vintf_lvcmdq_err_map(s, p->unit, p->index);
  default: return load_vcmdq(s, vcmdq_const(s, p->unit), p->reg);
  }
}

/* While a queue is acknowledged on, its allocation can only be taken away. A queue that changes
 * hands is off: its next owner does not inherit a running one. */
static void store_alloc(struct smmu *s, unsigned vcmdq, uint32_t value)
{
  uint32_t *map = &cmdqv_of(s)->alloc[vcmdq], old = *map;
  struct vcmdq *x = vcmdq_at(s, vcmdq);
  uint32_t bit = (uint32_t)MASK(CMDQV_CMDQ_ALLOC_MAP, ALLOC);

  *map = x->status ? old & (value | ~bit) : value;
  if ((old & bit) && *map != old)
    x->config &= ~(uint32_t)MASK(VCMDQ_CONFIG, CMDQ_EN);
  smmu_cmdqv_find_owners(s);
}

static void store_vcmdq(struct vcmdq *x, int reg, uint64_t value)
{
  switch (reg) {
  case R_VCMDQ_CONS_INDX: x->ring[RING_CONS] = value; break;
  case R_VCMDQ_PROD_INDX: x->ring[RING_PROD] = value; break;
  case R_VCMDQ_CONFIG: x->config = (uint32_t)value; break;
  case R_VCMDQ_GERRORN: x->gerrorn = (uint32_t)value; break;
  case R_VCMDQ_BASE: x->ring[RING_BASE] = value; break;
  default: x->cons_base = value; break;
  }
}

/* A new value of a register that software may write. */
static void store(struct smmu *s, const struct place *p, uint64_t value)
{
  uint32_t low = (uint32_t)value;
  unsigned bits = 0;

  switch (p->reg) {
  case R_CMDQV_CONFIG: cmdqv_of(s)->config = low; break;
  case R_CMDQV_VI_INT_MASK:
    if (s->n_vintfs > 32 * p->index)
      bits = s->n_vintfs - 32 * p->index;
    cmdqv_of(s)->int_mask[p->index] = low & (uint32_t)bits_low(bits);
    break;
  case R_CMDQV_CMDQ_ALLOC_MAP: store_alloc(s, p->index, low); break;
  case R_VINTF_CONFIG: vintf_at(s, p->unit)->config = low; break;
  case R_VINTF_SID_MATCH: vintf_at(s, p->unit)->sid_match[p->index] = low; break;
  case R_VINTF_SID_REPLACE: vintf_at(s, p->unit)->sid_replace[p->index] = low; break;
  default: store_vcmdq(vcmdq_at(s, p->unit), p->reg, value); break;
  }
}

static bool guard_open(const struct smmu *s, const struct place *p)
{
  const struct vcmdq *x;

  if (smmu_cmdqv_rows[p->reg].guard != CMDQV_GUARD_QUEUE_OFF)
    return true;
  x = vcmdq_const(s, p->unit);
  return !GET(VCMDQ_CONFIG, CMDQ_EN, x->config | x->status);
}

static void wake(struct smmu *s, const struct place *p)
{
  switch (p->reg) {
  case R_CMDQV_CONFIG:
  case R_CMDQV_CMDQ_ALLOC_MAP:
  case R_VINTF_CONFIG: smmu_wake_cmdqv(s); break;
  case R_VCMDQ_CONFIG:
  case R_VCMDQ_GERRORN:
    smmu_wake_cmdq(s, 1 + p->unit);
    smmu_wake_ack(s);
    break;
  case R_VCMDQ_PROD_INDX: smmu_wake_cmdq(s, 1 + p->unit); break;
  default: break;
  }
}

/* ---- the access ---- */

uint64_t smmu_cmdqv_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                         const struct smmu_hooks *hooks)
{
  struct place p = find(s, offset, bytes, false);
  uint64_t value;

  if (p.reg < 0) {
    trace_access(hooks, 1, SMMU_TRACE_REG_BAD, offset, 0, bytes);
    return 0;
  }
  value = load(s, &p) >> p.shift;
  if (bytes == 4)
    value &= 0xffffffff;
  if (bytes == 8 && smmu_cmdqv_rows[p.reg].width == 32) {
    p.index++;
    value |= load(s, &p) << 32;
  }
  trace_access(hooks, 1, SMMU_TRACE_REG_READ, offset, value, bytes);
  return value;
}

void smmu_cmdqv_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                      const struct smmu_hooks *hooks)
{
  struct place p = find(s, offset, bytes, true);
  uint64_t old, next;

  if (bytes == 4)
    value &= 0xffffffff;
  if (p.reg < 0 || !guard_open(s, &p)) {
    trace_access(hooks, 1, SMMU_TRACE_REG_BAD, offset, value, bytes);
    return;
  }
  trace_access(hooks, 1, SMMU_TRACE_REG_WRITE, offset, value, bytes);
  if (smmu_cmdqv_rows[p.reg].hook == CMDQV_HOOK_DERIVED)
    return;
  old = load(s, &p);
  next = bytes == 8 ? value : bits_put(old, p.shift + 31, p.shift, value);
  store(s, &p, next & smmu_cmdqv_rows[p.reg].rw);
  wake(s, &p);
}

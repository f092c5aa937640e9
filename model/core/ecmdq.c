/* Enhanced command queues: their registers, and the handshake of EN and ENACK. The commands are
 * cmdq.c's. IHI 0070 3.5.6, 6.2.5, 6.3.49-6.3.51, 6.3.107-6.3.109. IMPDEF: where control pages lie
 * (smmu/ecmdq.h); what the guards or the widths do not let through is RAZ/WI and leaves a REG_BAD
 * record. */
#include "core/queue.h"
#include "core/queues.h"

_Static_assert((int)ECMDQ_PROD_EN_LO == (int)ECMDQ_CONS_ENACK_LO, "request & acknowledgement");
_Static_assert((int)ECMDQ_CONS_ERR_REASON_LO == (int)CMDQ_CONS_ERR_LO,
               "cmdq.c clears both the same way");

/* ---- enables ---- */

bool smmu_ecmdq_all_off(const struct smmu *s)
{
  uint64_t any = 0;

  for (unsigned e = 0; e < s->n_ecmdqs; e++)
    any |= ecmdq_const(s, e)->ring[RING_PROD] | ecmdq_const(s, e)->ring[RING_CONS];
  return !GET(ECMDQ_PROD, EN, any);
}

static bool is_updating(const uint64_t ring[3])
{
  return GET(ECMDQ_PROD, EN, ring[RING_PROD] ^ ring[RING_CONS]) != 0;
}

/* A falling enable is acknowledged when the queue has come to rest, whether or not an error has
 * been. IHI 0070 3.5.6.2. */
static bool handshake_ready(const struct smmu *s, unsigned e)
{
  const struct ecmdq *x = ecmdq_const(s, e);

  return is_updating(x->ring) && (ecmdq_is_asked(x->ring) || x->queue.phase == 0);
}

bool smmu_ecmdq_is_ready(const struct smmu *s)
{
  for (unsigned e = 0; e < s->n_ecmdqs; e++) {
    if (handshake_ready(s, e))
      return true;
  }
  return false;
}

/* In turn, as those of CMDQV. */
void smmu_ecmdq_acknowledge(struct smmu *s)
{
  uint32_t *turn = &shared_of(s)->ack.ecmdq_turn, start = *turn;

  for (unsigned i = 0; i < s->n_ecmdqs; i++) {
    unsigned e = (start + i) % s->n_ecmdqs;

    if (!handshake_ready(s, e))
      continue;
    ecmdq_at(s, e)->ring[RING_CONS] ^= MASK(ECMDQ_CONS, ENACK);
    smmu_wake_cmdq(s, queue_of_ecmdq(s, e));
    *turn = smmu_ecmdq_is_ready(s) ? (e + 1) % s->n_ecmdqs : 0;
    break;
  }
}

/* ---- where an access goes ---- */

static unsigned queues_log2(const struct smmu *s)
{
  return (unsigned)GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, s->config.idr6);
}

static unsigned pages(const struct smmu *s)
{
  return 1u << GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, s->config.idr6);
}

bool smmu_ecmdq_owns(const struct smmu *s, uint64_t offset)
{
  if (s->n_ecmdqs == 0)
    return false;
  return (offset >= ECMDQ_PAGE_SETS && offset < ecmdq_page_set(pages(s))) ||
         (offset >= SMMU_ECMDQ_PAGES && offset < ecmdq_set(s->n_ecmdqs, queues_log2(s)));
}

struct place {
  int reg;        /* enum smmu_ecmdq_reg, or -1 */
  unsigned unit;  /* control page or queue */
  unsigned shift; /* 32: the upper half */
};

static struct place find(const struct smmu *s, uint64_t offset, unsigned bytes)
{
  bool page = offset < SMMU_ECMDQ_PAGES;
  enum smmu_ecmdq_block block = page ? ECMDQ_BLOCK_PAGE : ECMDQ_BLOCK_QUEUE;
  uint64_t from = page ? ECMDQ_PAGE_SETS : SMMU_ECMDQ_PAGES;
  uint32_t distance = (uint32_t)(page ? ECMDQ_PAGE_SET : SMMU_ECMDQ_PAGE >> queues_log2(s));
  uint32_t at = (uint32_t)((offset - from) % distance);
  struct place p = { .reg = -1, .unit = (unsigned)((offset - from) / distance) };

  if ((bytes != 4 && bytes != 8) || offset % bytes)
    return p;
  p.reg = smmu_ecmdq_by_offset(block, at);
  if (p.reg < 0 && bytes == 4 && at == 4) {
    p.reg = smmu_ecmdq_by_offset(block, 0); /* upper half of a BASE */
    p.shift = 32;
  }
  if (p.reg >= 0 && smmu_ecmdq_rows[p.reg].width < 8 * bytes)
    p.reg = -1;
  return p;
}

/* ---- the access ---- */

static uint64_t page_base(unsigned page)
{
  uint64_t value = SMMU_ECMDQ_PAGES + (uint64_t)page * SMMU_ECMDQ_PAGE;

  value = PUT(CMDQ_CONTROL_PAGE_BASE, CMDQGS, value, 1);
  return PUT(CMDQ_CONTROL_PAGE_BASE, CMDQ_CONTROL_PAGE_PRESET, value, 1);
}

static uint64_t *stored(struct smmu *s, const struct place *p)
{
  return &ecmdq_at(s, p->unit)->ring[p->reg - R_ECMDQ_BASE];
}

static uint64_t load(const struct smmu *s, const struct place *p)
{
  const uint64_t *ring;

  switch (p->reg) {
  case R_CMDQ_CONTROL_PAGE_BASE: return page_base(p->unit);
  case R_CMDQ_CONTROL_PAGE_CFG:
  case R_CMDQ_CONTROL_PAGE_STATUS: return smmu_ecmdq_rows[p->reg].reset;
  default: break;
  }
  ring = ecmdq_const(s, p->unit)->ring;
  if (p->reg == R_ECMDQ_CONS)
    return queue_readable(ring[RING_CONS], ring[RING_BASE], s->features.cmdqs);
  return ring[p->reg - R_ECMDQ_BASE];
}

uint64_t smmu_ecmdq_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                         const struct smmu_hooks *h)
{
  struct place p = find(s, offset, bytes);
  uint64_t value;

  if (p.reg < 0) {
    trace_access(h, 0, SMMU_TRACE_REG_BAD, offset, 0, bytes);
    return 0;
  }
  value = load(s, &p) >> p.shift;
  if (bytes == 4)
    value &= 0xffffffff;
  trace_access(h, 0, SMMU_TRACE_REG_READ, offset, value, bytes);
  return value;
}

static bool guard_open(const struct smmu *s, const struct place *p)
{
  const uint64_t *ring = ecmdq_const(s, p->unit)->ring;

  switch (smmu_ecmdq_rows[p->reg].guard) {
  case ECMDQ_GUARD_QUEUE_OFF: return !is_updating(ring) && !ecmdq_is_asked(ring);
  case ECMDQ_GUARD_NOT_UPDATING: return !is_updating(ring);
  default: return true;
  }
}

/* The new value of a register, ENACK kept; address bits above the output size read back as zero. */
static void store(struct smmu *s, const struct place *p, uint64_t value, unsigned bytes)
{
  uint64_t mask = smmu_ecmdq_rows[p->reg].rw, *word = stored(s, p);
  uint64_t next = bytes == 8 ? value : bits_put(*word, p->shift + 31, p->shift, value);

  if (p->reg == R_ECMDQ_BASE)
    next &= ~(bits_mask(55, 6) & ~bits_low(s->features.oas));
  *word = (*word & ~mask) | (next & mask);
}

void smmu_ecmdq_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                      const struct smmu_hooks *h)
{
  struct place p = find(s, offset, bytes);

  if (bytes == 4)
    value &= 0xffffffff;
  if (p.reg < 0 || !guard_open(s, &p)) {
    trace_access(h, 0, SMMU_TRACE_REG_BAD, offset, value, bytes);
    return;
  }
  trace_access(h, 0, SMMU_TRACE_REG_WRITE, offset, value, bytes);
  if (smmu_ecmdq_rows[p.reg].block == ECMDQ_BLOCK_PAGE)
    return;
  store(s, &p, value, bytes);
  if (p.reg == R_ECMDQ_PROD) {
    smmu_wake_cmdq(s, queue_of_ecmdq(s, p.unit));
    smmu_wake_ack(s);
  }
}

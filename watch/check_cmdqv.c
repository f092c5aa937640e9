/* Rules of CMDQV: which VINTF has which queue, in what state, and what StreamIDs it knows. There is no
 * public specification; what a driver must do is what the published one does (docs/choices.md). Left
 * out: the block's own enable, CONS in memory, interrupt masks. */
#include <stdlib.h>

#include "arch/cmdqv.h"
#include "watch/check_state.h"

enum { VINTFS = 64, VCMDQS = 128, SIDS = 16, VINTF_PAGES = 2 * SMMU_CMDQV_PAGE };

struct vintf {
  uint32_t config, match[SIDS];
  uint32_t replace[SIDS];
  bool hyp_own, acked; /* as last known */
};

struct check_cmdqv {
  struct vintf vintf[VINTFS];
  uint32_t alloc[VCMDQS];
};

/* ---- where a queue is ---- */

/* The VINTF and the number in it of a queue that is reached through a VINTF's page. */
static bool in_vintf(const struct check *c, const struct check_queue *q, unsigned *vintf,
                     unsigned *lvcmdq)
{
  uint64_t offset = q->prod_reg - c->options.cmdqv;

  if (offset < SMMU_CMDQV_VINTF_PAGES)
    return false;
  offset -= SMMU_CMDQV_VINTF_PAGES;
  *vintf = (unsigned)(offset / VINTF_PAGES);
  *lvcmdq = (unsigned)(offset % VINTF_PAGES / SMMU_CMDQV_SLOT);
  return *vintf < VINTFS;
}

bool check_cmdqv_owned(const struct check *c, const struct check_world *w,
                       const struct check_queue *q)
{
  unsigned vintf, lvcmdq;

  if (!w->cmdqv)
    return true;
  if (!in_vintf(c, q, &vintf, &lvcmdq))
    vintf = (unsigned)GET(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX,
                          w->cmdqv->alloc[(q->prod_reg - c->options.cmdqv) % SMMU_CMDQV_PAGE /
                                          SMMU_CMDQV_SLOT % VCMDQS]);
  return w->cmdqv->vintf[vintf].hyp_own;
}

/* ---- queues ---- */

/* The number of the VCMDQ, or VCMDQS. */
static unsigned number_of(const struct check_cmdqv *v, unsigned vintf, unsigned lvcmdq)
{
  unsigned n = 0;

  while (n < VCMDQS && (!GET(CMDQV_CMDQ_ALLOC_MAP, ALLOC, v->alloc[n]) ||
                        GET(CMDQV_CMDQ_ALLOC_MAP, LVCMDQ, v->alloc[n]) != lvcmdq ||
                        GET(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, v->alloc[n]) != vintf))
    n++;
  return n;
}

const struct check_queue *check_cmdqv_same(const struct check *c, const struct check_world *w,
                                           const struct check_queue *q)
{
  unsigned vintf, lvcmdq, n;
  uint64_t prod;

  if (!w->cmdqv || !in_vintf(c, q, &vintf, &lvcmdq))
    return NULL;
  n = number_of(w->cmdqv, vintf, lvcmdq);
  prod = c->options.cmdqv + cmdqv_vcmdq_page0(n) + OFF_VCMDQ_PROD_INDX;
  for (uint32_t i = 1; i < w->queues && n < VCMDQS; i++) {
    if (w->queue[i].prod_reg == prod && w->queue[i].known)
      return &w->queue[i];
  }
  return NULL;
}

void check_cmdqv_enabled(struct check *c, const struct check_world *w, const struct check_queue *q)
{
  const struct vintf *v;
  unsigned vintf, lvcmdq;

  if (!q->known || q->base == 0)
    check_tell(c, CHECK_QUEUE_NOWHERE, NULL, "VCMDQ_BASE was never written, or is 0");
  if (!w->cmdqv || !in_vintf(c, q, &vintf, &lvcmdq))
    return;
  v = &w->cmdqv->vintf[vintf];
  if (!GET(VINTF_CONFIG, ENABLE, v->config) || !v->acked)
    check_tell(c, CHECK_VCMDQ_EARLY, NULL, "LVCMDQ %u of VINTF %u, whose %s", lvcmdq, vintf,
               GET(VINTF_CONFIG, ENABLE, v->config) ? "STATUS was not seen with ENABLE_OK"
                                                    : "CONFIG has no ENABLE");
  else if (number_of(w->cmdqv, vintf, lvcmdq) == VCMDQS)
    check_tell(c, CHECK_VCMDQ_UNALLOCATED, NULL, "LVCMDQ %u of VINTF %u is in no CMDQ_ALLOC_MAP",
               lvcmdq, vintf);
}

/* ---- VINTFs ---- */

static void write_config(struct check *c, struct vintf *v, unsigned vintf, uint32_t value)
{
  uint32_t enable = (uint32_t)MASK(VINTF_CONFIG, ENABLE);

  if (v->config & value & enable && v->config != value)
    check_tell(c, CHECK_VINTF_CHANGED, NULL, "VINTF %u: CONFIG goes from 0x%x to 0x%x", vintf,
               v->config, value);
  if ((v->config ^ value) & enable)
    v->acked = false;
  v->config = value;
  v->hyp_own = GET(VINTF_CONFIG, HYP_OWN, value);
}

static void write_match(struct check *c, struct vintf *v, unsigned vintf, unsigned s,
                        uint32_t value)
{
  for (unsigned i = 0; i < SIDS && GET(VINTF_SID_MATCH, ENABLE, value); i++) {
    if (i != s && v->match[i] == value)
      check_tell(c, CHECK_SID_TWICE, NULL, "VINTF %u: StreamID 0x%x in SID_MATCH %u and %u", vintf,
                 (unsigned)GET(VINTF_SID_MATCH, VIRT_SID, value), i, s);
  }
  v->match[s] = value;
}

static void write_replace(struct check *c, struct vintf *v, unsigned vintf, unsigned s,
                          uint32_t value)
{
  if (GET(VINTF_SID_MATCH, ENABLE, v->match[s]) && v->replace[s] != value)
    check_tell(c, CHECK_SID_REPLACED, NULL,
               "VINTF %u: SID_REPLACE %u goes from 0x%x to 0x%x, and SID_MATCH is enabled", vintf,
               s, v->replace[s], value);
  v->replace[s] = value;
}

static void write_vintf(struct check *c, struct check_cmdqv *v, uint64_t offset, uint32_t value)
{
  unsigned n = (unsigned)((offset - CMDQV_VINTF_BLOCKS) / CMDQV_VINTF_BLOCK);
  unsigned index, at = (unsigned)(offset % CMDQV_VINTF_BLOCK);

  switch (smmu_cmdqv_by_offset(CMDQV_BLOCK_VINTF, at, &index)) {
  case R_VINTF_CONFIG: write_config(c, &v->vintf[n], n, value); break;
  case R_VINTF_SID_MATCH: write_match(c, &v->vintf[n], n, index, value); break;
  case R_VINTF_SID_REPLACE: write_replace(c, &v->vintf[n], n, index, value); break;
  default: break;
  }
}

/* ---- registers ---- */

static bool in_blocks(uint64_t offset)
{
  return offset >= CMDQV_VINTF_BLOCKS &&
         offset < CMDQV_VINTF_BLOCKS + (uint64_t)VINTFS * CMDQV_VINTF_BLOCK;
}

void check_cmdqv_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value)
{
  uint64_t offset = addr - c->options.cmdqv;

  if (addr < c->options.cmdqv || offset >= SMMU_CMDQV_PAGE)
    return;
  if (!w->cmdqv)
    w->cmdqv = calloc(1, sizeof *w->cmdqv);
  if (!w->cmdqv) {
    c->failed = true;
    return;
  }
  if (in_blocks(offset))
    write_vintf(c, w->cmdqv, offset, (uint32_t)value);
  else if (offset >= OFF_CMDQV_CMDQ_ALLOC_MAP && offset < OFF_CMDQV_CMDQ_ALLOC_MAP + 4 * VCMDQS)
    w->cmdqv->alloc[(offset - OFF_CMDQV_CMDQ_ALLOC_MAP) / 4] = (uint32_t)value;
}

void check_cmdqv_read(const struct check *c, struct check_world *w, uint64_t addr, uint64_t value)
{
  uint64_t offset = addr - c->options.cmdqv;
  struct vintf *v;

  if (addr < c->options.cmdqv || !in_blocks(offset) || !w->cmdqv)
    return;
  v = &w->cmdqv->vintf[(offset - CMDQV_VINTF_BLOCKS) / CMDQV_VINTF_BLOCK];
  if (offset % CMDQV_VINTF_BLOCK == OFF_VINTF_CONFIG)
    v->hyp_own = GET(VINTF_CONFIG, HYP_OWN, value);
  else if (offset % CMDQV_VINTF_BLOCK == OFF_VINTF_STATUS)
    v->acked = GET(VINTF_STATUS, ENABLE_OK, value);
}

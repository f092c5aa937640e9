/* The CMDQV a guest sees: one VINTF, whose LVCMDQs are hardware's once their rings are known.
 * What the guest writes before that is kept here and moved into the hardware when the queue is
 * made. Page 0 of the VINTF is the hardware's own page from the guest's VINTF enable on. The
 * guest's VMID, its StreamID table and the LVCMDQ numbers in ALLOC_MAP are stored and mean
 * nothing. Differs from QEMU: error map bits go when the queue's error has been acknowledged,
 * and a queue that the host does not let go (another stands on it) keeps its ring. */
#include "host_sim/vmm_state.h"

#include <string.h>

#include "util/bits.h"

enum { CONS, PROD, CONFIG, STATUS, GERROR, GERRORN };

/* QEMU's: enabled, other bits opaque. */
#define CONFIG_RESET 0x00020083u

/* ---- hardware behind a queue ---- */

static uint64_t hardware(const struct vmm *vm, unsigned i, unsigned reg)
{
  return vm->cmdqv.page0 + (uint64_t)i * SMMU_CMDQV_SLOT + 4ULL * reg;
}

/* Whether the queue is gone; it is not while the next one stands on it. */
static bool free_queue(struct vmm *vm, unsigned i)
{
  struct vmm_lvcmdq *q = &vm->cmdqv.queue[i];
  struct iommu_destroy call = { .size = sizeof call, .id = q->hw_queue };

  if (q->hw_queue != 0 && vmm_ioctl(vm, IOMMUFD_NR_DESTROY, &call) != 0)
    return false;
  q->hw_queue = 0;
  memset(q->reg, 0, sizeof q->reg);
  return true;
}

static void free_all(struct vmm *vm)
{
  for (unsigned i = vm->cmdqv.lvcmdqs; i-- > 0;)
    (void)free_queue(vm, i);
}

static bool is_ready(const struct vmm *vm, unsigned i)
{
  const struct vmm_cmdqv *c = &vm->cmdqv;

  return c->queue[i].base != 0 && GET(CMDQV_CMDQ_ALLOC_MAP, ALLOC, c->alloc_map[i]) &&
         GET(CMDQV_STATUS, CMDQV_ENABLED, c->status) &&
         GET(VINTF_STATUS, ENABLE_OK, c->vintf_status);
}

static void move_to_hardware(struct vmm *vm, unsigned i, const uint32_t reg[6])
{
  static const uint8_t order[] = { CONS, PROD, CONFIG, GERRORN };

  for (unsigned k = 0; k < sizeof order; k++)
    plat_mmio_write(vm->host, hardware(vm, i, order[k]), reg[order[k]], 4);
}

/* False: the host refused. */
static bool setup(struct vmm *vm, unsigned i)
{
  struct vmm_lvcmdq *q = &vm->cmdqv.queue[i];
  struct iommu_hw_queue_alloc call = {
    .size = sizeof call,
    .viommu_id = vm->viommu,
    .type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
    .index = i,
    .nesting_parent_iova = q->base & MASK(VCMDQ_BASE, ADDR),
    .length = 16ULL << GET(VCMDQ_BASE, LOG2SIZE, q->base),
  };
  bool made =
    (q->hw_queue == 0 || free_queue(vm, i)) && vmm_ioctl(vm, IOMMUFD_NR_HW_QUEUE_ALLOC, &call) == 0;

  if (!made) {
    q->reg[GERROR] |= (uint32_t)MASK(VCMDQ_GERROR, CMDQ_INIT_ERR);
    q->reg[STATUS] = 0;
    return false;
  }
  q->hw_queue = call.out_hw_queue_id;
  q->reg[GERROR] &= ~(uint32_t)MASK(VCMDQ_GERROR, CMDQ_INIT_ERR);
  q->reg[STATUS] = (uint32_t)MASK(VCMDQ_STATUS, CMDQ_EN_OK);
  move_to_hardware(vm, i, q->reg);
  return true;
}

/* Queues that became ready, in order; the first that fails ends it. */
static void setup_all(struct vmm *vm)
{
  for (unsigned i = 0; i < vm->cmdqv.lvcmdqs; i++) {
    if (is_ready(vm, i) && vm->cmdqv.queue[i].hw_queue == 0 && !setup(vm, i))
      return;
  }
}

/* ---- errors ---- */

static void spread_errors(struct vmm *vm)
{
  struct vmm_cmdqv *c = &vm->cmdqv;
  bool any = false;

  for (unsigned i = 0; i < 4; i++) {
    c->cmdq_err_map[i] = c->lvcmdq_err_map[i];
    any = any || c->lvcmdq_err_map[i] != 0;
  }
  c->vi_err_map[0] = any;
  c->vintf_status = (uint32_t)PUT(VINTF_STATUS, STATUS, c->vintf_status, any);
}

/* Bits of queues that have no error any more go. */
static void renew_errors(struct vmm *vm)
{
  struct vmm_cmdqv *c = &vm->cmdqv;

  for (unsigned i = 0; i < VMM_LVCMDQS_MAX; i++) {
    uint32_t bit = 1u << (i % 32), *map = &c->lvcmdq_err_map[i / 32];

    if ((*map & bit) == 0)
      continue;
    if (i >= c->lvcmdqs || c->queue[i].hw_queue == 0 ||
        plat_mmio_read(vm->host, hardware(vm, i, GERROR), 4) ==
          plat_mmio_read(vm->host, hardware(vm, i, GERRORN), 4))
      *map &= ~bit;
  }
  spread_errors(vm);
}

void vmm_cmdqv_error(struct vmm *vm, const uint64_t map[2])
{
  struct vmm_cmdqv *c = &vm->cmdqv;

  if (!c->present || (map[0] == 0 && map[1] == 0))
    return;
  for (unsigned i = 0; i < 4; i++)
    c->lvcmdq_err_map[i] = (uint32_t)(map[i / 2] >> (32 * (i % 2)));
  spread_errors(vm);
  if ((c->vi_int_mask[0] & 1) == 0)
    vmm_inject(vm, SMMU_SIGNAL_CMDQV);
}

/* ---- queue registers ---- */

static void write_page0(struct vmm *vm, unsigned i, int reg, uint32_t value)
{
  struct vmm_lvcmdq *q = &vm->cmdqv.queue[i];
  unsigned n = (unsigned)(reg - R_VCMDQ_CONS_INDX);

  if (n == STATUS || n == GERROR)
    return;
  if (q->hw_queue != 0) {
    plat_mmio_write(vm->host, hardware(vm, i, n), value, 4);
    return;
  }
  q->reg[n] = value & (uint32_t)smmu_cmdqv_rows[reg].rw;
  if (n == CONFIG)
    q->reg[STATUS] = (value & 1) != 0 && !GET(VCMDQ_GERROR, CMDQ_INIT_ERR, q->reg[GERROR]);
}

static uint64_t read_page0(struct vmm *vm, unsigned i, int reg)
{
  unsigned n = (unsigned)(reg - R_VCMDQ_CONS_INDX);
  const struct vmm_lvcmdq *q = &vm->cmdqv.queue[i];
  uint64_t refused = n == GERROR ? q->reg[GERROR] & MASK(VCMDQ_GERROR, CMDQ_INIT_ERR) : 0;

  if (q->hw_queue != 0)
    return plat_mmio_read(vm->host, hardware(vm, i, n), 4) | refused;
  return q->reg[n];
}

static void write_page1(struct vmm *vm, unsigned i, int reg, uint64_t value, unsigned hi,
                        unsigned lo)
{
  struct vmm_lvcmdq *q = &vm->cmdqv.queue[i];
  uint64_t *word = reg == R_VCMDQ_BASE ? &q->base : &q->dram;

  *word = bits_put(*word, hi, lo, value) & smmu_cmdqv_rows[reg].rw;
  if (reg == R_VCMDQ_BASE && is_ready(vm, i))
    (void)setup(vm, i);
}

/* ---- CONFIG page ---- */

static void write_config(struct vmm *vm, uint32_t value)
{
  struct vmm_cmdqv *c = &vm->cmdqv;

  c->config = value;
  c->status = (uint32_t)GET(CMDQV_CONFIG, CMDQV_EN, value);
  if (c->status)
    setup_all(vm);
  else
    free_all(vm);
}

static void write_alloc(struct vmm *vm, unsigned i, uint32_t value)
{
  uint32_t *map = &vm->cmdqv.alloc_map[i];
  bool was = GET(CMDQV_CMDQ_ALLOC_MAP, ALLOC, *map), is = GET(CMDQV_CMDQ_ALLOC_MAP, ALLOC, value);

  if (i >= vm->cmdqv.lvcmdqs)
    return;
  *map = value;
  if (was && !is)
    (void)free_queue(vm, i);
  if (!was && is && is_ready(vm, i))
    (void)setup(vm, i);
}

static void write_vintf_config(struct vmm *vm, uint32_t value)
{
  struct vmm_cmdqv *c = &vm->cmdqv;

  c->vintf_config = (uint32_t)PUT(VINTF_CONFIG, HYP_OWN, value, 0);
  if (GET(VINTF_CONFIG, ENABLE, value)) {
    c->vintf_status = (uint32_t)PUT(VINTF_STATUS, ENABLE_OK, c->vintf_status, 1);
    setup_all(vm);
    c->mapped = true;
    return;
  }
  c->mapped = false;
  free_all(vm);
  c->vintf_status = (uint32_t)PUT(VINTF_STATUS, ENABLE_OK, c->vintf_status, 0);
}

static uint32_t *stored(struct vmm_cmdqv *c, int reg, unsigned index)
{
  switch (reg) {
  case R_CMDQV_CONFIG: return &c->config;
  case R_CMDQV_PARAM: return &c->param;
  case R_CMDQV_STATUS: return &c->status;
  case R_CMDQV_VI_ERR_MAP: return &c->vi_err_map[index];
  case R_CMDQV_VI_INT_MASK: return &c->vi_int_mask[index];
  case R_CMDQV_CMDQ_ERR_MAP: return &c->cmdq_err_map[index];
  case R_CMDQV_CMDQ_ALLOC_MAP: return &c->alloc_map[index];
  case R_VINTF_CONFIG: return &c->vintf_config;
  case R_VINTF_STATUS: return &c->vintf_status;
  case R_VINTF_SID_MATCH: return &c->sid_match[index];
  case R_VINTF_SID_REPLACE: return &c->sid_replace[index];
  case R_VINTF_LVCMDQ_ERR_MAP: return &c->lvcmdq_err_map[index];
  default: return NULL;
  }
}

static void write_config_page(struct vmm *vm, int reg, unsigned index, uint32_t value)
{
  uint32_t *word = stored(&vm->cmdqv, reg, index);

  value &= (uint32_t)smmu_cmdqv_rows[reg].rw;
  if (word == NULL || smmu_cmdqv_rows[reg].rw == 0)
    return;
  switch (reg) {
  case R_CMDQV_CONFIG: write_config(vm, value); return;
  case R_CMDQV_CMDQ_ALLOC_MAP: write_alloc(vm, index, value); return;
  case R_VINTF_CONFIG: write_vintf_config(vm, value); return;
  default: *word = value;
  }
}

/* ---- access ---- */

/* What lies at an offset of the guest's aperture. */
struct place {
  int reg; /* -1: nothing */
  unsigned index, queue;
  unsigned half; /* of a 64-bit register */
  bool page1;
};

static struct place find(const struct vmm *vm, uint64_t offset)
{
  struct place p = { .reg = -1 };
  uint32_t in_page = (uint32_t)(offset % SMMU_CMDQV_PAGE), in_slot = in_page % SMMU_CMDQV_SLOT;
  unsigned page = (unsigned)(offset / SMMU_CMDQV_PAGE);

  p.half = (offset & 4) != 0;
  if (page == 0 && in_page >= CMDQV_VINTF_BLOCKS) {
    if (in_page < CMDQV_VINTF_BLOCKS + CMDQV_VINTF_BLOCK)
      p.reg = smmu_cmdqv_by_offset(CMDQV_BLOCK_VINTF, in_page - CMDQV_VINTF_BLOCKS, &p.index);
    return p;
  }
  if (page == 0) {
    p.reg = smmu_cmdqv_by_offset(CMDQV_BLOCK_CONFIG, in_page, &p.index);
    return p;
  }
  p.queue = in_page / SMMU_CMDQV_SLOT;
  p.page1 = page == 2 || page == 4;
  if (p.queue < vm->cmdqv.lvcmdqs)
    p.reg =
      smmu_cmdqv_by_offset(p.page1 ? CMDQV_BLOCK_PAGE1 : CMDQV_BLOCK_PAGE0, in_slot, &p.index);
  return p;
}

static bool is_error_map(int reg)
{
  return reg == R_CMDQV_VI_ERR_MAP || reg == R_CMDQV_CMDQ_ERR_MAP ||
         reg == R_VINTF_LVCMDQ_ERR_MAP || reg == R_VINTF_STATUS;
}

/* Eight bytes at once: the registers of page 1, and a pair of 32-bit ones where both are. */
uint64_t vmm_cmdqv_read(struct vmm *vm, uint64_t offset, unsigned bytes)
{
  struct place p = find(vm, offset);
  const uint32_t *word;
  uint64_t value;

  if (p.reg < 0)
    return 0;
  if (p.page1) {
    const struct vmm_lvcmdq *q = &vm->cmdqv.queue[p.queue];

    value = p.reg == R_VCMDQ_BASE ? q->base : q->dram;
    return bytes == 8 ? value : (value >> (32 * p.half)) & UINT32_MAX;
  }
  if (smmu_cmdqv_rows[p.reg].block == CMDQV_BLOCK_PAGE0)
    return bytes == 4 ? read_page0(vm, p.queue, p.reg) : 0;
  if (is_error_map(p.reg))
    renew_errors(vm);
  word = stored(&vm->cmdqv, p.reg, p.index);
  if (word == NULL)
    return 0;
  value = *word;
  if (bytes == 8 && p.index + 1 < smmu_cmdqv_rows[p.reg].count)
    value |= (uint64_t)word[1] << 32;
  return value;
}

void vmm_cmdqv_write(struct vmm *vm, uint64_t offset, uint64_t value, unsigned bytes)
{
  struct place p = find(vm, offset);

  if (p.reg < 0 || (bytes == 8 && !p.page1))
    return;
  if (p.page1)
    write_page1(vm, p.queue, p.reg, value, bytes == 8 ? 63 : 31 + 32 * p.half,
                bytes == 8 ? 0 : 32 * p.half);
  else if (smmu_cmdqv_rows[p.reg].block == CMDQV_BLOCK_PAGE0)
    write_page0(vm, p.queue, p.reg, (uint32_t)value);
  else
    write_config_page(vm, p.reg, p.index, (uint32_t)value);
}

void vmm_cmdqv_reset(struct vmm *vm)
{
  struct vmm_cmdqv *c = &vm->cmdqv;
  struct vmm_cmdqv fresh = { .present = c->present,
                             .lvcmdqs = c->lvcmdqs,
                             .sids_log2 = c->sids_log2,
                             .page0 = c->page0,
                             .param = c->param,
                             .config = CONFIG_RESET,
                             .status = 1 };

  if (!c->present)
    return;
  c->mapped = false;
  free_all(vm);
  *c = fresh;
}

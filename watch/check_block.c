/* Rules of single registers beyond the SMMU's own: sets of control pages and of enhanced queues (IHI
 * 0070 6.3.49-6.3.51, 6.3.107-6.3.109), and CMDQV, of which there is no public specification. What
 * these registers mean together: check_queue.c, check_cmdqv.c. */
#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "plat/board.h"
#include "smmu/ecmdq.h"
#include "watch/check_state.h"

enum { CONTROL_PAGES = 256, VINTFS = 64 };

/* What is known of the register behind an address, whichever table it stands in. */
struct row {
  const char *name;
  unsigned width;
  uint64_t rw;
  bool guarded; /* by the queue's enable */
};

/* ---- finding it ---- */

static bool from_ecmdq(enum smmu_ecmdq_block block, uint64_t offset, unsigned bytes,
                       struct row *out)
{
  int reg = smmu_ecmdq_by_offset(block, (uint32_t)offset);
  const struct smmu_ecmdq_row *row;

  if (reg < 0 && bytes == 4 && offset >= 4) {
    reg = smmu_ecmdq_by_offset(block, (uint32_t)offset - 4);
    if (reg >= 0 && smmu_ecmdq_rows[reg].width != 64)
      return false;
  }
  if (reg < 0)
    return false;
  row = &smmu_ecmdq_rows[reg];
  *out = (struct row){ row->name, row->width, row->rw, row->guard == ECMDQ_GUARD_QUEUE_OFF };
  return bytes * 8u <= row->width;
}

static bool from_cmdqv(enum smmu_cmdqv_block block, uint64_t offset, unsigned bytes,
                       struct row *out)
{
  unsigned index;
  int reg = smmu_cmdqv_by_offset(block, (uint32_t)offset, &index);
  const struct smmu_cmdqv_row *row;

  if (reg < 0)
    return false;
  row = &smmu_cmdqv_rows[reg];
  *out = (struct row){ row->name, row->width, row->rw, row->guard == CMDQV_GUARD_QUEUE_OFF };
  return bytes * 8u <= row->width;
}

static bool of_cmdqv(uint64_t offset, unsigned bytes, struct row *out)
{
  uint64_t first = CMDQV_VINTF_BLOCKS, past = first + (uint64_t)VINTFS * CMDQV_VINTF_BLOCK;
  bool page0 = (offset / SMMU_CMDQV_PAGE) & 1;

  if (offset >= SMMU_CMDQV_PAGE)
    return from_cmdqv(page0 ? CMDQV_BLOCK_PAGE0 : CMDQV_BLOCK_PAGE1, offset % SMMU_CMDQV_SLOT,
                      bytes, out);
  if (offset >= first && offset < past)
    return from_cmdqv(CMDQV_BLOCK_VINTF, offset % CMDQV_VINTF_BLOCK, bytes, out);
  return from_cmdqv(CMDQV_BLOCK_CONFIG, offset, bytes, out);
}

enum where { NOWHERE, NO_REGISTER, REGISTER };

static enum where find(const struct check *c, const struct check_world *w, uint64_t addr,
                       unsigned bytes, struct row *out)
{
  uint64_t smmu = addr - c->options.smmu, cmdqv = addr - c->options.cmdqv, set;
  bool found;

  if (addr >= c->options.smmu && check_block_is_page_set(smmu))
    found = from_ecmdq(ECMDQ_BLOCK_PAGE, (smmu - ECMDQ_PAGE_SETS) % ECMDQ_PAGE_SET, bytes, out);
  else if (check_ecmdq_set(c, w, addr, &set))
    found = from_ecmdq(ECMDQ_BLOCK_QUEUE, addr - set, bytes, out);
  else if (addr >= c->options.cmdqv &&
           cmdqv < SMMU_CMDQV_VINTF_PAGES + VINTFS * 2ULL * SMMU_CMDQV_PAGE)
    found = of_cmdqv(cmdqv, bytes, out);
  else
    return NOWHERE;
  return found ? REGISTER : NO_REGISTER;
}

bool check_block_is_page_set(uint64_t offset)
{
  return offset >= ECMDQ_PAGE_SETS && offset - ECMDQ_PAGE_SETS < CONTROL_PAGES * ECMDQ_PAGE_SET;
}

/* ---- judging ---- */

static void check_guard(struct check *c, struct check_world *w, uint64_t addr, const char *name)
{
  const struct check_queue *q = check_queue_at(c, w, addr);

  if (q && q->enabled)
    check_tell(c, CHECK_REG_GUARDED, NULL, "%s is written while its queue is enabled", name);
  else if (q && q->acked)
    check_tell(c, CHECK_REG_GUARDED, NULL, "%s is written, and its queue was not seen disabled",
               name);
}

void check_block_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                       unsigned bytes)
{
  struct row row;
  uint64_t rw;

  switch (find(c, w, addr, bytes, &row)) {
  case NOWHERE: return;
  case NO_REGISTER:
    check_tell(c, CHECK_REG_UNKNOWN, NULL, "%u bytes are written at 0x%llx", bytes,
               (unsigned long long)addr);
    return;
  case REGISTER: break;
  }
  rw = row.width == 64 && bytes == 4 && addr % 8 ? row.rw >> 32 : row.rw;
  if (row.rw == 0)
    check_tell(c, CHECK_REG_READ_ONLY, NULL, "%s", row.name);
  else if (value & ~rw)
    check_tell(c, CHECK_REG_RESERVED, NULL, "%s = 0x%llx: 0x%llx is reserved", row.name,
               (unsigned long long)value, (unsigned long long)(value & ~rw));
  if (row.guarded)
    check_guard(c, w, addr, row.name);
}

void check_block_read(struct check *c, struct check_world *w, uint64_t addr, unsigned bytes)
{
  struct row row;

  if (find(c, w, addr, bytes, &row) == NO_REGISTER)
    check_tell(c, CHECK_REG_UNKNOWN, NULL, "%u bytes are read at 0x%llx", bytes,
               (unsigned long long)addr);
}

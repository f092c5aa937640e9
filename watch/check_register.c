/* Rules of single registers, and the mirror of what software has written and read. IHI 0070 6.2, 6.3.
 * CMDQV and enhanced queues: check_block.c. Left out: counter groups, VATOS. */
#include <stdio.h>

#include "watch/check_state.h"

/* What a guard looks at: an enable bit and its acknowledgement. */
static const struct {
  unsigned enable, ack;
  uint64_t mask;
} guards[GUARD_COUNT] = {
  [GUARD_SMMU_DISABLED] = { R_CR0, R_CR0ACK, 1ULL << CR0_SMMUEN_LO },
  [GUARD_CMDQ_DISABLED] = { R_CR0, R_CR0ACK, 1ULL << CR0_CMDQEN_LO },
  [GUARD_EVENTQ_DISABLED] = { R_CR0, R_CR0ACK, 1ULL << CR0_EVENTQEN_LO },
  [GUARD_PRIQ_DISABLED] = { R_CR0, R_CR0ACK, 1ULL << CR0_PRIQEN_LO },
  [GUARD_GERROR_IRQ_DISABLED] = { R_IRQ_CTRL, R_IRQ_CTRLACK, 1ULL << IRQ_CTRL_GERROR_IRQEN_LO },
  [GUARD_EVENTQ_IRQ_DISABLED] = { R_IRQ_CTRL, R_IRQ_CTRLACK, 1ULL << IRQ_CTRL_EVENTQ_IRQEN_LO },
  [GUARD_PRIQ_IRQ_DISABLED] = { R_IRQ_CTRL, R_IRQ_CTRLACK, 1ULL << IRQ_CTRL_PRIQ_IRQEN_LO },
};

void check_register_start(struct check_world *w)
{
  for (unsigned i = 0; i < R_COUNT; i++)
    w->reg[i].written = smmu_reg_rows[i].reset;
}

/* The register at an offset, and which half: *high of a 64-bit one. -1: none. */
static int find(uint64_t offset, unsigned bytes, bool *high)
{
  int reg = smmu_reg_by_offset(offset);

  *high = false;
  if (reg >= 0)
    return bytes * 8u <= smmu_reg_rows[reg].width ? reg : -1;
  reg = offset >= 4 && bytes == 4 ? smmu_reg_by_offset(offset - 4) : -1;
  *high = true;
  return reg >= 0 && smmu_reg_rows[reg].width == 64 ? reg : -1;
}

static uint64_t merge(uint64_t old, uint64_t value, unsigned bytes, bool high)
{
  if (bytes == 8)
    return value;
  return high ? bits_put(old, 63, 32, value) : bits_put(old, 31, 0, value);
}

/* The bits of CR0 and of CR0ACK that are not yet seen to agree. */
static uint64_t unacknowledged(const struct check_world *w)
{
  const struct check_register *cr0 = &w->reg[R_CR0], *ack = &w->reg[R_CR0ACK];

  if (cr0->wrote.record == 0)
    return 0;
  if (ack->saw.record < cr0->wrote.record)
    return cr0->written ^ ack->read;
  return (cr0->written ^ ack->read) & smmu_reg_rows[R_CR0].rw;
}

/* Fields of CR1 that may not change now: what is not seen disabled counts as enabled. 6.3.11. */
static void check_cr1(struct check *c, const struct check_world *w, uint64_t value)
{
  static const uint64_t queues =
    1ULL << CR0_CMDQEN_LO | 1ULL << CR0_EVENTQEN_LO | 1ULL << CR0_PRIQEN_LO;
  uint64_t on = w->reg[R_CR0].written | w->reg[R_CR0ACK].read;
  uint64_t differ = w->reg[R_CR1].written ^ value;

  if ((on & queues && differ & bits_mask(CR1_QUEUE_SH_HI, CR1_QUEUE_IC_LO)) ||
      (on & MASK(CR0, SMMUEN) && differ & bits_mask(CR1_TABLE_SH_HI, CR1_TABLE_IC_LO)))
    check_tell(c, CHECK_REG_GUARDED, NULL,
               "CR1 = 0x%llx is written while what it describes is enabled, by CR0 = 0x%llx",
               (unsigned long long)value, (unsigned long long)on);
}

static void check_guard(struct check *c, const struct check_world *w, unsigned reg, uint64_t value)
{
  const struct smmu_reg_row *row = &smmu_reg_rows[reg];
  uint64_t mask = guards[row->guard].mask;
  const struct check_register *enable = &w->reg[guards[row->guard].enable];
  const struct check_register *ack = &w->reg[guards[row->guard].ack];

  if (reg == R_CR1)
    check_cr1(c, w, value);
  if (!mask)
    return;
  if (enable->written & mask)
    check_tell(c, CHECK_REG_GUARDED, NULL, "%s is written while %s has 0x%llx set", row->name,
               smmu_reg_rows[guards[row->guard].enable].name, (unsigned long long)mask);
  else if (enable->wrote.record && (ack->saw.record < enable->wrote.record || ack->read & mask) &&
           ack->read & mask)
    check_tell(c, CHECK_REG_GUARDED, NULL, "%s is written, and %s was not seen without 0x%llx",
               row->name, smmu_reg_rows[guards[row->guard].ack].name, (unsigned long long)mask);
}

void check_register_write(struct check *c, struct check_world *w, uint64_t offset, uint64_t value,
                          unsigned bytes)
{
  bool high;
  int reg = find(offset, bytes, &high);
  const struct smmu_reg_row *row;
  struct check_register *x;

  if (reg < 0) {
    check_tell(c, CHECK_REG_UNKNOWN, NULL, "%u bytes are written at offset 0x%llx", bytes,
               (unsigned long long)offset);
    return;
  }
  row = &smmu_reg_rows[reg];
  x = &w->reg[reg];
  value = merge(x->written, value, bytes, high);
  if (row->hook == HOOK_ID || row->hook == HOOK_READ_ONLY) {
    check_tell(c, CHECK_REG_READ_ONLY, NULL, "%s", row->name);
    return;
  }
  if (value & ~row->rw)
    check_tell(c, CHECK_REG_RESERVED, NULL, "%s = 0x%llx: 0x%llx is reserved", row->name,
               (unsigned long long)value, (unsigned long long)(value & ~row->rw));
  if (reg == R_CR0 && (unacknowledged(w) & (value ^ x->written)))
    check_tell(c, CHECK_CR0_UNACKNOWLEDGED, NULL,
               "CR0 = 0x%llx is written; of 0x%llx before it CR0ACK has not shown 0x%llx",
               (unsigned long long)value, (unsigned long long)x->written,
               (unsigned long long)unacknowledged(w));
  check_guard(c, w, (unsigned)reg, value);
  if (!high || bytes == 8) /* of a register written in halves, the lower one has the size */
    check_enable_write(c, w, (unsigned)reg, value);
  check_output_write(c, w, (unsigned)reg, value);
  x->written = value;
  x->wrote = c->now;
}

void check_register_read(struct check *c, struct check_world *w, uint64_t offset, uint64_t value,
                         unsigned bytes)
{
  bool high;
  int reg = find(offset, bytes, &high);

  if (reg < 0) {
    check_tell(c, CHECK_REG_UNKNOWN, NULL, "%u bytes are read at offset 0x%llx", bytes,
               (unsigned long long)offset);
    return;
  }
  value = merge(w->reg[reg].read, value, bytes, high);
  check_output_read(c, w, (unsigned)reg, value);
  w->reg[reg].read = value;
  w->reg[reg].saw = c->now;
}

/* Rules of single registers. IHI 0070 6.2, 6.3. */
#include "tiny.h"

MISTAKE(REG_UNKNOWN, HalfOfADoubleWord, "8 bytes are written at offset 0x20")
{
  /* CR0 and CR0ACK at one go. */
  reg_write64(d, CR0, MASK(CR0, CMDQEN)); /* here */
}

REMEDY(REG_UNKNOWN, HalfOfADoubleWord)
{
  reg_write(d, CR0, 0);
}

MISTAKE(REG_READ_ONLY, ErrorClearedInPlace, "GERROR")
{
  reg_write(d, GERROR, 0); /* here */
}

REMEDY(REG_READ_ONLY, ErrorClearedInPlace)
{
  reg_write(d, GERRORN, reg_read(d, GERROR));
}

MISTAKE(REG_RESERVED, BitOfAnotherRegister, "IRQ_CTRL = 0x9: 0x8 is reserved")
{
  reg_write(d, IRQ_CTRL, MASK(IRQ_CTRL, GERROR_IRQEN) | MASK(CR0, CMDQEN)); /* here */
}

REMEDY(REG_RESERVED, BitOfAnotherRegister)
{
  reg_write(d, IRQ_CTRL, MASK(IRQ_CTRL, GERROR_IRQEN));
}

MISTAKE(REG_GUARDED, TableMovedWhileEnabled, "STRTAB_BASE is written while CR0 has 0x1 set",
        .start = true)
{
  uint64_t larger = tiny_memory(d, 64 << 8);

  reg_write64(d, STRTAB_BASE, larger); /* here */
}

REMEDY(REG_GUARDED, TableMovedWhileEnabled)
{
  uint64_t larger = tiny_memory(d, 64 << 8);

  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, EVENTQEN));
  reg_wait(d, CR0ACK, MASK(CR0ACK, SMMUEN), 0);
  reg_write64(d, STRTAB_BASE, larger);
}

MISTAKE(REG_GUARDED, AttributesOfARunningQueue,
        "CR1 = 0x0 is written while what it describes is enabled, by CR0 = 0xd", .start = true)
{
  reg_write(d, CR1, 0); /* here */
}

REMEDY(REG_GUARDED, AttributesOfARunningQueue)
{
  reg_write(d, CR0, 0);
  reg_wait(d, CR0ACK, UINT32_MAX, 0);
  reg_write(d, CR1, 0);
}

MISTAKE(CR0_UNACKNOWLEDGED, TakenBackAtOnce,
        "CR0 = 0x0 is written; of 0x8 before it CR0ACK has not shown 0x8")
{
  reg_write(d, CR1, 0);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
  reg_write(d, CR0, 0); /* here */
}

REMEDY(CR0_UNACKNOWLEDGED, TakenBackAtOnce)
{
  reg_write(d, CR1, 0);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
  reg_wait(d, CR0ACK, MASK(CR0ACK, CMDQEN), MASK(CR0ACK, CMDQEN));
  reg_write(d, CR0, 0);
  reg_wait(d, CR0ACK, MASK(CR0ACK, CMDQEN), 0);
}

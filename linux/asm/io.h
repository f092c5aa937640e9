/* SPDX-License-Identifier: GPL-2.0 */
/* Registers: a pointer from ioremap() is a physical address with a mark that no CPU accepts as an
 * address, so that a stray dereference stops at once. */
#ifndef SIM_ASM_IO_H
#define SIM_ASM_IO_H

#include "boundary.h"
#include <asm/barrier.h>
#include <asm/page.h>
#include <linux/types.h>

#define SIM_IO_MARK 0x5a5a000000000000UL

static inline u64 sim_io_address(const volatile void __iomem *p)
{
  return (unsigned long)p ^ SIM_IO_MARK;
}

#define __raw_readl(p)     ((u32)lx_mmio_read(sim_io_address(p), 4))
#define __raw_readq(p)     ((u64)lx_mmio_read(sim_io_address(p), 8))
#define __raw_writel(v, p) lx_mmio_write(sim_io_address(p), (u32)(v), 4)
#define __raw_writeq(v, p) lx_mmio_write(sim_io_address(p), (v), 8)
#define __raw_readb        __raw_readb
#define __raw_readw        __raw_readw
#define __raw_writeb       __raw_writeb
#define __raw_writew       __raw_writew
u8 __raw_readb(const volatile void __iomem *p);
u16 __raw_readw(const volatile void __iomem *p);
void __raw_writeb(u8 value, volatile void __iomem *p);
void __raw_writew(u16 value, volatile void __iomem *p);

/* A write orders what was stored before it, a read what is loaded behind it. */
#define __io_bw()  dma_wmb()
#define __io_ar(v) dma_rmb()
#define __io_aw() \
  do { \
  } while (0)
#define __iomb() dma_mb()

void __iomem *ioremap(phys_addr_t address, size_t bytes);
#define ioremap ioremap
void iounmap(volatile void __iomem *address);
#define iounmap      iounmap
#define virt_to_phys virt_to_phys
static inline unsigned long virt_to_phys(const volatile void *p)
{
  return __pa(p);
}
#define phys_to_virt phys_to_virt
static inline void *phys_to_virt(unsigned long address)
{
  return __va(address);
}
#define memset_io     memset_io
#define memcpy_fromio memcpy_fromio
#define memcpy_toio   memcpy_toio
void memset_io(volatile void __iomem *to, int value, size_t bytes);
void memcpy_fromio(void *to, const volatile void __iomem *from, size_t bytes);
void memcpy_toio(volatile void __iomem *to, const void *from, size_t bytes);

#include <asm-generic/io.h>

#endif

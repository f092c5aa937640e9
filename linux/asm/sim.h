/* SPDX-License-Identifier: GPL-2.0 */
/* What the other headers of this directory stand on: every touch of what CPUs share goes through
 * one of these calls, which charge it and let earlier CPUs and the device act first. Stores to memory
 * that the device reads are told by the compiler, see kernel/access.c. */
#ifndef SIM_ASM_SIM_H
#define SIM_ASM_SIM_H

#ifndef __ASSEMBLY__

#include "boundary.h"

/* All memory that the device sees: one block, mapped one to one. One byte a page says what it is. */
enum { SIM_PAGE_FREE, SIM_PAGE_HEAP, SIM_PAGE_DEVICE };
extern char *sim_ram;
extern unsigned long sim_ram_base, sim_ram_bytes;
extern unsigned char *sim_page_kind;

/* May the device read this word? */
static inline int sim_is_device(const volatile void *p)
{
  unsigned long offset = (unsigned long)p - (unsigned long)sim_ram;

  return offset < sim_ram_bytes && sim_page_kind[offset >> 12] == SIM_PAGE_DEVICE;
}

/* `bytes` at p are about to be stored to; does nothing where the device cannot read them. */
void sim_will_store(const volatile void *p, unsigned long bytes);

/* Exchanges: take the line, act, wake who waits for it; nobody else runs between. Each returns what
 * was there before. */
enum sim_operation { SIM_SET, SIM_ADD, SIM_AND, SIM_OR, SIM_XOR };
lx_u64 sim_exchange(volatile void *p, unsigned bytes, enum sim_operation operation, lx_u64 value);
lx_u64 sim_compare_exchange(volatile void *p, unsigned bytes, lx_u64 expected, lx_u64 desired);
/* The line of p, taken for this CPU. */
void sim_take(const volatile void *p);
/* Sleep until the `bytes` at p are no longer `value`; may return without cause. */
void sim_await(const volatile void *p, unsigned long value, unsigned bytes);

#endif
#endif

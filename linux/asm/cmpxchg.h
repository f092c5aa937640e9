/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_CMPXCHG_H
#define SIM_ASM_CMPXCHG_H

#include <asm/sim.h>

#define arch_xchg(ptr, value) \
  ((typeof(*(ptr)))sim_exchange((ptr), sizeof(*(ptr)), SIM_SET, (lx_u64)(value)))
#define arch_cmpxchg(ptr, expected, desired) \
  ((typeof(*(ptr)))sim_compare_exchange((ptr), sizeof(*(ptr)), (lx_u64)(expected), \
                                        (lx_u64)(desired)))

#define arch_cmpxchg64(ptr, expected, desired)       arch_cmpxchg(ptr, expected, desired)
#define arch_cmpxchg_local(ptr, expected, desired)   arch_cmpxchg(ptr, expected, desired)
#define arch_cmpxchg64_local(ptr, expected, desired) arch_cmpxchg(ptr, expected, desired)

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Barriers cost their time; a CPU that waits for a value sleeps until the value changes. */
#ifndef SIM_ASM_BARRIER_H
#define SIM_ASM_BARRIER_H

#include <asm/rwonce.h>
#include <asm/sim.h>

#define sim_barrier() \
  do { \
    barrier(); \
    lx_barrier(); \
  } while (0)

#define mb()      sim_barrier()
#define rmb()     sim_barrier()
#define wmb()     sim_barrier()
#define dma_mb()  sim_barrier()
#define dma_rmb() sim_barrier()
#define dma_wmb() sim_barrier()
/* CPUs see each other's stores in order. */
#define __smp_mb()  barrier()
#define __smp_rmb() barrier()
#define __smp_wmb() barrier()

#define __smp_store_release(p, v) ((void)sim_exchange((p), sizeof(*(p)), SIM_SET, (lx_u64)(v)))

#define __smp_load_acquire(p) \
  ({ \
    typeof(p) sim_l = (p); \
\
    sim_take(sim_l); \
    READ_ONCE(*sim_l); \
  })

#define smp_cond_load_relaxed(ptr, cond_expr) \
  ({ \
    typeof(ptr) sim_ptr = (ptr); \
    __unqual_scalar_typeof(*sim_ptr) VAL; \
\
    for (;;) { \
      sim_take(sim_ptr); \
      VAL = READ_ONCE(*sim_ptr); \
      if (cond_expr) \
        break; \
      sim_await(sim_ptr, (unsigned long)VAL, sizeof(VAL)); \
    } \
    (typeof(*sim_ptr))VAL; \
  })
#define smp_cond_load_acquire(ptr, cond_expr) smp_cond_load_relaxed(ptr, cond_expr)

#include <asm-generic/barrier.h>

#endif

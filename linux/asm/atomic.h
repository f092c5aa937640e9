/* SPDX-License-Identifier: GPL-2.0 */
/* Atomic counters of both sizes. */
#ifndef SIM_ASM_ATOMIC_H
#define SIM_ASM_ATOMIC_H

#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <linux/types.h>

#define ATOMIC64_INIT(i) \
  { \
    (i) \
  }

#define SIM_ATOMIC_OP(prefix, counter_type, value_type, name, operation, sign, infix) \
  static __always_inline value_type arch_##prefix##_fetch_##name(value_type i, counter_type *v) \
  { \
    return (value_type)sim_exchange(&v->counter, sizeof(v->counter), operation, (lx_u64)(sign i)); \
  } \
  static __always_inline value_type arch_##prefix##_##name##_return(value_type i, counter_type *v) \
  { \
    return arch_##prefix##_fetch_##name(i, v) infix i; \
  } \
  static __always_inline void arch_##prefix##_##name(value_type i, counter_type *v) \
  { \
    arch_##prefix##_fetch_##name(i, v); \
  }

#define SIM_ATOMIC(prefix, counter_type, value_type) \
  static __always_inline value_type arch_##prefix##_read(const counter_type *v) \
  { \
    return READ_ONCE(v->counter); \
  } \
  static __always_inline void arch_##prefix##_set(counter_type *v, value_type i) \
  { \
    sim_exchange(&v->counter, sizeof(v->counter), SIM_SET, (lx_u64)i); \
  } \
  SIM_ATOMIC_OP(prefix, counter_type, value_type, add, SIM_ADD, +, +) \
  SIM_ATOMIC_OP(prefix, counter_type, value_type, sub, SIM_ADD, -, -) \
  SIM_ATOMIC_OP(prefix, counter_type, value_type, and, SIM_AND, +, &) \
  SIM_ATOMIC_OP(prefix, counter_type, value_type, or, SIM_OR, +, |) \
  SIM_ATOMIC_OP(prefix, counter_type, value_type, xor, SIM_XOR, +, ^)

SIM_ATOMIC(atomic, atomic_t, int)
SIM_ATOMIC(atomic64, atomic64_t, s64)

#define arch_atomic_add_return   arch_atomic_add_return
#define arch_atomic_sub_return   arch_atomic_sub_return
#define arch_atomic_fetch_add    arch_atomic_fetch_add
#define arch_atomic_fetch_sub    arch_atomic_fetch_sub
#define arch_atomic_fetch_and    arch_atomic_fetch_and
#define arch_atomic_fetch_or     arch_atomic_fetch_or
#define arch_atomic_fetch_xor    arch_atomic_fetch_xor
#define arch_atomic64_add_return arch_atomic64_add_return
#define arch_atomic64_sub_return arch_atomic64_sub_return
#define arch_atomic64_fetch_add  arch_atomic64_fetch_add
#define arch_atomic64_fetch_sub  arch_atomic64_fetch_sub
#define arch_atomic64_fetch_and  arch_atomic64_fetch_and
#define arch_atomic64_fetch_or   arch_atomic64_fetch_or
#define arch_atomic64_fetch_xor  arch_atomic64_fetch_xor

#endif

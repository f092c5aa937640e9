/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_SPINLOCK_TYPES_H
#define SIM_ASM_SPINLOCK_TYPES_H

/* A word that says who holds it, CPU + 1; the line it lies on does the rest. */
typedef struct {
  unsigned int holder;
} arch_spinlock_t;

#define __ARCH_SPIN_LOCK_UNLOCKED \
  { \
    0 \
  }

typedef struct {
  int readers; /* -1: a writer */
} arch_rwlock_t;

#define __ARCH_RW_LOCK_UNLOCKED \
  { \
    0 \
  }

#endif

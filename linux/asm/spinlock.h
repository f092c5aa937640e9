/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_SPINLOCK_H
#define SIM_ASM_SPINLOCK_H

#include <asm/barrier.h>
#include <asm/spinlock_types.h>

void sim_spin_lock(arch_spinlock_t *lock);
int sim_spin_trylock(arch_spinlock_t *lock);
void sim_spin_unlock(arch_spinlock_t *lock);
void sim_read_lock(arch_rwlock_t *lock);
void sim_read_unlock(arch_rwlock_t *lock);
void sim_write_lock(arch_rwlock_t *lock);
void sim_write_unlock(arch_rwlock_t *lock);
int arch_read_trylock(arch_rwlock_t *lock);
int arch_write_trylock(arch_rwlock_t *lock);

#define arch_spin_is_locked(lock)    ((lock)->holder != 0)
#define arch_spin_is_contended(lock) ((void)(lock), 0)
#define arch_spin_lock(lock)         sim_spin_lock(lock)
#define arch_spin_trylock(lock)      sim_spin_trylock(lock)
#define arch_spin_unlock(lock)       sim_spin_unlock(lock)
#define arch_read_lock(lock)         sim_read_lock(lock)
#define arch_read_unlock(lock)       sim_read_unlock(lock)
#define arch_write_lock(lock)        sim_write_lock(lock)
#define arch_write_unlock(lock)      sim_write_unlock(lock)

#endif

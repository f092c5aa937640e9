/* SPDX-License-Identifier: GPL-2.0 */
/* Plain functions of the C library serve where they mean the same. */
#ifndef SIM_ASM_STRING_H
#define SIM_ASM_STRING_H

#include <linux/types.h>

#define __HAVE_ARCH_MEMCPY
#define __HAVE_ARCH_MEMMOVE
#define __HAVE_ARCH_MEMSET
#define __HAVE_ARCH_MEMCMP
#define __HAVE_ARCH_STRLEN
/* What the device reads is told to the board first. */
void sim_will_store(const volatile void *p, unsigned long bytes);

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

#define memset(to, value, bytes) \
  ({ \
    void *sim_to = (to); \
    size_t sim_bytes = (bytes); \
\
    sim_will_store(sim_to, sim_bytes); \
    (memset)(sim_to, (value), sim_bytes); \
  })
#define memcpy(to, from, bytes) \
  ({ \
    void *sim_to = (to); \
    size_t sim_bytes = (bytes); \
\
    sim_will_store(sim_to, sim_bytes); \
    (memcpy)(sim_to, (from), sim_bytes); \
  })

#endif

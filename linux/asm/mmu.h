/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_MMU_H
#define SIM_ASM_MMU_H
#include <linux/refcount.h>
typedef struct {
  refcount_t pinned;
} mm_context_t;
#endif

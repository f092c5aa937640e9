/* SPDX-License-Identifier: GPL-2.0 */
/* See kernel/user.c. */
#ifndef SIM_ASM_UACCESS_H
#define SIM_ASM_UACCESS_H

unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long bytes);
unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long bytes);

#include <asm-generic/uaccess.h>

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_BITSPERLONG_H
#define SIM_ASM_BITSPERLONG_H
#define __BITS_PER_LONG 64
#include <asm-generic/bitsperlong.h>
#endif

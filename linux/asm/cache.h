/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_CACHE_H
#define SIM_ASM_CACHE_H
#define L1_CACHE_SHIFT        6
#define L1_CACHE_BYTES        (1 << L1_CACHE_SHIFT)
#define ARCH_DMA_MINALIGN     64
#define ARCH_KMALLOC_MINALIGN 64
#define __read_mostly
#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* A delay is simulated time in which this CPU does nothing. */
#ifndef SIM_ASM_DELAY_H
#define SIM_ASM_DELAY_H

#include "boundary.h"

#define udelay(us) lx_delay((lx_u64)(us)*1000000)
/* In nanoseconds only the time is given that a device has for its DMA, see kernel/bench.c. */
void sim_dma_time(lx_u64 ns);
#define ndelay(ns) sim_dma_time(ns)

#endif

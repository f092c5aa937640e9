/* SPDX-License-Identifier: GPL-2.0 */
/* A delay is simulated time in which this CPU does nothing. */
#ifndef SIM_ASM_DELAY_H
#define SIM_ASM_DELAY_H

#include "boundary.h"

#define udelay(us) lx_delay((lx_u64)(us)*1000000)
#define ndelay(ns) lx_delay((lx_u64)(ns)*1000)

#endif

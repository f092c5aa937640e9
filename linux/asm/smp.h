/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_SMP_H
#define SIM_ASM_SMP_H

#include "boundary.h"

/* An interrupt handler counts as the first CPU. */
unsigned int sim_smp_processor_id(void);
#define raw_smp_processor_id() sim_smp_processor_id()

#endif

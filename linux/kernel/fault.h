/* SPDX-License-Identifier: GPL-2.0 */
/* What patches of linux/faults ask: is this fault switched on? 0 or 1. */
#ifndef SIM_KERNEL_FAULT_H
#define SIM_KERNEL_FAULT_H

enum {
  SIM_FAULT_NONE,
#define FAULT(name, file, variant, scenarios, rule, what) SIM_FAULT_##name,
#include "faults.def"
#undef FAULT
};

extern int sim_fault;
#define SIM_FAULT(name) (sim_fault == SIM_FAULT_##name)

#endif

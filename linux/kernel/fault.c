// SPDX-License-Identifier: GPL-2.0
/* The fault that is switched on; read by what was patched alone. */
#include "fault.h"
#include "boundary.h"

int sim_fault;

void linux_set_fault(unsigned int number)
{
  sim_fault = (int)number;
}

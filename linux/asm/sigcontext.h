/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_SIGCONTEXT_H
#define SIM_ASM_SIGCONTEXT_H
struct sigcontext {
  unsigned long unused;
};
#endif

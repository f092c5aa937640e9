/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_PTRACE_H
#define SIM_ASM_PTRACE_H
struct pt_regs {
  unsigned long pc, sp;
};
#define user_mode(regs)           ((void)(regs), 0)
#define instruction_pointer(regs) ((regs)->pc)
#define user_stack_pointer(regs)  ((regs)->sp)
#define profile_pc(regs)          ((regs)->pc)
#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_ELF_H
#define SIM_ASM_ELF_H
#define ELF_CLASS         ELFCLASS64
#define ELF_DATA          ELFDATA2LSB
#define ELF_ARCH          EM_NONE
#define ELF_EXEC_PAGESIZE 4096
#define elf_check_arch(x) (0)
typedef unsigned long elf_greg_t;
typedef elf_greg_t elf_gregset_t[1];
typedef elf_greg_t elf_fpregset_t;
#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_VDSO_H
#define SIM_ASM_VDSO_H
#endif

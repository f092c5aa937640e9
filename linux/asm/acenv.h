/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_ACENV_H
#define SIM_ASM_ACENV_H
#endif

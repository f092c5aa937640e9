/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_ACPI_H
#define SIM_ASM_ACPI_H
#define acpi_disabled     0
#define acpi_noirq        0
#define acpi_pci_disabled 1
#define acpi_strict       1
#endif

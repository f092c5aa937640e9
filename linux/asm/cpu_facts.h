/* SPDX-License-Identifier: GPL-2.0 */
/* What the driver asks of the CPU beside the SMMU: one of 48 bits, all of them alike, with virtual
 * host extensions. The names are the architecture's. */
#ifndef SIM_ASM_CPU_FACTS_H
#define SIM_ASM_CPU_FACTS_H

#define VA_BITS       48
#define vabits_actual 48

/* ID_AA64MMFR0_EL1, the two fields that are read. */
#define SYS_ID_AA64MMFR0_EL1            0
#define ID_AA64MMFR0_EL1_PARANGE_SHIFT  0
#define ID_AA64MMFR0_EL1_ASIDBITS_SHIFT 4

enum { SIM_PARANGE_48_BITS = 5, SIM_ASID_16_BITS = 2, ARM64_HAS_VIRT_HOST_EXTN = 0 };

#define read_sanitised_ftr_reg(reg) \
  ((u64)SIM_ASID_16_BITS << ID_AA64MMFR0_EL1_ASIDBITS_SHIFT | SIM_PARANGE_48_BITS)
#define cpuid_feature_extract_unsigned_field(value, shift) ((unsigned int)((value) >> (shift)) & 15)
#define id_aa64mmfr0_parange_to_phys_shift(range)          ((range) == SIM_PARANGE_48_BITS ? 48 : 0)

/* Attribute 0 normal memory, 1 a device, 2 not cached: as the kernel's own tables have it. */
#define SIM_MAIR_EL1     0x000000000044ff00ULL
#define read_sysreg(reg) SIM_MAIR_EL1

#define cpus_have_cap(cap)             ((cap) == ARM64_HAS_VIRT_HOST_EXTN)
#define arm64_kernel_unmapped_at_el0() (0)
/* Page tables of processes are plain ones. */
#define system_supports_bbml2_noabort() (0)
#define system_supports_haft()          (0)
#define system_supports_poe()           (0)
#define system_supports_gcs()           (0)
/* Nobody sends events here: as a CPU whose event register was set. */
#define wfe() lx_relax()

#endif

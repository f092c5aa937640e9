/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's configuration: what a build of the SMMU driver for this board would choose. Options
 * that are policy (strict or lazy, passthrough) are named here even where they are off. */
#define CONFIG_64BIT                 1
#define CONFIG_ARCH_HAS_PTE_SPECIAL  1
#define CONFIG_MMU                   1
#define CONFIG_SMP                   1
#define CONFIG_NR_CPUS               64
#define CONFIG_HZ                    250
#define CONFIG_BASE_SMALL            0
#define CONFIG_FLATMEM               1
#define CONFIG_PAGE_SIZE_4KB         1
#define CONFIG_PAGE_SHIFT            12
#define CONFIG_HAVE_PAGE_SIZE_4KB    1
#define CONFIG_ARCH_FORCE_MAX_ORDER  10
#define CONFIG_PGTABLE_LEVELS        2
#define CONFIG_THREAD_INFO_IN_TASK   1
#define CONFIG_TREE_RCU              1
#define CONFIG_SRCU                  1
#define CONFIG_TREE_SRCU             1
#define CONFIG_PREEMPT_NONE          1
#define CONFIG_GENERIC_BUG           1
#define CONFIG_BUG                   1
#define CONFIG_PRINTK                1
#define CONFIG_PHYS_ADDR_T_64BIT     1
#define CONFIG_ARCH_DMA_ADDR_T_64BIT 1
#define CONFIG_HAS_IOMEM             1
#define CONFIG_HAS_DMA               1
#define CONFIG_GENERIC_HARDIRQS      1
#define CONFIG_GENERIC_IRQ_CHIP      1
#define CONFIG_IRQ_DOMAIN            1
#define CONFIG_IRQ_DOMAIN_HIERARCHY  1
#define CONFIG_GENERIC_MSI_IRQ       1
#define CONFIG_ZONE_DMA32            1
#define CONFIG_XARRAY_MULTI          1

#define CONFIG_ACPI      1
#define CONFIG_ACPI_IORT 1
#define CONFIG_PCI       1
#define CONFIG_PCI_ATS   1
#define CONFIG_PCI_PRI   1
#define CONFIG_PCI_PASID 1
#define CONFIG_PCI_MSI   1

#define CONFIG_IOMMU_SUPPORT                  1
#define CONFIG_IOMMU_API                      1
#define CONFIG_IOMMU_IO_PGTABLE               1
#define CONFIG_IOMMU_IO_PGTABLE_LPAE          1
#define CONFIG_IOMMU_IO_PGTABLE_LPAE_SELFTEST 1
#define CONFIG_IOMMU_SVA                      1
#define CONFIG_IOMMU_IOPF                     1
#define CONFIG_IOMMU_MM_DATA                  1
#define CONFIG_MMU_NOTIFIER                   1
#define CONFIG_ARM_SMMU_V3                    1
#define CONFIG_ARM_SMMU_V3_SVA                1
#define CONFIG_ARM_SMMU_V3_KUNIT_TEST         1
#define CONFIG_TEGRA241_CMDQV                 1
#define CONFIG_IOMMU_DEFAULT_DMA_STRICT       1
#undef CONFIG_IOMMU_DEFAULT_DMA_LAZY
#undef CONFIG_IOMMU_DEFAULT_PASSTHROUGH
#define CONFIG_KUNIT                  1
#define CONFIG_DEBUG_FS               1
#define CONFIG_CC_IS_GCC              1
#define CONFIG_GCC_VERSION            120200
#define CONFIG_CC_HAS_ASM_INLINE      1
#define CONFIG_CC_HAS_ASM_GOTO_OUTPUT 0
#define CONFIG_IOMMU_DMA              1
#define CONFIG_IOMMU_IOVA             1
#define CONFIG_NEED_SG_DMA_LENGTH     1

/* The driver's side of user space, of kernels that give a guest a command queue of its own. */
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define CONFIG_IOMMUFD                 1
#define CONFIG_IOMMUFD_DRIVER_CORE     1
#define CONFIG_ARM_SMMU_V3_IOMMUFD     1
#define CONFIG_INTERVAL_TREE_SPAN_ITER 1
#endif

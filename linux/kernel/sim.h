/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this directory share. */
#ifndef SIM_KERNEL_SIM_H
#define SIM_KERNEL_SIM_H

#include "boundary.h"

/* In this order, before anything else. */
void sim_memory_init(const struct linux_boot *boot);
void sim_access_init(const struct linux_boot *boot);
void sim_cpu_init(const struct linux_boot *boot);
void sim_percpu_init(const struct linux_boot *boot);
void sim_irq_init(const struct linux_boot *boot);

/* The cache line of p; and whoever waits for it wakes, after a store. */
struct lx_line *sim_line(const volatile void *p);
void sim_wrote(const volatile void *p);

/* A program or a handler goes in and out of the kernel. What was put off until no reader is left is
 * done when nobody is inside. */
void sim_enter(void);
void sim_leave(void);

/* The same, for interrupts; sim_enter() and sim_leave() call them. */
void sim_irq_enter(void);
void sim_irq_leave(void);

/* Expired timers and work that waits. */
void sim_run_deferred(void);
/* Memory is freed. */
void sim_work_freed(const void *object, unsigned long bytes);
/* ps to jiffies, for timers. */
void sim_time_update(void);

struct device;
struct bus_type;
/* A device with one reference, on a bus or on none. */
void sim_device_begin(struct device *dev, const char *name, const struct bus_type *bus);
/* The interrupts and the companion of the SMMU that is being made. */
void sim_irq_setup(struct device *dev, const struct linux_smmu *smmu);
void sim_acpi_setup(const struct linux_smmu *smmu);
/* A kernel that nobody runs any more has no interrupts. */
void sim_irq_forget(void);
/* What the driver keeps of an SMMU; NULL: it has not been probed. */
const void *sim_smmu_state(unsigned int number);
/* A number for who watches: each domain has its own, never used again. */
struct iommu_domain;
unsigned int sim_domain_number(const struct iommu_domain *domain);
/* The domain of linux_domain_create(). */
struct iommu_domain *sim_domain(unsigned int number);
/* The domain has an ASID or a VMID, which is told once. */
void sim_domain_told(struct iommu_domain *domain);
struct mm_struct;
/* The memory of a process; NULL: there is none. */
struct mm_struct *sim_process_mm(unsigned int number);
/* The ASID or VMID of a domain that translates. */
unsigned int sim_domain_id(const struct iommu_domain *domain);
/* The device has been attached to another domain. */
void sim_domain_attached(struct device *dev);
/* The domain that this CPU maps in by the DMA API, while it does. */
void sim_dma_domain(const struct iommu_domain *domain);
/* This CPU has mapped that by the DMA API. */
void sim_dma_mapped(lx_u64 iova, lx_u64 bytes);
/* The benchmark is about to unmap so much, its clock runs; and it has filled whole pages; and made a turn. */
void sim_bench_unmaps(lx_u64 bytes);
void sim_bench_fills(const volatile void *p, unsigned long bytes);
void sim_bench_turn(void);
/* Threads of the kernel stop when `ps` have passed from here on, if somebody sleeps interruptibly; turns:
 * how often they were asked whether to. */
void sim_threads_begin(lx_u64 ps, lx_u64 turns);
lx_u64 sim_threads_turns(void);
void sim_threads_end(void);
/* A function's place, and what it can do, read out of its configuration space. */
struct pci_dev;
void sim_pci_begin(struct pci_dev *pdev, unsigned int sid);
struct linux_client;
/* What the firmware says of a device of ours; NULL for others. */
const struct linux_client *sim_client_of(const struct device *dev);
/* What fwspecs name an SMMU by; NULL: there is none of this number. */
struct fwnode_handle;
struct fwnode_handle *sim_smmu_fwnode(unsigned int number);
/* The driver of platform devices that are no SMMUs, or NULL. */
struct platform_driver;
struct platform_driver *sim_client_driver(void);
/* The driver has let go of an SMMU: who watches is told of the devices that it has let go of. */
void sim_clients_left(unsigned int smmu);
void sim_clients_forget(void);
/* The device on the platform bus with this number, or NULL. */
struct device *sim_client(unsigned int number);
/* It is given to the driver of such devices, the benchmark. */
int sim_client_bind(unsigned int number);

#endif

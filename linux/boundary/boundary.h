/* SPDX-License-Identifier: MIT */
/* The seam between a kernel that is compiled with its own headers and the program that runs it. No
 * header is shared but this one, which needs none.
 *
 *   lx_...      given by the program: the board, for the CPU that runs now
 *   linux_...   given by the kernel's side, for programs on a CPU of the board */
#ifndef LINUX_BOUNDARY_H
#define LINUX_BOUNDARY_H

typedef unsigned long long lx_u64;

/* ---- the board ---- */

/* A cache line that CPUs share, as struct plat_line. Zero is a fresh one. */
struct lx_line {
  unsigned writer, waiters;
};

/* What costs time beyond what can be seen of it, as plat/costs.def has it. What a command and a submission
 * cost is charged where the driver stores to a queue. */
enum lx_cost {
  LX_COST_DMA_MAP,
  LX_COST_DMA_UNMAP,
  LX_COST_IOVA_FAST,
  LX_COST_IOVA_SLOW,
  LX_COST_TABLE_WALK,
  LX_COST_PTE_SET,
  LX_COST_PTE_CLEAR,
  LX_COST_FILL_PAGE,
  LX_COST_COLD,
  LX_COST_LOOP
};
void lx_charge(enum lx_cost cost, lx_u64 n);
lx_u64 lx_mmio_read(lx_u64 addr, unsigned bytes);
void lx_mmio_write(lx_u64 addr, lx_u64 value, unsigned bytes);
void lx_barrier(void);
void lx_relax(void);
/* Become the CPU with the smallest clock. */
void lx_settle(void);
/* As plat_take(), plat_wrote(), plat_wait(). */
void lx_take(struct lx_line *line);
void lx_wrote(struct lx_line *line);
void lx_wait(struct lx_line *line);
/* Sleep while the word at addr is `value`, `ps` at most. */
void lx_wait64(lx_u64 addr, lx_u64 value, lx_u64 ps);
/* A load, or a store of `bytes` at addr, of what the device reads comes next, before any other call: it
 * is paid for, and this CPU has the smallest clock. lx_stored(): the same, paid for already. */
void lx_will_load(void);
void lx_will_store(lx_u64 addr, lx_u64 bytes);
void lx_stored(lx_u64 addr, lx_u64 bytes);
void lx_delay(lx_u64 ps);
lx_u64 lx_now_ps(void);
/* From 0; interrupt handlers have numbers above those of the CPUs. */
unsigned lx_cpu(void);
/* Memory that the device reads: 4 KB << order, zero, aligned to its size. 0: there is none. */
lx_u64 lx_pages_alloc(unsigned order);
void lx_pages_free(lx_u64 addr, unsigned order);
/* The configuration space of the PCI function with this StreamID; nothing there reads as all ones. */
unsigned lx_config_read(unsigned sid, unsigned offset, unsigned bytes);
void lx_config_write(unsigned sid, unsigned offset, unsigned bytes, unsigned value);
/* 0 or a negative errno value; fn NULL takes it away. */
int lx_irq_handler(unsigned line, void (*fn)(void *arg), void *arg);

/* What only software knows, see enum plat_note_kind; c is the domain. */
enum lx_note {
  LX_MAP_BEGINS,
  LX_MAP_ENDS,
  LX_UNMAP_BEGINS,
  LX_UNMAP_ENDS,
  LX_MAPPED,      /* a = IOVA, b = bytes */
  LX_UNMAPPED,    /* the same, for good */
  LX_TABLE_FREED, /* a = address, b = bytes: no longer a table or a queue of the device */
  LX_FREED,       /* a = address, b = bytes: data of a program */
  LX_STREAM,      /* a = StreamID, b = domain */
  LX_ASID,        /* a = ASID, b = 1 taken or 0 given back */
  LX_VMID         /* a = VMID + 2^32 * the number of its SMMU, as ASID */
};
void lx_note(enum lx_note note, lx_u64 a, lx_u64 b, lx_u64 c);
void lx_log(int level, const char *line);
void lx_die(const char *why) __attribute__((noreturn));

/* ---- the kernel ---- */

struct linux_boot {
  void *ram; /* the same bytes that the device reads at `ram_base` */
  lx_u64 ram_base, ram_bytes;
  void *(*calloc)(lx_u64 bytes); /* memory of the program, for what lives as long as the kernel */
  unsigned cpus, contexts;       /* contexts: CPUs and interrupt handlers */
  unsigned irq_cpu; /* interrupts stop this CPU + 1; 0: handlers run beside all of them */
  int lazy;         /* the DMA API's invalidation policy */
  int passthrough;  /* default domains do not translate */
};

/* The SMMU's platform device, as the firmware's tables describe it. An interrupt that is 0 is not
 * there; others are lines of the board + 1. */
struct linux_smmu {
  lx_u64 base, bytes;
  lx_u64 cmdqv, cmdqv_bytes; /* 0: no such companion */
  unsigned eventq, priq, gerror, cmdqv_irq;
  int coherent;    /* table walks are */
  unsigned httu;   /* IDR0.HTTU */
  int msi;         /* interrupts are messages */
  lx_u64 doorbell; /* where a message is written; its data is the line */
};

/* "6.12.1", of what was compiled. */
const char *linux_release(void);
/* Once, on a CPU of the board. 0 or a negative errno value, as all of these. */
int linux_boot(const struct linux_boot *boot);
int linux_probe(const struct linux_smmu *smmu);
/* The driver gives up every SMMU; then it may be probed again, and devices return by linux_client_again(). */
void linux_remove(void);
/* Before the machine goes to another kernel: the SMMUs are switched off, and nothing else. */
void linux_shutdown(void);
/* The kernel is no more: whoever probes next is another one, that knows no device and no interrupt. The
 * hardware and memory stay as they are. */
void linux_forget(void);
/* Between two accesses of a CPU, with irq_cpu: an interrupt may come. And before and after it sleeps, when none
 * may come in between. */
void linux_irq_point(void);
void linux_irq_sleep(int asleep);
/* How often that CPU was stopped at its work. */
unsigned linux_irq_stopped(void);
/* Timers whose time has come, and work that waits, on this CPU. */
void linux_idle(void);

/* A device behind the SMMU, with one stream; its number, or a negative errno value. */
struct linux_client {
  unsigned smmu; /* that it is behind, in the order of their probes */
  unsigned sid, pasid_bits;
  int can_stall;
  int snoops; /* its writes keep caches coherent, whatever it asks for */
  int pci;    /* a PCI function, whose root complex lets ATS through; else on the platform bus */
};
int linux_client_add(const struct linux_client *client);
/* It is unplugged, and plugged in again. */
void linux_client_remove(unsigned client);
int linux_client_again(unsigned client);
/* What the kernel attached it to by itself: "identity", "DMA", "DMA-FQ", ... */
const char *linux_client_domain(unsigned client);
/* The DMA API: `bytes` at `pa` for the device to read, or to read and write. 0: no. */
lx_u64 linux_dma_map(unsigned client, lx_u64 pa, lx_u64 bytes, int write);
void linux_dma_unmap(unsigned client, lx_u64 iova, lx_u64 bytes, int write);

/* A domain that translates, for this device: its number. */
int linux_domain_create(unsigned client);
void linux_domain_destroy(unsigned domain); /* no device is attached */
/* Its device goes there, and back to where it was: to what the kernel chose, or to nothing at all while
 * it is blocked. */
int linux_attach(unsigned domain);
/* Another device goes there: an error value where its SMMU is another. */
int linux_attach_other(unsigned domain, unsigned client);
void linux_detach(unsigned domain);
int linux_block(unsigned client);
void linux_unblock(unsigned client);
int linux_map(unsigned domain, lx_u64 iova, lx_u64 pa, lx_u64 bytes);
/* The bytes unmapped. */
lx_u64 linux_unmap(unsigned domain, lx_u64 iova, lx_u64 bytes);
lx_u64 linux_iova_to_phys(unsigned domain, lx_u64 iova);
/* Its ASID, or VMID when it has stage 2. */
unsigned linux_domain_id(unsigned domain);
/* The page sizes of the domain, one bit each. */
lx_u64 linux_page_sizes(unsigned domain);

/* dma_map_benchmark on one device: its own loop, as the kernel's file has it, on the CPUs 0..threads - 1. CPU 0
 * calls linux_bench_run(), each of the others linux_thread_cpu(), which returns with it. */
struct linux_bench {
  unsigned client, threads;
  unsigned granule; /* pages of a buffer, 1..1024 */
  unsigned
    direction;     /* as the kernel's interface has it: 0 both ways, 1 to the device, 2 from it */
  unsigned dma_ns; /* between map and unmap, for the device */
  /* The interface runs by whole seconds; a signal ends that sleep when this has passed. */
  lx_u64 sleep_ps;
  lx_u64 turns; /* or when the first thread has made so many; 0: it may make any number */
  /* In the time between map and unmap: what this CPU has mapped. NULL: nobody uses it. */
  void (*dma)(void *arg, lx_u64 iova, lx_u64 bytes);
  void *arg;
};
/* As the kernel reports it; and what it does not: turns of all threads, and the time from the first thread's
 * start to the last one's end. */
struct linux_bench_result {
  lx_u64 map_100ns, map_deviation_100ns, unmap_100ns, unmap_deviation_100ns;
  lx_u64 turns, time_ps;
};
/* 0 or a negative errno value. */
int linux_bench_run(const struct linux_bench *bench, struct linux_bench_result *out);
void linux_thread_cpu(void);

/* A process, with no memory: its number, or a negative errno value. Exit: its memory is gone for all who share it. */
int linux_process_create(void);
void linux_process_exit(unsigned process);
/* Pages that came because a device asked for them. */
lx_u64 linux_process_faults(unsigned process);
/* An area of addresses, whole pages; its memory is there at once (populate) or comes when somebody asks. Unmap:
 * the area that `address` is in. */
int linux_mmap(unsigned process, lx_u64 address, lx_u64 bytes, int write, int populate);
void linux_munmap(unsigned process, lx_u64 address);
/* Where `address` is in memory; 0: nowhere. */
lx_u64 linux_mm_page(unsigned process, lx_u64 address);

/* A device shares the memory of processes. Bind: the PASID, or a negative errno value. Kernels since 6.16 know no
 * disabling: all processes are unbound. */
int linux_sva_enable(unsigned client);
void linux_sva_disable(unsigned client);
int linux_sva_bind(unsigned client, unsigned process);
void linux_sva_unbind(unsigned client, unsigned process);
/* A substream of a device, other than 0, goes to a domain made for it, and back to nothing. */
int linux_attach_pasid(unsigned domain, unsigned client, unsigned pasid);
void linux_detach_pasid(unsigned domain, unsigned client, unsigned pasid);

/* What a VMM does, for one device: an ioctl of /dev/iommu each. The kernel has it since 6.17; the names of older
 * ones are NULL. Ids are positive, or a negative errno value. */
#define LINUX_NEWER __attribute__((weak))
LINUX_NEWER int linux_vmm_open(unsigned client); /* the device is the VMM's */
LINUX_NEWER void linux_vmm_close(void);
LINUX_NEWER int linux_vmm_map(lx_u64 ipa, lx_u64 pa, lx_u64 bytes);
LINUX_NEWER int linux_vmm_parent(void); /* what is mapped, as stage 2: an id */
/* An id; with page0 a VINTF as well, and where its first page is. */
LINUX_NEWER int linux_vmm_viommu(unsigned parent, lx_u64 *page0);
/* The device has this StreamID in the guest: an id. */
LINUX_NEWER int linux_vmm_vdevice(unsigned viommu, lx_u64 sid);
/* A domain for the first two words of a guest's STE: an id. */
LINUX_NEWER int linux_vmm_nested(unsigned viommu, const lx_u64 ste[2]);
LINUX_NEWER int linux_vmm_attach(unsigned domain, unsigned parent);
LINUX_NEWER void linux_vmm_detach(void);
/* Commands of a guest, 16 bytes each; *count becomes how many were taken. */
LINUX_NEWER int linux_vmm_invalidate(unsigned viommu, const lx_u64 *commands, unsigned *count);
/* An LVCMDQ whose ring the guest has at an IPA: an id. */
LINUX_NEWER int linux_vmm_queue(unsigned viommu, unsigned index, lx_u64 ipa, lx_u64 bytes);
LINUX_NEWER int linux_vmm_destroy(unsigned id);

/* Switch on one of linux/faults/faults.def, from 1; 0: none. Does nothing where no fault was patched in. */
void linux_set_fault(unsigned number);

/* The driver's own tests: how many ran, how many failed. What they say goes to lx_log(). */
struct linux_tests {
  unsigned run, failed;
};
void linux_kunit(struct linux_tests *out, void (*each)(void *arg, const char *name, int passed),
                 void *arg);
int linux_selftest(void);

#endif

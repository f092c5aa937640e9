/* A virtual machine monitor: one VM with an emulated SMMUv3, and, if wanted, an emulated CMDQV
 * whose page of queue registers is the hardware's.
 *
 * It owns the guest's memory, the iommufd objects behind the guest's devices, and the guest's
 * platform: a struct plat whose register accesses trap into the VMM, whose memory is the host's,
 * mapped, and whose interrupts are injected. Whatever runs on a struct plat runs in the guest.
 *
 *   iommufd_host_create(&host, plat_board_host(board), &options);
 *   vmm_create(&vm, &config, why, sizeof why);       in a program on a CPU of the host
 *   vmm_vcpu_start(vm, 0, program, arg);             program uses vmm_guest_plat(vm)
 *   ...
 *   vmm_destroy(vm);                                 in a program, when no vCPU runs
 *
 * A trapped access costs an exit, waits for the VM's big lock (a sleeping one), is emulated while
 * the lock is held, and costs an entry. A write of the command queue's PROD carries out the whole
 * queue before the vCPU goes on. Everything the guest writes, into registers or into memory, is
 * checked: nothing it does can harm the VMM or the host. What is emulated and where it differs from
 * hardware follows the public behaviour of QEMU (own code).
 *
 * Errors are negative errno values. */
#ifndef HOST_SIM_VMM_H
#define HOST_SIM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host_sim/iommufd.h"
#include "plat/board.h"
#include "smmu/cmdqv.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vmm;

enum {
  VMM_VCPUS_MAX = 64,
  VMM_DEVICES_MAX = 16,
  /* Lines of the board a VM needs: one for each signal of the guest's SMMU, and the one that wakes
   * the VMM's event thread. */
  VMM_IRQ_LINES = SMMU_SIGNAL_COUNT + 1
};

/* Guest addresses: registers are where the host has its own (PLAT_SMMU_BASE, PLAT_CMDQV_BASE), RAM
 * is elsewhere, so that no address is right by accident. */
#define VMM_RAM_BASE 0x40000000ULL

/* How many bytes of registers the guest's SMMU has, and its CMDQV: one VINTF. */
#define VMM_SMMU_WINDOW  0x20000ULL
#define VMM_CMDQV_WINDOW (5ULL * SMMU_CMDQV_PAGE)

/* How commands of the guest become calls of the host. */
enum vmm_policy {
  VMM_POLICY_BATCH,      /* one HWPT_INVALIDATE for all commands of one PROD write; one more where
                            the class changes between TLBI, CFGI_CD and ATC_INV */
  VMM_POLICY_PER_COMMAND /* one HWPT_INVALIDATE each */
};

struct vmm_device {
  uint32_t host_sid;                   /* the stream it has on the host's SMMU */
  uint32_t guest_sid;                  /* the stream the guest sees; below 2^16, each once */
  void (*set_ats)(void *arg, bool on); /* as struct iommufd_device has it */
  void *arg;
};

struct vmm_config {
  struct plat_board *board;
  struct iommufd_host *host; /* must outlive the VM */

  uint64_t ram_bytes;               /* a multiple of 2 MB, at least that, at most 64 GB */
  enum iommufd_memory_kind backing; /* how it lies in host memory */
  uint64_t backing_seed;            /* order of the pieces; 0: one piece */

  unsigned vcpus;                   /* 1..VMM_VCPUS_MAX */
  unsigned vcpu_cpu[VMM_VCPUS_MAX]; /* the board's CPU of each, each once */
  unsigned irq_line;                /* the first of VMM_IRQ_LINES lines of the board that are this
                                       VM's alone; SMMU_SIGNAL_COUNT or above */

  unsigned devices; /* 0..VMM_DEVICES_MAX */
  struct vmm_device device[VMM_DEVICES_MAX];

  bool ats;            /* the guest's SMMU has ATS; needs a host that has it */
  bool ril;            /* the guest may invalidate by range; needs a host that has it */
  unsigned cmdqs_log2; /* IDR1.CMDQS, 1..19; 0: what one piece of the backing holds: 8 for
                          SCATTERED, 17 otherwise */
  bool cmdqv;          /* needs a device, a host with CMDQV, and a VINTF that is free */
  unsigned lvcmdqs;    /* shown to the guest: a power of two, 2 or more, at most those of a host
                          VINTF; 0: all of them */

  enum vmm_policy policy;
  uint32_t lock_switch_permille; /* of the big lock (struct plat_mutex); 0 counts as 1000 */
};

/* Make the machine, not yet running: memory, stage 2, vIOMMU; devices do what the emulated GBPA
 * says (bypass). Call it on a CPU of the host. 0; -EINVAL: the configuration, or a host that
 * lacks what it asks for; else the error of the call that failed. why (may be NULL) gets one
 * sentence. */
int vmm_create(struct vmm **out, const struct vmm_config *config, char *why, size_t why_len);
/* No vCPU may run. Interrupt handlers of the guest are taken away, devices go back to the host, all
 * objects and memory are given back. Call it on a CPU of the host. */
void vmm_destroy(struct vmm *vm);

/* The guest's world. Lives as long as the VM. cpu() is the virtual CPU; handlers of interrupts are
 * numbered from the number of vCPUs on. A load outside RAM gives 0, a store is lost, both are
 * logged. */
const struct plat *vmm_guest_plat(struct vmm *vm);
/* Run a program on a vCPU. As plat_cpu_start(). */
int vmm_vcpu_start(struct vmm *vm, unsigned vcpu, void (*program)(void *arg), void *arg);

/* What pressing reset does: registers, queues and interrupts of the emulated devices begin anew,
 * and devices do what GBPA says. Guest RAM keeps its contents; what the guest has allocated in
 * it is free again. No vCPU may run. Call it on a CPU of the host. */
void vmm_reset(struct vmm *vm);

/* Host address of a byte of guest RAM; UINT64_MAX: there is none. */
uint64_t vmm_host_address(const struct vmm *vm, uint64_t gpa);

/* What this VM cost since it was made. Accesses that trap are counted by register; those of the
 * mapped page are no exits. */
struct vmm_counts {
  uint64_t exits;       /* all trapped accesses */
  uint64_t exits_prod;  /* of them writes of CMDQ_PROD */
  uint64_t exits_cons;  /* of them reads of CMDQ_CONS */
  uint64_t exits_cmdqv; /* of them accesses of CMDQV */
  uint64_t exits_other; /* the rest of them */
  uint64_t mapped;      /* register accesses without exit */
  uint64_t commands;    /* taken from the guest's queue, CMD_SYNC included */
  uint64_t syncs;       /* CMD_SYNC among them */
  uint64_t cmdq_errors; /* times the emulated queue stopped */
  uint64_t ioctls;      /* calls of iommufd, HWPT_INVALIDATE included */
  uint64_t invalidates; /* HWPT_INVALIDATE among them */
  uint64_t irqs;        /* injected into the guest */
  uint64_t events;      /* records written to the guest's event queue */
  uint64_t events_lost; /* records that found no room, and gaps in the host's */
  uint64_t lock_taken;  /* the big lock */
  uint64_t lock_slept;  /* of those, after sleeping */
  uint64_t lock_moved;  /* of those, from another CPU */
};

void vmm_get_counts(const struct vmm *vm, struct vmm_counts *out);

#ifdef __cplusplus
}
#endif
#endif

/* What the parts of one VM share. Everything here is used under the VM's big lock, except the
 * guest's platform (vmm_guest.c), whose state is said to be outside it. */
#ifndef HOST_SIM_VMM_STATE_H
#define HOST_SIM_VMM_STATE_H

#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "host_sim/vmm.h"

enum {
  VMM_BATCH = 4096, /* commands of one HWPT_INVALIDATE */
  VMM_LVCMDQS_MAX = 128,
  VMM_SIDS_MAX = 16,
  VMM_EVENT_LINE = SMMU_SIGNAL_COUNT /* of the VM's lines: wakes the event thread */
};

/* ---- guest RAM (vmm_ram.c), outside the big lock ---- */

struct vmm_ram {
  struct iommufd_memory *memory;
  uint64_t bytes;
  uint8_t *page; /* VMM_PAGE_... of each page of 4 KB */
  uint64_t pages;
  uint64_t hint; /* no free page below it */
};

int vmm_ram_create(struct vmm_ram *ram, const struct vmm_config *config);
void vmm_ram_destroy(struct vmm_ram *ram);
/* Everything is free again. */
void vmm_ram_reset(struct vmm_ram *ram);
/* The guest's dma_alloc() and dma_free(). */
int vmm_ram_alloc(struct vmm *vm, size_t bytes, size_t align, uint64_t *gpa);
void vmm_ram_free(struct vmm *vm, uint64_t gpa, size_t bytes);
/* Aligned words of guest RAM, as the VMM sees them. False: not RAM. */
bool vmm_ram_load(struct vmm *vm, uint64_t gpa, uint64_t *words, unsigned count);
bool vmm_ram_store(struct vmm *vm, uint64_t gpa, const uint64_t *words, unsigned count);

/* ---- devices and what they are attached to (vmm_device.c) ---- */

struct vmm_stream {
  struct vmm_device id;
  uint32_t dev_id;
  uint32_t vdevice; /* 0: none yet */
  uint32_t s1_hwpt; /* of the guest's STE; 0: none */
  uint32_t at;      /* HWPT it is attached to */
};

/* Bind, stage 2, vIOMMU, the two HWPTs that are kept. Errors name the step in *step. */
int vmm_devices_create(struct vmm *vm, const char **step);
struct vmm_stream *vmm_device_find(struct vmm *vm, uint32_t guest_sid);
/* The guest names streams [first, last] in a command: they get vDEVICEs, and do what their STEs
 * say, or GBPA while the SMMU is off. 0, or what the first call that failed gave; the rest are
 * done all the same. */
int vmm_devices_install(struct vmm *vm, uint32_t first, uint32_t last);
/* The same for all streams when a register has changed; a vDEVICE is made only for stage 1. */
int vmm_devices_refresh(struct vmm *vm);

/* ---- the emulated SMMU (vmm_smmu.c), its command queue (vmm_cmdq.c) and events (vmm_event.c)
 * ---- */

struct vmm_smmu {
  uint64_t reg[R_COUNT];
};

struct vmm_batch {
  uint64_t command[VMM_BATCH][2];
  uint32_t index[VMM_BATCH]; /* CONS when it was read */
  unsigned count;
  unsigned class;
};

void vmm_smmu_create(struct vmm *vm, const struct iommu_hw_info_arm_smmuv3 *host);
void vmm_smmu_reset(struct vmm *vm);
uint64_t vmm_smmu_read(struct vmm *vm, uint64_t offset, unsigned bytes);
void vmm_smmu_write(struct vmm *vm, uint64_t offset, uint64_t value, unsigned bytes);
/* A GERROR bit becomes active, if it is not. */
void vmm_smmu_error(struct vmm *vm, uint32_t bit);
/* Carry out what is in the command queue. */
void vmm_cmdq_drain(struct vmm *vm);

/* A vEVENTQ the VM has open. */
struct vmm_event_file {
  bool open;
  uint32_t id, fd;
  uint32_t sequence; /* expected next */
};

/* Open the event queue of this type (enum iommu_veventq_type), once. */
int vmm_event_open(struct vmm *vm, unsigned type);
/* Everything that waits in host queues goes to the guest. Runs on the event line. */
void vmm_event_thread(void *arg);

/* ---- the emulated CMDQV (vmm_cmdqv.c) ---- */

struct vmm_lvcmdq {
  uint32_t reg[6]; /* page 0 by number: CONS, PROD, CONFIG, STATUS, GERROR, GERRORN */
  uint64_t base, dram;
  uint32_t hw_queue; /* object; 0: none */
};

struct vmm_cmdqv {
  bool present;
  bool mapped; /* page 0 is in the guest's address space */
  unsigned lvcmdqs, sids_log2;
  uint64_t page0; /* host address of the VINTF's page 0 */
  uint32_t config, status, param;
  uint32_t vi_err_map[2], vi_int_mask[2], cmdq_err_map[4];
  uint32_t alloc_map[VMM_LVCMDQS_MAX];
  uint32_t vintf_config, vintf_status;
  uint32_t sid_match[VMM_SIDS_MAX], sid_replace[VMM_SIDS_MAX];
  uint32_t lvcmdq_err_map[4];
  struct vmm_lvcmdq queue[VMM_LVCMDQS_MAX];
};

/* How large the host's VINTFs are, once a device is bound. -EINVAL: other than the guest needs. */
int vmm_cmdqv_probe(struct vmm *vm);
void vmm_cmdqv_reset(struct vmm *vm);
uint64_t vmm_cmdqv_read(struct vmm *vm, uint64_t offset, unsigned bytes);
void vmm_cmdqv_write(struct vmm *vm, uint64_t offset, uint64_t value, unsigned bytes);
/* Hardware reported errors of these LVCMDQs. */
void vmm_cmdqv_error(struct vmm *vm, const uint64_t map[2]);

/* ---- the guest's platform (vmm_guest.c), outside the big lock ---- */

struct vmm_line {
  struct vmm *vm;
  unsigned line; /* enum smmu_signal */
  void (*fn)(void *arg);
  void *arg;
  unsigned cpu; /* board CPU + 1 that the handler runs on; 0: it never ran */
};

void vmm_guest_create(struct vmm *vm);
void vmm_guest_reset(struct vmm *vm);
void vmm_inject(struct vmm *vm, enum smmu_signal line);

/* ---- one VM ---- */

struct vmm {
  struct plat guest; /* ops are the guest's platform, ctx is this struct */
  struct vmm_config config;
  struct plat_board *board;
  const struct plat *host;
  struct iommufd *f;

  struct plat_mutex lock;
  uint32_t ioas, parent, viommu; /* objects; 0: none */
  uint32_t hwpt_abort, hwpt_bypass;
  struct vmm_stream stream[VMM_DEVICES_MAX];
  struct vmm_event_file event[3]; /* by type */

  struct vmm_ram ram;
  struct vmm_line line[SMMU_SIGNAL_COUNT];
  struct vmm_smmu smmu;
  struct vmm_batch batch;
  struct vmm_cmdqv cmdqv;
  struct vmm_counts counts;
};

/* The VM's calls of iommufd. The struct's size is set. */
int vmm_ioctl(struct vmm *vm, enum iommufd_nr nr, void *arg);
void vmm_destroy_object(struct vmm *vm, uint32_t id);
void vmm_lock(struct vmm *vm);
void vmm_unlock(struct vmm *vm);

#endif

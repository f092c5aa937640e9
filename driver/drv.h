/* The SMMUv3 driver, one for host and guest: it finds out what the device can do, owns its tables and
 * queues, maps, and invalidates.
 *
 * It sees the world through plat.h alone, so the same code runs in the host, in a guest whose
 * registers trap, and on any engine. Functions may be called on any CPU of that world; they block in
 * simulated time. Errors are negative errno values. What it does follows the behaviour of Linux 6.12
 * to 6.17 (own code; where the two differ, a comment says which).
 *
 *   drv_probe(&drv, plat, &options);
 *   drv_domain_alloc(drv, DRV_DOMAIN_S1, &domain);
 *   drv_attach(drv, sid, domain);
 *   drv_map(domain, iova, pa, bytes, DRV_READ | DRV_WRITE);
 *   drv_gather_init(&gather);
 *   drv_unmap(domain, iova, bytes, &gather);    clears descriptors
 *   drv_iotlb_sync(domain, &gather);            TLBI by range and CMD_SYNC, waited for
 */
#ifndef DRIVER_DRV_H
#define DRIVER_DRV_H

#include "plat/plat.h"

struct drv;
struct drv_domain;

/* ---- device ---------------------------------------------------------------------------------- */

/* What to leave unused although the device has it. */
enum drv_without {
  DRV_WITHOUT_RIL = 1 << 0,     /* range invalidation */
  DRV_WITHOUT_MSI_POLL = 1 << 1 /* completion of CMD_SYNC by an MSI into the queue */
};

/* What a device waits for. */
struct drv_page_fault {
  uint32_t sid, ssid; /* ssid counts with ssv */
  bool ssv;
  bool requested; /* by PRI; else the transaction is stalled */
  bool privileged;
  unsigned access; /* DRV_READ, DRV_WRITE, DRV_EXEC */
  uint64_t addr;   /* by PRI: of the page */
};

struct drv_options {
  uint64_t smmu;        /* address of the SMMU's registers */
  uint64_t cmdqv;       /* address of the CMDQV's; 0: there is none */
  unsigned cpus;        /* CPUs that will call in, 1..256 */
  unsigned without;     /* enum drv_without */
  unsigned cmdq_log2;   /* entries of a command queue; 0: 8; at least 7, at most IDR1.CMDQS */
  unsigned eventq_log2; /* 0: 7 */
  bool bypass_vcmdq;    /* leave VCMDQs unused for commands */
  /* Stage 1 domains share their ASID with CPUs, and are invalidated by CPUs' broadcasts instead of by
   * commands, where the SMMU takes part (IDR0.BTM) and the platform can. */
  bool broadcast;
  bool ecmdq; /* commands go through enhanced command queues, one a CPU, where there are */
  bool guest; /* ask for VINTF 0 without HYP_OWN; what it then has is read back */
  /* An event record arrived; NULL: it is logged. Runs on the interrupt's CPU. */
  void (*event)(void *arg, const uint64_t words[4]);
  /* A device waits (drv_enable_stalls, drv_enable_ats with PRI): make the address good and return
   * true, and it goes on; false, or NULL here, ends it. Runs on the interrupt's CPU; may map. */
  bool (*page_fault)(void *arg, const struct drv_page_fault *fault);
  /* CMDQV: an error of VINTF v > 0; map[2] is its LVCMDQ_ERR_MAP. NULL: it is logged. */
  void (*vintf_error)(void *arg, unsigned vintf, const uint64_t map[2]);
  void *arg;
};

/* What the ID registers say, decoded once. */
struct drv_features {
  bool s1, s2, nested, hyp, ril, msi, sev, coherent, ats, pri, stalls, stall_forced, ste_2level,
    cd_2level;
  bool granule_4k, granule_16k, granule_64k, two_byte_asid, two_byte_vmid;
  unsigned sid_bits, ssid_bits, cmdq_log2_max, eventq_log2_max, oas_bits, ias_bits, bbml;
  uint32_t idr[6];
  bool cmdqv;
  unsigned ecmdqs;                        /* enhanced command queues that the device has */
  unsigned vintfs, vcmdqs, lvcmdqs, sids; /* CMDQV: in all, and LVCMDQs and StreamIDs a VINTF */
  bool hyp_own;                           /* of VINTF 0, as read back */
};

/* Bring the device up: reset, queues, Stream table (all streams abort), interrupts, SMMUEN, then
 * CMDQV with one LVCMDQ a CPU, as far as they go round. 0; -ENXIO: it lacks what the driver needs;
 * -ETIMEDOUT: it does not answer; -EBUSY: somebody has its interrupt
 * lines; -ENOMEM. */
int drv_probe(struct drv **out, const struct plat *plat, const struct drv_options *options);
/* Switch everything off and give all memory back. Domains and VINTFs must be freed before; nobody
 * else may be calling in. */
void drv_remove(struct drv *drv);
const struct drv_features *drv_get_features(const struct drv *drv);
const struct plat *drv_plat(const struct drv *drv);

/* ---- commands -------------------------------------------------------------------------------- */

struct drv_command {
  uint64_t words[2];
};

enum { DRV_BATCH = 64 }; /* commands a batch holds */

struct drv_queue;

/* Commands on their way into one queue. The first decides which queue; one that this queue does not
 * take sends what is there, with CMD_SYNC, and starts anew. */
struct drv_batch {
  struct drv_command command[DRV_BATCH];
  unsigned count;
  struct drv_queue *queue;
};

void drv_batch_init(struct drv_batch *batch);
/* The 65th sends the 64 before it without CMD_SYNC. 0 or what drv_issue() gave. */
int drv_batch_add(struct drv *drv, struct drv_batch *batch, const struct drv_command *command);
/* Send the rest with CMD_SYNC and wait for it. An empty batch does nothing. */
int drv_batch_submit(struct drv *drv, struct drv_batch *batch);

/* Send commands, any number (cut into submissions of DRV_BATCH); with sync also a CMD_SYNC, and wait
 * until it has completed. The queue is this CPU's VCMDQ where that takes all of them, else its
 * enhanced queue where there is one, else the SMMU's own. 0 or -ETIMEDOUT (logged): no CMD_SYNC within one second, or no room for so long while the
 * device consumes nothing. What was sent before a timeout stays sent. */
int drv_issue(struct drv *drv, const struct drv_command *command, unsigned count, bool sync);
/* The same on the SMMU's own queue, always. */
int drv_issue_main(struct drv *drv, const struct drv_command *command, unsigned count, bool sync);

/* ---- domains --------------------------------------------------------------------------------- */

enum drv_domain_kind {
  DRV_DOMAIN_ABORT,
  DRV_DOMAIN_BYPASS,
  DRV_DOMAIN_S1,    /* stage 1 of our own: an ASID */
  DRV_DOMAIN_S2,    /* stage 2 of our own: a VMID; also the parent of nested domains */
  DRV_DOMAIN_NESTED /* a guest's stage 1 on a stage 2 of ours */
};

enum { DRV_READ = 1, DRV_WRITE = 2, DRV_EXEC = 4, DRV_DEVICE = 8, DRV_PRIVILEGED = 16 };

/* 0, -ENOMEM, -ENOSPC (no ASID or VMID left), -EOPNOTSUPP (the device has no such stage). Pages are
 * 4 KB where the device has them, else the smallest it has; blocks are used where they fit. */
int drv_domain_alloc(struct drv *drv, enum drv_domain_kind kind, struct drv_domain **out);
/* A nested domain: vste are the two words of a guest's STE that iommufd's rules let pass (checked
 * there). ats: the guest's STE has EATS. parent is a DRV_DOMAIN_S2 and must live longer. */
int drv_domain_alloc_nested(struct drv *drv, struct drv_domain *parent, const uint64_t vste[2],
                            bool ats, struct drv_domain **out);
/* -EBUSY while a stream is attached or a nested domain stands on it. All IDs and tables are given
 * back, after their invalidation (also when that timed out). */
int drv_domain_free(struct drv_domain *domain);
uint16_t drv_domain_asid(const struct drv_domain *domain);
uint16_t drv_domain_vmid(const struct drv_domain *domain);
/* Its number, from 1 in the order of allocation: `domain` in notes (plat.h). */
uint32_t drv_domain_number(const struct drv_domain *domain);

/* The stream's STE now stands for the domain (NULL: it aborts, as after probe); the change is seen
 * whole by the device, and where the architecture allows it without a gap. A gap faults: C_BAD_STE,
 * or C_BAD_CD from stage 1 to stage 1, where the STE stays.
 * 0, -EINVAL (StreamID out of range), -ENOMEM (nothing has changed), -ETIMEDOUT (it is attached, but
 * the device did not confirm). */
int drv_attach(struct drv *drv, uint32_t sid, struct drv_domain *domain);
/* The domain of a stream; NULL: none, or no such stream. */
struct drv_domain *drv_attached(struct drv *drv, uint32_t sid);

/* Map bytes (a multiple of the page) of physically contiguous memory, readable, writable or both; at
 * stage 1 what is writable can be read. CPUs may map and unmap in one domain at a time, as long as
 * their ranges do not overlap. 0, -EINVAL (alignment, range, prot, kind of domain), -EEXIST (something
 * is mapped there; nothing is changed), -ENOMEM (no leaf is set). */
int drv_map(struct drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t bytes, unsigned prot);

/* A range whose invalidation is due. */
struct drv_gather {
  uint64_t first, last; /* inclusive; last < first: empty */
  uint64_t page;        /* bytes of the leaves that were in it */
  bool queued;          /* lazy: nobody gathers, everything is flushed later */
  int err; /* of the first invalidation that was not confirmed; drv_iotlb_sync() tells */
};

void drv_gather_init(struct drv_gather *gather);
/* Clear descriptors; gather grows, and is invalidated first where it cannot (a hole between, another
 * size of leaf). Returns how many bytes were unmapped, from iova on without a hole. A block that is
 * unmapped in part is refused: the bytes before it are returned. A table that lies in the range as a
 * whole is invalidated at once, waited for and given back, gathering or not. What the device did not
 * confirm is told by drv_iotlb_sync(). */
uint64_t drv_unmap(struct drv_domain *domain, uint64_t iova, uint64_t bytes,
                   struct drv_gather *gather);
/* Invalidate what was gathered, and wait; the gather is then empty. 0 or -ETIMEDOUT: that, or an
 * invalidation that drv_unmap() did for this gather, was not confirmed. */
int drv_iotlb_sync(struct drv_domain *domain, struct drv_gather *gather);
/* Everything of the domain: by ASID, or by VMID. 0 or -ETIMEDOUT. */
int drv_flush_all(struct drv_domain *domain);
/* Physical address, or UINT64_MAX when nothing is mapped. */
uint64_t drv_iova_to_phys(struct drv_domain *domain, uint64_t iova);

/* ---- ATS --------------------------------------------------------------------------------------- */

/* The device behind a stream has an ATC: in domains that translate it now uses ATS (nested ones: where
 * the guest's STE says so), and unmapping sends it ATC_INV after the TLBI has completed. enable(arg,
 * on) switches the device; it is called on the CPU that attaches, when the stream's STE allows ATS and
 * as long as it does. To be called before the stream is attached. 0, -EOPNOTSUPP (the SMMU has no
 * ATS), -EBUSY (attached, or told before), -ENOMEM. */
int drv_enable_ats(struct drv *drv, uint32_t sid, void (*enable)(void *arg, bool on), void *arg);

/* Transactions of the stream that find no page stall, in domains of stage 1, until page_fault() of
 * the options has answered; not for PCIe devices. To be called before the stream is attached. 0,
 * -EOPNOTSUPP (the SMMU cannot stall), -EINVAL, -EBUSY, -ENOMEM. */
int drv_enable_stalls(struct drv *drv, uint32_t sid);

/* The device is gone. The stream must not be attached to a domain in which it uses ATS (CHECKed), nor
 * anybody be invalidating. */
void drv_disable_ats(struct drv *drv, uint32_t sid);

/* ---- VINTFs for virtual machines (hosts with CMDQV) --------------------------------------------- */

struct drv_vintf;

/* Take a VINTF, enable it with this VMID and HYP_OWN 0, no LVCMDQ. -ENOSPC, -ETIMEDOUT, -ENOMEM,
 * -EOPNOTSUPP (no CMDQV). */
int drv_vintf_alloc(struct drv *drv, uint16_t vmid, struct drv_vintf **out);
/* Every LVCMDQ must have been taken away (CHECKed). */
void drv_vintf_free(struct drv_vintf *vintf);
/* Allocate LVCMDQ `index` with its ring at pa; not enabled. The caller has checked order, size and
 * alignment. 0; a queue that does not turn off before is logged. */
int drv_vintf_map_queue(struct drv_vintf *vintf, unsigned index, uint64_t pa, unsigned log2size);
void drv_vintf_unmap_queue(struct drv_vintf *vintf, unsigned index);
/* -ENOSPC: every slot is taken; -EINVAL: a StreamID that the registers cannot hold. */
int drv_vintf_add_sid(struct drv_vintf *vintf, uint32_t vsid, uint32_t psid, unsigned *slot);
void drv_vintf_remove_sid(struct drv_vintf *vintf, unsigned slot);
unsigned drv_vintf_index(const struct drv_vintf *vintf);
/* Address of its page 0, 64 KB, that may be given to a guest. */
uint64_t drv_vintf_page0(const struct drv_vintf *vintf);

/* ---- counts ---------------------------------------------------------------------------------- */

/* Since probe. Counted where it is done. */
struct drv_counts {
  uint64_t submissions;                 /* drv_issue and its relatives */
  uint64_t commands;                    /* put into queues, CMD_SYNC included */
  uint64_t syncs;                       /* CMD_SYNC among them */
  uint64_t tlbi;                        /* TLBI among them */
  uint64_t atc_inv;                     /* ATC_INV that this driver made itself */
  uint64_t broadcasts, broadcast_syncs; /* TLBI for everybody, and DSB */
  uint64_t prod_writes, cons_reads;     /* register accesses of the issue path */
  uint64_t vcmdq_submissions;           /* of the submissions, through a VCMDQ */
  uint64_t ecmdq_submissions;           /* ... and through an enhanced command queue */
  uint64_t events, gerrors, timeouts;
  uint64_t page_faults, page_faults_bad; /* that devices waited for; those not made good */
};

void drv_get_counts(const struct drv *drv, struct drv_counts *out);

#endif

/* iommufd: what a host kernel gives a VMM of the SMMU.
 *
 *   iommufd_host_create(&host, plat, &options);          once: brings the SMMU up, on a CPU
 *   iommufd_open(host, &f);                              one file = one VMM process
 *   iommufd_bind(f, &device, &dev_id);                   VFIO: the device is the VMM's now
 *   iommufd_memory_alloc(plat, bytes, IOMMUFD_MEMORY_HUGE, 0, &ram);
 *   iommufd_ioctl(f, IOMMUFD_NR_IOAS_ALLOC, &ioas);      and IOAS_MAP of guest RAM
 *   iommufd_ioctl(f, IOMMUFD_NR_HWPT_ALLOC, &parent);    NEST_PARENT: stage 2 of the VM
 *   iommufd_ioctl(f, IOMMUFD_NR_VIOMMU_ALLOC, &viommu);  type 2 also takes a VINTF
 *   iommufd_mmap(f, offset, 0x10000, flags, &address);   page 0 of the VINTF
 *   iommufd_ioctl(f, IOMMUFD_NR_VDEVICE_ALLOC, &vdev);   guest's StreamID -> the real one
 *   iommufd_ioctl(f, IOMMUFD_NR_HWPT_ALLOC, &nested);    the guest's STE
 *   iommufd_attach(f, dev_id, &hwpt_id);
 *   iommufd_close(f);                                    everything, in whatever state
 *
 * Behaviour is that of Linux 6.17 as far as a VMM can see it. Functions are called on a CPU of the
 * host (they block in simulated time) and return 0 or a negative errno value. Calls on one file run
 * one after the other, except HWPT_INVALIDATE, which runs beside the others, and reads of events.
 *
 * One host has one SMMU, so what Linux checks about two of them never fails here. Left out: dirty
 * tracking, fault queues (stalls), PASIDs, ATS of devices, the VFIO container interface, pinning
 * limits; their calls give -ENOTTY or -EOPNOTSUPP. */
#ifndef HOST_SIM_IOMMUFD_H
#define HOST_SIM_IOMMUFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/drv.h"
#include "host_sim/iommufd_abi.h"
#include "plat/plat.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the host ---- */

struct iommufd_host;

struct iommufd_host_options {
  /* For drv_probe(). event, vintf_error and arg are called for what no VM takes; NULL: it is logged. */
  struct drv_options driver;
  /* HWPT_INVALIDATE counts in entry_num what was issued. false: what was converted, as Linux does,
   * up to 62 commands more when the conversion of a later one fails. */
  bool entry_num_issued;
};

/* Bring the SMMU up (drv_probe() and its errors) and route its events. plat must outlive the host. */
int iommufd_host_create(struct iommufd_host **out, const struct plat *plat,
                        const struct iommufd_host_options *options);
/* Switch the SMMU off. Every file must be closed before (CHECKed). */
void iommufd_host_destroy(struct iommufd_host *host);
struct drv *iommufd_host_drv(const struct iommufd_host *host);
const struct plat *iommufd_host_plat(const struct iommufd_host *host);

/* ---- memory of the VMM: guest RAM ---- */

enum { IOMMUFD_PAGE = 4096 };

enum iommufd_memory_kind {
  IOMMUFD_MEMORY_CONTIGUOUS, /* one piece */
  IOMMUFD_MEMORY_HUGE,       /* pieces of 2 MB, in an order drawn from the seed (0: one piece) */
  IOMMUFD_MEMORY_SCATTERED   /* pages of 4 KB, in an order drawn from the seed (0: one piece) */
};

/* A list of physical pages. It is given back when its owner has put it and nothing maps it. Who passes
 * it to a call keeps it until the call returns. */
struct iommufd_memory;

/* bytes: a multiple of the page, of 2 MB for HUGE. Zero filled. 0, -EINVAL, -ENOMEM. */
int iommufd_memory_alloc(const struct plat *plat, uint64_t bytes, enum iommufd_memory_kind kind,
                         uint64_t seed, struct iommufd_memory **out);
void iommufd_memory_put(struct iommufd_memory *memory);
uint64_t iommufd_memory_bytes(const struct iommufd_memory *memory);
/* Physical address of a byte; UINT64_MAX beyond the end. */
uint64_t iommufd_memory_pa(const struct iommufd_memory *memory, uint64_t offset);

/* ---- a file ---- */

struct iommufd;

int iommufd_open(struct iommufd_host *host, struct iommufd **out);
/* The process ends: mappings, event files and devices go, then every object, those nobody uses
 * first. Nobody else may be in a call on the file. */
void iommufd_close(struct iommufd *f);

/* One call. arg is the call's struct of iommufd_abi.h and can be read for arg->size bytes.
 * -ENOTTY: no such call. -EFAULT: arg is NULL. -EINVAL: size is below the first version of the struct. -E2BIG: size is
 * above sizeof and the excess is not zero, or size is above IOMMUFD_ARG_MAX. A size between the first
 * version and sizeof: the members beyond count as 0 and are not written. Then what the call says. */
enum { IOMMUFD_ARG_MAX = 512 };
int iommufd_ioctl(struct iommufd *f, enum iommufd_nr nr, void *arg);

/* ---- devices (VFIO) ---- */

struct iommufd_device {
  uint32_t sid;       /* its only stream */
  bool coherent;      /* its accesses snoop caches for sure; without it there is no vIOMMU for it */
  bool pasids_in_use; /* nested attach gives -EBUSY */
  uint8_t max_pasid_log2;
  /* It has an ATC, and this switches its use of ATS (drv_enable_ats); NULL: it has none, or the SMMU
   * has no ATS. */
  void (*set_ats)(void *arg, bool on);
  void *arg;
};

/* The device belongs to this file and its accesses abort until it is attached. *device is copied.
 * -EBUSY: it belongs to another file; -EINVAL: StreamID out of range; -ENOMEM. */
int iommufd_bind(struct iommufd *f, const struct iommufd_device *device, uint32_t *dev_id);
/* Detach, destroy the device's vDEVICE (its ID stays until DESTROY) and the device. -ENOENT. */
int iommufd_unbind(struct iommufd *f, uint32_t dev_id);
/* Attach, or replace what was attached. *pt_id: an IOAS, for which a HWPT is found or made; it
 * becomes its ID, and it goes with its last device; or a HWPT. -ENOENT no such device or object;
 * -EINVAL an object of another kind; nested: -EBUSY PASIDs in use, -ENOENT stage 1 without a vDEVICE;
 * -EADDRINUSE something is mapped where the device must not reach it (the window of MSIs from
 * 0x8000000 on, 1 MB; beyond its addresses); -ENOMEM; -ETIMEDOUT. After an error the device has what
 * it had. */
int iommufd_attach(struct iommufd *f, uint32_t dev_id, uint32_t *pt_id);
/* Its accesses abort again. Nothing attached: 0. -ENOENT. */
int iommufd_detach(struct iommufd *f, uint32_t dev_id);

/* ---- mappings of registers ---- */

enum {
  IOMMUFD_MMAP_READ = 1,
  IOMMUFD_MMAP_WRITE = 2,
  IOMMUFD_MMAP_EXEC = 4,
  IOMMUFD_MMAP_SHARED = 8
};

/* A region whose offset and length VIOMMU_ALLOC told. *address: where its registers are for the host,
 * to be put into the guest's address space. Each mapping holds the vIOMMU. -EINVAL length no multiple
 * of the page, or not SHARED; -EPERM EXEC; -ENXIO not exactly a region. */
int iommufd_mmap(struct iommufd *f, uint64_t offset, uint64_t length, unsigned flags,
                 uint64_t *address);
/* One mapping less. -EINVAL: there is none at this address. */
int iommufd_munmap(struct iommufd *f, uint64_t address);

/* ---- event files ---- */

/* Whole records, as many as fit, and how many bytes they are; 0 when there are none or the buffer is
 * too small for the first: never blocks. -EBADF no such file; -ESPIPE *pos is not 0; -EFAULT the
 * buffer ends before `bytes`. */
long iommufd_veventq_read(struct iommufd *f, uint32_t fd, struct iommufd_user buffer, size_t bytes,
                          const uint64_t *pos);
/* -EINVAL, as there is nothing to write; -EBADF. */
long iommufd_veventq_write(struct iommufd *f, uint32_t fd, const void *buffer, size_t bytes);
/* Something can be read. False for no such file. */
bool iommufd_veventq_poll(struct iommufd *f, uint32_t fd);
/* Written each time a record arrives, and when the file is closed: plat_take(), poll, plat_wait(),
 * and ask for the line again, as the file may be gone. It can be taken until iommufd_close(), by who
 * had it before the file was closed too. NULL: no such file. */
struct plat_line *iommufd_veventq_line(struct iommufd *f, uint32_t fd);
/* ready(arg) is called each time a record arrives, on the interrupt's CPU; it must not call iommufd.
 * NULL: nobody. -EBADF. */
int iommufd_veventq_set_ready(struct iommufd *f, uint32_t fd, void (*ready)(void *arg), void *arg);
int iommufd_veventq_close(struct iommufd *f, uint32_t fd); /* -EBADF */

/* ---- counts ---- */

struct iommufd_counts {
  uint64_t calls[IOMMUFD_NR_END]; /* by number, those of VFIO too */
  uint64_t failed;                /* of them */
  uint64_t mmaps, munmaps, reads;
  uint64_t commands;    /* of HWPT_INVALIDATE, issued to the device */
  uint64_t submissions; /* they were issued in, each with a CMD_SYNC */
  uint64_t events;      /* put into event queues */
  uint64_t lost;        /* that found one full */
};

void iommufd_get_counts(const struct iommufd *f, struct iommufd_counts *out);
/* Objects that exist, tombstones not counted. */
unsigned iommufd_objects(const struct iommufd *f);

#ifdef __cplusplus
}
#endif
#endif

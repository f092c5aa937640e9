/* Inside iommufd: the objects, who refers to whom, and what its files tell one another.
 *
 * A file's calls run under its lock. Two things do not: HWPT_INVALIDATE, which holds a user of its
 * vIOMMU, and the arrival of events, on an interrupt's CPU. Those read the lists of the host, the
 * devices' streams, the vDEVICEs of a vIOMMU and its event queues; whoever changes these does so
 * between two calls of the platform, when nobody else runs (plat.h). */
#ifndef HOST_SIM_IOMMUFD_PRIV_H
#define HOST_SIM_IOMMUFD_PRIV_H

#include <errno.h>

#include "host_sim/iommufd.h"

enum iommufd_object_type {
  IOMMUFD_OBJECT_ANY,
  IOMMUFD_OBJECT_DEVICE,
  IOMMUFD_OBJECT_IOAS,
  IOMMUFD_OBJECT_PAGING,
  IOMMUFD_OBJECT_NESTED,
  IOMMUFD_OBJECT_VIOMMU,
  IOMMUFD_OBJECT_VDEVICE,
  IOMMUFD_OBJECT_VEVENTQ,
  IOMMUFD_OBJECT_HW_QUEUE,
  IOMMUFD_OBJECT_TOMBSTONE /* an ID that user space still owns; its object is gone */
};

struct iommufd_object {
  uint32_t id;
  uint32_t type;
  uint32_t users; /* 1 for being there, and one for each that depends on it */
};

/* ---- host ---- */

struct iommufd_host {
  const struct plat *plat;
  struct drv *drv;
  struct iommufd_host_options options;
  unsigned files;
  struct plat_line line;                /* end of deliveries */
  struct iommufd_bound *bound;          /* devices of all files */
  struct iommufd_viommu *vintf_viommus; /* vIOMMUs with a VINTF, of all files */
};

/* ---- file ---- */

/* A process's descriptors begin behind standard input, output and error. */
enum { IOMMUFD_FIRST_FD = 3 };

/* An open event file, or a place for the next one. It stays until the file of iommufd is closed:
 * whoever sleeps on its line may look at it once more after the close. */
struct iommufd_event_file {
  struct iommufd_veventq *queue; /* NULL: closed */
  struct plat_line line;
};

struct iommufd_vma {
  struct iommufd_viommu *viommu;
  uint64_t address;
};

struct iommufd {
  struct iommufd_host *host;
  const struct plat *plat;
  struct drv *drv;
  struct plat_line line;
  bool locked;
  struct iommufd_object **object; /* by ID; [0] stays empty */
  unsigned object_room;
  struct iommufd_event_file **fd; /* by descriptor - IOMMUFD_FIRST_FD */
  unsigned fd_room;
  struct iommufd_vma *vma;
  unsigned vmas, vma_room;
  struct iommufd_counts counts;
};

void iommufd_lock(struct iommufd *f);
void iommufd_unlock(struct iommufd *f);

/* A zeroed object of `bytes` (which begins with struct iommufd_object) under the lowest free ID; NULL:
 * no memory. */
void *iommufd_object_new(struct iommufd *f, enum iommufd_object_type type, size_t bytes);
/* NULL: no such ID, or of another type. */
void *iommufd_object_get(struct iommufd *f, uint32_t id, enum iommufd_object_type type);
/* The object leaves the table and its memory is free. For objects that own nothing any more. */
void iommufd_object_drop(struct iommufd *f, struct iommufd_object *object);
/* Destroy an object that nobody uses, whatever its type. -EBUSY. */
int iommufd_object_destroy(struct iommufd *f, struct iommufd_object *object);
/* Its object goes, its ID stays until user space destroys it. */
void iommufd_object_bury(struct iommufd *f, struct iommufd_object *object);

/* Make room for `wanted` elements of `bytes` in *array; new ones are zero. -ENOMEM. */
int iommufd_grow(void *array, unsigned *room, unsigned wanted, size_t bytes);

/* Copies between user space and kernel: 0 or -EFAULT. */
int iommufd_from_user(void *to, const struct iommufd_user *from, size_t offset, size_t bytes);
int iommufd_to_user(const struct iommufd_user *to, size_t offset, const void *from, size_t bytes);
/* User data of exactly `bytes`: -EINVAL no pointer or another length, -EFAULT. */
int iommufd_data_from_user(void *to, size_t bytes, const struct iommufd_user *from, uint32_t len);

/* ---- memory ---- */

void iommufd_memory_get(struct iommufd_memory *memory);
/* Longest physically contiguous piece that begins at offset; at most `bytes`. */
uint64_t iommufd_memory_run(const struct iommufd_memory *memory, uint64_t offset, uint64_t bytes);

/* ---- IOAS ---- */

/* Where Linux puts the interrupt controller's doorbell page for devices behind an SMMUv3. */
#define IOMMUFD_MSI_FIRST 0x08000000ull
#define IOMMUFD_MSI_LAST  0x080fffffull

struct iommufd_area {
  uint64_t iova, bytes;
  struct iommufd_memory *memory;
  uint64_t offset; /* in memory */
  unsigned prot;   /* enum DRV_READ, DRV_WRITE */
  unsigned locks;  /* HW queues that lie in it */
};

struct iommufd_ioas {
  struct iommufd_object object;
  struct iommufd_area *area; /* by address */
  unsigned areas, area_room;
  struct iommufd_hwpt *hwpt; /* paging HWPTs on it */
  unsigned msi_users;        /* devices attached: the MSI window is reserved */
};

int iommufd_ioas_alloc(struct iommufd *f, struct iommu_ioas_alloc *cmd);
int iommufd_ioas_iova_ranges(struct iommufd *f, struct iommu_ioas_iova_ranges *cmd);
int iommufd_ioas_map(struct iommufd *f, struct iommu_ioas_map *cmd);
int iommufd_ioas_copy(struct iommufd *f, struct iommu_ioas_copy *cmd);
int iommufd_ioas_unmap(struct iommufd *f, struct iommu_ioas_unmap *cmd);
void iommufd_ioas_destroy(struct iommufd *f, struct iommufd_ioas *ioas);

/* Index of the first area that ends at or after iova. */
unsigned iommufd_ioas_find(const struct iommufd_ioas *ioas, uint64_t iova);
/* Bytes of a page of the device. */
uint64_t iommufd_ioas_page(const struct iommufd *f);
/* The last address that every HWPT on it can map. */
uint64_t iommufd_ioas_last(const struct iommufd_ioas *ioas);
/* What is mapped would fit an address space that ends at `last`. */
bool iommufd_ioas_fits(const struct iommufd_ioas *ioas, uint64_t last);
/* Reserve the MSI window for one more device. -EADDRINUSE. */
int iommufd_ioas_reserve_msi(struct iommufd_ioas *ioas);
/* Pieces that domains have: map one area; take one away and let the device forget it. */
int iommufd_ioas_fill(struct iommufd *f, struct iommufd_hwpt *hwpt,
                      const struct iommufd_area *area);
void iommufd_ioas_unfill(struct iommufd *f, struct iommufd_hwpt *hwpt,
                         const struct iommufd_area *area);
/* Lock (by = 1) or unlock (-1) the areas of a range; physical address of its first byte. -ENOENT a
 * hole, -EPERM not readable, -EFAULT not contiguous; nothing is locked then. iova and bytes are
 * multiples of the page. */
int iommufd_ioas_lock_range(struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes, uint64_t *pa);
void iommufd_ioas_unlock_range(struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes);

/* ---- HWPT ---- */

struct iommufd_hwpt {
  struct iommufd_object object; /* PAGING or NESTED */
  struct drv_domain *domain;
  /* paging */
  struct iommufd_ioas *ioas;
  struct iommufd_hwpt *next; /* on the same IOAS */
  uint64_t last;             /* last address it translates */
  bool nest_parent, automatic;
  /* nested */
  struct iommufd_viommu *viommu;
  bool s1; /* the guest's STE translates */
};

int iommufd_hwpt_alloc(struct iommufd *f, struct iommu_hwpt_alloc *cmd);
/* For attach: a paging HWPT with everything the IOAS maps. */
int iommufd_hwpt_paging_new(struct iommufd *f, struct iommufd_ioas *ioas, bool nest_parent,
                            bool automatic, struct iommufd_hwpt **out);
void iommufd_hwpt_destroy(struct iommufd *f, struct iommufd_hwpt *hwpt);
/* The HWPT whose IOAS it stands on. */
struct iommufd_hwpt *iommufd_hwpt_paging(struct iommufd_hwpt *hwpt);

/* ---- devices ---- */

struct iommufd_bound {
  struct iommufd_object object; /* DEVICE */
  struct iommufd *file;
  struct iommufd_device info;
  struct iommufd_hwpt *hwpt; /* NULL: blocked */
  struct iommufd_vdevice *vdevice;
  /* Whom its events belong to, fixed by the last attach; NULL: the host. */
  struct iommufd_viommu *events_to;
  uint32_t events_vsid;
  struct iommufd_bound *next; /* of the host */
};

int iommufd_get_hw_info(struct iommufd *f, struct iommu_hw_info *cmd);
void iommufd_device_detach(struct iommufd *f, struct iommufd_bound *device);
void iommufd_device_destroy(struct iommufd *f, struct iommufd_bound *device);
/* Detach, give up the vDEVICE, go. */
void iommufd_device_unbind(struct iommufd *f, struct iommufd_bound *device);

/* ---- vIOMMU ---- */

struct iommufd_viommu {
  struct iommufd_object object;
  struct iommufd *file;
  unsigned type; /* enum iommu_viommu_type */
  struct iommufd_hwpt *parent;
  struct iommufd_vdevice *vdevice;
  struct iommufd_veventq *veventqs; /* at most one of a type */
  /* type 2 */
  struct drv_vintf *vintf;
  uint64_t mmap_offset;
  struct iommufd_hw_queue **queue; /* by index */
  unsigned queues;                 /* how many a VINTF has */
  struct iommufd_viommu *next;     /* with a VINTF, of the host */
};

int iommufd_viommu_alloc(struct iommufd *f, struct iommu_viommu_alloc *cmd);
void iommufd_viommu_destroy(struct iommufd *f, struct iommufd_viommu *viommu);
int iommufd_hwpt_invalidate(struct iommufd *f, struct iommu_hwpt_invalidate *cmd);
/* The region that VIOMMU_ALLOC announced at this offset, or NULL. */
struct iommufd_viommu *iommufd_viommu_region(struct iommufd *f, uint64_t offset);
enum { IOMMUFD_REGION = 0x10000 }; /* page 0 of a VINTF */

struct iommufd_vdevice {
  struct iommufd_object object;
  struct iommufd_viommu *viommu;
  struct iommufd_bound *device;
  uint64_t virt_id;
  unsigned slot; /* of the VINTF */
  struct iommufd_vdevice *next;
};

int iommufd_vdevice_alloc(struct iommufd *f, struct iommu_vdevice_alloc *cmd);
void iommufd_vdevice_destroy(struct iommufd *f, struct iommufd_vdevice *vdevice);
/* NULL: this vIOMMU has no such StreamID. */
struct iommufd_vdevice *iommufd_vdevice_find(const struct iommufd_viommu *viommu, uint64_t virt_id);

struct iommufd_hw_queue {
  struct iommufd_object object;
  struct iommufd_viommu *viommu;
  unsigned index;
  uint64_t iova, bytes; /* the pages that are locked */
};

int iommufd_hw_queue_alloc(struct iommufd *f, struct iommu_hw_queue_alloc *cmd);
void iommufd_hw_queue_destroy(struct iommufd *f, struct iommufd_hw_queue *queue);

/* ---- vEVENTQ ---- */

/* Bytes of a type's data. */
size_t iommufd_vevent_bytes(unsigned type);
int iommufd_veventq_alloc(struct iommufd *f, struct iommu_veventq_alloc *cmd);
void iommufd_veventq_destroy(struct iommufd *f, struct iommufd_veventq *queue);
/* An event for the vIOMMU. -EOPNOTSUPP: it has no queue of the type. -ENOMEM: told as lost. */
int iommufd_veventq_report(struct iommufd_viommu *viommu, unsigned type, const void *data);

#endif

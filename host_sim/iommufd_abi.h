/* The calls of iommufd: numbers, types and one struct a call.
 *
 * Names of members, numbers and flags are those of the Linux uapi (6.17); the layout is ours. `size`
 * is sizeof the struct; it is read first, and the rules for it are those of every call (iommufd.h).
 * Members named out_ are written by a call that succeeds, and then alone, unless it says otherwise.
 * reserved members must be 0, else -EOPNOTSUPP. */
#ifndef HOST_SIM_IOMMUFD_ABI_H
#define HOST_SIM_IOMMUFD_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_memory;

/* A user pointer: `bytes` bytes from ptr on can be read and written. A call that needs more gives
 * -EFAULT; ptr NULL is the null pointer. How much a call uses, it is told by other members. */
struct iommufd_user {
  void *ptr;
  size_t bytes;
};

enum iommufd_nr {
  IOMMUFD_NR_DESTROY = 0x80,
  IOMMUFD_NR_IOAS_ALLOC,
  IOMMUFD_NR_IOAS_ALLOW_IOVAS, /* -ENOTTY here */
  IOMMUFD_NR_IOAS_COPY,
  IOMMUFD_NR_IOAS_IOVA_RANGES,
  IOMMUFD_NR_IOAS_MAP,
  IOMMUFD_NR_IOAS_UNMAP,
  IOMMUFD_NR_OPTION,    /* -ENOTTY here */
  IOMMUFD_NR_VFIO_IOAS, /* -ENOTTY here */
  IOMMUFD_NR_HWPT_ALLOC,
  IOMMUFD_NR_GET_HW_INFO,
  IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, /* -ENOTTY here */
  IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP,   /* -ENOTTY here */
  IOMMUFD_NR_HWPT_INVALIDATE,
  IOMMUFD_NR_FAULT_QUEUE_ALLOC, /* -ENOTTY here */
  IOMMUFD_NR_IOAS_MAP_FILE,     /* -ENOTTY here */
  IOMMUFD_NR_VIOMMU_ALLOC,
  IOMMUFD_NR_VDEVICE_ALLOC,
  IOMMUFD_NR_IOAS_CHANGE_PROCESS, /* -ENOTTY here */
  IOMMUFD_NR_VEVENTQ_ALLOC,
  IOMMUFD_NR_HW_QUEUE_ALLOC,
  IOMMUFD_NR_END,
  /* Calls on the device's own file (VFIO) and on mappings, in counts and notes alone. */
  IOMMUFD_NR_VFIO_BIND = 0x76,
  IOMMUFD_NR_VFIO_ATTACH = 0x77,
  IOMMUFD_NR_VFIO_DETACH = 0x78
};

/* ---- objects in general ---- */

/* -ENOENT: no such object. -EBUSY: something stands on it, or a call runs on it (Linux counts both as
 * users; it waits only where the kernel itself removes an object). */
struct iommu_destroy {
  uint32_t size;
  uint32_t id;
};

/* ---- IOAS: an address space ---- */

struct iommu_ioas_alloc {
  uint32_t size;
  uint32_t flags; /* 0 */
  uint32_t out_ioas_id;
};

struct iommu_iova_range {
  uint64_t start, last; /* inclusive */
};

/* What can be mapped: everything but reserved ranges. num_iovas: room in allowed_iovas; then how
 * many there are. -EMSGSIZE: more than fit; as many as fit were copied, and num_iovas is written. */
struct iommu_ioas_iova_ranges {
  uint32_t size;
  uint32_t ioas_id;
  uint32_t num_iovas;
  uint32_t reserved;
  struct iommufd_user allowed_iovas; /* struct iommu_iova_range each */
  uint64_t out_iova_alignment;
};

enum { IOMMU_IOAS_MAP_FIXED_IOVA = 1, IOMMU_IOAS_MAP_WRITEABLE = 2, IOMMU_IOAS_MAP_READABLE = 4 };

/* [user_va, user_va + length) of `memory`, in bytes from its start, appears at iova. The caller keeps
 * `memory` until the call returns; from then on the mapping does. Without
 * FIXED_IOVA the kernel chooses: the lowest free address above 0, at 2 MB if it is that long; iova
 * is written. In order: -EOPNOTSUPP flags, reserved; -EOVERFLOW iova or length UINT64_MAX; -EINVAL
 * neither read nor write; -ENOENT; -EINVAL length 0 or anything not a multiple of the page;
 * -EOVERFLOW the end wraps; -EINVAL a reserved range; -EEXIST something is mapped there; -ENOSPC no
 * room (not FIXED); -EFAULT not in the memory; -ENOMEM. */
struct iommu_ioas_map {
  uint32_t size;
  uint32_t flags;
  uint32_t ioas_id;
  uint32_t reserved;
  struct iommufd_memory *memory;
  uint64_t user_va;
  uint64_t length;
  uint64_t iova;
};

/* Map again what src_ioas_id has at src_iova; errors as IOAS_MAP, -ENOENT for a hole in the source,
 * -EPERM for WRITEABLE where the source is not. */
struct iommu_ioas_copy {
  uint32_t size;
  uint32_t flags;
  uint32_t dst_ioas_id;
  uint32_t src_ioas_id;
  uint64_t length;
  uint64_t dst_iova;
  uint64_t src_iova;
};

/* Whole areas only, as MAP made them. iova 0 with length UINT64_MAX is everything. length: bytes
 * unmapped. -EOVERFLOW iova or length UINT64_MAX, or the end wraps; -EINVAL length 0; -ENOENT nothing
 * there, or an area would be split; -EBUSY a HW queue lies there. On error length stays as it was,
 * though areas below the culprit are gone. */
struct iommu_ioas_unmap {
  uint32_t size;
  uint32_t ioas_id;
  uint64_t iova;
  uint64_t length;
};

/* ---- devices ---- */

enum iommu_hw_info_type {
  IOMMU_HW_INFO_TYPE_DEFAULT = 0, /* in: what the device has, which is ARM_SMMUV3 */
  IOMMU_HW_INFO_TYPE_INTEL_VTD = 1,
  IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2,
  IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3
};

enum { IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 };

struct iommu_hw_info_arm_smmuv3 {
  uint32_t flags; /* 0 */
  uint32_t reserved;
  uint32_t idr[6];
  uint32_t iidr, aidr;
};

struct iommu_hw_info_tegra241_cmdqv {
  uint32_t flags;     /* 0 */
  uint8_t version;    /* 1 */
  uint8_t log2vcmdqs; /* of a VINTF */
  uint8_t log2vsids;  /* of a VINTF */
  uint8_t reserved;
};

/* data_len bytes at data_uptr are written: the information, then zeros. data_len: how long it is.
 * -EOPNOTSUPP: flags, reserved, in_data_type without its flag, or a type the device lacks; -ENOENT;
 * -EFAULT. */
struct iommu_hw_info {
  uint32_t size;
  uint32_t flags;
  uint32_t dev_id;
  uint32_t data_len;
  struct iommufd_user data_uptr;
  union {
    uint32_t out_data_type;
    uint32_t in_data_type;
  };
  uint8_t out_max_pasid_log2;
  uint8_t reserved[3];
  uint64_t out_capabilities; /* 0 */
};

/* ---- HWPT: a translation of the hardware ---- */

enum {
  IOMMU_HWPT_ALLOC_NEST_PARENT = 1,
  IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 2, /* -EOPNOTSUPP here, as is FAULT_ID_VALID */
  IOMMU_HWPT_FAULT_ID_VALID = 4,
  IOMMU_HWPT_ALLOC_PASID = 8 /* -EOPNOTSUPP here */
};

enum { IOMMU_HWPT_DATA_NONE = 0, IOMMU_HWPT_DATA_VTD_S1 = 1, IOMMU_HWPT_DATA_ARM_SMMUV3 = 2 };

struct iommu_hwpt_arm_smmuv3 {
  uint64_t ste[2]; /* words 0 and 1 of the guest's STE; bits that may be set: iommufd.h */
};

/* pt_id: an IOAS (flags NEST_PARENT: stage 2, for a vIOMMU; else stage 1), or a vIOMMU: nested, with
 * struct iommu_hwpt_arm_smmuv3. In order: -EOPNOTSUPP flags, reserved; -EINVAL data type without data
 * or the other way round; -ENOENT dev_id; -EINVAL pt_id, none or of another kind. IOAS: -EOPNOTSUPP
 * flags, data, or a stage that the device lacks; -EADDRINUSE what is mapped does not fit the device;
 * -ENOSPC no VMID; -ENOMEM. vIOMMU: -EOPNOTSUPP flags, no data; -EINVAL data type or data_len;
 * -EFAULT; -EIO an STE that is not allowed; -ENOMEM. HWPT: -EOPNOTSUPP, Arm nests on a vIOMMU. */
struct iommu_hwpt_alloc {
  uint32_t size;
  uint32_t flags;
  uint32_t dev_id;
  uint32_t pt_id;
  uint32_t out_hwpt_id;
  uint32_t reserved;
  uint32_t data_type;
  uint32_t data_len;
  struct iommufd_user data_uptr;
  uint32_t fault_id;
  uint32_t reserved2;
};

enum { IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1 };

struct iommu_viommu_arm_smmuv3_invalidate {
  uint64_t cmd[2]; /* a command as the guest wrote it */
};

/* Commands of the guest for the SMMU's own queue; hwpt_id is the vIOMMU. entry_num is written also on
 * errors: entries that were converted (the index of the bad one), 0 for errors before. In order:
 * -EOPNOTSUPP reserved; -EINVAL entries but no pointer or entry_len 0, entry_len above 4096,
 * entry_num above 2^19; -ENOENT; -EOPNOTSUPP a nested HWPT; -EINVAL any other object; -EINVAL
 * data_type or entry_num 0; -EFAULT; -E2BIG entry_len above 16 with a tail that is not zero (shorter:
 * the rest is zero); -EIO a command that is not allowed or names an unknown StreamID; -ETIMEDOUT. */
struct iommu_hwpt_invalidate {
  uint32_t size;
  uint32_t hwpt_id;
  struct iommufd_user data_uptr;
  uint32_t data_type;
  uint32_t entry_len;
  uint32_t entry_num;
  uint32_t reserved;
};

/* ---- vIOMMU and what belongs to it ---- */

enum iommu_viommu_type {
  IOMMU_VIOMMU_TYPE_DEFAULT = 0, /* refused */
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1,
  IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2
};

struct iommu_viommu_tegra241_cmdqv {
  uint64_t out_vintf_mmap_offset; /* for iommufd_mmap() */
  uint64_t out_vintf_mmap_length; /* 64 KB */
};

/* hwpt_id: a nest parent. Type 2 takes a VINTF and wants struct iommu_viommu_tegra241_cmdqv. In
 * order: -EOPNOTSUPP flags, type 0; -ENOENT dev_id; -EOPNOTSUPP no nesting, a device that is not
 * coherent, no CMDQV, unknown type; -ENOENT no paging HWPT; -EINVAL no nest parent; type 2: -EINVAL
 * data_len, -ENOSPC no VINTF, -ETIMEDOUT, -EFAULT; -ENOMEM. */
struct iommu_viommu_alloc {
  uint32_t size;
  uint32_t flags;
  uint32_t type;
  uint32_t dev_id;
  uint32_t hwpt_id;
  uint32_t out_viommu_id;
  uint32_t data_len;
  uint32_t reserved;
  struct iommufd_user data_uptr;
};

/* virt_id: the StreamID the guest knows the device by. In order: -ENOENT viommu_id, dev_id; -EEXIST
 * the device has one, or virt_id is taken; type 2: -EINVAL virt_id above 32 bits, -ENOSPC no SID slot
 * in the VINTF; -ENOMEM. */
struct iommu_vdevice_alloc {
  uint32_t size;
  uint32_t viommu_id;
  uint32_t dev_id;
  uint32_t out_vdevice_id;
  uint64_t virt_id;
};

enum iommu_veventq_type {
  IOMMU_VEVENTQ_TYPE_DEFAULT = 0, /* refused */
  IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1,
  IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2
};

/* Any other type can have a queue, which nothing is put into. In order: -EOPNOTSUPP flags, reserved,
 * type 0; -EINVAL depth 0; -ENOENT; -EEXIST the vIOMMU has one of this type; -ENOMEM. */
struct iommu_veventq_alloc {
  uint32_t size;
  uint32_t flags;
  uint32_t viommu_id;
  uint32_t type;
  uint32_t veventq_depth;
  uint32_t out_veventq_id;
  uint32_t out_veventq_fd; /* holds the queue: close it before DESTROY */
  uint32_t reserved;
};

enum { IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1 };

/* A record: this, and the data of the type unless it is LOST_EVENTS. sequence counts every event,
 * lost ones too, and goes from INT32_MAX to 0. */
struct iommufd_vevent_header {
  uint32_t flags;
  uint32_t sequence;
};

struct iommu_vevent_arm_smmuv3 {
  uint64_t evt[4]; /* an event record, its StreamID the guest's */
};

struct iommu_vevent_tegra241_cmdqv {
  uint64_t lvcmdq_err_map[2]; /* bit l: LVCMDQ l */
};

enum { IOMMU_HW_QUEUE_TYPE_DEFAULT = 0, IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1 };

/* An LVCMDQ of the vIOMMU's VINTF gets its ring: length bytes at nesting_parent_iova, a guest
 * physical address. The queue stays disabled; whoever has page 0 mapped enables it. In order:
 * -EOPNOTSUPP flags, type 0; -EINVAL length 0; -EOVERFLOW; -ENOENT; -EOPNOTSUPP a vIOMMU of type 1,
 * unknown type; -ERANGE; -ENOENT not mapped; -EPERM not readable; -EFAULT pages not one behind the
 * other; -EINVAL index; -EEXIST; -EIO index - 1 is missing; -EINVAL length or alignment;
 * -ETIMEDOUT; -ENOMEM. */
struct iommu_hw_queue_alloc {
  uint32_t size;
  uint32_t flags;
  uint32_t viommu_id;
  uint32_t type;
  uint32_t index;
  uint32_t out_hw_queue_id;
  uint64_t nesting_parent_iova;
  uint64_t length;
};

#ifdef __cplusplus
}
#endif
#endif

/* The entry of every call: which one, how long its struct may be, copying in and out, and what it
 * costs. Also the call that destroys. Linux: drivers/iommu/iommufd/main.c (behaviour). */
#include "host_sim/iommufd.h"

#include <string.h>

#include "host_sim/iommufd_priv.h"

/* ---- user memory ---- */

static bool in_user(const struct iommufd_user *user, size_t offset, size_t bytes)
{
  return user->ptr && offset <= user->bytes && bytes <= user->bytes - offset;
}

int iommufd_from_user(void *to, const struct iommufd_user *from, size_t offset, size_t bytes)
{
  if (!bytes)
    return 0;
  if (!in_user(from, offset, bytes))
    return -EFAULT;
  memcpy(to, (const char *)from->ptr + offset, bytes);
  return 0;
}

int iommufd_to_user(const struct iommufd_user *to, size_t offset, const void *from, size_t bytes)
{
  if (!bytes)
    return 0;
  if (!in_user(to, offset, bytes))
    return -EFAULT;
  memcpy((char *)to->ptr + offset, from, bytes);
  return 0;
}

int iommufd_data_from_user(void *to, size_t bytes, const struct iommufd_user *from, uint32_t len)
{
  if (!from->ptr || len != bytes)
    return -EINVAL;
  return iommufd_from_user(to, from, 0, bytes);
}

/* ---- calls ---- */

union any_call {
  struct iommu_destroy destroy;
  struct iommu_ioas_alloc ioas_alloc;
  struct iommu_ioas_iova_ranges iova_ranges;
  struct iommu_ioas_map map;
  struct iommu_ioas_copy copy;
  struct iommu_ioas_unmap unmap;
  struct iommu_hw_info hw_info;
  struct iommu_hwpt_alloc hwpt;
  struct iommu_hwpt_invalidate invalidate;
  struct iommu_viommu_alloc viommu;
  struct iommu_vdevice_alloc vdevice;
  struct iommu_veventq_alloc veventq;
  struct iommu_hw_queue_alloc hw_queue;
};

static int destroy(struct iommufd *f, struct iommu_destroy *cmd)
{
  struct iommufd_object *object = cmd->id < f->object_room ? f->object[cmd->id] : NULL;

  return object ? iommufd_object_destroy(f, object) : -ENOENT;
}

struct call {
  uint16_t bytes, first; /* sizeof the struct; its first version */
};

/* `first` ends with the last member that the first version had. */
#define CALL(type, last) \
  { \
    sizeof(struct type), \
      (uint16_t)(offsetof(struct type, last) + sizeof(((struct type *)0)->last)) \
  }

static struct call call_of(enum iommufd_nr nr)
{
  switch (nr) {
  case IOMMUFD_NR_DESTROY: return (struct call)CALL(iommu_destroy, id);
  case IOMMUFD_NR_IOAS_ALLOC: return (struct call)CALL(iommu_ioas_alloc, out_ioas_id);
  case IOMMUFD_NR_IOAS_COPY: return (struct call)CALL(iommu_ioas_copy, src_iova);
  case IOMMUFD_NR_IOAS_IOVA_RANGES:
    return (struct call)CALL(iommu_ioas_iova_ranges, out_iova_alignment);
  case IOMMUFD_NR_IOAS_MAP: return (struct call)CALL(iommu_ioas_map, iova);
  case IOMMUFD_NR_IOAS_UNMAP: return (struct call)CALL(iommu_ioas_unmap, length);
  case IOMMUFD_NR_HWPT_ALLOC: return (struct call)CALL(iommu_hwpt_alloc, reserved);
  case IOMMUFD_NR_GET_HW_INFO: return (struct call)CALL(iommu_hw_info, reserved);
  case IOMMUFD_NR_HWPT_INVALIDATE: return (struct call)CALL(iommu_hwpt_invalidate, reserved);
  case IOMMUFD_NR_VIOMMU_ALLOC: return (struct call)CALL(iommu_viommu_alloc, out_viommu_id);
  case IOMMUFD_NR_VDEVICE_ALLOC: return (struct call)CALL(iommu_vdevice_alloc, virt_id);
  case IOMMUFD_NR_VEVENTQ_ALLOC: return (struct call)CALL(iommu_veventq_alloc, reserved);
  case IOMMUFD_NR_HW_QUEUE_ALLOC: return (struct call)CALL(iommu_hw_queue_alloc, length);
  default: return (struct call){ 0, 0 };
  }
}

static int execute(struct iommufd *f, enum iommufd_nr nr, union any_call *call)
{
  switch (nr) {
  case IOMMUFD_NR_DESTROY: return destroy(f, &call->destroy);
  case IOMMUFD_NR_IOAS_ALLOC: return iommufd_ioas_alloc(f, &call->ioas_alloc);
  case IOMMUFD_NR_IOAS_COPY: return iommufd_ioas_copy(f, &call->copy);
  case IOMMUFD_NR_IOAS_IOVA_RANGES: return iommufd_ioas_iova_ranges(f, &call->iova_ranges);
  case IOMMUFD_NR_IOAS_MAP: return iommufd_ioas_map(f, &call->map);
  case IOMMUFD_NR_IOAS_UNMAP: return iommufd_ioas_unmap(f, &call->unmap);
  case IOMMUFD_NR_HWPT_ALLOC: return iommufd_hwpt_alloc(f, &call->hwpt);
  case IOMMUFD_NR_GET_HW_INFO: return iommufd_get_hw_info(f, &call->hw_info);
  case IOMMUFD_NR_HWPT_INVALIDATE: return iommufd_hwpt_invalidate(f, &call->invalidate);
  case IOMMUFD_NR_VIOMMU_ALLOC: return iommufd_viommu_alloc(f, &call->viommu);
  case IOMMUFD_NR_VDEVICE_ALLOC: return iommufd_vdevice_alloc(f, &call->vdevice);
  case IOMMUFD_NR_VEVENTQ_ALLOC: return iommufd_veventq_alloc(f, &call->veventq);
  case IOMMUFD_NR_HW_QUEUE_ALLOC: return iommufd_hw_queue_alloc(f, &call->hw_queue);
  default: return -ENOTTY;
  }
}

/* The struct of user space as the kernel knows it: what is missing is 0, what is more must be 0. */
static int copy_in(union any_call *call, const struct call *known, const void *arg, uint32_t *size)
{
  memcpy(size, arg, sizeof *size);
  if (*size < known->first)
    return -EINVAL;
  if (*size > IOMMUFD_ARG_MAX)
    return -E2BIG;
  for (uint32_t i = known->bytes; i < *size; i++) {
    if (((const char *)arg)[i])
      return -E2BIG;
  }
  memcpy(call, arg, *size < known->bytes ? *size : known->bytes);
  return 0;
}

/* Some calls tell how far they came also when they fail. */
static bool answers(enum iommufd_nr nr, int err)
{
  return err == 0 || nr == IOMMUFD_NR_HWPT_INVALIDATE ||
         (nr == IOMMUFD_NR_IOAS_IOVA_RANGES && err == -EMSGSIZE);
}

static int carry_out(struct iommufd *f, enum iommufd_nr nr, void *arg)
{
  struct call known = call_of(nr);
  union any_call call;
  uint32_t size;
  int err;

  if (!known.bytes)
    return -ENOTTY;
  if (!arg)
    return -EFAULT;
  memset(&call, 0, sizeof call);
  err = copy_in(&call, &known, arg, &size);
  if (err)
    return err;
  iommufd_lock(f);
  err = execute(f, nr, &call);
  iommufd_unlock(f);
  if (answers(nr, err))
    memcpy(arg, &call, size < known.bytes ? size : known.bytes);
  return err;
}

int iommufd_ioctl(struct iommufd *f, enum iommufd_nr nr, void *arg)
{
  int err;

  plat_begin(f->plat, PLAT_OP_IOCTL, (uint64_t)nr);
  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  err = carry_out(f, nr, arg);
  if (nr >= IOMMUFD_NR_DESTROY && nr < IOMMUFD_NR_END)
    f->counts.calls[nr]++;
  f->counts.failed += err != 0;
  plat_end(f->plat, PLAT_OP_IOCTL, (uint64_t)(int64_t)err);
  return err;
}

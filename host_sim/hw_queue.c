/* HW QUEUE: an LVCMDQ of a vIOMMU's VINTF with its ring in guest memory, which stays where it is as
 * long as the queue lives. Queues come and go in the order of their index, which the hardware needs.
 * Linux: viommu.c of iommufd, tegra241-cmdqv.c (behaviour). */
#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"

enum { RING_MIN = 32 };

/* What the driver says to index, length and place, in its order. */
static int judge_queue(const struct iommufd *f, const struct iommufd_viommu *viommu,
                       const struct iommu_hw_queue_alloc *cmd, uint64_t pa)
{
  uint64_t longest = 1ull << (drv_get_features(f->drv)->cmdq_log2_max + 4);

  if (cmd->index >= viommu->queues)
    return -EINVAL;
  if (viommu->queue[cmd->index])
    return -EEXIST;
  if (cmd->index && !viommu->queue[cmd->index - 1])
    return -EIO;
  if (!is_power_of_two(cmd->length) || cmd->length < RING_MIN || cmd->length > longest)
    return -EINVAL;
  return (pa & ~bits_mask(47, 5)) || pa % cmd->length ? -EINVAL : 0;
}

static int start_queue(struct iommufd *f, struct iommufd_viommu *viommu,
                       struct iommu_hw_queue_alloc *cmd, uint64_t pa, struct iommufd_hw_queue **out)
{
  struct iommufd_hw_queue *queue;
  int err = judge_queue(f, viommu, cmd, pa);

  if (err)
    return err;
  queue = iommufd_object_new(f, IOMMUFD_OBJECT_HW_QUEUE, sizeof *queue);
  if (!queue)
    return -ENOMEM;
  err = drv_vintf_map_queue(viommu->vintf, cmd->index, pa, log2_ceil(cmd->length) - 4);
  if (err) {
    iommufd_object_drop(f, &queue->object);
    return err;
  }
  queue->viommu = viommu;
  queue->index = cmd->index;
  viommu->queue[cmd->index] = queue;
  viommu->object.users++;
  if (cmd->index)
    viommu->queue[cmd->index - 1]->object.users++;
  *out = queue;
  return 0;
}

/* The whole pages a ring lies in. */
static int pages_of(const struct iommu_hw_queue_alloc *cmd, uint64_t *iova, uint64_t *bytes)
{
  uint64_t offset = cmd->nesting_parent_iova % IOMMUFD_PAGE;

  if (cmd->length > UINT64_MAX - (IOMMUFD_PAGE - 1) - offset)
    return -ERANGE;
  *iova = cmd->nesting_parent_iova - offset;
  *bytes = (offset + cmd->length + IOMMUFD_PAGE - 1) / IOMMUFD_PAGE * IOMMUFD_PAGE;
  return 0;
}

int iommufd_hw_queue_alloc(struct iommufd *f, struct iommu_hw_queue_alloc *cmd)
{
  struct iommufd_hw_queue *queue = NULL;
  struct iommufd_viommu *viommu;
  struct iommufd_ioas *ioas;
  uint64_t iova, bytes, pa = 0;
  int err;

  if (cmd->flags || cmd->type == IOMMU_HW_QUEUE_TYPE_DEFAULT)
    return -EOPNOTSUPP;
  if (!cmd->length)
    return -EINVAL;
  if (cmd->nesting_parent_iova > UINT64_MAX - (cmd->length - 1))
    return -EOVERFLOW;
  viommu = iommufd_object_get(f, cmd->viommu_id, IOMMUFD_OBJECT_VIOMMU);
  if (!viommu)
    return -ENOENT;
  if (!viommu->vintf || cmd->type != IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV)
    return -EOPNOTSUPP;
  ioas = viommu->parent->ioas;
  err = pages_of(cmd, &iova, &bytes);
  if (!err)
    err = iommufd_ioas_lock_range(ioas, iova, bytes, &pa);
  if (err)
    return err;
  err = start_queue(f, viommu, cmd, pa + cmd->nesting_parent_iova % IOMMUFD_PAGE, &queue);
  if (err) {
    iommufd_ioas_unlock_range(ioas, iova, bytes);
    return err;
  }
  queue->iova = iova;
  queue->bytes = bytes;
  cmd->out_hw_queue_id = queue->object.id;
  return 0;
}

void iommufd_hw_queue_destroy(struct iommufd *f, struct iommufd_hw_queue *queue)
{
  struct iommufd_viommu *viommu = queue->viommu;

  (void)f;
  drv_vintf_unmap_queue(viommu->vintf, queue->index);
  viommu->queue[queue->index] = NULL;
  if (queue->index)
    viommu->queue[queue->index - 1]->object.users--;
  iommufd_ioas_unlock_range(viommu->parent->ioas, queue->iova, queue->bytes);
  viommu->object.users--;
}

/* IOAS: the calls that map, copy and unmap, with their checks in the order of Linux
 * (drivers/iommu/iommufd/ioas.c and io_pagetable.c, behaviour). */
#include <string.h>

#include "host_sim/iommufd_priv.h"

enum { HUGE = 2 << 20 };

/* ---- addresses ---- */

static bool is_reserved(const struct iommufd_ioas *ioas, uint64_t iova, uint64_t last)
{
  return last > iommufd_ioas_last(ioas) ||
         (ioas->msi_users && iova <= IOMMUFD_MSI_LAST && last >= IOMMUFD_MSI_FIRST);
}

static bool is_mapped(const struct iommufd_ioas *ioas, uint64_t iova, uint64_t last)
{
  unsigned i = iommufd_ioas_find(ioas, iova);

  return i < ioas->areas && ioas->area[i].iova <= last;
}

/* The lowest address above 0 where `bytes` are free. */
static int choose(const struct iommufd_ioas *ioas, uint64_t page, uint64_t bytes, uint64_t *iova)
{
  uint64_t align = bytes >= HUGE ? HUGE : page;
  uint64_t at = align, last;

  for (;;) {
    unsigned i;

    if (at > UINT64_MAX - (bytes - 1) || at + (bytes - 1) > iommufd_ioas_last(ioas))
      return -ENOSPC;
    last = at + (bytes - 1);
    i = iommufd_ioas_find(ioas, at);
    if (i < ioas->areas && ioas->area[i].iova <= last) {
      last = ioas->area[i].iova + (ioas->area[i].bytes - 1);
    } else if (is_reserved(ioas, at, last)) {
      last = IOMMUFD_MSI_LAST;
    } else {
      *iova = at;
      return 0;
    }
    if (last > UINT64_MAX - align)
      return -ENOSPC;
    at = (last + align) & ~(align - 1);
  }
}

/* Where new pages go, or why not. */
static int place(const struct iommufd_ioas *ioas, uint64_t page, uint32_t flags, uint64_t bytes,
                 uint64_t *iova)
{
  if (!bytes || bytes % page)
    return -EINVAL;
  if (!(flags & IOMMU_IOAS_MAP_FIXED_IOVA))
    return choose(ioas, page, bytes, iova);
  if (*iova % page)
    return -EINVAL;
  if (*iova > UINT64_MAX - (bytes - 1))
    return -EOVERFLOW;
  if (is_reserved(ioas, *iova, *iova + (bytes - 1)))
    return -EINVAL;
  return is_mapped(ioas, *iova, *iova + (bytes - 1)) ? -EEXIST : 0;
}

static int judge_flags(uint32_t flags, uint32_t reserved, uint64_t iova, uint64_t bytes)
{
  const uint32_t access = IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE;

  if ((flags & ~(access | IOMMU_IOAS_MAP_FIXED_IOVA)) || reserved)
    return -EOPNOTSUPP;
  if (iova == UINT64_MAX || bytes == UINT64_MAX)
    return -EOVERFLOW;
  return flags & access ? 0 : -EINVAL;
}

static unsigned prot_of(uint32_t flags)
{
  return (flags & IOMMU_IOAS_MAP_READABLE ? DRV_READ : 0u) |
         (flags & IOMMU_IOAS_MAP_WRITEABLE ? DRV_WRITE : 0u);
}

/* ---- areas ---- */

static void remove_area(struct iommufd *f, struct iommufd_ioas *ioas, unsigned index)
{
  struct iommufd_area area = ioas->area[index];

  for (struct iommufd_hwpt *hwpt = ioas->hwpt; hwpt; hwpt = hwpt->next)
    iommufd_ioas_unfill(f, hwpt, &area);
  ioas->areas--;
  memmove(&ioas->area[index], &ioas->area[index + 1], (ioas->areas - index) * sizeof ioas->area[0]);
  iommufd_memory_put(area.memory);
}

/* The area appears in every domain or in none. */
static int add_area(struct iommufd *f, struct iommufd_ioas *ioas, const struct iommufd_area *area)
{
  unsigned index = iommufd_ioas_find(ioas, area->iova);
  int err =
    iommufd_grow(&ioas->area, &ioas->area_room, ioas->areas + 1, sizeof(struct iommufd_area));

  iommufd_memory_get(area->memory); /* its owner may put it meanwhile */
  for (struct iommufd_hwpt *hwpt = ioas->hwpt; !err && hwpt; hwpt = hwpt->next) {
    err = iommufd_ioas_fill(f, hwpt, area);
    if (err) {
      for (struct iommufd_hwpt *filled = ioas->hwpt; filled != hwpt; filled = filled->next)
        iommufd_ioas_unfill(f, filled, area);
    }
  }
  if (err) {
    iommufd_memory_put(area->memory);
    return err;
  }
  memmove(&ioas->area[index + 1], &ioas->area[index], (ioas->areas - index) * sizeof ioas->area[0]);
  ioas->area[index] = *area;
  ioas->areas++;
  return 0;
}

int iommufd_ioas_map(struct iommufd *f, struct iommu_ioas_map *cmd)
{
  struct iommufd_area area = { 0, cmd->length, cmd->memory, cmd->user_va, prot_of(cmd->flags), 0 };
  uint64_t page = iommufd_ioas_page(f);
  struct iommufd_ioas *ioas;
  int err = judge_flags(cmd->flags, cmd->reserved, cmd->iova, cmd->length);

  if (err)
    return err;
  ioas = iommufd_object_get(f, cmd->ioas_id, IOMMUFD_OBJECT_IOAS);
  if (!ioas)
    return -ENOENT;
  area.iova = cmd->iova;
  err = place(ioas, page, cmd->flags, cmd->length, &area.iova);
  if (err)
    return err;
  if (cmd->user_va % page)
    return -EINVAL;
  if (!cmd->memory || cmd->user_va > iommufd_memory_bytes(cmd->memory) ||
      cmd->length > iommufd_memory_bytes(cmd->memory) - cmd->user_va)
    return -EFAULT;
  err = add_area(f, ioas, &area);
  if (err)
    return err;
  cmd->iova = area.iova;
  return 0;
}

/* ---- copy ---- */

/* The piece of the source at `at`, at most `bytes` long. */
static int piece_of(const struct iommufd_ioas *src, uint64_t at, uint64_t bytes,
                    struct iommufd_area *piece)
{
  unsigned i = iommufd_ioas_find(src, at);
  uint64_t skip;

  if (i == src->areas || src->area[i].iova > at)
    return -ENOENT;
  *piece = src->area[i];
  skip = at - piece->iova;
  piece->offset += skip;
  piece->bytes = piece->bytes - skip < bytes ? piece->bytes - skip : bytes;
  piece->locks = 0;
  return 0;
}

static int judge_source(const struct iommufd_ioas *src, const struct iommu_ioas_copy *cmd,
                        uint64_t page)
{
  if (!cmd->length)
    return -EINVAL;
  if (cmd->src_iova > UINT64_MAX - (cmd->length - 1))
    return -EOVERFLOW;
  if (cmd->src_iova % page || cmd->length % page)
    return -EINVAL;
  for (uint64_t done = 0; done < cmd->length;) {
    struct iommufd_area piece;

    if (piece_of(src, cmd->src_iova + done, cmd->length - done, &piece) != 0)
      return -ENOENT;
    if ((cmd->flags & IOMMU_IOAS_MAP_WRITEABLE) && !(piece.prot & DRV_WRITE))
      return -EPERM;
    done += piece.bytes;
  }
  return 0;
}

/* Take away again the first `bytes` that a copy has made. */
static void undo_copy(struct iommufd *f, struct iommufd_ioas *dst, uint64_t iova, uint64_t bytes)
{
  while (bytes) {
    unsigned i = iommufd_ioas_find(dst, iova);
    uint64_t here = dst->area[i].bytes;

    remove_area(f, dst, i);
    iova += here;
    bytes -= here;
  }
}

int iommufd_ioas_copy(struct iommufd *f, struct iommu_ioas_copy *cmd)
{
  struct iommufd_ioas *src, *dst;
  uint64_t iova = cmd->dst_iova;
  int err = judge_flags(cmd->flags, 0, cmd->dst_iova, cmd->length);

  if (err)
    return err;
  if (cmd->src_iova == UINT64_MAX)
    return -EOVERFLOW;
  src = iommufd_object_get(f, cmd->src_ioas_id, IOMMUFD_OBJECT_IOAS);
  if (!src)
    return -ENOENT;
  err = judge_source(src, cmd, iommufd_ioas_page(f));
  if (err)
    return err;
  dst = iommufd_object_get(f, cmd->dst_ioas_id, IOMMUFD_OBJECT_IOAS);
  if (!dst)
    return -ENOENT;
  err = place(dst, iommufd_ioas_page(f), cmd->flags, cmd->length, &iova);
  for (uint64_t done = 0; !err && done < cmd->length;) {
    struct iommufd_area piece;

    err = piece_of(src, cmd->src_iova + done, cmd->length - done, &piece);
    if (!err) {
      piece.iova = iova + done;
      piece.prot = prot_of(cmd->flags);
      err = add_area(f, dst, &piece);
    }
    if (err) {
      undo_copy(f, dst, iova, done);
      break;
    }
    done += piece.bytes;
  }
  if (!err)
    cmd->dst_iova = iova;
  return err;
}

/* ---- unmap ---- */

static int unmap_range(struct iommufd *f, struct iommufd_ioas *ioas, uint64_t iova, uint64_t last,
                       uint64_t *bytes)
{
  for (;;) {
    unsigned i = iommufd_ioas_find(ioas, iova);
    const struct iommufd_area *area;

    if (i == ioas->areas || ioas->area[i].iova > last)
      return 0;
    area = &ioas->area[i];
    if (area->locks)
      return -EBUSY;
    if (area->iova < iova || area->iova + (area->bytes - 1) > last)
      return -ENOENT;
    *bytes += area->bytes;
    remove_area(f, ioas, i);
  }
}

int iommufd_ioas_unmap(struct iommufd *f, struct iommu_ioas_unmap *cmd)
{
  struct iommufd_ioas *ioas = iommufd_object_get(f, cmd->ioas_id, IOMMUFD_OBJECT_IOAS);
  bool everything = cmd->iova == 0 && cmd->length == UINT64_MAX;
  uint64_t bytes = 0;
  int err;

  if (!ioas)
    return -ENOENT;
  if (!everything && (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX))
    return -EOVERFLOW;
  if (!cmd->length)
    return -EINVAL;
  if (cmd->iova > UINT64_MAX - (cmd->length - 1))
    return -EOVERFLOW;
  err = unmap_range(f, ioas, cmd->iova, cmd->iova + (cmd->length - 1), &bytes);
  if (err)
    return err;
  if (!bytes && !everything)
    return -ENOENT;
  cmd->length = bytes;
  return 0;
}

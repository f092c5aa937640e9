/* VINTFs for virtual machines: VMID, queues, StreamIDs, and taking them away. The caller has checked
 * what a user may ask for; order of register accesses as in Linux 6.17, but for the allocation of
 * a queue: docs/decisions/009. */
#include <errno.h>
#include <stdlib.h>

#include "driver/drv_state.h"
#include "util/check.h"

struct drv_vintf {
  struct drv *drv;
  unsigned index;
  uint64_t queues[2]; /* LVCMDQs that are allocated, one bit each */
  uint16_t slots;     /* StreamID entries in use */
};

/* A VINTF nobody has, or 0. */
static unsigned take_index(struct drv *drv)
{
  unsigned index;

  drv_lock(&drv->plat, &drv->cmdqv.mutex);
  for (index = 1; index < drv->features.vintfs; index++) {
    if (!(drv->cmdqv.taken >> index & 1))
      break;
  }
  if (index < drv->features.vintfs)
    drv->cmdqv.taken |= 1ULL << index;
  drv_unlock(&drv->plat, &drv->cmdqv.mutex);
  return index < drv->features.vintfs ? index : 0;
}

static void give_index(struct drv *drv, unsigned index)
{
  drv_lock(&drv->plat, &drv->cmdqv.mutex);
  drv->cmdqv.taken &= ~(1ULL << index);
  drv_unlock(&drv->plat, &drv->cmdqv.mutex);
}

int drv_vintf_alloc(struct drv *drv, uint16_t vmid, struct drv_vintf **out)
{
  uint32_t config = (uint32_t)PUT(VINTF_CONFIG, VMID, 0, vmid);
  struct drv_vintf *vintf;
  int err;

  if (!drv->cmdqv.enabled)
    return -EOPNOTSUPP;
  vintf = calloc(1, sizeof *vintf);
  if (!vintf)
    return -ENOMEM;
  vintf->drv = drv;
  vintf->index = take_index(drv);
  if (!vintf->index) {
    free(vintf);
    return -ENOSPC;
  }
  err = drv_cmdqv_vintf_on(drv, vintf->index, config);
  if (err) {
    drv_vintf_free(vintf);
    return err;
  }
  *out = vintf;
  return 0;
}

void drv_vintf_free(struct drv_vintf *vintf)
{
  CHECK(!vintf->queues[0] && !vintf->queues[1]);
  drv_cmdqv_vintf_off(vintf->drv, vintf->index);
  give_index(vintf->drv, vintf->index);
  free(vintf);
}

int drv_vintf_map_queue(struct drv_vintf *vintf, unsigned index, uint64_t pa, unsigned log2size)
{
  CHECK(index < vintf->drv->features.lvcmdqs);
  drv_cmdqv_vcmdq_deinit(vintf->drv, vintf->index, index);
  drv_cmdqv_set_base(vintf->drv, vintf->index, index, pa, log2size);
  drv_cmdqv_allocate(vintf->drv, vintf->index, index, true);
  vintf->queues[index / 64] |= 1ULL << index % 64;
  return 0;
}

void drv_vintf_unmap_queue(struct drv_vintf *vintf, unsigned index)
{
  drv_cmdqv_allocate(vintf->drv, vintf->index, index, false);
  drv_cmdqv_vcmdq_deinit(vintf->drv, vintf->index, index);
  vintf->queues[index / 64] &= ~(1ULL << index % 64);
}

/* The replacement is there before it is used. */
int drv_vintf_add_sid(struct drv_vintf *vintf, uint32_t vsid, uint32_t psid, unsigned *slot)
{
  struct drv *drv = vintf->drv;
  uint64_t block = cmdqv_vintf(vintf->index);
  uint32_t match = (uint32_t)PUT(VINTF_SID_MATCH, ENABLE, 0, 1);
  unsigned i;

  if (vsid > GET(VINTF_SID_MATCH, VIRT_SID, ~0ULL) || psid > MASK(VINTF_SID_REPLACE, PHYS_SID))
    return -EINVAL;
  for (i = 0; i < drv->features.sids; i++) {
    if (!(vintf->slots >> i & 1))
      break;
  }
  if (i == drv->features.sids)
    return -ENOSPC;
  vintf->slots = (uint16_t)(vintf->slots | 1u << i);
  drv_vwrite(drv, block + OFF_VINTF_SID_REPLACE + 4ULL * i,
             (uint32_t)PUT(VINTF_SID_REPLACE, PHYS_SID, 0, psid));
  drv_vwrite(drv, block + OFF_VINTF_SID_MATCH + 4ULL * i,
             (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, match, vsid));
  *slot = i;
  return 0;
}

void drv_vintf_remove_sid(struct drv_vintf *vintf, unsigned slot)
{
  uint64_t block = cmdqv_vintf(vintf->index);

  CHECK(slot < vintf->drv->features.sids);
  drv_vwrite(vintf->drv, block + OFF_VINTF_SID_MATCH + 4ULL * slot, 0);
  drv_vwrite(vintf->drv, block + OFF_VINTF_SID_REPLACE + 4ULL * slot, 0);
  vintf->slots = (uint16_t)(vintf->slots & ~(1u << slot));
}

unsigned drv_vintf_index(const struct drv_vintf *vintf)
{
  return vintf->index;
}

uint64_t drv_vintf_page0(const struct drv_vintf *vintf)
{
  return vintf->drv->options.cmdqv + cmdqv_lvcmdq_page0(vintf->index, 0);
}

/* Address spaces shared with CPUs: their TLBI instructions reach the SMMU, so that unmapping needs no
 * command and no queue. IHI 0070 3.17 (BTM, ASET), 6.3.12 (PTM). The order is that of a CPU's own page
 * tables: stores, barrier, TLBI for everybody, DSB. Invalidations of ATCs still go by command. Left
 * out: stage 2, whose VMIDs the driver does not share with virtual machines' CPUs. */
#include "driver/drv_state.h"
#include "smmu/dvm.h"

enum { EACH_MOST = 512, NUM_MOST = 32 };

bool drv_broadcasts(const struct drv *drv)
{
  return drv->options.broadcast && GET(IDR0, BTM, drv->features.idr[0]) && drv->features.coherent &&
         plat_can_broadcast(&drv->plat);
}

static void say(const struct drv_domain *domain, struct smmu_dvm op)
{
  op.asid = domain->asid;
  op.vmid = domain->vmid;
  plat_broadcast(&domain->drv->plat, &op);
  domain->drv->counts.broadcasts++;
}

static int wait(struct drv_domain *domain)
{
  const struct plat *plat = &domain->drv->plat;

  plat_begin(plat, PLAT_OP_SYNC_WAIT, 0);
  plat_broadcast_sync(plat);
  plat_end(plat, PLAT_OP_SYNC_WAIT, 0);
  domain->drv->counts.broadcast_syncs++;
  return 0;
}

/* Ranges of 2 << 5 SCALE pages times up to 32, the largest first; a page that is left alone. */
static void each_range(struct drv_domain *domain, struct smmu_dvm op, uint64_t pages)
{
  unsigned page_log2 = domain->table.geometry.granule_log2;
  unsigned scale = 3;

  while (pages > 1) {
    unsigned unit_log2 = 5 * scale + 1;
    uint64_t units = pages >> unit_log2;

    if (units == 0) {
      scale--;
      continue;
    }
    units = units < NUM_MOST ? units : NUM_MOST;
    op.tg = (uint8_t)((page_log2 - 10) / 2);
    op.num = (uint8_t)(units - 1);
    op.scale = (uint8_t)scale;
    say(domain, op);
    op.addr += units << (unit_log2 + page_log2);
    pages -= units << unit_log2;
  }
  op.tg = op.num = op.scale = 0;
  if (pages)
    say(domain, op);
}

static void each_leaf(struct drv_domain *domain, struct smmu_dvm op, uint64_t bytes,
                      uint64_t granule)
{
  for (uint64_t done = 0; done < bytes; done += granule) {
    say(domain, op);
    op.addr += granule;
  }
}

int drv_broadcast_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                        bool leaf)
{
  struct smmu_dvm op = { .kind = leaf ? SMMU_DVM_VALE1 : SMMU_DVM_VAE1, .addr = iova };

  plat_barrier(&domain->drv->plat);
  if (domain->drv->features.ril)
    each_range(domain, op, bytes >> domain->table.geometry.granule_log2);
  else if (bytes / granule <= EACH_MOST)
    each_leaf(domain, op, bytes, granule);
  else
    say(domain, (struct smmu_dvm){ .kind = SMMU_DVM_ASIDE1 });
  return wait(domain);
}

int drv_broadcast_all(struct drv_domain *domain)
{
  plat_barrier(&domain->drv->plat);
  say(domain, (struct smmu_dvm){ .kind = SMMU_DVM_ASIDE1 });
  return wait(domain);
}

/* smmulator with a driver that makes two mistakes: it never invalidates what it has unmapped, and sets a
 * reserved bit when it should have done so. Linked with --wrap=drv_inv_range (cmake/Tests.cmake). */
#include "arch/regs.h"
#include "driver/drv_state.h"
#include "plat/board.h"

int __wrap_drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                         bool leaf);

int __wrap_drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                         bool leaf)
{
  (void)iova;
  (void)bytes;
  (void)granule;
  (void)leaf;
  plat_mmio_write(&domain->drv->plat, PLAT_SMMU_BASE + OFF_IRQ_CTRL, 0xd, 4); /* reserved */
  return 0;
}

/* smmulator with a driver that makes two mistakes: it never invalidates what it has unmapped, and sets a
 * reserved bit when it should have done so. Linked with --wrap=drv_inv_range (cmake/Tests.cmake). A
 * SIGTRAP says on standard error whether it came in the midst of the second. */
#include <signal.h>
#include <unistd.h>

#include "arch/regs.h"
#include "driver/drv_state.h"
#include "plat/board.h"

static volatile sig_atomic_t in_mistake;

static void on_trap(int number)
{
  static const char text[] = "stopped in the mistake\n";

  if (in_mistake)
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

__attribute__((constructor)) static void listen_for_traps(void)
{
  (void)signal(SIGTRAP, on_trap);
}

int __wrap_drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                         bool leaf);

int __wrap_drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                         bool leaf)
{
  (void)iova;
  (void)bytes;
  (void)granule;
  (void)leaf;
  in_mistake = 1;
  plat_mmio_write(&domain->drv->plat, PLAT_SMMU_BASE + OFF_IRQ_CTRL, 0xd, 4); /* reserved */
  in_mistake = 0;
  return 0;
}

/* Many CPUs map, use and unmap in one domain at a time: every translation is the right one, and
 * after the invalidation there is none. */
#include <stdlib.h>

#include "kit.h"
#include "util/check.h"

enum { TURNS = 25, CPUS = 24 };

struct work {
  struct drv_domain *domain;
  uint64_t span; /* between the regions of two CPUs */
  unsigned turns, wrong;
};

static void one_cpu(struct kit *kit, unsigned n)
{
  struct work *w = kit->arg;
  uint64_t base = 0x40000000 + n * w->span;
  uint64_t bytes;

  for (unsigned i = 0; i < w->turns; i++) {
    uint64_t iova = base + (i % 5) * 0x1000;
    uint64_t pa = KIT_DATA + ((uint64_t)n << 24) + i * 0x1000;

    bytes = i % 6 == 5 ? 0x200000 : (1 + i % 4) * 0x1000;
    if (bytes > w->span)
      bytes = 0x1000;
    if (bytes == 0x200000)
      iova = base;
    w->wrong += drv_map(w->domain, iova, pa, bytes, KIT_RW) != 0;
    w->wrong += kit_read(kit, SID, iova) != pa;
    w->wrong += kit_read(kit, SID, iova + bytes - 8) != pa + bytes - 8;
    w->wrong += drv_iova_to_phys(w->domain, iova) != pa;
    w->wrong += kit_unmap(kit, w->domain, iova, bytes) != bytes;
    w->wrong += kit_read(kit, SID, iova) != KIT_FAULT;
  }
}

static void run_parallel(struct kit *kit)
{
  struct work *w = kit->arg;

  w->domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
  for (unsigned n = 0; n < CPUS; n++)
    kit_start(kit, n + 1, one_cpu, n);
  kit_join(kit);
  EXPECT_EQ(w->wrong, 0);
  kit_free(kit, w->domain, SID);
}

static void probed(struct kit *kit)
{
  ASSERT_EQ(kit_probe(kit), 0);
  run_parallel(kit);
  kit_remove(kit);
}

enum { MODES = 6 };

static const char *const mode_names[MODES] = { "pages", "tables",      "cons",
                                               "cmdqv", "cmdqv_guest", "no_ril" };

static void run_mode(int mode, int variant, uint64_t seed)
{
  struct work work = { .span = mode == 0 ? 0x10000 : 0x200000, .turns = mode == 5 ? 6 : TURNS };
  struct kit *kit = malloc(sizeof *kit);

  CHECK(kit);
  kit_init(kit, variant);
  kit->arg = &work;
  kit->board_config.seed = seed;
  kit->board_config.jitter_permille = 400;
  kit->options.cmdq_log2 = 7;
  if (mode == 2)
    kit->options.without = DRV_WITHOUT_MSI_POLL;
  if (mode == 5)
    kit->options.without = DRV_WITHOUT_RIL;
  if (mode == 3 || mode == 4) {
    smmu_config_set_cmdqv(&kit->config, 2, 16);
    kit->options.cmdqv = PLAT_CMDQV_BASE;
    kit->options.guest = mode == 4;
  }
  kit_boot(kit, probed);
  free(kit);
}

PARAM_TEST_CASE(Parallel, MapUseUnmapOnNow, mode_names, MODES)
{
  run_mode(param, 0, 1);
  run_mode(param, 0, 2);
}

PARAM_TEST_CASE(Parallel, MapUseUnmapOnTimed, mode_names, MODES)
{
  run_mode(param, 1, 1);
  run_mode(param, 1, 2);
}

/* ---- domains and streams by many ------------------------------------------------------------------- */

static void own_domain(struct kit *kit, unsigned n)
{
  for (unsigned i = 0; i < 4; i++) {
    struct drv_domain *d = kit_domain(kit, (n + i) % 2 ? DRV_DOMAIN_S1 : DRV_DOMAIN_S2, 100 * n);

    EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA + n * 0x1000, 0x1000, KIT_RW), 0);
    EXPECT_EQ(kit_read(kit, 100 * n, 0x1000), KIT_DATA + n * 0x1000);
    kit_free(kit, d, 100 * n);
    EXPECT_EQ(kit_read(kit, 100 * n, 0x1000), KIT_FAULT);
  }
}

DRIVER_TEST(Parallel, DomainsComeAndGo)
{
  for (unsigned n = 0; n < 16; n++)
    kit_start(kit, n + 1, own_domain, n);
  kit_join(kit);
}

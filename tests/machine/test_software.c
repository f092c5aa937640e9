/* Software that is brought to a machine (machine/software.h): our own driver and DMA API, brought as somebody
 * else's would be, must be timed and counted as when they are the machine's. */
#include <errno.h>
#include <string.h>

#include "kit.h"
#include "machine/software.h"
#include "smmu/err.h"

static struct machine_config cfg;
static struct machine_error err;

struct brought {
  struct machine_stand stand;
  struct drv *drv;
  struct dma *dma;
  unsigned loops; /* CPUs that came to the own loop */
  bool boot_fails, loop_fails;
};

static int boot(void *ctx, const struct machine_stand *stand)
{
  struct brought *b = ctx;
  const struct drv_options options = { .smmu = PLAT_SMMU_BASE,
                                       .cmdqv = stand->cmdqv_bytes ? PLAT_CMDQV_BASE : 0,
                                       .cpus = stand->cpus,
                                       .cmdq_log2 = 16,
                                       .guest = true,
                                       .without = DRV_WITHOUT_RIL };
  int rc = b->boot_fails ? -EIO : drv_probe(&b->drv, stand->plat, &options);
  struct dma_config config = { .drv = b->drv, .sid = stand->sid, .cpus = stand->cpus };

  b->stand = *stand;
  return rc ? rc : dma_create(&b->dma, &config);
}

static void stop(void *ctx)
{
  struct brought *b = ctx;

  if (b->dma)
    EXPECT_EQ(dma_destroy(b->dma), 0);
  if (b->drv)
    drv_remove(b->drv);
}

static int map(void *ctx, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova)
{
  return dma_map(((struct brought *)ctx)->dma, pa, bytes, prot, iova);
}

static int unmap(void *ctx, uint64_t iova, uint64_t bytes, unsigned prot)
{
  (void)prot;
  return dma_unmap(((struct brought *)ctx)->dma, iova, bytes);
}

static struct machine_software software_of(struct brought *b)
{
  return (
    struct machine_software){ .ctx = b, .boot = boot, .stop = stop, .api = { b, map, unmap } };
}

static void start(const char *queue)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, queue);
  kit_set(&cfg, "run.seed=0");
  kit_set(&cfg, "vm.backing=contiguous");
  kit_set(&cfg, "bench.granule=16k");
  kit_set(&cfg, "bench.loops=20");
}

static void expect_same(const struct machine_result *a, const struct machine_result *b)
{
  EXPECT_EQ(a->all.unmap.sum, b->all.unmap.sum);
  EXPECT_EQ(a->all.map.sum, b->all.map.sum);
  EXPECT_EQ(a->all.unmap.count, b->all.unmap.count);
  EXPECT_EQ(a->counts.unmaps, b->counts.unmaps);
  EXPECT_EQ(a->counts.maps, b->counts.maps);
  EXPECT_EQ(a->counts.exits, b->counts.exits);
  EXPECT_EQ(a->counts.guest_commands, b->counts.guest_commands);
  EXPECT_EQ(a->counts.guest_syncs, b->counts.guest_syncs);
  EXPECT_EQ(a->counts.guest_tlbi, b->counts.guest_tlbi);
  EXPECT_EQ(a->counts.host_commands, b->counts.host_commands);
  EXPECT_EQ(a->counts.mmio_reads, b->counts.mmio_reads);
  EXPECT_EQ(a->counts.mmio_writes, b->counts.mmio_writes);
}

TEST_CASE(Software, WhatIsBroughtIsTimedAndCountedAsOurs)
{
  static const char *const queues[] = { "vm.queue=trapped", "vm.queue=vcmdq" };

  for (unsigned i = 0; i < 2; i++) {
    struct brought b = { 0 };
    const struct machine_software software = software_of(&b);
    struct machine_result ours, theirs;

    start(queues[i]);
    ASSERT_EQ(machine_run(&cfg, NULL, &ours, &err), SMMU_OK);
    if (machine_run_software(&cfg, &software, NULL, &theirs, &err) != SMMU_OK)
      ADD_TEST_FAILURE("%s", err.text);
    expect_same(&ours, &theirs);
    EXPECT_GT(ours.counts.guest_commands, 100u);
    EXPECT_EQ(b.stand.cmdqv_bytes != 0, i == 1);
    machine_result_free(&ours);
    machine_result_free(&theirs);
  }
}

/* The bytes behind its pointer are those that its platform stores to. */
static int own_loop(void *ctx, const struct machine_loop *loop)
{
  struct brought *b = ctx;
  const struct plat *plat = b->stand.plat;
  uint64_t addr, word = 0x1122334455667788;

  EXPECT_EQ(loop->pages, 4u);
  EXPECT_EQ(loop->turns, 40u);
  b->loops++;
  if (plat_dma_alloc(plat, 4096, 4096, &addr))
    return -ENOMEM;
  plat_store64(plat, addr + 8, word);
  EXPECT_EQ(memcmp((uint8_t *)b->stand.ram + (addr + 8 - b->stand.ram_base), &word, 8), 0);
  plat_dma_free(plat, addr, 4096);
  return b->loop_fails ? -EPERM : 0;
}

TEST_CASE(Software, ALoopOfItsOwnRunsOnEachThread)
{
  struct brought b = { 0 };
  struct machine_software software = software_of(&b);
  struct machine_result result;

  start("vm.queue=trapped");
  kit_set(&cfg, "bench.threads=2");
  software.loop = own_loop;
  EXPECT_EQ(machine_run_software(&cfg, &software, NULL, &result, &err), SMMU_OK);
  EXPECT_EQ(b.loops, 2u);
  EXPECT_EQ(result.counts.unmaps, 0u);
  machine_result_free(&result);
}

TEST_CASE(Software, WhatFailsIsTold)
{
  struct brought b = { .boot_fails = true };
  struct machine_software software = software_of(&b);
  struct machine_result result;

  start("vm.queue=trapped");
  EXPECT_EQ(machine_run_software(&cfg, &software, NULL, &result, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "the software's boot failed");
  machine_result_free(&result);
  b = (struct brought){ .loop_fails = true };
  software.loop = own_loop;
  EXPECT_EQ(machine_run_software(&cfg, &software, NULL, &result, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "the software's loop failed");
  machine_result_free(&result);
  kit_set(&cfg, "vm.backing=huge");
  EXPECT_EQ(machine_run_software(&cfg, &software, NULL, &result, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "memory in one piece");
  machine_result_free(&result);
}

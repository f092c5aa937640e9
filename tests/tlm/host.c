/* The engines of the common suite in this program: the SystemC module, its DMA in step with the
 * simulation (neutral profile) and ahead of it (a random profile and a seed). */
#include "kit.h"
#include "shim/rig.h"

enum { SEED = 7 };

static char handle; /* there is one board */

static void *create(const struct smmu_config *config, struct engine_memory *memory,
                    void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  struct timed_profile profile;

  timed_profile_neutral(&profile);
  return kit_start(config, &profile, 0, memory, true, signal, ctx) == SMMU_OK ? &handle : NULL;
}

static void *create_ahead(const struct smmu_config *config, struct engine_memory *memory,
                          void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  struct timed_profile profile;

  rig_random_profile(&profile, SEED);
  return kit_start(config, &profile, SEED, memory, false, signal, ctx) == SMMU_OK ? &handle : NULL;
}

static void destroy(void *engine)
{
  (void)engine;
  kit_stop();
}

static struct smmu *device(void *engine)
{
  (void)engine;
  return engine_timed_device(kit_engine());
}

static int translate(void *engine, const struct smmu_txn *txn, struct smmu_result *out)
{
  (void)engine;
  return kit_translate(txn, out);
}

static uint64_t mmio_read(void *engine, uint64_t offset, unsigned bytes)
{
  (void)engine;
  return kit_mmio_read(offset, bytes);
}

static void mmio_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  (void)engine;
  kit_mmio_write(offset, value, bytes);
}

static uint64_t cmdqv_read(void *engine, uint64_t offset, unsigned bytes)
{
  (void)engine;
  return kit_cmdqv_read(offset, bytes);
}

static void cmdqv_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  (void)engine;
  kit_cmdqv_write(offset, value, bytes);
}

static void run(void *engine)
{
  (void)engine;
  kit_run();
}

static uint64_t reads(void *engine)
{
  struct engine_timed_stats stats;

  (void)engine;
  engine_timed_get_stats(kit_engine(), &stats);
  return stats.reads;
}

static void set_hooks(void *engine, const struct smmu_hooks *hooks)
{
  (void)engine;
  engine_timed_set_hooks(kit_engine(), hooks);
}

static void set_endpoint(void *engine, const struct engine_endpoint *endpoint)
{
  (void)engine;
  engine_timed_set_endpoint(kit_engine(), endpoint);
}

static int answer(void *engine, uint32_t tag, unsigned status)
{
  (void)engine;
  return engine_timed_answer(kit_engine(), tag, status);
}

static int pri_request(void *engine, const struct smmu_pri *p)
{
  (void)engine;
  return engine_timed_pri_request(kit_engine(), p);
}

static const struct rig_host tlm = RIG_HOST("tlm", create, NULL);
static const struct rig_host tlm_ahead = RIG_HOST("tlm-ahead", create_ahead, NULL);

const struct rig_host *const rig_hosts[] = { &tlm, &tlm_ahead, NULL };

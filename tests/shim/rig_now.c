/* Engine `now` as a host of the rig: fast path, steps only, seeded interleaving. */
#include "shim/rig.h"

enum { SEED = 7 };

static void *start(const struct smmu_config *config, struct engine_memory *memory,
                   void (*signal)(void *ctx, enum smmu_signal line), void *ctx, bool fast,
                   uint64_t seed)
{
  struct engine_now *e;

  if (engine_now_create(&e, config, memory) != SMMU_OK)
    return NULL;
  engine_now_set_signal(e, signal, ctx);
  engine_now_set_fast(e, fast);
  engine_now_set_seed(e, seed);
  return e;
}

static void *create_fast(const struct smmu_config *config, struct engine_memory *memory,
                         void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  return start(config, memory, signal, ctx, true, 0);
}

static void *create_stepped(const struct smmu_config *config, struct engine_memory *memory,
                            void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  return start(config, memory, signal, ctx, false, 0);
}

static void *create_seeded(const struct smmu_config *config, struct engine_memory *memory,
                           void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  return start(config, memory, signal, ctx, false, SEED);
}

static void destroy(void *engine)
{
  engine_now_destroy(engine);
}

static struct smmu *device(void *engine)
{
  return engine_now_device(engine);
}

static int translate(void *engine, const struct smmu_txn *txn, struct smmu_result *out)
{
  return engine_now_translate(engine, txn, out);
}

static bool late(void *engine, struct smmu_result *out)
{
  struct engine_now_done done;
  bool is = engine_now_poll(engine, &done);

  if (is)
    *out = done.result;
  return is;
}

static uint64_t mmio_read(void *engine, uint64_t offset, unsigned bytes)
{
  return engine_now_mmio_read(engine, offset, bytes);
}

static void mmio_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  engine_now_mmio_write(engine, offset, value, bytes);
}

static uint64_t cmdqv_read(void *engine, uint64_t offset, unsigned bytes)
{
  return engine_now_cmdqv_read(engine, offset, bytes);
}

static void cmdqv_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  engine_now_cmdqv_write(engine, offset, value, bytes);
}

static void run(void *engine)
{
  engine_now_run(engine, 0);
}

static uint64_t reads(void *engine)
{
  struct engine_now_stats stats;

  engine_now_get_stats(engine, &stats);
  return stats.reads;
}

static void set_hooks(void *engine, const struct smmu_hooks *hooks)
{
  engine_now_set_hooks(engine, hooks);
}

static void set_endpoint(void *engine, const struct engine_endpoint *endpoint)
{
  engine_now_set_endpoint(engine, endpoint);
}

static int answer(void *engine, uint32_t tag, unsigned status)
{
  return engine_now_answer(engine, tag, status);
}

static int pri_request(void *engine, const struct smmu_pri *p)
{
  (void)engine;
  return engine_now_pri_request(engine, p);
}

const struct rig_host rig_host_now = RIG_HOST("now", create_fast, late);
const struct rig_host rig_host_now_stepped = RIG_HOST("now-stepped", create_stepped, late);
const struct rig_host rig_host_now_seeded = RIG_HOST("now-seeded", create_seeded, late);

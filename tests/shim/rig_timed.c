/* Engine `timed` as a host of the rig: the neutral profile, and a random profile with a seed. */
#include <stdlib.h>

#include "shim/rig.h"
#include "smmu/timed.h"
#include "util/check.h"

enum { SEED = 7 };

enum { LATE = 64 };

struct host {
  struct engine_timed *timed;
  struct smmu_result late[LATE]; /* of transactions that had stalled: [first, last) */
  unsigned first, last;
  void (*signal)(void *ctx, enum smmu_signal line);
  void *ctx;
};

static void forward(void *ctx, enum smmu_signal line, uint64_t time)
{
  struct host *h = ctx;

  (void)time;
  h->signal(h->ctx, line);
}

static void *start(const struct smmu_config *config, struct engine_memory *memory,
                   void (*signal)(void *ctx, enum smmu_signal line), void *ctx,
                   const struct timed_profile *profile, uint64_t seed)
{
  struct engine_timed_options options = {
    .device = config, .profile = profile, .bus = engine_memory_bus(memory), .seed = seed
  };
  struct host *h = calloc(1, sizeof *h);

  CHECK(h);
  if (engine_timed_create(&h->timed, &options) != SMMU_OK) {
    free(h);
    return NULL;
  }
  h->signal = signal;
  h->ctx = ctx;
  engine_timed_set_signal(h->timed, forward, h);
  return h;
}

static void *create_neutral(const struct smmu_config *config, struct engine_memory *memory,
                            void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  struct timed_profile profile;

  timed_profile_neutral(&profile);
  return start(config, memory, signal, ctx, &profile, 0);
}

static void *create_seeded(const struct smmu_config *config, struct engine_memory *memory,
                           void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  struct timed_profile profile;

  rig_random_profile(&profile, SEED);
  return start(config, memory, signal, ctx, &profile, SEED);
}

static void destroy(void *engine)
{
  struct host *h = engine;

  engine_timed_destroy(h->timed);
  free(h);
}

static struct smmu *device(void *engine)
{
  return engine_timed_device(((struct host *)engine)->timed);
}

static uint64_t mmio_read(void *engine, uint64_t offset, unsigned bytes)
{
  return engine_timed_mmio_read(((struct host *)engine)->timed, offset, bytes);
}

static void mmio_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  engine_timed_mmio_write(((struct host *)engine)->timed, offset, value, bytes);
}

static uint64_t cmdqv_read(void *engine, uint64_t offset, unsigned bytes)
{
  return engine_timed_cmdqv_read(((struct host *)engine)->timed, offset, bytes);
}

static void cmdqv_write(void *engine, uint64_t offset, uint64_t value, unsigned bytes)
{
  engine_timed_cmdqv_write(((struct host *)engine)->timed, offset, value, bytes);
}

static void run(void *engine)
{
  engine_timed_run_until(((struct host *)engine)->timed, ENGINE_NEVER);
}

/* Answers go to whom they belong: ticket 0 is nobody's. */
static bool collect(struct host *h, uint64_t ticket, struct smmu_result *out)
{
  struct engine_timed_done done;
  bool found = false;

  while (engine_timed_poll(h->timed, &done)) {
    if (out && done.ticket == ticket) {
      *out = done.result;
      found = true;
    } else {
      CHECK(h->last < LATE);
      h->late[h->last++] = done.result;
    }
  }
  return found;
}

static int translate(void *engine, const struct smmu_txn *txn, struct smmu_result *out)
{
  struct host *h = engine;
  uint64_t ticket;
  int err = engine_timed_submit(h->timed, txn, &ticket);

  if (err != SMMU_OK)
    return err;
  run(h);
  if (!collect(h, ticket, out))
    *out = (struct smmu_result){ .status = SMMU_STATUS_STALLED };
  return SMMU_OK;
}

static bool late(void *engine, struct smmu_result *out)
{
  struct host *h = engine;

  collect(h, 0, NULL);
  if (h->first == h->last)
    return false;
  *out = h->late[h->first++];
  return true;
}

static uint64_t reads(void *engine)
{
  struct engine_timed_stats stats;

  engine_timed_get_stats(((struct host *)engine)->timed, &stats);
  return stats.reads;
}

static void set_hooks(void *engine, const struct smmu_hooks *hooks)
{
  engine_timed_set_hooks(((struct host *)engine)->timed, hooks);
}

static void set_endpoint(void *engine, const struct engine_endpoint *endpoint)
{
  engine_timed_set_endpoint(((struct host *)engine)->timed, endpoint);
}

static int answer(void *engine, uint32_t tag, unsigned status)
{
  return engine_timed_answer(((struct host *)engine)->timed, tag, status);
}

static int pri_request(void *engine, const struct smmu_pri *p)
{
  (void)engine;
  return engine_timed_pri_request(((struct host *)engine)->timed, p);
}

const struct rig_host rig_host_timed = RIG_HOST("timed", create_neutral, late);
const struct rig_host rig_host_timed_seeded = RIG_HOST("timed-seeded", create_seeded, late);

/* ---- a profile of the test's ---- */

static const struct timed_profile *given_profile;
static uint64_t given_seed;

static void *create_given(const struct smmu_config *config, struct engine_memory *memory,
                          void (*signal)(void *ctx, enum smmu_signal line), void *ctx)
{
  return start(config, memory, signal, ctx, given_profile, given_seed);
}

static const struct rig_host given = RIG_HOST("timed-given", create_given, late);

void rig_run_timed(const struct timed_profile *profile, uint64_t seed,
                   void (*body)(struct rig *rig))
{
  given_profile = profile;
  given_seed = seed;
  rig_run_on(&given, body);
}

void rig_run_neutral(uint64_t seed, void (*body)(struct rig *rig))
{
  struct timed_profile p;

  timed_profile_neutral(&p);
  rig_run_timed(&p, seed, body);
}

void rig_run_zero(uint64_t seed, void (*body)(struct rig *rig))
{
  struct timed_profile p;

  timed_profile_zero(&p);
  rig_run_timed(&p, seed, body);
}

struct engine_timed *rig_timed(struct rig *rig)
{
  bool mine =
    rig->host == &rig_host_timed || rig->host == &rig_host_timed_seeded || rig->host == &given;

  return mine ? ((struct host *)rig->engine)->timed : NULL;
}

uint64_t rig_submit(struct rig *rig, uint32_t sid, uint64_t addr)
{
  struct smmu_txn t = { .addr = addr, .sid = sid };
  uint64_t ticket = 0;

  EXPECT_EQ(engine_timed_submit(rig_timed(rig), &t, &ticket), SMMU_OK);
  return ticket;
}

/* ---- profiles by chance ---- */

static uint64_t draw(uint64_t *state, uint64_t n)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (*state >> 33) % n;
}

static struct timed_resource random_resource(uint64_t *state, uint64_t latency_max)
{
  struct timed_resource r = { .slots = (uint32_t)draw(state, 4) };

  r.latency_ps = draw(state, 3) ? draw(state, latency_max) : 0;
  if (r.slots)
    r.interval_ps = draw(state, 3) ? 0 : draw(state, 5000);
  return r;
}

void rig_random_profile(struct timed_profile *profile, uint64_t seed)
{
  uint64_t state = seed;

  for (unsigned i = 0; i < SMMU_STAGE_COUNT; i++)
    profile->stage[i] = random_resource(&state, 30000);
  profile->read = random_resource(&state, 200000);
  profile->write = random_resource(&state, 200000);
}

#include "kit.h"

#include <stdlib.h>
#include <string.h>

const char *const kit_devices[KIT_DEVICES] = { "now", "timed", "scripted" };

/* ---- the scripted device ---- */

static uint64_t read_register(void *ctx, enum plat_window window, uint64_t offset, unsigned bytes)
{
  struct kit_scripted *d = ctx;

  (void)bytes;
  return window == PLAT_WINDOW_SMMU ? d->writes + offset : 0;
}

static void write_register(void *ctx, enum plat_window window, uint64_t offset, uint64_t value,
                           unsigned bytes)
{
  struct kit_scripted *d = ctx;

  (void)window;
  (void)offset;
  (void)value;
  (void)bytes;
  d->writes++;
}

static uint64_t next_time(void *ctx)
{
  const struct kit_scripted *d = ctx;
  uint64_t script = d->next < d->n ? d->script[d->next].time : ENGINE_NEVER;
  uint64_t answer = d->ended < d->last ? d->done[d->ended % KIT_ANSWERS].ended : ENGINE_NEVER;

  return script < answer ? script : answer;
}

static void run_until(void *ctx, uint64_t t)
{
  struct kit_scripted *d = ctx;

  while (next_time(d) <= t) {
    if (d->ended < d->last && d->done[d->ended % KIT_ANSWERS].ended == next_time(d)) {
      d->ended++;
      d->busy--;
    } else {
      unsigned i = d->next++;

      d->signal(d->arg, (enum smmu_signal)d->script[i].line, d->script[i].time);
    }
  }
  if (t > d->now)
    d->now = t;
}

static int submit(void *ctx, const struct smmu_txn *txn, uint64_t *ticket)
{
  struct kit_scripted *d = ctx;

  if (d->busy == d->slots)
    return SMMU_ERR_NOSLOT;
  d->busy++;
  *ticket = ++d->ticket;
  d->done[d->last++ % KIT_ANSWERS] = (struct engine_timed_done){
    .ticket = *ticket, .submitted = d->now, .ended = d->now + d->latency, .result.pa = ~txn->addr
  };
  return SMMU_OK;
}

static bool poll(void *ctx, struct engine_timed_done *done)
{
  struct kit_scripted *d = ctx;

  if (d->first == d->ended)
    return false;
  *done = d->done[d->first++ % KIT_ANSWERS];
  return true;
}

static void set_signal(void *ctx, void (*signal)(void *arg, enum smmu_signal line, uint64_t time),
                       void *arg)
{
  struct kit_scripted *d = ctx;

  d->signal = signal;
  d->arg = arg;
}

static void set_hooks(void *ctx, const struct smmu_hooks *hooks)
{
  (void)ctx;
  (void)hooks;
}

static struct smmu *core(void *ctx)
{
  return ((struct kit_scripted *)ctx)->core;
}

static void destroy(void *ctx)
{
  struct kit_scripted *d = ctx;

  free(d->core);
  free(d);
}

static const struct plat_device_ops scripted_ops = {
  .mmio_read = read_register,
  .mmio_write = write_register,
  .next_time = next_time,
  .run_until = run_until,
  .submit = submit,
  .poll = poll,
  .set_signal = set_signal,
  .set_hooks = set_hooks,
  .core = core,
  .destroy = destroy,
};

static struct kit_scripted *scripted_new(const struct smmu_config *config)
{
  struct kit_scripted *d = calloc(1, sizeof *d);

  d->slots = KIT_ANSWERS;
  d->core = aligned_alloc(64, (smmu_size(config) + 63) / 64 * 64);
  smmu_init(d->core, config);
  return d;
}

/* ---- the kit ---- */

struct kit kit_new(int device)
{
  struct kit kit = { .device = device };

  smmu_config_neutral(&kit.smmu);
  timed_profile_neutral(&kit.profile);
  engine_memory_create(&kit.memory, ENGINE_HOLE_ZERO);
  kit.config.cpus = 4;
  kit.config.ram_bytes = 16 << 20;
  kit.config.memory = kit.memory;
  if (device == KIT_SCRIPTED)
    kit.scripted = scripted_new(&kit.smmu);
  return kit;
}

void kit_end(struct kit *kit)
{
  if (!kit->board && kit->scripted)
    destroy(kit->scripted);
  plat_board_destroy(kit->board);
  engine_memory_destroy(kit->memory);
}

void kit_cost(struct kit *kit, enum plat_cost cost, uint64_t ps)
{
  kit->config.costs.ps[cost] = ps;
}

static struct plat_device make_device(struct kit *kit)
{
  struct engine_timed_options options = { .device = &kit->smmu,
                                          .profile = &kit->profile,
                                          .bus = engine_memory_bus(kit->memory) };
  struct plat_device device = { &scripted_ops, kit->scripted };

  if (kit->device == KIT_NOW)
    EXPECT_EQ(plat_device_now(&device, &kit->smmu, kit->memory, 0), SMMU_OK);
  else if (kit->device == KIT_TIMED)
    EXPECT_EQ(plat_device_timed(&device, &options), SMMU_OK);
  if (kit->pmcgs)
    EXPECT_EQ(plat_device_set_pmcgs(&device, kit->pmcg, kit->pmcgs), SMMU_OK);
  return device;
}

void kit_make(struct kit *kit)
{
  struct plat_device device;

  if (kit->board)
    return;
  device = make_device(kit);
  ASSERT_EQ(plat_board_create(&kit->board, &kit->config, &device), SMMU_OK);
  kit->p = plat_board_host(kit->board);
}

void kit_start(struct kit *kit, unsigned cpu, void (*program)(void *arg), void *arg)
{
  kit_make(kit);
  EXPECT_EQ(plat_cpu_start(kit->board, cpu, program, arg), SMMU_OK);
}

int kit_try(struct kit *kit)
{
  kit_make(kit);
  return plat_board_run(kit->board, kit->why, sizeof kit->why);
}

void kit_run(struct kit *kit)
{
  int err = kit_try(kit);

  if (err != SMMU_OK)
    ADD_TEST_FAILURE("the board stopped: %s", kit->why);
}

void kit_mark(struct kit_trail *trail, uint64_t what)
{
  if (trail->n == KIT_TRAIL)
    return;
  trail->at[trail->n].cpu = plat_cpu(trail->kit->p);
  trail->at[trail->n].time = plat_now_ps(trail->kit->p);
  trail->at[trail->n++].what = what;
}

/* ---- hash: FNV-1a over words ---- */

static void mix(struct kit_hash *h, uint64_t word)
{
  for (unsigned i = 0; i < 8; i++)
    h->value = (h->value ^ (word >> 8 * i & 0xff)) * 0x100000001b3ULL;
}

/* By name: numbers may change when a list grows. */
static void mix_text(struct kit_hash *h, const char *text)
{
  for (; *text; text++)
    h->value = (h->value ^ (unsigned char)*text) * 0x100000001b3ULL;
}

static void begin(struct kit_hash *h, unsigned kind, unsigned cpu, uint64_t time)
{
  h->calls[kind]++;
  mix(h, kind);
  mix(h, cpu);
  mix(h, time);
}

static void in_order(struct kit_hash *h, uint64_t time)
{
  h->backwards |= time < h->last;
  h->last = time;
}

static void on_charge(void *ctx, unsigned cpu, enum plat_cost what, uint64_t n, uint64_t start,
                      uint64_t end)
{
  begin(ctx, 0, cpu, start);
  mix_text(ctx, plat_cost_key(what));
  mix(ctx, n);
  mix(ctx, end);
}

static void on_sleep(void *ctx, unsigned cpu, uint64_t start, uint64_t end)
{
  begin(ctx, 1, cpu, start);
  mix(ctx, end);
}

static void on_note(void *ctx, unsigned cpu, uint64_t time, const void *platform,
                    const struct plat_note *note)
{
  begin(ctx, 2, cpu, time);
  mix(ctx, platform != NULL);
  mix_text(ctx, plat_note_name(note->kind));
  if (note->kind == PLAT_NOTE_BEGIN || note->kind == PLAT_NOTE_STOP)
    mix_text(ctx, plat_operation_name((unsigned)note->a));
  else
    mix(ctx, note->a);
  mix(ctx, note->b);
  mix(ctx, note->c);
}

static void on_mmio(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t addr,
                    uint64_t value, unsigned bytes, bool write)
{
  begin(ctx, 3, cpu, time);
  in_order(ctx, time);
  mix(ctx, platform != NULL);
  mix(ctx, addr);
  mix(ctx, value);
  mix(ctx, bytes);
  mix(ctx, write);
}

static void on_store(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t seen,
                     uint64_t addr, uint64_t value)
{
  begin(ctx, 4, cpu, time);
  (void)seen; /* the host's own: what addr is */
  in_order(ctx, time);
  mix(ctx, platform != NULL);
  mix(ctx, addr);
  mix(ctx, value);
}

static void on_log(void *ctx, unsigned cpu, uint64_t time, const void *platform, const char *line)
{
  begin(ctx, 5, cpu, time);
  mix(ctx, platform != NULL);
  mix_text(ctx, line);
}

struct plat_watch kit_hash_watch(struct kit_hash *hash)
{
  *hash = (struct kit_hash){ .value = 0xcbf29ce484222325ULL };
  return (struct plat_watch){ hash, on_charge, on_sleep, on_note, on_mmio, on_store, on_log };
}

/* Threads of a litmus program beside engine `timed`; see on_timed.h. A view is filled in exactly as
 * `explore` fills it in, so that whole views can be compared. */
#include "on_timed.h"

#include <string.h>

#include "smmu/endpoint.h"
#include "util/check.h"

struct thread {
  uint64_t at;             /* its next operation comes no sooner */
  bool in_flight, request; /* a Translation Request: the access comes after it */
  uint64_t ticket;
};

struct run {
  const struct explore_program *p;
  struct engine_memory *memory;
  struct engine_timed *timed;
  struct explore_view *view;
  struct thread thread[EXPLORE_THREADS];
  uint64_t random;
  bool forbidden, slow_bus;
  struct endpoint endpoint;
};

static uint64_t draw(struct run *r, uint64_t n)
{
  r->random = r->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (r->random >> 33) % n;
}

/* From "at once" to longer than most invalidations. */
static uint64_t delay(struct run *r)
{
  static const uint64_t most[] = { 1, 1, 20000, 200000, 1000000, 3000000 };

  return draw(r, most[draw(r, 6)]);
}

/* ---- a bus that answers late: access and step are then parted ---- */

static bool bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  struct run *r = ctx;

  *extra_ps = r->slow_bus ? delay(r) : 0;
  return engine_memory_read(r->memory, addr, bytes, len);
}

static bool bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len, uint64_t *extra_ps)
{
  struct run *r = ctx;

  *extra_ps = r->slow_bus ? delay(r) : 0;
  return engine_memory_write(r->memory, addr, bytes, len);
}

/* ---- threads ---- */

static const struct explore_op *next_op(const struct run *r, unsigned t)
{
  return &r->p->thread[t].op[r->view->pc[t]];
}

static bool is_done(const struct run *r, unsigned t)
{
  return r->view->pc[t] == r->p->thread[t].n;
}

static void end_op(struct run *r, unsigned t, uint64_t value)
{
  struct explore_seen *seen = &r->view->seen[t][r->view->pc[t]];

  seen->value = value;
  seen->done = 1;
  memcpy(seen->ended, r->view->pc, EXPLORE_THREADS);
  r->view->pc[t]++;
  r->thread[t].at = engine_timed_now(r->timed) + delay(r);
  if (r->p->forbidden(r->view))
    r->forbidden = true;
}

static bool is_enabled(struct run *r, const struct explore_op *op)
{
  if (op->kind == EXPLORE_AWAIT_REG)
    return (engine_timed_mmio_read(r->timed, op->addr, op->bytes) & op->mask) == op->value;
  if (op->kind == EXPLORE_AWAIT_WORD)
    return (engine_memory_load64(r->memory, op->addr) & op->mask) == op->value;
  if (op->kind == EXPLORE_BROADCAST)
    return smmu_dvm_has_room(engine_timed_device(r->timed));
  if (op->kind == EXPLORE_AWAIT_BROADCAST)
    return smmu_dvm_is_idle(engine_timed_device(r->timed));
  return true;
}

static struct endpoint_access access_of(const struct explore_op *op)
{
  return (struct endpoint_access){
    .addr = op->addr, .ssid = op->ssid, .ssv = op->ssv, .write = op->write
  };
}

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  struct run *r = ctx;

  (void)time;
  *delay_ps = delay(r);
  return endpoint_receive(&r->endpoint, m);
}

/* A Translation Request has ended. True: the access itself comes next. */
static bool is_granted(struct run *r, unsigned t, const struct smmu_result *result)
{
  struct endpoint_access a = access_of(next_op(r, t));

  r->thread[t].at = engine_timed_now(r->timed);
  return endpoint_completed(&r->endpoint, &a, result);
}

static bool start_dma(struct run *r, unsigned t, const struct explore_op *op)
{
  struct smmu_txn txn = { .addr = op->addr,
                          .sid = op->sid,
                          .ssid = op->ssid,
                          .ssv = op->ssv,
                          .write = op->write,
                          .tbu = op->tbu };

  r->thread[t].request = false;
  if (op->kind == EXPLORE_ATC_DMA) {
    struct endpoint_access a = access_of(op);

    r->thread[t].request = endpoint_next(&r->endpoint, &a, &txn) == ENDPOINT_REQUEST;
  }
  r->thread[t].in_flight = engine_timed_submit(r->timed, &txn, &r->thread[t].ticket) == SMMU_OK;
  return r->thread[t].in_flight;
}

static void broadcast(struct run *r, const struct explore_op *op)
{
  struct smmu_dvm message = { .addr = op->addr,
                              .asid = (uint16_t)op->sid,
                              .vmid = (uint16_t)op->ssid,
                              .kind = (uint8_t)op->value };

  CHECK(engine_timed_dvm(r->timed, &message) == SMMU_OK);
}

/* The next operation of a thread, if it can be done now. */
static bool do_op(struct run *r, unsigned t)
{
  const struct explore_op *op = next_op(r, t);
  uint64_t value = 0;

  if (!is_enabled(r, op) || (explore_is_dma(op->kind) && !start_dma(r, t, op)))
    return false;
  memcpy(r->view->seen[t][r->view->pc[t]].started, r->view->pc, EXPLORE_THREADS);
  switch (op->kind) {
  case EXPLORE_STORE: engine_memory_store64(r->memory, op->addr, op->value); break;
  case EXPLORE_LOAD: value = engine_memory_load64(r->memory, op->addr); break;
  case EXPLORE_CLEAR:
    value = engine_memory_load64(r->memory, op->addr);
    engine_memory_store64(r->memory, op->addr, value & ~op->value);
    break;
  case EXPLORE_MMIO_WRITE: engine_timed_mmio_write(r->timed, op->addr, op->value, op->bytes); break;
  case EXPLORE_MMIO_READ:
    value = engine_timed_mmio_read(r->timed, op->addr, op->bytes) & op->mask;
    break;
  case EXPLORE_DMA:
  case EXPLORE_ATC_DMA: return true;
  case EXPLORE_BROADCAST: broadcast(r, op); break;
  default: break;
  }
  end_op(r, t, value);
  return true;
}

/* Everything that threads can do at the present time, beginning with one of them by chance. */
static void do_threads(struct run *r)
{
  unsigned n = r->p->n_threads, first = n ? (unsigned)draw(r, n) : 0;
  bool moved = true;

  while (moved) {
    moved = false;
    for (unsigned i = 0; i < n; i++) {
      unsigned t = (first + i) % n;

      if (!is_done(r, t) && !r->thread[t].in_flight &&
          r->thread[t].at <= engine_timed_now(r->timed))
        moved |= do_op(r, t);
    }
  }
}

static void take_completions(struct run *r)
{
  struct engine_timed_done done;

  while (engine_timed_poll(r->timed, &done)) {
    for (unsigned t = 0; t < r->p->n_threads; t++) {
      if (!r->thread[t].in_flight || r->thread[t].ticket != done.ticket)
        continue;
      r->thread[t].in_flight = false;
      if (r->thread[t].request && is_granted(r, t, &done.result))
        continue;
      if (r->thread[t].request)
        done.result.status = SMMU_STATUS_ABORT;
      end_op(r, t,
             done.result.status == SMMU_STATUS_OK ? done.result.pa
                                                  : EXPLORE_FAULT(done.result.event));
    }
  }
}

/* When something can happen next: an event of the device, or a thread's time. */
static uint64_t next_time(struct run *r, bool *finished)
{
  uint64_t next = engine_timed_next_time(r->timed), now = engine_timed_now(r->timed);

  *finished = true;
  for (unsigned t = 0; t < r->p->n_threads; t++) {
    if (is_done(r, t))
      continue;
    *finished = false;
    if (!r->thread[t].in_flight && r->thread[t].at > now && r->thread[t].at < next)
      next = r->thread[t].at;
  }
  return next;
}

static bool run_all(struct run *r)
{
  bool finished;
  uint64_t next;

  for (unsigned t = 0; t < r->p->n_threads; t++)
    r->thread[t].at = delay(r);
  for (;;) {
    do_threads(r);
    next = next_time(r, &finished);
    if (next == ENGINE_NEVER)
      return finished;
    engine_timed_run_until(r->timed, next);
    take_completions(r);
  }
}

bool on_timed_run(const struct explore_program *p, const struct timed_profile *profile,
                  uint64_t seed, bool slow_bus, struct explore_view *view, bool *forbidden)
{
  struct engine_timed_options options = { .device = &p->config, .profile = profile, .seed = seed };
  struct run r = { .p = p, .view = view, .random = seed, .slow_bus = slow_bus };
  struct engine_now *now;
  bool finished;

  memset(view, 0, sizeof *view);
  CHECK(engine_memory_create(&r.memory, ENGINE_HOLE_ZERO) == SMMU_OK);
  CHECK(engine_now_create(&now, &p->config, r.memory) == SMMU_OK);
  options.bus = (struct engine_bus){ &r, bus_read, bus_write };
  CHECK(engine_timed_create(&r.timed, &options) == SMMU_OK);
  endpoint_init(&r.endpoint, p->atc_sid, p->atc_entries);
  engine_timed_set_endpoint(r.timed, &(struct engine_endpoint){ .ctx = &r, .receive = receive });
  p->setup(now, r.memory);
  smmu_clone(engine_timed_device(r.timed), engine_now_device(now));
  finished = run_all(&r);
  smmu_invariant(engine_timed_device(r.timed));
  *forbidden = r.forbidden;
  engine_timed_destroy(r.timed);
  engine_now_destroy(now);
  engine_memory_destroy(r.memory);
  return finished;
}

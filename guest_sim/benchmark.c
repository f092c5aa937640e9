/* The loop of dma_map_benchmark. */
#include "guest_sim/benchmark.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PAGE = 4096, TICK_NS = 100, COLD_HALF = 8 };
#define TRANSFER_MAX_PS 10000000000ULL /* 10 ms */

/* A turn at the end of a thread's run, kept until it is known whether it was inside. */
struct turn {
  uint64_t end, map_ps, unmap_ps, map_100ns, unmap_100ns;
};

struct benchmark {
  struct benchmark_config config;
  struct plat_line line;
  unsigned arrived;      /* threads at the common start */
  uint64_t start, first; /* common start; when it was over for the first */
  uint64_t end;          /* of the last turn */
  int error;
  struct benchmark_sum all, inside;
};

static bool is_sound(const struct benchmark_config *c)
{
  return c->threads >= 1 && c->threads <= 1024 && c->pages >= 1 && c->pages <= 1024 &&
         c->direction <= BENCHMARK_FROM_DEVICE && c->transfer_ps <= TRANSFER_MAX_PS &&
         (c->turns != 0 || c->duration_ps != 0);
}

int benchmark_create(struct benchmark **out, const struct benchmark_config *config)
{
  *out = NULL;
  if (!is_sound(config))
    return -EINVAL;
  *out = calloc(1, sizeof **out);
  if (*out == NULL)
    return -ENOMEM;
  (*out)->config = *config;
  (*out)->first = UINT64_MAX;
  return 0;
}

void benchmark_destroy(struct benchmark *benchmark)
{
  free(benchmark);
}

/* ---- one turn ---- */

/* The kernel's clock counts nanoseconds. */
static uint64_t ticks(uint64_t from_ps, uint64_t to_ps)
{
  return (to_ps / 1000 - from_ps / 1000) / TICK_NS;
}

/* What a large buffer leaves of the caches: n / (n + 8) of the whole, in thousandths. */
static void charge_cold(const struct benchmark_config *c)
{
  uint64_t n = c->pages;

  plat_charge(c->plat, PLAT_COST_COLD, 1000 * n / (n + COLD_HALF));
}

static unsigned protection(unsigned direction)
{
  switch (direction) {
  case BENCHMARK_TO_DEVICE: return DRV_READ;
  case BENCHMARK_FROM_DEVICE: return DRV_WRITE;
  default: return DRV_READ | DRV_WRITE;
  }
}

static int map(const struct benchmark_config *c, uint64_t pa, uint64_t bytes, uint64_t *iova)
{
  unsigned prot = protection(c->direction);

  return c->api ? c->api->map(c->api->ctx, pa, bytes, prot, iova)
                : dma_map(c->dma, pa, bytes, prot, iova);
}

static int unmap(const struct benchmark_config *c, uint64_t iova, uint64_t bytes)
{
  return c->api ? c->api->unmap(c->api->ctx, iova, bytes, protection(c->direction))
                : dma_unmap(c->dma, iova, bytes);
}

static int run_turn(const struct benchmark_config *c, uint64_t buffer, struct turn *turn)
{
  uint64_t bytes = (uint64_t)c->pages * PAGE, iova = 0, t0, t1, t2, t3;
  int err;
  int bad;

  if (c->direction != BENCHMARK_FROM_DEVICE)
    plat_charge(c->plat, PLAT_COST_FILL_PAGE, c->pages);
  t0 = plat_now_ps(c->plat);
  err = map(c, buffer, bytes, &iova);
  t1 = plat_now_ps(c->plat);
  if (err)
    return err;
  if (c->access && c->access(c->arg, iova, c->pages, c->direction == BENCHMARK_FROM_DEVICE))
    err = -EIO;
  if (c->transfer_ps)
    plat_delay(c->plat, c->transfer_ps);
  t2 = plat_now_ps(c->plat);
  charge_cold(c);
  bad = unmap(c, iova, bytes);
  err = err ? err : bad;
  t3 = plat_now_ps(c->plat);
  *turn = (struct turn){ t3, t1 - t0, t3 - t2, ticks(t0, t1), ticks(t2, t3) };
  plat_charge(c->plat, PLAT_COST_LOOP, 1);
  if (c->access && c->late)
    (void)c->access(c->arg, iova, c->pages, c->direction == BENCHMARK_FROM_DEVICE);
  return err;
}

static void add(struct benchmark_sum *sum, const struct turn *turn)
{
  if (sum->turns == 0 || turn->unmap_ps < sum->unmap_min_ps)
    sum->unmap_min_ps = turn->unmap_ps;
  if (turn->unmap_ps > sum->unmap_max_ps)
    sum->unmap_max_ps = turn->unmap_ps;
  sum->turns++;
  sum->map_ps += turn->map_ps;
  sum->unmap_ps += turn->unmap_ps;
  sum->map_100ns += turn->map_100ns;
  sum->unmap_100ns += turn->unmap_100ns;
  sum->map_100ns_squared += turn->map_100ns * turn->map_100ns;
  sum->unmap_100ns_squared += turn->unmap_100ns * turn->unmap_100ns;
}

/* ---- a thread ---- */

static void wait_for_all(struct benchmark *b)
{
  const struct plat *plat = b->config.plat;

  plat_take(plat, &b->line);
  b->arrived++;
  if (b->arrived == b->config.threads) {
    b->start = plat_now_ps(plat);
    plat_wrote(plat, &b->line);
  }
  while (b->arrived < b->config.threads) {
    plat_wait(plat, &b->line);
    plat_take(plat, &b->line);
  }
}

/* The sums are shared by all threads, as the kernel's are. */
static bool count(struct benchmark *b, const struct turn *turn, uint64_t turns)
{
  const struct benchmark_config *c = &b->config;
  bool over = (c->turns != 0 && turns >= c->turns) ||
              (c->duration_ps != 0 && turn->end - b->start >= c->duration_ps);
  uint64_t began = turn->end - turn->unmap_ps;

  plat_take(c->plat, &b->line);
  add(&b->all, turn);
  if (began <= b->first && (c->duration_ps == 0 || began - b->start <= c->duration_ps))
    add(&b->inside, turn);
  if (over && turn->end < b->first)
    b->first = turn->end;
  if (b->end < turn->end)
    b->end = turn->end;
  return over;
}

static int warm_up(struct benchmark *b, uint64_t buffer)
{
  struct turn turn;
  int err = 0;

  for (uint64_t i = 0; err == 0 && i < b->config.warmup; i++)
    err = run_turn(&b->config, buffer, &turn);
  return err;
}

static int run_turns(struct benchmark *b, uint64_t buffer)
{
  struct turn turn;

  for (uint64_t turns = 1;; turns++) {
    int err = run_turn(&b->config, buffer, &turn);

    if (err)
      return err;
    if (count(b, &turn, turns))
      return 0;
  }
}

void benchmark_thread(struct benchmark *benchmark)
{
  const struct plat *plat = benchmark->config.plat;
  size_t bytes = (size_t)benchmark->config.pages * PAGE;
  uint64_t buffer = 0;
  int err = plat_dma_alloc(plat, bytes, PAGE, &buffer);
  bool allocated = err == 0;

  if (err == 0)
    err = warm_up(benchmark, buffer);
  wait_for_all(benchmark); /* also after a failure: the others wait for this thread */
  if (err == 0)
    err = run_turns(benchmark, buffer);
  if (err && benchmark->error == 0)
    benchmark->error = err;
  if (allocated) {
    plat_note(plat, PLAT_NOTE_FREED, buffer, bytes, 0);
    plat_dma_free(plat, buffer, bytes);
  }
}

void benchmark_get_result(const struct benchmark *benchmark, struct benchmark_result *out)
{
  *out = (struct benchmark_result){ .all = benchmark->all,
                                    .inside = benchmark->inside,
                                    .span_ps = benchmark->end > benchmark->start
                                                 ? benchmark->end - benchmark->start
                                                 : 0,
                                    .error = benchmark->error };
}

/* What work costs: table, scale, jitter; all in integers, saturating where 64 bits end. */
#include "plat/state.h"
#include "util/check.h"

/* splitmix64: any seed is as good as any other. */
uint64_t plat_draw(uint64_t *state)
{
  uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

uint64_t time_add(uint64_t time, uint64_t ps)
{
  uint64_t sum;

  if (__builtin_add_overflow(time, ps, &sum) || sum == ENGINE_NEVER)
    return ENGINE_NEVER - 1;
  return sum;
}

static uint64_t times(uint64_t a, uint64_t b)
{
  uint64_t product;

  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* ps * permille / 1000 without losing the high bits of the product. */
static uint64_t thousandths(uint64_t ps, uint64_t permille)
{
  uint64_t high = times(ps / 1000, permille);

  return time_add(high, ps % 1000 * permille / 1000);
}

uint64_t cpu_cost(struct plat_board *b, const struct cpu *c, enum plat_cost what, uint64_t n)
{
  uint64_t ps = times(b->config.costs.ps[what], n);
  uint32_t jitter = b->config.jitter_permille;

  if (ps == 0)
    return 0;
  if (c->permille != 1000)
    ps = thousandths(ps, c->permille);
  if (jitter && b->config.seed)
    ps = thousandths(ps, 1000 - jitter + plat_draw(&b->jitter_random) % (2 * jitter + 1));
  return ps;
}

void cpu_report_charge(struct plat_board *b, const struct cpu *c, enum plat_cost what, uint64_t n,
                       uint64_t start, uint64_t end)
{
  if (b->watch.charge && end > start)
    b->watch.charge(b->watch.ctx, c->number, what, n, start, end);
}

void cpu_charge(struct plat_board *b, struct cpu *c, enum plat_cost what, uint64_t n)
{
  uint64_t start = c->key.clock;

  c->key.clock = time_add(start, cpu_cost(b, c, what, n));
  cpu_report_charge(b, c, what, n, start, c->key.clock);
}

uint32_t plat_cpu_scale(struct plat_board *board, uint32_t permille)
{
  struct cpu *c = cpu_current(board);
  uint32_t old = c->permille;

  c->permille = permille;
  return old;
}

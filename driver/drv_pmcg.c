/* Counter groups. IHI 0070 10.2.1, 10.5. Follows the behaviour of Linux's driver, but for one thing:
 * where that sets a counter anew at each overflow, and loses what happens meanwhile, this one lets it
 * run on and takes the overflow status for the bit above the counter. A handler may be late by half
 * a counter's range. Left out: capture, attributes of perf, migration between CPUs. */
#include "driver/drv_pmcg.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/pmcg.h"
#include "driver/drv_state.h"

#define PAGE1      0x10000ULL
#define TIMEOUT_PS 1000000000ULL /* 1 ms */

enum { COUNTERS = 64, MSI_DEVICE_NGNRE = 1, ALL_STREAMS = -1 };

struct counter {
  struct drv_pmcg_event event;
  uint64_t above; /* what its overflows amount to */
};

struct drv_pmcg {
  struct plat plat;
  struct drv_pmcg_options options;
  struct drv_pmcg_features features;
  struct drv_mutex lock; /* overflow status and `above` go together */
  uint64_t used;
  uint64_t overflows;
  struct counter counter[COUNTERS];
};

/* ---- registers ------------------------------------------------------------------------------- */

/* Counters and overflow status may have a page of their own. */
static uint64_t counter_page(const struct drv_pmcg *p)
{
  return p->options.page0 + (p->features.relocated ? PAGE1 : 0);
}

static uint32_t read32(const struct drv_pmcg *p, unsigned offset)
{
  return (uint32_t)plat_mmio_read(&p->plat, p->options.page0 + offset, 4);
}

static void write32(const struct drv_pmcg *p, unsigned offset, uint32_t value)
{
  plat_mmio_write(&p->plat, p->options.page0 + offset, value, 4);
}

static void write64(const struct drv_pmcg *p, unsigned offset, uint64_t value)
{
  plat_mmio_write(&p->plat, p->options.page0 + offset, value, 8);
}

static unsigned counter_bytes(const struct drv_pmcg *p)
{
  return p->features.counter_bits > 32 ? 8 : 4;
}

static uint64_t counter_address(const struct drv_pmcg *p, unsigned n)
{
  return counter_page(p) + OFF_PMCG_EVCNTR + (uint64_t)n * counter_bytes(p);
}

static uint64_t counter_mask(const struct drv_pmcg *p)
{
  return bits_low(p->features.counter_bits);
}

/* ---- counting -------------------------------------------------------------------------------- */

static uint64_t overflow_status(const struct drv_pmcg *p)
{
  return plat_mmio_read(&p->plat, counter_page(p) + OFF_PMCG_OVSSET, 8);
}

static void clear_overflow(const struct drv_pmcg *p, uint64_t counters)
{
  plat_mmio_write(&p->plat, counter_page(p) + OFF_PMCG_OVSCLR, counters, 8);
}

/* The register is read first: when it wraps right behind that, its value is a large one. */
uint64_t drv_pmcg_read(struct drv_pmcg *pmcg, unsigned counter)
{
  uint64_t now, total, half = counter_mask(pmcg) / 2;

  drv_lock(&pmcg->plat, &pmcg->lock);
  now = plat_mmio_read(&pmcg->plat, counter_address(pmcg, counter), counter_bytes(pmcg));
  total = pmcg->counter[counter].above + now;
  if (now <= half && (overflow_status(pmcg) >> counter & 1))
    total += counter_mask(pmcg) + 1;
  drv_unlock(&pmcg->plat, &pmcg->lock);
  return total;
}

static void handle(void *arg)
{
  struct drv_pmcg *p = arg;
  uint64_t overflowed;

  plat_begin(&p->plat, PLAT_OP_IRQ_HANDLER, p->options.line);
  drv_lock(&p->plat, &p->lock);
  overflowed = overflow_status(p);
  if (overflowed) {
    clear_overflow(p, overflowed);
    p->overflows++;
  }
  for (overflowed &= p->used; overflowed; overflowed &= overflowed - 1)
    p->counter[__builtin_ctzll(overflowed)].above += counter_mask(p) + 1;
  drv_unlock(&p->plat, &p->lock);
  plat_end(&p->plat, PLAT_OP_IRQ_HANDLER, p->options.line);
}

/* ---- one counter ----------------------------------------------------------------------------- */

static bool same_filter(const struct drv_pmcg_event *a, const struct drv_pmcg_event *b)
{
  return a->filter == b->filter && (!a->filter || (a->span == b->span && a->sid == b->sid));
}

static bool is_known(const struct drv_pmcg *p, unsigned number)
{
  return number >= 128 || (p->features.events[number / 64] >> number % 64 & 1);
}

static void program(const struct drv_pmcg *p, unsigned n)
{
  const struct drv_pmcg_event *event = &p->counter[n].event;
  bool span = !event->filter || event->span;
  uint32_t type = (uint32_t)PUT(PMCG_EVTYPER, EVENT, 0, event->number);

  write32(p, OFF_PMCG_EVTYPER + 4 * n, (uint32_t)PUT(PMCG_EVTYPER, FILTER_SID_SPAN, type, span));
  write32(p, OFF_PMCG_SMR + 4 * n, event->filter ? event->sid : (uint32_t)ALL_STREAMS);
}

int drv_pmcg_add(struct drv_pmcg *pmcg, const struct drv_pmcg_event *event, unsigned *counter)
{
  uint64_t free_ones = bits_low(pmcg->features.counters) & ~pmcg->used;
  unsigned n;

  if (!is_known(pmcg, event->number))
    return -EINVAL;
  if (!free_ones)
    return -ENOSPC;
  if (pmcg->features.one_filter && pmcg->used &&
      !same_filter(event, &pmcg->counter[__builtin_ctzll(pmcg->used)].event))
    return -EAGAIN;
  *counter = n = (unsigned)__builtin_ctzll(free_ones);
  pmcg->counter[n] = (struct counter){ .event = *event };
  pmcg->used |= 1ULL << n;
  program(pmcg, n);
  plat_mmio_write(&pmcg->plat, counter_address(pmcg, n), 0, counter_bytes(pmcg));
  clear_overflow(pmcg, 1ULL << n);
  write64(pmcg, OFF_PMCG_INTENSET, 1ULL << n);
  write64(pmcg, OFF_PMCG_CNTENSET, 1ULL << n);
  return 0;
}

void drv_pmcg_del(struct drv_pmcg *pmcg, unsigned counter)
{
  write64(pmcg, OFF_PMCG_CNTENCLR, 1ULL << counter);
  write64(pmcg, OFF_PMCG_INTENCLR, 1ULL << counter);
  pmcg->used &= ~(1ULL << counter);
}

/* ---- the group ------------------------------------------------------------------------------- */

static int switch_irq(const struct drv_pmcg *p, uint32_t on)
{
  uint64_t deadline = plat_now_ps(&p->plat) + TIMEOUT_PS;

  write32(p, OFF_PMCG_IRQ_CTRL, on);
  while (read32(p, OFF_PMCG_IRQ_CTRLACK) != on) {
    if (plat_now_ps(&p->plat) >= deadline)
      return -ETIMEDOUT;
    plat_relax(&p->plat);
  }
  return 0;
}

int drv_pmcg_enable(struct drv_pmcg *pmcg)
{
  int err = switch_irq(pmcg, 1);

  if (err)
    return err;
  write32(pmcg, OFF_PMCG_CR, 1);
  return 0;
}

void drv_pmcg_disable(struct drv_pmcg *pmcg)
{
  write32(pmcg, OFF_PMCG_CR, 0);
  switch_irq(pmcg, 0);
}

static void read_features(struct drv_pmcg *p)
{
  uint32_t cfgr = read32(p, OFF_PMCG_CFGR);

  p->features = (struct drv_pmcg_features){
    .counters = (unsigned)GET(PMCG_CFGR, NCTR, cfgr) + 1,
    .counter_bits = (unsigned)GET(PMCG_CFGR, SIZE, cfgr) + 1,
    .relocated = GET(PMCG_CFGR, RELOC_CTRS, cfgr),
    .capture = GET(PMCG_CFGR, CAPTURE, cfgr),
    .msi = GET(PMCG_CFGR, MSI, cfgr),
    .one_filter = GET(PMCG_CFGR, SID_FILTER_TYPE, cfgr),
    .events = { plat_mmio_read(&p->plat, p->options.page0 + OFF_PMCG_CEID0, 8),
                plat_mmio_read(&p->plat, p->options.page0 + OFF_PMCG_CEID1, 8) },
  };
}

/* Off, nothing enabled, nothing left from before; then the MSI, which IRQEN guards. */
static int reset(struct drv_pmcg *p)
{
  uint64_t all = bits_low(p->features.counters);
  int err;

  write32(p, OFF_PMCG_CR, 0);
  err = switch_irq(p, 0);
  if (err)
    return err;
  write64(p, OFF_PMCG_CNTENCLR, all);
  write64(p, OFF_PMCG_INTENCLR, all);
  clear_overflow(p, all);
  if (!p->features.msi)
    return 0;
  write64(p, OFF_PMCG_IRQ_CFG0, p->options.msi);
  write32(p, OFF_PMCG_IRQ_CFG1, p->options.msi_data);
  write32(p, OFF_PMCG_IRQ_CFG2, MSI_DEVICE_NGNRE);
  return 0;
}

int drv_pmcg_probe(struct drv_pmcg **out, const struct plat *plat,
                   const struct drv_pmcg_options *options)
{
  struct drv_pmcg *p = calloc(1, sizeof *p);
  int err;

  *out = NULL;
  if (!p)
    return -ENOMEM;
  p->plat = *plat;
  p->options = *options;
  read_features(p);
  err = reset(p);
  if (!err)
    err = plat_irq_handler(plat, options->line, handle, p);
  if (err)
    free(p);
  else
    *out = p;
  return err;
}

void drv_pmcg_remove(struct drv_pmcg *pmcg)
{
  drv_pmcg_disable(pmcg);
  plat_irq_handler(&pmcg->plat, pmcg->options.line, NULL, NULL);
  free(pmcg);
}

const struct drv_pmcg_features *drv_pmcg_get_features(const struct drv_pmcg *pmcg)
{
  return &pmcg->features;
}

uint64_t drv_pmcg_overflows(const struct drv_pmcg *pmcg)
{
  return pmcg->overflows;
}

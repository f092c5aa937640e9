/* A counter group: its events, filters, overflow, capture, cycles. IHI 0070: 10.2, 10.2.1, 10.4,
 * 10.4.1. Registers are in pmcg_mmio.c, what counts is in pmcg_record.c. Left out: Secure and Realm
 * state, filters by MPAM values, NoStreamID accesses, capture and export from outside. */
#include "engine/pmcg.h"

#include <string.h>

#include "smmu/smmu.h"
#include "util/check.h"

static const struct event {
  const char *text;
  uint16_t number;
  bool filter, tbu;
} events[SMMU_PMCG_EVENTS] = {
#define X(name, number, filter, tbu, text) { text, number, filter, tbu },
  SMMU_PMCG_EVENT_LIST(X)
#undef X
};

unsigned smmu_pmcg_event_number(unsigned event)
{
  return event < SMMU_PMCG_EVENTS ? events[event].number : 0;
}

const char *smmu_pmcg_event_text(unsigned event)
{
  return event < SMMU_PMCG_EVENTS ? events[event].text : "?";
}

/* ---- birth ---- */

void smmu_pmcg_config_neutral(struct smmu_pmcg_config *cfg, const struct smmu_config *device,
                              unsigned tbu)
{
  static const uint8_t oas[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };
  unsigned sidsize = (unsigned)GET(IDR1, SIDSIZE, device->idr[1]);

  memset(cfg, 0, sizeof *cfg);
  cfg->counters = 16;
  cfg->counter_bits = 48;
  cfg->sid_bits = (uint8_t)(sidsize ? sidsize : 1);
  cfg->address_bits = oas[GET(IDR5, OAS, device->idr[5])];
  cfg->relocated = 1;
  cfg->capture = 1;
  cfg->msi = GET(IDR0, MSI, device->idr[0]) != 0;
  cfg->ats = GET(IDR0, ATS, device->idr[0]) != 0;
  cfg->tbu = (uint16_t)tbu;
  cfg->aidr = device->aidr;
  cfg->cycle_ps = 1000;
}

static bool config_is_good(const struct smmu_pmcg_config *c)
{
  bool size = c->counter_bits == 64 ||
              (c->counter_bits >= 32 && c->counter_bits <= 48 && c->counter_bits % 4 == 0);

  return c->counters >= 1 && c->counters <= SMMU_PMCG_COUNTERS && size && c->sid_bits >= 1 &&
         c->sid_bits <= 32 && c->address_bits >= 32 && c->address_bits <= 56 && c->relocated <= 1 &&
         c->capture <= 1 && c->msi <= 1 && c->one_filter <= 1 && c->ats <= 1 && c->cycle_ps >= 1 &&
         c->aidr <= 0xff && (c->tbu < 64 || c->tbu == SMMU_PMCG_WHOLE);
}

int smmu_pmcg_init(struct smmu_pmcg *p, const struct smmu_pmcg_config *cfg)
{
  if (!config_is_good(cfg))
    return SMMU_ERR_BADCFG;
  memset(p, 0, sizeof *p);
  p->config = *cfg;
  return SMMU_OK;
}

/* ---- who counts what ---- */

bool pmcg_supports(const struct smmu_pmcg *p, unsigned event)
{
  if ((event == SMMU_PMCG_ATS_REQUEST || event == SMMU_PMCG_ATS_TRANSLATED) && !p->config.ats)
    return false;
  return p->config.tbu == SMMU_PMCG_WHOLE || events[event].tbu;
}

static unsigned event_of(const struct smmu_pmcg *p, unsigned counter)
{
  uint64_t number = GET(PMCG_EVTYPER, EVENT, p->evtyper[counter]);

  for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
    if (events[e].number == number && pmcg_supports(p, e))
      return e;
  }
  return SMMU_PMCG_EVENTS;
}

void pmcg_refresh(struct smmu_pmcg *p)
{
  uint64_t enabled = GET(PMCG_CR, E, p->cr) ? p->cnten : 0;

  memset(p->counting, 0, sizeof p->counting);
  for (; enabled; enabled &= enabled - 1) {
    unsigned n = (unsigned)__builtin_ctzll(enabled), event = event_of(p, n);

    if (event < SMMU_PMCG_EVENTS)
      p->counting[event] |= 1ULL << n;
  }
}

/* IHI 0070 10.4: exactly this StreamID; or, with SPAN, all ones means any, and else the lowest zero
 * and the ones below it are ignored. */
static bool filter_passes(const struct smmu_pmcg *p, unsigned counter, uint32_t sid)
{
  unsigned n = p->config.one_filter ? 0 : counter;
  uint32_t all = (uint32_t)bits_low(p->config.sid_bits), match = p->smr[n];
  uint32_t ignored = 0;

  if (GET(PMCG_EVTYPER, FILTER_SID_SPAN, p->evtyper[n]))
    ignored = match ^ (match + 1);
  return ((sid ^ match) & all & ~ignored) == 0;
}

/* Records of transactions that nobody knows pass where all StreamIDs do. */
static bool filter_passes_all(const struct smmu_pmcg *p, unsigned counter)
{
  unsigned n = p->config.one_filter ? 0 : counter;
  uint32_t all = (uint32_t)bits_low(p->config.sid_bits), match = p->smr[n];

  return GET(PMCG_EVTYPER, FILTER_SID_SPAN, p->evtyper[n]) && (match == all || match == all >> 1);
}

/* ---- overflow ---- */

void pmcg_capture(struct smmu_pmcg *p)
{
  memcpy(p->shadow, p->counter, p->config.counters * sizeof p->shadow[0]);
}

static void overflow(struct smmu_pmcg *p, uint64_t mask)
{
  bool captures = false;

  for (uint64_t left = mask; left; left &= left - 1)
    captures |= GET(PMCG_EVTYPER, OVFCAP, p->evtyper[__builtin_ctzll(left)]) != 0;
  p->ovs |= mask;
  if (captures)
    pmcg_capture(p);
  if ((mask & p->inten) && (p->irq_ctrl & p->irq_ctrlack))
    p->irq_due = 1;
}

/* All these counters at the same moment; counters that overflow are told together. */
static void add(struct smmu_pmcg *p, uint64_t mask, uint64_t amount)
{
  uint64_t max = bits_low(p->config.counter_bits), over = 0;

  for (; mask; mask &= mask - 1) {
    unsigned n = (unsigned)__builtin_ctzll(mask);

    if (amount > max - p->counter[n])
      over |= 1ULL << n;
    p->counter[n] = (p->counter[n] + amount) & max;
  }
  if (over)
    overflow(p, over);
}

/* ---- time ---- */

static void run_cycles(struct smmu_pmcg *p, uint64_t now)
{
  uint64_t ticks = now / p->config.cycle_ps, passed = ticks - p->ticks;

  p->now = now;
  p->ticks = ticks;
  if (passed && p->counting[SMMU_PMCG_CYCLE])
    add(p, p->counting[SMMU_PMCG_CYCLE], passed);
}

void smmu_pmcg_advance(struct smmu_pmcg *p, uint64_t now_ps)
{
  bool due = p->irq_ctrl != p->irq_ctrlack && p->ack_at <= (now_ps > p->now ? now_ps : p->now);

  if (due) {
    if (p->ack_at > p->now)
      run_cycles(p, p->ack_at);
    p->irq_ctrlack = p->irq_ctrl;
    p->irq_status &= (uint8_t)~p->irq_ctrlack;
  }
  if (now_ps > p->now)
    run_cycles(p, now_ps);
}

uint64_t smmu_pmcg_next_time(const struct smmu_pmcg *p)
{
  uint64_t max = bits_low(p->config.counter_bits), least = UINT64_MAX;
  uint64_t mask = p->counting[SMMU_PMCG_CYCLE], left = UINT64_MAX / p->config.cycle_ps - p->ticks;

  for (; mask; mask &= mask - 1) {
    unsigned n = (unsigned)__builtin_ctzll(mask);
    bool tells = (p->inten >> n & 1 && p->irq_ctrl) || GET(PMCG_EVTYPER, OVFCAP, p->evtyper[n]);

    if (tells && max - p->counter[n] < least)
      least = max - p->counter[n];
  }
  if (least >= left)
    return UINT64_MAX;
  return (p->ticks + least + 1) * p->config.cycle_ps;
}

/* ---- counting ---- */

void pmcg_count(struct smmu_pmcg *p, unsigned event, struct pmcg_who who)
{
  uint64_t mask = p->counting[event];

  for (uint64_t left = events[event].filter ? mask : 0; left; left &= left - 1) {
    unsigned n = (unsigned)__builtin_ctzll(left);

    if (who.known ? !filter_passes(p, n, who.sid) : !filter_passes_all(p, n))
      mask &= ~(1ULL << n);
  }
  if (mask)
    add(p, mask, 1);
}

/* ---- what is always true ---- */

void smmu_pmcg_invariant(const struct smmu_pmcg *p)
{
  uint64_t max = bits_low(p->config.counter_bits), all = pmcg_all(p);
  struct smmu_pmcg fresh = *p;

  CHECK(((p->cnten | p->inten | p->ovs) & ~all) == 0);
  CHECK(p->cr <= 1 && p->irq_ctrl <= 1 && p->irq_ctrlack <= 1 && p->irq_status <= 1);
  CHECK(p->ticks == p->now / p->config.cycle_ps);
  CHECK(p->irq_ctrl == p->irq_ctrlack || p->ack_at > p->now);
  for (unsigned n = 0; n < SMMU_PMCG_COUNTERS; n++) {
    CHECK(p->counter[n] <= max && p->shadow[n] <= max);
    CHECK(n < p->config.counters || (p->counter[n] | p->evtyper[n] | p->smr[n]) == 0);
    CHECK(p->config.capture || p->shadow[n] == 0);
  }
  pmcg_refresh(&fresh);
  CHECK(memcmp(fresh.counting, p->counting, sizeof p->counting) == 0);
}

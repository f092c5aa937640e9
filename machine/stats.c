/* The figures of a result by name. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/device.h"
#include "machine/result.h"

struct teller {
  void (*each)(void *ctx, const struct machine_stat *stat);
  void *ctx;
};

__attribute__((format(printf, 4, 5))) static void tell(const struct teller *t, uint64_t value,
                                                       const char *what, const char *format, ...)
{
  char name[96];
  struct machine_stat stat = { .name = name, .what = what, .value = value };
  va_list args;

  va_start(args, format);
  vsnprintf(name, sizeof(name), format, args);
  va_end(args);
  t->each(t->ctx, &stat);
}

static void tell_series(const struct teller *t, const char *name, const struct machine_series *s)
{
  static const struct {
    const char *name, *what;
    unsigned permille;
  } percentile[] = { { "p50_ps", "half are not longer", 500 },
                     { "p90_ps", "9 of 10 are not longer", 900 },
                     { "p99_ps", "99 of 100 are not longer", 990 },
                     { "p999_ps", "999 of 1000 are not longer", 999 } };

  tell(t, s->count, "how many were measured", "%s.count", name);
  tell(t, machine_series_mean(s), "mean latency", "%s.mean_ps", name);
  tell(t, machine_series_std(s), "standard deviation", "%s.std_ps", name);
  tell(t, s->least, "shortest", "%s.min_ps", name);
  tell(t, s->most, "longest", "%s.max_ps", name);
  for (unsigned i = 0; i < sizeof(percentile) / sizeof(percentile[0]); i++)
    tell(t, machine_series_percentile(s, percentile[i].permille), percentile[i].what, "%s.%s", name,
         percentile[i].name);
}

static void tell_threads(const struct teller *t, const struct machine_result *r)
{
  char name[48];

  tell_series(t, "unmap", &r->all.unmap);
  tell_series(t, "map", &r->all.map);
  for (unsigned i = 0; i < r->threads; i++) {
    snprintf(name, sizeof(name), "thread%u.unmap", i);
    tell_series(t, name, &r->thread[i].unmap);
    snprintf(name, sizeof(name), "thread%u.map", i);
    tell_series(t, name, &r->thread[i].map);
  }
}

static void tell_ratio(const struct teller *t, uint64_t count, uint64_t unmaps, const char *name,
                       const char *what)
{
  char full[64];
  struct machine_stat stat = { .name = full, .what = what, .is_ratio = true };

  snprintf(full, sizeof(full), "per_unmap.%s", name);
  stat.value = unmaps ? (uint64_t)((unsigned __int128)count * 1000000 / unmaps) : 0;
  t->each(t->ctx, &stat);
}

static void tell_counts(const struct teller *t, const struct machine_counts *c)
{
  const struct {
    const char *name, *what;
    uint64_t count;
  } rows[] = {
    { "exits", "trapped register accesses of the guest", c->exits },
    { "exits_prod", "of them writes of CMDQ_PROD", c->exits_prod },
    { "exits_cons", "of them reads of CMDQ_CONS", c->exits_cons },
    { "exits_cmdqv", "of them accesses of the CMDQV", c->exits_cmdqv },
    { "exits_other", "the rest of them", c->exits_other },
    { "ioctls", "calls of iommufd", c->ioctls },
    { "invalidates", "of them HWPT_INVALIDATE", c->invalidates },
    { "guest_commands", "commands of the benchmark's driver, CMD_SYNC included",
      c->guest_commands },
    { "guest_syncs", "of them CMD_SYNC", c->guest_syncs },
    { "guest_tlbi", "of them TLBI", c->guest_tlbi },
    { "guest_atc_inv", "of them ATC_INV", c->guest_atc_inv },
    { "guest_submissions", "submissions they came in", c->guest_submissions },
    { "host_commands", "commands of the host's driver on a guest's behalf", c->host_commands },
    { "host_syncs", "of them CMD_SYNC", c->host_syncs },
    { "host_tlbi", "of them TLBI", c->host_tlbi },
    { "host_submissions", "submissions they came in", c->host_submissions },
    { "irqs", "interrupts injected into the guest", c->irqs },
    { "lock_taken", "times the VMM's lock was taken", c->lock_taken },
    { "lock_slept", "of them after sleeping", c->lock_slept },
    { "lock_moved", "of them from another CPU", c->lock_moved },
    { "iova_fast", "addresses from or to a CPU's magazine", c->iova_fast },
    { "iova_slow", "addresses from or to the tree", c->iova_slow },
  };

  tell(t, c->unmaps, "unmaps, warm-up included", "count.unmaps");
  tell(t, c->maps, "maps, warm-up included", "count.maps");
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    tell(t, rows[i].count, rows[i].what, "count.%s", rows[i].name);
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    tell_ratio(t, rows[i].count, c->unmaps, rows[i].name, rows[i].what);
}

static void tell_where(const struct teller *t, const struct machine_where *w)
{
  for (unsigned i = 0; i < PLAT_COST_COUNT; i++) {
    tell(t, w->cost[i].units, "units of it inside measured unmaps", "where.%s.units",
         plat_cost_key(i));
    tell(t, w->cost[i].ps, plat_cost_what(i), "where.%s.ps", plat_cost_key(i));
  }
  for (unsigned i = 0; i < PLAT_OP_COUNT; i++)
    tell(t, w->sleep[i].ps, "asleep inside measured unmaps, by the innermost operation",
         "where.asleep.%s.ps", plat_operation_name(i));
}

static void tell_use(const struct teller *t, const char *key, const struct timed_use *use)
{
  int length = 0;

  while (key[length])
    length++;
  length -= (int)sizeof("latency");
  tell(t, use->served, "asks served", "%.*s.served", length, key);
  tell(t, use->busy_ps, "from start to answer, summed", "%.*s.busy_ps", length, key);
  tell(t, use->waited_ps, "asks waited for a slot or the interval", "%.*s.waited_ps", length, key);
}

static void tell_device(const struct teller *t, const struct machine_result *r)
{
  tell(t, r->device.steps, "steps of the SMMU's actors", "smmu.steps");
  tell(t, r->device.reads, "memory reads of the SMMU", "smmu.reads");
  tell(t, r->device.writes, "memory writes of the SMMU", "smmu.writes");
  for (unsigned i = 1; i < SMMU_STAGE_COUNT; i++)
    tell_use(t, machine_key_at(machine_stage_latency_key(i))->name, &r->device.stage[i]);
  tell_use(t, machine_key_at(MACHINE_KEY_READ_LATENCY)->name, &r->device.read);
  tell_use(t, machine_key_at(MACHINE_KEY_WRITE_LATENCY)->name, &r->device.write);
}

/* ---- counter groups ---- */

void machine_pmcg_group_name(unsigned group, char *text, size_t len)
{
  if (group == 0)
    snprintf(text, len, "smmu");
  else
    snprintf(text, len, "tbu%u", group - 1);
}

const char *machine_pmcg_event_name(unsigned event)
{
  static const char *const names[] = {
    "cycle",       "transaction",        "tlb_miss",     "config_miss",
    "walk_access", "config_access",      "ats_request",  "ats_translated",
    "utlb_hit",    "utlb_miss",          "main_tlb_hit", "main_tlb_miss",
    "walk_s1_hit", "walk_s2_hit",        "walk_ipa_hit", "config_hit",
    "record",      "record_lost",        "command",      "sync",
    "invalidated", "config_invalidated", "evicted",      "terminated",
  };
  _Static_assert(sizeof(names) / sizeof(names[0]) == SMMU_PMCG_EVENTS, "the list of smmu/pmcg.h");

  return event < SMMU_PMCG_EVENTS ? names[event] : "?";
}

static void tell_pmcg(const struct teller *t, const struct machine_pmcg_counts *c)
{
  char group[16];

  for (unsigned g = 0; g < c->groups; g++) {
    machine_pmcg_group_name(g, group, sizeof(group));
    for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
      if (c->counted[g][e])
        tell(t, c->count[g][e], smmu_pmcg_event_text(e), "pmcg.%s.%s", group,
             machine_pmcg_event_name(e));
    }
  }
}

void machine_result_each(const struct machine_result *result,
                         void (*each)(void *ctx, const struct machine_stat *stat), void *ctx)
{
  struct teller t = { .each = each, .ctx = ctx };

  tell(&t, result->time_ps, "simulated time of the turns", "sim.time_ps");
  tell(&t, result->records, "things that happened", "sim.records");
  tell(&t, result->hash, "hash of all of them in their order", "sim.hash");
  tell_threads(&t, result);
  tell_counts(&t, &result->counts);
  tell_where(&t, &result->where);
  if (result->has_device)
    tell_device(&t, result);
  tell_pmcg(&t, &result->pmcg);
}

void machine_result_free(struct machine_result *result)
{
  free(result->thread);
  result->thread = NULL;
}

/* A run for people: latencies, counts, where the time went. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/machine_words.h"
#include "tools/ui.h"

enum { ROWS_MOST = 12, THREADS_SHOWN = 8 };

static double us(uint64_t ps)
{
  return (double)ps / 1e6;
}

static void print_series(const char *name, const struct machine_series *s)
{
  printf("  %-10s %10.3f %10.3f %10.3f %10.3f %10.3f %10.3f %10llu\n", name,
         us(machine_series_mean(s)), us(machine_series_std(s)), us(s->least),
         us(machine_series_percentile(s, 500)), us(machine_series_percentile(s, 990)), us(s->most),
         (unsigned long long)s->count);
}

static void print_latencies(const struct machine_result *r)
{
  char name[24];

  ui_put(UI_HEAD, "latency in us %13s %10s %10s %10s %10s %10s %9s\n", "mean", "deviation",
         "shortest", "half", "99 %", "longest", "turns");
  print_series("unmap", &r->all.unmap);
  for (unsigned i = 0; r->threads > 1 && i < r->threads && i < THREADS_SHOWN; i++) {
    snprintf(name, sizeof(name), "  thread %u", i);
    print_series(name, &r->thread[i].unmap);
  }
  if (r->threads > THREADS_SHOWN)
    printf("    and %u threads more\n", r->threads - THREADS_SHOWN);
  print_series("map", &r->all.map);
}

static void print_counts(const struct machine_counts *c)
{
  const struct {
    const char *what;
    uint64_t count;
  } rows[] = { { "exits", c->exits },
               { "ioctls", c->ioctls },
               { "commands", c->guest_commands },
               { "CMD_SYNC", c->guest_syncs },
               { "commands of the host for it", c->host_commands },
               { "CMD_SYNC of the host", c->host_syncs } };

  ui_put(UI_HEAD, "per unmap");
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    printf("%s %s %.4g", i ? "," : " ", rows[i].what,
           c->unmaps ? (double)rows[i].count / (double)c->unmaps : 0.0);
  putchar('\n');
}

/* ---- where the time went ---- */

struct row {
  uint64_t ps, units;
  char name[32];
  const char *what;
};

static int by_time(const void *a, const void *b)
{
  const struct row *x = a, *y = b;

  if (x->ps != y->ps)
    return x->ps < y->ps ? 1 : -1;
  return strcmp(x->name, y->name);
}

static const char *why_asleep(unsigned operation)
{
  switch (operation) {
  case PLAT_OP_SYNC_WAIT: return "asleep until CMD_SYNC had completed";
  case PLAT_OP_OWNER_WAIT: return "asleep until the submissions before were published";
  case PLAT_OP_LOCK_WAIT: return "asleep on a lock";
  default: return "asleep";
  }
}

static unsigned collect(const struct machine_where *w, struct row *row)
{
  unsigned count = 0;

  for (unsigned i = 0; i < PLAT_COST_COUNT; i++) {
    if (w->cost[i].ps == 0)
      continue;
    row[count] = (struct row){ .ps = w->cost[i].ps, .units = w->cost[i].units };
    row[count].what = plat_cost_what(i);
    snprintf(row[count++].name, sizeof(row->name), "%s", plat_cost_key(i));
  }
  for (unsigned i = 0; i < PLAT_OP_COUNT; i++) {
    if (w->sleep[i].ps == 0)
      continue;
    row[count] = (struct row){ .ps = w->sleep[i].ps, .units = w->sleep[i].units };
    row[count].what = why_asleep(i);
    snprintf(row[count++].name, sizeof(row->name), "(%s)", plat_operation_name(i));
  }
  qsort(row, count, sizeof(*row), by_time);
  return count;
}

static void print_where(const struct machine_result *r)
{
  struct row row[PLAT_COST_COUNT + PLAT_OP_COUNT];
  unsigned count = collect(&r->where, row);
  uint64_t total = r->all.unmap.sum, turns = r->all.unmap.count, rest = 0;

  if (total == 0)
    return;
  ui_put(UI_HEAD, "where an unmap's time goes %11s %7s %7s\n", "us", "share", "units");
  for (unsigned i = 0; i < count; i++) {
    if (i >= ROWS_MOST) {
      rest += row[i].ps;
      continue;
    }
    printf("  %-24s %11.3f %5.1f %% %7.4g  ", row[i].name, us(row[i].ps) / (double)turns,
           100.0 * (double)row[i].ps / (double)total, (double)row[i].units / (double)turns);
    ui_wrap(56, 56, row[i].what);
  }
  if (rest)
    printf("  %-24s %11.3f %5.1f %%\n", "everything else", us(rest) / (double)turns,
           100.0 * (double)rest / (double)total);
}

static void print_locks(const struct machine_counts *c)
{
  if (c->lock_taken == 0)
    return;
  printf("the VMM's lock was taken %s times, after sleeping %s, from another CPU %s\n",
         ui_count(c->lock_taken), ui_count(c->lock_slept), ui_count(c->lock_moved));
}

static void print_device(const struct machine_result *r)
{
  const struct timed_use *sync = &r->device.stage[SMMU_STAGE_SYNC];
  const struct timed_use *sweep = &r->device.stage[SMMU_STAGE_INVALIDATE];

  if (!r->has_device)
    return;
  printf("the SMMU read %s words, swept caches %s times (waited %.3f us in all), completed %s "
         "CMD_SYNC\n",
         ui_count(r->device.reads), ui_count(sweep->served), us(sweep->waited_ps),
         ui_count(sync->served));
}

/* ---- counter groups ---- */

static void print_pmcg(const struct machine_pmcg_counts *c)
{
  char name[16];

  if (c->groups == 0)
    return;
  ui_put(UI_HEAD, "counters over all turns      ");
  for (unsigned g = 0; g < c->groups; g++) {
    machine_pmcg_group_name(g, name, sizeof(name));
    ui_put(UI_HEAD, " %11s", name);
  }
  putchar('\n');
  for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
    if (!c->counted[0][e])
      continue;
    printf("  0x%02x %-22s", smmu_pmcg_event_number(e), machine_pmcg_event_name(e));
    for (unsigned g = 0; g < c->groups; g++) {
      if (c->counted[g][e])
        printf(" %11llu", (unsigned long long)c->count[g][e]);
      else
        printf(" %11s", "-");
    }
    putchar('\n');
  }
}

void machine_print_summary(const struct machine_config *cfg, const struct machine_result *result)
{
  char queue[24], granule[24];

  machine_value_print(MACHINE_KEY_QUEUE, machine_get(cfg, MACHINE_KEY_QUEUE), queue, sizeof(queue));
  machine_value_print(MACHINE_KEY_GRANULE, machine_get(cfg, MACHINE_KEY_GRANULE), granule,
                      sizeof(granule));
  if (cfg->about[0])
    ui_wrap(0, 0, cfg->about);
  printf("%u thread%s of %s, queue %s, profile %s, seed %llu; %.3f ms simulated\n\n",
         result->threads, result->threads == 1 ? "" : "s", granule, queue, cfg->profile,
         (unsigned long long)machine_get(cfg, MACHINE_KEY_SEED), (double)result->time_ps / 1e9);
  print_latencies(result);
  print_counts(&result->counts);
  print_where(result);
  print_locks(&result->counts);
  print_device(result);
  print_pmcg(&result->pmcg);
}

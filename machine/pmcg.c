/* See pmcg.h. */
#include "machine/pmcg.h"

#include "machine/device.h"
#include "machine/world.h"

/* As many as there are events, and a few more. */
enum { COUNTERS = 32 };
_Static_assert((int)SMMU_PMCG_EVENTS <= COUNTERS, "a counter for each event");

static const struct {
  uint16_t number;
  bool tbu;
} events[SMMU_PMCG_EVENTS] = {
#define X(name, number, filter, tbu, text) { number, tbu },
  SMMU_PMCG_EVENT_LIST(X)
#undef X
};

unsigned machine_pmcg_groups(const struct machine_config *cfg)
{
  return machine_get(cfg, MACHINE_KEY_PMCG) ? 1 + (unsigned)machine_get(cfg, MACHINE_KEY_TBUS) : 0;
}

void machine_pmcg_configs(const struct machine_config *cfg, const struct smmu_config *device,
                          struct smmu_pmcg_config *out)
{
  unsigned groups = machine_pmcg_groups(cfg);

  for (unsigned i = 0; i < groups; i++) {
    smmu_pmcg_config_neutral(&out[i], device, i == 0 ? SMMU_PMCG_WHOLE : i - 1);
    out[i].counters = COUNTERS;
  }
}

/* Every event that the group has: the maps tell of architected ones, the list of ours. */
static int start_group(struct machine_group *g, bool whole)
{
  int err = 0;

  for (unsigned e = 0; e < SMMU_PMCG_EVENTS && !err; e++) {
    struct drv_pmcg_event event = { .number = events[e].number };
    uint64_t map = drv_pmcg_get_features(g->drv)->events[0];
    bool there = events[e].number < 64 ? map >> events[e].number & 1 : whole || events[e].tbu;

    g->counter[e] = COUNTERS;
    if (there)
      err = drv_pmcg_add(g->drv, &event, &g->counter[e]);
  }
  return err;
}

/* Group n has line `line` + n. 0 or a negative errno value. All events of each group count from here
 * on. */
static int start(struct machine_pmcg *m, const struct plat *plat, unsigned line)
{
  int err = 0;

  for (unsigned i = 0; i < m->groups && !err; i++) {
    struct drv_pmcg_options options = { .page0 = PLAT_PMCG_BASE + i * (uint64_t)SMMU_PMCG_SPAN,
                                        .line = line + i };

    err = drv_pmcg_probe(&m->group[i].drv, plat, &options);
    if (!err)
      err = start_group(&m->group[i], i == 0);
  }
  for (unsigned i = 0; i < m->groups && !err; i++)
    err = drv_pmcg_enable(m->group[i].drv);
  m->tally.active = !err;
  return err;
}

/* They stop, are read, and are given up. */
static void stop(struct machine_pmcg *m, struct machine_pmcg_counts *out)
{
  m->tally.active = false;
  for (unsigned i = 0; i < m->groups && m->group[i].drv; i++)
    drv_pmcg_disable(m->group[i].drv);
  for (unsigned i = 0; i < m->groups && m->group[i].drv; i++) {
    struct machine_group *g = &m->group[i];

    for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
      out->counted[i][e] = g->counter[e] < COUNTERS;
      out->count[i][e] = out->counted[i][e] ? drv_pmcg_read(g->drv, g->counter[e]) : 0;
      out->tally[i][e] = m->tally.count[i][e];
    }
    drv_pmcg_remove(g->drv);
    g->drv = NULL;
  }
  out->groups = m->groups;
}

/* ---- as programs on the host ---- */

static void start_on_host(void *world)
{
  struct machine_world *w = world;

  w->error = start(&w->pmcg, plat_board_host(w->board), MACHINE_PMCG_LINE);
  if (w->error)
    w->step = "starting the counters";
}

static void stop_on_host(void *world)
{
  struct machine_world *w = world;

  stop(&w->pmcg, w->counts);
}

int machine_world_start_pmcg(struct machine_world *w)
{
  return w->pmcg.groups ? machine_world_on_host(w, start_on_host) : SMMU_OK;
}

int machine_world_stop_pmcg(struct machine_world *w, struct machine_pmcg_counts *counts)
{
  w->counts = counts;
  return w->pmcg.groups ? machine_world_on_host(w, stop_on_host) : SMMU_OK;
}

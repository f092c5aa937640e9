/* See pmcg_group.h. IHI 0070: 10.2, 10.2.1 (interrupts), 10.5. IMPDEF: an MSI is written the moment
 * the counter overflows, and the wired output makes its edge behind it; both, where there is an
 * address. */
#include "engine/pmcg_group.h"

#include <stdlib.h>

#include "util/bits.h"

enum { GROUPS_MOST = 65 }; /* the whole SMMU, and 64 TBUs */

int pmcg_groups_create(struct pmcg_groups **out, const struct smmu_pmcg_config *configs,
                       unsigned count, const struct engine_bus *bus)
{
  struct pmcg_groups *g;
  int rc = SMMU_OK;

  *out = NULL;
  if (count < 1 || count > GROUPS_MOST)
    return SMMU_ERR_BADCFG;
  g = calloc(1, sizeof *g);
  if (!g)
    return SMMU_ERR_NOMEM;
  g->bus = *bus;
  g->count = count;
  g->group = calloc(count, sizeof *g->group);
  if (!g->group)
    rc = SMMU_ERR_NOMEM;
  for (unsigned i = 0; i < count && rc == SMMU_OK; i++)
    rc = smmu_pmcg_init(&g->group[i], &configs[i]);
  if (rc != SMMU_OK)
    pmcg_groups_destroy(g);
  else
    *out = g;
  return rc;
}

void pmcg_groups_destroy(struct pmcg_groups *g)
{
  if (g)
    free(g->group);
  free(g);
}

void pmcg_groups_record(struct pmcg_groups *g, const struct smmu_record *record)
{
  for (unsigned i = 0; i < g->count; i++)
    smmu_pmcg_record(&g->group[i], record);
}

uint64_t pmcg_groups_read(struct pmcg_groups *g, uint64_t offset, unsigned bytes, uint64_t now)
{
  uint64_t i = offset / SMMU_PMCG_SPAN;

  return i < g->count ? smmu_pmcg_read(&g->group[i], offset % SMMU_PMCG_SPAN, bytes, now) : 0;
}

void pmcg_groups_write(struct pmcg_groups *g, uint64_t offset, uint64_t value, unsigned bytes,
                       uint64_t now)
{
  uint64_t i = offset / SMMU_PMCG_SPAN;

  if (i < g->count)
    smmu_pmcg_write(&g->group[i], offset % SMMU_PMCG_SPAN, value, bytes, now);
}

uint64_t pmcg_groups_next_time(const struct pmcg_groups *g)
{
  uint64_t first = ENGINE_NEVER;

  for (unsigned i = 0; i < g->count; i++) {
    uint64_t time = smmu_pmcg_next_time(&g->group[i]);

    first = time < first ? time : first;
  }
  return first;
}

void pmcg_groups_advance(struct pmcg_groups *g, uint64_t now)
{
  for (unsigned i = 0; i < g->count; i++)
    smmu_pmcg_advance(&g->group[i], now);
}

static void send(struct pmcg_groups *g, struct smmu_pmcg *p, const struct smmu_pmcg_irq *irq)
{
  uint64_t word = irq->data, extra = 0;

  if (irq->msi && !g->bus.write(g->bus.ctx, irq->addr, &word, 4, &extra))
    smmu_pmcg_msi_aborted(p);
}

void pmcg_groups_deliver(struct pmcg_groups *g, uint64_t now)
{
  struct smmu_pmcg_irq irq;

  for (unsigned i = 0; i < g->count; i++) {
    if (!smmu_pmcg_take_irq(&g->group[i], &irq))
      continue;
    send(g, &g->group[i], &irq);
    if (g->signal)
      g->signal(g->ctx, i, now);
  }
}

/* The device that the benchmark maps for: one stream, one access after the other. With ATS it keeps
 * translations of its own (smmu/endpoint.h), asks only for what it has not, and forgets when it is
 * told to. */
#include "machine/world.h"

enum { PAGE_LOG2 = 12, ATC_ENTRIES = ENDPOINT_ENTRIES_MAX };

static enum engine_answer receive(void *ctx, const struct smmu_message *message, uint64_t time,
                                  uint64_t *delay_ps)
{
  (void)time;
  (void)delay_ps;
  return endpoint_receive(ctx, message);
}

void machine_dma_init(struct machine_world *w)
{
  const struct engine_endpoint endpoint = { .ctx = &w->endpoint, .receive = receive };

  endpoint_init(&w->endpoint, MACHINE_HOST_SID, ATC_ENTRIES);
  plat_board_set_endpoint(w->board, &endpoint);
}

void machine_dma_set_ats(void *world, bool on)
{
  ((struct machine_world *)world)->ats = on;
}

/* False: refused. */
static bool access_by_ats(struct machine_world *w, uint64_t iova, bool write)
{
  const struct endpoint_access a = { .addr = iova, .write = write };
  struct smmu_txn txn;
  struct smmu_result result;

  if (endpoint_next(&w->endpoint, &a, &txn) == ENDPOINT_REQUEST) {
    plat_board_translate(w->board, &txn, &result);
    if (!endpoint_completed(&w->endpoint, &a, &result))
      return false;
    (void)endpoint_next(&w->endpoint, &a, &txn);
  }
  plat_board_translate(w->board, &txn, &result);
  return result.status == SMMU_STATUS_OK;
}

static bool access_untranslated(struct machine_world *w, uint64_t iova, bool write)
{
  struct smmu_txn txn = { .addr = iova, .sid = MACHINE_HOST_SID, .write = write };
  struct smmu_result result;

  plat_board_translate(w->board, &txn, &result);
  return result.status == SMMU_STATUS_OK;
}

unsigned machine_dma_access(void *world, uint64_t iova, unsigned pages, bool write)
{
  struct machine_world *w = world;
  unsigned refused = 0;

  for (unsigned i = 0; i < pages; i++) {
    uint64_t at = iova + ((uint64_t)i << PAGE_LOG2);

    refused += !(w->ats ? access_by_ats(w, at, write) : access_untranslated(w, at, write));
  }
  return refused;
}

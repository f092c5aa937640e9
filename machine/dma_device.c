/* The device that the benchmark maps for: one stream, one access after the other, each round by
 * another TBU. With ATS it keeps translations of its own (smmu/endpoint.h), asks only for what it has
 * not, and forgets when it is told to. */
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
static bool access_by_ats(struct machine_world *w, uint64_t iova, bool write, uint16_t tbu)
{
  const struct endpoint_access a = { .addr = iova, .write = write };
  struct smmu_txn txn;
  struct smmu_result result;

  if (endpoint_next(&w->endpoint, &a, &txn) == ENDPOINT_REQUEST) {
    txn.tbu = tbu;
    plat_board_translate(w->board, &txn, &result);
    if (!endpoint_completed(&w->endpoint, &a, &result))
      return false;
    (void)endpoint_next(&w->endpoint, &a, &txn);
  }
  txn.tbu = tbu;
  plat_board_translate(w->board, &txn, &result);
  return result.status == SMMU_STATUS_OK;
}

static bool access_untranslated(struct machine_world *w, uint64_t iova, bool write, uint16_t tbu)
{
  struct smmu_txn txn = { .addr = iova, .sid = MACHINE_HOST_SID, .write = write, .tbu = tbu };
  struct smmu_result result;

  plat_board_translate(w->board, &txn, &result);
  return result.status == SMMU_STATUS_OK;
}

unsigned machine_dma_access(void *world, uint64_t iova, unsigned pages, bool write)
{
  struct machine_world *w = world;
  uint64_t rounds = machine_get(w->cfg, MACHINE_KEY_DMA_ROUNDS);
  unsigned refused = 0;

  for (uint64_t i = 0; i < rounds * pages; i++) {
    uint16_t tbu = (uint16_t)(i / pages % machine_get(w->cfg, MACHINE_KEY_TBUS));
    uint64_t at = iova + (i % pages << PAGE_LOG2);

    refused +=
      !(w->ats ? access_by_ats(w, at, write, tbu) : access_untranslated(w, at, write, tbu));
  }
  return refused;
}

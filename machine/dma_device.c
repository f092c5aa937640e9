/* The device that the benchmark maps for: one stream, one access after the other, each round by
 * another TBU. */
#include "machine/world.h"

enum { PAGE_LOG2 = 12 };

void machine_dma_set_ats(void *world, bool on)
{
  ((struct machine_world *)world)->ats = on;
}

unsigned machine_dma_access(void *world, uint64_t iova, unsigned pages, bool write)
{
  struct machine_world *w = world;
  uint64_t rounds = machine_get(w->cfg, MACHINE_KEY_DMA_ROUNDS);
  unsigned refused = 0;

  for (uint64_t i = 0; i < rounds * pages; i++) {
    struct smmu_txn txn = { .addr = iova + (i % pages << PAGE_LOG2),
                            .sid = MACHINE_HOST_SID,
                            .tbu = (uint16_t)(i / pages % machine_get(w->cfg, MACHINE_KEY_TBUS)),
                            .write = write };
    struct smmu_result result;

    plat_board_translate(w->board, &txn, &result);
    refused += result.status != SMMU_STATUS_OK;
  }
  return refused;
}

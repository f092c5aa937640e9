/* The device that the benchmark maps for: one stream, one access after the other. */
#include "machine/world.h"

enum { PAGE_LOG2 = 12 };

void machine_dma_set_ats(void *world, bool on)
{
  ((struct machine_world *)world)->ats = on;
}

unsigned machine_dma_access(void *world, uint64_t iova, unsigned pages, bool write)
{
  struct machine_world *w = world;
  unsigned refused = 0;

  for (unsigned i = 0; i < pages; i++) {
    struct smmu_txn txn = { .addr = iova + ((uint64_t)i << PAGE_LOG2),
                            .sid = MACHINE_HOST_SID,
                            .write = write };
    struct smmu_result result;

    plat_board_translate(w->board, &txn, &result);
    refused += result.status != SMMU_STATUS_OK;
  }
  return refused;
}

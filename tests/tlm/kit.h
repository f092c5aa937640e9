/* Board A for the rig, which is C: host.c makes a struct rig_host of it. */
#ifndef TESTS_TLM_KIT_H
#define TESTS_TLM_KIT_H

#include "smmu/engine.h"
#include "smmu/timed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in_step: DMA is done by a thread and waits; else it runs ahead of the simulation. */
int kit_start(const struct smmu_config *config, const struct timed_profile *profile, uint64_t seed,
              struct engine_memory *memory, bool in_step,
              void (*signal)(void *ctx, enum smmu_signal line), void *ctx);
void kit_stop(void);
struct engine_timed *kit_engine(void);
int kit_translate(const struct smmu_txn *txn, struct smmu_result *out);
uint64_t kit_mmio_read(uint64_t offset, unsigned bytes);
void kit_mmio_write(uint64_t offset, uint64_t value, unsigned bytes);
uint64_t kit_cmdqv_read(uint64_t offset, unsigned bytes);
void kit_cmdqv_write(uint64_t offset, uint64_t value, unsigned bytes);
void kit_run(void);

#ifdef __cplusplus
}
#endif
#endif

/* Engines: who answers the core's asks.
 *
 *   now      every ask is answered at once from memory: functional replay, unit tests, tools
 *   timed    every ask takes its time, in picoseconds (timed.h)
 *   explore  every order of every actor (explore.h)
 *
 * Memory belongs to the caller and may be shared by several devices; it is the only thing an engine
 * and its caller share. */
#ifndef SMMU_ENGINE_H
#define SMMU_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smmu/dvm.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Memory: sparse, byte addressed, 2^52 bytes, little-endian words ---- */

struct engine_memory;

/* What lies at addresses nothing was stored to. */
enum engine_memory_hole {
  ENGINE_HOLE_ZERO, /* reads as zero, can be written */
  ENGINE_HOLE_ABORT /* external abort, unless inside a range given to engine_memory_add_range() */
};

int engine_memory_create(struct engine_memory **out, enum engine_memory_hole hole);
void engine_memory_destroy(struct engine_memory *m);
/* [base, base + bytes) becomes accessible, zero where never stored. Needed only with
 * ENGINE_HOLE_ABORT. */
int engine_memory_add_range(struct engine_memory *m, uint64_t base, uint64_t bytes);
/* The same, and its bytes are one block at *out, the memory's own, for software that stores by pointer.
 * Whole pages of 4 KB that nothing was stored to. 0, SMMU_ERR_BADARG or SMMU_ERR_NOMEM. Stores through
 * the pointer are not in the undo log. */
int engine_memory_add_flat(struct engine_memory *m, uint64_t base, uint64_t bytes, void **out);
/* From now on accesses that touch [base, base + bytes) abort; with on = false they no longer do. 0;
 * SMMU_ERR_LIMIT for a 17th range; SMMU_ERR_BADARG to end a range that was not begun exactly so. */
int engine_memory_inject_abort(struct engine_memory *m, uint64_t base, uint64_t bytes, bool on);
/* Naturally aligned access of 1, 2, 4, 8, 16, 32 or 64 bytes; false is an external abort. */
bool engine_memory_read(const struct engine_memory *m, uint64_t addr, void *bytes, size_t len);
bool engine_memory_write(struct engine_memory *m, uint64_t addr, const void *bytes, size_t len);
/* Aligned words. load gives 0 where the access would abort. */
uint64_t engine_memory_load64(const struct engine_memory *m, uint64_t addr);
bool engine_memory_store64(struct engine_memory *m, uint64_t addr, uint64_t value);
/* Compare and swap of an aligned word: *found is what was there, and desired is stored when that was
 * expected. False is an external abort. */
bool engine_memory_swap64(struct engine_memory *m, uint64_t addr, uint64_t expected,
                          uint64_t desired, uint64_t *found);
/* Undo log, for engines that go back: mark returns a position, rewind restores every word stored
 * since. */
size_t engine_memory_undo_mark(struct engine_memory *m);
void engine_memory_undo_rewind(struct engine_memory *m, size_t mark);
/* Order-independent 128-bit hash of all words stored since the first undo mark that differ from
 * what they were then. */
void engine_memory_hash(const struct engine_memory *m, uint64_t hash[2]);

/* ---- Endpoints: devices that the SMMU sends messages to ---- */

/* How one answers an ATC_INV. */
enum engine_answer {
  ENGINE_ANSWER_DONE,
  ENGINE_ANSWER_UNSUPPORTED, /* Unsupported Request: completes as well */
  ENGINE_ANSWER_NEVER,       /* a timeout; in `now`, where there is no time, at once */
  ENGINE_ANSWER_LATER        /* by engine_..._answer() */
};

/* Called when a message arrives, with the time (0 in `now`). What it returns counts for ATC_INV
 * alone; *delay_ps (0 when called) passes before the answer leaves. It must not move the device;
 * endpoint.h has a device that can stand behind it. Without one ATC_INV is answered with
 * Unsupported Request at once. */
struct engine_endpoint {
  void *ctx;
  enum engine_answer (*receive)(void *ctx, const struct smmu_message *m, uint64_t time,
                                uint64_t *delay_ps);
  uint64_t timeout_ps; /* `timed`: until an answer that does not come is a timeout; 0: for ever */
};

/* ---- now ---- */

struct engine_now;

struct engine_now_stats {
  uint64_t steps, reads, writes;
  uint64_t translations, fast_hits; /* fast_hits: answered by smmu_try_hit() */
  uint64_t signals[SMMU_SIGNAL_COUNT];
};

/* The device is created from cfg and owned by the engine; memory stays the caller's. */
int engine_now_create(struct engine_now **out, const struct smmu_config *cfg,
                      struct engine_memory *memory);
void engine_now_destroy(struct engine_now *e);
struct smmu *engine_now_device(struct engine_now *e);
/* hooks may be NULL; must outlive the engine or be replaced. */
void engine_now_set_hooks(struct engine_now *e, const struct smmu_hooks *hooks);
/* Called at each interrupt or event output. The callback may access registers and memory of this
 * engine; a translation from inside it is not allowed. */
void engine_now_set_signal(struct engine_now *e, void (*signal)(void *ctx, enum smmu_signal line),
                           void *ctx);
/* NULL: nobody. Copied. */
void engine_now_set_endpoint(struct engine_now *e, const struct engine_endpoint *endpoint);
/* The answer that ENGINE_ANSWER_LATER promised, status is an enum smmu_endpoint_status; the device
 * comes to rest. 0, or SMMU_ERR_BADARG: this tag waits for none. */
int engine_now_answer(struct engine_now *e, uint32_t tag, unsigned status);
/* A Page Request of an endpoint, see smmu_pri_request(); the device comes to rest. */
int engine_now_pri_request(struct engine_now *e, const struct smmu_pri *p);
/* fast = false: every transaction is stepped, smmu_try_hit() is never used. Default true. */
void engine_now_set_fast(struct engine_now *e, bool fast);
/* seed 0: PICK takes the core's hint (least recently used way), actors move in index order.
 * Otherwise both follow the seed. */
void engine_now_set_seed(struct engine_now *e, uint64_t seed);

/* A CPU's broadcast (dvm.h); the device comes to rest, so a sync has completed when this returns. 0, or
 * SMMU_ERR_BADARG as smmu_dvm_submit(). */
int engine_now_dvm(struct engine_now *e, const struct smmu_dvm *op);
/* Translate; what the transaction started (an event record, its interrupt) comes to rest before
 * this returns. 0, SMMU_ERR_BADARG (TBU or kind out of range), SMMU_ERR_NOSLOT (every slot is held
 * by a transaction that has stalled) or SMMU_ERR_NOMEM.
 *
 * A transaction that stalls gives SMMU_STATUS_STALLED: it keeps its slot until software resumes or
 * terminates it, and then comes out of engine_now_poll() under engine_now_last_ticket(). */
int engine_now_translate(struct engine_now *e, const struct smmu_txn *txn, struct smmu_result *out);
uint64_t engine_now_last_ticket(const struct engine_now *e);
/* The same, without an answer: it is polled, at once or when a stall is over. Tickets are never
 * reused. */
int engine_now_submit(struct engine_now *e, const struct smmu_txn *txn, uint64_t *ticket);

struct engine_now_done {
  uint64_t ticket;
  struct smmu_result result;
};

/* The oldest completion that was not polled yet; false when there is none. Kept until polled. */
bool engine_now_poll(struct engine_now *e, struct engine_now_done *out);
/* Register access followed by engine_now_run(). */
uint64_t engine_now_mmio_read(struct engine_now *e, uint64_t offset, unsigned bytes);
void engine_now_mmio_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes);
uint64_t engine_now_cmdqv_read(struct engine_now *e, uint64_t offset, unsigned bytes);
void engine_now_cmdqv_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes);
/* Counter groups (pmcg.h), 1..65, to be given once and first. They see every record from here on,
 * with hooks or without. 0, SMMU_ERR_BADCFG, SMMU_ERR_BADARG (given before), SMMU_ERR_NOMEM. */
int engine_now_set_pmcgs(struct engine_now *e, const struct smmu_pmcg_config *configs,
                         unsigned count);
/* Called at an overflow that interrupts, when the device has come to rest; the MSI has been written.
 * As with the other callback, registers and memory are open to it. */
void engine_now_set_pmcg_signal(struct engine_now *e,
                                void (*signal)(void *ctx, unsigned group, uint64_t time),
                                void *ctx);
/* Register access: group n is at n * SMMU_PMCG_SPAN. */
uint64_t engine_now_pmcg_read(struct engine_now *e, uint64_t offset, unsigned bytes);
void engine_now_pmcg_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes);
/* For their clocks: it is `time` now, 0 at first. What they do until then is done; times that lie
 * back do nothing. */
void engine_now_set_time(struct engine_now *e, uint64_t time);
/* When one of them next interrupts or captures by its clock alone; UINT64_MAX: never. */
uint64_t engine_now_pmcg_next_time(const struct engine_now *e);
/* NULL: no such group. For looking at. */
const struct smmu_pmcg *engine_now_pmcg(const struct engine_now *e, unsigned group);
/* Step whatever can move until nothing can. 0, or SMMU_ERR_LIMIT after max_steps (0: no limit). */
int engine_now_run(struct engine_now *e, uint64_t max_steps);
void engine_now_get_stats(const struct engine_now *e, struct engine_now_stats *out);

#ifdef __cplusplus
}
#endif
#endif

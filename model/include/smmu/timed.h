/* Engine `timed`: the same core, with a clock.
 *
 * A library that is driven from outside: whoever owns the clock (a scheduler of CPUs, SystemC, a
 * test) asks for the time of the next thing that will happen, lets the device run up to a time of
 * its choice, and acts on the device in between. All times are picoseconds since creation.
 *
 *   engine_timed_create(&e, &opt);
 *   engine_timed_mmio_write(e, OFF_CMDQ_PROD, 3, 4);           happens at engine_timed_now(e)
 *   engine_timed_submit(e, &txn, &ticket);
 *   while ((t = engine_timed_next_time(e)) != ENGINE_NEVER)
 *     engine_timed_run_until(e, t);
 *   while (engine_timed_poll(e, &done)) ...
 *
 * How long things take is data (struct timed_profile): each stage the core names is a resource with
 * slots, a latency and an interval. An ask that arrives takes the first free slot, no sooner than
 * `interval` after the last start; it is answered `latency` later and holds its slot until then. A
 * bus access passes its stage and then the memory resource, and holds its slot of the stage for
 * both. Requests are served in order of arrival. A choice (PICK) takes no time.
 *
 * A bus access takes effect at the end of its latency, in the moment in which it is answered: reads
 * see what is stored until then, writes are seen from then on. Access, answer and step are then one
 * moment, as in `explore`, and every run is one of the orders that engine visits.
 *
 * Events of one picosecond happen in order of arrival (seed 0), or in an order drawn from the seed;
 * the same seed gives the same run. Transactions that wait for room in the event buffer arrive there
 * in the order in which they began to wait. Victims are the core's hint with seed 0, else drawn too.
 *
 * Two things are left to the caller. A callback that gives the device new work each time it is
 * called, under a profile in which nothing takes time, never comes to an end. The device may be
 * read by engine_timed_device(), and be programmed or stepped by hand only when nothing is queued;
 * call run_until() next. */
#ifndef SMMU_TIMED_H
#define SMMU_TIMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smmu/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENGINE_NEVER UINT64_MAX

/* One resource. slots 0: nothing is held, nobody waits; the latency counts. */
struct timed_resource {
  uint32_t slots; /* how many at a time, 0..64 */
  uint32_t reserved;
  uint64_t latency_ps;  /* from start to answer */
  uint64_t interval_ps; /* between two starts; 0 where slots is 0 */
};

struct timed_profile {
  struct timed_resource stage[SMMU_STAGE_COUNT];
  struct timed_resource read, write; /* the way to memory and back */
};

/* engine/profile.def: a neutral device, no product measured. */
void timed_profile_neutral(struct timed_profile *p);
/* Nothing takes time: everything happens in the picosecond it was asked for. */
void timed_profile_zero(struct timed_profile *p);
/* 0, or SMMU_ERR_BADCFG and one sentence in why (which may be NULL): slots out of range, a latency
 * or interval above one second, an interval without slots. */
int timed_profile_check(const struct timed_profile *p, char *why, size_t why_len);

/* Where the device's bus accesses go. The functions work like engine_memory_read() and
 * engine_memory_write(), at the time when the access takes effect. *extra_ps (0 when called, at
 * most one second, CHECKed) delays the answer, and the access holds its slots so much longer. */
struct engine_bus {
  void *ctx;
  bool (*read)(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps);
  bool (*write)(void *ctx, uint64_t addr, const void *bytes, size_t len, uint64_t *extra_ps);
};

/* The bus of a memory. */
struct engine_bus engine_memory_bus(struct engine_memory *memory);

/* An interval in which an actor was served by a stage, or waited for it: begin <= start <= memory
 * <= end. [begin, start) waited for a slot of the stage, [start, end) was served. A bus access
 * passes the stage, and the line for memory, in [start, memory), and memory in [memory, end); else
 * memory is end. A WAIT is all waiting: start is end. */
struct timed_span {
  uint64_t begin, start, memory, end;
  smmu_actor actor;
  uint8_t stage; /* enum smmu_stage */
  uint8_t ask;   /* enum smmu_ask_kind: STAGE, READ, WRITE; WAIT spans have stage NONE */
  uint16_t reserved;
  uint64_t addr; /* READ, WRITE */
};

struct engine_timed_options {
  const struct smmu_config *device;
  const struct timed_profile *profile;
  struct engine_bus bus;
  uint64_t seed;
};

struct engine_timed;

/* The device is owned by the engine; options are copied. 0, SMMU_ERR_BADCFG or SMMU_ERR_NOMEM. */
int engine_timed_create(struct engine_timed **out, const struct engine_timed_options *options);
void engine_timed_destroy(struct engine_timed *e);
struct smmu *engine_timed_device(struct engine_timed *e);

/* Records carry the time at which they happened. */
void engine_timed_set_hooks(struct engine_timed *e, const struct smmu_hooks *hooks);
/* Called at each interrupt or event output, at its time. The callback may access registers and
 * memory and may submit; it must not run the engine (CHECKed). */
void engine_timed_set_signal(struct engine_timed *e,
                             void (*signal)(void *ctx, enum smmu_signal line, uint64_t time),
                             void *ctx);
/* NULL: nobody. Copied. A message leaves through the stage `ats` (or `pri`); an answer takes that
 * stage's latency once more on its way back. */
void engine_timed_set_endpoint(struct engine_timed *e, const struct engine_endpoint *endpoint);
/* The answer that ENGINE_ANSWER_LATER promised arrives now; status is an enum smmu_endpoint_status.
 * 0, or SMMU_ERR_BADARG: this tag waits for none. */
int engine_timed_answer(struct engine_timed *e, uint32_t tag, unsigned status);
/* A Page Request arrives now, see smmu_pri_request(). */
int engine_timed_pri_request(struct engine_timed *e, const struct smmu_pri *p);
/* Called when a span has ended. NULL: off (costs nothing). */
void engine_timed_set_span(struct engine_timed *e,
                           void (*span)(void *ctx, const struct timed_span *span), void *ctx);

/* Time of the last event, or the bound of the last run_until(), whichever is later. */
uint64_t engine_timed_now(const struct engine_timed *e);
/* Time of the next event; ENGINE_NEVER when the device is at rest (or waits for software). */
uint64_t engine_timed_next_time(const struct engine_timed *e);
/* Let everything happen whose time is at or before t; then now is t. t before now: nothing. t at or
 * above 2^63 (ENGINE_NEVER): until the device is at rest; now is then the time of the last event.
 */
void engine_timed_run_until(struct engine_timed *e, uint64_t t);

/* A transaction arrives now. 0 and a ticket (never reused); SMMU_ERR_NOSLOT when every transaction
 * slot is taken: run on and try again; SMMU_ERR_BADARG (TBU out of range); SMMU_ERR_NOMEM. */
int engine_timed_submit(struct engine_timed *e, const struct smmu_txn *txn, uint64_t *ticket);

struct engine_timed_done {
  uint64_t ticket;
  uint64_t submitted, ended;
  struct smmu_result result;
};

/* The oldest completion that was not polled yet; false when there is none. They are kept until
 * polled, however many. */
bool engine_timed_poll(struct engine_timed *e, struct engine_timed_done *out);

/* A CPU's broadcast (dvm.h) arrives now. 0; SMMU_ERR_NOSLOT: run on and try again; SMMU_ERR_BADARG.
 * synced is called at the time when a sync completes, in the order in which they arrived. */
int engine_timed_dvm(struct engine_timed *e, const struct smmu_dvm *op);
void engine_timed_set_dvm(struct engine_timed *e, void (*synced)(void *ctx, uint64_t time),
                          void *ctx);

/* Register accesses, at the present time; what a write sets off happens when the engine runs on. */
uint64_t engine_timed_mmio_read(struct engine_timed *e, uint64_t offset, unsigned bytes);
void engine_timed_mmio_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                             unsigned bytes);
uint64_t engine_timed_cmdqv_read(struct engine_timed *e, uint64_t offset, unsigned bytes);
void engine_timed_cmdqv_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                              unsigned bytes);

/* Counter groups (pmcg.h), as with engine `now`. Their clock is the engine's. An overflow that
 * interrupts is told at its time, the MSI written before it; `signal` may do what the other one may.
 * What they do by their clock alone is done by run_until() on its way to a time, but does not keep
 * the device from rest and is no event of engine_timed_next_time(): who lets a clock run asks for
 * engine_timed_pmcg_next_time() as well. */
int engine_timed_set_pmcgs(struct engine_timed *e, const struct smmu_pmcg_config *configs,
                           unsigned count);
void engine_timed_set_pmcg_signal(struct engine_timed *e,
                                  void (*signal)(void *ctx, unsigned group, uint64_t time),
                                  void *ctx);
uint64_t engine_timed_pmcg_read(struct engine_timed *e, uint64_t offset, unsigned bytes);
void engine_timed_pmcg_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                             unsigned bytes);
uint64_t engine_timed_pmcg_next_time(const struct engine_timed *e);
const struct smmu_pmcg *engine_timed_pmcg(const struct engine_timed *e, unsigned group);

/* What a resource did since creation, for asks that have left it; waits count from their start. */
struct timed_use {
  uint64_t served;
  uint64_t busy_ps;   /* from start to answer, summed over asks */
  uint64_t waited_ps; /* time that asks waited for a slot or the interval */
  uint64_t longest_wait_ps;
};

struct engine_timed_stats {
  uint64_t steps, reads, writes;
  uint64_t translations; /* submitted */
  uint64_t signals[SMMU_SIGNAL_COUNT];
  struct timed_use stage[SMMU_STAGE_COUNT], read, write;
};

void engine_timed_get_stats(const struct engine_timed *e, struct engine_timed_stats *out);

#ifdef __cplusplus
}
#endif
#endif

/* What one run of a machine gave. All times are picoseconds of simulated time.
 *
 * Latencies, and where they went, are of the turns that end behind the warm-up and begin before the
 * first thread has made all of its turns: all threads compete, and an unmap that is starved to the
 * end still counts. Counts are of all turns,
 * between two moments at which no unmap was under way: divided by the unmaps they give what one unmap
 * costs, exactly. */
#ifndef MACHINE_RESULT_H
#define MACHINE_RESULT_H

#include "machine/config.h"
#include "machine/series.h"
#include "machine/tally.h"
#include "plat/board.h"

struct machine_spent {
  uint64_t units, ps;
};

/* Where the time of the measured unmaps went, on the CPU that unmaps: work by cost, sleep by the
 * innermost operation it fell into. Together they are the time of all unmaps. */
struct machine_where {
  struct machine_spent cost[PLAT_COST_COUNT];
  struct machine_spent sleep[PLAT_OP_COUNT];
};

struct machine_thread {
  struct machine_series map, unmap;
};

/* Differences of counters that driver and VMM keep. */
struct machine_counts {
  uint64_t unmaps, maps;
  uint64_t exits; /* trapped accesses */
  uint64_t exits_prod, exits_cons, exits_cmdqv, exits_other;
  uint64_t ioctls, invalidates; /* calls of iommufd; HWPT_INVALIDATE among them */
  uint64_t guest_commands, guest_syncs, guest_tlbi, guest_atc_inv, guest_submissions;
  uint64_t host_commands, host_syncs, host_tlbi, host_submissions;
  uint64_t irqs; /* injected */
  uint64_t lock_taken, lock_slept, lock_moved;
  uint64_t iova_fast, iova_slow;    /* of our DMA API alone */
  uint64_t mmio_reads, mmio_writes; /* register accesses of the driver under test */
};

/* What counter groups counted during the turns, read through their registers, and what records say
 * it should be (cycles: 0). Group 0 is that of the whole SMMU, 1 + t that of TBU t. */
struct machine_pmcg_counts {
  unsigned groups; /* 0: smmu.pmcg is off */
  bool counted[MACHINE_GROUPS][SMMU_PMCG_EVENTS];
  uint64_t count[MACHINE_GROUPS][SMMU_PMCG_EVENTS];
  uint64_t tally[MACHINE_GROUPS][SMMU_PMCG_EVENTS];
};

/* A group's name, "smmu" or "tbu0", and an event's, "tlb_miss". */
void machine_pmcg_group_name(unsigned group, char *text, size_t len);
const char *machine_pmcg_event_name(unsigned event);

struct machine_result {
  unsigned threads;
  struct machine_thread *thread;        /* [threads] */
  struct machine_thread all;            /* of all threads */
  struct machine_where where;           /* inside measured unmaps */
  uint64_t bench_turns, bench_unmap_ps; /* the same, as the benchmark counts it itself */
  struct machine_counts counts;
  struct machine_pmcg_counts pmcg;
  bool has_device;                  /* engine timed */
  struct engine_timed_stats device; /* differences too */
  bool used[MACHINE_KEY_COUNT];     /* timing keys, and slots of stages, that had a part */
  uint64_t time_ps;                 /* of the turns */
  uint64_t records;                 /* of everything that happened, boot and shutdown included */
  uint64_t hash;                    /* of all of them, in order */
};

struct plat_places;

struct machine_sink {
  void *ctx;
  void (*record)(void *ctx, const struct smmu_record *record);
  struct plat_places *places; /* those of software, for its records; NULL: it has none */
};

/* Build the machine and run it. sink (may be NULL) gets one record for whatever happens, in the order
 * in which it became known. 0; SMMU_ERR_BADCFG; SMMU_ERR_NOMEM; SMMU_ERR_LIMIT (run.limit);
 * SMMU_ERR_DEADLOCK; err says more. The result is to be freed in every case. */
int machine_run(const struct machine_config *cfg, const struct machine_sink *sink,
                struct machine_result *result, struct machine_error *err);
struct machine_software;

/* The same with other software than ours in the place of driver and DMA API (machine/software.h). */
int machine_run_software(const struct machine_config *cfg, const struct machine_software *software,
                         const struct machine_sink *sink, struct machine_result *result,
                         struct machine_error *err);
void machine_result_free(struct machine_result *result);

/* Every figure by name, in a fixed order: "unmap.mean_ps". A ratio has is_ratio set and `value` in
 * millionths. */
struct machine_stat {
  const char *name, *what;
  uint64_t value;
  bool is_ratio;
};

void machine_result_each(const struct machine_result *result,
                         void (*each)(void *ctx, const struct machine_stat *stat), void *ctx);

#endif

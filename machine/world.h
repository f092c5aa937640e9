/* All parts of a machine while it runs: memory, device, board, host, virtual machine, the driver and
 * the benchmark above them. Parts are made and unmade by programs on the board's CPUs; each such step
 * leaves an error behind, and the step's name. */
#ifndef MACHINE_WORLD_H
#define MACHINE_WORLD_H

#include "guest_sim/benchmark.h"
#include "host_sim/vmm.h"
#include "machine/observe.h"
#include "machine/pmcg.h"
#include "machine/software.h"
#include "smmu/endpoint.h"

/* Counters of every part at one moment. */
struct machine_counters {
  struct drv_counts subject, host;
  struct vmm_counts vm;
  struct dma_counts dma;
  struct iova_counts iova;
  struct engine_timed_stats device;
  struct machine_seen seen;
};

struct machine_world {
  const struct machine_config *cfg;
  struct machine_error *err;
  struct machine_error later; /* what went wrong while an error was being tidied up */
  struct machine_observer observer;
  struct machine_pmcg pmcg;
  const struct machine_software *software; /* NULL: our driver and DMA API */
  bool booted;                             /* the software */
  void *ram;                               /* all memory, for software that stores by pointer */
  struct engine_memory *memory;
  struct plat_board *board;
  struct iommufd_host *host; /* NULL: bare */
  struct vmm *vm;            /* NULL: bare */
  const struct plat *plat;   /* where driver and benchmark run: the guest's, or the host's */
  struct drv *drv;
  struct dma *dma;
  struct benchmark *benchmark;
  struct benchmark_result sums;       /* after the turns */
  bool ats;                           /* the device uses it */
  struct endpoint endpoint;           /* its ATC */
  struct machine_pmcg_counts *counts; /* where machine_world_stop_pmcg() puts them */
  int error;                          /* negative errno of the first step that failed */
  const char *step;
  bool stuck; /* programs were left in the middle of something */
  char why[256];
  struct machine_world *next; /* among those that were given up */
};

static inline bool machine_world_is_bare(const struct machine_world *w)
{
  return machine_get(w->cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_BARE;
}

static inline unsigned machine_world_vcpus(const struct machine_world *w)
{
  return (unsigned)machine_get(w->cfg, MACHINE_KEY_VCPUS);
}

/* A step of a program has ended; the first that failed is kept. */
void machine_world_leave(struct machine_world *w, int error, const char *step);

/* Each: 0, or enum smmu_err with a sentence in w->err. */

/* Lines of counter groups: behind all others. */
enum { MACHINE_PMCG_LINE = SMMU_SIGNAL_COUNT + VMM_IRQ_LINES };

/* A program on the host's first CPU, and all it starts, until they have returned. A step that fails sets
 * `error` and `step`. */
int machine_world_on_host(struct machine_world *w, void (*program)(void *world));
/* The same on the first CPU of the driver under test: a guest's, or the host's. */
int machine_world_on_subject(struct machine_world *w, void (*program)(void *world));
/* Memory, device and board; nothing has run yet. */
int machine_world_create(struct machine_world *w);
/* The host, the virtual machine, the driver and the DMA domain. */
int machine_world_boot(struct machine_world *w);
/* Counter groups, if there are any, count from here on; and no more, and what they have counted. */
int machine_world_start_pmcg(struct machine_world *w);
int machine_world_stop_pmcg(struct machine_world *w, struct machine_pmcg_counts *counts);
/* run.limit has come too early: SMMU_ERR_LIMIT. */
int machine_world_reached_limit(struct machine_world *w);
/* All threads make all their turns. */
int machine_world_turns(struct machine_world *w);
/* Everything that boot made, in the opposite order. */
int machine_world_shut_down(struct machine_world *w);
/* Frees the rest. A world that could not be shut down, because its programs were given up in the middle,
 * is kept until the process ends. */
void machine_world_destroy(struct machine_world *w, bool given_up);

/* The device of the benchmark (dma_device.c). Its world is the argument. */
enum { MACHINE_HOST_SID = 0x20 };
void machine_dma_init(struct machine_world *w); /* once the board exists */
void machine_dma_set_ats(void *world, bool on);
unsigned machine_dma_access(void *world, uint64_t iova, unsigned pages, bool write);

void machine_world_counters(const struct machine_world *w, struct machine_counters *out);

#endif

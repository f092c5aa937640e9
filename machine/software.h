/* Software of somebody else's where a machine has its own driver and DMA API: the kernel of linux/, say.
 * Everything else is the machine's: host, VMM, the loop of the benchmark, what is counted and timed.
 *
 *   machine_run_software(&cfg, &software, sink, &result, &err);
 *
 * Such software stores to memory by pointer, so its memory has to lie in one piece: vm.backing is
 * contiguous, or vm.backing_seed is 0. */
#ifndef MACHINE_SOFTWARE_H
#define MACHINE_SOFTWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_sim/benchmark.h"
#include "plat/board.h"

/* Where it runs: in a guest, or on the bare machine. */
struct machine_stand {
  const struct plat *plat;
  struct plat_board *board;
  unsigned cpus;
  uint32_t sid;                     /* of the device it maps for */
  void *ram;                        /* the same bytes as the device reads at ram_base */
  uint64_t ram_base, ram_bytes;     /* as the software sees them */
  uint64_t ram_pa;                  /* where the board has them */
  uint64_t smmu_bytes, cmdqv_bytes; /* of registers; cmdqv_bytes 0: there is no CMDQV */
};

struct machine_loop {
  unsigned threads, pages, direction; /* enum benchmark_direction */
  uint64_t turns;
};

struct machine_software {
  void *ctx;
  size_t stack_bytes; /* of a CPU; 0: the board's own choice */
  /* On its first CPU. boot: 0 or a negative errno value; stop is called also when boot has failed. */
  int (*boot)(void *ctx, const struct machine_stand *stand);
  void (*stop)(void *ctx);
  struct benchmark_api api; /* for the loop */
  /* Or a loop of its own: on each of the CPUs 0..threads - 1. CPU 0 makes so many turns. NULL: ours. 0 or a
   * negative errno value. */
  int (*loop)(void *ctx, const struct machine_loop *loop);
};

#endif

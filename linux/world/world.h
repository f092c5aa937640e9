/* A board on which the kernel runs (linux/boundary/boundary.h): one SMMU, CPUs, memory that the kernel
 * stores to by pointer, and what it says. The kernel's state is the process's, so there is one world a
 * process; who wants more forks first.
 *
 *   lx_world_create(&w, &config, why, sizeof why);
 *   lx_world_run(w, 0, program, arg);          boots the kernel and probes the driver before
 *   lx_world_destroy(w); */
#ifndef LINUX_WORLD_WORLD_H
#define LINUX_WORLD_WORLD_H

#include <stdbool.h>

#include "linux_boundary/boundary.h"
#include "linux_world/function.h"
#include "linux_world/variant.h"
#include "machine/observe.h"

/* What goes wrong on the bus, from lx_world.inject.armed on. */
enum lx_wrong {
  LX_NOTHING,
  LX_COMMAND_ABORT,   /* a read of a command comes to an external abort */
  LX_COMMAND_ILLEGAL, /* a read of a command gives an opcode that there is not */
  LX_EVENT_ABORT,     /* a write of an event record comes to an external abort */
  LX_PAGE_REQUEST, /* a function that is refused sends a Page Request, which nobody has allowed */
  LX_ATC_SILENT    /* a function invalidates its ATC, and its answer is lost */
};

enum { LX_RINGS = 1 + 128, LX_CPUS = 256 };

struct lx_config {
  const struct lx_variant *variant;
  unsigned cpus; /* 1..64 */
  unsigned
    engines; /* 0..64: CPUs of the board that the kernel does not know, for programs of devices; the
                         first is number `cpus` */
  uint64_t ram_bytes; /* 0: 64 MB */
  uint64_t seed;      /* of ties and jitter, as struct plat_board_config */
  enum lx_wrong wrong;
  unsigned every;   /* so many such accesses */
  uint64_t slow_ps; /* every fourth read of a table takes up to so much longer */
  uint64_t atc_ps;  /* so long after an ATC_INV has come a function forgets, and answers */
  bool can_stall;   /* firmware says that devices can wait for software */
  bool pci;         /* devices are PCI functions, which have ATS, PRI and PASID */
  bool irqs_here;   /* interrupts come to CPU 0 and stop what it does in the kernel; else their
                             handlers run beside the CPUs */
  bool lazy, passthrough; /* the kernel's options iommu.strict=0 and iommu.passthrough=1 */
  const struct machine_sink
    *second; /* there is a second SMMU, which this one hears of: records of it, and
                                        of software as if it were the only one */
  const struct machine_sink *sink; /* one record for whatever happens; NULL: nobody */
  /* What the kernel logs: level 0 (emergency) to 7 (debug). NULL: nobody. */
  void (*log)(void *ctx, uint64_t time_ps, unsigned cpu, int level, const char *line);
  void *ctx;
};

struct lx_world {
  struct lx_config config;
  struct smmu_config device;
  struct engine_memory *memory;
  struct plat_board *board;
  const struct plat *plat;
  uint64_t ram_base, ram_pa; /* of `ram`, as the kernel calls it and as the board does */
  struct machine_observer observer;
  void *ram;
  struct lx_function function[LX_FUNCTIONS];
  bool has_functions;
  struct machine_sink told; /* sees records before config.sink */
  struct smmu_hooks second_hooks;
  unsigned note_of; /* the note that is being said is of SMMU note_of - 1 alone; 0: of all */
  struct {
    uint64_t addr, bytes;
    uint32_t place; /* of the store, for its record */
  } stored;         /* by the CPU that runs, and not told yet */
  struct {
    bool armed;
    uint64_t base, bytes; /* of the queue in question, as its register says */
    uint64_t seen, done;  /* accesses; those that went wrong */
  } inject;
  uint64_t slow; /* random */
  struct {
    uint64_t base, bytes;
  } ring[LX_RINGS]; /* command queues, as their registers say */
  unsigned rings;
  bool submits[LX_CPUS];     /* has stored to a command queue, and not made that visible yet */
  unsigned errors, warnings; /* lines the kernel logged at level 3 and below, and at 4 */
  char said[256];            /* the last line the kernel logged */
  char died[256];            /* why the kernel stopped; empty: it did not */
};

/* 0 or enum smmu_err, with a sentence in why. */
int lx_world_create(struct lx_world **out, const struct lx_config *config, char *why, size_t len);
void lx_world_destroy(struct lx_world *w);
/* Programs on CPU 0, or on each of the CPUs 0..cpus - 1, until all have returned. 0, or enum smmu_err;
 * SMMU_ERR_DEADLOCK when the kernel died. */
int lx_world_run(struct lx_world *w, unsigned cpus, void (*program)(void *arg), void *arg,
                 char *why, size_t len);

/* ---- for programs on a CPU ---- */

/* 0 or a negative errno value. */
int lx_boot(struct lx_world *w);
int lx_probe(struct lx_world *w);
/* A transaction of a device; by its ATC, when it has one and uses it. */
void lx_translate(struct lx_world *w, uint32_t sid, uint64_t iova, bool write,
                  struct smmu_result *out);
/* The same, perhaps with a PASID. */
void lx_access(struct lx_world *w, uint32_t sid, const struct endpoint_access *a,
               struct smmu_result *out);
/* What the CPU has stored is told; before anything of the board is used directly. */
void lx_world_flush(struct lx_world *w);

#endif

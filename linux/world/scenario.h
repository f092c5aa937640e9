/* What is asked of the kernel on a board: scenarios, each on a world that has not run yet. */
#ifndef LINUX_WORLD_SCENARIO_H
#define LINUX_WORLD_SCENARIO_H

#include "linux_world/world.h"

/* The StreamID of the first device; those of others follow. */
enum { LX_FIRST_SID = 0x20 };

/* Boot, probe, one device: what the kernel attaches it to, the DMA API, a domain of our own; the device
 * reads and writes each address that is mapped, and each that no longer is. */
struct lx_probe_result {
  int boot, probe, client;   /* 0 or a negative errno value */
  const char *domain;        /* that the kernel chose: "DMA", "identity", ... */
  int own;                   /* a domain of our own: 0 or a negative errno value */
  uint64_t page_sizes;       /* of it */
  unsigned mapped, unmapped; /* addresses that were */
  unsigned right;            /* translated to what was mapped */
  unsigned wrong;            /* otherwise, or refused */
  unsigned refused;          /* after they were unmapped: as it should be */
  unsigned passed;           /* after that, all the same */
};

/* 0 or enum smmu_err, with why. */
int lx_scenario_probe(struct lx_world *w, struct lx_probe_result *out, char *why, size_t len);

/* Every CPU maps a buffer through the DMA API, lets a device read and write its first and last word, and
 * unmaps it, again and again; now and then the device comes once more when the unmap has returned. Errors
 * on the bus (struct lx_config) happen from the first turn to the last. */
struct lx_storm {
  unsigned devices; /* CPU i maps for device i modulo this; 0: one for each CPU */
  uint64_t turns;   /* of each CPU */
  uint64_t bytes;   /* of a buffer; 0: 4, 16 and 64 KB in turns */
  unsigned late;    /* every so many turns the device comes late; 0: never */
  /* With engines (struct lx_config) devices translate all the time, so that a walk is in flight when somebody
   * unmaps what it reads: pages of what their CPU has mapped, or has just unmapped. */
};

struct lx_storm_result {
  int error; /* 0 or a negative errno value: boot, probe, a device; -ENODEV: one that
                                    the kernel attached to no domain of the DMA API */
  uint64_t maps, unmaps, failed; /* failed: no address was given */
  uint64_t right, wrong;         /* accesses while mapped */
  uint64_t refused, passed;      /* accesses after the unmap */
  uint64_t between;              /* accesses that a map or an unmap fell into */
  int other;                     /* what became of giving a device a domain of the other SMMU */
  uint64_t time_ps;              /* from the first turn to the end of the last */
};

/* ---- traffic.c: what the engines of a storm do ---- */

enum lx_buffer_state { LX_NEVER_MAPPED, LX_IS_MAPPED, LX_IN_CHANGE, LX_IS_UNMAPPED };

/* The buffer of one CPU. */
struct lx_buffer {
  enum lx_buffer_state state;
  uint32_t sid;
  uint64_t iova, pa, bytes;
  uint64_t maps; /* of it, so far */
};

/* Until *done: an engine's accesses to one buffer, counted in *out; random by its number and the seed of
 * the world. */
void lx_traffic(struct lx_world *w, const struct lx_buffer *buffer, const bool *done,
                struct lx_storm_result *out);

int lx_scenario_storm(struct lx_world *w, const struct lx_storm *storm, struct lx_storm_result *out,
                      char *why, size_t len);

/* dma_map_benchmark: the kernel's own loop, on so many CPUs of the world as it has threads; a device uses
 * what is mapped, between map and unmap. */
struct lx_bench {
  unsigned granule;   /* pages */
  unsigned direction; /* 0 both ways, 1 to the device, 2 from it */
  uint64_t sleep_ps;  /* how long it runs */
};

struct lx_bench_result {
  int error;                        /* as of a storm */
  struct linux_bench_result kernel; /* what it reports */
  uint64_t answered, refused;       /* accesses of the device */
};

int lx_scenario_bench(struct lx_world *w, const struct lx_bench *bench, struct lx_bench_result *out,
                      char *why, size_t len);

/* A device is moved between what the kernel chose, two domains of its own and nothing, while it translates
 * all the time. */
struct lx_transitions_result {
  int error; /* 0 or a negative errno value, of the first step that failed */
  uint64_t moves;
  uint64_t right;   /* answered, or refused, as one of the domains says that it was in meanwhile */
  uint64_t between; /* refused while it was moved between two that would have answered */
  uint64_t wrong;
};

/* Three devices, so many moves each; random by the seed of the world's configuration. */
int lx_scenario_transitions(struct lx_world *w, unsigned moves, struct lx_transitions_result *out,
                            char *why, size_t len);

/* Processes share their memory with two devices, each by a PASID: so many of them, and so many areas each. Their
 * memory is there at once, or, where devices can stall, every second time when a device asks. */
struct lx_sva {
  unsigned processes;
  uint64_t turns;
};

struct lx_sva_result {
  int error; /* 0 or a negative errno value, of the first step that failed */
  uint64_t areas;
  uint64_t right, wrong;    /* accesses to memory that was there */
  uint64_t refused, passed; /* to memory that had gone, or may not be written */
  uint64_t faults;          /* pages that came because a device asked */
};

/* CPUs that the world needs beside one for each process. */
enum { LX_SVA_MORE = 4 };
int lx_scenario_sva(struct lx_world *w, const struct lx_sva *sva, struct lx_sva_result *out,
                    char *why, size_t len);

/* A guest has the device: a nested domain, whose first stage it changes, and a command queue of its own where
 * there is a VINTF for it; else every command is handed to the kernel. */
struct lx_vsmmu_result {
  int error;                /* 0 or a negative errno value, of the first step that failed */
  const char *step;         /* which */
  uint64_t right, wrong;    /* accesses to what the guest maps */
  uint64_t refused, passed; /* to what it no longer maps */
  uint64_t submitted;       /* commands, through a queue of the guest's own */
  uint64_t handed;          /* commands, to the kernel */
  uint64_t denied;          /* calls that the kernel had to deny, and did */
  uint64_t allowed;         /* and did not */
  uint64_t rings, kept;     /* given to a queue again, and those that the queue did not take */
};

enum lx_guest {
  LX_TRAPPED, /* every command is handed to the kernel */
  LX_VINTF,   /* has queues of its own */
  LX_HOSTILE /* and enables one again and again, while it is taken away and given back with another ring */
};

/* Does this kernel have it? */
bool lx_vsmmu_is_there(void);
/* Of two CPUs. */
int lx_scenario_vsmmu(struct lx_world *w, enum lx_guest guest, struct lx_vsmmu_result *out,
                      char *why, size_t len);

/* Devices, processes, the driver and the whole kernel go while two devices are at work, and come again. */
enum lx_life {
  LX_DEVICE_REMOVED, /* unplugged; where devices can stall, with transactions that wait */
  LX_PROCESS_EXITS,  /* while accesses wait for its pages */
  LX_BOND_AGAIN,     /* devices stop, are unbound, unplugged, plugged in and bound again */
  LX_FAULTS_OFF,     /* a device gives up page faults while accesses wait for theirs */
  LX_DRIVER_AGAIN,   /* the driver is removed and probed again */
  LX_SHUTDOWN, /* the SMMU is switched off, as before another kernel is booted, which then probes it */
  LX_LEFT_ENABLED /* another kernel finds the SMMU enabled */
};

struct lx_life_result {
  int error; /* 0 or a negative errno value, of the first step that failed */
  uint64_t right, refused;
  uint64_t bypassed; /* the SMMU was off, and let the address through as it was */
  uint64_t wrong;    /* an answer that was none of those that could be */
  uint64_t after;    /* accesses that were right when all had come again */
  bool again;        /* and so it had */
};

/* On LX_LIFE_CPUS. */
enum { LX_LIFE_CPUS = 4 };
int lx_scenario_life(struct lx_world *w, enum lx_life what, struct lx_life_result *out, char *why,
                     size_t len);

#endif

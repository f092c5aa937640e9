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

#endif

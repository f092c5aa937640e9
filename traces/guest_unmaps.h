/* The unmaps that a recorded guest traced itself (ftrace.txt, events iommu:unmap), in their order. */
#ifndef TRACES_GUEST_UNMAPS_H
#define TRACES_GUEST_UNMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/dropped.h"
#include "traces/source.h"

struct guest_unmap {
  uint64_t iova, bytes, line;
  bool taken, ended; /* its first command was found; all of it is invalidated */
};

/* All zero is empty. */
struct guest_unmaps {
  struct guest_unmap *list;
  size_t count, first; /* first: those before it are taken */
};

/* From dir/ftrace.txt.zst or dir/ftrace.txt; no such file: none. Lines that are damaged are counted
 * in *drops. 0, SMMU_ERR_IO or SMMU_ERR_NOMEM. */
int guest_unmaps_load(struct guest_unmaps *unmaps, const char *dir, struct trace_drops *drops,
                      struct trace_error *err);
void guest_unmaps_free(struct guest_unmaps *unmaps);
/* The first one not taken before that these bytes are part of; if there is none, the first one that
 * they begin in; or NULL. */
struct guest_unmap *guest_unmaps_take(struct guest_unmaps *unmaps, uint64_t iova, uint64_t bytes);

#endif

/* smmulator-linux nested: one cell of the published table by two drivers, ours and the kernel's. */
#ifndef LINUX_TOOL_NESTED_H
#define LINUX_TOOL_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/table.h"

struct json_t;

enum { NESTED_WITHIN_PPM = 50000, NESTED_READS_WITHIN_PPM = 20000 };

struct nested_request {
  const char *profile;
  uint64_t turns, seeds; /* of each thread; runs with seeds 1 to this, and one without jitter */
  unsigned lines;        /* of the timeline that are kept; 0: none */
  unsigned fault;        /* of linux/faults/faults.def in the watched run, from 1; 0: none */
};

/* What one unmap causes, the register accesses of the guest included. */
enum nested_count {
  NESTED_EXITS,
  NESTED_IOCTLS,
  NESTED_GUEST_COMMANDS,
  NESTED_HOST_COMMANDS,
  NESTED_HOST_SYNCS,
  NESTED_READS,
  NESTED_WRITES,
  NESTED_COUNTS
};

const char *nested_count_name(unsigned count);

/* Runs the cell, each run in a process of its own. The object has its name ("4k/1/trapped"), both drivers'
 * figures ("ours", "linux"), what the kernel logged and the model saw in a watched run, in which the
 * device uses each buffer, also after its unmap, verdicts, findings, and "holds". NULL: a process failed. */
struct json_t *nested_cell(const struct nested_request *q, const struct machine_cell *cell);

/* The watched run alone, in this process. */
struct json_t *nested_watched(const struct nested_request *q, const struct machine_cell *cell);

/* For people. */
void nested_print_head(void);
void nested_print_row(const struct json_t *cell);
/* Where the time of both goes, cost by cost, without jitter. */
void nested_print_costs(const struct json_t *cell);
void nested_print_end(const struct json_t *cells);

#endif

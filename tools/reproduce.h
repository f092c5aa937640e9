/* smmulator reproduce dma-map: the published table, cell by cell, beside the model's. */
#ifndef SMMU_TOOLS_REPRODUCE_H
#define SMMU_TOOLS_REPRODUCE_H

#include "machine/table.h"
#include "tools/machine_words.h"

enum { REPRODUCE_SEEDS_MOST = 32 };

struct reproduce {
  struct machine_table table;
  struct machine_errors errors;
  struct machine_gate gate[MACHINE_GATES];
  unsigned seeds;
  uint64_t first_seed;
  uint64_t seed_error[REPRODUCE_SEEDS_MOST]; /* mean absolute error of each seed, ppm */
  uint64_t spread;                           /* the widest of a cell over seeds, ppm of its mean */
  unsigned fitted, assumed, neutral, published; /* parameters that had a part, by origin */
  bool missed;                                  /* a gate */
};

void reproduce_print(const struct reproduce *r, const struct machine_config *cfg);
struct json_t *reproduce_json(const struct reproduce *r, const struct machine_config *cfg);

#endif

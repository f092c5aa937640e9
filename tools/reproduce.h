/* smmulator reproduce dma-map: the published table, cell by cell, beside the model's. */
#ifndef SMMU_TOOLS_REPRODUCE_H
#define SMMU_TOOLS_REPRODUCE_H

#include "machine/table.h"
#include "tools/machine_words.h"

enum { REPRODUCE_SEEDS_MOST = 32, REPRODUCE_TRIALS_MOST = 24 };

/* One parameter halved or doubled, everything else as it was, with the first seed. */
struct reproduce_trial {
  uint64_t value;
  uint64_t mean_error; /* ppm */
  int64_t worst;       /* change of the model of the cell it changes most, ppm */
  unsigned cell;       /* which one that is */
};

struct reproduce_sensitivity {
  unsigned key;
  struct reproduce_trial half, twice;
};

struct reproduce {
  struct machine_table table;
  struct machine_errors errors;
  struct machine_gate gate[MACHINE_GATES];
  unsigned seeds;
  uint64_t first_seed;
  uint64_t first_model[MACHINE_CELLS_MOST];  /* with the first seed */
  uint64_t seed_error[REPRODUCE_SEEDS_MOST]; /* mean absolute error of each seed, ppm */
  uint64_t spread;                           /* the widest of a cell over seeds, ppm of its mean */
  bool used[MACHINE_KEY_COUNT];              /* parameters that had a part in some cell */
  unsigned fitted, assumed, neutral, published, zero; /* how many, by origin; zero: left at 0 */
  unsigned changed; /* by --set; then nothing counts as not seen by the fit */
  bool missed;      /* a gate */
  unsigned trials;  /* of sensitivity; 0 when it was not asked for */
  struct reproduce_sensitivity sensitivity[REPRODUCE_TRIALS_MOST];
};

/* One cell with one seed. What machine_run() returns; the result is to be freed in every case. */
int reproduce_cell(const struct machine_config *base, const struct machine_cell *c, uint64_t seed,
                   struct machine_result *result, struct machine_error *err);
/* Fills in sensitivity: fitted parameters, and a few set by hand. After all cells have been run. */
int reproduce_sensitivity(struct reproduce *r, const struct machine_config *cfg,
                          struct machine_error *err);

void reproduce_print(const struct reproduce *r, const struct machine_config *cfg);
void reproduce_print_sensitivity(const struct reproduce *r, const struct machine_config *cfg);
struct json_t *reproduce_json(const struct reproduce *r, const struct machine_config *cfg);
struct json_t *reproduce_sensitivity_json(const struct reproduce *r,
                                          const struct machine_config *cfg);

#endif

/* What counter groups should show, counted from records by somebody else: plain sums in the order of
 * the event list, by rules written a second time. Cycles are not tallied. */
#ifndef MACHINE_TALLY_H
#define MACHINE_TALLY_H

#include <stdbool.h>

#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum { MACHINE_GROUPS = 65 }; /* the whole SMMU, then each TBU */

struct machine_tally {
  bool active;
  uint64_t count[MACHINE_GROUPS][SMMU_PMCG_EVENTS];
  /* Of the transaction in each slot. */
  struct {
    bool known;
    bool structure, descriptor, beyond; /* read one; went beyond its micro-TLB */
    bool fault;                         /* has raised one: what comes next is another try */
    uint16_t tbu;
    uint8_t kind;
  } txn[SMMU_PMCG_TXNS];
};

/* To be told every record of the device; counts while active. */
void machine_tally_record(struct machine_tally *t, const struct smmu_record *r);

#endif

/* Open-addressing set of hashes. {0, 0} marks an empty slot; a state that hashes to it is moved to
 * {1, 0}. */
#include "engine/stateset.h"

#include <stdlib.h>

#include "smmu/err.h"

int stateset_init(struct stateset *set)
{
  set->capacity = 1 << 12;
  set->count = 0;
  set->slot = calloc(set->capacity, sizeof *set->slot);
  return set->slot ? SMMU_OK : SMMU_ERR_NOMEM;
}

void stateset_free(struct stateset *set)
{
  free(set->slot);
  set->slot = NULL;
}

/* True if it was new. */
static bool insert(struct stateset *set, uint64_t low, uint64_t high)
{
  size_t i = (size_t)low & (set->capacity - 1);

  while (set->slot[i][0] | set->slot[i][1]) {
    if (set->slot[i][0] == low && set->slot[i][1] == high)
      return false;
    i = (i + 1) & (set->capacity - 1);
  }
  set->slot[i][0] = low;
  set->slot[i][1] = high;
  set->count++;
  return true;
}

static int grow(struct stateset *set)
{
  struct stateset bigger = { .capacity = 2 * set->capacity };

  bigger.slot = calloc(bigger.capacity, sizeof *bigger.slot);
  if (!bigger.slot)
    return SMMU_ERR_NOMEM;
  for (size_t i = 0; i < set->capacity; i++) {
    if (set->slot[i][0] | set->slot[i][1])
      insert(&bigger, set->slot[i][0], set->slot[i][1]);
  }
  free(set->slot);
  *set = bigger;
  return SMMU_OK;
}

int stateset_add(struct stateset *set, const uint64_t hash[2])
{
  uint64_t low = hash[0] | hash[1] ? hash[0] : 1;

  if (set->count * 4 >= set->capacity * 3 && grow(set) != SMMU_OK)
    return SMMU_ERR_NOMEM;
  return insert(set, low, hash[1]);
}

/* Set of 128-bit state hashes: open addressing, grows by doubling. Two states whose hashes collide
 * would be taken for one; with 10 million states the chance is below 2^-80. */
#ifndef SMMU_ENGINE_STATESET_H
#define SMMU_ENGINE_STATESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stateset {
  uint64_t (*slot)[2];
  size_t capacity, count; /* capacity is a power of two */
};

int stateset_init(struct stateset *set);
void stateset_free(struct stateset *set);
/* 1: added, 0: was there, negative: enum smmu_err. */
int stateset_add(struct stateset *set, const uint64_t hash[2]);

#endif

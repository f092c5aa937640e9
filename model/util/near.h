/* The known word nearest to a mistyped one. */
#ifndef SMMU_UTIL_NEAR_H
#define SMMU_UTIL_NEAR_H

#include <stddef.h>

/* next(ctx, i) is word i, NULL behind the last. One edit in four letters, and one more, is near; so is
 * a word of which the end, or all before its last dot, was left out. In any case of letters. NULL when
 * no word is near. */
const char *smmu_nearest(const char *typed, const char *(*next)(const void *ctx, size_t i),
                         const void *ctx);

#endif

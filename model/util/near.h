/* The known word nearest to a mistyped one. */
#ifndef MACHINE_NEAR_H
#define MACHINE_NEAR_H

#include <stddef.h>

/* next(ctx, i) is word i, NULL behind the last. NULL when no word is near. */
const char *machine_nearest(const char *typed, const char *(*next)(const void *ctx, size_t i),
                            const void *ctx);

#endif

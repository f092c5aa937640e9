/* CHECK: an invariant of ours, active in every build.
 * A failed CHECK is never an answer to bad input; it means that the program contradicts itself. */
#ifndef SMMU_UTIL_CHECK_H
#define SMMU_UTIL_CHECK_H

/* Prints "file:line: invariant broken: text" on stderr and aborts. The command line turns that into
 * exit status 70. */
_Noreturn void smmu_check_failed(const char *file, int line, const char *text);

#define CHECK(cond) ((cond) ? (void)0 : smmu_check_failed(__FILE__, __LINE__, #cond))

/* Costly invariants: only with SMMU_DEBUG=1 (preset dev). */
#if defined(SMMU_DEBUG) && SMMU_DEBUG
#define DEBUG_CHECK(cond) CHECK(cond)
#else
#define DEBUG_CHECK(cond) ((void)sizeof(cond))
#endif

#endif

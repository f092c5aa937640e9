/* PCI functions behind the SMMU: a configuration space with the extended capabilities ATS, PRI and PASID, and a
 * device that does what software writes there: while ATS is enabled it asks for translations, keeps and
 * uses them (smmu/endpoint.h), and forgets them when it is told to. */
#ifndef LINUX_WORLD_FUNCTION_H
#define LINUX_WORLD_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "smmu/endpoint.h"

enum { LX_FUNCTIONS = 64, LX_CONFIG_BYTES = 0x200, LX_HEARD = 32 };

struct lx_function {
  struct endpoint endpoint; /* endpoint.sid: its StreamID */
  uint8_t config[LX_CONFIG_BYTES];
  /* ATC_INV that have come and are not done yet (lx_config.atc_ps), in their order. */
  struct {
    struct smmu_message message;
    uint64_t due;
  } heard[LX_HEARD];
  unsigned waiting;
  unsigned denied;      /* Page Requests that were answered, and not with success */
  unsigned invalidated; /* ATC_INV that have come */
  unsigned misused;     /* PASID was changed while ATS was enabled: the outcome is not defined */
};

/* Where the configuration spaces are, 4 KB a StreamID, for those who watch. */
#define LX_ECAM_BASE 0x4000000000ULL
#define LX_ECAM_END  (LX_ECAM_BASE + (1ULL << 32))
/* The name of a register that does something, "?" for others. */
const char *lx_function_register(unsigned offset);

struct lx_world;

/* A function for each of the StreamIDs from LX_FIRST_SID on, and the ears of their ATCs. */
void lx_functions_create(struct lx_world *w);
/* NULL: there is none at this StreamID, or the world has none. */
struct lx_function *lx_function_at(struct lx_world *w, uint32_t sid);
bool lx_function_uses_ats(const struct lx_function *f);
/* An access by the ATC, for a program that has just settled. */
void lx_function_access(struct lx_world *w, struct lx_function *f, const struct endpoint_access *a,
                        struct smmu_result *out);

/* Sums over all functions, of what their ATCs did. */
struct lx_function_sums {
  uint64_t hits, misses, dropped, invalidated, misused, denied;
};
void lx_functions_sum(const struct lx_world *w, struct lx_function_sums *out);

#endif

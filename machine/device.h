/* The device of a machine, from its configuration. */
#ifndef MACHINE_DEVICE_H
#define MACHINE_DEVICE_H

#include "machine/config.h"
#include "smmu/config.h"
#include "smmu/timed.h"

/* A queue of vcmdq brings a CMDQV; the rest of the device is smmu_config_neutral(). */
void machine_device_config(const struct machine_config *cfg, struct smmu_config *device);
void machine_device_profile(const struct machine_config *cfg, struct timed_profile *profile);
/* What the device says to them: 0, or SMMU_ERR_BADCFG and why. */
int machine_device_check(const struct machine_config *cfg, struct machine_error *err);
/* The key of a stage's latency; its slots and interval are the next two. MACHINE_KEY_COUNT: no such
 * stage. */
unsigned machine_stage_latency_key(unsigned stage);

#endif

/* Entries of every kind that cache_rules.inc names, made by translations of a rig. */
#ifndef CONFORMANCE_CACHE_ENTRIES_H
#define CONFORMANCE_CACHE_ENTRIES_H

#include "shim/rig.h"

enum cache_device {
  DEVICE_PLAIN,
  DEVICE_E2H,
  DEVICE_VMW1,
  DEVICE_VMW2,
  DEVICE_VMW4,
  DEVICE_SMALL,
  DEVICE_STAGE1_ONLY,
  DEVICE_MPAM
};

enum cache_entry {
#define ENTRY(name, kind, section, text) ENTRY_##name,
#define SET(name, members)
#define RULE(device, command, section, must, why)
#include "cache_rules.inc"
#undef ENTRY
#undef SET
#undef RULE
  ENTRIES
};

/* Where an entry lies: every slot that a FILL record named. */
struct cache_held {
  unsigned n;
  struct {
    uint32_t slot, tbu;
    uint16_t unit;
  } place[8];
};

const char *cache_entry_name(unsigned entry);
bool cache_entry_is_config(unsigned entry);
/* Can a device of this kind hold it? */
bool cache_entry_fits(unsigned entry, enum cache_device device);
/* ID registers; and what registers say when the command comes. */
void cache_device_config(enum cache_device device, struct smmu_config *config);
void cache_set_device(struct rig *rig, enum cache_device device);
void cache_make(struct rig *rig, unsigned entry, struct cache_held *held);
/* How many of the places the DROP records since rig_watch() name. */
unsigned cache_dropped(const struct rig *rig, const struct cache_held *held);
/* Translate again: does a place answer that nothing has filled anew? */
bool cache_answers(struct rig *rig, unsigned entry, const struct cache_held *held);

#endif

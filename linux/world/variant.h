/* Hardware that drivers meet: what differs from one SMMU to the next, as ID registers and firmware say
 * it. Each is the neutral device, or a named product's ID registers, with something changed. */
#ifndef LINUX_WORLD_VARIANT_H
#define LINUX_WORLD_VARIANT_H

#include <stdbool.h>

#include "smmu/config.h"

struct lx_variant {
  const char *name;
  const char *what;
  const char *ids; /* for smmu_config_set_ids() */
  void (*change)(struct smmu_config *cfg);
  bool msi;         /* firmware gives interrupts as messages */
  bool companion;   /* firmware names the command queue extension */
  bool passthrough; /* the kernel is told iommu.passthrough=1 */
  bool pci;         /* its devices are PCI functions */
};

/* NULL behind the last. */
const struct lx_variant *lx_variant_at(unsigned i);
const struct lx_variant *lx_variant_by_name(const char *name);
void lx_variant_config(const struct lx_variant *v, struct smmu_config *cfg);

#endif

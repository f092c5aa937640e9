/* Counter groups as a kernel's perf driver has them: a group of counters, each set to an event and a
 * filter, read back as 64-bit counts that do not end where a counter wraps. One struct drv_pmcg a
 * group; it knows nothing of the driver of the SMMU. What it does follows the behaviour of Linux's
 * arm_smmuv3_pmu (own code).
 *
 *   drv_pmcg_probe(&pmcg, plat, &options);
 *   drv_pmcg_add(pmcg, &event, &counter);
 *   drv_pmcg_enable(pmcg);
 *   ...
 *   drv_pmcg_read(pmcg, counter);                 since it was added
 *   drv_pmcg_disable(pmcg);
 *   drv_pmcg_remove(pmcg);
 */
#ifndef DRIVER_DRV_PMCG_H
#define DRIVER_DRV_PMCG_H

#include "plat/plat.h"

struct drv_pmcg;

struct drv_pmcg_options {
  uint64_t page0; /* address of the group's page 0; page 1 is 64 KB behind it */
  unsigned line;  /* its interrupt */
  uint64_t msi;   /* address an MSI is written to; 0: the line alone */
  uint32_t msi_data;
};

/* What the registers say, decoded once. */
struct drv_pmcg_features {
  unsigned counters, counter_bits;
  bool relocated, capture, msi, one_filter;
  uint64_t events[2]; /* CEID0, CEID1: bit n: event n */
};

struct drv_pmcg_event {
  uint16_t number;
  bool filter;  /* by StreamID; else all streams */
  bool span;    /* filter: sid encodes a span, as SMR.STREAMID does */
  uint32_t sid; /* filter */
};

/* 0; -ENOMEM, -EBUSY (the line has a handler), -ETIMEDOUT (IRQ_CTRLACK does not follow). Nothing
 * counts yet. */
int drv_pmcg_probe(struct drv_pmcg **out, const struct plat *plat,
                   const struct drv_pmcg_options *options);
/* Everything off, the handler taken away. */
void drv_pmcg_remove(struct drv_pmcg *pmcg);
const struct drv_pmcg_features *drv_pmcg_get_features(const struct drv_pmcg *pmcg);

/* Take a counter. 0; -ENOSPC (all are taken); -EINVAL (an architected event that the group does not
 * have); -EAGAIN (one filter for all counters, and another one is in use). It starts at once when
 * the group is enabled. */
int drv_pmcg_add(struct drv_pmcg *pmcg, const struct drv_pmcg_event *event, unsigned *counter);
/* Give it back. */
void drv_pmcg_del(struct drv_pmcg *pmcg, unsigned counter);

/* All counters go on, or stop, at once. */
int drv_pmcg_enable(struct drv_pmcg *pmcg);
void drv_pmcg_disable(struct drv_pmcg *pmcg);

/* What has been counted since the counter was added. */
uint64_t drv_pmcg_read(struct drv_pmcg *pmcg, unsigned counter);
/* Interrupts that came for an overflow. */
uint64_t drv_pmcg_overflows(const struct drv_pmcg *pmcg);

#endif

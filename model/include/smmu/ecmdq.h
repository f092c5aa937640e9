/* Enhanced command queues (IHI 0070 3.5.6): more command queues of the same SMMU, each with registers
 * of its own, so that CPUs need not share one.
 *
 * A queue is switched on by ECMDQ_PROD.EN and runs once ECMDQ_CONS.ENACK follows; CR0.CMDQEN has no
 * part in it. An error stops its queue alone: ECMDQ_CONS.ERR toggles, ERR_REASON says why, and
 * GERROR.CMDQP_ERR becomes active unless it is; the queue goes on when ECMDQ_PROD.ERRACK agrees. A
 * CMD_SYNC covers the commands of its own queue.
 *
 * IDR6 says how many there are: 2^LOG2NUMP control pages with 2^LOG2NUMQ queues each, here at most
 * 256 in all. Control pages lie one behind the other, SMMU_ECMDQ_PAGE bytes each, from
 * SMMU_ECMDQ_PAGES on, as CMDQ_CONTROL_PAGE_BASEn.ADDR tells software. Registers are reached by
 * smmu_mmio_read() and smmu_mmio_write(); names and places in a set: arch/ecmdq.def. */
#ifndef SMMU_ECMDQ_H
#define SMMU_ECMDQ_H

#include <stdint.h>

#include "smmu/config.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SMMU_ECMDQ_PAGES = 0x100000, /* offset of the first control page from page 0 */
  SMMU_ECMDQ_PAGE = 0x10000    /* bytes of a control page */
};

/* Enhanced command queues on `pages` control pages with `queues` each, both powers of two, at most
 * 256 in all; IDR1.ECMDQ and idr6 follow. 0 pages: none. smmu_config_check() refuses what other
 * counts make of it, and a device without IDR0.COHACC and IDR0.MSI. */
void smmu_config_set_ecmdq(struct smmu_config *cfg, unsigned pages, unsigned queues);

/* How many queues a device of this configuration has. */
unsigned smmu_ecmdq_count(const struct smmu_config *cfg);

/* Length of the SMMU's registers from page 0 on: 128 KB, or to the end of the last page there is of
 * VATOS (IDR2.BA_VATOS) and of ECMDQs. */
uint64_t smmu_mmio_bytes(const struct smmu_config *cfg);

#ifdef __cplusplus
}
#endif
#endif

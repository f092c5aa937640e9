/* CMDQV: NVIDIA's command queue extension as software sees it, a register block beside the SMMU.
 *
 * A VCMDQ is one more command queue of the same SMMU. A VINTF owns a set of them as LVCMDQs, by
 * CMDQ_ALLOC_MAP. With CONFIG.HYP_OWN their commands are taken as they are; without, only those a
 * guest needs are, and carry the VMID of the VINTF (the StreamID table is kept for ATC_INV, which
 * needs ATS). Enables are acknowledged in the STATUS registers, in steps of the acknowledger; a
 * falling one when what it switches off has come to rest. An error stops its queue, shows in
 * GERROR and in the error maps, and ends in SMMU_SIGNAL_CMDQV; GERRORN acknowledges it.
 *
 * Names and places of registers: arch/cmdqv.def. There is no public specification: the origin of
 * each row is the public driver, or our assumption, and docs/choices.md lists those.
 *
 *   0x00000                  CONFIG page: CONFIG, PARAM, STATUS, error maps, ALLOC_MAP, VINTF blocks
 *   0x10000                  VCMDQ page 0, all queues, 0x80 apart: indices, enable, errors
 *   0x20000                  VCMDQ page 1, all queues: base addresses
 *   0x30000 + v * 0x20000    VINTF v page 0: the same registers, by LVCMDQ (may be given to a guest)
 *   0x40000 + v * 0x20000    VINTF v page 1 */
#ifndef SMMU_CMDQV_H
#define SMMU_CMDQV_H

#include <stdint.h>

#include "smmu/config.h"

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_hooks;

enum {
  SMMU_CMDQV_PAGE = 0x10000,       /* bytes of every page */
  SMMU_CMDQV_SLOT = 0x80,          /* bytes of one queue in a page */
  SMMU_CMDQV_VINTF_PAGES = 0x30000 /* page 0 of VINTF 0; 0x20000 a VINTF */
};

/* A CMDQV of `vintfs` virtual interfaces and `vcmdqs` queues, both powers of two (1..64, 1..128,
 * vcmdqs >= vintfs), 16 StreamIDs a VINTF. Changes cfg->cmdqv alone; smmu_config_check() refuses
 * what other counts make of it. */
void smmu_config_set_cmdqv(struct smmu_config *cfg, unsigned vintfs, unsigned vcmdqs);

/* Length of the register block; 0 without CMDQV. */
uint64_t smmu_cmdqv_bytes(const struct smmu_config *cfg);

/* Register access, offset from the start of the block; bytes is 4 or 8. What no register takes
 * reads as zero, is ignored, and leaves a REG_BAD record (unit 1, where the SMMU's own have unit
 * 0). A write is one visible action. Records of commands have the number of the queue as unit (0
 * the SMMU's own, 1 + q VCMDQ q) and show the words as they were executed. */
uint64_t smmu_cmdqv_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                         const struct smmu_hooks *hooks);
void smmu_cmdqv_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                      const struct smmu_hooks *hooks);

#ifdef __cplusplus
}
#endif
#endif

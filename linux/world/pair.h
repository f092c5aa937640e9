/* Two SMMUs on one board, as a device that stands for both: registers of the second follow those of the first,
 * its interrupts are lines of their own, and a StreamID says which of them a transaction comes to. */
#ifndef LINUX_WORLD_PAIR_H
#define LINUX_WORLD_PAIR_H

#include "plat/board.h"

/* From PLAT_SMMU_BASE to the registers of the second, and to the end of those. */
#define LX_SECOND_OFFSET 0x100000ULL
#define LX_PAIR_BYTES    (2 * LX_SECOND_OFFSET)
/* Streams of the second begin here; its wired interrupts follow the messages of the first. */
enum { LX_SECOND_SID = 0x80, LX_SECOND_LINE = SMMU_SIGNAL_COUNT + 8 };

/* 0 or enum smmu_err. Owns both, also on failure. */
int lx_pair_create(struct plat_device *out, const struct plat_device part[2]);
/* For a callback of either, when it happens. */
uint64_t lx_pair_now(const struct plat_device *pair);
/* Who hears what the second records; plat_device_ops.set_hooks is of the first. */
void lx_pair_watch_second(const struct plat_device *pair, const struct smmu_hooks *hooks);

#endif

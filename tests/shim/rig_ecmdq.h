/* Enhanced command queues on the rig: a device with some, programmed register by register.
 *
 *   rig_ecmdqs(rig, 2, 2);             2 control pages with 2 queues each, all off
 *   rig_ecmdq_on(rig, 3);              queue 3 gets an empty ring and is switched on
 *   rig_ecmds(rig, 3, "TLBI_NH_ASID asid=7; SYNC");
 */
#ifndef SHIM_RIG_ECMDQ_H
#define SHIM_RIG_ECMDQ_H

#include "arch/ecmdq.h"
#include "shim/rig.h"

enum { RIG_ECMDQ_LOG2 = 4 }; /* log2 of the entries of a ring */

#define RIG_ECMDQ(e) (0x380000ULL + 0x1000ULL * (e))

/* A new device with the neutral configuration and caches, and these queues. */
void rig_ecmdqs(struct rig *rig, unsigned pages, unsigned queues);
/* Offset of a register of queue e, found as software finds it: by IDR6 and CMDQ_CONTROL_PAGE_BASE. */
uint64_t rig_ecmdq_offset(struct rig *rig, unsigned e, uint32_t offset);
uint64_t rig_ereg(struct rig *rig, unsigned e, uint32_t offset);
void rig_set_ereg(struct rig *rig, unsigned e, uint32_t offset, uint64_t value);
/* The same without letting the device move. */
void rig_poke_ereg(struct rig *rig, unsigned e, uint32_t offset, uint32_t value);
/* Program an empty ring of 2^RIG_ECMDQ_LOG2 entries at RIG_ECMDQ(); with on, EN, and ENACK is
 * expected. */
void rig_ecmdq_ring(struct rig *rig, unsigned e);
void rig_ecmdq_on(struct rig *rig, unsigned e);

/* As rig_put_cmd(), rig_push() and rig_cmds(), for an ECMDQ. */
void rig_put_ecmd(struct rig *rig, unsigned e, unsigned slot, const char *text);
unsigned rig_epush(struct rig *rig, unsigned e, const char *text);
void rig_ecmds(struct rig *rig, unsigned e, const char *text);
/* PROD.ERRACK := CONS.ERR. */
void rig_eack(struct rig *rig, unsigned e);

#endif

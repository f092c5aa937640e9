/* Broadcast TLB maintenance: what CPUs say with TLBI instructions in the domain of the SMMU, and the
 * sync that a DSB waits for (distributed virtual memory messages). IHI 0070 3.17, IDR0.BTM.
 *
 *   smmu_dvm_submit(s, &(struct smmu_dvm){ .kind = SMMU_DVM_VAE1, .asid = 7, .addr = va }, hooks);
 *   smmu_dvm_submit(s, &(struct smmu_dvm){ .kind = SMMU_DVM_SYNC }, hooks);
 *   step smmu_actor_dvm(s) until it has ended an item with ask.key SMMU_DVM_SYNCED
 *
 * Messages enter a small buffer and are done one after the other by an actor of their own, as
 * commands are by theirs: the same caches are swept, the same transactions are marked, and a sync
 * waits for what the messages before it marked, as CMD_SYNC does for its queue. They and commands do
 * not wait for each other.
 *
 * With CR2.PTM = 1 invalidations are taken and do nothing; PTM is 1 after reset. The operations that
 * match an ASID (VAE1, VALE1, ASIDE1, VAE2, VALE2, ASIDE2, and without E2H VAAE2 and VAALE2) leave
 * alone what a CD with ASET = 1 made. A stage or a regime that the SMMU does not have is ignored, and so is the VMID
 * without stage 2 (0 is matched then). IHI 0070 3.17, 3.17.5, 3.17.6, 6.3.12. */
#ifndef SMMU_DVM_H
#define SMMU_DVM_H

#include <stdbool.h>
#include <stdint.h>

#include "smmu/step.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named as the PE's instructions are, all of them for everybody (IS, OS). EL2 with E2H: VAE2 and
 * VALE2 match an ASID too, and there are ASIDE2, VAAE2 and VAALE2. */
enum smmu_dvm_kind {
  SMMU_DVM_SYNC = 0,   /* completes when everything before it has its effect */
  SMMU_DVM_ALLE1,      /* EL1: both stages, every VMID */
  SMMU_DVM_VMALLE1,    /* EL1: stage 1 of a VMID */
  SMMU_DVM_VMALLS12E1, /* EL1: both stages of a VMID */
  SMMU_DVM_ASIDE1,     /* EL1: what is not global of an ASID */
  SMMU_DVM_VAE1,       /* EL1: an address of an ASID, or global */
  SMMU_DVM_VALE1,      /* ... last level only */
  SMMU_DVM_VAAE1,      /* EL1: an address, whatever the ASID */
  SMMU_DVM_VAALE1,
  SMMU_DVM_IPAS2E1, /* stage 2: an IPA of a VMID */
  SMMU_DVM_IPAS2LE1,
  SMMU_DVM_ALLE2, /* EL2, with and without E2H */
  SMMU_DVM_ASIDE2,
  SMMU_DVM_VAE2,
  SMMU_DVM_VALE2,
  SMMU_DVM_VAAE2,
  SMMU_DVM_VAALE2,
  SMMU_DVM_KINDS
};

/* "vae1", ...; "?" out of range. Static storage. */
const char *smmu_dvm_name(unsigned kind);

struct smmu_dvm {
  uint64_t addr; /* VA or IPA; low bits below the granule are ignored */
  uint16_t asid, vmid;
  uint8_t kind; /* enum smmu_dvm_kind */
  /* Range forms: granule as TG spells it (1: 4 KB, 2: 16 KB, 3: 64 KB), and the PE's NUM (0..31) and
   * SCALE (0..3): (NUM + 1) << (5 SCALE + 1) granules from addr on. tg 0: one address. */
  uint8_t tg, num, scale;
};

/* How many messages may wait. */
enum { SMMU_DVM_ROOM = 8 };

/* ask.key of an END of the broadcast actor: its item was an invalidation, or a sync. */
enum { SMMU_DVM_DONE, SMMU_DVM_SYNCED };

/* A message arrives. 0; SMMU_ERR_NOSLOT: no room, try again when the actor has moved;
 * SMMU_ERR_BADARG: kind, tg, num or scale out of range, or a device without IDR0.BTM. */
int smmu_dvm_submit(struct smmu *s, const struct smmu_dvm *op, const struct smmu_hooks *hooks);
/* IDR0.BTM. */
bool smmu_has_dvm(const struct smmu *s);
/* The actor that does them; IDR0.BTM is CHECKed. */
smmu_actor smmu_actor_dvm(const struct smmu *s);
/* Room for one message more. */
bool smmu_dvm_has_room(const struct smmu *s);
/* Nothing waits and nothing is under way. */
bool smmu_dvm_is_idle(const struct smmu *s);

#ifdef __cplusplus
}
#endif
#endif

/* The device as a value: create, copy, compare, program, and give it transactions.
 *
 *   struct smmu_config cfg;
 *   smmu_config_neutral(&cfg);
 *   struct smmu *s = aligned_alloc(64, smmu_size(&cfg));   the caller owns the block
 *   smmu_init(s, &cfg);
 *   smmu_mmio_write(s, 0x20, 1, 4, NULL);                  CR0.SMMUEN; acknowledged in steps:
 *   while (smmu_is_runnable(s, smmu_actor_ack(s)))
 *     smmu_step(s, smmu_actor_ack(s), NULL, NULL, &ask);
 *   smmu_submit(s, &txn, &actor, NULL);                    then step it to END, as step.h says
 *
 * Engines do the stepping (engine.h); most users start there.
 *
 * No function here blocks, allocates or keeps a pointer to its arguments. One block may be used by
 * one thread at a time. */
#ifndef SMMU_SMMU_H
#define SMMU_SMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smmu/config.h"
#include "smmu/err.h"
#include "smmu/step.h"
#include "smmu/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a transaction asks for, and what a mapping allows. Privileged execution and so on are judged
 * by attributes below. */
#define SMMU_PERM_READ  1u
#define SMMU_PERM_WRITE 2u
#define SMMU_PERM_EXEC  4u

/* What a transaction is. IHI 0070 3.9.1 (ATS), 3.12.3 and 7.3.17 (page requests), 7.3.2. */
enum smmu_txn_kind {
  SMMU_TXN_ORDINARY = 0,   /* untranslated */
  SMMU_TXN_ATS_REQUEST,    /* an endpoint asks for a translation; `write`: it asks to write too */
  SMMU_TXN_ATS_TRANSLATED, /* an endpoint uses one that it got: addr is a PA, or an IPA when the
                              stages are split */
  SMMU_TXN_UNSUPPORTED,    /* the bus delivered what the SMMU does not support: F_UUT */
  SMMU_TXN_PAGE_HINT,      /* an endpoint expects to use a page: E_PAGE_REQUEST; the answer,
                              SMMU_STATUS_OK without a pa, says only that the hint was taken */
  SMMU_TXN_KINDS,
  /* The device's own; smmu_submit() refuses them. */
  SMMU_TXN_PREFETCH = SMMU_TXN_KINDS,
  SMMU_TXN_ATOS,
  SMMU_TXN_PREFETCH_CONFIG
};

struct smmu_txn {
  uint64_t addr;       /* input address, all 64 bits as the bus delivers them */
  uint32_t sid;        /* StreamID */
  uint32_t ssid;       /* SubstreamID; looked at only when ssv */
  uint8_t ssv;         /* 1: SubstreamID valid */
  uint8_t write;       /* 1: write (RnW = 0) */
  uint8_t instruction; /* 1: instruction fetch (InD = 1); reads only */
  uint8_t privileged;  /* 1: PnU = 1 */
  uint16_t tbu;        /* TBU it enters, < config.tbus */
  uint8_t kind;        /* enum smmu_txn_kind */
  uint8_t no_write; /* ATS request: 1: the endpoint will not write (NW), so nothing becomes dirty */
};

enum smmu_status {
  SMMU_STATUS_OK = 0, /* translated (or bypassed): pa is valid */
  SMMU_STATUS_ABORT,  /* terminated with an abort */
  SMMU_STATUS_RAZWI,  /* terminated: reads as zero, writes ignored (CD.A = 0) */
  SMMU_STATUS_UR,     /* ATS request: Unsupported Request */
  SMMU_STATUS_CA, /* ATS request: Completer Abort. With SMMU_STATUS_OK perm may be 0: nothing granted
                   */
  SMMU_STATUS_STALLED /* it has not ended; software has the next word (IHI 0070 3.12.2) */
};

struct smmu_result {
  uint64_t pa;    /* output address; valid with SMMU_STATUS_OK */
  uint8_t status; /* enum smmu_status */
  uint8_t event;  /* event type raised by this transaction (0x01..0x25), 0 for none; whether it was
                     recorded is another  matter (F_*: CD.R, queue room) */
  uint8_t bypassed;     /* 1: no translation took place */
  uint8_t perm;         /* SMMU_PERM_* the mapping allows this transaction's privilege */
  uint8_t size_log2;    /* span of the translation, 12..52 */
  uint8_t memattr;      /* MAIR-encoded attribute of the final mapping */
  uint8_t shareability; /* 0 NSH, 2 OSH, 3 ISH */
  uint8_t reserved;
};

/* Bytes of a device with this configuration; 0 if smmu_config_check() refuses it. */
size_t smmu_size(const struct smmu_config *cfg);
/* Build a device in block (smmu_size() bytes, 64-byte aligned), in reset state. 0 or
 * SMMU_ERR_BADCFG. */
int smmu_init(struct smmu *block, const struct smmu_config *cfg);
/* Reset: registers to reset values, every cache empty, no transaction in flight. IHI 0070 6.3
 * and 3.11. */
void smmu_reset(struct smmu *s);
/* Copy src over dst, which has the same configuration (or uninitialised memory of smmu_size()). */
void smmu_clone(struct smmu *dst, const struct smmu *src);
/* 128-bit hash of the meaning of the state: what can influence future behaviour, recency and other
 * aids left out. */
void smmu_hash(const struct smmu *s, uint64_t hash[2]);
/* Compare meaning with meaning. */
bool smmu_equal(const struct smmu *a, const struct smmu *b);
const struct smmu_config *smmu_get_config(const struct smmu *s);

/* Register access as software sees it, offset from the base of page 0. bytes is 4 or 8. Accesses
 * that no register takes read as zero, are ignored, and leave a REG_BAD record. A write is one
 * visible action. */
uint64_t smmu_mmio_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                        const struct smmu_hooks *hooks);
void smmu_mmio_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                     const struct smmu_hooks *hooks);

/* Give the device a transaction. 0 and the actor to step, or SMMU_ERR_NOSLOT, or SMMU_ERR_BADARG
 * (TBU or kind out of range). */
int smmu_submit(struct smmu *s, const struct smmu_txn *txn, smmu_actor *actor,
                const struct smmu_hooks *hooks);
/* Result of a transaction whose END was returned, or of one that waits stalled: that is
 * SMMU_STATUS_STALLED with its event, and not the last word. Valid until its slot is used again.
 * actor must be a transaction slot (CHECKed). */
void smmu_get_result(const struct smmu *s, smmu_actor actor, struct smmu_result *out);

/* Configuration hit and TLB hit in one call: true and *out, with the caches updated exactly as
 * stepping would have done; false and nothing changed. Permission faults, misses, faults of any
 * kind, no free slot: false. Only for engines that answer every ask at once (`now`). */
bool smmu_try_hit(struct smmu *s, const struct smmu_txn *txn, struct smmu_result *out,
                  const struct smmu_hooks *hooks);

/* ---- endpoints ----
 *
 * An endpoint is a device with an Address Translation Cache of its own. It asks for translations
 * and uses them (SMMU_TXN_ATS_*); the SMMU sends it messages (SMMU_ASK_SEND). IHI 0070 3.9, 4.5. */

struct smmu_message {
  uint64_t addr; /* ATC_INV: aligned to its span */
  uint32_t sid, ssid;
  uint32_t tag;      /* ATC_INV: to be given to smmu_endpoint_done() */
  uint16_t group;    /* PRI_RESP: PRG index */
  uint8_t kind;      /* enum smmu_message_kind */
  uint8_t ssv;       /* 1: for one PASID, ssid */
  uint8_t global;    /* ATC_INV with ssv: global translations as well */
  uint8_t size_log2; /* ATC_INV: span, 12..64 */
  uint8_t response;  /* PRI_RESP: enum smmu_pri_response */
  uint8_t reserved;
};

/* As the PCIe message has it. IHI 0070 8.3. */
enum smmu_pri_response { SMMU_PRI_SUCCESS = 0, SMMU_PRI_INVALID = 1, SMMU_PRI_FAILURE = 15 };

/* What a SEND says. */
void smmu_message_of(const struct smmu_ask *ask, struct smmu_message *out);

/* How an invalidation ended. */
enum smmu_endpoint_status {
  SMMU_ENDPOINT_DONE,
  SMMU_ENDPOINT_UNSUPPORTED, /* Unsupported Request: the command completes all the same */
  SMMU_ENDPOINT_TIMEOUT      /* never answered: the next CMD_SYNC is CERROR_ATC_INV_SYNC */
};

/* An endpoint's answer to the ATC_INV with this tag has arrived; whatever Translated transaction
 * the endpoint sent before it has been submitted. 0, or SMMU_ERR_BADARG: no such message waits for
 * an answer. A tag is used again after its answer. Tags are below smmu_tag_count(): 0 without
 * ATS. */
int smmu_endpoint_done(struct smmu *s, uint32_t tag, unsigned status,
                       const struct smmu_hooks *hooks);
uint32_t smmu_tag_count(const struct smmu *s);

/* A Page Request that an endpoint sends, one page of a group, or a Stop marker. IHI 0070 8. */
struct smmu_pri {
  uint64_t addr; /* bits 11:0 do not count */
  uint32_t sid;
  uint32_t ssid;       /* with ssv; below 2^20 */
  uint16_t group;      /* PRG index, below 512 */
  uint8_t ssv;         /* 1: it has a PASID; privileged and exec count with one alone */
  uint8_t last;        /* 1: last of its group */
  uint8_t read, write; /* ssv, last, no read, no write: a Stop marker */
  uint8_t privileged, exec;
};

/* Give the device a Page Request. 0, SMMU_ERR_NOSLOT (the buffer in front of the queue is full: let
 * the device move), or SMMU_ERR_BADARG (no IDR0.PRI, a field out of range). The answer is a message
 * to the endpoint. */
int smmu_pri_request(struct smmu *s, const struct smmu_pri *p, const struct smmu_hooks *hooks);

/* Actor indices by role. queue: 0 is the SMMU's own CMDQ, 1 + q VCMDQ q (of n, or none), 1 + n + e
 * ECMDQ e (CHECKed). */
smmu_actor smmu_actor_cmdq(const struct smmu *s, unsigned queue);
smmu_actor smmu_actor_eventq(const struct smmu *s);
smmu_actor smmu_actor_ack(const struct smmu *s);
smmu_actor smmu_actor_priq(const struct smmu *s); /* with IDR0.PRI (CHECKed) */

/* Count of visible actions of the last step (SMMU_DEBUG builds; 0 otherwise). Never more than 1. */
unsigned smmu_debug_visible(const struct smmu *s);
/* CHECK everything that is true in every reachable state, aids included. For tests and debug
 * builds: costs a scan of the block. */
void smmu_invariant(const struct smmu *s);

#ifdef __cplusplus
}
#endif
#endif

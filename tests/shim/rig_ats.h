/* What the rig has for ATS and PRI: a device that supports all of both, requests, Translated
 * transactions. IHI 0070 3.9, 8. */
#ifndef SHIM_RIG_ATS_H
#define SHIM_RIG_ATS_H

#include "shim/rig.h"

/* The neutral device with ATS, split stage ATS and ATSRECERR; stream SID with stage 1, or with both
 * stages, and this STE.EATS. */
void rig_ats(struct rig *rig, unsigned eats);
void rig_ats_nested(struct rig *rig, unsigned eats);
/* CR2.REC_CFG_ATS besides RECINVSID. */
void rig_ats_record(struct rig *rig, bool on);

/* kind is set here. */
struct smmu_result rig_ats_request(struct rig *rig, struct smmu_txn txn);
struct smmu_result rig_ats_use(struct rig *rig, struct smmu_txn txn);

/* With PRI as well: PRIQS, a buffer for 8 Page Requests; the PRI queue of 2^log2 entries at
 * RIG_PRIQ is on. */
#define RIG_PRIQ 0x2c0000ULL
void rig_pri(struct rig *rig, unsigned log2);
/* A Page Request of stream SID unless p names another; the device comes to rest. */
int rig_page_request(struct rig *rig, struct smmu_pri p);
/* New entries of the PRI queue, oldest first, at most max; PRIQ_CONS follows (its OVACKFLG stays).
 */
unsigned rig_page_requests(struct rig *rig, uint64_t (*words)[2], unsigned max);

/* What the endpoint of the rig does with messages; all that have come, at most RIG_MESSAGES. */
enum { RIG_MESSAGES = 128 };
struct rig_endpoint {
  enum engine_answer answer; /* to the next ATC_INV; DONE at first */
  uint64_t delay_ps, timeout_ps;
  unsigned n;
  struct smmu_message message[RIG_MESSAGES];
};
/* From now on messages go there. */
void rig_listen(struct rig *rig, struct rig_endpoint *endpoint);
/* What ENGINE_ANSWER_LATER promised; the device comes to rest. */
int rig_answer(struct rig *rig, uint32_t tag, unsigned status);

#endif

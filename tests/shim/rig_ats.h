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

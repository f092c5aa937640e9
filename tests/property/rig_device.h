/* A device of the model under an engine `now`, programmed through its registers as a driver would.
 * Register offsets and command words are literals of IHI 0070 6.2 and 4.1: nothing here comes from
 * model/arch. */
#ifndef RIG_DEVICE_H
#define RIG_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "gen.h"
#include "naive.h"
#include "smmu/engine.h"

/* What software does about a transaction that has stalled. */
enum rig_answer {
  RIG_TERMINATE,
  RIG_TERMINATE_RAZWI,
  RIG_TERMINATE_STREAM, /* CMD_STALL_TERM */
  RIG_RETRY,            /* once, then RIG_TERMINATE */
  RIG_ANSWERS
};

struct rig_device {
  struct engine_now *engine;
  struct engine_memory *memory;
  uint64_t cmdq, evtq; /* queue bases; 64 entries each */
  uint32_t cmd_prod, evt_cons;
  uint16_t tbu;           /* where the next transaction enters, 0 or 1 */
  enum rig_answer answer; /* to the next one that stalls */
};

/* What one transaction came to. */
struct rig_outcome {
  struct smmu_result result;
  unsigned records;  /* event records it added */
  uint64_t event[4]; /* the last of them; without STAG */
  /* With SMMU_STATUS_STALLED: what the answer made of it. */
  bool again;    /* RIG_RETRY: it stalled once more, with the same record */
  uint8_t ended; /* SMMU_STATUS_* */
};

enum { RIG_QUEUE_LOG2 = 6 };

/* Whether the model has such a device. */
bool rig_accepts(const struct gen_device *d);
/* A device with these ID registers and cache profile, or NULL with the reason in why. habits: a
 * number that decides what caches make of hints and how wide invalidations are. queues: 64 KiB of
 * memory for its own. */
bool rig_create(struct rig_device *rig, const struct gen_device *d, const char *profile,
                unsigned habits, struct engine_memory *m, uint64_t queues, char *why,
                size_t why_len);
void rig_destroy(struct rig_device *rig);
/* Reset, then program everything that the naive device description holds. */
void rig_program(struct rig_device *rig, const struct naive_device *d);
void rig_translate(struct rig_device *rig, const struct naive_txn *t, struct rig_outcome *out);
/* Append commands (pairs of words) and a CMD_SYNC, let them run; false when the queue did not
 * drain. */
bool rig_commands(struct rig_device *rig, const uint64_t (*cmd)[2], unsigned n);
/* The same, but what CPUs have an instruction for goes out as a broadcast and its sync. For devices
 * with IDR0.BTM; not for ASIDs of CDs with ASET = 1. */
bool rig_broadcast(struct rig_device *rig, const uint64_t (*cmd)[2], unsigned n);
/* Drop whatever any cache holds, by command. */
bool rig_invalidate_all(struct rig_device *rig, bool el2);

#endif

/* A device with an Address Translation Cache, as a value: who asks for translations, keeps them,
 * uses them and forgets them when it is told to. No pointers, no time: it says what to send, and is
 * told what came of it; whoever has an engine does the sending. IHI 0070 3.9, 4.5, 8.
 *
 *   struct endpoint_access a = { .addr = va, .write = 1 };
 *   while ((step = endpoint_next(&ep, &a, &txn)) == ENDPOINT_REQUEST) {
 *     engine_now_translate(now, &txn, &result);
 *     if (!endpoint_completed(&ep, &a, &result))
 *       break;                                      not granted: endpoint_page_request(), or give up
 *   }
 *   if (step == ENDPOINT_USE)
 *     engine_now_translate(now, &txn, &result);     the access itself, Translated
 *
 * An engine's callback for messages is endpoint_receive(). */
#ifndef SMMU_ENDPOINT_H
#define SMMU_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "smmu/engine.h"
#include "smmu/smmu.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ENDPOINT_ENTRIES_MAX = 64 };

/* A translation that the device keeps. */
struct endpoint_entry {
  uint64_t addr; /* aligned to its span */
  uint64_t out;
  uint32_t ssid;
  uint8_t ssv, privileged;
  uint8_t size_log2;
  uint8_t perm; /* SMMU_PERM_*; 0: no entry */
};

struct endpoint {
  uint32_t sid;
  uint16_t tbu;
  uint8_t entries; /* room in the ATC, 1..ENDPOINT_ENTRIES_MAX; the least recently used one goes */
  uint8_t answer;  /* enum engine_answer to each ATC_INV; LATER leaves it to the owner */
  uint8_t deaf;    /* 1: a broken device: it answers, and forgets nothing */
  uint8_t reserved[3];
  uint64_t hits, misses, dropped; /* how it went; entries dropped by ATC_INV */
  /* Most recently used first; equal contents in equal order are equal bytes. */
  struct endpoint_entry entry[ENDPOINT_ENTRIES_MAX];
  /* The last PRG response. */
  uint32_t responses; /* how many have come */
  uint16_t group;
  uint8_t response, pad[5]; /* enum smmu_pri_response */
};

struct endpoint_access {
  uint64_t addr;
  uint32_t ssid;
  uint8_t ssv, write, instruction, privileged;
};

enum endpoint_step {
  ENDPOINT_USE,    /* it has a translation: *txn is the access */
  ENDPOINT_REQUEST /* it has none: *txn is a Translation Request */
};

/* An empty ATC, answering at once. entries out of range: the nearest legal number. */
void endpoint_init(struct endpoint *ep, uint32_t sid, unsigned entries);
enum endpoint_step endpoint_next(struct endpoint *ep, const struct endpoint_access *a,
                                 struct smmu_txn *txn);
/* What came of the request for `a`: kept if it grants anything. True when it grants `a`. */
bool endpoint_completed(struct endpoint *ep, const struct endpoint_access *a,
                        const struct smmu_result *r);
/* The Page Request for an access that was not granted, of this group. */
struct smmu_pri endpoint_page_request(const struct endpoint *ep, const struct endpoint_access *a,
                                      unsigned group, bool last);
/* A message of the SMMU; those to other StreamIDs are not for it: ENGINE_ANSWER_UNSUPPORTED. */
enum engine_answer endpoint_receive(struct endpoint *ep, const struct smmu_message *m);
/* How many translations it keeps. */
unsigned endpoint_used(const struct endpoint *ep);

#ifdef __cplusplus
}
#endif
#endif

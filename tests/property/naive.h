/* A second opinion: translate one transaction straight from the text of IHI 0070, recursively, with
 * no cache and no state.
 *
 * Written to be read beside the specification and to share nothing with model/, no header and no
 * table, so that a wrong bit on either side shows as a disagreement (test_translate.c). Non-secure
 * stream table, VMSAv8-64, 4K/16K/64K granules with 48-bit addresses; a device without HTTU, ATS,
 * stall (STALL_MODEL = 1), LPAE, 52-bit extensions, FWB, permission indirection. */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the device is (6.3.1-6.3.6) and how it is programmed (6.3.9-6.3.25). CR0 and GBPA hold
 * values that have taken effect. */
struct naive_device {
  uint32_t idr[6];
  uint32_t cr0, cr2, gbpa, strtab_base_cfg;
  uint64_t strtab_base;
  bool (*read)(void *ctx, uint64_t pa, void *bytes, size_t len); /* false: external abort */
  void *ctx;
};

struct naive_txn {
  uint64_t addr;
  uint32_t sid, ssid;
  bool ssv, write, instruction, privileged;
};

enum naive_status { NAIVE_OK, NAIVE_ABORT, NAIVE_RAZWI };

/* Values of the permission bits below. */
enum { NAIVE_R = 1, NAIVE_W = 2, NAIVE_X = 4 };

struct naive_result {
  enum naive_status status;
  uint64_t pa;
  uint8_t perm;
  uint8_t size_log2; /* smallest page or block on the way; the Contiguous bit is taken as a hint and
                        left out */
  bool attr_known; /* memattr and shareability are defined here: stage 1 alone, no reserved code */
  uint8_t memattr; /* MAIR encoding */
  uint8_t shareability;
  uint8_t event; /* event type, 0 for none */
  bool recorded; /* an event record is due when the queue has room */
  bool bypassed; /* no translation took place: perm and size_log2 mean nothing */
  /* The architecture allows more than one outcome (3.4.3, notes 2, 4, 5; 5.2 S1Fmt): what is here
   * is one of them. */
  bool constrained_unpredictable;
  bool s2; /* of the event, for statistics */
  uint8_t class;
  /* The event record where it is defined: (record[i] ^ dword[i]) & mask[i] == 0. */
  uint64_t dword[4], mask[4];
};

void naive_translate(const struct naive_device *d, const struct naive_txn *t,
                     struct naive_result *out);

#endif

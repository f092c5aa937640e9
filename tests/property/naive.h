/* A second opinion: translate one transaction straight from the text of IHI 0070, recursively, with
 * no cache and no state.
 *
 * Written to be read beside the specification and to share nothing with model/, no header and no
 * table, so that a wrong bit on either side shows as a disagreement (test_translate.c). Non-secure
 * stream table, VMSAv8-64 up to 52 bits; no LPAE, permission indirection, DPT. */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the device is (6.3.1-6.3.6) and how it is programmed (6.3.9-6.3.25). CR0 and GBPA hold
 * values that have taken effect. */
struct naive_device {
  uint32_t idr[6];
  uint32_t mpamidr;
  uint32_t cr0, cr2, gbpa, strtab_base_cfg;
  uint64_t strtab_base;
  bool (*read)(void *ctx, uint64_t pa, void *bytes, size_t len); /* false: external abort */
  void *ctx;
};

enum naive_kind { NAIVE_ORDINARY, NAIVE_ATS_REQUEST, NAIVE_ATS_TRANSLATED };

struct naive_txn {
  uint64_t addr;
  uint32_t sid, ssid;
  enum naive_kind kind;
  bool ssv, write, instruction, privileged;
  bool no_write; /* NW of an ATS Translation Request */
};

enum naive_status { NAIVE_OK, NAIVE_ABORT, NAIVE_RAZWI, NAIVE_UR, NAIVE_CA, NAIVE_STALL };

/* Values of the permission bits below. */
enum { NAIVE_R = 1, NAIVE_W = 2, NAIVE_X = 4 };

enum { NAIVE_FLIPS = 96 };

/* Bits of a word in memory that the update of flags changes, as the word lies in memory. */
struct naive_flip {
  uint64_t addr;
  uint64_t must, may; /* bits that change; that are allowed to change */
};

struct naive_result {
  enum naive_status status;
  uint64_t pa;
  uint8_t perm;
  uint8_t perm_may;  /* bits that may be granted although they are not in perm */
  uint8_t size_log2; /* smallest page or block on the way */
  uint8_t size_most; /* what it may be with the Contiguous bit, a hint */
  bool size_known;
  bool attr_known; /* memattr is defined here */
  bool sh_known;   /* shareability is */
  uint8_t memattr; /* MAIR encoding, no reserved code */
  uint8_t shareability;
  uint8_t event; /* event type, 0 for none */
  bool denied;   /* an ATS Translation Request that is answered with no access, for this event */
  bool recorded; /* an event record is due when the queue has room */
  bool bypassed; /* no translation took place: perm and size_log2 mean nothing */
  /* The architecture allows more than one outcome (3.4.3, notes 2, 4, 5; 5.2 S1Fmt): what is here
   * is one of them. */
  bool constrained_unpredictable;
  /* On the way lies a group of descriptors that the Contiguous bit joins wrongly: not all of them
   * have it, or they do not say the same. A cache that keeps groups may answer with any of it (Arm
   * ARM, VMSAv8-64, the Contiguous bit). */
  bool torn;
  bool stage1; /* stage 1 was asked for the address */
  bool global; /* the stage 1 leaf belongs to every ASID */
  bool s2;     /* of the event, for statistics */
  uint8_t class;
  /* The event record where it is defined: (record[i] ^ dword[i]) & mask[i] == 0. */
  uint64_t dword[4], mask[4];
  struct naive_flip flip[NAIVE_FLIPS];
  unsigned flips;
};

void naive_translate(const struct naive_device *d, const struct naive_txn *t,
                     struct naive_result *out);

#endif

/* Event records: build, decode, print. IHI 0070: 7.3.
 * Each record type has its own fields; the table event.def says which. */
#ifndef SMMU_ARCH_EVENT_H
#define SMMU_ARCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything a record of any type can say. Addresses are whole addresses. */
struct smmu_event {
  uint8_t type; /* enum smmu_event_type */
  bool ssv;
  uint32_t sid;
  uint32_t ssid;
  bool stall;
  uint16_t stag;
  bool pnu;
  bool ind;
  bool rnw;
  bool s2;
  bool ttrnw;
  bool nsipa;
  uint8_t clss; /* CLASS: 0 CD, 1 stage 1 table descriptor, 2 input address */
  uint64_t input_addr;
  uint64_t ipa;
  uint64_t fetch_addr;
  uint32_t reason;
  bool gpcf;
  uint8_t span;      /* E_PAGE_REQUEST: pages; F_BAD_ATS_TREQ: smallest translation units */
  uint8_t perm;      /* SMMU_PERM_: asked for by F_BAD_ATS_TREQ; unprivileged, by E_PAGE_REQUEST */
  uint8_t perm_priv; /* SMMU_PERM_R, _W, _X: privileged, by E_PAGE_REQUEST */
};

/* CLASS values. */
enum { SMMU_CLASS_CD = 0, SMMU_CLASS_TT = 1, SMMU_CLASS_IN = 2 };

/* Permissions that a device asks for or announces. */
enum { SMMU_PERM_X = 1, SMMU_PERM_W = 2, SMMU_PERM_R = 4, SMMU_PERM_PRIV = 8 };

/* The record of an event. Only the fields that this type has are written; the rest is 0. A type
 * that is not in the table gets the header alone. */
void smmu_event_encode(const struct smmu_event *event, uint64_t words[4]);

/* The inverse; fields that this type does not have become 0. False when the type is reserved or
 * IMPLEMENTATION DEFINED: only the header is then decoded. */
bool smmu_event_decode(const uint64_t words[4], struct smmu_event *event);

/* "F_TRANSLATION"; "IMPDEF_EVENT" for 0xE0 to 0xEF; "reserved" for others. Static storage. */
const char *smmu_event_name(uint8_t type);

/* One line without an end: `F_TRANSLATION sid=0x20 rnw=1 class=2 inputaddr=0x1000`; fields that
 * are 0 are left out. Writes at most size bytes, the last one 0; returns the length of the whole
 * text. */
size_t smmu_event_print(const uint64_t words[4], char *text, size_t size);

/* Room for every text that smmu_event_print can write. */
enum { SMMU_EVENT_TEXT_MAX = 384 };

#endif

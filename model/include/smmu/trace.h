/* What happened, one fixed-size record at a time.
 * The core fills a record and hands it to the hook; it never formats, stores or counts. A hook is a
 * pure observer: running with and without hooks gives the same states. Fill, hit, drop and evict
 * records name the slot they concern, so that a reader links a hit to the fill that served it. */
#ifndef SMMU_TRACE_H
#define SMMU_TRACE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SMMU_TRACE_LIST(X) \
  X(SUBMIT, \
    "submit") /* a transaction arrived: addr_in, sid, ssid, unit=TBU, phase=enum smmu_txn_kind */ \
  X(READ, \
    "read") /* a table word arrived: addr_in=address, word=first 8 bytes, info=enum smmu_read */ \
  X(HIT, "hit")       /* a cache answered: unit=enum smmu_cache_id, slot, addr_in, addr_out */ \
  X(MISS, "miss")     /* a cache was asked and had nothing */ \
  X(FILL, "fill")     /* an entry was written: slot, addr_in, addr_out, level; actor=whose walk */ \
  X(EVICT, "evict")   /* a valid entry was replaced: slot */ \
  X(DROP, "drop")     /* an invalidation removed an entry: slot */ \
  X(FLUSH, "flush")   /* a full cache dropped everything by itself (SMMU_REPLACE_FLUSH) */ \
  X(MARK, "mark")     /* an invalidation marked a transaction in flight: slot=transaction */ \
  X(NOFILL, "nofill") /* a marked transaction left a cache unfilled */ \
  X(RESPOND, "respond") /* a transaction ended: result=enum smmu_status, addr_out=PA */ \
  X(FAULT, "fault")     /* a fault was raised: result=event type */ \
  X(EVENT, "event")     /* an event record became visible: word=dword 0, addr_in=InputAddr */ \
  X(EVENT_LOST, "event-lost") /* an event was dropped: queue full, disabled or aborted */ \
  X(FETCH, \
    "fetch") /* a command has been read: addr_out, word, slot, unit=queue, as COMMAND. What \
                         it invalidates goes between the two */ \
  X(COMMAND, "command") /* a command was consumed: addr_out=dword 0, word=dword 1, slot=index */ \
  X(CERROR, "cerror")   /* a command stopped its queue: result=CERROR code */ \
  X(SYNC, "sync")       /* a CMD_SYNC completed */ \
  X(MESSAGE, "message") /* to an endpoint: phase=enum smmu_message_kind, addr_in, info=log2 of \
                             the span, slot=tag, result=response, unit=queue */ \
  X(ANSWER, "answer")   /* an ATC_INV was answered: slot=tag, result=enum smmu_endpoint_status */ \
  X(PAGE_REQUEST, \
    "page-request") /* arrived: word=dword 0 of its entry, addr_out=dword 1, addr_in=address, \
                       slot=group */ \
  X(PAGE_QUEUED, "page-queued") /* its entry became visible in the PRI queue */ \
  X(PAGE_LOST, "page-lost")     /* it has no place there: full, disabled or aborted */ \
  X(REG_READ, "reg-read")       /* MMIO: addr_in=offset, word=value */ \
  X(REG_WRITE, "reg-write") \
  X(REG_BAD, "reg-bad") /* no register took it: unknown offset, wrong size, guarded write */ \
  /* From engines and from software; the core writes none of these. actor is the CPU, unit the \
     world it ran in (0 host, 1 + n virtual machine n), result an enumerator of plat/plat.h. Of \
     note, load-reg, store-reg and store, slot is the place in software, plat/place.h; 0: unknown */ \
  X(SPAN, "span") /* an actor at a stage: time=start, addr_in=arrival, word=end, phase=stage, \
                         addr_out=address, info=ask */ \
  X(CHARGE, "charge")     /* a CPU worked: time=start, word=end, addr_in=units, result=cost */ \
  X(SLEEP, "sleep")       /* a CPU slept: time=start, word=end */ \
  X(NOTE, "note")         /* software said: result=note, addr_in=a, addr_out=b, word=c */ \
  X(LOAD_REG, "load-reg") /* software read a register: addr_in=address, word=value, info=bytes */ \
  X(STORE_REG, "store-reg") /* software wrote a register */ \
  X(STORE, "store")         /* software stored to device memory: addr_in=address, word=value, \
                               addr_out=address as its world knows it */ \
  /* From the core. */ \
  X(BROADCAST, \
    "broadcast") /* maintenance from a CPU arrived: phase=enum smmu_dvm_kind, addr_in, \
                               word=pages, info=TG, asid, vmid */ \
  X(UPDATE, \
    "update") /* a descriptor was to be updated in place: as its READ, but word=what was to be \
                 written; slot=1: it was, 0: another word stood there, and is read next */

enum smmu_trace_category {
#define X(name, text) SMMU_TRACE_##name,
  SMMU_TRACE_LIST(X)
#undef X
    SMMU_TRACE_COUNT
};

/* What a READ record read. */
enum smmu_read {
  SMMU_READ_L1STD,
  SMMU_READ_STE,
  SMMU_READ_L1CD,
  SMMU_READ_CD,
  SMMU_READ_S1_DESC,
  SMMU_READ_S2_DESC,
  SMMU_READ_VMS,
  SMMU_READ_COUNT
};

enum smmu_cache_id {
  SMMU_CACHE_CFG,
  SMMU_CACHE_WALK,
  SMMU_CACHE_TLB,
  SMMU_CACHE_UTLB,
  SMMU_CACHE_COUNT
};

/* `phase` of a READ or UPDATE of a stage 2 descriptor: what the walk was for. Others have 0. */
enum smmu_read_for {
  SMMU_READ_FOR_CD = 1,
  SMMU_READ_FOR_S1_DESC = 2,
  SMMU_READ_FOR_INPUT = 3 /* the transaction's own IPA */
};

/* What is said of a translation cache's entry has a tag in `word`: [15:0] VMID, [31:16] ASID, [39:32]
 * log2 of the span, [43:40] enum smmu_entry, [47:44] StreamWorld (0 NS-EL1, 1 NS-EL2, 2
 * NS-EL2-E2H), 48 global, 49 ASET; its `phase` is what the entry holds: */
enum smmu_entry {
  SMMU_ENTRY_NONE,
  SMMU_ENTRY_S1,      /* VA to PA: stage 1, or both stages */
  SMMU_ENTRY_S2,      /* IPA to PA of a stream with stage 2 alone */
  SMMU_ENTRY_WALK_S1, /* walk cache: a stage 1 table */
  SMMU_ENTRY_WALK_S2, /* walk cache: a stage 2 table */
  SMMU_ENTRY_WALK_IPA /* walk cache: IPA to PA */
};

struct smmu_record {
  uint64_t time;      /* ps; set by the engine (0 from the core) */
  uint64_t addr_in;   /* address going in: VA, IPA, structure address or register offset */
  uint64_t addr_out;  /* address coming out, or first command word */
  uint64_t word;      /* word read, or second command word */
  uint32_t sid, ssid; /* of a micro-TLB's records: sid is the TBU, for an entry has no StreamID */
  uint32_t slot;      /* (set * ways + way) of the cache, command index, transaction slot, place */
  uint16_t asid, vmid;
  uint16_t actor;
  uint8_t category; /* enum smmu_trace_category */
  uint8_t phase;
  int8_t level; /* walk level -1..3 */
  uint8_t perm; /* SMMU_PERM_* of an entry or access */
  uint16_t result;
  uint16_t unit; /* TBU, queue, or enum smmu_cache_id */
  uint8_t info;  /* enum smmu_read; size_log2 for FILL and HIT */
  uint8_t pmg; /* with IDR3.MPAM: label of a READ, UPDATE or of the access that RESPOND lets out */
  uint16_t partid;
  uint8_t spare[2];
};

struct smmu_hooks {
  void *ctx;
  void (*record)(void *ctx, const struct smmu_record *r);
};

/* Name of a category, structure or cache for people; "?" when out of range. */
const char *smmu_trace_name(unsigned category);
const char *smmu_read_name(unsigned read);
const char *smmu_cache_name(unsigned cache);

#ifdef __cplusplus
}
#endif
#endif

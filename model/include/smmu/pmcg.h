/* Performance monitor counter groups (PMCG): what perf shows of an SMMU. IHI 0070: 10.
 *
 * A group is a value beside the device: it reads trace records, has a page of registers, and never
 * changes what the device does. It may be copied; it holds no pointer and is not part of the
 * device's state. A model has one group for the whole SMMU (its TCU), and may have one more for
 * each TBU.
 *
 *   smmu_pmcg_config_neutral(&cfg, &device, SMMU_PMCG_WHOLE);
 *   smmu_pmcg_init(&group, &cfg);
 *   smmu_pmcg_record(&group, &record);                        every record of the device, in order
 *   smmu_pmcg_write(&group, 0xe04, 1, 4, now);                CR.E
 *   smmu_pmcg_read(&group, SMMU_PMCG_PAGE1 + 8 * n, 8, now);  counter n
 *   while (smmu_pmcg_take_irq(&group, &irq)) ...              the owner delivers
 *
 * Engines own groups and do all this (engine_now_set_pmcgs(), engine_timed_set_pmcgs()).
 *
 * What is counted. Architected events, as IHI 0070 10.3 has them; terminated transactions count, and
 * so do those that the SMMU passes on with SMMUEN = 0.
 *
 *   0 cycle                 a clock of cycle_ps that never stops; cannot be filtered
 *   1 transaction           of a client, once; also ATS Translation Requests and Translated ones, not
 *                           ATOS, prefetch and page requests (nor do 2 and 3 count those)
 *   2 TLB miss              once a transaction. Whole SMMU: its translation read a descriptor. TBU:
 *                           the micro-TLB had nothing and the TCU was asked
 *   3 configuration miss    once a transaction that read a configuration structure
 *   4 walk access           each descriptor read, for whatever reason
 *   5 configuration access  each L1STD, STE, L1CD or CD read
 *   6 ATS request           7 ATS translated
 *
 * and events of our own, from 0x80 on: the list below. A group of a TBU counts what happens in the
 * TBU: 0, 1, 2, 6, 7 and those marked so. Counters that are set to anything else do not count.
 *
 * Secure and Realm state and MPAM are not there: their registers read as zero. */
#ifndef SMMU_PMCG_H
#define SMMU_PMCG_H

#include <stdbool.h>
#include <stdint.h>

#include "smmu/config.h"
#include "smmu/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, number, filter, tbu, text). filter: can be filtered by StreamID. tbu: groups of a TBU
 * count it too. Walk cache hits: a stage 1 table, a stage 2 table, a finished translation of an
 * IPA. */
#define SMMU_PMCG_EVENT_LIST(X) \
  X(CYCLE, 0x00, 0, 1, "cycles") \
  X(TRANSACTION, 0x01, 1, 1, "transactions") \
  X(TLB_MISS, 0x02, 1, 1, "transactions that missed the TLBs") \
  X(CONFIG_MISS, 0x03, 1, 0, "transactions that missed the configuration cache") \
  X(WALK_ACCESS, 0x04, 1, 0, "descriptor reads and updates") \
  X(CONFIG_ACCESS, 0x05, 1, 0, "configuration structure reads") \
  X(ATS_REQUEST, 0x06, 1, 1, "ATS Translation Requests") \
  X(ATS_TRANSLATED, 0x07, 1, 1, "ATS Translated transactions") \
  X(UTLB_HIT, 0x80, 1, 1, "micro-TLB hits") \
  X(UTLB_MISS, 0x81, 1, 1, "micro-TLB misses") \
  X(MAIN_TLB_HIT, 0x82, 1, 0, "main TLB hits") \
  X(MAIN_TLB_MISS, 0x83, 1, 0, "main TLB misses") \
  X(WALK_S1_HIT, 0x84, 1, 0, "walk cache hits, stage 1 table") \
  X(WALK_S2_HIT, 0x85, 1, 0, "walk cache hits, stage 2 table") \
  X(WALK_IPA_HIT, 0x86, 1, 0, "walk cache hits, finished IPA") \
  X(CONFIG_HIT, 0x87, 1, 0, "configuration cache hits") \
  X(RECORD, 0x88, 1, 0, "event records written") \
  X(RECORD_LOST, 0x89, 1, 0, "event records lost") \
  X(COMMAND, 0x8a, 0, 0, "commands consumed") \
  X(SYNC, 0x8b, 0, 0, "CMD_SYNC completed") \
  X(INVALIDATED, 0x8c, 0, 1, "TLB and walk cache entries invalidated") \
  X(CONFIG_INVALIDATED, 0x8d, 0, 0, "configuration cache entries invalidated") \
  X(EVICTED, 0x8e, 0, 1, "TLB and walk cache entries evicted") \
  X(TERMINATED, 0x8f, 1, 1, "transactions terminated")

/* SMMU_PMCG_CYCLE, ...: places in the list; the number that EVTYPER.EVENT takes is another. */
enum smmu_pmcg_event {
#define X(name, number, filter, tbu, text) SMMU_PMCG_##name,
  SMMU_PMCG_EVENT_LIST(X)
#undef X
    SMMU_PMCG_EVENTS
};

/* The number and the text of an event of the list; 0 and "?" out of range. */
unsigned smmu_pmcg_event_number(unsigned event);
const char *smmu_pmcg_event_text(unsigned event);

enum {
  SMMU_PMCG_COUNTERS = 64,
  SMMU_PMCG_TXNS = 1024,     /* transaction slots a device can have */
  SMMU_PMCG_WHOLE = 0xffff,  /* instead of a TBU */
  SMMU_PMCG_PAGE1 = 0x10000, /* offset of page 1 */
  SMMU_PMCG_SPAN = 0x20000   /* bytes of a group's two pages, each in 64 KB of its own */
};

struct smmu_pmcg_config {
  uint8_t counters;     /* 1..64 */
  uint8_t counter_bits; /* 32, 36, 40, 44, 48 or 64 */
  uint8_t sid_bits;     /* of a StreamID that filters compare, 1..32 */
  uint8_t address_bits; /* of an MSI's address, 32..56 */
  uint8_t relocated;    /* 1: counters, overflow status and capture are in page 1 */
  uint8_t capture;      /* 1: counters can be captured */
  uint8_t msi;          /* 1: interrupts can be MSIs */
  uint8_t one_filter;   /* 1: counter 0's StreamID filter is that of all */
  uint8_t ats;          /* 1: events 6 and 7 are there */
  uint8_t reserved;
  uint16_t tbu;  /* whose events, or SMMU_PMCG_WHOLE */
  uint32_t iidr; /* as read; 0: not implemented */
  uint32_t aidr; /* as read: 0 SMMUv3.0 .. 4 SMMUv3.4 */
  uint32_t reserved2;
  uint64_t cycle_ps; /* period of event 0, 1.. */
  uint64_t ack_ps;   /* IRQ_CTRLACK follows IRQ_CTRL so much later */
};

/* 16 counters of 48 bits, a filter each, page 1, capture, 1 GHz, IRQ_CTRLACK at once; the rest fits
 * the device. */
void smmu_pmcg_config_neutral(struct smmu_pmcg_config *cfg, const struct smmu_config *device,
                              unsigned tbu);

/* Of a transaction slot: who is in it, and what it has been counted for. */
struct smmu_pmcg_txn {
  uint32_t sid;
  uint16_t tbu;
  uint8_t seen; /* private bits */
  uint8_t reserved;
};

/* To be used through the functions below alone. */
struct smmu_pmcg {
  struct smmu_pmcg_config config;
  uint64_t now, ticks; /* latest time seen; cycles that have been counted up to it */
  uint64_t ack_at;     /* when IRQ_CTRLACK follows */
  uint64_t cnten, inten, ovs;
  uint64_t irq_cfg0;
  uint32_t irq_cfg1, irq_cfg2;
  uint8_t cr, irq_ctrl, irq_ctrlack, irq_status;
  uint8_t irq_due;
  uint8_t reserved[7];
  uint64_t counter[SMMU_PMCG_COUNTERS], shadow[SMMU_PMCG_COUNTERS];
  uint32_t evtyper[SMMU_PMCG_COUNTERS], smr[SMMU_PMCG_COUNTERS];
  uint64_t counting[SMMU_PMCG_EVENTS]; /* enabled counters, by event: follows from the above */
  struct smmu_pmcg_txn txn[SMMU_PMCG_TXNS];
};

/* A group after reset; what the architecture leaves unknown is 0. 0 or SMMU_ERR_BADCFG. */
int smmu_pmcg_init(struct smmu_pmcg *p, const struct smmu_pmcg_config *cfg);

/* Take notice of a record; its time counts when it is later than any time before. Registers are as
 * they were at that time. */
void smmu_pmcg_record(struct smmu_pmcg *p, const struct smmu_record *record);
/* Time goes on to now_ps: cycles are counted, a handshake is finished. Earlier times do nothing. */
void smmu_pmcg_advance(struct smmu_pmcg *p, uint64_t now_ps);
/* When the cycles next make a counter overflow that interrupts or captures; UINT64_MAX: never. The
 * owner advances to that time to have both happen then. */
uint64_t smmu_pmcg_next_time(const struct smmu_pmcg *p);

/* Register access at offset from page 0 (or SMMU_PMCG_PAGE1 + offset). bytes is 4 or 8. 64-bit
 * registers take halves. What no register takes reads as zero and is ignored. */
uint64_t smmu_pmcg_read(struct smmu_pmcg *p, uint64_t offset, unsigned bytes, uint64_t now_ps);
void smmu_pmcg_write(struct smmu_pmcg *p, uint64_t offset, uint64_t value, unsigned bytes,
                     uint64_t now_ps);

/* An interrupt to be delivered: the wired output makes an edge, and with `msi` the word `data` is
 * written to `addr` first. */
struct smmu_pmcg_irq {
  uint64_t addr;
  uint32_t data;
  uint8_t msi;
  uint8_t memattr, sh; /* of the write */
  uint8_t reserved;
};

/* The interrupt that is due, once; false when there is none. To be asked after every call above;
 * several overflows between two questions make one interrupt. */
bool smmu_pmcg_take_irq(struct smmu_pmcg *p, struct smmu_pmcg_irq *out);
/* The MSI came to an external abort. */
void smmu_pmcg_msi_aborted(struct smmu_pmcg *p);

/* CHECK what is always true. For tests. */
void smmu_pmcg_invariant(const struct smmu_pmcg *p);

#ifdef __cplusplus
}
#endif
#endif

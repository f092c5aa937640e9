/* What caches hold: the configuration of a stream, a translation with its tag, and how a cache of
 * either lies in the block. IHI 0070 3.17 (tags), 3.21 (what may be cached). Offsets are from the
 * start of the block (state.h). */
#ifndef SMMU_CORE_ENTRY_H
#define SMMU_CORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/desc.h"
#include "arch/ste.h"

#define SMMU_NO_INDEX 0xffffffffu
#define SMMU_CONFLICT 0xfffffffeu /* of a lookup: two entries that contradict each other */

/* ---- configuration of a stream, as the configuration cache holds it ---- */

enum {
  CFG_S1 = 1u << 0,    /* stage 1 translates */
  CFG_S2 = 1u << 1,    /* stage 2 translates */
  CFG_ABORT = 1u << 2, /* STE.Config = 0b0xx */
  CFG_EPD0 = 1u << 3,
  CFG_EPD1 = 1u << 4,
  CFG_HAD0 = 1u << 5,
  CFG_HAD1 = 1u << 6,
  CFG_AFFD = 1u << 7,
  CFG_WXN = 1u << 8,
  CFG_PAN = 1u << 9,
  CFG_A = 1u << 10,
  CFG_R = 1u << 11,
  CFG_S2AFFD = 1u << 12,
  CFG_S2R = 1u << 13,
  CFG_S2PTW = 1u << 14,
  CFG_MTCFG = 1u << 15,
  CFG_SHCFG = 3u << 16,      /* two bits: STE.SHCFG */
  CFG_TWO_RANGES = 1u << 18, /* TTB1 exists: not EL2 without E2H */
  CFG_S = 1u << 19,
  CFG_S2S = 1u << 20,
  CFG_HA = 1u << 21,
  CFG_HD = 1u << 22,
  CFG_HAFT = 1u << 23,
  CFG_S2HA = 1u << 24,
  CFG_S2HD = 1u << 25,
  CFG_S2HAFT = 1u << 26,
  CFG_E0PD0 = 1u << 27,
  CFG_E0PD1 = 1u << 28,
  CFG_EPAN = 1u << 29,
  CFG_FWB = 1u << 30,
  CFG_MEV = 1u << 31
};

struct stream_cfg {
  uint64_t ttb[2];
  uint64_t s2ttb;
  uint64_t mair;
  uint64_t tag;        /* of this stream's entries in the TLBs, without a size: tag_make() */
  uint64_t outside[2]; /* stage 1: address bits that must all be 0 (TTB0) or 1 (TTB1) */
  uint32_t flags;      /* CFG_* */
  uint16_t asid, vmid;
  struct smmu_geometry s1[2], s2;
  uint8_t world; /* enum smmu_world */
  uint8_t privcfg, instcfg, memattr;
  uint8_t eats;        /* as smmu_ste has it */
  uint8_t cont;        /* log2 of the StreamIDs that share this configuration */
  uint8_t sh[2], s2sh; /* shareability of leaves that have no field for it */
  uint8_t ppar, pmg;
  uint8_t skipped;     /* 1: Config names stage 1, S1DSS skipped it */
  uint16_t partid;     /* partid and pmg of the stream's accesses */
  uint16_t ste_partid; /* of accesses to CDs and stage 2 tables */
  uint8_t ste_pmg;
  uint8_t alloc; /* STE.ALLOCCFG, 0 while it overrides nothing */
  uint8_t slow;  /* a TLB hit takes more than its entry: E0PD, overrides of attributes */
  uint8_t pad;
  uint32_t ste_sum; /* as smmu_ste has it */
};

struct cfg_entry {
  uint32_t ssid, sid;
  uint32_t valid; /* CFG_ENTRY_*; SSV: for transactions with a SubstreamID; [7:4] CONT */
  uint32_t pad;
  struct stream_cfg cfg;
};

/* STE: the STE alone, for Translated transactions without SubstreamID. */
enum { CFG_ENTRY_VALID = 1, CFG_ENTRY_SSV = 2, CFG_ENTRY_STE = 4, CFG_ENTRY_CONT = 16 };

/* log2 of the StreamIDs that the entry serves. */
static inline unsigned cfg_entry_cont(const struct cfg_entry *e)
{
  return e->valid / CFG_ENTRY_CONT;
}

/* ---- translation caches: micro-TLBs, main TLB and walk cache share one kind of entry ---- */

enum entry_kind {
  ENTRY_NONE = 0,
  ENTRY_S1,      /* VA to PA: stage 1 alone or both stages combined */
  ENTRY_S2,      /* IPA to PA of a stage 2 only stream */
  ENTRY_WALK_S1, /* stage 1 table descriptor: VA prefix to next table (PA, or IPA under nesting) */
  ENTRY_WALK_S2, /* stage 2 table descriptor: IPA prefix to next table */
  ENTRY_WALK_IPA /* stage 2 leaf met inside a nested walk: IPA to PA */
};

struct tlb_entry {
  uint64_t tag;  /* see tag_make(); 0 = invalid */
  uint64_t va;   /* input base, aligned to the span; VA sign-extended from bit 55 */
  uint64_t pa;   /* output base */
  uint64_t ipa;  /* ENTRY_S1 under nesting: the IPA stage 1 gave; for fault records */
  uint8_t perm;  /* stage 1 (or only) permissions, entry_perm(); table limits for ENTRY_WALK_S1 */
  uint8_t perm2; /* stage 2 permissions of a combined entry */
  int8_t level;  /* level of the (last stage's) descriptor */
  uint8_t made;  /* see entry_made() */
  /* The last four bytes of struct smmu_result, in its order. */
  uint8_t size_log2, memattr, sh, zero;
};

/* What an entry was made of, in the table that addresses of a TLBI name (stage 1 of a combined
 * entry): [7:6] the granule as TG spells it, 0 for any; [5:0] log2 of the leaf when the entry holds a
 * part of it, for stage 2 broke it or the rest is out of range, else 0. */
static inline uint8_t entry_made(unsigned granule_log2, unsigned fracture)
{
  return (uint8_t)(fracture | (granule_log2 - 10) / 2 << 6);
}
static inline unsigned entry_fracture(const struct tlb_entry *e)
{
  return e->made & 0x3f;
}
static inline unsigned entry_tg(const struct tlb_entry *e)
{
  return e->made >> 6;
}

/* Permissions of an entry: SMMU_USER_* | SMMU_PRIV_* as they hold, and a bit more on each side: a
 * write is allowed, at once or after the descriptor has been made dirty. */
#define ENTRY_MAY_WRITE 0x88u

static inline uint8_t entry_perm(unsigned perm, bool clean)
{
  unsigned write = perm & 0x22;

  return (uint8_t)((clean ? perm & ~write : perm) | write << 2);
}

/* What an entry allows, once it is dirty. */
static inline unsigned entry_allows(unsigned perm)
{
  return (perm & 0x55) | (perm & ENTRY_MAY_WRITE) >> 2;
}

/* Tag: [15:0] VMID, [31:16] ASID, [39:32] log2 of the span, [43:40] kind, [47:44] StreamWorld, 48
 * global, 49 ASET. Global entries carry ASID 0, so that one comparison finds them whatever the
 * ASID; ASET keeps the two sets of address spaces apart (IHI 0070 3.17.1). */
#define TAG_GLOBAL    (1ULL << 48)
#define TAG_ASET      (1ULL << 49)
#define TAG_ASID_MASK 0xffff0000ULL

static inline uint64_t tag_make(unsigned kind, unsigned world, unsigned vmid, unsigned asid,
                                unsigned size_log2)
{
  return (uint64_t)vmid | (uint64_t)asid << 16 | (uint64_t)size_log2 << 32 | (uint64_t)kind << 40 |
         (uint64_t)world << 44;
}

static inline unsigned tag_vmid(uint64_t tag)
{
  return tag & 0xffff;
}
static inline unsigned tag_asid(uint64_t tag)
{
  return (tag >> 16) & 0xffff;
}
static inline unsigned tag_size(uint64_t tag)
{
  return (tag >> 32) & 0xff;
}
static inline unsigned tag_kind(uint64_t tag)
{
  return (tag >> 40) & 0xf;
}
static inline unsigned tag_world(uint64_t tag)
{
  return (tag >> 44) & 0xf;
}

/* Offsets are from the start of the block. */
struct cache {
  uint32_t sets, ways, entries;
  uint32_t off_entry; /* meaning: struct tlb_entry or struct cfg_entry [entries] */
  uint32_t off_stamp; /* aid: uint32_t [entries], time of last use */
  uint32_t off_live;  /* aid: struct cache_live */
  uint32_t off_link;  /* aid: struct cache_link [entries]; 0 when not chained */
  uint32_t off_head;  /* aid: uint32_t [2][bucket_mask + 1] */
  uint32_t bucket_mask;
  uint16_t id;   /* enum smmu_cache_id */
  uint16_t unit; /* TBU of a micro-TLB */
};

struct cache_live {
  uint64_t sizes;   /* bit n: entries with span 2^n exist; configuration cache: with CONT = n > 0 */
  uint32_t used;    /* valid entries */
  uint32_t clock;   /* recency stamp of the last use */
  uint32_t globals; /* entries with TAG_GLOBAL */
  uint32_t fractures; /* entries with a fracture */
  uint32_t count[64]; /* entries by log2 of span */
};

/* Two doubly linked chains: by (VMID, ASID or global) and by VMID. */
struct cache_link {
  uint32_t next[2], prev[2];
};

#endif

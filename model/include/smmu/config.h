/* What a device is made of: ID register values and the sizes of its parts.
 * A configuration is a plain value. smmu_config_check() is the only judge of it; everything else
 * trusts a checked one. */
#ifndef SMMU_CONFIG_H
#define SMMU_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a full set chooses its victim. */
enum smmu_replace {
  SMMU_REPLACE_PICK = 0, /* the engine picks a way; recency is offered as a hint in ask.data[0] */
  SMMU_REPLACE_FLUSH /* no victim: the whole cache is dropped when a set is full at a fill; with one
                            set, as QEMU's IOTLB does. The configuration cache picks all the same */
};

/* How much more than it must an invalidation removes. More is always legal. */
enum smmu_wider {
  SMMU_WIDER_EXACT = 0, /* what it names */
  SMMU_WIDER_ADDRESS,   /* by-address forms: whatever the address */
  SMMU_WIDER_ALL,       /* everything in the cache */
  SMMU_WIDER_COUNT
};

/* Two cached translations for one address, which software must not cause. IHI 0070 3.17.4. */
enum smmu_conflict {
  SMMU_CONFLICT_EITHER = 0, /* one of them is used */
  SMMU_CONFLICT_FAULT       /* F_TLB_CONFLICT or F_CFG_CONFLICT */
};

/* Geometry of one cache. sets 0 switches the cache off: no lookup, no fill. */
struct smmu_cache_config {
  uint16_t sets; /* 0, or a power of two up to 32768 */
  uint16_t ways; /* 1..256 */
};

/* The command queue extension (cmdqv.h). All sizes are log2, as PARAM shows them. */
struct smmu_cmdqv_config {
  uint8_t present;       /* 0: there is none; the rest is 0 too */
  uint8_t vintfs_log2;   /* 0..6 */
  uint8_t vcmdqs_log2;   /* vintfs_log2..7 */
  uint8_t sids_log2;     /* 0..4: StreamID table entries a VINTF */
  uint32_t config_reset; /* CONFIG after reset, CMDQV_EN included */
};

struct smmu_config {
  /* SMMU_IDR0..IDR5 as software reads them; features follow from these bits alone (IHI
   * 0070 6.3.1-6.3.6). */
  uint32_t idr[6];
  uint32_t idr6;    /* with IDR1.ECMDQ: how many queues on how many pages; 6.3.45 */
  uint32_t mpamidr; /* PARTID_MAX, PMG_MAX; 0 without IDR3.MPAM */
  uint32_t iidr, aidr;
  uint32_t gbpa_reset; /* GBPA after reset; IMPLEMENTATION DEFINED */

  uint16_t txns;    /* transaction slots, 1..1024: how many translations can be in flight */
  uint16_t tbus;    /* TBUs, 1..64, each with a micro-TLB of its own */
  uint16_t events;  /* event buffer in front of the event queue, 1..1024 records */
  uint16_t replace; /* enum smmu_replace, for every translation cache */
  struct smmu_cache_config utlb, tlb, walk_cache, cfg_cache;

  /* Bytes the interconnect delivers as one: 8, 16, 32 or 64. Longer reads can be torn by stores in
   * between; `explore` does so. */
  uint16_t atomic_bytes;
  uint8_t wider;      /* enum smmu_wider: what the hint of SMMU_PICK_WIDER says */
  uint8_t pick_wider; /* 1: each sweep of an invalidation asks; 0: `wider` holds */
  uint8_t conflict;   /* enum smmu_conflict */
  uint8_t contiguous; /* 1: a leaf with the contiguous hint is cached for its whole group */
  uint8_t cont;       /* 1: STE.CONT widens what a configuration cache entry serves */
  uint8_t prefetch;   /* 1: PREFETCH_CONFIG and PREFETCH_ADDR fill caches; 2: the engine picks */
  uint16_t page_requests; /* buffer in front of the PRI queue, 1..256 when IDR0.PRI */

  struct smmu_cmdqv_config cmdqv;
};

/* A neutral device: stage 1, stage 2, nested, two-level tables, RIL; uTLB 32, main TLB 512 x 4
 * ways, walk cache 64, configuration cache 64. Makes no claim to match a product. */
void smmu_config_neutral(struct smmu_config *cfg);
/* ID registers of QEMU 10.0's `virt` machine (read from a recorded Linux boot), caches of
 * smmu_config_neutral(). */
void smmu_config_qemu(struct smmu_config *cfg);

/* Where a value of an ID register is known from. */
enum smmu_id_origin {
  SMMU_ID_MEASURED,  /* read from a device */
  SMMU_ID_PUBLISHED, /* said of it in public */
  SMMU_ID_ASSUMED,   /* ours */
  SMMU_ID_MODEL,     /* what the model has; the device may have more */
  SMMU_ID_ORIGINS
};

/* One value of one device. */
struct smmu_id_row {
  const char *reg;   /* "IDR0" */
  const char *field; /* NULL: the whole register */
  uint32_t value;
  uint8_t origin; /* enum smmu_id_origin */
  const char *source;
};

/* ID registers by name, leaving the caches alone: "neutral", "qemu", "mmu-600", "mmu-700", "grace",
 * "full" (everything that is modelled). SMMU_ERR_BADARG for another name. With PRI a page request
 * buffer of 64, unless there is one. */
int smmu_config_set_ids(struct smmu_config *cfg, const char *name);
/* Names and what they stand for, NULL behind the last; the rows of one, NULL behind the last. Static
 * storage. */
const char *smmu_ids_name(unsigned i);
const char *smmu_ids_what(unsigned i);
const struct smmu_id_row *smmu_ids_row(unsigned i, unsigned row);
const char *smmu_id_origin_name(unsigned origin);

/* Cache sizes by name, leaving the ID registers alone: "none" (all caches off), "qemu"
 * (configuration cache, one fully associative TLB of 256 entries that is flushed when full, nothing
 * else), "neutral", "tiny" (2 entries each: exploration). Returns SMMU_ERR_BADARG for another name.
 */
int smmu_config_set_tlb_profile(struct smmu_config *cfg, const char *name);

/* 0, or SMMU_ERR_BADCFG with one sentence in why[0..why_len) that names the field, its value and
 * the legal values. */
int smmu_config_check(const struct smmu_config *cfg, char *why, size_t why_len);

#ifdef __cplusplus
}
#endif
#endif

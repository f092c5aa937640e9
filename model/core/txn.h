/* The phases of a transaction, and what its files call of each other.
 * A phase says what to do with the reply to the ask that is out. go_*() functions decide what comes
 * next: they set the phase and fill the ask, and touch nothing that another actor can see. */
#ifndef SMMU_CORE_TXN_H
#define SMMU_CORE_TXN_H

#include <stddef.h>
#include <string.h>

#include "arch/attr.h"
#include "core/core.h"

enum txn_phase {
  TXN_FREE = 0,
  TXN_ARRIVE, /* SMMUEN, GBPA */
  TXN_CFG_LOOKUP,
  TXN_L1STD,
  TXN_STE,
  TXN_L1CD,
  TXN_CD,
  TXN_VMS,
  TXN_CFG_FILL,
  TXN_UTLB,
  TXN_TLB,
  TXN_S1_BEGIN, /* walk cache lookup for stage 1 */
  TXN_S1_DESC,
  TXN_S1_UPDATE,
  TXN_S1_CACHE, /* walk cache fill with a table descriptor */
  TXN_S2_BEGIN,
  TXN_S2_DESC,
  TXN_S2_UPDATE,
  TXN_S2_CACHE,
  TXN_S2_LEAF_CACHE,
  TXN_TLB_FILL,
  TXN_UTLB_FILL,
  TXN_FAULT,
  TXN_STALLED,
  TXN_RETRY, /* as TXN_ARRIVE, of a transaction that had stalled */
  TXN_RESPOND,
  TXN_PHASES
};

/* One step's context: less to pass around. */
struct step {
  struct smmu *s;
  struct txn *t;
  const struct smmu_reply *reply;
  const struct smmu_hooks *h;
  struct smmu_ask *ask;
  unsigned slot;
};

static inline void go_stage(struct step *x, unsigned phase, unsigned stage)
{
  x->t->phase = (uint8_t)phase;
  ask_stage(x->ask, stage);
}

static inline void go_read(struct step *x, unsigned phase, unsigned stage, uint64_t addr,
                           unsigned len)
{
  x->t->phase = (uint8_t)phase;
  x->t->struct_addr = addr;
  ask_read(x->ask, stage, addr, len);
}

static inline bool read_failed(const struct step *x)
{
  return x->reply->status != SMMU_BUS_OK;
}

static inline bool cache_on(const struct smmu *s, unsigned id)
{
  return s->cache[id].entries != 0;
}

static inline const struct cache *utlb_of(const struct step *x)
{
  return &x->s->cache[SMMU_CACHE_UTLB + x->t->in.tbu];
}

/* txn.c */
/* Take a free slot, which there is. */
unsigned smmu_txn_begin(struct smmu *s, const struct smmu_txn *in, const struct smmu_hooks *h);
void txn_record(const struct step *x, unsigned category, struct smmu_record *r);
void go_respond(struct step *x, unsigned status);
/* Out as it came, with these attributes. */
void go_bypass(struct step *x, struct smmu_attr attr);
void go_fill(struct step *x);
/* A descriptor as it came from memory, or as it goes there. The one place that knows of byte order.
 */
static inline uint64_t desc_order(const struct smmu_geometry *g, uint64_t word)
{
  return g->big_endian ? __builtin_bswap64(word) : word;
}

/* False, with a NOFILL record, when the transaction is marked. Asked in the very step that would
 * fill. */
bool may_fill(struct step *x);
/* Write an entry into a cache; false when *x->ask now is a PICK of the victim and the phase has to
 * be run again. */
bool txn_fill(struct step *x, const struct cache *c, const struct tlb_entry *e);

/* log2 of what a leaf is cached for: not for addresses whose output would be out of range (3.4).
 * IMPDEF: the contiguous hint counts with config.contiguous. */
static inline unsigned txn_group(const struct step *x, uint64_t desc, int level,
                                 const struct smmu_geometry *g, uint64_t in, uint64_t out)
{
  unsigned size_log2 = x->s->config.contiguous ? smmu_desc_group_log2(desc, level, g, in, out)
                                               : smmu_level_shift(g->granule_log2, level);

  return size_log2 < g->oa_bits ? size_log2 : g->oa_bits;
}

/* The leaf's own size where less of it is cached, else 0: see entry_made(). */
static inline unsigned txn_fracture(const struct smmu_geometry *g, int level, unsigned size_log2)
{
  unsigned shift = smmu_level_shift(g->granule_log2, level);

  return shift > size_log2 ? shift : 0;
}

/* txn_input.c */
void go_translate(struct step *x);
/* Range of the input address; false when it is outside, and the fault is on its way. */
bool go_input(struct step *x);

/* txn_config.c */
void go_config(struct step *x);
void on_cfg_lookup(struct step *x);
void on_l1std(struct step *x);
void on_ste(struct step *x);
void on_l1cd(struct step *x);
void on_cd(struct step *x);
void on_vms(struct step *x);
void on_cfg_fill(struct step *x);
/* Stage 2 has translated the address of a configuration structure. */
void go_config_at(struct step *x, uint64_t pa);

/* txn_walk.c */
void go_walk(struct step *x);
void go_s2(struct step *x, uint64_t ipa, unsigned purpose);
void go_s1_desc(struct step *x);
void on_s1_begin(struct step *x);
void on_s1_desc(struct step *x);
/* What a descriptor that was read, or updated, leads to. */
void s1_judge(struct step *x, uint64_t desc);
void on_s1_cache(struct step *x);

/* txn_walk2.c */
void on_s2_begin(struct step *x);
void go_s2_desc(struct step *x);
void on_s2_desc(struct step *x);
void s2_judge(struct step *x, uint64_t desc);
unsigned s2_class(const struct txn *t);
void on_s2_cache(struct step *x);
void on_s2_leaf_cache(struct step *x);
void go_s1_at(struct step *x, uint64_t pa);

/* txn_httu.c: flags in descriptors */
bool httu_is_clean(const struct txn *t, bool s2, uint64_t desc);
uint64_t httu_dirty(uint64_t desc);
bool httu_needs_af(const struct txn *t, bool s2);
/* Bits that an access which is permitted changes; write: what it is for writes. */
unsigned httu_leaf_flips(const struct txn *t, bool s2, uint64_t desc, bool write);
unsigned httu_table_flips(const struct txn *t, bool s2, uint64_t desc);
bool httu_may_cache(const struct txn *t, uint64_t desc);
void go_s1_update(struct step *x, uint64_t desc, unsigned flips);
void go_s2_update(struct step *x, uint64_t desc, unsigned flips);
/* Stage 2 allows the update. */
void go_s1_swap(struct step *x, uint64_t pa);
void on_s1_update(struct step *x);
void on_s2_update(struct step *x);

static inline unsigned txn_write_bit(const struct txn *t)
{
  return t->priv ? SMMU_PRIV_W : SMMU_USER_W;
}

/* Does it make what it reaches dirty? A request that announces writes counts as a write. */
static inline bool txn_dirties(const struct txn *t)
{
  return t->in.write && (t->in.kind == SMMU_TXN_ORDINARY || t->in.kind == SMMU_TXN_ATS_REQUEST ||
                         t->in.kind == SMMU_TXN_ATS_TRANSLATED || t->in.kind == SMMU_TXN_ATOS);
}

/* Permissions as this transaction may use them: a request that announces no writes makes nothing
 * dirty, and so is not granted any. IHI 0070 3.13.7.1. */
static inline unsigned txn_usable(const struct txn *t, unsigned perm, bool clean)
{
  bool denied = clean && t->in.kind == SMMU_TXN_ATS_REQUEST && t->in.no_write;

  return denied ? perm & ~(SMMU_USER_W | SMMU_PRIV_W) : perm;
}

/* ats.c: what is different for an ATS Translation Request or a Translated transaction. */
void smmu_ats_submitted(const struct smmu *s, struct smmu_txn *in);
/* SMMUEN is 0. */
void ats_disabled(struct step *x);
/* It has arrived under SMMUEN = 1, and its configuration is known. True: it has been answered. */
bool ats_arrived(struct step *x);
bool ats_stopped(struct step *x);
/* A Translated transaction: true when it needs no translation and has been answered. */
bool ats_translated(struct step *x);
/* Permissions (SMMU_USER_*, SMMU_PRIV_*) of which a request needs one; and: it is granted none. */
unsigned ats_wants(const struct txn *t);
void ats_deny(struct step *x);
/* The completion of a request: from an entry whose result stands in t->result; for an identity. */
void ats_complete(struct step *x, const struct tlb_entry *e);
void ats_identity(struct step *x);
bool ats_fault_is_hidden(const struct step *x);
unsigned ats_fault_status(const struct txn *t);
/* What F_BAD_ATS_TREQ says of the request. */
void ats_describe(const struct txn *t, struct smmu_event *e);

static inline bool txn_is_ats(const struct txn *t)
{
  return t->in.kind == SMMU_TXN_ATS_REQUEST || t->in.kind == SMMU_TXN_ATS_TRANSLATED;
}

/* Permissions of which a mapping must have one. */
static inline unsigned txn_wants(const struct txn *t)
{
  return t->in.kind == SMMU_TXN_ATS_REQUEST ? ats_wants(t)
                                            : smmu_access_bit(t->in.write, t->ind, t->priv);
}
/* txn_attr.c: attributes of a response, from what comes in, the tables and the overrides. */
struct smmu_attr txn_incoming_attr(const struct stream_cfg *cfg);
/* What the finished stages make of a type: kept in TLB entries. */
struct smmu_attr txn_table_attr(const struct txn *t, bool s1, bool s2);
/* What an STE adds to the attributes of a TLB entry. */
void txn_output_attr(const struct stream_cfg *cfg, struct smmu_result *r);

/* fault.c */
void go_fault(struct step *x, unsigned type, unsigned clss, bool s2, uint64_t ipa,
              uint64_t fetch_addr);
void on_fault(struct step *x);
/* The fault's record. */
void fault_encode(const struct txn *t, unsigned slot, uint64_t words[4]);
/* The transaction ends with its fault. */
void fault_answer(struct step *x, unsigned status);

/* stall.c */
void go_stall(struct step *x);
void on_stalled(struct step *x);
void on_retry(struct step *x);

/* mpam.c */
bool mpam_needs_map(const struct smmu_features *f, const struct smmu_ste *ste);
/* cd is NULL without stage 1. */
void mpam_assign(const struct smmu_features *f, const struct smmu_ste *ste,
                 const struct smmu_cd *cd, struct stream_cfg *cfg);
void go_vms(struct step *x);
/* The physical PARTID in the word that go_vms() read. */
uint16_t mpam_map(const struct txn *t, uint64_t word);
void mpam_label(const struct step *x, struct smmu_record *r);

/* atos.c: what a request through the ATOS registers does differently. */
/* Answers nobody and faults in silence. */
static inline bool is_prefetch(const struct txn *t)
{
  return t->in.kind == SMMU_TXN_PREFETCH || t->in.kind == SMMU_TXN_PREFETCH_CONFIG;
}
static inline bool is_atos(const struct txn *t)
{
  return t->in.kind == SMMU_TXN_ATOS;
}
void go_atos(struct step *x);           /* arrived */
void go_atos_translate(struct step *x); /* configured */
/* False: the stages that the STE names are not those asked for, and the answer is on its way. */
bool atos_admits(struct step *x, bool s1, bool s2);
bool atos_wants_cd(const struct step *x);
bool atos_wants_stage2(const struct step *x);
void atos_answer(struct step *x); /* the walk is done */
void atos_fault(struct step *x);  /* it ended in x->t->fault */
/* PAR and RUN, in the step that ends the request. */
void atos_show(struct step *x);

/* ---- shared with try_hit.c, and inline for its sake ---- */

enum entry_verdict { ENTRY_OK, ENTRY_CLEAN, ENTRY_DENIED_S1, ENTRY_DENIED_S2 };

/* ENTRY_CLEAN: not before the tables say that something was written. Stage 1 says so first, whatever
 * stage 2 thinks of its output: the update has faults of its own. IHI 0070 7.3.22, 13.4. */
static inline enum entry_verdict txn_judge(const struct tlb_entry *e, unsigned access)
{
  if (e->perm & e->perm2 & access)
    return ENTRY_OK;
  if (entry_allows(e->perm & (e->perm & access ? e->perm2 : 0xff)) & access)
    return ENTRY_CLEAN;
  return (entry_allows(e->perm) & access) || tag_kind(e->tag) == ENTRY_S2 ? ENTRY_DENIED_S2
                                                                          : ENTRY_DENIED_S1;
}

_Static_assert(offsetof(struct smmu_result, size_log2) == 12 &&
                 offsetof(struct smmu_result, status) == 8 &&
                 offsetof(struct tlb_entry, zero) == offsetof(struct tlb_entry, size_log2) + 3,
               "txn_result_from() copies four bytes from entry to result");

/* The answer that an entry gives: status, event and bypassed are 0, perm is the fourth byte, the
 * rest stands ready. */
static inline void txn_result_from(const struct tlb_entry *e, uint64_t va, bool priv,
                                   struct smmu_result *r)
{
  uint32_t perm = entry_allows(e->perm & e->perm2) >> (priv ? 4 : 0) & 7;
  uint32_t head = perm << 24, tail;

  r->pa = e->pa | (va & ((1ULL << e->size_log2) - 1));
  memcpy(&tail, &e->size_log2, 4);
  memcpy(&r->status, &head, 4);
  memcpy(&r->size_log2, &tail, 4);
}

/* PnU and InD after STE overrides. IHI 0070 5.2 (PRIVCFG, INSTCFG). */
static inline void txn_overrides(const struct stream_cfg *cfg, const struct smmu_txn *in,
                                 bool *priv, bool *ind)
{
  *priv = cfg->privcfg < 2 ? in->privileged : cfg->privcfg == 3;
  *ind = !in->write && (cfg->instcfg < 2 ? in->instruction : cfg->instcfg == 3);
}

#endif

/* What the parts of the naive translator share: the transaction on its way, bit helpers, device
 * facts. Event types 7.3, StreamWorld 3.3.3, ID registers 6.3.1-6.3.6. */
#ifndef NAIVE_JOB_H
#define NAIVE_JOB_H

#include "naive.h"

enum {
  C_BAD_STREAMID = 0x02,
  F_STE_FETCH = 0x03,
  C_BAD_STE = 0x04,
  F_BAD_ATS_TREQ = 0x05,
  F_STREAM_DISABLED = 0x06,
  F_TRANSL_FORBIDDEN = 0x07,
  C_BAD_SUBSTREAMID = 0x08,
  F_CD_FETCH = 0x09,
  C_BAD_CD = 0x0a,
  F_WALK_EABT = 0x0b,
  F_TRANSLATION = 0x10,
  F_ADDR_SIZE = 0x11,
  F_ACCESS = 0x12,
  F_PERMISSION = 0x13,
  F_VMS_FETCH = 0x25
};

enum fault_class { CLASS_CD = 0, CLASS_TT = 1, CLASS_IN = 2 };

/* StreamWorld, 3.3.3: one range and no unprivileged side for EL2 without E2H. */
enum world { WORLD_EL1, WORLD_EL2, WORLD_EL2_E2H };

/* Memory attributes on their way through the stages; domains as in MAIR (naive_attr.c). */
struct attr {
  bool device;
  uint8_t type; /* of Device: 0 nGnRnE .. 3 GRE */
  uint8_t outer, inner, sh;
};

/* One transaction on its way. */
struct job {
  const struct naive_device *d;
  const struct naive_txn *t;
  struct naive_result *out;
  uint64_t ste[8], cd[8];
  enum world world;
  struct attr attr;
  bool s1, s2;            /* stages that translate */
  bool fwb;               /* S2FWB */
  bool hints;             /* ALLOCCFG has a say */
  bool ssv;               /* a SubstreamID counts */
  bool privileged, fetch; /* after the STE's overrides; fetch: instruction read */
  bool updating;          /* stage 2 is asked for the write of a stage 1 descriptor */
  bool speculative;       /* flags may be updated, and need not be */
  unsigned need;          /* NAIVE_R, _W or _X; 0 for an ATS Translation Request */
};

/* The geometry of one table walk. */
struct stage {
  bool is_s2;
  unsigned grain; /* log2 of the granule */
  unsigned in_bits, out_bits;
  int start;
  uint64_t base;
  uint8_t sh; /* of every leaf, with ds */
  bool ds;    /* 52-bit descriptors of 4K and 16K */
  bool lpa;   /* those of 64K */
  bool big_endian, ignore_af, no_hierarchy;
  bool ha, hd, haft; /* flags are updated: Access, dirty, Access of tables */
};

struct leaf {
  uint64_t addr, desc;
  uint64_t at, pa; /* where the descriptor lies: IPA (or PA), PA */
  unsigned size_log2, size_most;
  bool no_el0, no_write, no_exec, no_priv_exec; /* gathered from table descriptors */
};

static inline uint64_t bits(uint64_t v, unsigned hi, unsigned lo)
{
  return (v << (63 - hi)) >> (63 - hi + lo);
}

static inline bool bit(uint64_t v, unsigned n)
{
  return (v >> n) & 1;
}

static inline bool fits(uint64_t addr, unsigned width)
{
  return width >= 64 || addr >> width == 0;
}

static inline uint64_t align_down(uint64_t addr, unsigned log2)
{
  return addr & ~((1ull << log2) - 1);
}

static inline uint64_t word_of(const uint8_t *p, bool big_endian)
{
  uint64_t v = 0;
  int i;

  for (i = 0; i < 8; i++)
    v |= (uint64_t)p[big_endian ? 7 - i : i] << (8 * i);
  return v;
}

/* ---- the device: IDR0 0x00, IDR1 0x04, IDR3 0x0c, IDR5 0x14 ---- */

/* OAS, IPS and S2PS share an encoding (6.3.6, 5.2, 5.4). */
static inline unsigned size_of_code(uint64_t code)
{
  static const unsigned sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

  return sizes[code & 7];
}

static inline unsigned oas(const struct job *j)
{
  return size_of_code(bits(j->d->idr[5], 2, 0));
}

/* 3.4: without LPAE the IPA size is the PA size. */
static inline unsigned ias(const struct job *j)
{
  return oas(j);
}

static inline unsigned smaller(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static inline unsigned ssid_bits(const struct job *j)
{
  return (unsigned)bits(j->d->idr[1], 10, 6);
}

static inline bool granule_is_supported(const struct job *j, unsigned grain)
{
  switch (grain) {
  case 12: return bit(j->d->idr[5], 4);
  case 14: return bit(j->d->idr[5], 5);
  case 16: return bit(j->d->idr[5], 6);
  default: return false;
  }
}

/* TG0 and S2TG; TG1 counts differently (5.4). 0 is the reserved code. */
static inline unsigned grain_of_tg0(uint64_t tg)
{
  static const unsigned grain[4] = { 12, 16, 14, 0 };

  return grain[tg & 3];
}

static inline unsigned grain_of_tg1(uint64_t tg)
{
  static const unsigned grain[4] = { 0, 14, 12, 16 };

  return grain[tg & 3];
}

/* IDR0.HTTU. */
static inline unsigned httu(const struct job *j)
{
  return (unsigned)bits(j->d->idr[0], 7, 6);
}

static inline unsigned stall_model(const struct job *j)
{
  return (unsigned)bits(j->d->idr[0], 25, 24);
}

/* Largest TxSZ and S2T0SZ: 39, or more with small tables (IDR3.STT). */
static inline unsigned txsz_max(const struct job *j, unsigned grain)
{
  if (!bit(j->d->idr[3], 9))
    return 39;
  return grain == 16 ? 47 : 48;
}

/* TTENDIAN 2 is little-endian only, 3 big-endian only. */
static inline bool endian_is_supported(const struct job *j, bool big)
{
  uint64_t ttendian = bits(j->d->idr[0], 22, 21);

  return !(ttendian == 2 && big) && !(ttendian == 3 && !big);
}

/* ---- naive_event.c: each ends the transaction; those that return bool return false ---- */

void naive_event_header(struct job *j, unsigned type);
bool naive_bad(struct job *j, unsigned type);
bool naive_bad_substream(struct job *j, uint32_t ssid);
bool naive_fetch_abort(struct job *j, unsigned type, uint64_t pa);
bool naive_walk_abort(struct job *j, bool s2, enum fault_class class, uint64_t pa);
bool naive_fault(struct job *j, unsigned type, bool s2, enum fault_class class, uint64_t ipa);
/* F_BAD_ATS_TREQ or F_TRANSL_FORBIDDEN. */
bool naive_ats_refused(struct job *j);

/* ---- naive_attr.c ---- */

void naive_attr_input(struct job *j, uint64_t memattr, bool mtcfg, uint64_t alloccfg,
                      uint64_t shcfg);
void naive_attr_stage1(struct job *j, const struct stage *st, uint64_t desc);
void naive_attr_stage2(struct job *j, const struct stage *st, uint64_t desc);
bool naive_attr_s2_device(const struct job *j, uint64_t desc);
void naive_attr_output(struct job *j);

/* ---- naive_walk.c: false when an event ended the transaction ---- */

bool naive_read(struct job *j, uint64_t pa, void *bytes, unsigned len);
/* *perm: NAIVE_R, _W, _X that the leaf gives this transaction. */
bool naive_stage1(struct job *j, struct leaf *leaf, unsigned *perm);
/* need: what the access must have; *perm comes in as what stage 1 allows and leaves as what both
 * do. */
bool naive_stage2(struct job *j, uint64_t ipa, enum fault_class class, unsigned need,
                  struct leaf *leaf, unsigned *perm);
/* False when EPDx disables this half; the rest of *st is then only partly set. */
bool naive_stage1_geometry(const struct job *j, bool upper, struct stage *st);
/* st->start is 4 where S2SL0 names no start level of this device. */
void naive_stage2_geometry(const struct job *j, struct stage *st);
/* Log2 of what one entry at `level` spans. */
unsigned naive_entry_span(const struct stage *st, int level);

/* ---- naive_ats.c: begin and is_allowed are false when the transaction ended ---- */

bool naive_ats_begin(struct job *j);
bool naive_ats_is_allowed(struct job *j, unsigned config);
bool naive_ats_is_split(const struct job *j);
/* R, W, Exe that a completion grants of what the stages allow (13.7.1). */
unsigned naive_ats_grant(const struct job *j, unsigned perm);
void naive_ats_complete(struct job *j, uint64_t ipa);
void naive_ats_end(struct job *j);

#endif

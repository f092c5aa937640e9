/* The naive translator. Order of checks: IHI 0070 3.3, 3.4 and 7.3.22; structures: 5.1-5.5; events:
 * 7.3; walks: the VMSAv8-64 of the Arm ARM, chapter D8, as 3.4 and 5.4 restrict it.
 *
 * Where the text leaves a choice, PICK. These three set constrained_unpredictable:
 *   L1STD.L2Ptr beyond OAS is truncated (3.4.3 note 5);
 *   S1ContextPtr and L1CD.L2Ptr beyond IAS under stage 2 are C_BAD_STE and C_BAD_SUBSTREAMID
 *   (3.4.3 notes 2 and 4);
 *   RES0 low bits of S1ContextPtr are taken as zero (5.2 S1Fmt).
 * These do not:
 *   a start level that the Arm ARM forbids for the PA size (S2InvalidSL) makes the STE ILLEGAL;
 *   a write marked Instruction is Data (13.1.2); address bits that a descriptor of a 48-bit format
 *   does not have are ignored ([51:48]; [15:12] with 64K); nT and Contiguous are hints; the
 * reserved stage 2 MemAttr 0100, 1000 and 1100 are Device, as 5.2 MemAttr has them; MPAM is absent,
 * so there is no F_VMS_FETCH. */
#include "naive_job.h"

#include <string.h>

static bool read_words(const struct job *j, uint64_t pa, uint64_t *words, unsigned n)
{
  uint8_t bytes[64] = { 0 };
  unsigned i;

  if (!j->d->read(j->d->ctx, pa, bytes, n * 8u))
    return false;
  for (i = 0; i < n; i++)
    words[i] = word_of(bytes + 8 * i, false);
  return true;
}

/* ---- Context Descriptor, 5.3 and 5.4 ---- */

static bool cd_half_is_legal(const struct job *j, bool upper)
{
  struct stage st;

  if (!naive_stage1_geometry(j, upper, &st))
    return true; /* EPDx: the fields are IGNORED */
  if (!granule_is_supported(j, st.grain))
    return false;
  if (64 - st.in_bits < 16 || 64 - st.in_bits > txsz_max(j, st.grain))
    return false;
  return fits(st.base, st.out_bits) && (st.grain == 16 || fits(st.base, 48));
}

/* 5.4.2, in its order. */
static bool cd_is_legal(const struct job *j)
{
  uint64_t w = j->cd[0];
  bool one_range = j->world == WORLD_EL2;
  bool walks = one_range || !bit(w, 14) || !bit(w, 30);

  if (!bit(w, 31))
    return false;
  if (bit(j->d->idr[0], 26) && !bit(w, 46)) /* TERM_MODEL: A must be 1 */
    return false;
  if (bit(w, 44)) /* S: this device cannot stall */
    return false;
  if (walks && !endian_is_supported(j, bit(w, 15)))
    return false;
  if (!bit(w, 41)) /* LPAE */
    return false;
  if (bit(w, 42) || bit(w, 43)) /* HD, HA without HTTU */
    return false;
  if (!one_range && !bit(j->d->idr[0], 12) && bits(w, 63, 56) != 0) /* ASID */
    return false;
  return cd_half_is_legal(j, false) && (one_range || cd_half_is_legal(j, true));
}

/* An L1CD or CD address: an IPA under stage 2. */
static bool cd_read(struct job *j, uint64_t at, uint64_t *words, unsigned n)
{
  struct leaf through = { 0 };

  if (j->s2) {
    if (!naive_stage2(j, at, CLASS_CD, &through))
      return false;
    at = through.addr;
  }
  return read_words(j, at, words, n) || naive_fetch_abort(j, F_CD_FETCH, at);
}

/* 3.3.2: linear, or two levels with leaves of 64 or 1024 CDs. */
static bool cd_fetch(struct job *j, uint32_t index, unsigned count_log2)
{
  uint64_t ptr = bits(j->ste[0], 55, 6) << 6;
  uint64_t format = count_log2 == 0 ? 0 : bits(j->ste[0], 5, 4);
  unsigned split = format == 1 ? 6 : 10;
  unsigned table_log2 = 6 + count_log2;
  uint64_t l1cd = 0;

  if (format == 1 || format == 2)
    table_log2 = count_log2 > split + 3 ? count_log2 - split + 3 : 6;
  j->out->constrained_unpredictable |= ptr != align_down(ptr, table_log2);
  ptr = align_down(ptr, table_log2);
  if (format == 1 || format == 2) {
    if (!cd_read(j, ptr + 8 * (index >> split), &l1cd, 1))
      return false;
    ptr = align_down(bits(l1cd, 55, 12) << 12, 6 + split);
    if (!bit(l1cd, 0))
      return naive_bad_substream(j, index);
    if (!fits(ptr, j->s2 ? ias(j) : oas(j))) {
      j->out->constrained_unpredictable |= j->s2;
      return naive_bad_substream(j, index);
    }
    index &= (1u << split) - 1;
  }
  return cd_read(j, ptr + 64ull * index, j->cd, 8);
}

/* ---- Stream Table Entry, 5.1 and 5.2 ---- */

static bool ste_fetch(struct job *j)
{
  uint32_t cfg = j->d->strtab_base_cfg;
  unsigned size = (unsigned)bits(cfg, 5, 0);
  unsigned split = (unsigned)bits(cfg, 10, 6);
  uint64_t base = bits(j->d->strtab_base, 51, 6) << 6;
  uint32_t sid = j->t->sid;
  uint64_t l1std = 0;
  unsigned span;

  if (!fits(sid, smaller(size, (unsigned)bits(j->d->idr[1], 5, 0))))
    return naive_bad(j, C_BAD_STREAMID);
  if (bits(cfg, 17, 16) == 1 && bits(j->d->idr[0], 28, 27) == 1) {
    if (split != 8 && split != 10)
      split = 6;
    base = align_down(base, size > split + 3 ? size - split + 3 : 6) + 8ull * (sid >> split);
    if (!read_words(j, base, &l1std, 1))
      return naive_fetch_abort(j, F_STE_FETCH, base);
    span = (unsigned)bits(l1std, 4, 0);
    sid &= (1u << split) - 1;
    if (span == 0 || span > 11 || span > split + 1 || !fits(sid, span - 1))
      return naive_bad(j, C_BAD_STREAMID);
    base = align_down(bits(l1std, 55, 6) << 6, 6 + span - 1);
    j->out->constrained_unpredictable |= !fits(base, oas(j));
    base = bits(base, oas(j) - 1, 0) + 64ull * sid;
  } else {
    base = align_down(base, 6 + size) + 64ull * sid;
  }
  return read_words(j, base, j->ste, 8) || naive_fetch_abort(j, F_STE_FETCH, base);
}

static bool ste_stage1_is_legal(struct job *j)
{
  unsigned cds = (unsigned)bits(j->ste[0], 63, 59);
  uint64_t format = bits(j->ste[0], 5, 4);

  if (bit(j->ste[1], 27)) /* S1STALLD where stalls cannot be configured */
    return false;
  if (ssid_bits(j) != 0 && cds > ssid_bits(j))
    return false;
  if (ssid_bits(j) != 0 && cds != 0 && !bit(j->d->idr[0], 19) &&
      (format == 1 || format == 2)) /* CD2L */
    return false;
  if (!fits(bits(j->ste[0], 55, 6) << 6, j->s2 ? ias(j) : oas(j))) {
    j->out->constrained_unpredictable |= j->s2;
    return false;
  }
  return true;
}

static bool ste_stage2_is_legal(struct job *j)
{
  struct stage st;
  unsigned t0sz = (unsigned)bits(j->ste[2], 37, 32);
  unsigned least = 64 - ias(j) > 16 ? 64 - ias(j) : 16;
  unsigned first;

  if (bit(j->ste[2], 57) || !bit(j->ste[2], 51)) /* S2S; LPAE */
    return false;
  if (bit(j->ste[2], 55) || bit(j->ste[2], 56)) /* S2HD, S2HA */
    return false;
  naive_stage2_geometry(j, &st);
  if (!granule_is_supported(j, st.grain))
    return false;
  if (!fits(st.base, st.out_bits) || (st.grain != 16 && !fits(st.base, 48)))
    return false;
  if (st.grain == 16)
    least = 64 - ias(j) > 12 ? 64 - ias(j) : 12;
  if (t0sz < least || t0sz > txsz_max(j, st.grain))
    return false;
  if (st.start < 0)
    return false;
  /* AArch64.S2InvalidSL: too high a start level for a small PA size. */
  if (bits(j->ste[2], 39, 38) == 2 && oas(j) < (st.grain == 14 ? 42u : 44u))
    return false;
  first = naive_entry_span(&st, st.start);
  if (st.in_bits < first + 1 ||
      st.in_bits > first + (st.grain - 3) + 4) /* up to 16 tables side by side */
    return false;
  return endian_is_supported(j, st.big_endian);
}

/* 5.2.2, in its order; ATS, MPAM and Secure conditions cannot arise here. Called with Config = 1xx.
 */
static bool ste_is_legal(struct job *j, unsigned config)
{
  uint64_t strw = bits(j->ste[1], 31, 30);
  bool strw_used = bit(j->d->idr[0], 9) && bit(j->d->idr[0], 1) && config == 5;

  if (j->s1 && !bit(j->d->idr[0], 1))
    return false;
  if (j->s2 && !bit(j->d->idr[0], 0))
    return false;
  if (strw_used && (strw & 1))
    return false;
  if (strw_used && strw == 2)
    j->world = bit(j->d->cr2, 0) ? WORLD_EL2_E2H : WORLD_EL2;
  if (j->s1 && !ste_stage1_is_legal(j))
    return false;
  if (j->s2 && !ste_stage2_is_legal(j))
    return false;
  if (bit(j->d->idr[0], 0) && !bit(j->d->idr[0], 18) && config != 4 && j->world == WORLD_EL1 &&
      bits(j->ste[2], 15, 8) != 0)
    return false;
  return true;
}

/* 13.1.2 and 5.2: writes are always Data; overrides exist only with IDR1.ATTR_PERMS_OVR. */
static void ste_overrides(struct job *j)
{
  uint64_t priv = bits(j->ste[1], 49, 48);
  uint64_t inst = bits(j->ste[1], 51, 50);

  if (bit(j->d->idr[1], 26)) {
    if (priv >= 2)
      j->privileged = priv == 3;
    if (inst >= 2)
      j->fetch = inst == 3;
  }
  if (j->t->write)
    j->fetch = false;
}

/* ---- the whole, 3.3 ---- */

static void pass(struct job *j, uint64_t pa)
{
  j->out->status = NAIVE_OK;
  j->out->pa = pa;
  j->out->bypassed = true;
}

/* 3.11: before SMMUEN, GBPA decides and nothing is recorded. */
static void translate_disabled(struct job *j)
{
  if (bit(j->d->gbpa, 20) || !fits(j->t->addr, oas(j)))
    j->out->status = NAIVE_ABORT;
  else
    pass(j, j->t->addr);
}

/* Substream rules of 5.2 S1CDMax and S1DSS. False when the transaction ended; j->s1 is cleared when
 * S1DSS bypasses stage 1. */
static bool choose_cd(struct job *j, uint32_t *index, unsigned *count_log2)
{
  uint64_t s1dss = bits(j->ste[1], 1, 0);

  *count_log2 = ssid_bits(j) == 0 ? 0 : (unsigned)bits(j->ste[0], 63, 59);
  *index = j->t->ssv ? j->t->ssid : 0;
  if (j->t->ssv && (!j->s1 || *count_log2 == 0 || !fits(j->t->ssid, *count_log2)))
    return naive_bad_substream(j, j->t->ssid);
  if (!j->s1 || *count_log2 == 0)
    return true;
  if (j->t->ssv)
    return s1dss == 2 && j->t->ssid == 0 ? naive_bad(j, F_STREAM_DISABLED) : true;
  if (s1dss == 1)
    j->s1 = false;
  else if (s1dss != 2)
    return naive_bad(j, F_STREAM_DISABLED);
  return true;
}

/* 3.6, 13.1: stage 1 alone replaces type and shareability; Device and iNC-oNC are Outer Shareable.
 */
static void stage1_attributes(struct job *j, uint64_t desc)
{
  unsigned index = (unsigned)bits(desc, 4, 2);
  uint8_t attr = (uint8_t)(j->cd[3] >> (8 * index));
  uint8_t sh = (uint8_t)bits(desc, 9, 8);
  bool device = attr >> 4 == 0;

  j->out->memattr = attr;
  j->out->shareability = device || attr == 0x44 ? 2 : sh;
  j->out->attr_known = (device ? (attr & 3) == 0 : (attr & 15) != 0) && sh != 1;
}

static void translate_stream(struct job *j)
{
  struct naive_result *out = j->out;
  unsigned config, count_log2;
  uint32_t index;
  struct leaf s1_leaf = { 0 };
  struct leaf s2_leaf;

  if (!ste_fetch(j)) {
    if (out->event == C_BAD_STREAMID)
      out->recorded = bit(j->d->cr2, 1); /* RECINVSID */
    return;
  }
  config = (unsigned)bits(j->ste[0], 3, 1);
  j->s1 = bit(config, 0);
  j->s2 = bit(config, 1);
  if (bit(j->ste[0], 0) && config < 4) {
    out->status = NAIVE_ABORT;
    return;
  }
  if (!bit(j->ste[0], 0) || !ste_is_legal(j, config)) {
    naive_event_header(j, C_BAD_STE);
    return;
  }
  ste_overrides(j);
  if (!choose_cd(j, &index, &count_log2))
    return;
  s1_leaf.addr = j->t->addr;
  s1_leaf.size_log2 = 64;
  out->perm = NAIVE_R | NAIVE_W | NAIVE_X;
  if (j->s1) {
    if (!cd_fetch(j, index, count_log2))
      return;
    if (!cd_is_legal(j)) {
      naive_event_header(j, C_BAD_CD);
      return;
    }
    if (!naive_stage1(j, &s1_leaf))
      return;
    out->perm = (uint8_t)naive_stage1_perm(j, &s1_leaf);
  } else if (!fits(j->t->addr, ias(j))) {
    naive_fault(j, F_ADDR_SIZE, false, CLASS_IN, 0);
    return;
  }
  s2_leaf = s1_leaf;
  if (j->s2) {
    if (!naive_stage2(j, s1_leaf.addr, CLASS_IN, &s2_leaf))
      return;
    out->perm &= (uint8_t)naive_stage2_perm(j, &s2_leaf);
  }
  if (j->s1 && !j->s2)
    stage1_attributes(j, s1_leaf.desc);
  out->status = NAIVE_OK;
  out->pa = s2_leaf.addr;
  out->size_log2 = (uint8_t)smaller(s1_leaf.size_log2, s2_leaf.size_log2);
  out->bypassed = !j->s1 && !j->s2;
}

void naive_translate(const struct naive_device *d, const struct naive_txn *t,
                     struct naive_result *out)
{
  struct job j;

  memset(out, 0, sizeof *out);
  memset(&j, 0, sizeof j);
  j.d = d;
  j.t = t;
  j.out = out;
  j.privileged = t->privileged;
  j.fetch = t->instruction && !t->write;
  if (!bit(d->cr0, 0))
    translate_disabled(&j);
  else
    translate_stream(&j);
}

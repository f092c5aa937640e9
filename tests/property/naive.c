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
 * reserved stage 2 MemAttr 0100, 1000 and 1100 are Device, as 5.2 MemAttr has them. */
#include "naive_job.h"

#include <string.h>

static bool read_words(struct job *j, uint64_t pa, uint64_t *words, unsigned n)
{
  uint8_t bytes[64] = { 0 };
  unsigned i;

  if (!naive_read(j, pa, bytes, n * 8u))
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
  if (64 - st.in_bits > txsz_max(j, st.grain) ||
      64 - st.in_bits < (bits(j->d->idr[5], 11, 10) && (st.grain == 16 || st.ds) ? 12u : 16u))
    return false;
  return fits(st.base, st.out_bits) && (st.grain == 16 || st.ds || fits(st.base, 48));
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
  if (bit(w, 44) ? bit(j->ste[1], 27) || stall_model(j) == 1 : stall_model(j) == 2) /* S */
    return false;
  if (walks && !endian_is_supported(j, bit(w, 15)))
    return false;
  if (!bit(w, 41)) /* LPAE */
    return false;
  if ((httu(j) == 0 && bits(w, 43, 42) != 0) || (httu(j) == 1 && bit(w, 42))) /* HA, HD */
    return false;
  if (httu(j) == 3 && bit(j->cd[1], 3) && !bit(w, 43)) /* HAFT */
    return false;
  if (!one_range && !bit(j->d->idr[0], 12) && bits(w, 63, 56) != 0) /* ASID */
    return false;
  return cd_half_is_legal(j, false) && (one_range || cd_half_is_legal(j, true));
}

/* An L1CD or CD address: an IPA under stage 2. */
static bool cd_read(struct job *j, uint64_t at, uint64_t *words, unsigned n)
{
  struct leaf through = { 0 };
  unsigned perm = NAIVE_R | NAIVE_W | NAIVE_X;

  if (j->s2) {
    if (!naive_stage2(j, at, CLASS_CD, NAIVE_R, &through, &perm))
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

  if (bit(j->ste[1], 27) && stall_model(j) != 0) /* S1STALLD */
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

/* AArch64.S2InvalidSL: too high a start level for a small PA size. */
static bool start_is_too_high(const struct job *j, const struct stage *st)
{
  if (st->start < 0 || (st->start == 0 && st->grain == 14))
    return oas(j) < 52;
  if (st->start == (st->grain == 12 ? 0 : 1))
    return oas(j) < (st->grain == 14 ? 42u : 44u);
  return false;
}

static bool ste_stage2_is_legal(struct job *j)
{
  struct stage st;
  unsigned t0sz = (unsigned)bits(j->ste[2], 37, 32);
  unsigned first;

  if (!bit(j->ste[2], 51)) /* LPAE */
    return false;
  if (stall_model(j) != 0 && bit(j->ste[2], 57) != (stall_model(j) == 2)) /* S2S */
    return false;
  if ((httu(j) == 0 && bits(j->ste[2], 56, 55) != 0) || (httu(j) == 1 && bit(j->ste[2], 55)) ||
      (httu(j) == 3 && bit(j->ste[2], 59) && !bit(j->ste[2], 56))) /* S2HA, S2HD, S2HAFT */
    return false;
  naive_stage2_geometry(j, &st);
  if (!granule_is_supported(j, st.grain))
    return false;
  if (!fits(st.base, st.out_bits) || (st.grain != 16 && !st.ds && !fits(st.base, 48)))
    return false;
  if (t0sz < 64 - ias(j) || t0sz < (st.grain == 16 || st.ds ? 12 : 16) ||
      t0sz > txsz_max(j, st.grain))
    return false;
  if (st.start > 3 || start_is_too_high(j, &st))
    return false;
  first = naive_entry_span(&st, st.start);
  if (st.in_bits < first + 1 ||
      st.in_bits > first + (st.grain - 3) + 4) /* up to 16 tables side by side */
    return false;
  return endian_is_supported(j, st.big_endian);
}

/* VMSPtr counts: nested, S1MPAM, and MPAM with more than one PARTID (5.2 VMSPtr, 5.6.1). */
static bool vms_is_on(const struct job *j)
{
  return bit(j->d->idr[3], 7) && bits(j->d->mpamidr, 15, 0) != 0 && j->s1 && j->s2 &&
         bit(j->ste[1], 26);
}

/* PARTID_MAP is the first 64 bytes; which of them is read is left open, and when (7.3.22). */
static bool vms_read(struct job *j)
{
  uint64_t map[8], at = bits(j->ste[5], 55, 12) << 12;

  if (!vms_is_on(j) || read_words(j, at, map, 8))
    return true;
  naive_fetch_abort(j, F_VMS_FETCH, at);
  j->out->mask[3] &= ~0x3full;
  return false;
}

/* EATS, 5.2. */
static bool ste_ats_is_legal(const struct job *j, unsigned config)
{
  uint64_t eats = bits(j->ste[1], 29, 28);
  bool s2s = bit(j->ste[2], 57);

  if (!bit(j->d->idr[0], 10) || config == 4)
    return true;
  if (eats == 2)
    return config == 7 && !s2s && !bit(j->d->idr[0], 11); /* NS1ATS */
  return !(eats == 1 && s2s && j->s2);
}

/* 5.2.2, in its order. Called with Config = 1xx. */
static bool ste_is_legal(struct job *j, unsigned config)
{
  uint64_t strw = bits(j->ste[1], 31, 30);
  bool strw_used = bit(j->d->idr[0], 9) && bit(j->d->idr[0], 1) && config == 5;

  if (j->s1 && !bit(j->d->idr[0], 1))
    return false;
  if (j->s2 && !bit(j->d->idr[0], 0))
    return false;
  if (!ste_ats_is_legal(j, config))
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
  return !vms_is_on(j) || fits(bits(j->ste[5], 55, 12) << 12, oas(j));
}

/* 13.1.2 and 5.2: writes are always Data; overrides exist only with IDR1.ATTR_PERMS_OVR and
 * ATTR_TYPES_OVR, and those of the types are not for ATS Translated transactions. */
static void ste_overrides(struct job *j)
{
  uint64_t w = j->ste[1];
  uint64_t priv = bits(w, 49, 48);
  uint64_t inst = bits(w, 51, 50);

  if (bit(j->d->idr[1], 26)) {
    if (priv >= 2)
      j->privileged = priv == 3;
    if (inst >= 2)
      j->fetch = inst == 3;
  }
  if (j->t->write)
    j->fetch = false;
  if (j->need)
    j->need = j->t->write ? NAIVE_W : j->fetch ? NAIVE_X : NAIVE_R;
  j->out->attr_known = bit(w, 36) || !bit(w, 40) || !bit(j->d->idr[1], 27); /* 5.2 ALLOCCFG */
  if (j->t->kind == NAIVE_ATS_TRANSLATED)
    w = 1ull << 44;
  naive_attr_input(j, bits(w, 35, 32), bit(w, 36), bits(w, 40, 37), bits(w, 45, 44));
}

/* ---- the whole, 3.3 ---- */

/* 3.11: before SMMUEN, GBPA decides and nothing is recorded. */
static void translate_disabled(struct job *j)
{
  uint32_t gbpa = j->d->gbpa;

  j->out->status = bit(gbpa, 20) || !fits(j->t->addr, oas(j)) ? NAIVE_ABORT : NAIVE_OK;
  j->out->pa = j->t->addr;
  j->out->bypassed = true;
  naive_attr_input(j, bits(gbpa, 3, 0), bit(gbpa, 4), bits(gbpa, 11, 8), bits(gbpa, 13, 12));
  naive_attr_output(j);
}

/* Substream rules of 5.2 S1CDMax and S1DSS. False when the transaction ended; j->s1 is cleared when
 * S1DSS bypasses stage 1. */
static bool choose_cd(struct job *j, uint32_t *index, unsigned *count_log2)
{
  uint64_t s1dss = bits(j->ste[1], 1, 0);

  *count_log2 = ssid_bits(j) == 0 ? 0 : (unsigned)bits(j->ste[0], 63, 59);
  *index = j->ssv ? j->t->ssid : 0;
  if (j->ssv && (!j->s1 || *count_log2 == 0 || !fits(j->t->ssid, *count_log2)))
    return naive_bad_substream(j, j->t->ssid);
  if (!j->s1 || *count_log2 == 0)
    return true;
  if (j->ssv)
    return s1dss == 2 && j->t->ssid == 0 ? naive_bad(j, F_STREAM_DISABLED) : true;
  if (s1dss == 1)
    j->s1 = false;
  else if (s1dss != 2)
    return naive_bad(j, F_STREAM_DISABLED);
  return true;
}

/* Everything after the STE. */
static void translate_stages(struct job *j)
{
  struct naive_result *out = j->out;
  unsigned count_log2, perm = NAIVE_R | NAIVE_W | NAIVE_X;
  uint32_t index;
  struct leaf s1_leaf = { .addr = j->t->addr, .size_log2 = 64, .size_most = 64 };
  struct leaf s2_leaf;

  ste_overrides(j);
  if (!choose_cd(j, &index, &count_log2))
    return;
  if (j->s1) {
    if (!cd_fetch(j, index, count_log2))
      return;
    if (!cd_is_legal(j)) {
      naive_event_header(j, C_BAD_CD);
      return;
    }
    if (!vms_read(j))
      return;
    if (!naive_stage1(j, &s1_leaf, &perm))
      return;
  } else if (!fits(j->t->addr, ias(j))) {
    naive_fault(j, F_ADDR_SIZE, false, CLASS_IN, 0);
    return;
  }
  s2_leaf = s1_leaf;
  j->speculative = naive_ats_is_split(j);
  if (j->s2 && !naive_stage2(j, s1_leaf.addr, CLASS_IN, j->need, &s2_leaf, &perm))
    return;
  naive_attr_output(j);
  out->status = NAIVE_OK;
  out->pa = s2_leaf.addr;
  out->perm = (uint8_t)perm;
  out->size_log2 = (uint8_t)smaller(s1_leaf.size_log2, s2_leaf.size_log2);
  out->size_most = (uint8_t)smaller(s1_leaf.size_most, s2_leaf.size_most);
  out->bypassed = !j->s1 && !j->s2;
  if (j->need == 0)
    naive_ats_complete(j, s1_leaf.addr);
}

static void translate_stream(struct job *j)
{
  unsigned config;

  if (!ste_fetch(j))
    return;
  config = (unsigned)bits(j->ste[0], 3, 1);
  j->s1 = bit(config, 0);
  j->s2 = bit(config, 1);
  j->fwb = bit(j->d->idr[3], 8) && bit(j->ste[1], 25);
  if (bit(j->ste[0], 0) && config < 4) {
    j->out->status = j->t->kind == NAIVE_ATS_REQUEST ? NAIVE_UR : NAIVE_ABORT;
    return;
  }
  if (!bit(j->ste[0], 0) || !ste_is_legal(j, config))
    naive_event_header(j, C_BAD_STE);
  else if (j->t->kind == NAIVE_ORDINARY || naive_ats_is_allowed(j, config))
    translate_stages(j);
}

/* What a fault left undone. */
static void settle(struct naive_result *out)
{
  unsigned i;

  for (i = 0; i < out->flips && out->event; i++)
    out->flip[i].must &= ~out->flip[i].may;
}

void naive_translate(const struct naive_device *d, const struct naive_txn *t,
                     struct naive_result *out)
{
  struct job j = { .d = d, .t = t, .out = out, .privileged = t->privileged, .ssv = t->ssv };
  bool request = t->kind == NAIVE_ATS_REQUEST;

  memset(out, 0, sizeof *out);
  out->attr_known = out->sh_known = out->size_known = true;
  j.fetch = t->instruction && !t->write;
  j.need = request ? 0 : NAIVE_R;
  if (t->kind == NAIVE_ORDINARY) {
    if (bit(d->cr0, 0))
      translate_stream(&j);
    else
      translate_disabled(&j);
    if (out->event == C_BAD_STREAMID)
      out->recorded = bit(d->cr2, 1); /* RECINVSID */
  } else if (naive_ats_begin(&j)) {
    translate_stream(&j);
    naive_ats_end(&j);
  }
  settle(out);
}

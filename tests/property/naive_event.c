/* Event records of the naive translator, IHI 0070 7.3, with a mask for what is UNKNOWN or
 * IMPLEMENTATION DEFINED. */
#include "naive_job.h"

#include <string.h>

void naive_event_header(struct job *j, unsigned type)
{
  struct naive_result *out = j->out;

  out->status = NAIVE_ABORT;
  out->event = (uint8_t)type;
  out->recorded = true;
  out->dword[0] = type | (uint64_t)j->ssv << 11 | (uint64_t)j->t->sid << 32;
  memset(out->mask, 0xff, sizeof out->mask);
  if (j->ssv)
    out->dword[0] |= (uint64_t)j->t->ssid << 12;
  else
    out->mask[0] &= ~(0xfffffull << 12); /* UNKNOWN */
}

/* No SSV here: SubstreamID is always valid (7.3.9). */
bool naive_bad_substream(struct job *j, uint32_t ssid)
{
  naive_event_header(j, C_BAD_SUBSTREAMID);
  j->out->dword[0] = C_BAD_SUBSTREAMID | (uint64_t)ssid << 12 | (uint64_t)j->t->sid << 32;
  j->out->mask[0] = ~0ull;
  return false;
}

bool naive_bad(struct job *j, unsigned type)
{
  naive_event_header(j, type);
  return false;
}

/* Reason is IMPLEMENTATION DEFINED. */
bool naive_fetch_abort(struct job *j, unsigned type, uint64_t pa)
{
  naive_event_header(j, type);
  j->out->mask[1] &= ~0xffffull;
  j->out->dword[3] = bits(pa, 55, 3) << 3;
  return false;
}

/* PICK: where Span, R, W, X and PRIV are in the first (7.3.6). */
bool naive_ats_refused(struct job *j)
{
  bool request = j->t->kind == NAIVE_ATS_REQUEST;

  naive_event_header(j, request ? F_BAD_ATS_TREQ : F_TRANSL_FORBIDDEN);
  j->out->dword[2] = request ? align_down(j->t->addr, 12) : j->t->addr;
  j->out->dword[1] = (uint64_t)!j->t->write << 35;
  if (request) {
    j->out->status = NAIVE_UR;
    j->out->dword[1] = 1ull << 44 | 1ull << 35 | (uint64_t)!j->t->no_write << 34 |
                       (uint64_t)j->t->instruction << 33 | (uint64_t)j->t->privileged << 32;
  }
  return false;
}

static void event_access(struct job *j, bool s2, enum fault_class class)
{
  j->out->s2 = s2;
  j->out->class = (uint8_t) class;
  j->out->dword[1] = (uint64_t)j->privileged << 33 | (uint64_t)j->fetch << 34 |
                     (uint64_t)!j->t->write << 35 | (uint64_t)s2 << 39 | (uint64_t) class << 40;
  j->out->dword[2] = j->t->addr;
  j->out->mask[1] &= ~0xffffull; /* STAG, or Reason */
}

bool naive_walk_abort(struct job *j, bool s2, enum fault_class class, uint64_t pa)
{
  naive_event_header(j, F_WALK_EABT);
  event_access(j, s2, s2 ? class : CLASS_TT);
  j->out->dword[3] = bits(pa, 55, 3) << 3;
  return false;
}

/* The four faults that CD.{A,R,S} and STE.{S2R,S2S} configure: 3.12, 5.5. ipa counts for stage 2
 * only, it is UNKNOWN otherwise. */
bool naive_fault(struct job *j, unsigned type, bool s2, enum fault_class class, uint64_t ipa)
{
  struct naive_result *out = j->out;
  bool stall = s2 ? bit(j->ste[2], 57) : j->s1 && bit(j->cd[0], 44);

  naive_event_header(j, type);
  event_access(j, s2, class);
  if (type == F_PERMISSION && class == CLASS_TT && s2)
    out->dword[1] |= (uint64_t)!j->updating << 44; /* TTRnW */
  else if (type == F_PERMISSION)
    out->mask[1] &= ~(1ull << 44);
  if (s2) {
    out->dword[3] = bits(ipa, 55, 12) << 12;
    out->recorded = bit(j->ste[2], 58);
  } else {
    out->mask[3] = 0;
    if (j->s1) {
      out->recorded = bit(j->cd[0], 45);
      out->status = bit(j->cd[0], 46) ? NAIVE_ABORT : NAIVE_RAZWI;
    }
  }
  if (stall) {
    out->dword[1] |= 1ull << 31;
    out->recorded = true;
    out->status = NAIVE_STALL;
  }
  return false;
}

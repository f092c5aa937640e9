/* ATS of the naive translator: Translation Requests, which answer with what they may do instead of
 * recording faults, and Translated transactions. IHI 0070 3.9.1, 3.13.7, 13.6.3-13.6.5, 13.7; no DPT
 * and no PASID on Translated transactions. */
#include "naive_job.h"

static bool records_configuration(const struct job *j)
{
  return bit(j->d->idr[0], 23) && bit(j->d->cr2, 3); /* ATSRECERR, REC_CFG_ATS */
}

static bool checks(const struct job *j)
{
  return bit(j->d->cr0, 4); /* ATSCHK */
}

/* A Translated transaction that is not looked at further. 3.9.1.1: one beyond the PA size ends. */
static bool pass(struct job *j)
{
  j->out->status = fits(j->t->addr, oas(j)) ? NAIVE_OK : NAIVE_ABORT;
  j->out->pa = j->t->addr;
  j->out->bypassed = true;
  j->out->attr_known = j->out->sh_known = false;
  return false;
}

bool naive_ats_begin(struct job *j)
{
  bool request = j->t->kind == NAIVE_ATS_REQUEST;

  if (!request)
    j->ssv = false;
  if (!j->ssv)
    j->privileged = j->fetch = false;
  if (!bit(j->d->cr0, 0))
    return naive_ats_refused(j);
  return request || checks(j) || pass(j);
}

bool naive_ats_is_allowed(struct job *j, unsigned config)
{
  uint64_t eats = bits(j->ste[1], 29, 28);

  if (config == 4 || eats == 0 || eats == 3 || (eats == 2 && !checks(j)))
    return naive_ats_refused(j);
  if (j->t->kind == NAIVE_ATS_REQUEST)
    return true;
  if (eats == 1)
    return pass(j);
  j->s1 = false; /* what arrives is an IPA */
  return true;
}

bool naive_ats_is_split(const struct job *j)
{
  return j->t->kind == NAIVE_ATS_REQUEST && bits(j->ste[1], 29, 28) == 2;
}

unsigned naive_ats_grant(const struct job *j, unsigned perm)
{
  uint64_t inst = bit(j->d->idr[1], 26) ? bits(j->ste[1], 51, 50) : 0;
  bool exe = j->ssv && j->t->instruction;
  unsigned read = perm & NAIVE_R;
  unsigned exec = inst == 2 ? NAIVE_X : perm & NAIVE_X;

  if (inst == 3)
    read = perm & NAIVE_X ? NAIVE_R : 0;
  return read | (perm & NAIVE_W) | (exe && read ? exec : 0);
}

/* A completion with access. ipa: what stage 1 put out. */
void naive_ats_complete(struct job *j, uint64_t ipa)
{
  static const uint64_t dirty = 1 << 7 | 1ull << 63; /* in either byte order */
  struct naive_result *out = j->out;
  unsigned i;

  out->perm = (uint8_t)naive_ats_grant(j, out->perm);
  for (i = 0; i < out->flips && !(out->perm & NAIVE_W); i++) /* stage 1 need not become dirty */
    out->flip[i].must &= ~(out->flip[i].may & dirty);
  if (out->bypassed) {
    out->perm = NAIVE_R | NAIVE_W;
    out->size_known = false;
  } else if (j->t->no_write) {
    out->perm_may = out->perm & NAIVE_W;
    out->perm &= (uint8_t)~NAIVE_W;
  }
  if (naive_ats_is_split(j))
    out->pa = ipa;
}

/* 3.9.1.2, 3.9.1.3: what became of the events. */
void naive_ats_end(struct job *j)
{
  struct naive_result *out = j->out;
  bool fault = out->event >= F_TRANSLATION && out->event <= F_PERMISSION;

  if (out->event == 0 || out->event == F_BAD_ATS_TREQ || out->event == F_TRANSL_FORBIDDEN)
    return;
  if (j->t->kind == NAIVE_ATS_TRANSLATED) {
    if (!fault && out->event != F_WALK_EABT)
      out->recorded = records_configuration(j);
    return;
  }
  if (fault) {
    out->status = NAIVE_OK;
    out->denied = true;
    out->recorded = false;
    return;
  }
  out->status = NAIVE_CA;
  out->recorded = records_configuration(j) && (out->event != C_BAD_STREAMID || bit(j->d->cr2, 1));
  out->mask[1] &= ~(1ull << 35); /* RnW */
}

/* Commands that pay debts: one counts when it was handed over behind the change and covers it, piece by
 * piece; then a CMD_SYNC behind it in the same queue; then that somebody has seen this complete. What
 * covers what: cover.c. IHI 0070 3.21.1, 3.21.3, 4.5.1, 4.7. */
#include "smmu/dvm.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { NEIGHBOURS = 4, SIZE_ALL = 52, PAGE_LOG2 = 12, RANGE_ALL = 31 };

/* ---- what a command covers ---- */

/* As watch_covers() wants it, at the first address that is owed. Of a guest's entries no ASID is known:
 * what takes one ASID away does not do. */
struct watch_target check_target_of(const struct check_debt *d)
{
  bool s1 = d->tag.stage == 1 || d->kind == DEBT_STAGE1;
  unsigned kind = d->table && d->kind == DEBT_TLB ? (s1 ? SMMU_ENTRY_WALK_S1 : SMMU_ENTRY_WALK_S2)
                                                  : (s1 ? SMMU_ENTRY_S1 : SMMU_ENTRY_S2);
  struct watch_target t = { .va = d->first, .span = d->span, .level = d->level };

  t.tag = (uint64_t)d->tag.aset << 49 | (uint64_t)(d->global || d->kind == DEBT_STAGE1) << 48 |
          (uint64_t)d->tag.world << 44 | (uint64_t)kind << 40 | (uint64_t)d->tag.asid << 16 |
          d->tag.vmid;
  return t;
}

bool check_is_by_address(unsigned opcode)
{
  return opcode == CMD_TLBI_NH_VA || opcode == CMD_TLBI_NH_VAA || opcode == CMD_TLBI_EL2_VA ||
         opcode == CMD_TLBI_EL2_VAA || opcode == CMD_TLBI_S2_IPA;
}

/* The part of a debt that a TLBI removes: whole entries. */
static bool tlbi_covers(const struct check_debt *d, const struct watch_inval *v, uint64_t *first,
                        uint64_t *last)
{
  struct watch_target t = check_target_of(d);

  *first = d->first;
  *last = d->last;
  if (check_is_by_address(v->opcode)) {
    if (d->kind != DEBT_TLB || v->last < d->first || v->first > d->last)
      return false;
    if (v->first > d->first)
      *first = align_down_log2(v->first, d->span);
    if (v->last < d->last)
      *last = v->last | bits_low(d->span);
    t.va = *first;
  }
  t.tg = v->tg;
  return watch_covers(v, &t);
}

static bool atc_inv_covers(const struct check_debt *d, const uint64_t words[2], uint64_t *first,
                           uint64_t *last)
{
  unsigned size = (unsigned)FGET(ATC_INV, Size, words);
  uint64_t addr = FGET(ATC_INV, ADDR, words) << PAGE_LOG2;
  bool all = size >= SIZE_ALL;

  if (FGET(ATC_INV, SID, words) != d->sid)
    return false;
  if (FGET(ATC_INV, SSV, words) && (!d->ssv || FGET(ATC_INV, SSID, words) != d->ssid))
    return false;
  addr = all ? 0 : align_down_log2(addr, PAGE_LOG2 + size);
  *first = addr > d->first ? addr : d->first;
  *last = all ? UINT64_MAX : addr + bits_low(PAGE_LOG2 + size);
  *last = *last < d->last ? *last : d->last;
  return *first <= *last;
}

bool check_edit_covered(const struct check_edit *e, const struct watch_inval *v)
{
  struct watch_target t = { .config = true, .sid = e->sid };

  switch (e->kind) {
  case AREA_L1STD:
    t.what = SMMU_READ_L1STD;
    t.sid = v->sid - e->id < e->entries ? v->sid : e->id;
    break;
  case AREA_STE: t.what = SMMU_READ_STE; break;
  case AREA_L1CD:
    t.what = SMMU_READ_L1CD;
    t.ssid = v->ssid - e->id < e->entries ? v->ssid : e->id;
    break;
  default:
    t.what = SMMU_READ_CD;
    t.ssid = e->id;
    break;
  }
  return watch_covers(v, &t);
}

/* ---- payment ---- */

/* Take [first, last] out of a debt; what is left over at the upper end is a debt more. */
static void pay(struct check *c, struct check_world *w, uint32_t i, uint64_t first, uint64_t last,
                const struct check_payment *paid)
{
  struct check_built *b = w->built;
  struct check_debt part = b->debt[i];

  if (first > part.first) {
    b->debt[i].last = first - 1;
    part.exact = false;
    part.first = first;
    part.paid = *paid;
    if (last < part.last) {
      struct check_debt rest = part;

      rest.first = last + 1;
      rest.paid.state = OWED;
      check_debt_add(c, w, &rest);
    }
    part.last = last < part.last ? last : part.last;
    check_debt_add(c, w, &part);
  } else if (last < part.last) {
    b->debt[i].out += last + 1 - part.first;
    b->debt[i].first = last + 1;
    part.last = last;
    part.paid = *paid;
    /* One debt of what the same queue has covered already, and this. */
    for (uint32_t k = i + 1; k < b->debts && k <= i + NEIGHBOURS; k++) {
      struct check_debt *d = &b->debt[k];

      if (d->number == part.number && d->kind == part.kind && d->paid.state == PAID &&
          d->paid.queue == paid->queue && d->last + 1 == part.first) {
        d->last = part.last;
        d->paid = *paid;
        return;
      }
    }
    check_debt_add(c, w, &part);
  } else {
    b->debt[i].paid = *paid;
  }
}

/* Is the TLBI of what an endpoint shall forget complete, or in order before the ATC_INV? */
static bool is_after_tlbi(const struct check_built *b, const struct check_debt *atc, uint32_t queue)
{
  for (uint32_t i = 0; i < b->debts; i++) {
    const struct check_debt *d = &b->debt[i];

    if (d->number != atc->number || (d->kind != DEBT_TLB && d->kind != DEBT_STAGE1))
      continue;
    if (d->paid.state != SYNCED || d->paid.queue != queue)
      return false;
  }
  return true;
}

static void pay_debts(struct check *c, struct check_world *w, struct check_sent *s)
{
  struct check_built *b = w->built;
  const struct check_payment paid = {
    .state = PAID, .queue = s->queue, .command = s->command, .at = s->at
  };
  bool atc = s->inval.opcode == CMD_ATC_INV;
  uint32_t debts = b->debts;

  for (uint32_t i = 0; i < debts; i++) {
    struct check_debt *d = &b->debt[i];
    uint64_t first, last;

    if (d->paid.state != OWED || (d->kind == DEBT_ATC) != atc)
      continue;
    if (atc ? !atc_inv_covers(d, s->inval.words, &first, &last)
            : !tlbi_covers(d, &s->inval, &first, &last))
      continue;
    if (atc && !is_after_tlbi(b, d, s->queue)) {
      d->early = s->at;
      continue;
    }
    s->paid++;
    if (d->contiguous && d->kind == DEBT_TLB)
      check_group(c, w, d);
    s->pages += d->kind == DEBT_TLB && d->last - d->first == bits_low(d->span);
    pay(c, w, i, first, last, &paid);
  }
}

static void pay_edits(struct check *c, struct check_world *w, struct check_sent *s)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->edits; i++) {
    struct check_edit *e = &b->edit[i];
    const struct check_area *area;

    if (e->paid.state != OWED || !check_edit_covered(e, &s->inval))
      continue;
    s->paid++;
    e->paid = (struct check_payment){ PAID, s->queue, s->command, 0, s->at };
    area = check_area_at(b, e->addr);
    if (area && area->kind == e->kind)
      check_legal(c, w, area, e->addr, &e->at);
  }
}

/* ---- CMD_SYNC ---- */

static void sync_one(struct check_payment *p, uint32_t queue, uint64_t number)
{
  if (p->state == PAID && p->queue == queue) {
    p->state = SYNCED;
    p->sync = number;
  }
}

static void sync_all(struct check_world *w, uint32_t queue, uint64_t number)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->debts; i++)
    sync_one(&b->debt[i].paid, queue, number);
  for (uint32_t i = 0; i < b->edits; i++)
    sync_one(&b->edit[i].paid, queue, number);
}

static bool is_complete(const struct check_payment *p, uint32_t queue, uint64_t number)
{
  return p->state == SYNCED && p->queue == queue && p->sync <= number;
}

void check_debt_consumed(struct check_world *w, uint32_t queue, uint64_t number)
{
  struct check_built *b = w->built;
  uint32_t kept = 0;

  for (uint32_t i = 0; i < b->debts; i++) {
    if (!is_complete(&b->debt[i].paid, queue, number)) {
      if (kept != i)
        b->debt[kept] = b->debt[i];
      kept++;
    }
  }
  b->debts = kept;
  for (uint32_t i = kept = 0; i < b->edits; i++) {
    if (!is_complete(&b->edit[i].paid, queue, number)) {
      if (kept != i)
        b->edit[kept] = b->edit[i];
      kept++;
    }
  }
  b->edits = kept;
}

/* ---- commands ---- */

static struct check_sent *send(struct check *c, struct check_built *b, uint32_t queue,
                               uint64_t number, const struct check_at *at)
{
  struct check_sent *s = &b->sent[b->sents++ % CHECK_SENT];

  *s = (struct check_sent){ .queue = queue, .command = number, .at = *at, .submitted = c->now };
  return s;
}

static void fix_vmid(const struct check_world *w, struct watch_inval *v)
{
  const struct check_register *idr0 = &w->reg[R_IDR0];

  if (idr0->saw.record && !GET(IDR0, S2P, idr0->read))
    v->vmid = 0;
}

/* ---- advice ---- */

static bool is_live(const struct check_built *b, const struct watch_inval *v)
{
  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *a = b->area[i];

    if (a->kind == AREA_TABLE && a->holders && !a->mixed && a->tag.vmid == v->vmid &&
        a->tag.stage == (v->opcode == CMD_TLBI_S2_IPA ? 2 : 1) &&
        (a->tag.stage == 2 || a->tag.asid == v->asid))
      return true;
  }
  return false;
}

static bool has_ats(const struct check_built *b, uint32_t sid)
{
  uint32_t i = 0;

  while (i < b->atss && b->ats[i].sid != sid)
    i++;
  return i < b->atss;
}

/* What was sent, and what it was good for. */
static void advise(struct check *c, const struct check_built *b, const struct check_sent *s)
{
  const struct watch_inval *v = &s->inval;
  uint32_t sid = (uint32_t)FGET(ATC_INV, SID, v->words);

  switch (v->opcode) {
  case CMD_TLBI_NH_VA:
  case CMD_TLBI_S2_IPA:
    if (s->paid == 0 && is_live(b, v))
      check_tell(c, CHECK_TLBI_NEEDLESS, &s->at, "0x%llx-0x%llx of %s %u",
                 (unsigned long long)v->first, (unsigned long long)v->last,
                 v->opcode == CMD_TLBI_S2_IPA ? "VMID" : "ASID",
                 v->opcode == CMD_TLBI_S2_IPA ? v->vmid : v->asid);
    break;
  case CMD_TLBI_NH_ALL:
  case CMD_TLBI_S12_VMALL:
  case CMD_TLBI_NSNH_ALL:
    if (s->paid == 1 && s->pages == 1)
      check_tell(c, CHECK_TLBI_WIDE, &s->at, "opcode 0x%x for one descriptor", v->opcode);
    break;
  case CMD_CFGI_STE_RANGE:
    if (s->paid == 1 && v->range == RANGE_ALL)
      check_tell(c, CHECK_CFGI_WIDE, &s->at, "Range 31 for one structure");
    break;
  case CMD_ATC_INV:
    if (s->paid == 0 && !has_ats(b, sid))
      check_tell(c, CHECK_ATC_NEEDLESS, &s->at, "stream 0x%x", sid);
    break;
  default: break;
  }
}

void check_debt_command(struct check *c, struct check_world *w, uint32_t queue,
                        const struct check_command *command)
{
  struct check_built *b = w->built;
  unsigned opcode = (unsigned)FGET(CMD, Opcode, command->words);
  struct check_sent *s;

  if (opcode == CMD_SYNC) {
    sync_all(w, queue, command->number);
    return;
  }
  if (!(opcode >= CMD_CFGI_STE && opcode <= CMD_CFGI_CD_ALL) &&
      !(opcode >= CMD_TLBI_NH_ALL && opcode <= CMD_TLBI_NSNH_ALL) && opcode != CMD_ATC_INV)
    return;
  s = send(c, b, queue, command->number, &command->at);
  watch_inval_decode(&s->inval, command->words, w->reg[R_CR0].written, true);
  s->inval.e2h = GET(CR2, E2H, w->reg[R_CR2].written);
  fix_vmid(w, &s->inval);
  if (opcode >= CMD_CFGI_STE && opcode <= CMD_CFGI_CD_ALL)
    pay_edits(c, w, s);
  else
    pay_debts(c, w, s);
  advise(c, b, s);
}

/* TLBI instructions of CPUs. CR2.PTM keeps them out. */
void check_debt_broadcast(struct check *c, struct check_world *w, const struct smmu_record *r)
{
  struct check_built *b = w->built;
  struct watch_inval v = { .opcode = 0 };
  struct check_sent *s;

  if (r->category == SMMU_TRACE_SYNC) {
    check_debt_consumed(w, CHECK_DVM, ++b->dvm_synced);
  } else if (r->phase == SMMU_DVM_SYNC) {
    sync_all(w, CHECK_DVM, ++b->dvm_syncs);
  } else if (!GET(CR2, PTM, w->reg[R_CR2].written) && watch_inval_broadcast(&v, r)) {
    s = send(c, b, CHECK_DVM, b->dvm_syncs, &c->now);
    s->inval = v;
    s->inval.e2h = GET(CR2, E2H, w->reg[R_CR2].written);
    pay_debts(c, w, s);
  }
}

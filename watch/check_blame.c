/* Why a debt is not paid when it is due: a command that came near says more than that none came.
 * Only commands of the CPU that made the change count as near: others mean something else. */
#include <stdio.h>

#include "arch/cmd.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { TEXT = 128, EARLY_MOST = 64 };

/* ---- words ---- */

static const char *range_text(const struct check_debt *d, char text[TEXT])
{
  const char *kind = d->tag.stage == 1 ? "ASID" : "VMID";
  unsigned id = d->tag.stage == 1 ? d->tag.asid : d->tag.vmid;

  char substream[TEXT / 4] = "";

  if (d->kind == DEBT_ATC && d->ssv)
    snprintf(substream, sizeof substream, ", substream 0x%x", d->ssid);
  if (d->kind == DEBT_ID)
    snprintf(text, TEXT, "%s %u", kind, id);
  else if (d->kind == DEBT_ATC && d->last == UINT64_MAX)
    snprintf(text, TEXT, "all addresses of stream 0x%x%s", d->sid, substream);
  else if (d->kind == DEBT_ATC)
    snprintf(text, TEXT, "0x%llx-0x%llx of stream 0x%x%s", (unsigned long long)d->first,
             (unsigned long long)d->last, d->sid, substream);
  else
    snprintf(text, TEXT, "0x%llx-0x%llx of %s %u%s", (unsigned long long)d->first,
             (unsigned long long)d->last, kind, id,
             d->table                 ? ", with a table"
             : d->kind == DEBT_STAGE1 ? ", as a stage 1 uses it"
                                      : "");
  return text;
}

static const char *edit_text(const struct check_edit *e, char text[TEXT])
{
  static const char *const names[] = { "L1STD of stream", "STE of stream", "L1CD of substream",
                                       "CD of substream" };

  if (e->kind == AREA_L1STD || e->kind == AREA_STE)
    snprintf(text, TEXT, "%s 0x%x", names[e->kind], e->id);
  else
    snprintf(text, TEXT, "%s 0x%x of stream 0x%x", names[e->kind], e->id, e->sid);
  return text;
}

static const char *command_text(const struct check_sent *s, char text[TEXT])
{
  smmu_cmd_print(s->inval.words, text, TEXT);
  return text;
}

/* ---- what came near ---- */

static bool is_tlbi(const struct check_sent *s)
{
  return s->inval.opcode >= CMD_TLBI_NH_ALL && s->inval.opcode <= CMD_TLBI_NSNH_ALL;
}

static bool is_cfgi(const struct check_sent *s)
{
  return s->inval.opcode >= CMD_CFGI_STE && s->inval.opcode <= CMD_CFGI_CD_ALL;
}

static bool covers(const struct check_debt *d, const struct watch_inval *v)
{
  struct watch_target t = check_target_of(d);

  if (d->kind != DEBT_TLB && check_is_by_address(v->opcode))
    return false;
  t.tg = v->tg;
  return watch_covers(v, &t);
}

/* The one thing that is wrong with a TLBI; CHECK_RULES: more than one. */
static unsigned wrong_with(const struct check_debt *d, const struct watch_inval *tlbi)
{
  struct watch_inval v = *tlbi;

  v.leaf = false;
  if (covers(d, &v))
    return CHECK_TLBI_LEAF;
  v = *tlbi;
  v.tg = v.ttl = 0;
  if (covers(d, &v))
    return CHECK_TLBI_HINT;
  v = *tlbi;
  v.asid = d->tag.asid;
  if (d->tag.stage == 1 && covers(d, &v))
    return CHECK_TLBI_ASID;
  v = *tlbi;
  v.vmid = d->tag.vmid;
  if (covers(d, &v))
    return CHECK_TLBI_VMID;
  v = *tlbi;
  v.first = 0;
  v.last = UINT64_MAX;
  return d->kind == DEBT_TLB && covers(d, &v) ? CHECK_TLBI_RANGE : CHECK_RULES;
}

static uint64_t oldest(const struct check_built *b)
{
  return b->sents > CHECK_SENT ? b->sents - CHECK_SENT : 0;
}

/* The last TLBI behind the change with one thing wrong. */
static unsigned find_near(const struct check_built *b, const struct check_debt *d,
                          const struct check_sent **near)
{
  for (uint64_t n = b->sents; n > oldest(b); n--) {
    const struct check_sent *s = &b->sent[(n - 1) % CHECK_SENT];
    unsigned rule;

    if (s->submitted.record < d->at.record)
      break;
    if (!is_tlbi(s) || s->at.cpu != d->at.cpu)
      continue;
    rule = wrong_with(d, &s->inval);
    if (rule == CHECK_RULES)
      continue;
    *near = s;
    return rule;
  }
  return CHECK_RULES;
}

static bool is_early(const struct check_sent *s, const struct check_at *at)
{
  return s->submitted.record < at->record && s->at.cpu == at->cpu && s->paid == 0;
}

/* One that would have covered it, removed nothing, and came before the change. */
static const struct check_sent *find_early(const struct check_built *b, const struct check_debt *d,
                                           const struct check_edit *e)
{
  uint64_t least = b->sents > EARLY_MOST ? b->sents - EARLY_MOST : 0;

  for (uint64_t n = b->sents; n > least; n--) {
    const struct check_sent *s = &b->sent[(n - 1) % CHECK_SENT];

    if (d && is_tlbi(s) && is_early(s, &d->at) && covers(d, &s->inval))
      return s;
    if (e && is_cfgi(s) && is_early(s, &e->at) && check_edit_covered(e, &s->inval))
      return s;
  }
  return NULL;
}

/* ---- translations ---- */

/* Of the stream, is it of the substream as well? Without SubstreamID it is of all. */
static bool is_of_substream(const struct check_sent *s, const struct check_debt *d)
{
  return !FGET(ATC_INV, SSV, s->inval.words) ||
         (d->ssv && FGET(ATC_INV, SSID, s->inval.words) == d->ssid);
}

/* An ATC_INV behind the change, of the stream and not of all of the range; or of a stream without. */
static unsigned find_near_atc(const struct check_built *b, const struct check_debt *d,
                              const struct check_sent **near)
{
  for (uint64_t n = b->sents; n > oldest(b); n--) {
    const struct check_sent *s = &b->sent[(n - 1) % CHECK_SENT];
    bool its = FGET(ATC_INV, SID, s->inval.words) == d->sid;

    if (s->submitted.record < d->at.record)
      break;
    if (s->inval.opcode != CMD_ATC_INV || s->at.cpu != d->at.cpu || (!its && s->paid))
      continue;
    *near = s;
    if (!its)
      return CHECK_ATC_STREAM;
    return is_of_substream(s, d) ? CHECK_ATC_RANGE : CHECK_ATC_SUBSTREAM;
  }
  return CHECK_RULES;
}

static void blame_atc(struct check *c, const struct check_built *b, const struct check_debt *d,
                      const char *what)
{
  const struct check_sent *s = NULL;
  char range[TEXT], command[TEXT];
  unsigned rule;

  if (d->paid.state == PAID)
    check_tell(c, CHECK_ATC_NO_SYNC, &d->paid.at, "%s: no CMD_SYNC behind the ATC_INV when %s",
               range_text(d, range), what);
  else if (d->paid.state == SYNCED)
    check_tell(c, CHECK_SYNC_NOT_AWAITED, &d->paid.at,
               "%s: the CMD_SYNC behind the ATC_INV was not seen complete when %s",
               range_text(d, range), what);
  else if (d->early.record)
    check_tell(c, CHECK_ATC_EARLY, &d->early,
               "%s: the ATC_INV was sent when the TLBI was not yet complete", range_text(d, range));
  else if ((rule = find_near_atc(b, d, &s)) != CHECK_RULES)
    check_tell(c, rule, &s->at, "%s is what has changed; sent was %s", range_text(d, range),
               command_text(s, command));
  else
    check_tell(c, d->left ? CHECK_ATC_LEFT : CHECK_ATC_MISSING, &d->at, "%s: no ATC_INV when %s",
               range_text(d, range), what);
}

static void blame_owed(struct check *c, const struct check_built *b, const struct check_debt *d,
                       unsigned otherwise, const char *what)
{
  const struct check_sent *s = NULL;
  unsigned rule = find_near(b, d, &s);
  char range[TEXT], command[TEXT];

  if (rule != CHECK_RULES) {
    check_tell(c, rule, &s->at, "%s is what has changed; sent was %s", range_text(d, range),
               command_text(s, command));
    return;
  }
  s = find_early(b, d, NULL);
  if (s)
    check_tell(c, CHECK_TLBI_EARLY, &s->at, "%s: %s came before the change", range_text(d, range),
               command_text(s, command));
  else if (d->kind == DEBT_STAGE1)
    check_tell(c, CHECK_TLBI_STAGE1, &d->at, "%s: no TLBI of its VMID's stage 1 when %s",
               range_text(d, range), what);
  else
    check_tell(c, otherwise, &d->at, "%s: no TLBI when %s", range_text(d, range), what);
}

static bool is_synced_elsewhere(const struct check_world *w, const struct check_payment *paid)
{
  uint32_t queue = check_wait_synced_in(w, paid->at.cpu, paid->at.record);

  return queue != UINT32_MAX && queue != paid->queue;
}

void check_blame_debt(struct check *c, struct check_world *w, const struct check_debt *d,
                      unsigned rule, const char *what)
{
  bool plain = rule == CHECK_TLBI_MISSING;
  char range[TEXT];

  if (d->kind == DEBT_ATC) {
    blame_atc(c, w->built, d, what);
  } else if (d->paid.state == OWED) {
    blame_owed(c, w->built, d, rule, what);
  } else if (d->paid.state == PAID && plain && is_synced_elsewhere(w, &d->paid)) {
    check_tell(c, CHECK_SYNC_ELSEWHERE, &d->paid.at,
               "%s: the CMD_SYNC behind the TLBI went into another queue when %s",
               range_text(d, range), what);
  } else if (d->paid.state == PAID) {
    check_tell(c, plain ? CHECK_TLBI_NO_SYNC : rule, &d->paid.at,
               "%s: no CMD_SYNC behind the TLBI when %s", range_text(d, range), what);
  } else {
    check_tell(c, plain ? CHECK_SYNC_NOT_AWAITED : rule, &d->paid.at,
               "%s: the CMD_SYNC behind the TLBI was not seen complete when %s",
               range_text(d, range), what);
  }
}

/* ---- configurations ---- */

static bool would_cover(const struct check_edit *e, const struct watch_inval *cfgi, unsigned *rule)
{
  struct watch_inval v = *cfgi;

  v.leaf = false;
  *rule = CHECK_CFGI_LEAF;
  if (check_edit_covered(e, &v))
    return true;
  *rule = CHECK_CFGI_OTHER;
  v = *cfgi;
  v.sid = e->sid;
  if (check_edit_covered(e, &v))
    return true;
  v = *cfgi;
  v.ssid = e->id;
  return check_edit_covered(e, &v);
}

static const struct check_sent *find_near_cfgi(const struct check_built *b,
                                               const struct check_edit *e, unsigned *rule)
{
  for (uint64_t n = b->sents; n > oldest(b); n--) {
    const struct check_sent *s = &b->sent[(n - 1) % CHECK_SENT];

    if (s->submitted.record < e->at.record)
      break;
    if (is_cfgi(s) && s->at.cpu == e->at.cpu && s->paid == 0 && would_cover(e, &s->inval, rule))
      return s;
  }
  return NULL;
}

void check_blame_edit(struct check *c, struct check_world *w, const struct check_edit *e,
                      const char *what)
{
  const struct check_sent *s;
  char name[TEXT], command[TEXT];
  unsigned rule = CHECK_RULES;

  edit_text(e, name);
  if (e->paid.state == PAID) {
    check_tell(c, CHECK_CFGI_NO_SYNC, &e->paid.at, "%s: no CMD_SYNC behind the CFGI when %s", name,
               what);
    return;
  }
  if (e->paid.state == SYNCED) {
    check_tell(c, CHECK_SYNC_NOT_AWAITED, &e->paid.at,
               "%s: the CMD_SYNC behind the CFGI was not seen complete when %s", name, what);
    return;
  }
  s = find_near_cfgi(w->built, e, &rule);
  if (s) {
    check_tell(c, rule, &s->at, "%s is what has changed; sent was %s", name,
               command_text(s, command));
    return;
  }
  s = find_early(w->built, NULL, e);
  if (s)
    check_tell(c, CHECK_CFGI_EARLY, &s->at, "%s: %s came before the change", name,
               command_text(s, command));
  else
    check_tell(c, CHECK_CFGI_MISSING, &e->at, "%s: no CFGI when %s", name, what);
}

/* Why a translation was stale, in lines: which word, who had mapped, who changed it, who declared it
 * dead, when the entry was filled and by whose walk, which invalidation and which CMD_SYNC covered it,
 * and why it survived. Times are microseconds; numbers of records lead back into the recording. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "arch/cmd.h"
#include "smmu/dvm.h"
#include "util/bits.h"
#include "watch/place.h"
#include "watch/state.h"

enum { TEXT_MOST = 2048 };

struct text {
  char bytes[TEXT_MOST];
  size_t len;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(t->bytes + t->len, TEXT_MOST - t->len, format, args);
  va_end(args);
  if (n > 0)
    t->len = t->len + (size_t)n < TEXT_MOST ? t->len + (size_t)n : TEXT_MOST - 1;
}

static void put_time(struct text *t, uint64_t ps)
{
  put(t, "%" PRIu64 ".%06" PRIu64 " us", ps / 1000000, ps % 1000000);
}

static void put_world(struct text *t, unsigned world)
{
  if (world == 0)
    put(t, "host");
  else
    put(t, "VM %u", world - 1);
}

/* ", drv_unmap driver/drv_unmap.c:88", where that is known. */
static void put_place(struct text *t, const struct watch *w, uint32_t number)
{
  char name[WATCH_PLACE_TEXT] = "";

  if (number && w->options.place)
    w->options.place(w->options.ctx, number, name, sizeof name);
  if (*name)
    put(t, ", %s", name);
}

static void put_who(struct text *t, const struct watch *w, const struct watch_version *v)
{
  const struct watch_operation *o = watch_operation_at(w, v->operation);

  if (v->unseen) {
    put(t, "by pointer, after record %" PRIu64, v->record ? v->record - 1 : 0);
    return;
  }
  put(t, "CPU %u", v->cpu);
  if (o) {
    put(t, " (");
    put_world(t, o->world);
    put(t, ")");
  }
  put_place(t, w, v->place);
  if (o)
    put(t, ", %s that began in record %" PRIu64, plat_operation_name(o->kind), o->began);
  put(t, ", at ");
  put_time(t, v->time);
  put(t, ", record %" PRIu64, v->record);
}

static const char *what_of(const struct watch_ref *ref)
{
  switch (ref->what) {
  case SMMU_READ_S1_DESC: return "stage 1 descriptor";
  case SMMU_READ_S2_DESC: return "stage 2 descriptor";
  default: return smmu_read_name(ref->what);
  }
}

static void tell_head(struct text *t, const struct watch_txn *x, const struct smmu_record *r,
                      const struct watch_reason *why)
{
  put(t, "%s: 0x%" PRIx64 " of stream 0x%x", watch_verdict_name(why->verdict), x->addr, x->sid);
  if (x->ssid)
    put(t, ", substream 0x%x", x->ssid);
  put(t, " became 0x%" PRIx64 " at ", r->addr_out);
  put_time(t, r->time);
  put(t, ", transaction %u\n", r->actor);
}

static void tell_word(struct text *t, const struct watch *w, const struct watch_reason *why)
{
  const struct watch_ref *ref = why->ref;
  const struct watch_version *origin = watch_origin(w, ref);

  put(t, "  word:     %s at 0x%" PRIx64, what_of(ref), w->memory.word[ref->word].addr);
  if (ref->what == SMMU_READ_S1_DESC || ref->what == SMMU_READ_S2_DESC)
    put(t, ", level %d", ref->level);
  put(t, ": 0x%" PRIx64 " when read in record %" PRIu64 ", 0x%" PRIx64 " now\n", ref->value,
      ref->read, watch_word_now(w, ref->word)->value);
  if (origin && origin->record) {
    put(t, "  mapped:   ");
    put_who(t, w, origin);
    put(t, "\n");
  }
  if (why->change) {
    put(t, "  unmapped: ");
    put_who(t, w, why->change);
    put(t, "\n");
  }
}

static void tell_death(struct text *t, const struct watch *w, const struct watch_reason *why)
{
  const struct watch_death *d = why->death;

  if (d) {
    put(t, "  dead:     %s 0x%" PRIx64 " by CPU %u (", plat_note_name(d->kind),
        d->kind == PLAT_NOTE_UNMAPPED                                    ? d->first
        : d->kind == PLAT_NOTE_FREED || d->kind == PLAT_NOTE_TABLE_FREED ? d->first
                                                                         : d->id,
        d->cpu);
    put_world(t, d->world);
    put(t, ")");
    put_place(t, w, d->place);
    put(t, ", at ");
    put_time(t, d->time);
    put(t, ", record %" PRIu64 "\n", d->record);
  } else if (why->operation && why->operation->dead) {
    put(t, "  dead:     unmapped 0x%" PRIx64 " to 0x%" PRIx64, why->operation->first,
        why->operation->last);
    put_place(t, w, why->operation->place);
    put(t, ", record %" PRIu64 "\n", why->operation->dead);
  }
}

static void put_entry(struct text *t, const struct watch_print *p)
{
  put(t, "%s, 0x%" PRIx64 " and 2^%u bytes", smmu_cache_name(p->cache), p->va, p->span);
  if (p->cache != SMMU_CACHE_CFG)
    put(t, ", ASID %u, VMID %u", (unsigned)bits_get(p->tag, 31, 16), (unsigned)(p->tag & 0xffff));
  put(t, ": filled at ");
  put_time(t, p->made_time);
  put(t, ", record %" PRIu64 ", by transaction %u of stream 0x%x\n", p->made, p->actor, p->sid);
}

static void tell_entry(struct text *t, const struct watch_txn *x, const struct watch_reason *why)
{
  bool config = why->ref->what != SMMU_READ_S1_DESC && why->ref->what != SMMU_READ_S2_DESC;
  const struct watch_print *p = config ? x->cfg : x->hit;

  if (p && p->cache == SMMU_CACHE_CFG)
    put(t, "  entry:    configuration cache: filled in record %" PRIu64 " by transaction %u\n",
        p->made, p->actor);
  else if (p) {
    put(t, "  entry:    ");
    put_entry(t, p);
  } else
    put(t, "  entry:    none: this transaction's own walk, which began in record %" PRIu64 "\n",
        x->submit);
  if (why->ref->from) {
    put(t, "  by way of ");
    put_entry(t, why->ref->from);
  }
}

static void put_command(struct text *t, const struct watch_inval *v)
{
  char text[SMMU_CMD_TEXT_MAX];

  if (v->broadcast) {
    put(t, "broadcast %s 0x%" PRIx64 " ASID %u VMID %u", smmu_dvm_name((unsigned)v->words[0]),
        v->words[1], v->asid, v->vmid);
    return;
  }
  smmu_cmd_print(v->words, text, sizeof text);
  put(t, "%s of queue %u", text, v->queue);
}

static void tell_device(struct text *t, const struct watch_reason *why)
{
  const struct watch_inval *v = why->inval;

  put(t, "  removed:  ");
  put_command(t, v);
  put(t, ", read at ");
  put_time(t, v->fetch_time);
  put(t, ", record %" PRIu64 "; its sync completed at ", v->fetch);
  put_time(t, v->sync_time);
  put(t, ", record %" PRIu64 "\n", v->sync);
  put(t, "  survived: %s\n",
      why->walk ? "the walk that made it was under way, or used an entry that had to go, and was "
                  "neither stopped nor waited for"
                : "the entry was there when the invalidation was read, and was not removed");
}

/* What invalidations there were since, and what each lacks, in one line. */
static void tell_driver(struct text *t, const struct watch *w, const struct watch_reason *why)
{
  const struct watch_log *log = &w->log;
  uint32_t kept = log->count < log->limit ? log->count : log->limit, since = 0, open = 0;
  uint64_t from = why->change ? why->change->record : why->ref->read;
  const struct watch_inval *last = NULL;

  for (uint32_t n = log->count; kept > 0; kept--) {
    const struct watch_inval *v = &log->inval[--n % log->limit];

    if (!last)
      last = v;
    if (v->fetch <= from)
      break;
    since++;
    open += !v->sync;
  }
  put(t,
      "  removed:  nothing that covers it: %u invalidation%s read since the change, %u of them "
      "not completed by a sync of the same queue\n",
      since, since == 1 ? "" : "s", open);
  if (last) {
    put(t, "  last:     ");
    put_command(t, last);
    put(t, ", read in record %" PRIu64 "%s\n", last->fetch,
        last->fetch <= from ? ", before the change" : "");
  }
}

static void blame(struct watch_story *s, const struct watch_reason *why)
{
  s->blame = s->record;
  if (s->verdict != WATCH_STALE_DRIVER)
    return;
  if (why->death) {
    s->blame = why->death->record;
    s->place = why->death->place;
  } else if (why->operation) {
    s->blame = why->operation->dead;
    s->place = why->operation->place;
  }
}

void watch_tell(struct watch *w, const struct watch_txn *x, const struct smmu_record *r,
                const struct watch_reason *why)
{
  struct text t = { .len = 0 };
  struct watch_story story = { .verdict = why->verdict,
                               .record = w->now,
                               .time = r->time,
                               .addr = x->addr,
                               .sid = x->sid,
                               .ssid = x->ssid,
                               .text = t.bytes };

  blame(&story, why);
  tell_head(&t, x, r, why);
  tell_word(&t, w, why);
  tell_death(&t, w, why);
  tell_entry(&t, x, why);
  if (why->inval)
    tell_device(&t, why);
  else
    tell_driver(&t, w, why);
  w->options.story(w->options.ctx, &story);
}

/* A schedule in words: explore_replay() with hooks, one line for each transition that does
 * something one can see. Steps that only move inside the device (a lookup begins, a fetch is
 * asked for) get no line: no record tells of them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cmd.h"
#include "arch/desc.h"
#include "arch/event.h"
#include "litmus/litmus.h"
#include "tools/litmus_words.h"

enum { SLOTS = 10, NOBODY = 255, GRANULE = 12 };

struct telling {
  const struct explore_program *p;
  struct litmus_story *story;
  struct explore_view before;
  uint8_t owner[SLOTS]; /* which thread's DMA a transaction slot carries */
  unsigned submitted;   /* slot of the transaction submitted in this transition, or NOBODY */
  unsigned transitions;
  unsigned last_queue; /* last transition of the command queue */
  bool marked[SLOTS];
  unsigned waits;     /* the queue's last transition before a marked DMA was answered; 0: none */
  size_t waits_until; /* length of the schedule up to that answer */
  bool out_of_memory;
  char text[2 * LITMUS_TEXT];
};

static void say(struct telling *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct telling *s, const char *format, ...)
{
  size_t length = strlen(s->text);
  va_list args;

  if (length > 0)
    length += (size_t)snprintf(s->text + length, sizeof(s->text) - length, "; ");
  if (length >= sizeof(s->text))
    return;
  va_start(args, format);
  vsnprintf(s->text + length, sizeof(s->text) - length, format, args);
  va_end(args);
}

/* ---- records ---- */

static const char *place_of(uint64_t addr, char text[LITMUS_TEXT])
{
  char name[LITMUS_TEXT];

  if (litmus_place(addr, name))
    snprintf(text, LITMUS_TEXT, "%.180s", name);
  else
    snprintf(text, LITMUS_TEXT, "0x%" PRIx64, addr);
  return text;
}

static void say_read(struct telling *s, const struct smmu_record *r)
{
  char place[LITMUS_TEXT], out[LITMUS_TEXT];
  struct smmu_geometry g = { .granule_log2 = GRANULE };
  enum smmu_desc_kind kind;

  place_of(r->addr_in, place);
  if (r->info != SMMU_READ_S1_DESC && r->info != SMMU_READ_S2_DESC) {
    say(s, "reads %s", place);
    return;
  }
  kind = smmu_desc_kind(r->word, r->level, &g);
  if (kind == SMMU_DESC_INVALID)
    say(s, "reads %s: invalid", place);
  else
    say(s, "reads %s: leads to %s", place, place_of(smmu_desc_out(r->word, &g, GRANULE), out));
}

/* What an entry of a cache says; the configuration cache has no addresses. */
static const char *entry_text(const struct smmu_record *r, char text[LITMUS_TEXT])
{
  char place[LITMUS_TEXT];

  if (r->unit == SMMU_CACHE_CFG)
    snprintf(text, LITMUS_TEXT, "the configuration of stream %u", r->sid);
  else
    snprintf(text, LITMUS_TEXT, "0x%" PRIx64 " to %.150s", r->addr_in,
             place_of(r->addr_out, place));
  return text;
}

static void say_cache(struct telling *s, const struct smmu_record *r)
{
  const char *cache = smmu_cache_name(r->unit);
  char entry[LITMUS_TEXT];

  switch (r->category) {
  case SMMU_TRACE_HIT: say(s, "finds %s in the %s", entry_text(r, entry), cache); break;
  case SMMU_TRACE_MISS: say(s, "finds nothing in the %s", cache); break;
  case SMMU_TRACE_FILL: say(s, "fills the %s: %s", cache, entry_text(r, entry)); break;
  case SMMU_TRACE_EVICT: say(s, "replaces in the %s: %s", cache, entry_text(r, entry)); break;
  case SMMU_TRACE_DROP: say(s, "drops from the %s: %s", cache, entry_text(r, entry)); break;
  default: break;
  }
}

static const char *owner_name(const struct telling *s, unsigned slot)
{
  return slot < SLOTS && s->owner[slot] < s->p->n_threads ? s->p->thread[s->owner[slot]].name
                                                          : "nobody";
}

static void say_command(struct telling *s, const struct smmu_record *r, const char *what)
{
  uint64_t words[2] = { r->addr_out, r->word };
  char text[SMMU_CMD_TEXT_MAX];

  smmu_cmd_print(words, text, sizeof(text));
  say(s, "%s %s", what, text);
}

static void on_record(void *ctx, const struct smmu_record *r)
{
  struct telling *s = ctx;

  switch (r->category) {
  case SMMU_TRACE_SUBMIT: s->submitted = r->actor; break;
  case SMMU_TRACE_READ: say_read(s, r); break;
  case SMMU_TRACE_HIT:
  case SMMU_TRACE_MISS:
  case SMMU_TRACE_FILL:
  case SMMU_TRACE_EVICT:
  case SMMU_TRACE_DROP: say_cache(s, r); break;
  case SMMU_TRACE_FLUSH: say(s, "flushes the %s, which is full", smmu_cache_name(r->unit)); break;
  case SMMU_TRACE_MARK:
    s->marked[r->slot % SLOTS] = true;
    say(s, "marks the DMA of %s, still in flight: it may fill nothing", owner_name(s, r->slot));
    break;
  case SMMU_TRACE_NOFILL: say(s, "is marked, so it fills nothing"); break;
  case SMMU_TRACE_FAULT: say(s, "faults with %s", smmu_event_name((uint8_t)r->result)); break;
  case SMMU_TRACE_EVENT: say(s, "the event record can be read"); break;
  case SMMU_TRACE_EVENT_LOST: say(s, "the event record is lost"); break;
  case SMMU_TRACE_COMMAND: say_command(s, r, "has consumed"); break;
  case SMMU_TRACE_SYNC: say(s, "everything before it is done"); break;
  case SMMU_TRACE_CERROR: say_command(s, r, "stops at"); break;
  default: break; /* responses and registers are told by the threads */
  }
}

/* ---- transitions ---- */

/* "stores ...": what a thread did, from the order that litmus_op_text() gives. */
static void say_done(struct telling *s, unsigned t, unsigned i, const struct explore_seen *seen)
{
  const struct explore_op *op = &s->p->thread[t].op[i];
  char order[LITMUS_TEXT], got[LITMUS_TEXT];

  litmus_op_text(op, order);
  litmus_seen_text(op, seen->value, got);
  /* The order becomes a report: "store" was done by somebody who "stores". */
  if (explore_is_dma(op->kind))
    say(s, "answers DMA %u of %s: %s", i + 1, s->p->thread[t].name, got);
  else if (op->kind == EXPLORE_MMIO_READ || op->kind == EXPLORE_LOAD)
    say(s, "%.*ss%s: %s", (int)strcspn(order, " "), order, order + strcspn(order, " "), got);
  else if (op->kind == EXPLORE_AWAIT_REG || op->kind == EXPLORE_AWAIT_WORD)
    say(s, "goes on: waited %s", order + strlen("wait "));
  else
    say(s, "%.*ss%s", (int)strcspn(order, " "), order, order + strcspn(order, " "));
}

static void name_mover(const struct telling *s, char c, char who[32])
{
  if (c >= 'a' && c < 'a' + (int)s->p->n_threads)
    snprintf(who, 32, "%s", s->p->thread[c - 'a'].name);
  else if (c >= '0' && c <= '9')
    snprintf(who, 32, "DMA of %s", owner_name(s, (unsigned)(c - '0')));
  else
    snprintf(who, 32, "%s",
             c == 'Q'   ? "command queue"
             : c == 'E' ? "event queue"
             : c == 'P' ? "endpoint"
             : c == 'B' ? "broadcast input"
                        : "acknowledger");
}

/* A marked DMA gets its answer: did the command queue stand still until then? */
static void note_wait(struct telling *s, char c)
{
  unsigned slot = (unsigned)(c - '0') % SLOTS;

  if (c < '0' || c > '9' || !s->marked[slot])
    return;
  s->marked[slot] = false;
  if (s->waits == 0 && s->last_queue != 0) {
    s->waits = s->last_queue;
    s->waits_until = s->story->understood;
  }
}

static void add_line(struct telling *s, char c)
{
  struct litmus_story *story = s->story;
  struct litmus_line *line;

  if (story->lines == story->room) {
    size_t room = story->room ? 2 * story->room : 64;
    void *grown = realloc(story->line, room * sizeof(*story->line));

    if (!grown) {
      s->out_of_memory = true;
      return;
    }
    story->line = grown;
    story->room = room;
  }
  line = &story->line[story->lines++];
  line->transition = s->transitions;
  name_mover(s, c, line->who);
  memcpy(line->text, s->text, sizeof(line->text));
}

static void on_step(void *ctx, const char *transition, const struct explore_view *view)
{
  struct telling *s = ctx;

  s->transitions++;
  s->story->understood += strlen(transition);
  if (s->submitted != NOBODY && transition[0] >= 'a') {
    unsigned t = (unsigned)(transition[0] - 'a');
    char order[LITMUS_TEXT];

    if (s->submitted < SLOTS)
      s->owner[s->submitted] = (uint8_t)t;
    litmus_op_text(&s->p->thread[t].op[view->pc[t]], order);
    say(s, "starts DMA %u: %s", view->pc[t] + 1u, order + strlen("DMA "));
  }
  for (unsigned t = 0; t < s->p->n_threads; t++) {
    if (view->pc[t] > s->before.pc[t]) {
      say_done(s, t, s->before.pc[t], &view->seen[t][s->before.pc[t]]);
      note_wait(s, transition[0]);
    }
  }
  if (transition[0] == 'Q')
    s->last_queue = s->transitions;
  if (s->text[0] != '\0')
    add_line(s, transition[0]);
  s->before = *view;
  s->text[0] = '\0';
  s->submitted = NOBODY;
}

/* A WAIT leaves no record. That the queue was blocked shows in that it could not move just before
 * the answer and moved later. */
static void tell_wait(struct telling *s, const char *schedule)
{
  struct litmus_story *story = s->story;
  char start[EXPLORE_SCHEDULE_MAX + 2];
  struct explore_result ignored;
  size_t at = 0, before = s->waits_until - 1;

  if (s->waits == 0 || s->last_queue <= s->waits || before >= EXPLORE_SCHEDULE_MAX)
    return;
  snprintf(start, sizeof(start), "%.*sQ", (int)before, schedule);
  if (explore_replay(s->p, start, NULL, NULL, NULL, &ignored) != SMMU_ERR_FORMAT)
    return;
  while (at < story->lines && story->line[at].transition <= s->waits)
    at++;
  s->transitions = s->waits;
  snprintf(s->text, sizeof(s->text),
           "waits: the SYNC may not complete while a marked DMA is in flight");
  add_line(s, 'Q');
  if (!s->out_of_memory) {
    struct litmus_line last = story->line[story->lines - 1];

    memmove(&story->line[at + 1], &story->line[at], (story->lines - 1 - at) * sizeof(*story->line));
    story->line[at] = last;
  }
}

int litmus_follow(const struct explore_program *p, const char *schedule, struct litmus_story *out)
{
  struct telling s = { .p = p, .story = out, .submitted = NOBODY };
  struct smmu_hooks hooks = { &s, on_record };
  int rc;

  memset(out, 0, sizeof(*out));
  memset(s.owner, NOBODY, sizeof(s.owner));
  rc = explore_replay(p, schedule, &hooks, on_step, &s, &out->result);
  if (rc == SMMU_OK)
    tell_wait(&s, schedule);
  return s.out_of_memory ? SMMU_ERR_NOMEM : rc;
}

void litmus_story_free(struct litmus_story *s)
{
  free(s->line);
  memset(s, 0, sizeof(*s));
}

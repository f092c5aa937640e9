/* Faults that somebody waits for: a transaction that has stalled, a group of page requests. Each is
 * answered once, with what its record named. What was recorded is the device's to tell; guests have
 * neither here. IHI 0070 3.12.2, 4.5.2, 4.6.1, 4.6.2, 8.1, 8.2. Left out: a stall that is never answered. */
#include "util/bits.h"
#include "watch/check_built.h"

static struct check_fault *find(struct check_built *b, const struct check_fault *like)
{
  for (uint32_t i = 0; i < b->faults; i++) {
    struct check_fault *f = &b->fault[i];

    if (f->stall == like->stall && f->sid == like->sid && f->ssid == like->ssid &&
        f->ssv == like->ssv && f->tag == like->tag)
      return f;
  }
  return NULL;
}

static void add(struct check *c, struct check_built *b, const struct check_fault *fault)
{
  struct check_fault *f = find(b, fault);

  if (f)
    f->last |= fault->last;
  else if (check_grow(c, (void **)&b->fault, &b->fault_room, b->faults, sizeof *b->fault))
    b->fault[b->faults++] = *fault;
}

/* ---- what waits ---- */

static void stalled(struct check *c, struct check_built *b, const uint64_t words[2])
{
  struct check_fault fault = { .stall = true };

  if (!FGET(EVENT, Stall, words))
    return;
  fault.sid = (uint32_t)FGET(EVENT, SID, words);
  fault.tag = (uint32_t)FGET(EVENT, STAG, words);
  add(c, b, &fault);
}

/* With no access wanted it is the marker that ends a PASID's requests: nobody waits. */
static void requested(struct check *c, struct check_built *b, const uint64_t words[2])
{
  struct check_fault fault = { .sid = (uint32_t)FGET(PRI, SID, words),
                               .ssv = FGET(PRI, SSV, words),
                               .tag = (uint32_t)FGET(PRI, PRGIndex, words),
                               .last = FGET(PRI, Last, words) };
  bool nothing = !FGET(PRI, R, words) && !FGET(PRI, W, words) && !FGET(PRI, X, words);

  if (nothing && fault.ssv && fault.last)
    return;
  fault.ssid = fault.ssv ? (uint32_t)FGET(PRI, SSID, words) : 0;
  add(c, b, &fault);
}

void check_fault_recorded(struct check *c, struct check_world *w, const struct smmu_record *r)
{
  const uint64_t words[2] = { r->word, r->addr_out };

  if (r->category == SMMU_TRACE_EVENT)
    stalled(c, w->built, words);
  else
    requested(c, w->built, words);
}

/* ---- answers ---- */

static void resume(struct check *c, struct check_built *b, const struct check_command *command)
{
  const struct check_fault like = { .stall = true,
                                    .sid = (uint32_t)FGET(RESUME, SID, command->words),
                                    .tag = (uint32_t)FGET(RESUME, STAG, command->words) };
  struct check_fault *f = find(b, &like);

  if (f)
    *f = b->fault[--b->faults];
  else
    check_tell(c, CHECK_RESUME_UNKNOWN, &command->at,
               "stream 0x%x, STAG 0x%x: no stalled transaction waits under it", like.sid, like.tag);
}

static void terminate(struct check_built *b, uint32_t sid)
{
  for (uint32_t i = 0; i < b->faults;) {
    if (b->fault[i].stall && b->fault[i].sid == sid)
      b->fault[i] = b->fault[--b->faults];
    else
      i++;
  }
}

static void respond(struct check *c, struct check_built *b, const struct check_command *command)
{
  struct check_fault like = { .sid = (uint32_t)FGET(PRI_RESP, SID, command->words),
                              .ssv = FGET(PRI_RESP, SSV, command->words),
                              .tag = (uint32_t)FGET(PRI_RESP, PRGIndex, command->words) };
  struct check_fault *f;

  like.ssid = like.ssv ? (uint32_t)FGET(PRI_RESP, SSID, command->words) : 0;
  f = find(b, &like);
  if (f)
    *f = b->fault[--b->faults];
  else
    check_tell(c, CHECK_PRI_UNASKED, &command->at,
               "stream 0x%x, group %u: no page request waits for an answer", like.sid, like.tag);
}

void check_fault_answered(struct check *c, struct check_world *w,
                          const struct check_command *command)
{
  switch (FGET(CMD, Opcode, command->words)) {
  case CMD_RESUME: resume(c, w->built, command); break;
  case CMD_STALL_TERM: terminate(w->built, (uint32_t)FGET(STALL_TERM, SID, command->words)); break;
  case CMD_PRI_RESP: respond(c, w->built, command); break;
  default: break;
  }
}

/* CONS of the PRI queue was written: software has seen what is in it, as far as we can know. */
void check_fault_taken(struct check *c, struct check_world *w)
{
  for (uint32_t i = 0; i < w->built->faults; i++) {
    struct check_fault *f = &w->built->fault[i];

    if (!f->stall && !f->at.record)
      f->at = c->now;
  }
}

void check_fault_end(struct check *c, struct check_world *w)
{
  for (uint32_t i = 0; i < w->built->faults; i++) {
    const struct check_fault *f = &w->built->fault[i];

    if (!f->stall && f->last && f->at.record)
      check_tell(c, CHECK_PRI_UNANSWERED, &f->at, "stream 0x%x, group %u", f->sid, f->tag);
  }
}

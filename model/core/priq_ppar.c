/* The answer to a Page Request with PASID that an overflow discards, on a device without PPS:
 * STE.PPAR says whether it carries the PASID; without a valid STE it is a failure. IHI 0070 8.1,
 * 8.2. The STE is read from memory each time, whatever is cached, and again when it is invalidated
 * meanwhile (4.7.3). */
#include "core/priq.h"
#include "core/strtab.h"

#include <string.h>

#include "arch/event.h"
#include "arch/structs.h"
#include "util/bits.h"

static uint32_t sid_of(struct smmu *s)
{
  return (uint32_t)FGET(PRI, SID, priq_head(s));
}

static void go_answer(struct smmu *s, unsigned response, bool pasid, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  q->response = (uint8_t)response;
  q->pasid = pasid;
  q->phase = PRIQ_ANSWER;
  ask_stage(ask, SMMU_STAGE_PRI);
}

/* Errors are recorded with REC_CFG_ATS, those of the StreamID with RECINVSID as well. */
static bool is_recorded(const struct smmu *s, unsigned type)
{
  uint64_t cr2 = shared_const(s)->reg[R_CR2];

  return s->features.atsrecerr && GET(CR2, REC_CFG_ATS, cr2) &&
         (type != EVENT_C_BAD_STREAMID || GET(CR2, RECINVSID, cr2));
}

static void go_error(struct smmu *s, unsigned type, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  go_answer(s, SMMU_PRI_FAILURE, false, ask);
  if (!is_recorded(s, type))
    return;
  q->event = (uint8_t)type;
  q->phase = PRIQ_EVENT;
  ask_stage(ask, SMMU_STAGE_EVENT);
}

static void go_read(struct smmu *s, unsigned phase, uint64_t addr, unsigned len,
                    struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  q->addr = addr;
  q->phase = (uint8_t)phase;
  ask_read(ask, SMMU_STAGE_CFG_FETCH, addr, len);
}

void priq_ask_ppar(struct smmu *s, struct smmu_ask *ask)
{
  uint64_t addr;

  switch (smmu_strtab_find(s, sid_of(s), &addr)) {
  case STRTAB_OUTSIDE: go_error(s, EVENT_C_BAD_STREAMID, ask); break;
  case STRTAB_L1STD: go_read(s, PRIQ_L1STD, addr, 8, ask); break;
  case STRTAB_STE: go_read(s, PRIQ_STE, addr, 64, ask); break;
  }
}

static void trace_read(struct smmu *s, const struct smmu_reply *reply, unsigned what,
                       const struct smmu_hooks *h)
{
  struct smmu_record r = { .category = SMMU_TRACE_READ, .info = (uint8_t)what };

  if (!h)
    return;
  r.addr_in = shared_of(s)->priq.addr;
  r.word = reply->status == SMMU_BUS_OK ? reply->data[0] : 0;
  r.result = reply->status;
  r.sid = sid_of(s);
  r.actor = (uint16_t)actor_priq(s);
  smmu_mpam_label_own(s, &r);
  trace_put(h, &r);
}

static void on_l1std(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  uint64_t addr;

  if (reply->status != SMMU_BUS_OK)
    go_error(s, EVENT_F_STE_FETCH, ask);
  else if (!smmu_l1std_lookup(reply->data[0], sid_of(s), smmu_strtab_split(s), &addr))
    go_error(s, EVENT_C_BAD_STREAMID, ask);
  else
    go_read(s, PRIQ_STE, addr & bits_low(s->features.oas), 64, ask);
}

static void on_ste(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  bool e2h = GET(CR2, E2H, shared_of(s)->reg[R_CR2]);
  struct smmu_ste ste;

  if (reply->status != SMMU_BUS_OK)
    go_error(s, EVENT_F_STE_FETCH, ask);
  else if (!smmu_ste_decode(reply->data, &s->features, e2h, &ste))
    go_error(s, EVENT_C_BAD_STE, ask);
  else
    go_answer(s, SMMU_PRI_SUCCESS, FGET(STE, PPAR, reply->data), ask);
}

static void record(struct smmu *s, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;
  const uint64_t *w = priq_head(s);
  struct smmu_event e = { .type = q->event, .ssv = true, .sid = sid_of(s) };
  uint64_t words[4];

  VISIBLE(s);
  q->waiting = !smmu_evtq_has_room(s);
  smmu_wake_evtq(s); /* it does not rest for IRQ_CTRL while this waits */
  if (q->waiting) {
    ask_wait(ask, SMMU_WAIT_EVENT_ROOM);
    return;
  }
  e.ssid = (uint32_t)FGET(PRI, SSID, w);
  e.fetch_addr = q->event == EVENT_F_STE_FETCH ? q->addr : 0;
  smmu_event_encode(&e, words);
  smmu_evtq_push(s, words);
  q->phase = PRIQ_ANSWER;
  ask_stage(ask, SMMU_STAGE_PRI);
}

static void answer(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;
  unsigned response = q->response;
  bool pasid = q->pasid;

  VISIBLE(s);
  q->addr = 0; /* equal meanings compare equal */
  q->event = q->response = q->pasid = 0;
  priq_respond(s, response, pasid, h, ask);
}

/* Not once its record is in the event buffer. */
void smmu_priq_invalidate(struct smmu *s, const struct inval *inv)
{
  struct priq *q = &shared_of(s)->priq;
  bool reads = q->phase >= PRIQ_L1STD && !(q->phase == PRIQ_ANSWER && q->event);

  if (!reads || !smmu_inval_covers_stream(inv, sid_of(s), (uint32_t)FGET(PRI, SSID, priq_head(s))))
    return;
  q->again = 1;
  q->waiting = 0;
  smmu_wake_priq(s);
  smmu_wake_evtq(s);
}

static void read_again(struct smmu *s, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  q->again = q->event = q->response = q->pasid = 0;
  q->addr = 0;
  priq_ask_ppar(s, ask);
}

void priq_ppar_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask)
{
  if (shared_of(s)->priq.again) {
    read_again(s, ask);
    return;
  }
  switch (shared_of(s)->priq.phase) {
  case PRIQ_L1STD:
    trace_read(s, reply, SMMU_READ_L1STD, h);
    on_l1std(s, reply, ask);
    break;
  case PRIQ_STE:
    trace_read(s, reply, SMMU_READ_STE, h);
    on_ste(s, reply, ask);
    break;
  case PRIQ_EVENT: record(s, ask); break;
  default: answer(s, h, ask); break;
  }
}

/* Hostile endpoints: ATS traffic and Page Requests by chance, and answers to ATC_INV at once, late,
 * never, failed, or of messages that were never sent. IHI 0070 3.9, 4.5, 8. */
#include "world.h"

#include "util/check.h"

static uint64_t draw(struct world *w, uint64_t n)
{
  return hostile_draw(w, n);
}

static bool one_in(struct world *w, unsigned n)
{
  return draw(w, n) == 0;
}

void hostile_ats_config(struct world *w)
{
  struct smmu_config *c = &w->config;
  bool substreams = (c->idr[1] >> 6 & 31) != 0;

  if (one_in(w, 3))
    return;
  c->idr[0] |= 1u << 10 | (uint32_t)draw(w, 2) << 23 | (uint32_t)one_in(w, 4) << 11;
  c->idr[3] |= (uint32_t)(substreams && one_in(w, 2)) << 16; /* PASIDTT */
  if (one_in(w, 4))
    return;
  c->idr[0] |= 1u << 16;
  c->idr[1] |= (uint32_t)draw(w, 4) << 11; /* PRIQS */
  c->idr[3] |= (uint32_t)(substreams && one_in(w, 2)) << 5;
  c->page_requests = (uint16_t)(1 + draw(w, 4));
}

/* ---- answers ---- */

static enum engine_answer any_answer(struct world *w)
{
  static const enum engine_answer answers[8] = { ENGINE_ANSWER_DONE,  ENGINE_ANSWER_DONE,
                                                 ENGINE_ANSWER_DONE,  ENGINE_ANSWER_UNSUPPORTED,
                                                 ENGINE_ANSWER_NEVER, ENGINE_ANSWER_LATER,
                                                 ENGINE_ANSWER_LATER, ENGINE_ANSWER_LATER };

  return answers[draw(w, 8)];
}

static void owe(struct world *w, uint32_t tag)
{
  CHECK(w->n_owed < HOSTILE_OWED); /* no more than there are tags */
  w->owed[w->n_owed++] = tag;
}

void hostile_answer_send(struct world *w, const struct smmu_ask *ask)
{
  enum engine_answer answer = any_answer(w);
  struct smmu_message m;

  smmu_message_of(ask, &m);
  if (m.kind != SMMU_MESSAGE_ATC_INV)
    return;
  if (answer == ENGINE_ANSWER_LATER)
    owe(w, m.tag);
  else
    CHECK(smmu_endpoint_done(w->f.device, m.tag, answer, NULL) == SMMU_OK);
}

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  struct world *w = ctx;
  enum engine_answer answer = any_answer(w);

  (void)time;
  *delay_ps = draw(w, 200000);
  if (m->kind == SMMU_MESSAGE_ATC_INV && answer == ENGINE_ANSWER_LATER)
    owe(w, m->tag);
  return answer;
}

void hostile_listen(struct world *w)
{
  engine_timed_set_endpoint(
    w->timed, &(struct engine_endpoint){ .ctx = w, .receive = receive, .timeout_ps = 100000 });
}

/* In `timed` a timeout may have come first. */
static void answer_owed(struct world *w, unsigned i, unsigned status)
{
  uint32_t tag = w->owed[i];

  w->owed[i] = w->owed[--w->n_owed];
  if (w->timed)
    engine_timed_answer(w->timed, tag, status);
  else
    CHECK(smmu_endpoint_done(w->f.device, tag, status, NULL) == SMMU_OK);
}

void hostile_answer_all(struct world *w)
{
  while (w->n_owed)
    answer_owed(w, 0, SMMU_ENDPOINT_DONE);
}

/* ---- acts ---- */

static void request_page(struct world *w)
{
  struct smmu_pri p = { .addr = draw(w, 0), .sid = (uint32_t)draw(w, 6) };

  p.group = (uint16_t)draw(w, one_in(w, 16) ? 1024 : 512);
  p.ssid = (uint32_t)draw(w, 8);
  p.ssv = one_in(w, 2);
  p.last = one_in(w, 2);
  p.read = one_in(w, 2);
  p.write = one_in(w, 3);
  p.exec = p.privileged = one_in(w, 4);
  if (w->timed)
    engine_timed_pri_request(w->timed, &p);
  else
    smmu_pri_request(w->f.device, &p, NULL);
}

void hostile_endpoint_acts(struct world *w)
{
  if (one_in(w, 3))
    request_page(w);
  else if (w->n_owed && draw(w, 8))
    answer_owed(w, (unsigned)draw(w, w->n_owed), (unsigned)draw(w, 3));
  else if (w->timed)
    engine_timed_answer(w->timed, (uint32_t)draw(w, 0) | 1u << 31, (unsigned)draw(w, 5));
  else
    smmu_endpoint_done(w->f.device, (uint32_t)draw(w, 0) | 1u << 31, (unsigned)draw(w, 5), NULL);
}

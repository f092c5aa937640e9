/* Invalidations of ATCs on their way, and messages to endpoints. IHI 0070 3.9.1, 3.9.1.4, 3.9.1.5,
 * 4.5, 4.7.3, 7.1 (CERROR_ATC_INV_SYNC). An answer counts when the Translated transactions of that
 * StreamID that came before it are gone: they are marked for the queue. A timeout stays with its
 * queue until a CMD_SYNC has told of it; one of the SMMU's own queue also waits for VCMDQs that are
 * off and for what their answers have pushed, and forgets what they failed in (drivers rely on it
 * before a queue changes hands). */
#include "core/atc.h"

#include <string.h>

#include "arch/structs.h"
#include "core/queues.h"
#include "util/bits.h"

/* ---- messages ---- */

void smmu_message_ask(const struct smmu_message *m, unsigned unit, const struct smmu_hooks *h,
                      struct smmu_ask *ask)
{
  struct smmu_record r = { .addr_in = m->addr, .sid = m->sid, .ssid = m->ssid, .slot = m->tag };

  ask->kind = SMMU_ASK_SEND;
  ask->stage = m->kind == SMMU_MESSAGE_ATC_INV ? SMMU_STAGE_ATS : SMMU_STAGE_PRI;
  ask->key = m->kind;
  ask->addr = m->addr;
  ask->data[0] = m->sid | (uint64_t)m->ssid << 32;
  ask->data[1] = m->tag | (uint64_t)m->group << 32 | (uint64_t)m->response << 48;
  ask->data[2] = m->size_log2 | (uint64_t)m->ssv << 8 | (uint64_t)m->global << 16;
  r.category = SMMU_TRACE_MESSAGE;
  r.phase = m->kind;
  r.info = m->size_log2;
  r.result = m->kind == SMMU_MESSAGE_ATC_INV ? 0 : m->response;
  r.unit = (uint16_t)unit;
  trace_put(h, &r);
}

void smmu_message_of(const struct smmu_ask *ask, struct smmu_message *out)
{
  const uint64_t *d = ask->data;

  *out = (struct smmu_message){ .addr = ask->addr,
                                .sid = (uint32_t)d[0],
                                .ssid = (uint32_t)(d[0] >> 32),
                                .tag = (uint32_t)d[1],
                                .group = (uint16_t)(d[1] >> 32),
                                .response = (uint8_t)(d[1] >> 48),
                                .kind = (uint8_t)ask->key,
                                .size_log2 = (uint8_t)d[2],
                                .ssv = (uint8_t)(d[2] >> 8),
                                .global = (uint8_t)(d[2] >> 16) };
}

/* Without SubstreamIDs a command behaves as if it named none. */
static void set_substream(const struct smmu *s, const uint64_t *w, struct smmu_message *m)
{
  m->sid = (uint32_t)FGET(CMD, SID, w);
  m->ssv = s->features.ssidsize && FGET(CMD, SSV, w);
  m->ssid = m->ssv ? (uint32_t)FGET(CMD, SSID, w) : 0;
}

static void send_invalidation(struct smmu *s, unsigned number, const uint64_t *w,
                              struct smmu_message *m)
{
  struct atc *a = atc_at(s, number);
  unsigned index = (unsigned)__builtin_ctz(~a->out), size = (unsigned)FGET(ATC_INV, Size, w);

  a->out |= 1u << index;
  a->sid[index] = m->sid;
  m->kind = SMMU_MESSAGE_ATC_INV;
  m->tag = number * ATC_TAGS + index;
  m->size_log2 = (uint8_t)(12 + size);
  m->addr = size < 52 ? align_down_log2(FGET(ATC_INV, ADDR, w) << 12, m->size_log2) : 0;
  m->global = m->ssv && FGET(ATC_INV, Global, w);
}

void smmu_atc_send(struct smmu *s, unsigned number, const uint64_t words[2],
                   const struct smmu_hooks *h, struct smmu_ask *ask)
{
  static const uint8_t codes[4] = { SMMU_PRI_FAILURE, SMMU_PRI_INVALID, SMMU_PRI_SUCCESS, 0 };
  struct smmu_message m = { 0 };

  set_substream(s, words, &m);
  if (FGET(CMD, Opcode, words) == CMD_ATC_INV) {
    send_invalidation(s, number, words, &m);
  } else {
    m.kind = SMMU_MESSAGE_PRI_RESP;
    m.group = (uint16_t)FGET(PRI_RESP, PRGIndex, words);
    m.response = codes[FGET(PRI_RESP, Resp, words)];
  }
  smmu_message_ask(&m, number, h, ask);
}

/* ---- what is on its way ---- */

uint32_t smmu_tag_count(const struct smmu *s)
{
  return s->features.ats ? s->n_queues * ATC_TAGS : 0;
}

bool smmu_atc_has_tag(const struct smmu *s, unsigned number)
{
  return ~atc_const(s, number)->out != 0;
}

/* A VCMDQ that is off has nobody who would wait for it. */
static bool is_ownerless(const struct smmu *s, unsigned vcmdq)
{
  return !GET(VCMDQ_STATUS, CMDQ_EN_OK, vcmdq_const(s, vcmdq)->status);
}

bool smmu_atc_is_done(const struct smmu *s, unsigned number)
{
  if (!s->features.ats)
    return true;
  if (atc_const(s, number)->out)
    return false;
  for (unsigned q = 0; number == 0 && q < s->n_vcmdqs; q++) {
    if (atc_const(s, queue_of_vcmdq(q))->out && is_ownerless(s, q))
      return false;
  }
  return true;
}

bool smmu_atc_take_failure(struct smmu *s, unsigned number)
{
  bool failed;

  if (!s->features.ats)
    return false;
  failed = atc_at(s, number)->failed;
  atc_at(s, number)->failed = 0;
  for (unsigned q = 0; number == 0 && q < s->n_vcmdqs; q++) {
    if (is_ownerless(s, q))
      atc_at(s, queue_of_vcmdq(q))->failed = 0;
  }
  return failed;
}

/* Translated transactions that this answer has pushed before it: the CMD_SYNC of the queue that waits
 * for the answer sees them out. */
static void mark_pushed(struct smmu *s, unsigned number, uint32_t sid, const struct smmu_hooks *h)
{
  for (unsigned i = 0; i < s->config.txns; i++) {
    struct txn *t = txn_at(s, i);
    struct smmu_record r = { .slot = i, .sid = sid, .addr_in = t->in.addr };

    if (t->phase == 0 || t->in.kind != SMMU_TXN_ATS_TRANSLATED || t->in.sid != sid)
      continue;
    smmu_sync_mark(s, number, i);
    if (t->marked)
      continue;
    t->marked = 1;
    r.category = SMMU_TRACE_MARK;
    trace_put(h, &r);
  }
}

int smmu_endpoint_done(struct smmu *s, uint32_t tag, unsigned status,
                       const struct smmu_hooks *hooks)
{
  unsigned number = tag / ATC_TAGS, index = tag % ATC_TAGS;
  struct smmu_record r = { .slot = tag, .result = (uint16_t)status };
  struct atc *a;

  if (!s->features.ats || number >= s->n_queues || status > SMMU_ENDPOINT_TIMEOUT)
    return SMMU_ERR_BADARG;
  a = atc_at(s, number);
  if (!(a->out >> index & 1))
    return SMMU_ERR_BADARG;
  r.category = SMMU_TRACE_ANSWER;
  r.sid = a->sid[index];
  r.unit = (uint16_t)number;
  trace_put(hooks, &r);
  if (status == SMMU_ENDPOINT_TIMEOUT) {
    a->failed = 1;
  } else {
    mark_pushed(s, number, a->sid[index], hooks);
    if (queue_kind(s, number) == QUEUE_VCMDQ && is_ownerless(s, vcmdq_of_queue(number)))
      mark_pushed(s, 0, a->sid[index], hooks);
  }
  a->out &= ~(1u << index);
  a->sid[index] = 0;
  smmu_wake_cmdq(s, number);
  smmu_wake_cmdq(s, 0);
  return SMMU_OK;
}

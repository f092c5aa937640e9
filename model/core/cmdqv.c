/* CMDQV: who owns a VCMDQ, what switches it on, its errors, and what derived registers show.
 * Enables are handshakes as CR0's are: STATUS follows in a step of the acknowledger, a falling one
 * when what it switches off is at rest. A queue runs while its own enable, its VINTF's and CMDQV's
 * are set and acknowledged. Where no published driver tells, docs/choices.md lists our pick. Left
 * out: CONS_DRAM_EN, batch sizes. */
#include <string.h>

#include "core/queue.h"
#include "core/queues.h"

/* Requests and acknowledgements stand in the same place, so that both are one mask. */
_Static_assert(CMDQV_CONFIG_CMDQV_EN_LO == CMDQV_STATUS_CMDQV_ENABLED_LO &&
                 VINTF_CONFIG_ENABLE_LO == VINTF_STATUS_ENABLE_OK_LO &&
                 VCMDQ_CONFIG_CMDQ_EN_LO == VCMDQ_STATUS_CMDQ_EN_OK_LO,
               "request & acknowledgement");

void smmu_cmdqv_reset(struct smmu *s)
{
  if (!s->n_vcmdqs)
    return;
  cmdqv_of(s)->config = s->config.cmdqv.config_reset;
  cmdqv_of(s)->status = (uint32_t)GET(CMDQV_CONFIG, CMDQV_EN, s->config.cmdqv.config_reset);
  smmu_cmdqv_find_owners(s);
}

/* ---- ownership ---- */

/* Of queues with the same allocation the lowest has it. */
static uint32_t find_map(const struct smmu *s, uint32_t map)
{
  const uint32_t *alloc = cmdqv_const(s)->alloc;

  for (uint32_t q = 0; q < s->n_vcmdqs; q++) {
    if (alloc[q] == map)
      return q;
  }
  return SMMU_NO_INDEX;
}

uint32_t smmu_lvcmdq_find(const struct smmu *s, unsigned vintf, unsigned lvcmdq)
{
  uint64_t map = MASK(CMDQV_CMDQ_ALLOC_MAP, ALLOC);

  map = PUT(CMDQV_CMDQ_ALLOC_MAP, LVCMDQ, map, lvcmdq);
  map = PUT(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, map, vintf);
  if (GET(CMDQV_CMDQ_ALLOC_MAP, LVCMDQ, map) != lvcmdq)
    return SMMU_NO_INDEX; /* a page has more slots than the field has numbers */
  return find_map(s, (uint32_t)map);
}

uint32_t smmu_cmdqv_find_owner(const struct smmu *s, unsigned vcmdq)
{
  uint32_t map = cmdqv_const(s)->alloc[vcmdq];
  uint32_t vintf = (uint32_t)GET(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, map);

  if (!GET(CMDQV_CMDQ_ALLOC_MAP, ALLOC, map) || vintf >= s->n_vintfs || find_map(s, map) != vcmdq)
    return SMMU_NO_INDEX;
  return vintf;
}

uint32_t smmu_vcmdq_owner(const struct smmu *s, unsigned vcmdq)
{
  return ((const uint32_t *)at_const(s, s->off_owner))[vcmdq];
}

void smmu_cmdqv_find_owners(struct smmu *s)
{
  for (unsigned q = 0; q < s->n_vcmdqs; q++)
    ((uint32_t *)at(s, s->off_owner))[q] = smmu_cmdqv_find_owner(s, q);
}

/* ---- enables ---- */

bool smmu_vcmdq_is_asked(const struct smmu *s, unsigned vcmdq)
{
  const struct cmdqv *c = cmdqv_const(s);
  const struct vintf *v;
  uint32_t owner;

  if (!GET(VCMDQ_CONFIG, CMDQ_EN, vcmdq_const(s, vcmdq)->config))
    return false;
  owner = smmu_vcmdq_owner(s, vcmdq);
  if (owner == SMMU_NO_INDEX)
    return false;
  v = vintf_const(s, owner);
  return GET(VINTF_CONFIG, ENABLE, v->config & v->status) &&
         GET(CMDQV_CONFIG, CMDQV_EN, c->config & c->status);
}

bool smmu_vcmdq_is_on(const struct smmu *s, unsigned vcmdq)
{
  uint64_t stopping = MASK(VCMDQ_GERROR, CMDQ_ERR) | MASK(VCMDQ_GERROR, CMDQ_INIT_ERR);

  return GET(VCMDQ_STATUS, CMDQ_EN_OK, vcmdq_const(s, vcmdq)->status) &&
         !(smmu_vcmdq_errors(s, vcmdq) & stopping) && smmu_vcmdq_is_asked(s, vcmdq);
}

static bool vcmdq_ready(const struct smmu *s, unsigned vcmdq)
{
  const struct vcmdq *x = vcmdq_const(s, vcmdq);
  bool asked = smmu_vcmdq_is_asked(s, vcmdq);

  if (asked == (GET(VCMDQ_STATUS, CMDQ_EN_OK, x->status) != 0))
    return false;
  if (asked)
    return !(smmu_vcmdq_errors(s, vcmdq) & MASK(VCMDQ_GERROR, CMDQ_INIT_ERR));
  return x->queue.phase == 0;
}

/* Queues that are acknowledged, of one VINTF or (SMMU_NO_INDEX) of all; their allocation stands. */
static bool any_queue_ok(const struct smmu *s, uint32_t vintf)
{
  for (unsigned q = 0; q < s->n_vcmdqs; q++) {
    uint64_t of = GET(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, cmdqv_const(s)->alloc[q]);

    if (GET(VCMDQ_STATUS, CMDQ_EN_OK, vcmdq_const(s, q)->status) &&
        (vintf == SMMU_NO_INDEX || of == vintf))
      return true;
  }
  return false;
}

static bool vintf_ready(const struct smmu *s, unsigned vintf)
{
  const struct vintf *v = vintf_const(s, vintf);
  bool asked = GET(VINTF_CONFIG, ENABLE, v->config) != 0;

  return asked != (GET(VINTF_STATUS, ENABLE_OK, v->status) != 0) &&
         (asked || !any_queue_ok(s, vintf));
}

static bool cmdqv_ready(const struct smmu *s)
{
  const struct cmdqv *c = cmdqv_const(s);
  bool asked = GET(CMDQV_CONFIG, CMDQV_EN, c->config) != 0;

  return asked != (GET(CMDQV_STATUS, CMDQV_ENABLED, c->status) != 0) &&
         (asked || !any_queue_ok(s, SMMU_NO_INDEX));
}

/* Everything with a handshake has a number: VCMDQs, then VINTFs, then CMDQV itself. */
static unsigned handshakes(const struct smmu *s)
{
  return s->n_vcmdqs + s->n_vintfs + 1;
}

static bool handshake_ready(const struct smmu *s, unsigned number)
{
  if (number < s->n_vcmdqs)
    return vcmdq_ready(s, number);
  if (number < s->n_vcmdqs + s->n_vintfs)
    return vintf_ready(s, number - s->n_vcmdqs);
  return cmdqv_ready(s);
}

bool smmu_cmdqv_is_ready(const struct smmu *s)
{
  if (!s->n_vcmdqs)
    return false;
  for (unsigned i = 0; i < handshakes(s); i++) {
    if (handshake_ready(s, i))
      return true;
  }
  return false;
}

/* A ring inside the output size, aligned to its own size. */
static bool base_is_good(const struct smmu *s, const struct vcmdq *x)
{
  unsigned log2size = queue_log2size(x->ring[RING_BASE], s->features.cmdqs);
  uint64_t addr = x->ring[RING_BASE] & MASK(VCMDQ_BASE, ADDR);

  return queue_entry(x->ring[RING_BASE], log2size, 4, 0) == addr && addr >> s->features.oas == 0;
}

static void acknowledge_vcmdq(struct smmu *s, unsigned vcmdq, struct smmu_ask *ask)
{
  struct vcmdq *x = vcmdq_at(s, vcmdq);

  if (!GET(VCMDQ_STATUS, CMDQ_EN_OK, x->status) && !base_is_good(s, x)) {
    if (smmu_vcmdq_raise(s, vcmdq, (uint32_t)MASK(VCMDQ_GERROR, CMDQ_INIT_ERR)))
      ask_signal(ask, SMMU_SIGNAL_CMDQV);
    return;
  }
  x->status ^= (uint32_t)MASK(VCMDQ_STATUS, CMDQ_EN_OK);
  smmu_wake_cmdq(s, 1 + vcmdq);
  smmu_wake_cmdq(s, 0); /* waits for invalidations of queues that are off */
}

static void acknowledge(struct smmu *s, unsigned number, struct smmu_ask *ask)
{
  if (number < s->n_vcmdqs)
    acknowledge_vcmdq(s, number, ask);
  else if (number < s->n_vcmdqs + s->n_vintfs)
    vintf_at(s, number - s->n_vcmdqs)->status ^= (uint32_t)MASK(VINTF_STATUS, ENABLE_OK);
  else
    cmdqv_of(s)->status ^= (uint32_t)MASK(CMDQV_STATUS, CMDQV_ENABLED);
}

/* In turn, so that a guest that switches its queue on and off does not hold up the others. When
 * nobody waits the turn goes back to 0: equal meanings compare equal. */
void smmu_cmdqv_acknowledge(struct smmu *s, struct smmu_ask *ask)
{
  unsigned n = handshakes(s), turn, number;

  if (!s->n_vcmdqs)
    return;
  turn = cmdqv_of(s)->turn;
  for (unsigned i = 0; i < n; i++) {
    number = (turn + i) % n;
    if (!handshake_ready(s, number))
      continue;
    acknowledge(s, number, ask);
    cmdqv_of(s)->turn = smmu_cmdqv_is_ready(s) ? (number + 1) % n : 0;
    break;
  }
}

/* ---- errors ---- */

uint32_t smmu_vcmdq_errors(const struct smmu *s, unsigned vcmdq)
{
  const struct vcmdq *x = vcmdq_const(s, vcmdq);

  return x->gerror ^ x->gerrorn;
}

bool smmu_vcmdq_raise(struct smmu *s, unsigned vcmdq, uint32_t bit)
{
  uint32_t owner = smmu_vcmdq_owner(s, vcmdq);

  if (smmu_vcmdq_errors(s, vcmdq) & bit)
    return false;
  vcmdq_at(s, vcmdq)->gerror ^= bit;
  return owner != SMMU_NO_INDEX && !(cmdqv_const(s)->int_mask[owner / 32] >> owner % 32 & 1);
}

/* ---- what the derived registers show ---- */

uint32_t smmu_cmdqv_param(const struct smmu *s)
{
  const struct smmu_cmdqv_config *c = &s->config.cmdqv;
  uint64_t value = PUT(CMDQV_PARAM, VER, 0, 1);

  value = PUT(CMDQV_PARAM, NUM_CMDQ_LOG2, value, c->vcmdqs_log2);
  value = PUT(CMDQV_PARAM, NUM_VI_LOG2, value, c->vintfs_log2);
  return (uint32_t)PUT(CMDQV_PARAM, NUM_SID_PER_VI_LOG2, value, c->sids_log2);
}

uint32_t smmu_cmdqv_cmdq_err_map(const struct smmu *s, unsigned word)
{
  uint32_t map = 0;

  for (unsigned q = 32 * word; q < 32 * word + 32 && q < s->n_vcmdqs; q++)
    map |= (uint32_t)(smmu_vcmdq_errors(s, q) != 0) << q % 32;
  return map;
}

uint32_t smmu_vintf_lvcmdq_err_map(const struct smmu *s, unsigned vintf, unsigned word)
{
  uint32_t map = 0;

  for (unsigned q = 0; q < s->n_vcmdqs; q++) {
    unsigned l = (unsigned)GET(CMDQV_CMDQ_ALLOC_MAP, LVCMDQ, cmdqv_const(s)->alloc[q]);

    if (smmu_vcmdq_errors(s, q) && l / 32 == word && smmu_vcmdq_owner(s, q) == vintf)
      map |= 1u << l % 32;
  }
  return map;
}

static bool vintf_has_error(const struct smmu *s, unsigned vintf)
{
  for (unsigned q = 0; q < s->n_vcmdqs; q++) {
    if (smmu_vcmdq_errors(s, q) && smmu_vcmdq_owner(s, q) == vintf)
      return true;
  }
  return false;
}

uint32_t smmu_cmdqv_vi_err_map(const struct smmu *s, unsigned word)
{
  uint32_t map = 0;

  for (unsigned v = 32 * word; v < 32 * word + 32 && v < s->n_vintfs; v++)
    map |= (uint32_t)vintf_has_error(s, v) << v % 32;
  return map;
}

uint32_t smmu_vintf_status(const struct smmu *s, unsigned vintf)
{
  uint64_t value = vintf_const(s, vintf)->status;
  unsigned queues = 0;

  for (unsigned q = 0; q < s->n_vcmdqs; q++)
    queues += smmu_vcmdq_owner(s, q) == vintf;
  value = PUT(VINTF_STATUS, STATUS, value, vintf_has_error(s, vintf));
  return (uint32_t)PUT(VINTF_STATUS, VI_NUM_LVCMDQ, value, queues);
}

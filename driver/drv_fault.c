/* Page faults that devices wait for: stalled transactions, and page requests of devices with an ATC.
 * The caller makes the address good or says that it cannot; CMD_RESUME or CMD_PRI_RESP tells the
 * device. IHI 0070 3.12.2, 4.6 (RESUME), 4.5.2 (PRI_RESP), chapter 8. Left out: STALL_TERM. */
#include <errno.h>

#include "driver/drv_state.h"
#include "smmu/step.h"

enum { PAGE_REQUEST_BYTES = 16, ROUNDS_MAX = 4096, RESP_INVALID = 1, RESP_SUCCESS = 2 };

static bool is_made_good(struct drv *drv, const struct drv_page_fault *fault)
{
  bool good;

  plat_charge(&drv->plat, PLAT_COST_EVENT, 1);
  drv->counts.page_faults++;
  good = drv->options.page_fault && drv->options.page_fault(drv->options.arg, fault);
  drv->counts.page_faults_bad += !good;
  return good;
}

/* ---- stalls ------------------------------------------------------------------------------------ */

static unsigned access_of(const uint64_t words[4])
{
  if (!FGET(F_TRANSLATION, RnW, words))
    return DRV_WRITE;
  return FGET(F_TRANSLATION, InD, words) ? DRV_READ | DRV_EXEC : DRV_READ;
}

/* A transaction that nobody resumes would wait for ever. Permission faults of pages that are there
 * are no page faults to us: the caller is asked all the same and may know better. */
void drv_fault_stalled(struct drv *drv, const uint64_t words[4])
{
  struct drv_page_fault fault = { .sid = (uint32_t)FGET(EVENT, SID, words),
                                  .ssid = (uint32_t)FGET(EVENT, SSID, words),
                                  .ssv = FGET(EVENT, SSV, words) != 0,
                                  .addr = FGET(F_TRANSLATION, InputAddr, words),
                                  .access = access_of(words),
                                  .privileged = FGET(F_TRANSLATION, PnU, words) != 0 };
  struct drv_command c = drv_cmd_terminate(fault.sid, (uint16_t)FGET(EVENT, STAG, words));

  if (is_made_good(drv, &fault)) {
    FPUT(RESUME, Action, c.words, 1);
    FPUT(RESUME, Abort, c.words, 0);
  }
  drv_issue_main(drv, &c, 1, false);
}

/* ---- page requests ----------------------------------------------------------------------------- */

int drv_priq_init(struct drv *drv)
{
  struct drv_eventq *q = &drv->priq;
  size_t bytes = (size_t)PAGE_REQUEST_BYTES << q->log2;

  if (plat_dma_alloc(&drv->plat, bytes, bytes, &q->ring)) {
    q->ring = 0;
    return -ENOMEM;
  }
  drv_write64(drv, OFF_PRIQ_BASE, q->ring | q->log2 | MASK(PRIQ_BASE, WA));
  drv_write(drv, OFF_PRIQ_PROD, 0);
  drv_write(drv, OFF_PRIQ_CONS, 0);
  return 0;
}

void drv_priq_free(struct drv *drv)
{
  if (drv->priq.ring)
    plat_dma_free(&drv->plat, drv->priq.ring, (size_t)PAGE_REQUEST_BYTES << drv->priq.log2);
  drv->priq.ring = 0;
}

/* The group of a request, made when it is new; NULL: too many are open. */
static struct drv_page_group *group_of(struct drv *drv, const struct drv_page_fault *fault,
                                       unsigned index)
{
  struct drv_page_group *free_one = NULL;

  for (unsigned i = 0; i < DRV_PAGE_GROUPS; i++) {
    struct drv_page_group *g = &drv->group[i];

    if (g->open && g->sid == fault->sid && g->ssid == fault->ssid && g->index == index)
      return g;
    if (!g->open)
      free_one = g;
  }
  if (free_one)
    *free_one = (struct drv_page_group){ fault->sid, fault->ssid, (uint16_t)index, true, false };
  return free_one;
}

static void respond(struct drv *drv, const struct drv_page_fault *fault, unsigned index, bool good)
{
  struct drv_command c = drv_cmd_plain(CMD_PRI_RESP);

  FPUT(PRI_RESP, SID, c.words, fault->sid);
  FPUT(PRI_RESP, SSV, c.words, fault->ssv);
  FPUT(PRI_RESP, SSID, c.words, fault->ssid);
  FPUT(PRI_RESP, PRGIndex, c.words, index);
  FPUT(PRI_RESP, Resp, c.words, good ? RESP_SUCCESS : RESP_INVALID);
  drv_issue_main(drv, &c, 1, false);
}

/* One answer for a group, with its last request: bad if any of its pages was. */
static void handle_request(struct drv *drv, uint64_t addr)
{
  uint64_t words[2] = { plat_load64(&drv->plat, addr), plat_load64(&drv->plat, addr + 8) };
  struct drv_page_fault fault = { .sid = (uint32_t)FGET(PRI, SID, words),
                                  .ssid = (uint32_t)FGET(PRI, SSID, words),
                                  .ssv = FGET(PRI, SSV, words) != 0,
                                  .addr = FGET(PRI, PageAddr, words) << 12,
                                  .privileged = FGET(PRI, Priv, words) != 0,
                                  .requested = true };
  unsigned index = (unsigned)FGET(PRI, PRGIndex, words);
  bool last = FGET(PRI, Last, words);
  struct drv_page_group *g;

  fault.access = (FGET(PRI, R, words) ? DRV_READ : 0) | (FGET(PRI, W, words) ? DRV_WRITE : 0) |
                 (FGET(PRI, X, words) ? DRV_EXEC : 0);
  if (!fault.access && fault.ssv && last)
    return; /* a Stop marker is not answered */
  g = group_of(drv, &fault, index);
  if (!is_made_good(drv, &fault) && g)
    g->bad = true;
  if (!last)
    return;
  respond(drv, &fault, index, g && !g->bad);
  if (g)
    g->open = false;
}

static void drain(struct drv *drv)
{
  struct drv_eventq *q = &drv->priq;
  uint32_t mask = (2u << q->log2) - 1, flag = (uint32_t)MASK(PRIQ_PROD, OVFLG);

  for (unsigned round = 0; round < ROUNDS_MAX; round++) {
    uint32_t prod = drv_read(drv, OFF_PRIQ_PROD);
    bool overflow = (prod ^ q->cons) & flag;

    if (((prod - q->cons) & mask) > 1u << q->log2) {
      drv_log(drv, "priq: PROD cannot be true");
      return;
    }
    if (((prod ^ q->cons) & mask) == 0 && !overflow)
      return;
    while ((q->cons ^ prod) & mask) {
      uint32_t index = q->cons & ((1u << q->log2) - 1);

      handle_request(drv, q->ring + (uint64_t)index * PAGE_REQUEST_BYTES);
      q->cons = (q->cons & flag) | ((q->cons + 1) & mask);
    }
    if (overflow) {
      drv_log(drv, "priq: overflow, the SMMU has answered requests by itself");
      q->cons ^= flag;
    }
    drv_write(drv, OFF_PRIQ_CONS, q->cons);
  }
}

void drv_priq_handler(void *arg)
{
  struct drv *drv = arg;

  plat_begin(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_PRIQ);
  drain(drv);
  plat_end(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_PRIQ);
}

/* ---- which streams may stall ------------------------------------------------------------------- */

int drv_enable_stalls(struct drv *drv, uint32_t sid)
{
  struct drv_stream *stream;
  uint64_t ste;
  int err = 0;

  if (!drv->features.stalls)
    return -EOPNOTSUPP;
  if ((uint64_t)sid >> drv->strtab.log2)
    return -EINVAL;
  drv_lock(&drv->plat, &drv->mutex);
  if (drv_strtab_stream(drv, sid, &stream, &ste))
    err = -ENOMEM;
  else if (stream->domain)
    err = -EBUSY;
  else
    stream->stalls = true;
  drv_unlock(&drv->plat, &drv->mutex);
  return err;
}

/* See function.h. Registers of the capabilities: PCI Express Base, Address Translation Services, Page Request and
 * PASID extended capabilities. */
#include "linux_world/function.h"

#include <string.h>

#include "linux_world/scenario.h"
#include "linux_world/state.h"

enum { CAP_ATS = 0x100, CAP_PRI = 0x120, CAP_PASID = 0x140, ATC_ENTRIES = 32 };
enum {
  ATS_CTRL = CAP_ATS + 6,
  PRI_CTRL = CAP_PRI + 4,
  PRI_STATUS = CAP_PRI + 6,
  PRI_MOST = CAP_PRI + 8,
  PRI_ALLOWED = CAP_PRI + 12,
  PASID_CTRL = CAP_PASID + 6
};
/* Until an invalidation that is not answered has failed. */
enum { TIMEOUT_PS = 100000000 };
/* How often a function looks for the answer to a Page Request. */
enum { PAGE_POLL_PS = 100000 };
enum { ID_ATS = 0x0f, ID_PRI = 0x13, ID_PASID = 0x1b };
enum { ATS_ENABLE = 1 << 15, ATS_STU = 0x1f, ATS_PAGE_ALIGNED = 1 << 5 };
enum { PRI_ENABLE = 1, PRI_RESET = 2, PRI_STOPPED = 1 << 8, PASID_WIDTH = 16 };

/* ---- the bytes ---- */

static uint32_t get(const struct lx_function *f, unsigned at, unsigned bytes)
{
  uint32_t value = 0;

  for (unsigned i = 0; i < bytes && at + i < LX_CONFIG_BYTES; i++)
    value |= (uint32_t)f->config[at + i] << 8 * i;
  return value;
}

static void put(struct lx_function *f, unsigned at, unsigned bytes, uint32_t value)
{
  for (unsigned i = 0; i < bytes && at + i < LX_CONFIG_BYTES; i++)
    f->config[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_header(struct lx_function *f, unsigned at, unsigned id, unsigned next)
{
  put(f, at, 4, id | 1u << 16 | next << 20);
}

static void function_init(struct lx_function *f, uint32_t sid)
{
  endpoint_init(&f->endpoint, sid, ATC_ENTRIES);
  put(f, 0, 4, 0x00011de5); /* vendor and device: nobody's */
  put_header(f, CAP_ATS, ID_ATS, CAP_PRI);
  put(f, CAP_ATS + 4, 2, ATS_PAGE_ALIGNED);
  put_header(f, CAP_PRI, ID_PRI, CAP_PASID);
  put(f, PRI_STATUS, 2, PRI_STOPPED);
  put(f, PRI_MOST, 4, 32);
  put_header(f, CAP_PASID, ID_PASID, 0);
  put(f, CAP_PASID + 4, 2, PASID_WIDTH << 8);
}

/* ---- what a write does ---- */

static void write_pri(struct lx_function *f, uint32_t value)
{
  put(f, PRI_CTRL, 2, value & PRI_ENABLE);
  put(f, PRI_STATUS, 2, value & PRI_ENABLE ? 0 : PRI_STOPPED);
}

static void write_pasid(struct lx_function *f, uint32_t value)
{
  if (lx_function_uses_ats(f) && get(f, PASID_CTRL, 2) != value)
    f->misused++;
  put(f, PASID_CTRL, 2, value);
}

/* All other registers are read-only. */
static void write_config(struct lx_function *f, unsigned at, uint32_t value)
{
  switch (at) {
  case ATS_CTRL: put(f, at, 2, value & (ATS_ENABLE | ATS_STU)); break;
  case PRI_CTRL: write_pri(f, value); break;
  case PRI_ALLOWED: put(f, at, 4, value); break;
  case PASID_CTRL: write_pasid(f, value); break;
  default: break;
  }
}

const char *lx_function_register(unsigned offset)
{
  switch (offset) {
  case ATS_CTRL: return "ATS control";
  case PRI_CTRL: return "PRI control";
  case PRI_ALLOWED: return "PRI requests";
  case PASID_CTRL: return "PASID control";
  default: return "?";
  }
}

/* It takes as long as a register of the SMMU, and is seen as one. */
static struct lx_function *settle(unsigned sid, enum plat_cost cost)
{
  struct lx_world *w = lx_current;

  lx_world_flush(w);
  plat_charge(w->plat, cost, 1);
  plat_cpu_settle(w->board);
  return lx_function_at(w, sid);
}

static void report(unsigned sid, unsigned at, unsigned bytes, uint32_t value, bool write)
{
  plat_board_report_mmio(lx_current->board, lx_current->plat->ctx,
                         LX_ECAM_BASE + ((uint64_t)sid << 12) + at, value, bytes, write);
}

unsigned lx_config_read(unsigned sid, unsigned offset, unsigned bytes)
{
  const struct lx_function *f = settle(sid, PLAT_COST_MMIO_READ);
  uint32_t value = f && offset <= LX_CONFIG_BYTES - bytes ? get(f, offset, bytes) : ~0u;

  report(sid, offset, bytes, value, false);
  return value;
}

void lx_config_write(unsigned sid, unsigned offset, unsigned bytes, unsigned value)
{
  struct lx_function *f = settle(sid, PLAT_COST_MMIO_WRITE);

  report(sid, offset, bytes, value, true);
  if (f)
    write_config(f, offset, value);
}

/* ---- invalidations that take their time ---- */

static void forget_first(struct lx_function *f)
{
  (void)endpoint_receive(&f->endpoint, &f->heard[0].message);
  f->waiting--;
  memmove(&f->heard[0], &f->heard[1], f->waiting * sizeof f->heard[0]);
}

/* What is due by now. */
static void forget(const struct lx_world *w, struct lx_function *f)
{
  while (f->waiting && f->heard[0].due <= plat_now_ps(w->plat))
    forget_first(f);
}

static enum engine_answer forget_later(struct lx_world *w, struct lx_function *f,
                                       const struct smmu_message *message, uint64_t time,
                                       uint64_t *delay_ps)
{
  if (f->waiting == LX_HEARD)
    forget_first(f);
  f->heard[f->waiting].message = *message;
  f->heard[f->waiting++].due = time + w->config.atc_ps;
  f->invalidated++;
  *delay_ps = w->config.atc_ps;
  return ENGINE_ANSWER_DONE;
}

/* ---- translations ---- */

/* Wait for the answer, and look at it. */
static bool is_page_given(struct lx_world *w, struct lx_function *f,
                          const struct endpoint_access *a)
{
  const struct smmu_pri page = endpoint_page_request(&f->endpoint, a, 0, true);
  uint32_t before = f->endpoint.responses;

  if (plat_board_page_request(w->board, &page) != 0)
    return false;
  w->inject.done++;
  while (f->endpoint.responses == before)
    plat_delay(w->plat, PAGE_POLL_PS);
  f->denied += f->endpoint.response != SMMU_PRI_SUCCESS;
  return f->endpoint.response == SMMU_PRI_SUCCESS;
}

void lx_function_access(struct lx_world *w, struct lx_function *f, const struct endpoint_access *a,
                        struct smmu_result *out)
{
  struct smmu_txn txn;

  forget(w, f);
  while (endpoint_next(&f->endpoint, a, &txn) == ENDPOINT_REQUEST) {
    plat_board_translate(w->board, &txn, out);
    forget(w, f);
    if (!endpoint_completed(&f->endpoint, a, out)) {
      if (w->config.wrong == LX_PAGE_REQUEST && is_page_given(w, f, a))
        continue;
      if (out->status == SMMU_STATUS_OK)
        out->status = SMMU_STATUS_ABORT; /* what was granted is not enough */
      return;
    }
    plat_cpu_settle(w->board);
    forget(w, f);
  }
  plat_board_translate(w->board, &txn, out);
}

/* ---- all of them ---- */

bool lx_function_uses_ats(const struct lx_function *f)
{
  return get(f, ATS_CTRL, 2) & ATS_ENABLE;
}

struct lx_function *lx_function_at(struct lx_world *w, uint32_t sid)
{
  return w->has_functions && sid - LX_FIRST_SID < LX_FUNCTIONS ? &w->function[sid - LX_FIRST_SID]
                                                               : NULL;
}

static enum engine_answer receive(void *ctx, const struct smmu_message *message, uint64_t time,
                                  uint64_t *delay_ps)
{
  struct lx_world *w = ctx;
  struct lx_function *f = lx_function_at(w, message->sid);
  enum engine_answer answer;

  if (!f)
    return ENGINE_ANSWER_UNSUPPORTED;
  if (message->kind == SMMU_MESSAGE_ATC_INV && w->config.atc_ps)
    return forget_later(w, f, message, time, delay_ps);
  answer = endpoint_receive(&f->endpoint, message);
  f->invalidated += message->kind == SMMU_MESSAGE_ATC_INV;
  if (message->kind != SMMU_MESSAGE_ATC_INV || w->config.wrong != LX_ATC_SILENT ||
      !w->inject.armed || ++w->inject.seen % w->config.every != 0)
    return answer;
  w->inject.done++;
  return ENGINE_ANSWER_NEVER;
}

void lx_functions_create(struct lx_world *w)
{
  const struct engine_endpoint ears = { .ctx = w, .receive = receive, .timeout_ps = TIMEOUT_PS };

  for (unsigned i = 0; i < LX_FUNCTIONS; i++)
    function_init(&w->function[i], LX_FIRST_SID + i);
  w->has_functions = true;
  plat_board_set_endpoint(w->board, &ears);
}

void lx_functions_sum(const struct lx_world *w, struct lx_function_sums *out)
{
  *out = (struct lx_function_sums){ 0 };
  for (unsigned i = 0; w->has_functions && i < LX_FUNCTIONS; i++) {
    const struct lx_function *f = &w->function[i];

    out->hits += f->endpoint.hits;
    out->misses += f->endpoint.misses;
    out->dropped += f->endpoint.dropped;
    out->invalidated += f->invalidated;
    out->misused += f->misused;
    out->denied += f->denied;
  }
}

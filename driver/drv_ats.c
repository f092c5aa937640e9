/* ATS: devices that keep translations of their own. What a TLBI removes from the SMMU an ATC_INV
 * removes from them, after it: an endpoint that asks in between could be given the old page again.
 * IHI 0070 3.9.1, 4.5.1, 5.2 (EATS). Left out: SubstreamIDs, split stage ATS. */
#include <errno.h>
#include <stdlib.h>

#include "driver/drv_state.h"
#include "util/bits.h"
#include "util/check.h"

/* CMD_ATC_INV.Size of the whole address space. */
enum { SIZE_ALL = 52 };

/* A stream whose device has an ATC. While it is moved it belongs to two domains, so that whoever
 * unmaps in either of them meanwhile invalidates it too. */
struct drv_ats {
  struct drv_ats *next;
  uint32_t sid;
  bool on;
  struct drv_domain *domain, *left;
  void (*enable)(void *arg, bool on);
  void *arg;
};

/* The domain whose changes concern a domain's streams: a guest's stage 1 stands on its parent. */
static bool concerns(const struct drv_domain *changed, const struct drv_domain *used)
{
  return used && (used == changed || used->parent == changed);
}

static struct drv_ats *find(struct drv *drv, uint32_t sid)
{
  struct drv_ats *a = drv->ats;

  while (a && a->sid != sid)
    a = a->next;
  return a;
}

static struct drv_command atc_inv(uint32_t sid, uint64_t iova, unsigned size)
{
  struct drv_command c = drv_cmd_plain(CMD_ATC_INV);

  FPUT(ATC_INV, SID, c.words, sid);
  FPUT(ATC_INV, Size, c.words, size);
  FPUT(ATC_INV, ADDR, c.words, size == SIZE_ALL ? 0 : iova >> 12);
  return c;
}

/* The smallest aligned power of two of 4 KB pages that holds the range; bytes 0: everything. */
static struct drv_command covering(uint32_t sid, uint64_t iova, uint64_t bytes)
{
  uint64_t differ = (iova >> 12) ^ ((iova + bytes - 1) >> 12);
  unsigned size = differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;

  if (bytes == 0 || size >= SIZE_ALL)
    return atc_inv(sid, 0, SIZE_ALL);
  return atc_inv(sid, align_down_log2(iova, 12 + size), size);
}

int drv_ats_invalidate(struct drv_domain *domain, uint64_t iova, uint64_t bytes)
{
  struct drv *drv = domain->drv;
  struct drv_batch batch;
  int err = 0;
  int bad;

  if (!drv->ats)
    return 0;
  /* The TLBI is complete: whoever is in the list now may still hold what it had. */
  plat_barrier(&drv->plat);
  drv_batch_init(&batch);
  for (struct drv_ats *a = drv->ats; a; a = a->next) {
    /* An IPA says nothing of the addresses that a guest uses. */
    bool own = a->domain == domain || a->left == domain;
    struct drv_command c = covering(a->sid, iova, own ? bytes : 0);

    if (!concerns(domain, a->domain) && !concerns(domain, a->left))
      continue;
    bad = drv_batch_add(drv, &batch, &c);
    err = err ? err : bad;
    drv->counts.atc_inv++;
  }
  bad = drv_batch_submit(drv, &batch);
  return err ? err : bad;
}

bool drv_ats_wanted(struct drv *drv, uint32_t sid, const struct drv_domain *domain)
{
  if (!domain || !find(drv, sid))
    return false;
  if (domain->kind == DRV_DOMAIN_NESTED)
    return domain->guest_ats;
  return drv_domain_translates(domain);
}

void drv_ats_prepare(struct drv *drv, uint32_t sid, struct drv_domain *domain, bool wanted)
{
  struct drv_ats *a = find(drv, sid);

  if (!a)
    return;
  a->left = a->domain;
  a->domain = wanted ? domain : NULL;
  if (a->on && !wanted) {
    a->enable(a->arg, false);
    plat_barrier(&drv->plat);
  }
}

int drv_ats_commit(struct drv *drv, uint32_t sid, bool wanted)
{
  struct drv_ats *a = find(drv, sid);
  int err = 0;

  if (!a)
    return 0;
  if (a->on || wanted) {
    struct drv_command c = atc_inv(sid, 0, SIZE_ALL);

    err = drv_issue_main(drv, &c, 1, true);
    drv->counts.atc_inv++;
  }
  if (!a->on && wanted)
    a->enable(a->arg, true);
  a->on = wanted;
  a->left = NULL;
  return err;
}

int drv_enable_ats(struct drv *drv, uint32_t sid, void (*enable)(void *arg, bool on), void *arg)
{
  struct drv_ats *a;
  int err = 0;

  if (!drv->features.ats)
    return -EOPNOTSUPP;
  a = calloc(1, sizeof *a);
  if (!a)
    return -ENOMEM;
  drv_lock(&drv->plat, &drv->mutex);
  if (find(drv, sid) || drv_attached(drv, sid)) {
    err = -EBUSY;
    free(a);
  } else {
    *a = (struct drv_ats){ .next = drv->ats, .sid = sid, .enable = enable, .arg = arg };
    drv->ats = a;
  }
  drv_unlock(&drv->plat, &drv->mutex);
  return err;
}

void drv_disable_ats(struct drv *drv, uint32_t sid)
{
  struct drv_ats **link = &drv->ats;
  struct drv_ats *a;

  drv_lock(&drv->plat, &drv->mutex);
  while (*link && (*link)->sid != sid)
    link = &(*link)->next;
  a = *link;
  if (a) {
    CHECK(!a->on);
    *link = a->next;
  }
  drv_unlock(&drv->plat, &drv->mutex);
  free(a);
}

void drv_ats_free(struct drv *drv)
{
  while (drv->ats) {
    struct drv_ats *next = drv->ats->next;

    free(drv->ats);
    drv->ats = next;
  }
}

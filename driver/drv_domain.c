/* Domains: identifiers, tables, and which streams stand for them. IHI 0070 3.17 (tags), 5.2. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/drv_state.h"
#include "util/check.h"

/* ---- identifiers ----------------------------------------------------------------------------- */

int drv_ids_init(struct drv_ids *ids, unsigned bits)
{
  ids->count = 1u << bits;
  ids->taken = calloc((ids->count + 63) / 64, sizeof *ids->taken);
  if (!ids->taken)
    return -ENOMEM;
  ids->taken[0] = 1; /* 0 tags what belongs to nobody */
  return 0;
}

uint16_t drv_ids_take(struct drv_ids *ids)
{
  for (uint32_t w = 0; w < (ids->count + 63) / 64; w++) {
    unsigned bit;

    if (ids->taken[w] == ~0ULL)
      continue;
    bit = (unsigned)__builtin_ctzll(~ids->taken[w]);
    ids->taken[w] |= 1ULL << bit;
    return (uint16_t)(64 * w + bit);
  }
  return 0;
}

void drv_ids_give(struct drv_ids *ids, uint16_t id)
{
  ids->taken[id / 64] &= ~(1ULL << id % 64);
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_possible(const struct drv_features *f, enum drv_domain_kind kind)
{
  switch (kind) {
  case DRV_DOMAIN_ABORT:
  case DRV_DOMAIN_BYPASS: return true;
  case DRV_DOMAIN_S1: return f->s1;
  case DRV_DOMAIN_S2: return f->s2;
  case DRV_DOMAIN_NESTED: return f->nested;
  }
  return false;
}

static int take_id(struct drv_domain *domain)
{
  struct drv *drv = domain->drv;

  if (domain->kind == DRV_DOMAIN_S1) {
    domain->asid = drv_ids_take(&drv->asids);
    if (!domain->asid)
      return -ENOSPC;
    plat_note(&drv->plat, PLAT_NOTE_ASID, domain->asid, 1, domain->number);
  } else if (domain->kind == DRV_DOMAIN_S2) {
    domain->vmid = drv_ids_take(&drv->vmids);
    if (!domain->vmid)
      return -ENOSPC;
    plat_note(&drv->plat, PLAT_NOTE_VMID, domain->vmid, 1, domain->number);
  }
  return 0;
}

static void give_id(struct drv_domain *domain)
{
  struct drv *drv = domain->drv;

  if (domain->asid) {
    plat_note(&drv->plat, PLAT_NOTE_ASID, domain->asid, 0, domain->number);
    drv_ids_give(&drv->asids, domain->asid);
  }
  if (domain->kind == DRV_DOMAIN_S2 && domain->vmid) {
    plat_note(&drv->plat, PLAT_NOTE_VMID, domain->vmid, 0, domain->number);
    drv_ids_give(&drv->vmids, domain->vmid);
  }
}

static int make(struct drv *drv, enum drv_domain_kind kind, struct drv_domain **out)
{
  struct drv_domain *domain;
  int err;

  if (!is_possible(&drv->features, kind))
    return -EOPNOTSUPP;
  domain = calloc(1, sizeof *domain);
  if (!domain)
    return -ENOMEM;
  domain->drv = drv;
  domain->kind = kind;
  domain->shared = kind == DRV_DOMAIN_S1 && drv_broadcasts(drv);
  drv_lock(&drv->plat, &drv->mutex);
  domain->number = ++drv->domains;
  err = take_id(domain);
  if (!err && drv_domain_translates(domain))
    err = drv_table_init(domain, kind == DRV_DOMAIN_S1 ? 1 : 2);
  if (err)
    give_id(domain);
  drv_unlock(&drv->plat, &drv->mutex);
  if (err) {
    free(domain);
    return err;
  }
  *out = domain;
  return 0;
}

int drv_domain_alloc(struct drv *drv, enum drv_domain_kind kind, struct drv_domain **out)
{
  return kind == DRV_DOMAIN_NESTED ? -EOPNOTSUPP : make(drv, kind, out);
}

int drv_domain_alloc_nested(struct drv *drv, struct drv_domain *parent, const uint64_t vste[2],
                            bool ats, struct drv_domain **out)
{
  int err = make(drv, DRV_DOMAIN_NESTED, out);

  if (err)
    return err;
  CHECK(parent->kind == DRV_DOMAIN_S2 && parent->drv == drv);
  drv_lock(&drv->plat, &drv->mutex);
  (*out)->parent = parent;
  (*out)->vmid = parent->vmid;
  (*out)->guest_ats = ats && FGET(STE, Config, vste) == 5; /* stage 1 translates */
  memcpy((*out)->vste, vste, sizeof(*out)->vste);
  parent->parented = true;
  parent->children++;
  drv_unlock(&drv->plat, &drv->mutex);
  return 0;
}

int drv_domain_free(struct drv_domain *domain)
{
  struct drv *drv = domain->drv;

  drv_lock(&drv->plat, &drv->mutex);
  if (domain->attached || domain->children) {
    drv_unlock(&drv->plat, &drv->mutex);
    return -EBUSY;
  }
  /* A guest's own entries are the guest's to invalidate. */
  if (domain->kind != DRV_DOMAIN_NESTED)
    drv_flush_all(domain);
  drv_table_free(domain);
  give_id(domain);
  if (domain->parent)
    domain->parent->children--;
  drv_unlock(&drv->plat, &drv->mutex);
  free(domain);
  return 0;
}

uint16_t drv_domain_asid(const struct drv_domain *domain)
{
  return domain->asid;
}

uint16_t drv_domain_vmid(const struct drv_domain *domain)
{
  return domain->vmid;
}

uint32_t drv_domain_number(const struct drv_domain *domain)
{
  return domain->number;
}

/* ---- attaching ------------------------------------------------------------------------------- */

/* The CD first, then the STE that leads to it; and the other way round when it is left. */
static int write_structures(struct drv *drv, uint32_t sid, struct drv_stream *stream, uint64_t ste,
                            const struct drv_domain *domain, unsigned how)
{
  bool s1 = domain && domain->kind == DRV_DOMAIN_S1;
  uint64_t words[8] = { 0 };
  int err = 0;
  int bad;

  if (s1) {
    drv_cd_make(domain, how, words);
    err = drv_cd_install(drv, sid, stream->cd, words);
  }
  drv_ste_make(domain, stream->cd, how, words);
  bad = drv_ste_install(drv, sid, ste, words);
  err = err ? err : bad;
  if (!s1 && stream->cd) {
    memset(words, 0, sizeof words);
    bad = drv_cd_install(drv, sid, stream->cd, words);
    err = err ? err : bad;
  }
  return err;
}

static int attach(struct drv *drv, uint32_t sid, struct drv_domain *domain)
{
  struct drv_stream *stream;
  uint64_t ste;
  bool ats = drv_ats_wanted(drv, sid, domain);
  unsigned how;
  int err;
  int bad;

  if (drv_strtab_stream(drv, sid, &stream, &ste))
    return -ENOMEM;
  if (domain && domain->kind == DRV_DOMAIN_S1 && !stream->cd &&
      plat_dma_alloc(&drv->plat, DRV_ENTRY, DRV_ENTRY, &stream->cd))
    return -ENOMEM;
  if (domain)
    domain->attached++;
  drv_ats_prepare(drv, sid, domain, ats);
  how = (ats ? DRV_HOW_ATS : 0) | (stream->stalls ? DRV_HOW_STALLS : 0);
  err = write_structures(drv, sid, stream, ste, domain, how);
  bad = drv_ats_commit(drv, sid, ats);
  err = err ? err : bad;
  if (stream->domain)
    stream->domain->attached--;
  stream->domain = domain;
  plat_note(&drv->plat, PLAT_NOTE_STREAM, sid, domain ? domain->number : 0, 0);
  return err;
}

int drv_attach(struct drv *drv, uint32_t sid, struct drv_domain *domain)
{
  int err;

  if ((uint64_t)sid >> drv->strtab.log2)
    return -EINVAL;
  drv_lock(&drv->plat, &drv->mutex);
  err = attach(drv, sid, domain);
  drv_unlock(&drv->plat, &drv->mutex);
  return err;
}

struct drv_domain *drv_attached(struct drv *drv, uint32_t sid)
{
  struct drv_stream *stream = drv_strtab_find(drv, sid);

  return stream ? stream->domain : NULL;
}

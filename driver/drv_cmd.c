/* Commands: builders, batches, and the invalidation of a range.
 * A stage 1 domain is tagged by its ASID and VMID 0, so TLBI_NH_VA serves host and guest alike; a
 * stage 2 is tagged by its VMID. IHI 0070 4.3, 4.4; range invalidation 4.4.1.1. Left out:
 * EL2 commands for mappings (streams of the host are NS-EL1 here). ATC_INV: drv_ats.c. */
#include <errno.h>

#include "driver/drv_state.h"
#include "util/bits.h"

/* ---- builders -------------------------------------------------------------------------------- */

struct drv_command drv_cmd_plain(enum smmu_opcode opcode)
{
  return (struct drv_command){ { opcode, 0 } };
}

struct drv_command drv_cmd_cfgi_ste(uint32_t sid)
{
  struct drv_command c = drv_cmd_plain(CMD_CFGI_STE);

  FPUT(CFGI_STE, SID, c.words, sid);
  FPUT(CFGI_STE, Leaf, c.words, 1);
  return c;
}

struct drv_command drv_cmd_cfgi_cd(uint32_t sid)
{
  struct drv_command c = drv_cmd_plain(CMD_CFGI_CD);

  FPUT(CFGI_CD, SID, c.words, sid);
  FPUT(CFGI_CD, Leaf, c.words, 1);
  return c;
}

struct drv_command drv_cmd_cfgi_all(void)
{
  struct drv_command c = drv_cmd_plain(CMD_CFGI_STE_RANGE);

  FPUT(CFGI_STE_RANGE, Range, c.words, 31);
  return c;
}

struct drv_command drv_cmd_prefetch(uint32_t sid)
{
  struct drv_command c = drv_cmd_plain(CMD_PREFETCH_CONFIG);

  FPUT(PREFETCH_CONFIG, SID, c.words, sid);
  return c;
}

struct drv_command drv_cmd_vmid(enum smmu_opcode opcode, uint16_t vmid)
{
  struct drv_command c = drv_cmd_plain(opcode);

  FPUT(CMD, VMID, c.words, vmid);
  return c;
}

struct drv_command drv_cmd_asid(uint16_t asid)
{
  struct drv_command c = drv_cmd_plain(CMD_TLBI_NH_ASID);

  FPUT(TLBI_NH_ASID, ASID, c.words, asid);
  return c;
}

struct drv_command drv_cmd_terminate(uint32_t sid, uint16_t stag)
{
  struct drv_command c = drv_cmd_plain(CMD_RESUME);

  FPUT(RESUME, SID, c.words, sid);
  FPUT(RESUME, STAG, c.words, stag);
  FPUT(RESUME, Abort, c.words, 1);
  return c;
}

/* ---- sending --------------------------------------------------------------------------------- */

static struct drv_queue *queue_for(struct drv *drv, const struct drv_command *command,
                                   unsigned count)
{
  struct drv_queue *queue = drv_cmdqv_queue(drv, command, count);

  if (!queue)
    queue = drv_ecmdq_queue(drv);
  return queue ? queue : &drv->cmdq;
}

int drv_issue(struct drv *drv, const struct drv_command *command, unsigned count, bool sync)
{
  return drv_queue_issue(queue_for(drv, command, count), command, count, sync);
}

int drv_issue_main(struct drv *drv, const struct drv_command *command, unsigned count, bool sync)
{
  return drv_queue_issue(&drv->cmdq, command, count, sync);
}

void drv_batch_init(struct drv_batch *batch)
{
  batch->count = 0;
  batch->queue = NULL;
}

int drv_batch_add(struct drv *drv, struct drv_batch *batch, const struct drv_command *command)
{
  int err = 0;

  if (batch->count && !drv_queue_takes(batch->queue, command))
    err = drv_batch_submit(drv, batch);
  if (batch->count == DRV_BATCH) {
    err = drv_queue_issue(batch->queue, batch->command, batch->count, false);
    batch->count = 0;
  } else if (batch->count == 0) {
    batch->queue = queue_for(drv, command, 1);
  }
  batch->command[batch->count++] = *command;
  return err;
}

int drv_batch_submit(struct drv *drv, struct drv_batch *batch)
{
  unsigned count = batch->count;

  (void)drv;
  batch->count = 0;
  return count ? drv_queue_issue(batch->queue, batch->command, count, true) : 0;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* TLBI of stage 1 by VA or of stage 2 by IPA: the fields lie alike. */
static struct drv_command tlbi_address(const struct drv_domain *domain, bool leaf)
{
  struct drv_command c;

  if (domain->kind == DRV_DOMAIN_S1) {
    c = drv_cmd_plain(CMD_TLBI_NH_VA);
    FPUT(TLBI_NH_VA, ASID, c.words, domain->asid);
  } else {
    c = drv_cmd_vmid(CMD_TLBI_S2_IPA, domain->vmid);
  }
  FPUT(CMD, Leaf, c.words, leaf);
  return c;
}

/* One command a granule. */
static int each_granule(struct drv_batch *batch, struct drv_domain *domain, uint64_t iova,
                        uint64_t bytes, uint64_t granule, bool leaf)
{
  struct drv_command c = tlbi_address(domain, leaf);
  int err = 0;

  for (uint64_t done = 0; done < bytes; done += granule) {
    int bad;

    FPUT(CMD, ADDR, c.words, (iova + done) >> 12);
    bad = drv_batch_add(domain->drv, batch, &c);
    err = err ? err : bad;
  }
  return err;
}

/* What one command has: 31 * 2^31 pages. */
enum { SCALE_MAX = 31, COUNT_MAX = 31 };

/* (NUM + 1) * 2^SCALE pages a command, the lowest bits of the number of pages first. With TTL 0,
 * NUM and SCALE may not both be 0: one page more is invalidated then. */
static int each_range(struct drv_batch *batch, struct drv_domain *domain, uint64_t iova,
                      uint64_t bytes, uint64_t granule, bool leaf)
{
  unsigned page_log2 = domain->table.geometry.granule_log2;
  uint64_t pages = bytes >> page_log2;
  struct drv_command c = tlbi_address(domain, leaf);
  int err = 0;

  FPUT(CMD, TG, c.words, (page_log2 - 10) / 2);
  if (leaf)
    FPUT(CMD, TTL, c.words, 4 - (log2_ceil(granule) - 3) / (page_log2 - 3));
  else if (pages % 32 == 1)
    pages++;
  while (pages) {
    unsigned zeros = (unsigned)__builtin_ctzll(pages);
    unsigned scale = zeros < SCALE_MAX ? zeros : SCALE_MAX;
    uint64_t left = pages >> scale;
    uint64_t count = scale < SCALE_MAX ? left & COUNT_MAX : left;
    int bad;

    count = count < COUNT_MAX ? count : COUNT_MAX;
    FPUT(CMD, SCALE, c.words, scale);
    FPUT(CMD, NUM, c.words, count - 1);
    FPUT(CMD, ADDR, c.words, iova >> 12);
    bad = drv_batch_add(domain->drv, batch, &c);
    err = err ? err : bad;
    iova += count << (scale + page_log2);
    pages -= count << scale;
  }
  return err;
}

static int inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                     bool leaf)
{
  struct drv *drv = domain->drv;
  struct drv_batch batch;
  int err;
  int bad;

  if (domain->shared)
    return drv_broadcast_range(domain, iova, bytes, granule, leaf);
  drv_batch_init(&batch);
  err = (drv->features.ril ? each_range : each_granule)(&batch, domain, iova, bytes, granule, leaf);
  bad = drv_batch_submit(drv, &batch);
  return err ? err : bad;
}

int drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                  bool leaf)
{
  struct drv *drv = domain->drv;
  int err = inv_range(domain, iova, bytes, granule, leaf);
  int bad;

  /* What a guest's stage 1 made of this stage 2 is tagged with its ASIDs: all of it goes, once
   * stage 2 can no longer feed it. */
  if (domain->parented) {
    struct drv_command c = drv_cmd_vmid(CMD_TLBI_NH_ALL, domain->vmid);

    bad = drv_issue(drv, &c, 1, true);
    err = err ? err : bad;
  }
  bad = drv_ats_invalidate(domain, iova, bytes);
  return err ? err : bad;
}

static int flush_tlbs(struct drv_domain *domain)
{
  struct drv_command c[2];

  if (domain->shared)
    return drv_broadcast_all(domain);
  switch (domain->kind) {
  case DRV_DOMAIN_S1: c[0] = drv_cmd_asid(domain->asid); return drv_issue(domain->drv, c, 1, true);
  case DRV_DOMAIN_S2:
    c[0] = drv_cmd_vmid(CMD_TLBI_S12_VMALL, domain->vmid);
    return drv_issue(domain->drv, c, 1, true);
  case DRV_DOMAIN_NESTED:
    c[0] = drv_cmd_vmid(CMD_TLBI_NH_ALL, domain->parent->vmid);
    return drv_issue(domain->drv, c, 1, true);
  default: return 0;
  }
}

int drv_flush_all(struct drv_domain *domain)
{
  int err = flush_tlbs(domain);
  int bad = drv_ats_invalidate(domain, 0, 0);

  return err ? err : bad;
}

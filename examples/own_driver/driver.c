/* See driver.h. Numbers of sections are those of IHI 0070. */
#include "driver.h"

#include <errno.h>

/* 6.2 */
enum {
  IDR0 = 0x0,
  IDR5 = 0x14,
  CR0 = 0x20,
  CR0ACK = 0x24,
  CR1 = 0x28,
  CR2 = 0x2c,
  STRTAB_BASE = 0x80,
  STRTAB_BASE_CFG = 0x88,
  CMDQ_BASE = 0x90,
  CMDQ_PROD = 0x98,
  CMDQ_CONS = 0x9c,
  EVENTQ_BASE = 0xa0,
  EVENTQ_PROD = 0x100a8,
  EVENTQ_CONS = 0x100ac
};

enum { SMMUEN = 1, EVENTQEN = 4, CMDQEN = 8 };
enum { STREAMS_LOG2 = 6, CMDQ_LOG2 = 8, EVENTQ_LOG2 = 7, PAGE = 4096, ASID = 1, PATIENCE = 100000 };

/* 4.1.3 */
enum {
  CFGI_STE = 0x3,
  CFGI_ALL = 0x4,
  TLBI_NH_VA = 0x12,
  TLBI_EL2_ALL = 0x20,
  TLBI_NSNH_ALL = 0x30,
  CMD_SYNC = 0x46
};

static int wait_for(struct own_driver *d, uint64_t reg, uint32_t value)
{
  for (unsigned i = 0; i < PATIENCE; i++) {
    if (plat_mmio_read(d->plat, d->smmu + reg, 4) == value)
      return 0;
    plat_relax(d->plat);
  }
  return -ETIMEDOUT;
}

static int enable(struct own_driver *d, uint32_t cr0)
{
  plat_mmio_write(d->plat, d->smmu + CR0, cr0, 4);
  return wait_for(d, CR0ACK, cr0);
}

/* One command behind the others, without telling the SMMU. */
static void put(struct own_driver *d, uint64_t word0, uint64_t word1)
{
  uint64_t slot = d->commands + 16 * (d->prod & ((1u << CMDQ_LOG2) - 1));

  plat_store64(d->plat, slot, word0);
  plat_store64(d->plat, slot + 8, word1);
  d->prod = (d->prod + 1) & ((2u << CMDQ_LOG2) - 1);
}

/* A CMD_SYNC behind what was put: it is complete when CONS has passed it (4.7.2). */
static int sync(struct own_driver *d)
{
  put(d, CMD_SYNC, 0);
  plat_barrier(d->plat);
  plat_mmio_write(d->plat, d->smmu + CMDQ_PROD, d->prod, 4);
  return wait_for(d, CMDQ_CONS, d->prod);
}

static int memory(struct own_driver *d, uint64_t bytes, uint64_t *addr)
{
  return plat_dma_alloc(d->plat, bytes, bytes, addr);
}

/* 3.11: queues first, nothing cached from before, then the rest. */
static int bring_up(struct own_driver *d, uint64_t events)
{
  const struct plat *p = d->plat;
  int rc = enable(d, 0);

  if (rc)
    return rc;
  plat_mmio_write(p, d->smmu + CR1, 0xd75, 4); /* tables and queues: inner shareable, write-back */
  plat_mmio_write(p, d->smmu + CR2, 0x6, 4);   /* PTM, RECINVSID */
  plat_mmio_write(p, d->smmu + STRTAB_BASE, d->streams, 8);
  plat_mmio_write(p, d->smmu + STRTAB_BASE_CFG, STREAMS_LOG2, 4);
  plat_mmio_write(p, d->smmu + CMDQ_BASE, d->commands | CMDQ_LOG2, 8);
  plat_mmio_write(p, d->smmu + CMDQ_PROD, 0, 4);
  plat_mmio_write(p, d->smmu + CMDQ_CONS, 0, 4);
  plat_mmio_write(p, d->smmu + EVENTQ_BASE, events | EVENTQ_LOG2, 8);
  plat_mmio_write(p, d->smmu + EVENTQ_PROD, 0, 4);
  plat_mmio_write(p, d->smmu + EVENTQ_CONS, 0, 4);
  rc = enable(d, CMDQEN);
  put(d, CFGI_ALL, 31);
  put(d, TLBI_EL2_ALL, 0);
  put(d, TLBI_NSNH_ALL, 0);
  if (!rc)
    rc = sync(d);
  if (!rc)
    rc = enable(d, CMDQEN | EVENTQEN);
  return rc ? rc : enable(d, CMDQEN | EVENTQEN | SMMUEN);
}

int own_start(struct own_driver *d, const struct plat *plat, uint64_t smmu)
{
  uint64_t events;

  *d = (struct own_driver){ .plat = plat, .smmu = smmu };
  /* Stage 1, and pages of 4 KB. */
  if (!(plat_mmio_read(plat, smmu + IDR0, 4) & 2) || !(plat_mmio_read(plat, smmu + IDR5, 4) & 0x10))
    return -ENXIO;
  if (memory(d, 64 << STREAMS_LOG2, &d->streams) || memory(d, 16 << CMDQ_LOG2, &d->commands) ||
      memory(d, 32 << EVENTQ_LOG2, &events) || memory(d, 64, &d->cd) || memory(d, PAGE, &d->table))
    return -ENOMEM;
  for (unsigned sid = 0; sid < 1 << STREAMS_LOG2; sid++)
    plat_store64(plat, d->streams + 64 * sid, 1); /* V, and Config 0: abort without an event */
  return bring_up(d, events);
}

static int cfgi_ste(struct own_driver *d, uint32_t sid)
{
  put(d, CFGI_STE | (uint64_t)sid << 32, 1);
  return sync(d);
}

int own_attach(struct own_driver *d, uint32_t sid)
{
  const struct plat *p = d->plat;
  uint64_t ste = d->streams + 64 * sid;
  int rc;

  plat_note(p, PLAT_NOTE_ASID, ASID, 1, ASID);
  plat_store64(p, d->cd + 8, d->table);
  plat_store64(p, d->cd + 24, 0xff); /* MAIR: normal memory, write-back */
  /* 5.4: T0SZ 25; write-back, inner shareable; EPD1, V, 40-bit output, AA64, R, A, ASET. */
  plat_store64(p, d->cd,
               25 | 0x3500 | 3ull << 30 | 2ull << 32 | 1ull << 41 | 7ull << 45 |
                 (uint64_t)ASID << 48);
  /* 3.21.3.1: the SMMU may read an STE at any time and in any order, so it must know that the STE is
   * invalid, and then its other words, before it is valid. */
  plat_store64(p, ste, 0);
  rc = cfgi_ste(d, sid);
  plat_store64(p, ste + 8, 1ull << 44 | 0xd4); /* attributes as the device says; CD: write-back */
  rc = rc ? rc : cfgi_ste(d, sid);
  plat_store64(p, ste, d->cd | 5 << 1 | 1); /* stage 1 */
  rc = rc ? rc : cfgi_ste(d, sid);
  plat_note(p, PLAT_NOTE_STREAM, sid, ASID, 0);
  return rc;
}

/* The descriptor of a page, 0 when it has none; with `make` its tables are made. */
static uint64_t leaf_of(struct own_driver *d, uint64_t iova, bool make)
{
  uint64_t table = d->table;

  for (unsigned shift = 30; shift > 12; shift -= 9) {
    uint64_t at = table + 8 * (iova >> shift & 511), desc = plat_load64(d->plat, at);

    if (!(desc & 1) && make && memory(d, PAGE, &desc) == 0)
      plat_store64(d->plat, at, desc |= 3);
    if (!(desc & 1))
      return 0;
    table = desc & ~(uint64_t)(PAGE - 1);
  }
  return table + 8 * (iova >> 12 & 511);
}

int own_map(struct own_driver *d, uint64_t iova, uint64_t pa)
{
  uint64_t leaf = leaf_of(d, iova, true);

  if (!leaf)
    return -ENOMEM;
  plat_begin(d->plat, PLAT_OP_MAP, iova);
  plat_store64(d->plat, leaf, pa | 0xf43); /* nG, AF, inner shareable, unprivileged, page */
  plat_barrier(d->plat);
  plat_note(d->plat, PLAT_NOTE_MAPPED, iova, PAGE, ASID);
  plat_end(d->plat, PLAT_OP_MAP, 0);
  return 0;
}

void own_clear(struct own_driver *d, uint64_t iova)
{
  uint64_t leaf = leaf_of(d, iova, false);

  if (leaf)
    plat_store64(d->plat, leaf, 0);
}

int own_unmap(struct own_driver *d, uint64_t iova)
{
  int rc;

  plat_begin(d->plat, PLAT_OP_UNMAP, iova);
  own_clear(d, iova);
  put(d, TLBI_NH_VA | (uint64_t)ASID << 48, iova | 1);
  rc = sync(d);
  plat_note(d->plat, PLAT_NOTE_UNMAPPED, iova, PAGE, ASID);
  plat_end(d->plat, PLAT_OP_UNMAP, rc < 0 ? (uint64_t)-rc : 0);
  return rc;
}

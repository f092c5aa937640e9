/* The guest of vsmmu: its memory at one place in its own addresses, one context descriptor, three levels of tables
 * for 39 bits, rings of commands. See vsmmu_guest.h. */
#include "linux_world/vsmmu_guest.h"

#include "arch/cd.h"
#include "arch/cmd.h"
#include "arch/cmdqv.h"
#include "arch/ste.h"
#include "arch/structs.h"
#include "plat/place.h"

enum {
  IA_BITS = 39,
  TABLE_BITS = 9,
  TABLE = 3,      /* bits 1:0 of a pointer to a table, and of a page */
  IPS_48 = 5,     /* bits of an output address, as CD.IPS has them */
  WRITE_BACK = 1, /* cacheable, allocates */
  INNER_SHAREABLE = 3,
  NORMAL_MEMORY = 0xff, /* of MAIR */
  CONFIG_S1 = 5         /* STE.Config: stage 1 translates */
};
/* At EL0 too, inner shareable, accessed, not global. */
#define PAGE_BITS (TABLE | 1ULL << 6 | 3ULL << 8 | 1ULL << 10 | 1ULL << 11)

/* What lies where in its memory. */
enum { CD_AT = 0x0, TABLES_AT = 0x1000, RINGS_AT = 0x4000, PAGES_AT = 0x10000 };

uint64_t vsmmu_ipa(uint64_t at)
{
  return VSMMU_IPA + at;
}

uint64_t vsmmu_page(unsigned number)
{
  return PAGES_AT + (uint64_t)number * VSMMU_PAGE;
}

uint64_t vsmmu_ring(unsigned index)
{
  return RINGS_AT + (uint64_t)index * VSMMU_RING;
}

static void store(const struct vsmmu_guest *g, uint64_t at, uint64_t value)
{
  plat_store64(g->plat, g->ram + at, value);
}

/* ---- its tables ---- */

static uint64_t index_of(uint64_t va, unsigned level)
{
  return va >> (12 + TABLE_BITS * (3 - level)) & ((1U << TABLE_BITS) - 1);
}

void vsmmu_map(const struct vsmmu_guest *g, uint64_t va, uint64_t at)
{
  store(g, TABLES_AT + 2 * VSMMU_PAGE + 8 * index_of(va, 3), vsmmu_ipa(at) | PAGE_BITS);
  plat_barrier(g->plat);
}

void vsmmu_unmap(const struct vsmmu_guest *g, uint64_t va)
{
  store(g, TABLES_AT + 2 * VSMMU_PAGE + 8 * index_of(va, 3), 0);
  plat_barrier(g->plat);
}

/* The word with V comes last, and first when it goes. */
void vsmmu_write_cd(const struct vsmmu_guest *g, uint16_t asid)
{
  uint64_t words[CD_WORDS] = { 0 };

  FPUT(CD, T0SZ, words, 64 - IA_BITS);
  FPUT(CD, IR0, words, WRITE_BACK);
  FPUT(CD, OR0, words, WRITE_BACK);
  FPUT(CD, SH0, words, INNER_SHAREABLE);
  FPUT(CD, EPD1, words, 1);
  FPUT(CD, V, words, 1);
  FPUT(CD, IPS, words, IPS_48);
  FPUT(CD, AA64, words, 1);
  FPUT(CD, R, words, 1);
  FPUT(CD, A, words, 1);
  FPUT(CD, ASET, words, 1);
  FPUT(CD, ASID, words, asid);
  FPUT(CD, TTB0, words, vsmmu_ipa(TABLES_AT) >> (CD_TTB0_LO % 64));
  FPUT(CD, MAIR0, words, NORMAL_MEMORY);
  for (unsigned i = CD_WORDS; i-- > 0;) {
    if (i == 0)
      plat_barrier(g->plat);
    store(g, CD_AT + 8 * i, words[i]);
  }
  plat_barrier(g->plat);
}

void vsmmu_clear_cd(const struct vsmmu_guest *g)
{
  store(g, CD_AT, 0);
  plat_barrier(g->plat);
}

void vsmmu_begin(const struct vsmmu_guest *g, uint16_t asid, uint64_t va, uint64_t ste[2])
{
  uint64_t words[STE_WORDS] = { 0 };

  store(g, TABLES_AT + 8 * index_of(va, 1), vsmmu_ipa(TABLES_AT + VSMMU_PAGE) | TABLE);
  store(g, TABLES_AT + VSMMU_PAGE + 8 * index_of(va, 2),
        vsmmu_ipa(TABLES_AT + 2 * VSMMU_PAGE) | TABLE);
  vsmmu_write_cd(g, asid);
  FPUT(STE, V, words, 1);
  FPUT(STE, Config, words, CONFIG_S1);
  FPUT(STE, S1ContextPtr, words, vsmmu_ipa(CD_AT) >> STE_S1ContextPtr_LO);
  FPUT(STE, S1CIR, words, WRITE_BACK);
  FPUT(STE, S1COR, words, WRITE_BACK);
  FPUT(STE, S1CSH, words, INNER_SHAREABLE);
  ste[0] = words[0];
  ste[1] = words[1];
}

/* ---- its queue ---- */

static uint64_t slot(const struct vsmmu_guest *g, unsigned index)
{
  return g->page0 + (uint64_t)index * SMMU_CMDQV_SLOT;
}

bool vsmmu_queue_enable(const struct vsmmu_guest *g, unsigned index)
{
  plat_mmio_write(g->plat, slot(g, index) + OFF_VCMDQ_CONFIG, 1, 4);
  for (unsigned i = 0; i < 100; i++) {
    if (plat_mmio_read(g->plat, slot(g, index) + OFF_VCMDQ_STATUS, 4) & 1)
      return true;
    plat_relax(g->plat);
  }
  return false;
}

/* The commands and a CMD_SYNC; then until all are consumed. */
bool vsmmu_submit(struct vsmmu_guest *g, unsigned index, const uint64_t *commands, unsigned count)
{
  uint64_t sync[2] = { CMD_SYNC, 0 }, cons = 0;

  for (unsigned i = 0; i <= count; i++) {
    const uint64_t *c = i < count ? commands + 2 * i : sync;
    uint64_t at = vsmmu_ring(index) + 16 * (uint64_t)(g->prod[index] % VSMMU_COMMANDS);

    store(g, at, c[0]);
    store(g, at + 8, c[1]);
    g->prod[index] = (g->prod[index] + 1) % (2 * VSMMU_COMMANDS);
  }
  plat_barrier(g->plat);
  plat_mmio_write(g->plat, slot(g, index) + OFF_VCMDQ_PROD_INDX, g->prod[index], 4);
  for (unsigned i = 0; i < 1000; i++) {
    cons = plat_mmio_read(g->plat, slot(g, index) + OFF_VCMDQ_CONS_INDX, 4);
    if (cons == g->prod[index])
      return true;
    plat_relax(g->plat);
  }
  return false;
}

/* ---- commands ---- */

void vsmmu_tlbi_va(uint64_t words[2], uint16_t asid, uint64_t va)
{
  words[0] = CMD_TLBI_NH_VA;
  words[1] = 0;
  FPUT(TLBI_NH_VA, ASID, words, asid);
  FPUT(TLBI_NH_VA, Leaf, words, 1);
  words[1] |= va;
}

void vsmmu_tlbi_asid(uint64_t words[2], uint16_t asid)
{
  words[0] = CMD_TLBI_NH_ASID;
  words[1] = 0;
  FPUT(TLBI_NH_ASID, ASID, words, asid);
}

void vsmmu_cfgi_cd(uint64_t words[2], uint32_t sid)
{
  words[0] = CMD_CFGI_CD;
  words[1] = 0;
  FPUT(CFGI_CD, SID, words, sid);
  FPUT(CFGI_CD, Leaf, words, 1);
}

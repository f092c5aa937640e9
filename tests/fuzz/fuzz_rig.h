/* What the fuzz programs share: bytes to draw from, and a small device over a prepared memory.
 *
 * The template is one stream with nested translation (StreamID 1), one with stage 1 alone (2), one
 * with stage 2 alone (3), one that bypasses (4), behind a linear stream table; every word of it is
 * listed, so that a fuzzer can change it. Of a device with every feature there are more: nested with
 * split-stage ATS (5), stage 1 that stalls and updates flags, with substreams (6), full ATS (7). Formats: IHI 0070 5.2, 5.4; registers: 6.2. Static
 * functions, since each fuzz program is a single file. */
#ifndef FUZZ_RIG_H
#define FUZZ_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/cmdqv.h"
#include "smmu/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More steps than any input of this size can need: beyond it something turns in circles. */
enum { FUZZ_STEPS = 4000000, FUZZ_WORDS = 96 };

enum {
  FUZZ_STRTAB = 0x10000,
  FUZZ_CD = 0x11000,
  FUZZ_CMDQ = 0x12000,
  FUZZ_EVTQ = 0x14000,
  FUZZ_PRIQ = 0x18000,
  FUZZ_TABLES = 0x20000
};

struct fuzz_bytes {
  const uint8_t *at, *end;
};

struct fuzz_rig {
  struct engine_memory *memory;
  struct engine_now *engine;
  struct smmu *device;
  uint64_t word[FUZZ_WORDS];
  unsigned words;
  bool full; /* every feature */
};

/* Bits of the first byte of an input: the caches in [1:0], then these. */
enum { FUZZ_QEMU = 4, FUZZ_STALLS = 8, FUZZ_FULL = 64, FUZZ_CHOICES = 128 };

/* n bytes as a little-endian number; zeros behind the end. */
static inline uint64_t fuzz_take(struct fuzz_bytes *b, unsigned n)
{
  uint64_t v = 0;
  unsigned i;

  for (i = 0; i < n && b->at < b->end; i++)
    v |= (uint64_t)*b->at++ << (8 * i);
  return v;
}

static inline bool fuzz_more(const struct fuzz_bytes *b)
{
  return b->at < b->end;
}

static inline void fuzz_put(struct fuzz_rig *f, uint64_t addr, uint64_t value)
{
  engine_memory_store64(f->memory, addr, value);
  if (f->words < FUZZ_WORDS)
    f->word[f->words++] = addr;
}

/* Let the device come to rest; a run without end is a finding. */
static inline void fuzz_run(struct fuzz_rig *f)
{
  if (engine_now_run(f->engine, FUZZ_STEPS) != 0)
    abort();
}

/* Not through the engine: its own run has no bound. */
static inline void fuzz_write(struct fuzz_rig *f, uint64_t reg, uint64_t value, unsigned bytes)
{
  smmu_mmio_write(f->device, reg, value, bytes, NULL);
  fuzz_run(f);
}

static inline void fuzz_cmdqv_write(struct fuzz_rig *f, uint64_t reg, uint64_t value,
                                    unsigned bytes)
{
  smmu_cmdqv_write(f->device, reg, value, bytes, NULL);
  fuzz_run(f);
}

static inline void fuzz_configure(struct smmu_config *cfg, unsigned profile)
{
  smmu_config_neutral(cfg);
  if (profile & FUZZ_FULL)
    smmu_config_set_ids(cfg, "full");
  else if (profile & FUZZ_QEMU)
    smmu_config_qemu(cfg);
  if (profile & FUZZ_STALLS && !(profile & FUZZ_FULL)) { /* STALL_MODEL 0, STALL_MAX 2 */
    cfg->idr[0] &= ~(3u << 24);
    cfg->idr[5] |= 2u << 16;
  }
  if (profile & FUZZ_CHOICES) {
    cfg->contiguous = cfg->cont = cfg->pick_wider = 1;
    cfg->conflict = SMMU_CONFLICT_FAULT;
    cfg->prefetch = 2;
    cfg->idr[3] &= ~(3u << 11); /* BBML 0: conflicts are possible */
  }
  if (cfg->page_requests)
    cfg->page_requests = 4;
  cfg->txns = 4;
  cfg->tbus = 2;
  cfg->events = 4;
}

/* cmdqv: two VINTFs and four queues. */
static inline void fuzz_open_cmdqv(struct fuzz_rig *f, unsigned profile, bool cmdqv)
{
  static const char *const profiles[4] = { "tiny", "neutral", "qemu", "none" };
  struct smmu_config cfg;

  memset(f, 0, sizeof *f);
  f->full = profile & FUZZ_FULL;
  fuzz_configure(&cfg, profile);
  if (cmdqv)
    smmu_config_set_cmdqv(&cfg, 2, 4);
  if (smmu_config_set_tlb_profile(&cfg, profiles[profile & 3]) != 0 ||
      engine_memory_create(&f->memory, ENGINE_HOLE_ZERO) != 0 ||
      engine_now_create(&f->engine, &cfg, f->memory) != 0)
    abort();
  f->device = engine_now_device(f->engine);
}

static inline void fuzz_open(struct fuzz_rig *f, unsigned profile)
{
  fuzz_open_cmdqv(f, profile, false);
}

static inline void fuzz_close(struct fuzz_rig *f)
{
  smmu_invariant(f->device);
  engine_now_destroy(f->engine);
  engine_memory_destroy(f->memory);
}

/* Three levels from `table` for one 4K page: level 1 index, level 2 index, level 3 index. */
static inline void fuzz_tables(struct fuzz_rig *f, uint64_t table, uint64_t input, uint64_t leaf)
{
  fuzz_put(f, table + 8 * (input >> 30 & 511), (table + 0x1000) | 3);
  fuzz_put(f, table + 0x1000 + 8 * (input >> 21 & 511), (table + 0x2000) | 3);
  fuzz_put(f, table + 0x2000 + 8 * (input >> 12 & 511), leaf);
}

static inline void fuzz_stream(struct fuzz_rig *f, unsigned sid, unsigned config)
{
  uint64_t at = FUZZ_STRTAB + 64 * sid;
  uint64_t s2 = FUZZ_TABLES + 0x10000;

  fuzz_put(f, at, 1 | config << 1 | FUZZ_CD);
  fuzz_put(f, at + 8, 1ull << 44);
  /* S2VMID 3, S2T0SZ 25, S2SL0 level 1, 44 bits, S2AA64, S2R */
  fuzz_put(f, at + 16, 3 | 25ull << 32 | 1ull << 38 | 4ull << 48 | 1ull << 51 | 1ull << 58);
  fuzz_put(f, at + 24, s2);
}

/* EATS is dword 1 [29:28]; S1CDMax dword 0 [63:59]; of the CD: S [44], HA [43], HD [42]. */
static inline void fuzz_template_full(struct fuzz_rig *f)
{
  uint64_t at = FUZZ_STRTAB + 64 * 5, cd = FUZZ_CD + 0x200;

  fuzz_stream(f, 5, 7);
  fuzz_put(f, at + 8, 1ull << 44 | 2ull << 28);
  fuzz_stream(f, 6, 5);
  fuzz_put(f, at + 64, 1 | 5 << 1 | cd | 2ull << 59);
  fuzz_put(f, at + 72, 1ull << 44 | 2);
  fuzz_stream(f, 7, 5);
  fuzz_put(f, at + 136, 1ull << 44 | 1ull << 28);
  for (unsigned i = 0; i < 2; i++) {
    fuzz_put(f, cd + 64 * i,
             25 | 1ull << 30 | 1ull << 31 | 4ull << 32 | 7ull << 41 | 7ull << 44 |
               (8ull + i) << 48);
    fuzz_put(f, cd + 64 * i + 8, FUZZ_TABLES);
    fuzz_put(f, cd + 64 * i + 24, ~0ull);
  }
}

/* Stage 1: page 0x40001000 and a block at 0x80000000. Stage 2: the first 64 pages of structures,
 * tables and data as one block, 0x200000 and on as pages. */
static inline void fuzz_template(struct fuzz_rig *f)
{
  static const uint8_t configs[5] = { 0, 7, 5, 6, 4 };
  uint64_t s1 = FUZZ_TABLES, s2 = FUZZ_TABLES + 0x10000;
  uint64_t s1_leaf = 1ull << 6 | 1ull << 10 | 1ull << 11;
  uint64_t s2_leaf = 3ull << 6 | 1ull << 10 | 15ull << 2;
  unsigned sid;

  for (sid = 0; sid < 5; sid++)
    fuzz_stream(f, sid, configs[sid]);
  if (f->full)
    fuzz_template_full(f);
  /* T0SZ 25, EPD1, V, IPS 44 bits, AA64, R, A, ASID 7 */
  fuzz_put(f, FUZZ_CD,
           25 | 1ull << 30 | 1ull << 31 | 4ull << 32 | 1ull << 41 | 3ull << 45 | 7ull << 48);
  fuzz_put(f, FUZZ_CD + 8, s1);
  fuzz_put(f, FUZZ_CD + 24, ~0ull);
  fuzz_tables(f, s1, 0x40001000, 0x201000 | s1_leaf | 3);
  fuzz_put(f, s1 + 8 * 2, 0x0 | s1_leaf | 1);
  fuzz_tables(f, s2, 0x200000, 0x300000 | s2_leaf | 3);
  fuzz_put(f, s2 + 0x1000, 0x0 | s2_leaf | 1);
  fuzz_put(f, s2 + 0x2000 + 8, 0x301000 | s2_leaf | 3);
}

static inline void fuzz_program(struct fuzz_rig *f, unsigned cmdq_log2, unsigned evtq_log2)
{
  fuzz_write(f, 0x80, FUZZ_STRTAB, 8);
  fuzz_write(f, 0x88, 3, 4);
  fuzz_write(f, 0x2c, 2, 4); /* CR2.RECINVSID */
  fuzz_write(f, 0x90, FUZZ_CMDQ | cmdq_log2, 8);
  fuzz_write(f, 0x98, 0, 4);
  fuzz_write(f, 0x9c, 0, 4);
  fuzz_write(f, 0xa0, FUZZ_EVTQ | evtq_log2, 8);
  fuzz_write(f, 0x100a8, 0, 4);
  fuzz_write(f, 0x100ac, 0, 4);
  fuzz_write(f, 0x50, 5, 4);         /* IRQ_CTRL */
  fuzz_write(f, 0x20, 1 | 4 | 8, 4); /* CR0: SMMUEN, EVENTQEN, CMDQEN */
}

/* Queue 0 in VINTF 0, which owns its commands; queue 2 in VINTF 1, a guest's. All rings of 16
 * commands are the one place FUZZ_CMDQ. */
static inline void fuzz_program_cmdqv(struct fuzz_rig *f)
{
  fuzz_cmdqv_write(f, 0x1000, 1 | 1 << 17, 4);
  fuzz_cmdqv_write(f, 0x1100, 1 | 3 << 1, 4);
  fuzz_cmdqv_write(f, 0x200, 1, 4);
  fuzz_cmdqv_write(f, 0x208, 1 | 1 << 1 | 1 << 15, 4);
  fuzz_cmdqv_write(f, 0x20000, FUZZ_CMDQ | 4, 8);
  fuzz_cmdqv_write(f, 0x20100, FUZZ_CMDQ | 4, 8);
  fuzz_cmdqv_write(f, 0x10008, 1, 4);
  fuzz_cmdqv_write(f, 0x10108, 1, 4);
}

static inline void fuzz_translate(struct fuzz_rig *f, struct fuzz_bytes *b)
{
  static const uint64_t places[4] = { 0x40001000, 0x80020000, 0x200000, 0 };
  struct smmu_txn t;
  struct smmu_result out;
  struct engine_now_done done;
  uint64_t flags = fuzz_take(b, 1);

  memset(&t, 0, sizeof t);
  t.sid = (uint32_t)fuzz_take(b, 1);
  t.addr = places[flags & 3];
  if (flags & 128)
    t.addr ^= fuzz_take(b, 8);
  t.write = flags >> 2 & 1;
  t.instruction = flags >> 3 & 1;
  t.privileged = flags >> 4 & 1;
  t.tbu = flags >> 5 & 1;
  t.ssv = flags >> 6 & 1;
  if (t.ssv)
    t.ssid = (uint32_t)fuzz_take(b, 3) & 0xfffff;
  if (f->full) {
    uint64_t kind = fuzz_take(b, 1);

    t.kind = (uint8_t)(kind % SMMU_TXN_KINDS);
    t.no_write = kind >> 7 & 1;
  }
  engine_now_translate(f->engine, &t, &out);
  while (engine_now_poll(f->engine, &done)) /* what had stalled */
    ;
}

#endif

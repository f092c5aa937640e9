/* Rebuilds stream table and context descriptor of a stream when the log shows that QEMU read them.
 * The log prints their addresses and a few decoded fields. The words come from the next snapshot
 * whose image has them and agrees with those fields; failing that they are made up from the fields
 * (stage 1 and bypass only), with the memory attributes Linux uses. Page table words need nothing
 * of this: the log prints each descriptor. */
#include "traces/replay_internal.h"

#include <string.h>

#include "arch/structs.h"
#include "util/bits.h"

void replay_fetch_line(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  struct replay_fetch *f = &t->fetch;

  (void)r;
  if (!f->line)
    f->line = line->line_no;
  switch (line->event) {
  case TRACE_FIND_STE_2LVL:
    f->has_l1std = true;
    f->l1std_addr = line->addr;
    f->l2_ptr = line->value;
    break;
  case TRACE_GET_STE:
    f->has_ste = true;
    f->ste_addr = line->addr;
    break;
  case TRACE_GET_CD:
    f->has_cd = true;
    f->cd_addr = line->addr;
    break;
  case TRACE_DECODE_CD: f->oas = line->index; break;
  case TRACE_DECODE_CD_TT:
    if (line->index < 2)
      f->tt[line->index] = (struct replay_tt){ .present = true,
                                               .tsz = (uint32_t)line->size,
                                               .granule_log2 = line->tg,
                                               .had = line->flag,
                                               .ttb = line->base };
    break;
  default: break;
  }
}

/* Words of a structure from the next snapshot that has all of it; false when none does. */
static bool from_snapshot(struct replay *r, uint64_t addr, uint64_t *words, unsigned count)
{
  for (unsigned i = r->next_snapshot; i < r->snapshot_count; i++) {
    unsigned n = 0;

    r->structure_present = true;
    for (; n < count; n++) {
      bool present;

      if (!snapshot_word(r->snapshots[i], addr + 8 * n, &words[n], &present))
        break;
      r->structure_present = r->structure_present && present;
    }
    if (n == count)
      return true;
  }
  return false;
}

static void store_words(struct replay *r, uint64_t addr, const uint64_t *words, unsigned count,
                        uint64_t line)
{
  for (unsigned i = 0; i < count; i++)
    replay_store(r, addr + 8 * i, words[i], line);
}

/* The log's version goes on. Where the image has no line for the structure that is a hole; where it
 * has one, image or log was damaged, and the run has diverged. */
static void differs(struct replay *r, const char *what, uint64_t addr, uint64_t line)
{
  if (!r->structure_present) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_SNAPSHOT_HOLE, NULL, line);
    return;
  }
  replay_count(&r->res.table_words, false);
  replay_diverge(r, "", line, what, "in the snapshot what the log shows of it",
                 "other words at 0x%llx", (unsigned long long)addr);
}

static void rebuild_l1std(struct replay *r, const struct replay_fetch *f)
{
  uint64_t word[L1STD_WORDS];

  if (from_snapshot(r, f->l1std_addr, word, L1STD_WORDS)) {
    if ((FGET(L1STD, L2Ptr, word) << L1STD_L2Ptr_LO) == f->l2_ptr) {
      store_words(r, f->l1std_addr, word, L1STD_WORDS, f->line);
      return;
    }
    differs(r, "L1STD", f->l1std_addr, f->line);
  }
  word[0] = 0;
  FPUT(L1STD, Span, word, 9); /* 256 STEs, as Linux allocates them */
  FPUT(L1STD, L2Ptr, word, f->l2_ptr >> L1STD_L2Ptr_LO);
  store_words(r, f->l1std_addr, word, L1STD_WORDS, f->line);
}

static void rebuild_ste(struct replay *r, const struct replay_fetch *f, int config)
{
  uint64_t ste[STE_WORDS];

  if (from_snapshot(r, f->ste_addr, ste, STE_WORDS)) {
    unsigned found = (unsigned)FGET(STE, Config, ste);
    bool same_cd = (FGET(STE, S1ContextPtr, ste) << STE_S1ContextPtr_LO) == f->cd_addr;

    if (f->has_cd ? same_cd && (found & 5) == 5 : config < 0 || found == (unsigned)config) {
      store_words(r, f->ste_addr, ste, STE_WORDS, f->line);
      return;
    }
    differs(r, "STE", f->ste_addr, f->line);
  }
  memset(ste, 0, sizeof(ste));
  if (f->has_cd || config >= 0) {
    FPUT(STE, V, ste, 1);
    FPUT(STE, Config, ste, f->has_cd ? 5 : (uint64_t)config);
  }
  if (f->has_cd) {
    FPUT(STE, S1ContextPtr, ste, f->cd_addr >> STE_S1ContextPtr_LO);
    FPUT(STE, S1CIR, ste, 1);
    FPUT(STE, S1COR, ste, 1);
    FPUT(STE, S1CSH, ste, 3);
  } else if (config == 4) {
    FPUT(STE, SHCFG, ste, 1);
  }
  store_words(r, f->ste_addr, ste, STE_WORDS, f->line);
}

/* TG0 and TG1 encode granules differently. IHI 0070 5.4. */
static unsigned granule_code(unsigned side, unsigned log2)
{
  static const uint8_t tg0[] = { [0] = 0, [1] = 2, [2] = 1 }, tg1[] = { [0] = 2, [1] = 1, [2] = 3 };
  unsigned i = log2 == 12 ? 0 : log2 == 14 ? 1 : 2;

  return side ? tg1[i] : tg0[i];
}

static bool cd_agrees(const uint64_t *cd, const struct replay_thread *t)
{
  const struct replay_tt *tt = t->fetch.tt;

  if (!FGET(CD, V, cd) || (t->looked_up && t->asid >= 0 && FGET(CD, ASID, cd) != (uint64_t)t->asid))
    return false;
  if (FGET(CD, EPD0, cd) == tt[0].present || FGET(CD, EPD1, cd) == tt[1].present)
    return false;
  if (tt[0].present &&
      (FGET(CD, T0SZ, cd) != tt[0].tsz || (FGET(CD, TTB0, cd) << (CD_TTB0_LO % 64)) != tt[0].ttb))
    return false;
  return !tt[1].present || (FGET(CD, T1SZ, cd) == tt[1].tsz &&
                            (FGET(CD, TTB1, cd) << (CD_TTB1_LO % 64)) == tt[1].ttb);
}

static uint64_t ips_code(uint32_t bits)
{
  static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 52 };

  for (unsigned i = 0; i < sizeof(sizes); i++)
    if (sizes[i] >= bits)
      return i;
  return 5;
}

static void make_cd(uint64_t *cd, const struct replay_thread *t)
{
  const struct replay_tt *tt = t->fetch.tt;

  memset(cd, 0, CD_WORDS * sizeof(*cd));
  FPUT(CD, V, cd, 1);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, A, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, ASET, cd, 1);
  FPUT(CD, ASID, cd, t->asid < 0 ? 0 : (uint64_t)t->asid);
  FPUT(CD, IPS, cd, ips_code(t->fetch.oas));
  FPUT(CD, EPD0, cd, !tt[0].present);
  FPUT(CD, EPD1, cd, !tt[1].present);
  if (tt[0].present) {
    FPUT(CD, T0SZ, cd, tt[0].tsz);
    FPUT(CD, TG0, cd, granule_code(0, tt[0].granule_log2));
    FPUT(CD, IR0, cd, 1);
    FPUT(CD, OR0, cd, 1);
    FPUT(CD, SH0, cd, 3);
    FPUT(CD, HAD0, cd, tt[0].had);
    FPUT(CD, TTB0, cd, tt[0].ttb >> (CD_TTB0_LO % 64));
  }
  if (tt[1].present) {
    FPUT(CD, T1SZ, cd, tt[1].tsz);
    FPUT(CD, TG1, cd, granule_code(1, tt[1].granule_log2));
    FPUT(CD, IR1, cd, 1);
    FPUT(CD, OR1, cd, 1);
    FPUT(CD, SH1, cd, 3);
    FPUT(CD, HAD1, cd, tt[1].had);
    FPUT(CD, TTB1, cd, tt[1].ttb >> (CD_TTB1_LO % 64));
  }
  cd[3] = 0xfffffffff404ff44ULL; /* MAIR: the attributes io-pgtable-arm sets up */
}

static void rebuild_cd(struct replay *r, const struct replay_thread *t)
{
  const struct replay_fetch *f = &t->fetch;
  uint64_t cd[CD_WORDS];

  if (!from_snapshot(r, f->cd_addr, cd, CD_WORDS)) {
    make_cd(cd, t);
  } else if (!cd_agrees(cd, t)) {
    differs(r, "CD", f->cd_addr, f->line);
    make_cd(cd, t);
  }
  store_words(r, f->cd_addr, cd, CD_WORDS, f->line);
}

void replay_rebuild_config(struct replay *r, struct replay_thread *t, int config)
{
  const struct replay_fetch *f = &t->fetch;

  if (!f->line)
    return;
  if (f->has_l1std)
    rebuild_l1std(r, f);
  if (f->has_ste)
    rebuild_ste(r, f, config);
  if (f->has_cd)
    rebuild_cd(r, t);
  memset(&t->fetch, 0, sizeof(t->fetch));
}

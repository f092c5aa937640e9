/* The device updates flags in a descriptor that others change at the same time: another walker, a CPU
 * that clears the Access flag, a CPU that unmaps. IHI 0070 3.13. */
#include "litmus/litmus.h"

#define AF         (1ULL << 10)
#define READ_ONLY  (1ULL << 7) /* AP[2] */
#define CLEAN_PAGE (LITMUS_OLD | LITMUS_PAGE_ATTRS | READ_ONLY | 1ULL << 51)
#define DMA_WRITE \
  { \
    .kind = EXPLORE_DMA, .sid = 1, .addr = LITMUS_VA, .write = 1 \
  }

enum { WRITER, READER, DEVICE = 0, CPU = 1 };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 leaf=1 va=0x1000; SYNC");
  engine_memory_store64(memory, LITMUS_CD + 64, LITMUS_CD_WORD0 | LITMUS_CD_HTTU);
  engine_memory_store64(memory, LITMUS_PTE, CLEAN_PAGE & ~AF);
}

static bool is_lost(const struct explore_view *v, unsigned t, uint64_t set, uint64_t clear)
{
  const struct explore_seen *dma = &v->seen[t][0], *word = &v->seen[t][1];

  return word->done && dma->value == LITMUS_OLD &&
         ((word->value & set) != set || (word->value & clear));
}

static bool race_forbidden(const struct explore_view *v)
{
  return is_lost(v, WRITER, AF, READ_ONLY) || is_lost(v, READER, AF, 0);
}

static bool race_witness(const struct explore_view *v)
{
  return v->seen[WRITER][1].done && v->seen[READER][1].done;
}

const struct explore_program litmus_flag_race = {
  .name = "flag-race",
  .claim = "a page that a DMA has written to says so, whoever else updates its descriptor",
  .rule = "an update is one compare and swap; the slower one judges the descriptor anew "
          "(IHI 0070 3.13)",
  .config = LITMUS_HTTU,
  .n_threads = 2,
  .thread = { { "writer", 2, { DMA_WRITE, LOAD(LITMUS_PTE) } },
              { "reader", 2, { DMA_READ(1, 0), LOAD(LITMUS_PTE) } } },
  .setup = setup,
  .forbidden = race_forbidden,
  .witness = race_witness,
};

static bool cleared_forbidden(const struct explore_view *v)
{
  const struct explore_seen *word = &v->seen[DEVICE][2];

  return word->done && litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3) && !(word->value & AF);
}

static bool cleared_witness(const struct explore_view *v)
{
  const struct explore_seen *word = &v->seen[DEVICE][2];

  return word->done && litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3) &&
         (v->seen[CPU][0].value & AF);
}

const struct explore_program litmus_flag_cleared = {
  .name = "flag-cleared",
  .claim = "after AF is cleared and a TLBI and its SYNC are complete, the next DMA sets it again",
  .rule = "what was marked as accessed before is not cached after the SYNC (IHI 0070 3.13.2, 4.4)",
  .config = LITMUS_HTTU,
  .n_threads = 2,
  .thread = { { "device", 3, { DMA_READ(1, 0), DMA_READ(1, 0), LOAD(LITMUS_PTE) } },
              { "cpu",
                3,
                { { .kind = EXPLORE_CLEAR, .addr = LITMUS_PTE, .value = AF },
                  ISSUE(2),
                  AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = cleared_forbidden,
  .witness = cleared_witness,
};

static bool unmap_forbidden(const struct explore_view *v)
{
  return v->seen[CPU][1].done && v->seen[CPU][1].value != 0;
}

static bool unmap_witness(const struct explore_view *v)
{
  return v->seen[CPU][1].done && v->seen[DEVICE][0].done && v->seen[DEVICE][0].value == LITMUS_OLD;
}

const struct explore_program litmus_flag_unmap = {
  .name = "flag-unmap",
  .claim = "an update of flags never brings back a descriptor that a CPU has removed",
  .rule = "nothing is stored when the descriptor is another one (IHI 0070 3.13)",
  .config = LITMUS_HTTU,
  .n_threads = 2,
  .thread = { { "device", 1, { DMA_WRITE } },
              { "cpu", 2, { STORE(LITMUS_PTE, 0), LOAD(LITMUS_PTE) } } },
  .setup = setup,
  .forbidden = unmap_forbidden,
  .witness = unmap_witness,
};

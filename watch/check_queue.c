/* Command queues as software sees them: rings put together from stores, PROD and CONS, without the
 * device's word for anything; so a guest's trapped queue is judged as a real one is. IHI 0070 3.5.1.
 * What was handed over is known complete when CONS was read, or when a wait for a CMD_SYNC has ended.
 * Left out: enhanced queues. */
#include <stdlib.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "plat/board.h"
#include "watch/check_state.h"

enum { LOG2_MOST = 19, ENTRY = 16 };

static uint32_t index_mask(const struct check_queue *q)
{
  return (2u << q->log2) - 1;
}

void check_queues_destroy(struct check_world *w)
{
  for (uint32_t i = 0; i < w->queues; i++)
    free(w->queue[i].owed);
  free(w->queue);
  w->queue = NULL;
  w->queues = 0;
}

/* ---- which queue ---- */

static struct check_queue *add(struct check *c, struct check_world *w, enum check_queue_kind kind,
                               uint64_t prod_reg, uint64_t cons_reg, uint64_t base_reg)
{
  struct check_queue *more;

  if (w->queues == CHECK_QUEUES)
    return NULL;
  more = realloc(w->queue, (w->queues + 1) * sizeof *more);
  if (!more) {
    c->failed = true;
    return NULL;
  }
  w->queue = more;
  more += w->queues++;
  *more = (struct check_queue){
    .kind = kind, .prod_reg = prod_reg, .cons_reg = cons_reg, .base_reg = base_reg
  };
  return more;
}

/* The slot of a VCMDQ that an address lies in: its page 0, or its page 1. */
static bool slot_of(const struct check *c, uint64_t addr, uint64_t *page0)
{
  uint64_t offset = addr - c->options.cmdqv;

  if (addr < c->options.cmdqv + SMMU_CMDQV_PAGE ||
      offset >= SMMU_CMDQV_VINTF_PAGES + 64 * 2ULL * SMMU_CMDQV_PAGE)
    return false;
  offset -= offset % SMMU_CMDQV_SLOT;
  if (((offset / SMMU_CMDQV_PAGE) & 1) == 0)
    offset -= SMMU_CMDQV_PAGE;
  *page0 = c->options.cmdqv + offset;
  return true;
}

static struct check_queue *queue_at(struct check *c, struct check_world *w, uint64_t addr)
{
  uint64_t smmu = c->options.smmu, page0;

  if (w->queues == 0 &&
      !add(c, w, CHECK_CMDQ, smmu + OFF_CMDQ_PROD, smmu + OFF_CMDQ_CONS, smmu + OFF_CMDQ_BASE))
    return NULL;
  if (addr >= smmu && addr - smmu < CHECK_SMMU_BYTES)
    return &w->queue[0];
  if (!slot_of(c, addr, &page0))
    return NULL;
  for (uint32_t i = 1; i < w->queues; i++) {
    if (w->queue[i].prod_reg == page0 + OFF_VCMDQ_PROD_INDX)
      return &w->queue[i];
  }
  return add(c, w, CHECK_VCMDQ, page0 + OFF_VCMDQ_PROD_INDX, page0 + OFF_VCMDQ_CONS_INDX,
             page0 + SMMU_CMDQV_PAGE + OFF_VCMDQ_BASE);
}

/* ---- what is done with it ---- */

/* CMDQ_BASE and VCMDQ_BASE: LOG2SIZE in [4:0], the address above it. */
static void set_base(struct check *c, struct check_queue *q, uint64_t base)
{
  unsigned log2 = (unsigned)bits_get(base, 4, 0);

  free(q->owed);
  q->log2 = log2 <= LOG2_MOST ? log2 : LOG2_MOST;
  q->base = base & bits_mask(55, 5);
  q->owed = calloc(1ULL << q->log2, sizeof *q->owed);
  q->known = q->owed != NULL;
  c->failed |= !q->known;
}

static void read_command(const struct check *c, struct check_world *w, const struct check_queue *q,
                         uint32_t index, struct check_command *command)
{
  uint64_t addr = q->base + (uint64_t)(index & ((1u << q->log2) - 1)) * ENTRY;
  const struct check_word *word = check_memory_find(w, addr);

  *command = (struct check_command){ .at = word ? word->at : c->now, .submitted = c->now };
  command->words[0] = word ? word->value : 0;
  word = check_memory_find(w, addr + 8);
  command->words[1] = word ? word->value : 0;
  command->number = ++w->commands;
  command->index = index;
}

static void submit(struct check *c, struct check_world *w, struct check_queue *q, uint32_t prod)
{
  uint32_t mask = index_mask(q), moved = (prod - q->prod) & mask, owed = (q->prod - q->cons) & mask;

  if (moved > 1u << q->log2) {
    check_tell(c, CHECK_PROD_BACKWARDS, NULL, "PROD goes from 0x%x to 0x%x, of 2^%u entries",
               q->prod, prod, q->log2);
    q->prod = prod;
    return;
  }
  if (moved + owed > 1u << q->log2)
    check_tell(c, CHECK_PROD_OVERRUN, NULL,
               "PROD goes from 0x%x to 0x%x, of 2^%u entries, and CONS was last seen at 0x%x",
               q->prod, prod, q->log2, q->cons);
  for (; q->prod != prod; q->prod = (q->prod + 1) & mask) {
    struct check_command *command = &q->owed[q->prod & ((1u << q->log2) - 1)];

    read_command(c, w, q, q->prod, command);
    check_submitted(c, w, q, command);
  }
}

static void consume(struct check *c, struct check_world *w, struct check_queue *q, uint32_t cons)
{
  uint32_t mask = index_mask(q);

  if (((cons - q->cons) & mask) > ((q->prod - q->cons) & mask))
    return;
  for (; q->cons != cons; q->cons = (q->cons + 1) & mask)
    check_consumed(c, w, q, &q->owed[q->cons & ((1u << q->log2) - 1)]);
}

void check_queue_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                       unsigned bytes)
{
  struct check_queue *q = queue_at(c, w, addr);

  if (!q)
    return;
  if (addr == q->base_reg && bytes == 8)
    set_base(c, q, value);
  else if (addr == q->prod_reg && q->known && q->enabled)
    submit(c, w, q, (uint32_t)value & index_mask(q));
  else if (addr == q->prod_reg && q->known)
    q->prod = (uint32_t)value & index_mask(q);
  else if (addr == q->cons_reg && q->known)
    q->cons = (uint32_t)value & index_mask(q);
  else if (addr == c->options.smmu + OFF_CR0)
    q->enabled = GET(CR0, CMDQEN, value);
  else if (q->kind == CHECK_VCMDQ && addr == q->prod_reg - OFF_VCMDQ_PROD_INDX + OFF_VCMDQ_CONFIG)
    q->enabled = value & 1;
}

void check_queue_read(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                      unsigned bytes)
{
  struct check_queue *q = queue_at(c, w, addr);

  (void)bytes;
  if (q && addr == q->cons_reg && q->known && q->enabled)
    consume(c, w, q, (uint32_t)value & index_mask(q));
}

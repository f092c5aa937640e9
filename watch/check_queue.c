/* Command queues as software sees them: rings put together from stores, PROD and CONS, without the
 * device's word for anything; so a guest's trapped queue is judged as a real one is. IHI 0070 3.5.1.
 * What was handed over is known complete when CONS was read, or when a wait for a CMD_SYNC has ended.
 * Left out: enhanced queues. */
#include <stdlib.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "plat/board.h"
#include "smmu/ecmdq.h"
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
  free(w->ring);
  w->queue = NULL;
  w->ring = NULL;
  w->rings = 0;
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

/* IDR6, which software has read, says how many control pages there are, and queues in each. */
bool check_ecmdq_set(const struct check *c, const struct check_world *w, uint64_t addr,
                     uint64_t *set)
{
  uint64_t first = c->options.smmu + SMMU_ECMDQ_PAGES, idr6 = w->reg[R_IDR6].read;
  unsigned pages_log2 = (unsigned)GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, idr6);
  unsigned queues_log2 = (unsigned)GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, idr6);

  if (addr < first || !w->reg[R_IDR6].saw.record || !GET(IDR1, ECMDQ, w->reg[R_IDR1].read) ||
      addr - first >= (uint64_t)SMMU_ECMDQ_PAGE << pages_log2)
    return false;
  *set = addr - (addr - first) % (SMMU_ECMDQ_PAGE >> queues_log2);
  return true;
}

static struct check_queue *with_prod_at(struct check_world *w, uint64_t prod_reg)
{
  for (uint32_t i = 1; i < w->queues; i++) {
    if (w->queue[i].prod_reg == prod_reg)
      return &w->queue[i];
  }
  return NULL;
}

struct check_queue *check_queue_at(struct check *c, struct check_world *w, uint64_t addr)
{
  uint64_t smmu = c->options.smmu, at;
  struct check_queue *q;

  if (w->queues == 0 &&
      !add(c, w, CHECK_CMDQ, smmu + OFF_CMDQ_PROD, smmu + OFF_CMDQ_CONS, smmu + OFF_CMDQ_BASE))
    return NULL;
  if (addr >= smmu && addr - smmu < CHECK_SMMU_BYTES)
    return &w->queue[0];
  if (check_ecmdq_set(c, w, addr, &at)) {
    q = with_prod_at(w, at + OFF_ECMDQ_PROD);
    return q ? q
             : add(c, w, CHECK_ECMDQ, at + OFF_ECMDQ_PROD, at + OFF_ECMDQ_CONS,
                   at + OFF_ECMDQ_BASE);
  }
  if (!slot_of(c, addr, &at))
    return NULL;
  q = with_prod_at(w, at + OFF_VCMDQ_PROD_INDX);
  return q ? q
           : add(c, w, CHECK_VCMDQ, at + OFF_VCMDQ_PROD_INDX, at + OFF_VCMDQ_CONS_INDX,
                 at + SMMU_CMDQV_PAGE + OFF_VCMDQ_BASE);
}

/* ---- what is done with it ---- */

/* BASE of each kind: LOG2SIZE in [4:0], the address above it. */
static void set_base(struct check *c, struct check_world *w, struct check_queue *q, uint64_t base)
{
  unsigned log2 = (unsigned)bits_get(base, 4, 0);

  if (q->kind != CHECK_CMDQ)
    check_enable_base(c, q->kind == CHECK_VCMDQ ? "VCMDQ" : "ECMDQ", base, 4, LOG2_MOST);
  free(q->owed);
  q->log2 = log2 <= LOG2_MOST ? log2 : LOG2_MOST;
  q->base = base & bits_mask(55, 5);
  q->owed = calloc(1ULL << q->log2, sizeof *q->owed);
  q->known = q->owed != NULL;
  q->based = c->now;
  q->stored = false;
  c->failed |= !q->known;
  check_rings_renew(c, w);
}

static struct check_command *slot_at(const struct check_queue *q, uint32_t index)
{
  return &q->owed[index & ((1u << q->log2) - 1)];
}

/* Fills in *command, from what was stored since or stands there from the last lap; false: its bytes are
 * not what the driver means to say. Words are dropped: a ring is long, and its commands are here. A
 * second word that is zero may never be stored. */
static bool read_command(const struct check *c, struct check_world *w, const struct check_queue *q,
                         uint32_t index, struct check_command *command)
{
  uint64_t addr = q->base + (uint64_t)(index & ((1u << q->log2) - 1)) * ENTRY;
  const struct check_word *low = check_memory_find(w, addr);
  const struct check_word *high = check_memory_find(w, addr + 8);
  const struct check_command last = *command;

  *command = (struct check_command){ .words = { low ? low->value : last.words[0],
                                                high ? high->value : last.words[1] },
                                     .at = low ? low->at : c->now,
                                     .submitted = c->now,
                                     .number = ++w->commands,
                                     .index = index,
                                     .second = last.second || high };
  check_memory_drop(w, addr);
  check_memory_drop(w, addr + 8);
  return !q->stored || (low && (high || !last.second));
}

/* The store and PROD's write are ordered by whoever stored it, or by whoever tells of it. */
static bool is_ordered(const struct check *c, const struct check_command *command)
{
  return check_barrier_of(c, command->at.cpu) > command->at.record ||
         check_barrier_of(c, c->now.cpu) > command->at.record;
}

static void take_commands(struct check *c, struct check_world *w, struct check_queue *q,
                          uint32_t prod)
{
  bool unwritten = false, unordered = false;

  for (; q->prod != prod; q->prod = (q->prod + 1) & index_mask(q)) {
    struct check_command *command = slot_at(q, q->prod);

    if (!read_command(c, w, q, q->prod, command)) {
      if (!unwritten)
        check_tell(c, CHECK_COMMAND_UNWRITTEN, NULL,
                   "PROD = 0x%x passes index 0x%x, where nothing was stored since its last command",
                   prod, q->prod);
      unwritten = command->told = true;
      continue;
    }
    if (!unordered && q->stored && c->barriers && !is_ordered(c, command)) {
      check_tell(
        c, CHECK_COMMAND_UNORDERED, NULL,
        "PROD = 0x%x is written, and no barrier since the command at index 0x%x was stored", prod,
        q->prod);
      unordered = true;
    }
    check_submitted(c, w, q, command);
  }
}

static void submit(struct check *c, struct check_world *w, struct check_queue *q, uint32_t prod)
{
  uint32_t mask = index_mask(q), moved = (prod - q->prod) & mask, owed = (q->prod - q->cons) & mask;

  if (q->cerror && ((prod - q->cons) & mask) < owed) {
    q->prod = prod; /* taken back, as far as CONS: IHI 0070 7.1 */
    return;
  }
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
  q->filled -= moved < q->filled ? moved : q->filled;
  take_commands(c, w, q, prod);
}

void check_queue_consume(struct check *c, struct check_world *w, struct check_queue *q,
                         uint32_t cons)
{
  uint32_t mask = index_mask(q);

  if (((cons - q->cons) & mask) > ((q->prod - q->cons) & mask))
    return;
  for (; q->cons != cons; q->cons = (q->cons + 1) & mask)
    check_consumed(c, w, q, slot_at(q, q->cons));
}

/* A command that the SMMU may have read by now, or not; after an error it reads them again. Who fills
 * slots in order, from PROD on, and goes too far is told when he writes PROD. */
static void overwrite(struct check *c, struct check_queue *q, const struct check_word *x)
{
  uint32_t size = 1u << q->log2, slot = (uint32_t)((x->addr - q->base) / ENTRY);
  uint32_t ahead = (slot - q->prod) & (size - 1), owed = (q->prod - q->cons) & index_mask(q);
  struct check_command *command = slot_at(q, slot);

  if (ahead + owed < size || ahead == q->filled || ahead + 1 == q->filled) {
    q->filled = ahead < q->filled ? q->filled : ahead + 1;
    return;
  }
  if (q->cerror) {
    command->words[(x->addr / 8) & 1] = x->value;
    command->mended = true;
    return;
  }
  if (!command->told)
    check_tell(c, CHECK_COMMAND_OVERWRITTEN, NULL,
               "a store into index 0x%x; CONS was last seen at 0x%x, PROD is 0x%x", command->index,
               q->cons, q->prod);
  command->told = true;
}

void check_queue_stored(struct check *c, struct check_world *w, const struct check_word *x)
{
  for (uint32_t i = check_rings_before(w, x->addr); i && w->ring[i - 1].reach > x->addr; i--) {
    struct check_queue *q = &w->queue[w->ring[i - 1].queue];

    if (x->addr - q->base >= check_queue_bytes(q))
      continue;
    if (q->enabled)
      overwrite(c, q, x);
    q->stored = true;
  }
}

/* ---- errors ---- */

void check_queue_restarted(struct check *c, const struct check_queue *q, uint64_t seen)
{
  const struct check_command *command;

  if (!q->known || !q->enabled || q->prod == q->cons)
    return;
  command = slot_at(q, q->cons);
  if (q->cons_read < seen)
    check_tell(c, CHECK_ERROR_UNMENDED, NULL, "CONS was not read since the error was seen");
  else if ((q->cerror == CERROR_ILL || q->cerror == CERROR_ILL_ACCESS) && q->stored &&
           !command->mended)
    check_tell(c, CHECK_ERROR_UNMENDED, NULL,
               "CONS = 0x%x with error %u, and nothing was stored there", q->cons, q->cerror);
}

/* ---- registers ---- */

/* The ring was made known through another window. */
static void adopt(struct check *c, struct check_world *w, struct check_queue *q,
                  const struct check_queue *same)
{
  uint64_t base = same ? same->base | same->log2 : 0;

  if (!same || (q->known && (q->base | q->log2) == base))
    return;
  set_base(c, w, q, base);
  q->prod = same->prod;
  q->cons = same->cons;
}

static void enable(struct check *c, struct check_world *w, struct check_queue *q, bool on)
{
  if (on && !q->enabled)
    q->cerror = 0;
  if (on && !q->enabled && q->kind == CHECK_VCMDQ) {
    adopt(c, w, q, check_cmdqv_same(c, w, q));
    check_cmdqv_enabled(c, w, q);
  }
  if (on && !q->enabled && q->kind == CHECK_ECMDQ && !q->known)
    check_tell(c, CHECK_QUEUE_NOWHERE, NULL, "ECMDQ_BASE was never written");
  q->enabled = on;
}

/* What else stands in the PROD of an enhanced queue. IHI 0070 3.5.6, 6.3.108. */
static void write_state(struct check *c, struct check_world *w, struct check_queue *q,
                        uint64_t value)
{
  bool errack = GET(ECMDQ_PROD, ERRACK, value), on = GET(ECMDQ_PROD, EN, value);

  if (q->enabled != q->acked)
    check_tell(c, CHECK_ECMDQ_UNACKNOWLEDGED, NULL,
               "ECMDQ_PROD = 0x%llx, and CONS.ENACK was not seen as %d", (unsigned long long)value,
               q->enabled);
  if (q->enabled && on && errack != q->errack) {
    if (q->cerror)
      check_queue_restarted(c, q, 0);
    else
      check_tell(c, CHECK_ERROR_INVENTED, NULL, "ECMDQ_PROD.ERRACK = %d, CONS.ERR was read as %d",
                 errack, q->errack);
    q->cerror = 0;
  }
  enable(c, w, q, on);
  q->errack = errack;
}

static void write_prod(struct check *c, struct check_world *w, struct check_queue *q,
                       uint64_t value)
{
  uint32_t prod = (uint32_t)value & index_mask(q);
  bool was = q->enabled;

  if (q->kind == CHECK_ECMDQ)
    write_state(c, w, q, value);
  if (was && q->enabled)
    submit(c, w, q, prod);
  else
    q->prod = prod;
  if (!q->enabled)
    q->filled = 0;
}

void check_queue_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                       unsigned bytes)
{
  struct check_queue *q = check_queue_at(c, w, addr);

  if (!q)
    return;
  if (q->kind != CHECK_CMDQ)
    w->queue_written = c->now.record;
  if (addr == q->base_reg && bytes == 8)
    set_base(c, w, q, value);
  else if (addr == q->prod_reg && q->known)
    write_prod(c, w, q, value);
  else if (addr == q->cons_reg && q->known && !q->enabled)
    q->cons = (uint32_t)value & index_mask(q);
  else if (addr == c->options.smmu + OFF_CR0)
    enable(c, w, q, GET(CR0, CMDQEN, value));
  else if (addr == c->options.smmu + OFF_GERRORN)
    q->cerror = 0;
  else if (q->kind == CHECK_VCMDQ && addr == q->prod_reg - OFF_VCMDQ_PROD_INDX + OFF_VCMDQ_CONFIG)
    enable(c, w, q, value & 1);
  else if (q->kind == CHECK_VCMDQ &&
           addr == q->prod_reg - OFF_VCMDQ_PROD_INDX + OFF_VCMDQ_GERRORN) {
    check_queue_restarted(c, q, 0);
    q->cerror = 0;
  }
}

static unsigned cerror_of(const struct check_queue *q, uint64_t cons)
{
  if (q->kind == CHECK_ECMDQ)
    return GET(ECMDQ_CONS, ERR, cons) != q->errack ? (unsigned)GET(ECMDQ_CONS, ERR_REASON, cons)
                                                   : 0;
  return (unsigned)GET(CMDQ_CONS, ERR, cons);
}

void check_queue_read(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                      unsigned bytes)
{
  struct check_queue *q = check_queue_at(c, w, addr);

  (void)bytes;
  if (q && q->kind == CHECK_ECMDQ && addr == q->cons_reg)
    q->acked = GET(ECMDQ_CONS, ENACK, value);
  else if (q && q->kind == CHECK_VCMDQ &&
           addr == q->prod_reg - OFF_VCMDQ_PROD_INDX + OFF_VCMDQ_STATUS)
    q->acked = GET(VCMDQ_STATUS, CMDQ_EN_OK, value);
  if (!q || addr != q->cons_reg || !q->known || !q->enabled)
    return;
  q->cerror = cerror_of(q, value);
  q->cons_read = c->now.record;
  check_advice_polled(c, w, q, (uint32_t)value & index_mask(q));
  check_queue_consume(c, w, q, (uint32_t)value & index_mask(q));
}

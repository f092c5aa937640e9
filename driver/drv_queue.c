/* Command lists into a ring that many CPUs share without a lock.
 * A CPU reserves slots by moving `prod`, writes them, and marks them valid. Who finds nobody in
 * charge of publishing becomes the owner: it waits for its predecessor, closes the list of those who
 * gathered behind it, waits until their slots are valid, and writes PROD once for all. IHI 0070 3.5;
 * the order of steps is that of Linux 6.12. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/ecmdq.h"
#include "driver/drv_state.h"
#include "util/check.h"

enum { WORDS_OF_LINE = 8 };

static unsigned words_of(const struct drv_queue *queue)
{
  return ((1u << queue->log2) + 63) / 64;
}

static unsigned lines_of(const struct drv_queue *queue)
{
  return (words_of(queue) + WORDS_OF_LINE - 1) / WORDS_OF_LINE;
}

static struct plat_line *valid_line(const struct drv_queue *queue, unsigned word)
{
  return &queue->valid_line[word / WORDS_OF_LINE];
}

int drv_queue_init(struct drv *drv, struct drv_queue *queue, unsigned log2)
{
  size_t bytes = (size_t)DRV_CMD_BYTES << log2;

  queue->drv = drv;
  queue->log2 = log2;
  queue->valid = calloc(words_of(queue), sizeof *queue->valid);
  queue->valid_line = calloc(lines_of(queue), sizeof *queue->valid_line);
  if (!queue->valid || !queue->valid_line || plat_dma_alloc(&drv->plat, bytes, bytes, &queue->ring))
    return -ENOMEM;
  drv_queue_restart(queue);
  return 0;
}

void drv_queue_free(struct drv_queue *queue)
{
  if (queue->ring)
    plat_dma_free(&queue->drv->plat, queue->ring, (size_t)DRV_CMD_BYTES << queue->log2);
  free(queue->valid);
  free(queue->valid_line);
  queue->ring = 0;
  queue->valid = NULL;
  queue->valid_line = NULL;
}

void drv_queue_restart(struct drv_queue *queue)
{
  queue->prod = queue->cons = queue->owner_prod = queue->published = 0;
  queue->aborts = 0;
  memset(queue->valid, 0, words_of(queue) * sizeof *queue->valid);
}

uint32_t drv_queue_status(const struct drv_queue *queue)
{
  uint64_t status = MASK(CMDQ_CONS, ERR);

  if (queue->kind == DRV_QUEUE_ENHANCED)
    status = MASK(ECMDQ_CONS, ENACK) | MASK(ECMDQ_CONS, ERR) | MASK(ECMDQ_CONS, ERR_REASON);
  return (uint32_t)status;
}

/* ---- indices --------------------------------------------------------------------------------- */

static bool has_room(const struct drv_queue *queue, unsigned count)
{
  uint32_t used = (queue->prod - queue->cons) & drv_queue_mask(queue);

  return used + count <= 1u << queue->log2;
}

bool drv_queue_read_cons(struct drv_queue *queue, uint32_t *cons)
{
  const struct plat *plat = &queue->drv->plat;
  uint32_t mask = drv_queue_mask(queue);
  uint32_t value = (uint32_t)plat_mmio_read(plat, queue->cons_reg, 4);

  queue->drv->counts.cons_reads++;
  *cons = value & mask;
  if (value & ~(mask | drv_queue_status(queue)))
    return false;
  return ((queue->prod - value) & mask) <= ((queue->prod - queue->cons) & mask);
}

/* ---- the lock between CONS readers and CMD_SYNC waiters ---------------------------------------- */

/* While anybody holds it shared, nobody moves `cons` on, so the ring cannot lap his slot unseen. */
static void lock_shared(struct drv_queue *queue)
{
  const struct plat *plat = &queue->drv->plat;

  plat_take(plat, &queue->lock_line);
  while (queue->lock < 0) {
    plat_wait(plat, &queue->lock_line);
    plat_take(plat, &queue->lock_line);
  }
  queue->lock++;
  plat_wrote(plat, &queue->lock_line);
}

/* What is known of the device's CONS. Where it has moved, a fetch that failed has succeeded since. */
static void move_cons(struct drv_queue *queue, uint32_t cons)
{
  if (cons != queue->cons)
    queue->aborts = 0;
  queue->cons = cons;
}

/* The last one tells the others how far the device has come. */
static void unlock_shared(struct drv_queue *queue, uint32_t cons, bool known)
{
  const struct plat *plat = &queue->drv->plat;

  plat_take(plat, &queue->lock_line);
  if (queue->lock == 1 && known)
    move_cons(queue, cons);
  queue->lock--;
  plat_wrote(plat, &queue->lock_line);
}

/* Read CONS unless somebody waits for a CMD_SYNC: he will tell. */
static void try_update_cons(struct drv_queue *queue)
{
  const struct plat *plat = &queue->drv->plat;
  uint32_t cons;

  plat_take(plat, &queue->lock_line);
  if (queue->lock)
    return;
  queue->lock = -1;
  plat_wrote(plat, &queue->lock_line);
  if (drv_queue_read_cons(queue, &cons))
    move_cons(queue, cons);
  plat_take(plat, &queue->lock_line);
  queue->lock = 0;
  plat_wrote(plat, &queue->lock_line);
}

/* ---- step by step ---------------------------------------------------------------------------- */

/* Returns with the indices taken and room in the ring, or -ETIMEDOUT: the device consumed nothing for
 * so long. While it does consume, others may be faster to take what is free, for any time. */
static int wait_for_room(struct drv_queue *queue, unsigned count)
{
  struct drv *drv = queue->drv;
  uint32_t seen = queue->cons;
  struct drv_poll poll;

  drv_poll_start(drv, &poll);
  do {
    try_update_cons(queue);
    plat_take(&drv->plat, &queue->indices_line);
    if (has_room(queue, count))
      return 0;
    if (seen != queue->cons)
      drv_poll_start(drv, &poll);
    seen = queue->cons;
  } while (!drv_poll_turn(drv, &poll));
  drv->counts.timeouts++;
  drv_log(drv, "%s: timeout: no room for %u commands, prod 0x%x cons 0x%x", queue->name, count,
          queue->prod & ~DRV_PROD_OWNED, queue->cons);
  return -ETIMEDOUT;
}

/* Step 1. *owner: nobody else will publish these slots. */
static int reserve(struct drv_queue *queue, unsigned count, uint32_t *start, bool *owner)
{
  const struct plat *plat = &queue->drv->plat;

  plat_take(plat, &queue->indices_line);
  if (!has_room(queue, count)) {
    int err = wait_for_room(queue, count);

    if (err)
      return err;
  }
  *start = queue->prod & ~DRV_PROD_OWNED;
  *owner = !(queue->prod & DRV_PROD_OWNED);
  queue->prod = ((*start + count) & drv_queue_mask(queue)) | DRV_PROD_OWNED;
  plat_wrote(plat, &queue->indices_line);
  return 0;
}

/* Step 2. */
static void put(struct drv_queue *queue, uint32_t at, const struct drv_command *command)
{
  const struct plat *plat = &queue->drv->plat;
  uint64_t slot = drv_queue_slot(queue, at);
  unsigned opcode = (unsigned)FGET(CMD, Opcode, command->words);

  plat_charge(plat, PLAT_COST_CMD_BUILD, 1);
  plat_store64(plat, slot, command->words[0]);
  plat_store64(plat, slot + 8, command->words[1]);
  queue->drv->counts.commands++;
  queue->drv->counts.syncs += opcode == CMD_SYNC;
  queue->drv->counts.tlbi += opcode >= CMD_TLBI_NH_ALL && opcode <= CMD_TLBI_NSNH_ALL;
}

/* Slots [start, end) one word of the map at a time: what a word shall hold there when they are
 * valid is ones on even laps and zeros on odd ones. */
struct piece {
  unsigned word, count;
  uint64_t mask, valid;
};

static struct piece piece_at(const struct drv_queue *queue, uint32_t at, uint32_t end)
{
  uint32_t size = 1u << queue->log2;
  uint32_t index = at & (size - 1);
  uint32_t left = (end - at) & drv_queue_mask(queue);
  unsigned in_word = size < 64 ? size : 64;
  struct piece p = { .word = index / 64, .count = in_word - index % in_word };

  if (p.count > left)
    p.count = left;
  p.mask = (p.count == 64 ? ~0ULL : (1ULL << p.count) - 1) << index % 64;
  p.valid = (at & size) ? 0 : p.mask;
  return p;
}

/* Step 3. */
static void mark_valid(struct drv_queue *queue, uint32_t start, uint32_t end)
{
  const struct plat *plat = &queue->drv->plat;

  for (uint32_t at = start; at != end;) {
    struct piece p = piece_at(queue, at, end);

    plat_take(plat, valid_line(queue, p.word));
    DEBUG_CHECK((queue->valid[p.word] & p.mask) == (p.valid ^ p.mask));
    queue->valid[p.word] ^= p.mask;
    plat_wrote(plat, valid_line(queue, p.word));
    at = (at + p.count) & drv_queue_mask(queue);
  }
}

static void wait_valid(struct drv_queue *queue, uint32_t start, uint32_t end)
{
  const struct plat *plat = &queue->drv->plat;

  for (uint32_t at = start; at != end;) {
    struct piece p = piece_at(queue, at, end);

    plat_take(plat, valid_line(queue, p.word));
    while ((queue->valid[p.word] & p.mask) != p.valid) {
      plat_wait(plat, valid_line(queue, p.word));
      plat_take(plat, valid_line(queue, p.word));
    }
    at = (at + p.count) & drv_queue_mask(queue);
  }
}

static void wait_for_turn(struct drv_queue *queue, uint32_t start)
{
  const struct plat *plat = &queue->drv->plat;

  plat_take(plat, &queue->lock_line);
  if (queue->owner_prod == start)
    return;
  plat_begin(plat, PLAT_OP_OWNER_WAIT, 0);
  while (queue->owner_prod != start) {
    plat_wait(plat, &queue->lock_line);
    plat_take(plat, &queue->lock_line);
  }
  plat_end(plat, PLAT_OP_OWNER_WAIT, 0);
}

/* Enhanced queues have more in PROD than the index, and others write it as well. */
static void ring_doorbell(struct drv_queue *queue, uint32_t end)
{
  const struct plat *plat = &queue->drv->plat;

  if (queue->kind != DRV_QUEUE_ENHANCED) {
    plat_mmio_write(plat, queue->prod_reg, end, 4);
    return;
  }
  drv_lock(plat, &queue->doorbell);
  queue->published = end;
  plat_mmio_write(plat, queue->prod_reg, end | queue->prod_bits, 4);
  drv_unlock(plat, &queue->doorbell);
}

/* Step 4, the owner's. */
static void publish(struct drv_queue *queue, uint32_t start)
{
  const struct plat *plat = &queue->drv->plat;
  uint32_t end;

  wait_for_turn(queue, start);
  plat_take(plat, &queue->indices_line);
  queue->prod &= ~DRV_PROD_OWNED;
  end = queue->prod;
  plat_wrote(plat, &queue->indices_line);

  wait_valid(queue, start, end);
  ring_doorbell(queue, end);
  queue->drv->counts.prod_writes++;

  plat_take(plat, &queue->lock_line);
  queue->owner_prod = end;
  plat_wrote(plat, &queue->lock_line);
}

/* Step 5. */
static int wait_for_sync(struct drv_queue *queue, uint32_t at)
{
  const struct plat *plat = &queue->drv->plat;
  uint32_t cons = 0;
  bool known = false;
  int err;

  plat_begin(plat, PLAT_OP_SYNC_WAIT, 0);
  err = drv_sync_wait(queue, at, &cons, &known);
  unlock_shared(queue, cons, known);
  plat_end(plat, PLAT_OP_SYNC_WAIT, (uint64_t)(int64_t)err);
  return err;
}

/* At most DRV_BATCH commands and a CMD_SYNC. */
static int submit(struct drv_queue *queue, const struct drv_command *command, unsigned count,
                  bool sync)
{
  const struct plat *plat = &queue->drv->plat;
  unsigned total = count + (sync ? 1 : 0);
  uint32_t start;
  uint32_t sync_at;
  bool owner;
  int err;

  plat_begin(plat, PLAT_OP_SUBMIT, total);
  err = reserve(queue, total, &start, &owner);
  if (err) {
    plat_end(plat, PLAT_OP_SUBMIT, (uint64_t)(int64_t)err);
    return err;
  }
  queue->drv->counts.submissions++;
  queue->drv->counts.vcmdq_submissions += queue->kind == DRV_QUEUE_VCMDQ;
  queue->drv->counts.ecmdq_submissions += queue->kind == DRV_QUEUE_ENHANCED;
  sync_at = (start + count) & drv_queue_mask(queue);
  plat_charge(plat, PLAT_COST_SUBMIT, 1);
  for (unsigned i = 0; i < count; i++)
    put(queue, start + i, &command[i]);
  if (sync) {
    struct drv_command last = drv_sync_command(queue, sync_at);

    put(queue, sync_at, &last);
    lock_shared(queue);
  }
  plat_barrier(plat);
  mark_valid(queue, start, (start + total) & drv_queue_mask(queue));
  if (owner)
    publish(queue, start);
  plat_end(plat, PLAT_OP_SUBMIT, 0);
  return sync ? wait_for_sync(queue, sync_at) : 0;
}

int drv_queue_issue(struct drv_queue *queue, const struct drv_command *command, unsigned count,
                    bool sync)
{
  while (count > DRV_BATCH) {
    int err = submit(queue, command, DRV_BATCH, false);

    if (err)
      return err;
    command += DRV_BATCH;
    count -= DRV_BATCH;
  }
  return count || sync ? submit(queue, command, count, sync) : 0;
}

/* Commands that a guest's VCMDQ takes. */
bool drv_queue_takes(const struct drv_queue *queue, const struct drv_command *command)
{
  switch (FGET(CMD, Opcode, command->words)) {
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA:
  case CMD_ATC_INV: return true;
  default: return !queue->restricted;
  }
}

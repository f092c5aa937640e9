/* Transactions that programs wait for: submitted at the CPU's clock, answered when the device says
 * so. Completions of the device belong to the board; those it knows no sleeper for are dropped. */
#include "plat/state.h"
#include "util/check.h"

static void answer(struct plat_board *b, const struct engine_timed_done *done)
{
  for (uint32_t i = 0; i < b->total; i++) {
    struct cpu *c = &b->cpu[i];

    if (c->state == CPU_ASLEEP && c->reason == SLEEP_ANSWER && c->ticket == done->ticket) {
      *c->result = done->result;
      b->expecting--;
      cpu_wake(b, c, done->ended, PLAT_COST_COUNT);
      return;
    }
  }
}

/* A slot has become free: whoever waits for one tries again. */
static void offer_slot(struct plat_board *b, uint64_t time)
{
  for (uint32_t i = 0; i < b->total; i++) {
    struct cpu *c = &b->cpu[i];

    if (c->state == CPU_ASLEEP && c->reason == SLEEP_SLOT) {
      b->expecting--;
      cpu_wake(b, c, time, PLAT_COST_COUNT);
    }
  }
}

void translate_collect(struct plat_board *b)
{
  struct engine_timed_done done;

  while (b->device.ops->poll(b->device.ctx, &done)) {
    answer(b, &done);
    offer_slot(b, done.ended);
  }
}

void plat_board_translate(struct plat_board *board, const struct smmu_txn *txn,
                          struct smmu_result *out)
{
  struct cpu *self = cpu_current(board);
  int err;

  for (;;) {
    plat_cpu_settle(board);
    cpu_meet_device(board);
    err = board->device.ops->submit(board->device.ctx, txn, &self->ticket);
    if (board->monitors)
      word_check(board, self->key.clock);
    if (err != SMMU_ERR_NOSLOT)
      break;
    board->expecting++;
    cpu_sleep(board, SLEEP_SLOT, NULL);
  }
  CHECK(err == SMMU_OK); /* the TBU exists */
  self->result = out;
  board->expecting++;
  cpu_sleep(board, SLEEP_ANSWER, NULL);
}

int plat_board_page_request(struct plat_board *board, const struct smmu_pri *p)
{
  int err = SMMU_ERR_BADARG;

  plat_cpu_settle(board);
  cpu_meet_device(board);
  if (board->device.ops->page_request)
    err = board->device.ops->page_request(board->device.ctx, p);
  if (board->monitors)
    word_check(board, cpu_current(board)->key.clock);
  return err;
}

/* plat_board_run(), and words for why nobody can go on. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "plat/state.h"
#include "util/check.h"

/* Text that is cut where the buffer ends. */
struct text {
  char *at;
  size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(t->at, t->left, format, args);
  va_end(args);
  if (n < 0 || t->left == 0)
    return;
  if ((size_t)n >= t->left)
    n = (int)t->left - 1;
  t->at += n;
  t->left -= (size_t)n;
}

/* "cpu 3" or "the handler of line 2". */
static const char *cpu_text(const struct plat_board *b, uint32_t number, char text[32])
{
  if (number < b->cpus)
    snprintf(text, 32, "cpu %" PRIu32, number);
  else
    snprintf(text, 32, "the handler of line %" PRIu32, number - b->cpus);
  return text;
}

static void say_why(const struct plat_board *b, const struct cpu *c, struct text *t)
{
  const struct plat_line *line = c->object;
  const struct plat_mutex *mutex = c->object;
  char who[32];

  switch ((enum cpu_reason)c->reason) {
  case SLEEP_LINE:
    say(t, "waits for a line written last by %s",
        line->writer ? cpu_text(b, line->writer - 1, who) : "nobody");
    break;
  case SLEEP_MUTEX:
    if (mutex->holder)
      say(t, "sleeps on a lock held by %s", cpu_text(b, mutex->holder - 1, who));
    else
      say(t, "sleeps on a lock that is free");
    break;
  case SLEEP_IRQ:
    say(t, "waits until %s returns",
        cpu_text(b, b->cpus + (uint32_t)((const struct irq *)c->object - b->irq), who));
    break;
  case SLEEP_ANSWER: say(t, "waits for the answer to its transaction"); break;
  case SLEEP_SLOT: say(t, "waits for a transaction slot"); break;
  case SLEEP_SYNC: say(t, "waits for a sync of broadcast maintenance"); break;
  case SLEEP_WORD: say(t, "waits for a change at 0x%" PRIx64, c->word.addr); break;
  }
  say(t, " (since %" PRIu64 ".%" PRIu64 " us); ", c->key.clock / 1000000,
      c->key.clock / 100000 % 10);
}

static void say_deadlock(const struct plat_board *b, struct text *t)
{
  char who[32];

  for (uint32_t i = 0; i < b->total; i++) {
    const struct cpu *c = &b->cpu[i];

    if (c->state != CPU_ASLEEP)
      continue;
    say(t, "%s ", cpu_text(b, i, who));
    say_why(b, c, t);
  }
  say(t, "the device is at rest");
}

int plat_board_run(struct plat_board *board, char *why, size_t why_len)
{
  struct text text = { why, why_len };

  CHECK(!board->current); /* a program does not run its own board */
  if (why_len)
    why[0] = '\0';
  cpu_run_all(board);
  if (board->at_limit) {
    say(&text, "the limit of %" PRIu64 " ps was reached", board->limit);
    return SMMU_ERR_LIMIT;
  }
  for (uint32_t i = 0; i < board->total; i++) {
    if (board->cpu[i].state == CPU_ASLEEP) {
      say_deadlock(board, &text);
      return SMMU_ERR_DEADLOCK;
    }
    CHECK(board->cpu[i].state == CPU_IDLE);
  }
  return SMMU_OK;
}

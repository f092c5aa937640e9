/* Sleeping on a word of memory: what a CPU does that waits for an event on a line it monitors.
 * Memory changes where the device acts, and where a CPU stores; those places look here. Who is
 * woken by a change fetches the line again. */
#include "plat/state.h"

static bool changed(const struct plat_board *b, const struct cpu *c)
{
  return engine_memory_load64(b->config.memory, c->word.addr) != c->word.value;
}

void word_check(struct plat_board *b, uint64_t time)
{
  uint32_t *link = &b->monitors;

  while (*link) {
    struct cpu *c = &b->cpu[*link - 1];
    bool new_value = changed(b, c);

    if (!new_value && time < c->word.until) {
      link = &c->next;
      continue;
    }
    *link = c->next;
    cpu_wake(b, c, time, new_value ? PLAT_COST_LINE_MOVE : PLAT_COST_COUNT);
  }
}

uint64_t word_deadline(const struct plat_board *b)
{
  uint64_t first = ENGINE_NEVER;

  for (uint32_t i = b->monitors; i; i = b->cpu[i - 1].next) {
    if (b->cpu[i - 1].word.until < first)
      first = b->cpu[i - 1].word.until;
  }
  return first;
}

void word_sleep(struct plat_board *b, uint64_t addr, uint64_t value, uint64_t until)
{
  struct cpu *self = cpu_current(b);

  plat_cpu_settle(b);
  self->word.addr = addr;
  self->word.value = value;
  self->word.until = until;
  if (changed(b, self) || self->key.clock >= until)
    return;
  self->next = b->monitors;
  b->monitors = self->number + 1;
  cpu_sleep(b, SLEEP_WORD, NULL);
}

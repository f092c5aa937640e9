/* When software knows that its commands are consumed, where no register says so: it was woken by
 * the MSI of a CMD_SYNC, or says itself that its wait for one has ended. IHI 0070 4.7.3, 4.8. And each
 * CPU's last barrier. */
#include <stdlib.h>
#include <string.h>

#include "arch/structs.h"
#include "watch/check_state.h"

enum { CS_IRQ = 1, FIRST_ROOM = 8 };

static bool grow(struct check *c, void **array, uint32_t *count, unsigned i, size_t size)
{
  uint32_t room = *count ? *count : FIRST_ROOM;
  void *more;

  if (i < *count)
    return true;
  while (room <= i)
    room *= 2;
  more = realloc(*array, room * size);
  if (!more) {
    c->failed = true;
    return false;
  }
  memset((char *)more + *count * size, 0, (room - *count) * size);
  *array = more;
  *count = room;
  return true;
}

struct check_cpu *check_cpu_at(struct check *c, struct check_world *w, unsigned cpu)
{
  return grow(c, (void **)&w->cpu, &w->cpus, cpu, sizeof *w->cpu) ? &w->cpu[cpu] : NULL;
}

void check_wait_submitted(struct check *c, struct check_world *w, const struct check_queue *q,
                          const struct check_command *command)
{
  struct check_cpu *cpu;

  if (FGET(CMD, Opcode, command->words) != CMD_SYNC)
    return;
  cpu = check_cpu_at(c, w, command->at.cpu);
  if (!cpu)
    return;
  *cpu = (struct check_cpu){ .syncs = true,
                             .waits = cpu->waits, /* before another CPU has written PROD */
                             .queue = (uint32_t)(q - w->queue),
                             .index = command->index,
                             .record = command->submitted.record,
                             .words = { command->words[0], command->words[1] } };
}

uint32_t check_wait_synced_in(const struct check_world *w, unsigned cpu, uint64_t record)
{
  return cpu < w->cpus && w->cpu[cpu].record > record ? w->cpu[cpu].queue : UINT32_MAX;
}

static void know(struct check *c, struct check_world *w, struct check_cpu *cpu)
{
  struct check_queue *q = &w->queue[cpu->queue];

  cpu->syncs = false;
  check_queue_consume(c, w, q, (cpu->index + 1) & ((2u << q->log2) - 1));
}

/* A CPU may look at the word that the MSI writes from when it says that it waits. */
void check_wait_noted(struct check *c, struct check_world *w, const struct plat_note *n)
{
  struct check_cpu *cpu;

  if ((n->kind != PLAT_NOTE_BEGIN && n->kind != PLAT_NOTE_STOP) || n->a != PLAT_OP_SYNC_WAIT)
    return;
  cpu = check_cpu_at(c, w, c->now.cpu);
  if (!cpu)
    return;
  w->waits = true;
  cpu->waits = n->kind == PLAT_NOTE_BEGIN;
  if (cpu->syncs && (cpu->waits ? cpu->signalled : n->b == 0))
    know(c, w, cpu);
  cpu->syncs &= cpu->waits;
}

/* Guests have no MSIs of their own: the host's CPUs alone. */
void check_wait_synced(struct check *c, const struct smmu_record *r)
{
  struct check_world *w = &c->world[0];
  const uint64_t words[2] = { r->addr_out, r->word };

  if (FGET(SYNC, CS, words) != CS_IRQ || FGET(SYNC, MSIAddress, words) == 0)
    return;
  for (uint32_t i = 0; i < w->cpus; i++) {
    struct check_cpu *cpu = &w->cpu[i];

    if (!cpu->syncs || cpu->words[0] != words[0] || cpu->words[1] != words[1])
      continue;
    cpu->signalled = true;
    if (cpu->waits || !w->waits)
      know(c, w, cpu);
  }
}

/* ---- barriers ---- */

void check_barrier(struct check *c, unsigned cpu)
{
  if (grow(c, (void **)&c->barrier, &c->barriers, cpu, sizeof *c->barrier))
    c->barrier[cpu] = c->now.record;
}

uint64_t check_barrier_of(const struct check *c, unsigned cpu)
{
  return cpu < c->barriers ? c->barrier[cpu] : 0;
}

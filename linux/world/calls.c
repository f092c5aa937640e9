/* What the kernel asks of the board. Each call begins by telling the store that came before it: between
 * two calls a CPU is alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "linux_world/state.h"
#include "plat/place.h"
#include "smmu/cmdqv.h"
#include "util/bits.h"
#include "util/check.h"

struct lx_world *lx_current;

/* Lines of the board are the kernel's: the layouts must be one. */
_Static_assert(sizeof(struct lx_line) == sizeof(struct plat_line), "a line is a line");

void lx_world_flush(struct lx_world *w)
{
  uint64_t first = w->stored.addr & ~7ULL, end = w->stored.addr + w->stored.bytes;

  w->stored.bytes = 0;
  for (uint64_t at = first; at < end; at += 8)
    plat_board_stored(w->board, w->plat->ctx, at, at - w->ram_base + w->ram_pa);
}

static const struct plat *plat(void)
{
  if (lx_current->stored.bytes)
    lx_world_flush(lx_current);
  return lx_current->plat;
}

/* Before an access: nothing that was read still counts. */
static const struct plat *interruptible(void)
{
  const struct plat *p = plat();

  if (lx_current->config.irqs_here)
    linux_irq_point();
  return lx_current->stored.bytes ? plat() : p;
}

static void sleeps(bool asleep)
{
  if (lx_current->config.irqs_here)
    linux_irq_sleep(asleep);
}

/* ---- costs ---- */

void lx_charge(enum lx_cost cost, lx_u64 n)
{
  static const enum plat_cost costs[] = {
    [LX_COST_DMA_MAP] = PLAT_COST_DMA_MAP,
    [LX_COST_DMA_UNMAP] = PLAT_COST_DMA_UNMAP,
    [LX_COST_IOVA_FAST] = PLAT_COST_IOVA_FAST,
    [LX_COST_IOVA_SLOW] = PLAT_COST_IOVA_SLOW,
    [LX_COST_TABLE_WALK] = PLAT_COST_TABLE_WALK,
    [LX_COST_PTE_SET] = PLAT_COST_PTE_SET,
    [LX_COST_PTE_CLEAR] = PLAT_COST_PTE_CLEAR,
    [LX_COST_FILL_PAGE] = PLAT_COST_FILL_PAGE,
    [LX_COST_COLD] = PLAT_COST_COLD,
    [LX_COST_LOOP] = PLAT_COST_LOOP,
  };

  plat_charge(plat(), costs[cost], n);
}

/* The queue that a register places; the same again moves it. */
static void note_ring(struct lx_world *w, uint64_t base, uint64_t bytes)
{
  unsigned i = 0;

  while (i < w->rings && w->ring[i].base != base)
    i++;
  if (i == LX_RINGS)
    return;
  w->ring[i].base = base;
  w->ring[i].bytes = bytes;
  w->rings += i == w->rings;
}

/* Bases of queues are in every second page of the extension. */
static void note_rings(struct lx_world *w, uint64_t addr, uint64_t value, unsigned bytes)
{
  uint64_t offset = addr - PLAT_CMDQV_BASE, page = offset / SMMU_CMDQV_PAGE;

  if (addr == PLAT_SMMU_BASE + OFF_CMDQ_BASE ||
      addr == PLAT_SMMU_BASE + LX_SECOND_OFFSET + OFF_CMDQ_BASE)
    note_ring(w, value & bits_mask(CMDQ_BASE_ADDR_HI, CMDQ_BASE_ADDR_LO),
              16ULL << GET(CMDQ_BASE, LOG2SIZE, value));
  else if (bytes == 8 && addr >= PLAT_CMDQV_BASE && addr < PLAT_PMCG_BASE && page >= 2 &&
           page % 2 == 0 && offset % SMMU_CMDQV_SLOT == 0)
    note_ring(w, value & MASK(VCMDQ_BASE, ADDR), 16ULL << GET(VCMDQ_BASE, LOG2SIZE, value));
}

/* The first word of a slot is a command, and the first since a barrier begins a submission. */
static void charge_command(struct lx_world *w, uint64_t addr)
{
  unsigned i = 0, cpu = plat_cpu(w->plat);

  while (i < w->rings && addr - w->ring[i].base >= w->ring[i].bytes)
    i++;
  if (i == w->rings || addr % 16 != 0)
    return;
  if (cpu < LX_CPUS && !w->submits[cpu]) {
    w->submits[cpu] = true;
    plat_charge(plat(), PLAT_COST_SUBMIT, 1);
  }
  plat_charge(plat(), PLAT_COST_CMD_BUILD, 1);
}

/* ---- registers, memory ---- */

lx_u64 lx_mmio_read(lx_u64 addr, unsigned bytes)
{
  return plat_mmio_read(interruptible(), addr, bytes);
}

/* Where the queue is whose accesses go wrong. */
static void note_queue(lx_u64 addr, lx_u64 value)
{
  struct lx_world *w = lx_current;
  bool events = w->config.wrong == LX_EVENT_ABORT;

  if (addr != PLAT_SMMU_BASE + (events ? OFF_EVENTQ_BASE : OFF_CMDQ_BASE))
    return;
  w->inject.base = value & bits_mask(CMDQ_BASE_ADDR_HI, CMDQ_BASE_ADDR_LO);
  w->inject.bytes = (events ? 32ULL : 16ULL) << GET(CMDQ_BASE, LOG2SIZE, value);
}

void lx_mmio_write(lx_u64 addr, lx_u64 value, unsigned bytes)
{
  if (lx_current->config.wrong != LX_NOTHING)
    note_queue(addr, value);
  note_rings(lx_current, addr, value, bytes);
  plat_mmio_write(interruptible(), addr, value, bytes);
}

void lx_barrier(void)
{
  unsigned cpu = plat_cpu(lx_current->plat);

  if (cpu < LX_CPUS)
    lx_current->submits[cpu] = false;
  plat_barrier(interruptible());
}

void lx_will_load(void)
{
  plat_charge(interruptible(), PLAT_COST_LOAD, 1);
  plat_cpu_settle(lx_current->board);
}

void lx_stored(lx_u64 addr, lx_u64 bytes)
{
  (void)plat();
  lx_current->stored.place =
    lx_current->told.places ? plat_place_here(lx_current->told.places, lx_current->board) : 0;
  lx_current->stored.addr = addr;
  lx_current->stored.bytes = bytes;
}

void lx_will_store(lx_u64 addr, lx_u64 bytes)
{
  (void)interruptible();
  charge_command(lx_current, addr);
  plat_charge(plat(), PLAT_COST_STORE, (addr % 8 + bytes + 7) / 8);
  plat_cpu_settle(lx_current->board);
  lx_stored(addr, bytes);
}

lx_u64 lx_pages_alloc(unsigned order)
{
  uint64_t addr, bytes = 4096ULL << order;

  return plat_dma_alloc(plat(), bytes, bytes, &addr) == 0 ? addr : 0;
}

void lx_pages_free(lx_u64 addr, unsigned order)
{
  plat_dma_free(plat(), addr, 4096ULL << order);
}

/* ---- CPUs ---- */

void lx_relax(void)
{
  plat_relax(interruptible());
}

void lx_settle(void)
{
  (void)interruptible();
  plat_cpu_settle(lx_current->board);
}

void lx_take(struct lx_line *line)
{
  plat_take(interruptible(), (struct plat_line *)line);
}

void lx_wrote(struct lx_line *line)
{
  plat_wrote(plat(), (struct plat_line *)line);
}

void lx_wait(struct lx_line *line)
{
  sleeps(true);
  plat_wait(plat(), (struct plat_line *)line);
  sleeps(false);
}

void lx_wait64(lx_u64 addr, lx_u64 value, lx_u64 ps)
{
  const struct plat *p = plat();

  sleeps(true);
  plat_wait64(p, addr, value, plat_now_ps(p) + ps);
  sleeps(false);
}

void lx_delay(lx_u64 ps)
{
  sleeps(true);
  plat_delay(plat(), ps);
  sleeps(false);
}

lx_u64 lx_now_ps(void)
{
  return plat_now_ps(plat());
}

unsigned lx_cpu(void)
{
  return plat_cpu(lx_current->plat);
}

/* ---- interrupts ---- */

static struct {
  void (*fn)(void *arg);
  void *arg;
} handlers[LX_LINES];

static void handle(void *arg)
{
  unsigned line = (unsigned)(uintptr_t)arg;

  plat_begin(lx_current->plat, PLAT_OP_IRQ_HANDLER, line);
  handlers[line].fn(handlers[line].arg);
  plat_end(plat(), PLAT_OP_IRQ_HANDLER, 0);
}

int lx_irq_handler(unsigned line, void (*fn)(void *arg), void *arg)
{
  int err;

  if (line >= LX_LINES)
    return -EINVAL;
  err = plat_irq_handler(plat(), line, fn ? handle : NULL, (void *)(uintptr_t)line);
  if (err == 0) {
    handlers[line].fn = fn;
    handlers[line].arg = arg;
  }
  return err;
}

/* ---- what is said ---- */

void lx_note(enum lx_note note, lx_u64 a, lx_u64 b, lx_u64 c)
{
  const struct plat *p = plat();

  if (note == LX_VMID)
    lx_current->note_of = (unsigned)(a >> 32) + 1;
  switch (note) {
  case LX_MAP_BEGINS: plat_begin(p, PLAT_OP_MAP, a); break;
  case LX_MAP_ENDS: plat_end(p, PLAT_OP_MAP, a); break;
  case LX_UNMAP_BEGINS: plat_begin(p, PLAT_OP_UNMAP, a); break;
  case LX_UNMAP_ENDS: plat_end(p, PLAT_OP_UNMAP, a); break;
  case LX_MAPPED: plat_note(p, PLAT_NOTE_MAPPED, a, b, c); break;
  case LX_UNMAPPED: plat_note(p, PLAT_NOTE_UNMAPPED, a, b, c); break;
  case LX_TABLE_FREED: plat_note(p, PLAT_NOTE_TABLE_FREED, a, b, c); break;
  case LX_FREED: plat_note(p, PLAT_NOTE_FREED, a, b, c); break;
  case LX_STREAM: plat_note(p, PLAT_NOTE_STREAM, a, b, c); break;
  case LX_ASID: plat_note(p, PLAT_NOTE_ASID, a, b, c); break;
  case LX_VMID: plat_note(p, PLAT_NOTE_VMID, a & UINT32_MAX, b, c); break;
  }
  lx_current->note_of = 0;
}

/* What the driver prints of an event record, as errors in newer versions. */
static bool tells_event(const char *line)
{
  return strstr(line, "event 0x") || strstr(line, "event: ") || strstr(line, ": \t0x") ||
         strstr(line, "priv data ");
}

void lx_log(int level, const char *line)
{
  struct lx_world *w = lx_current;

  snprintf(w->said, sizeof w->said, "%s", line);
  w->errors += level <= 3 && !tells_event(line);
  w->warnings += level == 4;
  plat_log(plat(), line);
  if (w->config.log)
    w->config.log(w->config.ctx, plat_now_ps(w->plat), plat_cpu(w->plat), level, line);
}

/* The program that got here never goes on: the board then comes to rest with it asleep. */
void lx_die(const char *why)
{
  static struct plat_line never;

  snprintf(lx_current->died, sizeof lx_current->died, "%.80s (%.160s)", why, lx_current->said);
  lx_log(0, why);
  for (;;)
    plat_wait(lx_current->plat, &never);
}

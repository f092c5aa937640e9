// SPDX-License-Identifier: GPL-2.0
/* What CPUs share, and what they share with the device: cache lines, exchanges, and every load and
 * store of memory that the device reads. The driver is compiled with -fsanitize=thread, for which the
 * compiler calls the functions below before each access; there is no such sanitizer here. A store is
 * then made in its time, paid for, and told to who watches, without a word changed in the driver. */
#include <asm/page.h>
#include <linux/string.h>
#include <linux/types.h>

#include "sim.h"

/* How long a CPU sleeps on memory of the device before it looks again by itself, as the event
 * stream of the architected timer makes it do. */
#define EVENT_STREAM_PS 100000000ULL

/* Lines of memory that the device sees, and of everything else: a table by address, in which each has an
 * own place, so that where a program was loaded decides nothing. */
enum { LINE_SHIFT = 6, OTHER_LOG2 = 17 };
static struct lx_line *ram_lines;
static struct other_line {
  unsigned long address;
  struct lx_line line;
} * other_lines;
static unsigned int others;

void sim_access_init(const struct linux_boot *boot)
{
  ram_lines = boot->calloc((boot->ram_bytes >> LINE_SHIFT) * sizeof(*ram_lines));
  other_lines = boot->calloc(sizeof(*other_lines) << OTHER_LOG2);
}

static struct lx_line *other_line(unsigned long address)
{
  unsigned long i = (address * 0x9e3779b97f4a7c15UL) >> (64 - OTHER_LOG2);

  while (other_lines[i].address && other_lines[i].address != address)
    i = (i + 1) & ((1UL << OTHER_LOG2) - 1);
  if (!other_lines[i].address) {
    if (++others > 3U << (OTHER_LOG2 - 2))
      lx_die("too many cache lines are shared");
    other_lines[i].address = address;
  }
  return &other_lines[i].line;
}

struct lx_line *sim_line(const volatile void *p)
{
  unsigned long offset = (unsigned long)p - (unsigned long)sim_ram;

  if (offset < sim_ram_bytes)
    return &ram_lines[offset >> LINE_SHIFT];
  return other_line((unsigned long)p >> LINE_SHIFT);
}

/* What the device writes has no line that CPUs hand each other: its loads are paid for one by one. */
void sim_take(const volatile void *p)
{
  if (!sim_is_device(p))
    lx_take(sim_line(p));
}

void sim_wrote(const volatile void *p)
{
  struct lx_line *line = sim_line(p);

  if (line->waiters)
    lx_wrote(line);
}

static lx_u64 value_at(const volatile void *p, unsigned int bytes)
{
  switch (bytes) {
  case 1: return *(const volatile u8 *)p;
  case 2: return *(const volatile u16 *)p;
  case 4: return *(const volatile u32 *)p;
  default: return *(const volatile u64 *)p;
  }
}

static void set(volatile void *p, unsigned int bytes, lx_u64 value)
{
  switch (bytes) {
  case 1: *(volatile u8 *)p = (u8)value; break;
  case 2: *(volatile u16 *)p = (u16)value; break;
  case 4: *(volatile u32 *)p = (u32)value; break;
  default: *(volatile u64 *)p = value; break;
  }
}

static lx_u64 below(unsigned int bytes)
{
  return bytes < 8 ? (1ULL << 8 * bytes) - 1 : ~0ULL;
}

/* Nobody runs between the two. */
static void exchange_done(volatile void *p, unsigned int bytes, lx_u64 value)
{
  if (sim_is_device(p))
    lx_stored(__pa((unsigned long)p), bytes);
  set(p, bytes, value);
  sim_wrote(p);
}

lx_u64 sim_exchange(volatile void *p, unsigned int bytes, enum sim_operation operation,
                    lx_u64 value)
{
  lx_u64 old, new = value;

  lx_take(sim_line(p));
  old = value_at(p, bytes);
  switch (operation) {
  case SIM_SET: break;
  case SIM_ADD: new = old + value; break;
  case SIM_AND: new = old &value; break;
  case SIM_OR: new = old | value; break;
  case SIM_XOR: new = old ^ value; break;
  }
  exchange_done(p, bytes, new);
  return old;
}

lx_u64 sim_compare_exchange(volatile void *p, unsigned int bytes, lx_u64 expected, lx_u64 desired)
{
  lx_u64 old;

  lx_take(sim_line(p));
  old = value_at(p, bytes);
  if (old == (expected & below(bytes)))
    exchange_done(p, bytes, desired);
  return old;
}

void sim_await(const volatile void *p, unsigned long value, unsigned int bytes)
{
  if (value_at(p, bytes) != (value & below(bytes)))
    return;
  if (sim_is_device(p)) {
    unsigned long word = (unsigned long)p & ~7UL;

    lx_wait64(__pa(word), value_at((const void *)word, 8), EVENT_STREAM_PS);
  } else {
    lx_wait(sim_line(p));
  }
}

/* ---- what the compiler tells ---- */

void sim_will_store(const volatile void *p, unsigned long bytes)
{
  if (sim_is_device(p))
    lx_will_store(__pa((unsigned long)p), bytes);
  else if (bytes >= PAGE_SIZE)
    sim_bench_fills(p, bytes);
}

static void load(const volatile void *p)
{
  if (sim_is_device(p))
    lx_will_load();
}

/* Names that the compiler gives; nothing of ours declares them. */
#define ACCESS(kind, bytes) \
  void __tsan_##kind##read##bytes(void *p); \
  void __tsan_##kind##write##bytes(void *p); \
  void __tsan_##kind##read##bytes(void *p) \
  { \
    load(p); \
  } \
  void __tsan_##kind##write##bytes(void *p) \
  { \
    sim_will_store(p, bytes); \
  }
#define ACCESSES(kind) \
  ACCESS(kind, 1) ACCESS(kind, 2) ACCESS(kind, 4) ACCESS(kind, 8) ACCESS(kind, 16)

ACCESSES()
ACCESSES(unaligned_)
ACCESSES(volatile_)

void __tsan_init(void);
void __tsan_read_range(void *p, long bytes);
void __tsan_write_range(void *p, long bytes);

void __tsan_init(void) {}

void __tsan_read_range(void *p, long bytes)
{
  load(p);
}

void __tsan_write_range(void *p, long bytes)
{
  sim_will_store(p, (unsigned long)bytes);
}

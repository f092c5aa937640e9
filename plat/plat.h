/* The porting layer: all that software which drives the device sees of the world.
 *
 * A driver, a host kernel, a VMM, a guest and drivers brought by users stand on this one table. It
 * is given as a table with a context pointer, so one program can hold any number of worlds: the
 * host has one, and a virtual machine's guest has another, whose MMIO may trap and whose memory is
 * the host's, mapped. How to bring software of your own: docs/plat.md.
 *
 * Time. Software runs on CPUs that are fibers, each with a clock of its own, in picoseconds. The
 * rule of this layer: charge, become the CPU with the smallest clock, only then touch what others
 * see. Each function below that touches shared state follows the rule by itself; between two such
 * calls a CPU is alone. So plain C variables shared between CPUs need no atomics, only plat_take()
 * before they are read or changed and plat_wrote() after a change that somebody may wait for.
 *
 * Device memory is written by store64() alone, never through a pointer: the order of single stores
 * is then visible to every engine. Addresses are what this world calls physical.
 *
 * All functions take the platform first. Errors are negative errno values. They are for programs on
 * a CPU; dma_alloc, dma_free, irq_handler, now_ps, note and log may be called from outside as well,
 * while nothing runs. */
#ifndef PLAT_PLAT_H
#define PLAT_PLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum plat_cost {
#define COST(name, key, neutral_ps, what) PLAT_COST_##name,
#include "plat/costs.def"
#undef COST
  PLAT_COST_COUNT
};

/* Cost of one unit, in picoseconds. */
struct plat_costs {
  uint64_t ps[PLAT_COST_COUNT];
};

void plat_costs_neutral(struct plat_costs *costs);
/* The parameter's key ("cpu.atomic") and its description; "?" out of range. */
const char *plat_cost_key(unsigned cost);
const char *plat_cost_what(unsigned cost);

/* State shared between CPUs: who wrote it last decides what taking it costs. One a cache line;
 * zero is a fresh one. */
struct plat_line {
  uint32_t writer; /* CPU + 1; 0: nobody */
  uint32_t waiters;
};

/* What only software knows, for those who watch: `a`, `b` and `c` by kind. */
#define PLAT_NOTE_LIST(X) \
  X(BEGIN, "begin")       /* an operation begins: a = enum plat_operation, b = its argument */ \
  X(STOP, "end")          /* it ends: a as above, b = result */ \
  X(MAPPED, "mapped")     /* a = IOVA, b = bytes, c = domain */ \
  X(UNMAPPED, "unmapped") /* declared dead: nothing may use it from here on; as MAPPED */ \
  X(FREED, "freed")       /* memory is free for other use: a = address, b = bytes */ \
  X(TABLE_FREED, "table-freed") /* a translation table: a = address, b = bytes */ \
  X(ASID, "asid")               /* a = ASID, b = 1 taken or 0 given back, c = domain */ \
  X(VMID, "vmid")               /* a = VMID, as ASID */ \
  X(STREAM, "stream")           /* a = StreamID, b = domain it now belongs to */

enum plat_note_kind {
#define X(name, text) PLAT_NOTE_##name,
  PLAT_NOTE_LIST(X)
#undef X
    PLAT_NOTE_COUNT
};

/* Operations that have a beginning and an end on one CPU; they nest. */
#define PLAT_OPERATION_LIST(X) \
  X(MAP, "map") \
  X(UNMAP, "unmap") \
  X(SUBMIT, "submit")           /* commands into a queue; b = commands */ \
  X(SYNC_WAIT, "sync-wait")     /* until CMD_SYNC has completed */ \
  X(OWNER_WAIT, "owner-wait")   /* until the submissions before this one are published */ \
  X(EXIT, "exit")               /* a trapped access: b = address */ \
  X(BIG_LOCK, "big-lock")       /* the VMM's lock held */ \
  X(LOCK_WAIT, "lock-wait")     /* asleep on a lock; plat_mutex_lock() says so itself */ \
  X(IOCTL, "ioctl")             /* b = its number */ \
  X(IRQ_HANDLER, "irq-handler") /* b = line */

enum plat_operation {
#define X(name, text) PLAT_OP_##name,
  PLAT_OPERATION_LIST(X)
#undef X
    PLAT_OP_COUNT
};

const char *plat_note_name(unsigned kind);
const char *plat_operation_name(unsigned operation);

struct plat_note {
  uint32_t kind; /* enum plat_note_kind */
  uint32_t reserved;
  uint64_t a, b, c;
};

struct smmu_dvm;

struct plat_ops {
  /* Register access at a physical address, naturally aligned, bytes 4 or 8. Reads are a round trip.
   * Nothing there: reads as all ones, writes are lost. */
  uint64_t (*mmio_read)(void *ctx, uint64_t addr, unsigned bytes);
  void (*mmio_write)(void *ctx, uint64_t addr, uint64_t value, unsigned bytes);

  /* Memory that the device can read: physically contiguous, zero, aligned to `align` (a power of
   * two; what is given out is aligned to 64 at least). 0, -ENOMEM, or -EINVAL (no bytes, or no
   * power of two). Freeing takes exactly what was allocated. */
  int (*dma_alloc)(void *ctx, size_t bytes, size_t align, uint64_t *addr);
  void (*dma_free)(void *ctx, uint64_t addr, size_t bytes);
  void (*store64)(void *ctx, uint64_t addr, uint64_t value);
  uint64_t (*load64)(void *ctx, uint64_t addr);
  /* Stores before it are visible to the device before stores and register writes after it. */
  void (*barrier)(void *ctx);

  /* n units of work; nothing shared is touched. */
  void (*charge)(void *ctx, enum plat_cost what, uint64_t n);
  /* See "Time" above. take: PLAT_COST_ATOMIC if nobody else wrote the line last, else
   * PLAT_COST_LINE_MOVE; this CPU is its writer then. wrote: whoever waits for the line wakes
   * PLAT_COST_LINE_MOVE from now. wait: sleep until somebody else calls wrote() on the line; may
   * return without cause. Check the condition after take(), and wait at once when it does not hold:
   *   for (plat_take(p, &line); !condition; plat_take(p, &line))
   *     plat_wait(p, &line); */
  void (*take)(void *ctx, struct plat_line *line);
  void (*wrote)(void *ctx, struct plat_line *line);
  void (*wait)(void *ctx, struct plat_line *line);
  /* One turn of a spin loop on a device; at least a picosecond, so that time goes on when all costs
   * are zero. On state of CPUs spin with wait() instead. */
  void (*relax)(void *ctx);
  /* Sleep while the word at addr is `value`, as a CPU does that waits for an event on a line it
   * monitors, but not beyond the time `until`. Read the word before and after: may return without
   * cause. */
  void (*wait64)(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps);
  /* Do nothing for so long: exactly, neither scaled nor with jitter. */
  void (*delay)(void *ctx, uint64_t ps);
  uint64_t (*now_ps)(void *ctx);
  /* The CPU this runs on, from 0; what a guest sees is its virtual CPU. Interrupt handlers have
   * numbers of their own, above those of the CPUs. */
  unsigned (*cpu)(void *ctx);

  /* fn runs on a CPU of its own when the line is raised (enum smmu_signal), PLAT_COST_IRQ later.
   * A line is latched, not counted: however often it is raised while fn runs, fn runs once more.
   * What is raised without a handler is lost. One handler a line; fn NULL takes it away, and
   * returns when it runs no more (at once from within it). 0, -EBUSY (there is one; fn NULL, from
   * outside: it is asleep, and stays), -EINVAL (no such line) or -ENOMEM. */
  int (*irq_handler)(void *ctx, unsigned line, void (*fn)(void *arg), void *arg);

  /* A TLB invalidation for everybody in this CPU's domain, the SMMU included, as a TLBI instruction
   * makes it; *op is in smmu/dvm.h. It has its effect when broadcast_sync(), a DSB, has returned; what
   * it removes must be stored before, with a barrier between. Both NULL: what CPUs of this world say
   * reaches no SMMU. */
  void (*broadcast)(void *ctx, const struct smmu_dvm *op);
  void (*broadcast_sync)(void *ctx);

  void (*note)(void *ctx, const struct plat_note *note);
  /* One line for people, without newline. */
  void (*log)(void *ctx, const char *line);
};

struct plat {
  const struct plat_ops *ops;
  void *ctx;
};

static inline uint64_t plat_mmio_read(const struct plat *p, uint64_t addr, unsigned bytes)
{
  return p->ops->mmio_read(p->ctx, addr, bytes);
}
static inline void plat_mmio_write(const struct plat *p, uint64_t addr, uint64_t value,
                                   unsigned bytes)
{
  p->ops->mmio_write(p->ctx, addr, value, bytes);
}
static inline int plat_dma_alloc(const struct plat *p, size_t bytes, size_t align, uint64_t *addr)
{
  return p->ops->dma_alloc(p->ctx, bytes, align, addr);
}
static inline void plat_dma_free(const struct plat *p, uint64_t addr, size_t bytes)
{
  p->ops->dma_free(p->ctx, addr, bytes);
}
static inline void plat_store64(const struct plat *p, uint64_t addr, uint64_t value)
{
  p->ops->store64(p->ctx, addr, value);
}
static inline uint64_t plat_load64(const struct plat *p, uint64_t addr)
{
  return p->ops->load64(p->ctx, addr);
}
static inline void plat_barrier(const struct plat *p)
{
  p->ops->barrier(p->ctx);
}
static inline void plat_charge(const struct plat *p, enum plat_cost what, uint64_t n)
{
  p->ops->charge(p->ctx, what, n);
}
static inline void plat_take(const struct plat *p, struct plat_line *line)
{
  p->ops->take(p->ctx, line);
}
static inline void plat_wrote(const struct plat *p, struct plat_line *line)
{
  p->ops->wrote(p->ctx, line);
}
static inline void plat_wait(const struct plat *p, struct plat_line *line)
{
  p->ops->wait(p->ctx, line);
}
static inline void plat_relax(const struct plat *p)
{
  p->ops->relax(p->ctx);
}
static inline void plat_wait64(const struct plat *p, uint64_t addr, uint64_t value,
                               uint64_t until_ps)
{
  p->ops->wait64(p->ctx, addr, value, until_ps);
}
static inline void plat_delay(const struct plat *p, uint64_t ps)
{
  p->ops->delay(p->ctx, ps);
}
static inline bool plat_can_broadcast(const struct plat *p)
{
  return p->ops->broadcast && p->ops->broadcast_sync;
}
static inline void plat_broadcast(const struct plat *p, const struct smmu_dvm *op)
{
  p->ops->broadcast(p->ctx, op);
}
static inline void plat_broadcast_sync(const struct plat *p)
{
  p->ops->broadcast_sync(p->ctx);
}
static inline uint64_t plat_now_ps(const struct plat *p)
{
  return p->ops->now_ps(p->ctx);
}
static inline unsigned plat_cpu(const struct plat *p)
{
  return p->ops->cpu(p->ctx);
}
static inline int plat_irq_handler(const struct plat *p, unsigned line, void (*fn)(void *arg),
                                   void *arg)
{
  return p->ops->irq_handler(p->ctx, line, fn, arg);
}
/* In C++ a struct and a function may have one name, and g++ warns of it. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
static inline void plat_note(const struct plat *p, enum plat_note_kind kind, uint64_t a, uint64_t b,
                             uint64_t c)
{
  struct plat_note note = { kind, 0, a, b, c };

  p->ops->note(p->ctx, &note);
}
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
static inline void plat_begin(const struct plat *p, enum plat_operation operation, uint64_t arg)
{
  plat_note(p, PLAT_NOTE_BEGIN, operation, arg, 0);
}
static inline void plat_end(const struct plat *p, enum plat_operation operation, uint64_t result)
{
  plat_note(p, PLAT_NOTE_STOP, operation, result, 0);
}
static inline void plat_log(const struct plat *p, const char *line)
{
  p->ops->log(p->ctx, line);
}

#ifdef __cplusplus
}
#endif
#endif

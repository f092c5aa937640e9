/* Rules of bringing the SMMU up: what must be there before an enable bit is set, and how GBPA is
 * updated. IHI 0070 3.11, 3.5.1, 6.3.9, 6.3.14, 6.3.24-6.3.26. What is said of BASE registers goes for
 * all queues. Left out: DPT, VMW. */
#include "arch/structs.h"
#include "watch/check_state.h"

enum { STE_LOG2 = 6, L1STD_LOG2 = 3, RANGE_ALL = 31 };

enum { FORGOT_STES = 1, FORGOT_EL1 = 2, FORGOT_EL2 = 4 };

static bool was_written(const struct check_world *w, unsigned reg)
{
  return w->reg[reg].wrote.record != 0;
}

static bool was_read(const struct check_world *w, unsigned reg)
{
  return w->reg[reg].saw.record != 0;
}

/* ---- queues ---- */

void check_enable_base(struct check *c, const char *queue, uint64_t base, unsigned entry_log2,
                       unsigned log2_most)
{
  unsigned log2 = (unsigned)bits_get(base, 4, 0);
  uint64_t bytes = 1ULL << (log2 + entry_log2), addr = base & bits_mask(55, 5);

  if (log2 > log2_most)
    check_tell(c, CHECK_QUEUE_SIZE, NULL, "%s has 2^%u entries, 2^%u is the most", queue, log2,
               log2_most);
  else if (addr & (bytes - 1))
    check_tell(c, CHECK_QUEUE_ALIGNMENT, NULL, "%s has 0x%llx bytes, and 0x%llx is no multiple",
               queue, (unsigned long long)bytes, (unsigned long long)addr);
}

static const struct queue {
  const char *name;
  uint64_t enable;
  uint8_t base, prod, cons, entry_log2, size_hi, size_lo; /* registers; the size's field in IDR1 */
} queues[] = {
  { "CMDQ", 1ULL << CR0_CMDQEN_LO, R_CMDQ_BASE, R_CMDQ_PROD, R_CMDQ_CONS, 4, IDR1_CMDQS_HI,
    IDR1_CMDQS_LO },
  { "EVENTQ", 1ULL << CR0_EVENTQEN_LO, R_EVENTQ_BASE, R_EVENTQ_PROD, R_EVENTQ_CONS, 5,
    IDR1_EVENTQS_HI, IDR1_EVENTQS_LO },
  { "PRIQ", 1ULL << CR0_PRIQEN_LO, R_PRIQ_BASE, R_PRIQ_PROD, R_PRIQ_CONS, 4, IDR1_PRIQS_HI,
    IDR1_PRIQS_LO },
};

enum { QUEUES = sizeof queues / sizeof queues[0], LOG2_MOST = 19 };

static void check_base(struct check *c, const struct check_world *w, unsigned reg, uint64_t value)
{
  for (unsigned i = 0; i < QUEUES; i++) {
    const struct queue *q = &queues[i];
    unsigned most = was_read(w, R_IDR1)
                      ? (unsigned)bits_get(w->reg[R_IDR1].read, q->size_hi, q->size_lo)
                      : LOG2_MOST;

    if (reg == q->base)
      check_enable_base(c, q->name, value, q->entry_log2, most);
  }
}

static void check_queue_enabled(struct check *c, const struct check_world *w, const struct queue *q)
{
  const struct check_register *base = &w->reg[q->base], *prod = &w->reg[q->prod],
                              *cons = &w->reg[q->cons];
  uint32_t size = 1u << bits_get(base->written, 4, 0), used;

  if (!was_written(w, q->base)) {
    check_tell(c, CHECK_QUEUE_NOWHERE, NULL, "%s_BASE was never written", q->name);
    return;
  }
  if (prod->wrote.record < base->wrote.record || cons->wrote.record < base->wrote.record) {
    check_tell(c, CHECK_QUEUE_INDICES, NULL, "%s_%s was not written since %s_BASE", q->name,
               prod->wrote.record < base->wrote.record ? "PROD" : "CONS", q->name);
    return;
  }
  used = (uint32_t)(prod->written - cons->written) & (2 * size - 1);
  if (used > size)
    check_tell(c, CHECK_QUEUE_INDICES, NULL, "%s_PROD is 0x%llx and %s_CONS 0x%llx, of %u entries",
               q->name, (unsigned long long)prod->written, q->name,
               (unsigned long long)cons->written, size);
}

/* ---- the Stream table ---- */

static const char *format_problem(const struct check_world *w, uint64_t cfg)
{
  uint64_t fmt = GET(STRTAB_BASE_CFG, FMT, cfg), split = GET(STRTAB_BASE_CFG, SPLIT, cfg);

  if (fmt > 1)
    return "a FMT that is reserved";
  if (fmt == 1 && was_read(w, R_IDR0) && GET(IDR0, ST_LEVEL, w->reg[R_IDR0].read) == 0)
    return "two levels, which IDR0.ST_LEVEL has not";
  if (fmt == 1 && split != 6 && split != 8 && split != 10)
    return "a SPLIT that is reserved";
  return NULL;
}

static void check_table(struct check *c, const struct check_world *w)
{
  uint64_t cfg = w->reg[R_STRTAB_BASE_CFG].written;
  uint64_t addr = w->reg[R_STRTAB_BASE].written & MASK(STRTAB_BASE, ADDR);
  unsigned log2 = (unsigned)GET(STRTAB_BASE_CFG, LOG2SIZE, cfg);
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, cfg), bytes_log2 = log2 + STE_LOG2;
  const char *problem = format_problem(w, cfg);

  if (!was_written(w, R_STRTAB_BASE) || !was_written(w, R_STRTAB_BASE_CFG)) {
    check_tell(c, CHECK_TABLE_NOWHERE, NULL, "%s was never written",
               was_written(w, R_STRTAB_BASE) ? "STRTAB_BASE_CFG" : "STRTAB_BASE");
    return;
  }
  if (problem) {
    check_tell(c, CHECK_TABLE_FORMAT, NULL, "STRTAB_BASE_CFG = 0x%llx has %s",
               (unsigned long long)cfg, problem);
    return;
  }
  if (GET(STRTAB_BASE_CFG, FMT, cfg) == 1)
    bytes_log2 = (log2 > split ? log2 - split : 0) + L1STD_LOG2;
  bytes_log2 = bytes_log2 < STE_LOG2 ? STE_LOG2 : bytes_log2;
  if (addr & ((1ULL << bytes_log2) - 1))
    check_tell(c, CHECK_TABLE_ALIGNMENT, NULL, "STRTAB_BASE = 0x%llx is no multiple of 2^%u bytes",
               (unsigned long long)addr, bytes_log2);
}

/* ---- what was cached before ---- */

void check_enable_consumed(struct check_world *w, const struct check_command *command)
{
  const uint64_t *words = command->words;
  bool el1_only = was_read(w, R_IDR0) && !GET(IDR0, S2P, w->reg[R_IDR0].read);

  switch (FGET(CMD, Opcode, words)) {
  case CMD_CFGI_STE_RANGE:
    if (FGET(CFGI_STE_RANGE, Range, words) == RANGE_ALL)
      w->forgetting |= FORGOT_STES;
    break;
  case CMD_TLBI_NH_ALL:
    if (el1_only)
      w->forgetting |= FORGOT_EL1;
    break;
  case CMD_TLBI_NSNH_ALL: w->forgetting |= FORGOT_EL1; break;
  case CMD_TLBI_EL2_ALL: w->forgetting |= FORGOT_EL2; break;
  case CMD_SYNC: w->forgot |= w->forgetting; break;
  default: break;
  }
}

static void check_forgotten(struct check *c, struct check_world *w)
{
  unsigned need = FORGOT_STES | FORGOT_EL1, lacks;

  if (was_read(w, R_IDR0) && GET(IDR0, HYP, w->reg[R_IDR0].read))
    need |= FORGOT_EL2;
  lacks = need & ~w->forgot;
  if (lacks && !w->started)
    check_tell(c, CHECK_START_CACHED, NULL, "not known complete:%s%s%s",
               lacks & FORGOT_STES ? " CFGI_ALL" : "", lacks & FORGOT_EL1 ? " TLBI_NSNH_ALL" : "",
               lacks & FORGOT_EL2 ? " TLBI_EL2_ALL" : "");
  w->started = true;
}

/* ---- registers ---- */

static void write_cr0(struct check *c, struct check_world *w, uint64_t value)
{
  uint64_t on = value & ~w->reg[R_CR0].written;

  if (on && !was_written(w, R_CR1))
    check_tell(c, CHECK_ATTRIBUTES_UNSET, NULL, "CR0 = 0x%llx, and CR1 was never written",
               (unsigned long long)value);
  for (unsigned i = 0; i < QUEUES; i++) {
    if (on & queues[i].enable)
      check_queue_enabled(c, w, &queues[i]);
  }
  if (!(on & MASK(CR0, SMMUEN)))
    return;
  check_table(c, w);
  check_forgotten(c, w);
  if (!(value & MASK(CR0, EVENTQEN)))
    check_tell(c, CHECK_EVENTS_OFF, NULL, "CR0 = 0x%llx", (unsigned long long)value);
}

/* Software knows that an update is over when it has read Update as 0. */
static void write_gbpa(struct check *c, struct check_world *w, uint64_t value)
{
  const struct check_register *gbpa = &w->reg[R_GBPA];
  bool updates = gbpa->wrote.record && GET(GBPA, Update, gbpa->written);

  if (!GET(GBPA, Update, value))
    check_tell(c, CHECK_GBPA_NO_UPDATE, NULL, "GBPA = 0x%llx", (unsigned long long)value);
  else if (updates && (gbpa->saw.record < gbpa->wrote.record || GET(GBPA, Update, gbpa->read)))
    check_tell(c, CHECK_GBPA_BUSY, NULL,
               "GBPA = 0x%llx, and Update was not read as 0 since 0x%llx was written",
               (unsigned long long)value, (unsigned long long)gbpa->written);
}

void check_enable_write(struct check *c, struct check_world *w, unsigned reg, uint64_t value)
{
  if (reg == R_CR0)
    write_cr0(c, w, value);
  else if (reg == R_GBPA)
    write_gbpa(c, w, value);
  else
    check_base(c, w, reg, value);
}

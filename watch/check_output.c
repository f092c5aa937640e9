/* Rules of the queues that the SMMU writes, and of its errors: what software tells it back. IHI 0070
 * 3.21.2, 7.4, 8.1 (event and PRI queue), 7.1, 7.5, 6.3.20 (errors), 6.3.16 (IRQ_CTRL). */
#include "watch/check_state.h"

/* OVFLG, OVACKFLG. */
enum { FLAG = 31 };

static const struct output {
  const char *name;
  uint64_t enable;
  uint8_t base, prod, cons;
} outputs[CHECK_OUTPUTS] = {
  { "EVENTQ", 1ULL << CR0_EVENTQEN_LO, R_EVENTQ_BASE, R_EVENTQ_PROD, R_EVENTQ_CONS },
  { "PRIQ", 1ULL << CR0_PRIQEN_LO, R_PRIQ_BASE, R_PRIQ_PROD, R_PRIQ_CONS },
};

/* ---- event and PRI queue ---- */

static bool overflows(const struct check_output *o)
{
  return (o->prod ^ o->cons) >> FLAG & 1;
}

static void ignored(struct check *c, const struct output *name, struct check_output *o)
{
  if (o->emptied)
    check_tell(c, CHECK_OVERFLOW_IGNORED, &o->emptied_at,
               "%s_CONS took all records, and its OVACKFLG is still not OVFLG", name->name);
  o->emptied = false;
}

static void read_prod(struct check *c, const struct output *name, struct check_output *o,
                      uint64_t value)
{
  bool again = overflows(o);

  o->prod = (uint32_t)value;
  if (again && overflows(o))
    ignored(c, name, o);
}

static void write_cons(struct check *c, const struct check_world *w, const struct output *name,
                       struct check_output *o, uint64_t value)
{
  uint32_t mask = (2u << bits_get(w->reg[name->base].written, 4, 0)) - 1, cons = (uint32_t)value;
  bool enabled = w->reg[R_CR0].written & name->enable, overflowed = overflows(o);

  if (enabled && ((cons - o->cons) & mask) > ((o->prod - o->cons) & mask))
    check_tell(c, CHECK_OUTPUT_CONS, NULL,
               "%s_CONS goes from 0x%x to 0x%x, and PROD was read as 0x%x", name->name,
               o->cons & mask, cons & mask, o->prod & mask);
  if (enabled && !overflowed && (cons ^ o->cons) >> FLAG & 1)
    check_tell(c, CHECK_OVERFLOW_INVENTED, NULL, "%s_CONS.OVACKFLG = %u", name->name,
               cons >> FLAG & 1);
  o->cons = cons;
  o->emptied = enabled && overflowed && overflows(o) && ((cons ^ o->prod) & mask) == 0;
  o->emptied_at = c->now;
}

/* ---- errors ---- */

/* GERRORN as it is: what was written last, or was read since. */
static uint64_t acknowledged(const struct check_world *w)
{
  const struct check_register *n = &w->reg[R_GERRORN];

  return n->saw.record > n->wrote.record ? n->read : n->written;
}

static void read_gerror(struct check *c, struct check_world *w, uint64_t value)
{
  if (((value ^ acknowledged(w)) & smmu_reg_rows[R_GERRORN].rw) == 0)
    w->error.record = 0;
  else if (w->error.record == 0)
    w->error = c->now;
}

static void write_gerrorn(struct check *c, struct check_world *w, uint64_t value)
{
  const struct check_register *gerror = &w->reg[R_GERROR];
  uint64_t old = acknowledged(w), toggled = (value ^ old) & smmu_reg_rows[R_GERRORN].rw;
  uint64_t active = gerror->saw.record ? gerror->read ^ old : 0;

  if (toggled & ~active)
    check_tell(c, CHECK_ERROR_INVENTED, NULL, "GERRORN goes from 0x%llx to 0x%llx, GERROR was %s",
               (unsigned long long)old, (unsigned long long)value,
               gerror->saw.record ? "read without that error" : "never read");
  if (toggled & active & MASK(GERRORN, CMDQ_ERR) && w->queues)
    check_queue_restarted(c, &w->queue[0], w->error.record);
  if (((gerror->read ^ value) & smmu_reg_rows[R_GERRORN].rw) == 0)
    w->error.record = 0;
}

/* ---- interrupts ---- */

static void write_irq_ctrl(struct check *c, const struct check_world *w, uint64_t value)
{
  const struct check_register *ctrl = &w->reg[R_IRQ_CTRL], *ack = &w->reg[R_IRQ_CTRLACK];
  uint64_t open = ctrl->wrote.record ? ctrl->written ^ ack->read : 0;

  if (open & (value ^ ctrl->written))
    check_tell(c, CHECK_IRQ_UNACKNOWLEDGED, NULL,
               "IRQ_CTRL = 0x%llx is written; of 0x%llx before it IRQ_CTRLACK has not shown 0x%llx",
               (unsigned long long)value, (unsigned long long)ctrl->written,
               (unsigned long long)open);
}

/* ---- registers ---- */

void check_output_write(struct check *c, struct check_world *w, unsigned reg, uint64_t value)
{
  for (unsigned i = 0; i < CHECK_OUTPUTS; i++) {
    if (reg == outputs[i].cons)
      write_cons(c, w, &outputs[i], &w->output[i], value);
    else if (reg == outputs[i].prod)
      w->output[i].prod = (uint32_t)value;
  }
  if (reg == R_GERRORN)
    write_gerrorn(c, w, value);
  else if (reg == R_IRQ_CTRL)
    write_irq_ctrl(c, w, value);
}

void check_output_read(struct check *c, struct check_world *w, unsigned reg, uint64_t value)
{
  for (unsigned i = 0; i < CHECK_OUTPUTS; i++) {
    if (reg == outputs[i].prod)
      read_prod(c, &outputs[i], &w->output[i], value);
  }
  if (reg == R_GERROR)
    read_gerror(c, w, value);
}

void check_output_end(struct check *c, struct check_world *w)
{
  for (unsigned i = 0; i < CHECK_OUTPUTS; i++)
    ignored(c, &outputs[i], &w->output[i]);
  if (w->error.record)
    check_tell(c, CHECK_ERROR_IGNORED, &w->error, "GERROR was 0x%llx, and GERRORN is 0x%llx",
               (unsigned long long)w->reg[R_GERROR].read, (unsigned long long)acknowledged(w));
}

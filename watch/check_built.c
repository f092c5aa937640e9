/* The hooks of what a world has built: it counts from SMMUEN on, and not when that is off. IHI 0070
 * 3.21.3, 6.3.9, 6.3.24, 6.3.25. */
#include <stdlib.h>

#include "util/bits.h"
#include "watch/check_built.h"

enum { FMT_TWO_LEVELS = 1, LOG2_MOST = 32 };

static struct check_built *built_of(struct check *c, struct check_world *w)
{
  if (w->built)
    return w->built;
  w->built = calloc(1, sizeof *w->built);
  if (w->built)
    w->built->sent = calloc(CHECK_SENT, sizeof *w->built->sent);
  if (!w->built || !w->built->sent)
    c->failed = true;
  return c->failed ? NULL : w->built;
}

void check_built_destroy(struct check_world *w)
{
  struct check_built *b = w->built;

  if (!b)
    return;
  check_areas_clear(b);
  free(b->area);
  free(b->debt);
  free(b->edit);
  free(b->sent);
  free(b->owner[0]);
  free(b->owner[1]);
  free(b->ats);
  free(b->made);
  free(b->fault);
  free(b);
  w->built = NULL;
}

/* ---- on and off ---- */

static void enable(struct check *c, struct check_world *w)
{
  uint64_t base = w->reg[R_STRTAB_BASE].written, config = w->reg[R_STRTAB_BASE_CFG].written;
  unsigned log2 = (unsigned)GET(STRTAB_BASE_CFG, LOG2SIZE, config);
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, config);
  struct check_area like = { .kind = AREA_STE }, *area;

  check_legal_features(w);
  log2 = log2 < LOG2_MOST ? log2 : LOG2_MOST;
  like.bytes = (uint64_t)CHECK_STRUCTURE << log2;
  if (GET(STRTAB_BASE_CFG, FMT, config) == FMT_TWO_LEVELS) {
    like.kind = AREA_L1STD;
    like.bytes = log2 > split ? 8ULL << (log2 - split) : 8;
  }
  like.base = base & bits_mask(STRTAB_BASE_ADDR_HI, STRTAB_BASE_ADDR_LO) & ~(like.bytes - 1);
  if (check_area_link(c, w->built, &like, &area))
    check_area_enter(c, w, area, true);
  w->built->enabled = true;
}

static void disable(struct check_built *b)
{
  check_areas_clear(b);
  b->debts = b->edits = b->atss = b->faults = b->ssid_top = 0;
  b->enabled = false;
}

void check_built_register(struct check *c, struct check_world *w, uint64_t offset)
{
  struct check_built *b;
  bool on = GET(CR0, SMMUEN, w->reg[R_CR0].written);

  if (offset == OFF_PRIQ_CONS && w->built)
    check_fault_taken(c, w);
  if (offset != OFF_CR0)
    return;
  b = built_of(c, w);
  if (b && on && !b->enabled)
    enable(c, w);
  else if (b && !on && b->enabled)
    disable(b);
}

/* ---- what happens ---- */

void check_built_stored(struct check *c, struct check_world *w, const struct check_word *x)
{
  struct check_area *area;

  if (!w->built || !w->built->enabled)
    return;
  area = check_area_at(w->built, x->addr);
  if (!area || !area->holders || area->mixed)
    return;
  if (area->kind == AREA_TABLE)
    check_table_stored(c, w, area, x);
  else
    check_structure_stored(c, w, area, x);
}

void check_built_submitted(struct check *c, struct check_world *w, const struct check_queue *q,
                           const struct check_command *command)
{
  if (w->built && w->built->enabled)
    check_debt_command(c, w, (uint32_t)(q - w->queue), command);
  if (w->built && w->built->enabled)
    check_fault_answered(c, w, command);
}

void check_built_consumed(struct check_world *w, const struct check_queue *q,
                          const struct check_command *command)
{
  if (w->built && FGET(CMD, Opcode, command->words) == CMD_SYNC)
    check_debt_consumed(w, (uint32_t)(q - w->queue), command->number);
}

void check_built_broadcast(struct check *c, struct check_world *w, const struct smmu_record *r)
{
  if (w->built && w->built->enabled)
    check_debt_broadcast(c, w, r);
}

void check_built_recorded(struct check *c, struct check_world *w, const struct smmu_record *r)
{
  if (w->built && w->built->enabled)
    check_fault_recorded(c, w, r);
}

void check_built_noted(struct check *c, struct check_world *w, const struct plat_note *n)
{
  if (built_of(c, w))
    check_due_note(c, w, n);
}

void check_built_end(struct check *c, struct check_world *w)
{
  if (w->built && w->built->enabled)
    check_due_end(c, w);
  if (w->built && w->built->enabled)
    check_fault_end(c, w);
}

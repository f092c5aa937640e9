/* Names and neutral values of costs; names of notes and operations. */
#include "plat/plat.h"

static const struct {
  const char *key, *what;
  uint64_t neutral_ps;
} costs_table[] = {
#define COST(name, key, neutral_ps, what) { key, what, neutral_ps },
#include "plat/costs.def"
#undef COST
};

void plat_costs_neutral(struct plat_costs *costs)
{
  for (unsigned i = 0; i < PLAT_COST_COUNT; i++)
    costs->ps[i] = costs_table[i].neutral_ps;
}

const char *plat_cost_key(unsigned cost)
{
  return cost < PLAT_COST_COUNT ? costs_table[cost].key : "?";
}

const char *plat_cost_what(unsigned cost)
{
  return cost < PLAT_COST_COUNT ? costs_table[cost].what : "?";
}

#define X(name, text) text,

const char *plat_note_name(unsigned kind)
{
  static const char *const names[] = { PLAT_NOTE_LIST(X) };

  return kind < PLAT_NOTE_COUNT ? names[kind] : "?";
}

const char *plat_operation_name(unsigned operation)
{
  static const char *const names[] = { PLAT_OPERATION_LIST(X) };

  return operation < PLAT_OP_COUNT ? names[operation] : "?";
}

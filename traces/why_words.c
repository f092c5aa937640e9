/* Numbers of a recording to words, and what is known of words. */
#include <inttypes.h>
#include <string.h>

#include "traces/why_internal.h"

static uint64_t find(const struct smt_names *names, enum smt_kind kind, const char *text)
{
  uint64_t number;

  return smt_names_number(names, kind, text, &number) ? number : UINT64_MAX;
}

static unsigned find_operation(const struct why_list *list, const char *name)
{
  for (unsigned i = 0; i < list->kinds; i++)
    if (strcmp(list->kind[i].name, name) == 0)
      return i;
  return UINT32_MAX;
}

void why_words_init(struct why_words *words, const struct why_list *list)
{
  const struct smt_names *names = &smt_reader_head(list->reader)->names;

  *words = (struct why_words){
    .charge = find(names, SMT_CATEGORY, "charge"),
    .sleep = find(names, SMT_CATEGORY, "sleep"),
    .span = find(names, SMT_CATEGORY, "span"),
    .note = find(names, SMT_CATEGORY, "note"),
    .store = find(names, SMT_CATEGORY, "store"),
    .store_reg = find(names, SMT_CATEGORY, "store-reg"),
    .sync = find(names, SMT_CATEGORY, "sync"),
    .begin = find(names, SMT_NOTE, "begin"),
    .end = find(names, SMT_NOTE, "end"),
    .cmd_fetch = find(names, SMT_STAGE, "cmd-fetch"),
    .wait = find(names, SMT_ASK, "wait"),
    .line_move = find(names, SMT_COST, "cpu.line_move"),
    .lock_wait = find_operation(list, "lock-wait"),
    .big_lock = find_operation(list, "big-lock"),
    .sync_wait = find_operation(list, "sync-wait"),
    .exit = find_operation(list, "exit"),
  };
}

const char *why_list_cpu(const struct why_list *list, unsigned cpu, char text[64])
{
  const char *name = smt_names_find(&smt_reader_head(list->reader)->names, SMT_CPU, cpu);

  if (name)
    snprintf(text, 64, "%.63s", name);
  else
    snprintf(text, 64, "CPU %u", cpu);
  return text;
}

/* ---- parts and nodes ---- */

const char *why_cause_name(unsigned cause)
{
  static const char *const names[WHY_CAUSES] = {
    "work", "lock", "handover", "device", "queued", "drain", "woken", "late", "asleep", "unknown"
  };

  return cause < WHY_CAUSES ? names[cause] : "?";
}

void why_node_text(const struct why_list *list, const struct why_op *op, char text[WHY_TEXT])
{
  const char *name = list->kind[op->kind].name;
  char address[40];

  if (op->kind != list->words.exit) {
    snprintf(text, WHY_TEXT, "%.80s", name);
    return;
  }
  smt_address_name(&smt_reader_head(list->reader)->names, op->argument, address, sizeof(address));
  snprintf(text, WHY_TEXT, "%.40s, %s %s", name,
           op->writes       ? "write of"
           : list->accesses ? "read of"
                            : "access to",
           address);
}

static const char *name_of(const struct why_list *list, enum smt_kind kind, uint64_t number)
{
  const char *name = smt_names_find(&smt_reader_head(list->reader)->names, kind, number);

  return name ? name : "?";
}

void why_part_text(const struct why_list *list, const struct why_stretch *s, char text[WHY_TEXT])
{
  const struct why_key *key = &s->key;
  const char *stage = name_of(list, SMT_STAGE, key->what);
  char cpu[64], whose[80] = "";

  if (key->other != WHY_NONE) {
    why_list_cpu(list, key->other, cpu);
    snprintf(whose, sizeof(whose), ", command of %s", cpu);
  }
  switch ((enum why_cause)key->cause) {
  case WHY_WORK: snprintf(text, WHY_TEXT, "%.80s", name_of(list, SMT_COST, key->what)); break;
  case WHY_LOCK: snprintf(text, WHY_TEXT, "big lock, held by %s", cpu); break;
  case WHY_HANDOVER: snprintf(text, WHY_TEXT, "big lock, held by nobody: changing hands"); break;
  case WHY_DEVICE: snprintf(text, WHY_TEXT, "SMMU: %.40s%.40s", stage, whose); break;
  case WHY_QUEUED: snprintf(text, WHY_TEXT, "SMMU: waits for %.36s%.36s", stage, whose); break;
  case WHY_DRAIN: snprintf(text, WHY_TEXT, "SMMU: drains transactions%.40s", whose); break;
  case WHY_WOKEN: snprintf(text, WHY_TEXT, "asleep, woken by %s", cpu); break;
  case WHY_LATE: snprintf(text, WHY_TEXT, "asleep, CMD_SYNC was complete"); break;
  case WHY_ASLEEP: snprintf(text, WHY_TEXT, "asleep"); break;
  case WHY_UNKNOWN:
  case WHY_CAUSES: snprintf(text, WHY_TEXT, "not recorded"); break;
  }
}

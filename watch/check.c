/* A check from beginning to end, and which file each record goes to. */
#include "watch/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plat/board.h"
#include "watch/check_built.h"

enum { TEXT_MOST = 512 };

static const struct {
  const char *id, *section, *message;
  enum check_weight weight;
} rules[CHECK_RULES] = {
#define RULE(name, id, weight, section, message) { id, section, message, CHECK_##weight },
#include "watch/rules.def"
#undef RULE
};

const char *check_rule_id(unsigned rule)
{
  return rule < CHECK_RULES ? rules[rule].id : "?";
}

enum check_weight check_rule_weight(unsigned rule)
{
  return rule < CHECK_RULES ? rules[rule].weight : CHECK_FINDING;
}

const char *check_rule_section(unsigned rule)
{
  return rule < CHECK_RULES ? rules[rule].section : "?";
}

const char *check_rule_message(unsigned rule)
{
  return rule < CHECK_RULES ? rules[rule].message : "?";
}

unsigned check_rule_by_id(const char *id)
{
  unsigned rule = 0;

  while (rule < CHECK_RULES && strcmp(rules[rule].id, id) != 0)
    rule++;
  return rule;
}

struct check *check_create(const struct check_options *options)
{
  struct check *c = calloc(1, sizeof *c);

  if (!c)
    return NULL;
  if (options)
    c->options = *options;
  check_command_masks(c->command_mask);
  if (!c->options.smmu)
    c->options.smmu = PLAT_SMMU_BASE;
  if (!c->options.cmdqv)
    c->options.cmdqv = PLAT_CMDQV_BASE;
  return c;
}

void check_destroy(struct check *c)
{
  if (!c)
    return;
  for (unsigned i = 0; i < CHECK_WORLDS; i++) {
    check_queues_destroy(&c->world[i]);
    check_memory_destroy(&c->world[i]);
    check_built_destroy(&c->world[i]);
    free(c->world[i].cpu);
    free(c->world[i].cmdqv);
  }
  free(c->barrier);
  free(c);
}

void check_tell(struct check *c, unsigned rule, const struct check_at *at, const char *format, ...)
{
  char text[TEXT_MOST];
  struct check_finding f = { .rule = rule, .text = text };
  va_list args;

  c->count[rule]++;
  if (!c->options.finding)
    return;
  if (!at)
    at = &c->now;
  f.record = at->record;
  f.time = at->time;
  f.place = at->place;
  f.cpu = at->cpu;
  f.world = at->world;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  c->options.finding(c->options.ctx, &f);
}

/* ---- to the families ---- */

void check_stored(struct check *c, struct check_world *w, const struct check_word *x)
{
  check_queue_stored(c, w, x);
  check_built_stored(c, w, x);
}

void check_submitted(struct check *c, struct check_world *w, struct check_queue *q,
                     const struct check_command *command)
{
  check_command_submitted(c, w, q, command);
  check_advice_submitted(c, w, q, command);
  check_wait_submitted(c, w, q, command);
  check_built_submitted(c, w, q, command);
}

void check_consumed(struct check *c, struct check_world *w, struct check_queue *q,
                    const struct check_command *command)
{
  (void)c;
  check_enable_consumed(w, command);
  check_built_consumed(w, q, command);
}

void check_noted(struct check *c, struct check_world *w, const struct plat_note *n)
{
  check_wait_noted(c, w, n);
  check_built_noted(c, w, n);
}

/* ---- from records ---- */

static struct check_world *world_of(struct check *c, const struct smmu_record *r)
{
  struct check_world *w = r->unit < CHECK_WORLDS ? &c->world[r->unit] : NULL;

  if (w && !w->active) {
    w->active = true;
    w->number = r->unit;
    check_register_start(w);
  }
  return w;
}

static void of_register(struct check *c, struct check_world *w, const struct smmu_record *r)
{
  uint64_t base = c->options.smmu, offset = r->addr_in - base;
  bool smmu = r->addr_in >= base && offset < CHECK_SMMU_BYTES && !check_block_is_page_set(offset);

  if (r->category == SMMU_TRACE_STORE_REG) {
    if (smmu)
      check_register_write(c, w, offset, r->word, r->info);
    else
      check_block_write(c, w, r->addr_in, r->word, r->info);
    if (smmu)
      check_built_register(c, w, offset);
    check_cmdqv_write(c, w, r->addr_in, r->word);
    check_queue_write(c, w, r->addr_in, r->word, r->info);
  } else {
    if (smmu)
      check_register_read(c, w, offset, r->word, r->info);
    else
      check_block_read(c, w, r->addr_in, r->info);
    check_cmdqv_read(c, w, r->addr_in, r->word);
    check_queue_read(c, w, r->addr_in, r->word, r->info);
  }
}

static void of_software(struct check *c, const struct smmu_record *r)
{
  struct check_world *w = world_of(c, r);
  struct plat_note note;
  const struct check_word *x;

  if (!w)
    return;
  c->now.time = r->time;
  c->now.place = r->slot;
  c->now.cpu = r->actor;
  c->now.world = r->unit;
  c->record = r;
  if (r->category == SMMU_TRACE_STORE) {
    x = check_memory_store(c, w, r->addr_out, r->word);
    if (x)
      check_stored(c, w, x);
  } else if (r->category == SMMU_TRACE_NOTE) {
    note = (struct plat_note){ r->result, 0, r->addr_in, r->addr_out, r->word };
    check_noted(c, w, &note);
  } else {
    of_register(c, w, r);
  }
}

/* Broadcasts are the host's, though the device tells of them. */
static void of_broadcast(struct check *c, const struct smmu_record *r)
{
  c->record = r;
  c->now = (struct check_at){ .record = c->now.record, .time = r->time };
  check_built_broadcast(c, &c->world[0], r);
}

void check_skip(struct check *c, uint64_t records)
{
  c->now.record += records;
}

void check_record(void *check, const struct smmu_record *r)
{
  struct check *c = check;

  c->now.record++;
  if (watch_is_of_time(r) || c->failed)
    return;
  switch (r->category) {
  case SMMU_TRACE_STORE:
  case SMMU_TRACE_STORE_REG:
  case SMMU_TRACE_LOAD_REG:
  case SMMU_TRACE_NOTE: of_software(c, r); break;
  case SMMU_TRACE_SYNC:
    if (r->addr_out)
      check_wait_synced(c, r);
    else
      of_broadcast(c, r);
    break;
  case SMMU_TRACE_BROADCAST: of_broadcast(c, r); break;
  case SMMU_TRACE_EVENT:
  case SMMU_TRACE_PAGE_QUEUED: check_built_recorded(c, &c->world[0], r); break;
  case SMMU_TRACE_CHARGE:
    if (r->result == PLAT_COST_BARRIER)
      check_barrier(c, r->actor);
    break;
  default: break;
  }
}

void check_end(struct check *c)
{
  for (unsigned i = 0; i < CHECK_WORLDS; i++) {
    check_output_end(c, &c->world[i]);
    check_built_end(c, &c->world[i]);
  }
}

uint64_t check_count(const struct check *c, unsigned rule)
{
  return rule < CHECK_RULES ? c->count[rule] : 0;
}

uint64_t check_findings(const struct check *c, enum check_weight weight)
{
  uint64_t sum = 0;

  for (unsigned i = 0; i < CHECK_RULES; i++)
    sum += rules[i].weight == weight ? c->count[i] : 0;
  return sum;
}

bool check_failed(const struct check *c)
{
  return c->failed;
}

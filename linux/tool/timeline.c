/* Two columns in the order of time: what the driver logged and wrote to registers, and what the model
 * made of it. Polls are not shown, nor writes to the indices of queues: commands speak for them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arch/cmd.h"
#include "arch/event.h"
#include "arch/regs.h"
#include "linux_tool/linux_tool.h"
#include "smmu/cmdqv.h"
#include "tools/places.h"
#include "tools/ui.h"

enum { TEXT = 512, TRANSACTIONS = 512 };

struct timeline {
  const struct machine_sink *to;
  struct watch_places *places;
  unsigned world, most, lost;
  json_t *lines, *said, *commands;
  uint64_t mmio_reads, mmio_writes, stores, syncs, translations, faults, events, errors;
  uint32_t ids;               /* ID registers that were read */
  uint8_t kind[TRANSACTIONS]; /* enum smmu_txn_kind, of each transaction slot */
};

struct timeline *timeline_create(const struct machine_sink *to, struct watch_places *places,
                                 unsigned world, unsigned most)
{
  struct timeline *t = calloc(1, sizeof *t);

  if (!t)
    return NULL;
  t->to = to;
  t->places = places;
  t->world = world;
  t->most = most;
  t->lines = json_array();
  t->said = json_array();
  t->commands = json_object();
  return t;
}

void timeline_destroy(struct timeline *t)
{
  if (!t)
    return;
  json_decref(t->lines);
  json_decref(t->said);
  json_decref(t->commands);
  free(t);
}

static void add(struct timeline *t, uint64_t time, const char *who, const char *text)
{
  if (json_array_size(t->lines) >= t->most) {
    t->lost++;
    return;
  }
  json_array_append_new(
    t->lines, json_pack("{s:I, s:s, s:s}", "time_ps", (json_int_t)time, "who", who, "text", text));
}

void timeline_log(void *timeline, uint64_t time_ps, unsigned cpu, int level, const char *line)
{
  static const char *const levels[] = { "EMERG", "ALERT", "CRIT", "ERR", "WARN" };
  struct timeline *t = timeline;
  char text[TEXT];

  (void)cpu;
  snprintf(text, sizeof text, "%s%s%s", level < 5 ? levels[level] : "", level < 5 ? ": " : "",
           line);
  json_array_append_new(t->said, json_string(text));
  add(t, time_ps, "driver", text);
}

/* A register access of the driver, and where it is. */
static void add_access(struct timeline *t, const struct smmu_record *r, const char *what)
{
  char text[TEXT], place[WATCH_PLACE_TEXT];
  const char *space, *file;

  places_text(t->places, r->slot, place, sizeof place);
  space = strchr(place, ' ');
  file = strrchr(place, '/');
  snprintf(text, sizeof text, "%-32.200s %.*s %.100s", what, space ? (int)(space - place) : 0,
           place, file ? file + 1 : "");
  add(t, r->time, "driver", text);
}

/* The extension's registers have no table of names here; the index that each queue is told by is not
 * shown. */
static void on_extension(struct timeline *t, const struct smmu_record *r)
{
  uint64_t offset = r->addr_in - PLAT_CMDQV_BASE;
  char text[TEXT];

  if (offset >= SMMU_CMDQV_PAGE && offset % SMMU_CMDQV_SLOT == 4)
    return;
  snprintf(text, sizeof text, "CMDQV + 0x%" PRIx64 " = 0x%" PRIx64, offset, r->word);
  add_access(t, r, text);
}

/* A write to the configuration space of a PCI function. */
static void on_function(struct timeline *t, const struct smmu_record *r)
{
  uint64_t offset = r->addr_in - LX_ECAM_BASE;
  char text[TEXT];

  snprintf(text, sizeof text, "function 0x%" PRIx64 ": %s = 0x%" PRIx64, offset >> 12,
           lx_function_register((unsigned)(offset & 0xfff)), r->word);
  add_access(t, r, text);
}

static void on_register(struct timeline *t, const struct smmu_record *r, bool write)
{
  int reg = smmu_reg_by_offset(r->addr_in - PLAT_SMMU_BASE);
  char text[TEXT];

  if (r->unit != t->world)
    return;
  t->mmio_writes += write;
  t->mmio_reads += !write;
  if (write && r->addr_in >= PLAT_CMDQV_BASE && r->addr_in < PLAT_PMCG_BASE)
    on_extension(t, r);
  if (write && r->addr_in >= LX_ECAM_BASE && r->addr_in < LX_ECAM_END)
    on_function(t, r);
  if (reg < 0)
    return;
  if (!write) {
    if (smmu_reg_rows[reg].hook != HOOK_ID || reg >= 32 || t->ids >> reg & 1)
      return;
    t->ids |= 1u << reg;
  }
  if (reg == R_CMDQ_PROD || reg == R_EVENTQ_CONS || reg == R_PRIQ_CONS)
    return;
  snprintf(text, sizeof text, "%s%s = 0x%" PRIx64, write ? "" : "reads ", smmu_reg_rows[reg].name,
           r->word);
  add_access(t, r, text);
}

static void on_command(struct timeline *t, const struct smmu_record *r)
{
  const uint64_t words[2] = { r->addr_out, r->word };
  const char *name = smmu_cmd_name((uint8_t)r->addr_out);
  char text[TEXT];
  size_t length;
  json_t *count;

  name = name ? name : "reserved";
  count = json_object_get(t->commands, name);
  json_object_set_new(t->commands, name, json_integer(json_integer_value(count) + 1));
  length = r->unit ? (size_t)snprintf(text, sizeof text, "(queue %u) ", r->unit) : 0;
  smmu_cmd_print(words, text + length, sizeof text - length);
  add(t, r->time, "model", text);
}

static void on_answer(struct timeline *t, const struct smmu_record *r)
{
  unsigned kind = t->kind[r->actor % TRANSACTIONS];
  bool request = kind == SMMU_TXN_ATS_REQUEST;
  char text[TEXT], pasid[32] = "";

  t->translations++;
  if (r->ssid)
    snprintf(pasid, sizeof pasid, " PASID %u", r->ssid);
  if (r->result == SMMU_STATUS_OK && (!request || r->perm))
    snprintf(text, sizeof text, "stream 0x%x%s: %s0x%" PRIx64 " -> 0x%" PRIx64 "%s", r->sid, pasid,
             request ? "asks for " : "", r->addr_in, r->addr_out,
             kind == SMMU_TXN_ATS_TRANSLATED ? ", translated by its ATC" : "");
  else
    snprintf(text, sizeof text, "stream 0x%x%s: %s0x%" PRIx64 " refused", r->sid, pasid,
             request ? "asks for " : "", r->addr_in);
  add(t, r->time, "model", text);
}

static void on_fault(struct timeline *t, const struct smmu_record *r)
{
  char text[TEXT];

  t->faults++;
  snprintf(text, sizeof text, "stream 0x%x: %s at 0x%" PRIx64, r->sid,
           smmu_event_name((uint8_t)r->result), r->addr_in);
  add(t, r->time, "model", text);
}

void timeline_record(void *timeline, const struct smmu_record *r)
{
  struct timeline *t = timeline;
  char text[TEXT];

  switch (r->category) {
  case SMMU_TRACE_LOAD_REG: on_register(t, r, false); break;
  case SMMU_TRACE_STORE_REG: on_register(t, r, true); break;
  case SMMU_TRACE_STORE: t->stores++; break;
  case SMMU_TRACE_COMMAND: on_command(t, r); break;
  case SMMU_TRACE_SYNC: t->syncs++; break;
  case SMMU_TRACE_SUBMIT: t->kind[r->actor % TRANSACTIONS] = r->phase; break;
  case SMMU_TRACE_RESPOND: on_answer(t, r); break;
  case SMMU_TRACE_FAULT: on_fault(t, r); break;
  case SMMU_TRACE_EVENT: t->events++; break;
  case SMMU_TRACE_CERROR:
    t->errors++;
    snprintf(text, sizeof text, "command error %u", r->result);
    add(t, r->time, "model", text);
    break;
  default: break;
  }
  if (t->to)
    t->to->record(t->to->ctx, r);
}

void timeline_json(const struct timeline *t, struct json_t *object, bool lines)
{
  json_object_set_new(object, "model",
                      json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "register_reads",
                                (json_int_t)t->mmio_reads, "register_writes",
                                (json_int_t)t->mmio_writes, "stores", (json_int_t)t->stores,
                                "syncs", (json_int_t)t->syncs, "translations",
                                (json_int_t)t->translations, "faults", (json_int_t)t->faults,
                                "events", (json_int_t)t->events, "command_errors",
                                (json_int_t)t->errors, "commands", t->commands));
  json_object_set(object, "driver", t->said);
  if (lines) {
    json_object_set(object, "timeline", t->lines);
    json_object_set_new(object, "lines_lost", json_integer(t->lost));
  }
}

void timeline_print(const struct json_t *object)
{
  const json_t *lines = json_object_get(object, "timeline");
  long long lost = json_integer_value(json_object_get(object, "lines_lost"));

  ui_put(UI_HEAD, "%12s  %-78s %s\n", "us", "the driver", "the model");
  for (size_t i = 0; i < json_array_size(lines); i++) {
    const json_t *line = json_array_get(lines, i);
    const char *text = json_string_value(json_object_get(line, "text"));
    bool driver = strcmp(json_string_value(json_object_get(line, "who")), "driver") == 0;
    double us = (double)json_integer_value(json_object_get(line, "time_ps")) / 1e6;

    if (driver)
      printf("%12.3f  %s\n", us, text);
    else
      printf("%12.3f  %-78s %s\n", us, "", text);
  }
  if (lost)
    printf("and %lld lines more\n", lost);
}

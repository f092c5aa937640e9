/* See trace_words.h. What the fields of a category mean is said in smmu/trace.h; categories are told
 * apart by their names, for another version may have other numbers. */
#include "tools/trace_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/event.h"
#include "tools/ui.h"
#include "traces/qemu_log.h"

typedef void words(const struct smt_names *names, const struct smmu_record *r, char *text);

static const char *name_of(const struct smt_names *names, enum smt_kind kind, uint64_t number)
{
  const char *name = smt_names_find(names, kind, number);

  return name ? name : "?";
}

static void time_text(uint64_t ps, char text[40])
{
  snprintf(text, 40, "%s.%03u ns", ui_count(ps / 1000), (unsigned)(ps % 1000));
}

/* ---- the device ---- */

static void submit(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS,
           "0x%" PRIx64 ", StreamID 0x%" PRIx32 ", SubstreamID 0x%" PRIx32 ", TBU %u", r->addr_in,
           r->sid, r->ssid, r->unit);
}

static void table_read(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  snprintf(text, TRACE_WORDS, "%s at 0x%" PRIx64 " is 0x%016" PRIx64,
           name_of(names, SMT_READ, r->info), r->addr_in, r->word);
}

static void table_update(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  snprintf(text, TRACE_WORDS, "%s at 0x%" PRIx64 " becomes 0x%016" PRIx64 "%s",
           name_of(names, SMT_READ, r->info), r->addr_in, r->word,
           r->result ? ": aborted"
           : r->slot ? ""
                     : ": changed meanwhile");
}

static void cache(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  snprintf(text, TRACE_WORDS,
           "%s slot %" PRIu32 ": 0x%" PRIx64 " to 0x%" PRIx64 ", ASID %u, VMID %u",
           name_of(names, SMT_CACHE, r->unit), r->slot, r->addr_in, r->addr_out, r->asid, r->vmid);
}

static void transaction(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS, "transaction %" PRIu32, r->slot);
}

static void respond(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS, "0x%" PRIx64 " to 0x%" PRIx64 ", status %u", r->addr_in, r->addr_out,
           r->result);
}

static void fault(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS, "%s (0x%02x), StreamID 0x%" PRIx32 ", 0x%" PRIx64,
           trace_fault_name(r->result), r->result, r->sid, r->addr_in);
}

static void event(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  unsigned type = (unsigned)(r->word & 0xff);

  (void)names;
  snprintf(text, TRACE_WORDS, "%s (0x%02x), dword 0 0x%016" PRIx64 ", 0x%" PRIx64,
           trace_fault_name(type), type, r->word, r->addr_in);
}

static void command(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  /* The sync of broadcast maintenance comes from no queue and has no words. */
  if (r->category == SMMU_TRACE_SYNC && r->addr_out == 0) {
    snprintf(text, TRACE_WORDS, "of the broadcasts before it");
    return;
  }
  snprintf(text, TRACE_WORDS, "%s at index %" PRIu32 ": 0x%016" PRIx64 " 0x%016" PRIx64,
           trace_command_name((unsigned)(r->addr_out & 0xff)), r->slot, r->addr_out, r->word);
}

static void cerror(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS, "CERROR %u at index %" PRIu32 ": 0x%016" PRIx64 " 0x%016" PRIx64,
           r->result, r->slot, r->addr_out, r->word);
}

static void device_register(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  const char *name = smt_register_name(r->unit == 1, r->addr_in);

  (void)names;
  snprintf(text, TRACE_WORDS, "%s (0x%" PRIx64 "%s) 0x%" PRIx64 ", %u bytes", name ? name : "?",
           r->addr_in, r->unit == 1 ? " of CMDQV" : "", r->word, r->info);
}

static void span(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  char arrival[40], end[40];
  int n;

  time_text(r->addr_in, arrival);
  time_text(r->word, end);
  n = snprintf(text, TRACE_WORDS, "%s, %s, arrived %s, until %s",
               name_of(names, SMT_STAGE, r->phase), name_of(names, SMT_ASK, r->info), arrival, end);
  if (r->addr_out && n > 0 && n < TRACE_WORDS)
    snprintf(text + n, (size_t)(TRACE_WORDS - n), ", 0x%" PRIx64, r->addr_out);
}

/* ---- software ---- */

static void charge(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  char end[40];

  time_text(r->word, end);
  snprintf(text, TRACE_WORDS, "%s, %" PRIu64 " %s, until %s", name_of(names, SMT_COST, r->result),
           r->addr_in, r->addr_in == 1 ? "unit" : "units", end);
}

static void asleep(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  char end[40];

  (void)names;
  time_text(r->word, end);
  snprintf(text, TRACE_WORDS, "until %s", end);
}

static void note(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  const char *kind = name_of(names, SMT_NOTE, r->result);
  const char *world = smt_names_find(names, SMT_WORLD, r->unit);
  char suffix[80], argument[64];

  if (world)
    snprintf(suffix, sizeof(suffix), ", %.60s", world);
  else
    snprintf(suffix, sizeof(suffix), ", world %u", r->unit);
  if (strcmp(kind, "begin") == 0 || strcmp(kind, "end") == 0) {
    const char *operation = name_of(names, SMT_OPERATION, r->addr_in);

    snprintf(argument, sizeof(argument), "0x%" PRIx64, r->addr_out);
    if (strcmp(operation, "exit") == 0 && strcmp(kind, "begin") == 0)
      smt_address_name(names, r->addr_out, argument, sizeof(argument));
    snprintf(text, TRACE_WORDS, "%.20s %.80s, %s%s", kind, operation, argument, suffix);
    return;
  }
  snprintf(text, TRACE_WORDS, "%.80s 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "%s", kind, r->addr_in,
           r->addr_out, r->word, suffix);
}

static void access_register(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  char name[64];

  smt_address_name(names, r->addr_in, name, sizeof(name));
  snprintf(text, TRACE_WORDS, "%s (0x%" PRIx64 ") 0x%" PRIx64 ", %u bytes, %s", name, r->addr_in,
           r->word, r->info, name_of(names, SMT_WORLD, r->unit));
}

static void store(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS, "0x%016" PRIx64 " at 0x%" PRIx64, r->word, r->addr_in);
}

/* A category this build does not know. */
static void plain(const struct smt_names *names, const struct smmu_record *r, char *text)
{
  (void)names;
  snprintf(text, TRACE_WORDS,
           "in 0x%" PRIx64 ", out 0x%" PRIx64 ", word 0x%" PRIx64 ", result %u, unit %u",
           r->addr_in, r->addr_out, r->word, r->result, r->unit);
}

static const struct row {
  const char *category;
  words *say;
  bool software;
} rows[] = {
  { "submit", submit, false },
  { "read", table_read, false },
  { "update", table_update, false },
  { "hit", cache, false },
  { "miss", cache, false },
  { "fill", cache, false },
  { "evict", cache, false },
  { "drop", cache, false },
  { "flush", cache, false },
  { "mark", transaction, false },
  { "nofill", transaction, false },
  { "respond", respond, false },
  { "fault", fault, false },
  { "event", event, false },
  { "event-lost", event, false },
  { "command", command, false },
  { "cerror", cerror, false },
  { "sync", command, false },
  { "reg-read", device_register, false },
  { "reg-write", device_register, false },
  { "reg-bad", device_register, false },
  { "span", span, false },
  { "charge", charge, true },
  { "sleep", asleep, true },
  { "note", note, true },
  { "load-reg", access_register, true },
  { "store-reg", access_register, true },
  { "store", store, true },
};

static const struct row *row_of(const char *category)
{
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    if (strcmp(rows[i].category, category) == 0)
      return &rows[i];
  return NULL;
}

bool trace_is_software(const char *category)
{
  const struct row *row = row_of(category);

  return row && row->software;
}

/* Register accesses reach the device without an actor. */
void trace_who(const struct smt_names *names, const struct smmu_record *r, char text[TRACE_WHO])
{
  const char *category = name_of(names, SMT_CATEGORY, r->category);
  bool software = trace_is_software(category);
  const char *name = smt_names_find(names, software ? SMT_CPU : SMT_ACTOR, r->actor);

  if (strncmp(category, "reg-", 4) == 0)
    snprintf(text, TRACE_WHO, "SMMU");
  else if (name)
    snprintf(text, TRACE_WHO, "%.63s", name);
  else
    snprintf(text, TRACE_WHO, "%s %u", software ? "CPU" : "transaction", r->actor);
}

void trace_words(const struct smt_names *names, const struct smmu_record *r, char text[TRACE_WORDS])
{
  const struct row *row = row_of(name_of(names, SMT_CATEGORY, r->category));

  (row ? row->say : plain)(names, r, text);
}

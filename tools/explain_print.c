/* A walk for people, and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "arch/event.h"
#include "arch/structs.h"
#include "tools/explain.h"
#include "tools/ui.h"
#include "util/bits.h"

enum { SCHEMA = 1, MARGIN = 4, LABEL = 9 };

/* ---- text ---- */

static const char *access_text(const struct smmu_txn *t, char text[64])
{
  snprintf(text, 64, "%s %s", t->privileged ? "privileged" : "unprivileged",
           t->write         ? "write"
           : t->instruction ? "instruction read"
                            : "data read");
  return text;
}

static void print_head(const struct explain_walk *w)
{
  const struct explain_source *s = w->source;
  char access[64];

  ui_put(UI_HEAD, "IOVA 0x%" PRIx64, w->txn.addr);
  printf(" of stream 0x%" PRIx32, w->txn.sid);
  if (w->txn.ssv)
    printf(", SubstreamID 0x%" PRIx32, w->txn.ssid);
  printf(", %s; all caches off\n", access_text(&w->txn, access));
  printf("memory: %s%s\n", s->text, s->enabled ? "" : "; the SMMU is disabled there (SMMUEN = 0)");
}

static void print_address(const struct explain_step *s, int indent)
{
  char text[EXPLAIN_TEXT];
  size_t length = 0;

  if (s->through_stage2)
    length = (size_t)snprintf(
      text, sizeof(text), "0x%" PRIx64 " = IPA 0x%" PRIx64 " through stage 2; ", s->addr, s->ipa);
  snprintf(text + length, sizeof(text) - length,
           "%s0x%" PRIx64 " = %s 0x%" PRIx64 " + %u x %" PRIu64 " (%s[%u:%u])",
           s->through_stage2 ? "IPA " : "", s->through_stage2 ? s->ipa : s->addr, s->base_name,
           s->base, s->entry_bytes, s->index, s->index_of, s->index_hi, s->index_lo);
  printf("%*sat ", indent, "");
  ui_wrap((unsigned)indent + 3, (unsigned)indent + 3, text);
}

static void print_words(const struct explain_step *s, int indent)
{
  char text[EXPLAIN_TEXT] = "";
  unsigned last = s->words;

  while (last > 1 && s->word[last - 1] == 0)
    last--;
  for (unsigned i = 0; i < last; i++) {
    size_t length = strlen(text);

    snprintf(text + length, sizeof(text) - length, "%s0x%" PRIx64, i == 0 ? "" : " ", s->word[i]);
  }
  if (last < s->words)
    snprintf(text + strlen(text), sizeof(text) - strlen(text), " and %u words of 0",
             s->words - last);
  printf("%*sis ", indent, "");
  ui_wrap((unsigned)indent + 3, (unsigned)indent + 3, s->aborted ? "not readable" : text);
}

static void print_step(const struct explain_step *s, unsigned number)
{
  /* What stage 2 does for a structure stands under it, so that the stage 1 walk can be read
   * alone. */
  int indent = s->what == SMMU_READ_S2_DESC ? MARGIN + 2 : MARGIN;
  int room = (int)ui_width() - indent - (int)strlen(s->section) - 1;

  printf("%*u  ", indent - 2, number);
  ui_put(UI_HEAD, "%-*s", room, s->title);
  ui_put(UI_DIM, " %s\n", s->section);
  print_address(s, indent);
  print_words(s, indent);
  printf("%*s-> ", indent, "");
  ui_wrap((unsigned)indent + 3, (unsigned)indent + 3, s->means);
}

static const char *perm_text(unsigned perm, char text[8])
{
  snprintf(text, 8, "%c%c%c", perm & SMMU_PERM_READ ? 'r' : '-', perm & SMMU_PERM_WRITE ? 'w' : '-',
           perm & SMMU_PERM_EXEC ? 'x' : '-');
  return text;
}

static void print_success(const struct explain_walk *w)
{
  const struct smmu_result *r = &w->result;
  char perm[8], pa[32], text[EXPLAIN_TEXT];

  snprintf(pa, sizeof(pa), "PA 0x%" PRIx64, r->pa);
  ui_put(UI_HEAD, "%-*s", LABEL, "result");
  ui_put(UI_GOOD, "%s", pa);
  if (r->bypassed)
    snprintf(text, sizeof(text), ": passed through untranslated");
  else
    snprintf(text, sizeof(text), " = 0x%" PRIx64 " + 0x%" PRIx64 "; %s allowed, %s, %s",
             align_down_log2(r->pa, r->size_log2), r->pa & bits_low(r->size_log2),
             perm_text(r->perm, perm), explain_memattr(r->memattr),
             explain_shareability(r->shareability));
  ui_wrap(LABEL + (unsigned)strlen(pa), LABEL, text);
}

static const char *outcome_text(unsigned status)
{
  switch (status) {
  case SMMU_STATUS_RAZWI: return "read as zero, write ignored";
  case SMMU_STATUS_STALLED: return "stalled until software answers the record";
  default: return "abort";
  }
}

static void print_fault(const struct explain_walk *w)
{
  const char *section, *why = explain_fault_text(w, &section);
  const char *name = w->result.event ? smmu_event_name(w->result.event) : "no event";
  char text[EXPLAIN_TEXT], line[SMMU_EVENT_TEXT_MAX];

  ui_put(UI_HEAD, "%-*s", LABEL, "result");
  ui_put(UI_BAD, "%s", name);
  snprintf(text, sizeof(text), ": %s; %s%s (%s)", outcome_text(w->result.status),
           w->fault.stage2 ? "at stage 2, " : "", why, section);
  ui_wrap(LABEL + (unsigned)strlen(name), LABEL, text);
  if (!w->fault.recorded && !w->result.event)
    return;
  ui_put(UI_HEAD, "%-*s", LABEL, "event");
  if (!w->fault.recorded) {
    printf("none is recorded: the configuration says so\n");
    return;
  }
  smmu_event_print(w->fault.record, line, sizeof(line));
  ui_wrap(LABEL, LABEL, line);
  printf("%*s0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 "\n", LABEL, "",
         w->fault.record[0], w->fault.record[1], w->fault.record[2], w->fault.record[3]);
}

/* Entries of one cache stand together: its name is said once. */
static void print_caches(const struct explain_caches *c)
{
  char text[EXPLAIN_FILLS * 80];
  size_t length, named = 0;

  length = (size_t)snprintf(text, sizeof(text), "%u reads, then kept%s", c->reads,
                            c->fills ? "" : ": nothing");
  for (unsigned i = 0; i < c->fills && length + 100 < sizeof(text); i++) {
    size_t name = strcspn(c->fill[i], ":") + 1;
    bool again = i > 0 && name == named && strncmp(c->fill[i], c->fill[i - 1], name) == 0;

    length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.90s",
                               again    ? ","
                               : i == 0 ? " in the "
                                        : "; ",
                               c->fill[i] + (again ? name : 0));
    named = name;
  }
  snprintf(text + length, sizeof(text) - length, ". The same again: %u read%s, %u hit%s.",
           c->again_reads, c->again_reads == 1 ? "" : "s", c->hits, c->hits == 1 ? "" : "s");
  ui_put(UI_HEAD, "%-*s", LABEL, "caches");
  ui_wrap(LABEL, LABEL, text);
}

void explain_print_text(const struct explain_walk *w, const struct explain_caches *c)
{
  print_head(w);
  for (unsigned i = 0; i < w->count; i++)
    print_step(&w->step[i], i + 1);
  if (w->result.status == SMMU_STATUS_OK)
    print_success(w);
  else
    print_fault(w);
  print_caches(c);
}

/* ---- JSON ---- */

static json_t *hex(uint64_t value)
{
  return json_sprintf("0x%" PRIx64, value);
}

static json_t *hex_list(const uint64_t *words, unsigned count)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < count; i++)
    json_array_append_new(list, hex(words[i]));
  return list;
}

static json_t *step_json(const struct explain_step *s)
{
  static const char *const keys[] = { "L1STD", "STE", "L1CD", "CD", "S1_DESC", "S2_DESC", "VMS" };
  static const char *const purposes[] = { "", "CD", "S1_DESC", "IOVA" };
  json_t *o =
    json_pack("{s:s, s:s, s:o, s:o, s:s, s:i, s:I, s:o, s:s, s:s}", "what", keys[s->what], "title",
              s->title, "address", hex(s->addr), "base", hex(s->base), "base_name", s->base_name,
              "entry_bytes", (int)s->entry_bytes, "index", (json_int_t)s->index, "words",
              s->aborted ? json_array() : hex_list(s->word, s->words), "means", s->means, "section",
              s->section);

  if (s->what == SMMU_READ_S1_DESC || s->what == SMMU_READ_S2_DESC)
    json_object_set_new(o, "level", json_integer(s->level));
  if (s->what == SMMU_READ_S2_DESC)
    json_object_set_new(o, "for", json_string(purposes[s->purpose & 3]));
  if (s->what == SMMU_READ_S2_DESC || s->through_stage2)
    json_object_set_new(o, "ipa", hex(s->ipa));
  return o;
}

static json_t *result_json(const struct explain_walk *w)
{
  static const char *const statuses[] = { "ok", "abort", "razwi" };
  const struct smmu_result *r = &w->result;
  json_t *o = json_pack("{s:s}", "status", statuses[r->status % 3]);
  const char *section, *text;
  char line[SMMU_EVENT_TEXT_MAX], perm[8];

  if (r->status == SMMU_STATUS_OK) {
    json_object_set_new(o, "pa", hex(r->pa));
    json_object_set_new(o, "bypassed", json_boolean(r->bypassed));
    json_object_set_new(o, "size", hex(1ULL << r->size_log2));
    json_object_set_new(o, "permissions", json_string(perm_text(r->perm, perm)));
    json_object_set_new(o, "memory_type", json_string(explain_memattr(r->memattr)));
    json_object_set_new(o, "shareability", json_string(explain_shareability(r->shareability)));
    return o;
  }
  text = explain_fault_text(w, &section);
  json_object_set_new(o, "event", r->event ? json_string(smmu_event_name(r->event)) : json_null());
  json_object_set_new(o, "reason", json_string(text));
  json_object_set_new(o, "section", json_string(section));
  json_object_set_new(o, "stage", json_integer(w->fault.found ? (w->fault.stage2 ? 2 : 1) : 0));
  if (w->fault.recorded) {
    smmu_event_print(w->fault.record, line, sizeof(line));
    json_object_set_new(o, "record", hex_list(w->fault.record, EVENT_WORDS));
    json_object_set_new(o, "record_text", json_string(line));
  }
  return o;
}

static json_t *text_list(const char (*list)[EXPLAIN_TEXT], unsigned count)
{
  json_t *a = json_array();

  for (unsigned i = 0; i < count; i++)
    json_array_append_new(a, json_string(list[i]));
  return a;
}

void explain_print_json(const struct explain_walk *w, const struct explain_caches *c)
{
  const struct smmu_txn *t = &w->txn;
  json_t *steps = json_array();
  json_t *root =
    json_pack("{s:i, s:o, s:o}", "schema", SCHEMA, "sid", hex(t->sid), "iova", hex(t->addr));

  if (t->ssv)
    json_object_set_new(root, "ssid", hex(t->ssid));
  json_object_set_new(root, "access",
                      json_pack("{s:b, s:b, s:b}", "write", t->write, "instruction", t->instruction,
                                "privileged", t->privileged));
  json_object_set_new(root, "memory",
                      json_pack("{s:s, s:s, s:I}", "source",
                                w->source->snapshot ? "snapshot" : "log", "text", w->source->text,
                                "line", (json_int_t)w->source->log_line));
  for (unsigned i = 0; i < w->count; i++)
    json_array_append_new(steps, step_json(&w->step[i]));
  json_object_set_new(root, "steps", steps);
  json_object_set_new(root, "result", result_json(w));
  json_object_set_new(root, "caches",
                      json_pack("{s:i, s:o, s:i, s:o}", "reads", (int)c->reads, "kept",
                                text_list((const char(*)[EXPLAIN_TEXT])c->fill, c->fills),
                                "again_reads", (int)c->again_reads, "again_hits",
                                text_list((const char(*)[EXPLAIN_TEXT])c->hit, c->hits)));
  ui_json(root);
}

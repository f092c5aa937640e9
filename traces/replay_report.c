/* What a replay found, as JSON (keys: FORMAT.md) and as a table for people. */
#include "traces/replay.h"

#include <string.h>

#include <jansson.h>

#include "smmu/err.h"

bool replay_results_differ(const struct replay_results *res)
{
  return res->first_divergence.found;
}

bool replay_results_damaged(const struct replay_results *res)
{
  for (unsigned i = 0; i < TRACE_DROP_COUNT; i++)
    if (res->dropped.entry[i].count && trace_drop_is_damage(i))
      return true;
  return false;
}

static json_t *count_json(const char *first, const struct replay_count *c)
{
  return json_pack("{s:I,s:I,s:I}", first, (json_int_t)c->replayed, "matched",
                   (json_int_t)c->matched, "mismatched", (json_int_t)c->mismatched);
}

static json_t *cache_json(const struct replay_cache_count *c)
{
  return json_pack("{s:I,s:I,s:I}", "hits", (json_int_t)c->hits, "misses", (json_int_t)c->misses,
                   "mismatched", (json_int_t)c->mismatched);
}

static json_t *dropped_json(const struct trace_drops *drops)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < TRACE_DROP_COUNT; i++) {
    const struct trace_drop *d = &drops->entry[i];

    if (d->count)
      json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:s,s:b}", "reason", trace_drop_text(i),
                                            "count", (json_int_t)d->count, "first_line",
                                            (json_int_t)d->first_line, "file", d->file, "damage",
                                            trace_drop_is_damage(i)));
  }
  return list;
}

static json_t *divergence_json(const struct replay_divergence *d)
{
  if (!d->found)
    return json_null();
  return json_pack("{s:I,s:s,s:s,s:s,s:s}", "line", (json_int_t)d->line, "file", d->file, "what",
                   d->what, "expected", d->expected, "got", d->got);
}

json_t *replay_json(const struct replay_results *res)
{
  json_t *root = json_pack("{s:i,s:s,s:I,s:I,s:I}", "schema", 1, "profile", res->profile, "lines",
                           (json_int_t)res->lines, "records", (json_int_t)res->records, "commands",
                           (json_int_t)res->commands);
  json_t *tlb = cache_json(&res->tlb);

  if (!root)
    return NULL;
  json_object_set_new(tlb, "flushes", json_integer((json_int_t)res->tlb_flushes));
  json_object_set_new(root, "recorded_commands", count_json("listed", &res->recorded_commands));
  json_object_set_new(root, "translations", count_json("replayed", &res->translations));
  json_object_set_new(root, "faults", count_json("replayed", &res->faults));
  json_object_set_new(root, "tlb", tlb);
  json_object_set_new(root, "config_cache", cache_json(&res->config_cache));
  json_object_set_new(root, "reads", count_json("replayed", &res->reads));
  json_object_set_new(root, "table_words", count_json("read", &res->table_words));
  json_object_set_new(root, "events", count_json("recorded", &res->events));
  json_object_set_new(root, "dmas", count_json("listed", &res->dmas));
  if (res->unmaps.replayed)
    json_object_set_new(root, "unmaps", count_json("listed", &res->unmaps));
  json_object_set_new(root, "snapshot_pairs", count_json("live", &res->snapshot_pairs));
  json_object_set_new(root, "snapshot_leaves", count_json("listed", &res->snapshot_leaves));
  json_object_set_new(root, "snapshot_structures", count_json("listed", &res->snapshot_structures));
  json_object_set_new(root, "snapshot_neighbours", count_json("listed", &res->snapshot_neighbours));
  json_object_set_new(root, "dropped", dropped_json(&res->dropped));
  json_object_set_new(root, "first_divergence", divergence_json(&res->first_divergence));
  return root;
}

int replay_print_json(const struct replay_results *res, FILE *out)
{
  json_t *root = replay_json(res);
  int rc = root ? json_dumpf(root, out, JSON_INDENT(1)) : -1;

  fputc('\n', out);
  json_decref(root);
  return root && rc ? SMMU_ERR_IO : root ? 0 : SMMU_ERR_NOMEM;
}

static void row(FILE *out, const char *name, const struct replay_count *c)
{
  if (c->replayed == 0 && c->mismatched == 0)
    fprintf(out, "%-38s %10s\n", name, "none");
  else
    fprintf(out, "%-38s %10llu %10llu %10llu\n", name, (unsigned long long)c->replayed,
            (unsigned long long)c->matched, (unsigned long long)c->mismatched);
}

static void cache_row(FILE *out, const char *name, const struct replay_cache_count *c,
                      bool compared)
{
  fprintf(out, "%-38s %llu hits, %llu misses", name, (unsigned long long)c->hits,
          (unsigned long long)c->misses);
  if (compared)
    fprintf(out, "; %llu differ from the recording\n", (unsigned long long)c->mismatched);
  else
    fprintf(out, "; not compared (the recording's caches have another size)\n");
}

static void print_dropped(const struct trace_drops *drops, FILE *out)
{
  bool any = false;

  for (unsigned i = 0; i < TRACE_DROP_COUNT; i++) {
    const struct trace_drop *d = &drops->entry[i];

    if (!d->count)
      continue;
    if (!any)
      fputs("\nNot replayed as it stands:\n", out);
    any = true;
    fprintf(out, "  %8llu x  %s%s (first: %s%sline %llu)\n", (unsigned long long)d->count,
            trace_drop_is_damage(i) ? "INPUT DAMAGED: " : "", trace_drop_text(i),
            d->file[0] ? d->file : "", d->file[0] ? " " : "", (unsigned long long)d->first_line);
  }
}

void replay_print_table(const struct replay_results *res, FILE *out)
{
  const struct replay_divergence *d = &res->first_divergence;
  bool compared = strcmp(res->profile, "qemu") == 0;

  fprintf(out, "%llu log lines, %llu trace events, TLB profile %s\n\n",
          (unsigned long long)res->lines, (unsigned long long)res->records, res->profile);
  fprintf(out, "%-38s %10s %10s %10s\n", "from the log", "recorded", "same", "different");
  row(out, "  commands consumed", &res->recorded_commands);
  row(out, "  DMAs translated", &res->translations);
  row(out, "  DMAs refused (faults)", &res->faults);
  row(out, "  register reads", &res->reads);
  row(out, "  table words read by the model", &res->table_words);
  if (res->events.replayed)
    row(out, "  event records in the ring", &res->events);
  if (res->dmas.replayed)
    row(out, "  DMAs of the guest program's list", &res->dmas);
  if (res->unmaps.replayed)
    row(out, "  unmaps, each with its TLBI", &res->unmaps);
  cache_row(out, "  TLB", &res->tlb, compared);
  cache_row(out, "  configuration cache", &res->config_cache, compared);
  if (res->snapshots) {
    fprintf(out, "from %llu snapshot%s alone\n", (unsigned long long)res->snapshots,
            res->snapshots == 1 ? "" : "s");
    row(out, "  translations still in force", &res->snapshot_pairs);
    row(out, "  mappings, first and last byte", &res->snapshot_leaves);
    row(out, "  unmapped addresses beside them", &res->snapshot_neighbours);
    row(out, "  STEs and CDs, word for word", &res->snapshot_structures);
  }
  print_dropped(&res->dropped, out);
  if (!d->found) {
    fputs("\nEverything the recording tells was reproduced.\n", out);
    return;
  }
  fprintf(out, "\nFirst difference: %s, %s%sline %llu\n  expected: %s\n  got:      %s\n", d->what,
          d->file, d->file[0] ? " " : "", (unsigned long long)d->line, d->expected, d->got);
}

/* See trace_print.h. */
#include "tools/trace_print.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/places.h"
#include "tools/trace_words.h"
#include "tools/ui.h"
#include "util/near.h"

enum { SCHEMA = 1, CATEGORIES = 256, ACTORS = 65536 };

/* ---- times ---- */

static bool unit_digits(const char *unit, unsigned *digits)
{
  static const struct {
    const char *text;
    unsigned digits;
  } units[] = { { "", 3 }, { "ps", 0 }, { "ns", 3 }, { "us", 6 }, { "ms", 9 }, { "s", 12 } };

  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    if (strcmp(units[i].text, unit) == 0) {
      *digits = units[i].digits;
      return true;
    }
  }
  return false;
}

bool trace_time_parse(const char *text, uint64_t *ps)
{
  const char *unit = text + strspn(text, "0123456789."),
             *point = memchr(text, '.', (size_t)(unit - text));
  size_t length = (size_t)(unit - text);
  unsigned digits;
  uint64_t value = 0;

  if (!isdigit((unsigned char)*text) || !unit_digits(unit, &digits))
    return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '.' && text + i != point)
      return false;
    if (text[i] == '.')
      continue;
    if (point && text + i > point && digits-- == 0)
      return false;
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
      return false;
  }
  for (; digits > 0; digits--)
    if (__builtin_mul_overflow(value, 10u, &value))
      return false;
  *ps = value;
  return true;
}

static const char *ns(uint64_t ps, char text[40])
{
  snprintf(text, 40, "%s.%03u", ui_count(ps / 1000), (unsigned)(ps % 1000));
  return text;
}

/* ---- info ---- */

struct summary {
  uint64_t count[CATEGORIES];
  uint64_t cpu[ACTORS];
  uint64_t first, last, records;
};

static void add(struct summary *s, const struct smt_names *names, const struct smmu_record *r)
{
  const char *category = smt_names_find(names, SMT_CATEGORY, r->category);
  bool lasts = category && (strcmp(category, "charge") == 0 || strcmp(category, "sleep") == 0 ||
                            strcmp(category, "span") == 0);
  uint64_t end = lasts ? r->word : r->time;

  s->count[r->category]++;
  if (category && trace_is_software(category))
    s->cpu[r->actor]++;
  if (s->records == 0 || r->time < s->first)
    s->first = r->time;
  if (end > s->last)
    s->last = end;
  s->records++;
}

static void cpu_name(const struct smt_names *names, unsigned cpu, char text[TRACE_WHO])
{
  const char *name = smt_names_find(names, SMT_CPU, cpu);

  if (name)
    snprintf(text, TRACE_WHO, "%.63s", name);
  else
    snprintf(text, TRACE_WHO, "CPU %u", cpu);
}

/* Of the configuration, what is simulated: lines whose value stands alone. Those with an origin say
 * how fast. */
static void print_config(const char *config)
{
  unsigned others = 0;

  for (const char *line = config; *line;) {
    size_t length = strcspn(line, "\n");

    if (length > 0 && *line != '#' && !memchr(line, '{', length))
      printf("  %.*s\n", (int)length, line);
    else if (length > 0 && *line != '#')
      others++;
    line += length + (line[length] == '\n');
  }
  printf("  %u more with an origin: smmulator trace info --config\n", others);
}

static bool print_counts(const struct summary *s, const struct smt_names *names)
{
  struct ui_table t;
  bool good = true;

  ui_table_start(&t, 2);
  t.right[1] = true;
  for (unsigned i = 0; i < CATEGORIES && good; i++)
    if (s->count[i])
      good = ui_table_cell(&t, "  %s", smt_names_find(names, SMT_CATEGORY, i)) &&
             ui_table_cell(&t, "%s", ui_count(s->count[i]));
  for (size_t row = 0; row < t.rows / 2 && good; row++) {
    ui_table_row(&t, row);
    putchar('\n');
  }
  ui_table_free(&t);
  return good;
}

static bool print_info(const struct smt_reader *reader, const struct summary *s)
{
  const struct smt_head *head = smt_reader_head(reader);
  char first[40], last[40], who[TRACE_WHO];
  bool good;

  ui_put(UI_HEAD, "%s", smt_reader_name(reader));
  printf("\nbuild    %s\nseed     %" PRIu64 "\ntime     %s ns to %s ns\nrecords  %s\n",
         *head->build ? head->build : "unknown", head->seed, ns(s->first, first), ns(s->last, last),
         ui_count(s->records));
  good = print_counts(s, &head->names);
  puts("CPUs");
  for (unsigned i = 0; i < ACTORS; i++) {
    if (s->cpu[i] == 0)
      continue;
    cpu_name(&head->names, i, who);
    printf("  %s: %s records\n", who, ui_count(s->cpu[i]));
  }
  if (head->config_len) {
    puts("configuration");
    print_config(head->config);
  }
  return good;
}

static void print_info_json(const struct smt_reader *reader, const struct summary *s)
{
  const struct smt_head *head = smt_reader_head(reader);
  const char *cut = smt_reader_cut(reader);
  json_t *categories = json_object(), *cpus = json_object(), *root;
  char who[TRACE_WHO];

  for (unsigned i = 0; i < CATEGORIES; i++)
    if (s->count[i])
      json_object_set_new(categories, smt_names_find(&head->names, SMT_CATEGORY, i),
                          json_integer((json_int_t)s->count[i]));
  for (unsigned i = 0; i < ACTORS; i++) {
    if (s->cpu[i] == 0)
      continue;
    cpu_name(&head->names, i, who);
    json_object_set_new(cpus, who, json_integer((json_int_t)s->cpu[i]));
  }
  root = json_pack("{s:i, s:I, s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "schema", SCHEMA, "records",
                   (json_int_t)s->records, "build", head->build, "seed", (json_int_t)head->seed,
                   "first_ps", (json_int_t)s->first, "last_ps", (json_int_t)s->last, "categories",
                   categories, "cpus", cpus, "cut", cut ? json_string(cut) : json_null());
  json_object_set_new(root, "config", json_stringn_nocheck(head->config, head->config_len));
  ui_json(root);
}

int trace_print_info(struct smt_reader *reader, bool json, struct trace_error *err)
{
  struct summary *s = calloc(1, sizeof(*s));
  struct smmu_record record;
  int rc;

  if (!s)
    return trace_fail(err, SMMU_ERR_NOMEM, "%s", smmu_err_text(SMMU_ERR_NOMEM));
  while ((rc = smt_reader_next(reader, &record, err)) > 0)
    add(s, &smt_reader_head(reader)->names, &record);
  if (!rc && json)
    print_info_json(reader, s);
  else if (!rc && !print_info(reader, s))
    rc = trace_fail(err, SMMU_ERR_NOMEM, "%s", smmu_err_text(SMMU_ERR_NOMEM));
  free(s);
  return rc;
}

/* ---- cat ---- */

static const char *category_name(const void *ctx, size_t i)
{
  const struct smt_names *names = ctx;

  return i < names->count && names->name[i].kind == SMT_CATEGORY ? names->name[i].text : NULL;
}

/* wanted[category]. Categories are the first names of a file. */
static int choose(const struct smt_names *names, const struct trace_filter *filter,
                  bool wanted[CATEGORIES], struct trace_error *err)
{
  for (unsigned i = 0; i < CATEGORIES; i++)
    wanted[i] = filter->categories == 0;
  for (unsigned i = 0; i < filter->categories; i++) {
    const char *text = filter->category[i], *near;
    uint64_t number;

    if (smt_names_number(names, SMT_CATEGORY, text, &number) && number < CATEGORIES) {
      wanted[number] = true;
      continue;
    }
    near = smmu_nearest(text, category_name, names);
    return trace_fail(err, SMMU_ERR_BADARG,
                      "--category: \"%.40s\" is no category of this recording%s%.40s%s", text,
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  }
  return 0;
}

/* Where software was: "" for a record of the device. */
static void place_of(struct watch_places *places, const struct smt_names *names,
                     const struct smmu_record *r, char text[WATCH_PLACE_TEXT])
{
  bool software = trace_is_software(smt_names_find(names, SMT_CATEGORY, r->category));

  places_text(places, software ? r->slot : 0, text, WATCH_PLACE_TEXT);
}

static void print_line(struct watch_places *places, const struct smt_names *names,
                       const struct smmu_record *r)
{
  char who[TRACE_WHO], text[TRACE_WORDS], time[40], place[WATCH_PLACE_TEXT];

  trace_who(names, r, who);
  trace_words(names, r, text);
  place_of(places, names, r, place);
  printf("%18s  %-14s  %-10s  %s%s%s\n", ns(r->time, time), who,
         smt_names_find(names, SMT_CATEGORY, r->category), text, *place ? ", in " : "", place);
}

/* A record by itself: the file need not fit into memory. */
static void print_record(struct watch_places *places, const struct smt_names *names,
                         const struct smmu_record *r, bool first)
{
  char who[TRACE_WHO], text[TRACE_WORDS], place[WATCH_PLACE_TEXT];
  json_t *record;

  trace_who(names, r, who);
  trace_words(names, r, text);
  record = json_pack("{s:I, s:s, s:s, s:s}", "time_ps", (json_int_t)r->time, "who", who, "category",
                     smt_names_find(names, SMT_CATEGORY, r->category), "text", text);
  place_of(places, names, r, place);
  if (*place)
    json_object_set_new(record, "place", json_string(place));
  fputs(first ? "\n    " : ",\n    ", stdout);
  json_dumpf(record, stdout, JSON_COMPACT);
  json_decref(record);
}

int trace_print_cat(struct smt_reader *reader, const struct trace_filter *filter,
                    struct watch_places *places, bool json, struct trace_error *err)
{
  const struct smt_names *names = &smt_reader_head(reader)->names;
  bool wanted[CATEGORIES];
  struct smmu_record r;
  uint64_t shown = 0;
  int rc = choose(names, filter, wanted, err);

  if (rc)
    return rc;
  if (json)
    fputs("{\n  \"schema\": 1,\n  \"lines\": [", stdout);
  while ((rc = smt_reader_next(reader, &r, err)) > 0) {
    if (!wanted[r.category] || r.time < filter->from || r.time >= filter->to)
      continue;
    if (json)
      print_record(places, names, &r, shown == 0);
    else
      print_line(places, names, &r);
    shown++;
  }
  if (json)
    printf("\n  ],\n  \"records\": %" PRIu64 "\n}\n", shown);
  return rc;
}

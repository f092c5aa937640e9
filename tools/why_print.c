/* See why_print.h. Times are nanoseconds with three digits behind the point: picoseconds, exactly. */
#include "tools/why_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "tools/ui.h"

enum { SCHEMA = 1, BAR = 24, SMALL_PERMILLE = 5, DETAILS_SHOWN = 5, EVENT_TEXT = 80 };

/* "12,345.678" */
static const char *ns(uint64_t ps, char text[40])
{
  snprintf(text, 40, "%s.%03u", ui_count(ps / 1000), (unsigned)(ps % 1000));
  return text;
}

static double share(uint64_t ps, uint64_t total)
{
  return total ? (double)ps / (double)total : 0;
}

static bool is_small(uint64_t ps, uint64_t total)
{
  return share(ps, total) * 1000 < SMALL_PERMILLE;
}

/* ---- one operation, as text ---- */

enum { WHAT, IN, TIMES, NS, SHARE, BARS, COLUMNS };

static void start_table(struct ui_table *t, unsigned columns)
{
  ui_table_start(t, columns);
  t->right[TIMES] = t->right[NS] = t->right[SHARE] = true;
}

static bool add_row(struct ui_table *t, const char *indent, const char *what, const char *in,
                    const char *times, uint64_t ps, uint64_t total, unsigned bar)
{
  static const char bars[] = "########################";
  char time[40];

  return ui_table_cell(t, "%s%s", indent, what) && ui_table_cell(t, "%s", in) &&
         ui_table_cell(t, "%s", times) && ui_table_cell(t, "%s", ns(ps, time)) &&
         ui_table_cell(t, "%.1f %%", 100 * share(ps, total)) &&
         ui_table_cell(t, "%.*s", (int)bar, bars);
}

static unsigned bar_of(uint64_t ps, uint64_t total)
{
  unsigned length = (unsigned)(share(ps, total) * BAR + 0.5);

  return length > BAR ? BAR : length;
}

/* What the other CPU did meanwhile: shares are of the same total. */
static bool add_details(struct ui_table *t, const struct why_path *path, const struct why_part *p,
                        bool all)
{
  uint64_t rest = 0;
  unsigned shown = 0, others = 0;
  char what[40];

  for (uint32_t i = 0; i < p->details; i++) {
    const struct why_part *d = &path->detail[p->detail + i];

    if (!all && (shown == DETAILS_SHOWN || is_small(d->ps, p->ps))) {
      rest += d->ps;
      others++;
      continue;
    }
    shown++;
    if (!add_row(t, "  there: ", d->what, d->in, ui_count(d->count), d->ps, path->total, 0))
      return false;
  }
  snprintf(what, sizeof(what), "%u more", others);
  return others == 0 || add_row(t, "  there: ", what, "", "", rest, path->total, 0);
}

static bool fill_parts(struct ui_table *t, const struct why_path *path, bool all)
{
  uint64_t rest = 0;
  unsigned others = 0;
  char what[40];
  bool good = ui_table_cell(t, "what") && ui_table_cell(t, "in") && ui_table_cell(t, "times") &&
              ui_table_cell(t, "ns") && ui_table_cell(t, "share") && ui_table_cell(t, "%s", "");

  for (size_t i = 0; i < path->parts && good; i++) {
    const struct why_part *p = &path->part[i];

    if (!all && is_small(p->ps, path->total)) {
      rest += p->ps;
      others++;
      continue;
    }
    good = add_row(t, "", p->what, p->in, ui_count(p->count), p->ps, path->total,
                   bar_of(p->ps, path->total)) &&
           add_details(t, path, p, all);
  }
  snprintf(what, sizeof(what), "%u small %s (--all)", others, others == 1 ? "part" : "parts");
  if (good && others)
    good = add_row(t, "", what, "", "", rest, path->total, bar_of(rest, path->total));
  return good && add_row(t, "", "total", "", "", path->total, path->total, 0);
}

static void print_table(const struct ui_table *t)
{
  size_t rows = t->rows / t->columns;

  for (size_t row = 0; row < rows; row++) {
    ui_table_row(t, row);
    putchar('\n');
  }
}

/* In order: a node, what is below it, its sibling. */
static bool fill_nodes(struct ui_table *t, const struct why_path *path)
{
  bool good = ui_table_cell(t, "operations") && ui_table_cell(t, "%s", "") &&
              ui_table_cell(t, "times") && ui_table_cell(t, "ns") && ui_table_cell(t, "share");

  for (uint32_t n = 0; n != WHY_NONE && good;) {
    const struct why_node *node = &path->node[n];
    int indent = node->depth < 16 ? 2 * (int)node->depth : 32;
    char time[40];

    good = ui_table_cell(t, "%*s%s", indent, "", node->name) && ui_table_cell(t, "%s", "") &&
           ui_table_cell(t, "%s", ui_count(node->count)) &&
           ui_table_cell(t, "%s", ns(node->ps, time)) &&
           ui_table_cell(t, "%.1f %%", 100 * share(node->ps, path->total));
    if (node->child != WHY_NONE) {
      n = node->child;
      continue;
    }
    while (n != WHY_NONE && path->node[n].sibling == WHY_NONE)
      n = path->node[n].parent;
    if (n != WHY_NONE)
      n = path->node[n].sibling;
  }
  return good;
}

bool why_print_path(const struct why_path *path, bool all)
{
  struct ui_table parts, nodes;
  char time[40], begin[40];
  bool good;

  start_table(&parts, COLUMNS);
  start_table(&nodes, BARS);
  good = fill_parts(&parts, path, all) && fill_nodes(&nodes, path);
  if (good) {
    ui_put(UI_HEAD, "%s", path->event);
    printf(" on %s: %s ns, from %s ns on\n", path->cpu, ns(path->total, time),
           ns(path->op.begin, begin));
    ui_wrap(0, 0, path->headline);
    putchar('\n');
    print_table(&parts);
    putchar('\n');
    print_table(&nodes);
  }
  ui_table_free(&parts);
  ui_table_free(&nodes);
  return good;
}

/* ---- one operation, as JSON ---- */

static json_t *part_json(const struct why_part *p, uint64_t total)
{
  return json_pack("{s:s, s:s, s:s, s:I, s:f, s:I, s:f}", "what", p->what, "in", p->in, "cause",
                   why_cause_name(p->cause), "times", (json_int_t)p->count, "ns",
                   (double)p->ps / 1000, "ps", (json_int_t)p->ps, "share", share(p->ps, total));
}

static json_t *path_json(const struct why_path *path)
{
  json_t *parts = json_array();

  for (size_t i = 0; i < path->parts; i++) {
    const struct why_part *p = &path->part[i];
    json_t *part = part_json(p, path->total);

    if (p->cause == WHY_LOCK || p->cause == WHY_WOKEN) {
      json_t *meanwhile = json_array();

      for (uint32_t d = 0; d < p->details; d++)
        json_array_append_new(meanwhile, part_json(&path->detail[p->detail + d], path->total));
      json_object_set_new(part, "meanwhile", meanwhile);
    }
    json_array_append_new(parts, part);
  }
  return parts;
}

static json_t *nodes_json(const struct why_path *path)
{
  json_t *nodes = json_array();

  for (size_t i = 0; i < path->nodes; i++) {
    const struct why_node *n = &path->node[i];

    json_array_append_new(
      nodes, json_pack("{s:s, s:o, s:I, s:f, s:I, s:f}", "name", n->name, "parent",
                       n->parent == WHY_NONE ? json_null() : json_integer((json_int_t)n->parent),
                       "times", (json_int_t)n->count, "ns", (double)n->ps / 1000, "ps",
                       (json_int_t)n->ps, "share", share(n->ps, path->total)));
  }
  return nodes;
}

static json_t *text_or_null(const char *text)
{
  return text ? json_string(text) : json_null();
}

void why_print_path_json(const struct why_list *list, const struct why_path *path)
{
  json_t *root =
    json_pack("{s:i, s:s, s:s, s:I, s:s, s:f, s:I, s:I, s:s, s:o}", "schema", SCHEMA, "event",
              path->event, "operation", why_list_kind(list, path->op.kind)->name, "number",
              (json_int_t)path->op.number, "cpu", path->cpu, "total_ns", (double)path->total / 1000,
              "total_ps", (json_int_t)path->total, "begin_ps", (json_int_t)path->op.begin,
              "headline", path->headline, "cut", text_or_null(why_list_cut(list)));

  json_object_set_new(root, "path", path_json(path));
  json_object_set_new(root, "operations", nodes_json(path));
  ui_json(root);
}

/* ---- all operations ---- */

static bool fill_list(struct ui_table *t, const struct why_list *list)
{
  static const char *const heads[] = { "operation", "count",   "mean ns", "p50 ns",
                                       "p99 ns",    "slowest", "ns" };
  bool good = true;
  char text[40];

  for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]) && good; i++)
    good = ui_table_cell(t, "%s", heads[i]);
  for (unsigned i = 0; i < why_list_kinds(list) && good; i++) {
    const struct why_kind *k = why_list_kind(list, i);

    if (k->count == 0)
      continue;
    good = ui_table_cell(t, "%s", k->name) && ui_table_cell(t, "%s", ui_count(k->count)) &&
           ui_table_cell(t, "%s", ns(k->mean, text)) && ui_table_cell(t, "%s", ns(k->p50, text)) &&
           ui_table_cell(t, "%s", ns(k->p99, text)) &&
           ui_table_cell(t, "%s#%" PRIu32, k->event, k->slowest) &&
           ui_table_cell(t, "%s", ns(k->longest, text));
  }
  return good;
}

/* The kind somebody will want to ask about: of those inside no other, the one with most time. */
static const struct why_kind *example(const struct why_list *list)
{
  unsigned kinds = why_list_kinds(list), best = 0;
  double *sum = calloc(kinds ? kinds : 1, sizeof(*sum));

  for (uint32_t i = 0; sum && i < why_list_count(list); i++) {
    const struct why_op *op = why_list_op(list, i);

    if (!op->ended || op->parent != WHY_NONE)
      continue;
    sum[op->kind] += (double)(op->end - op->begin);
    if (sum[op->kind] > sum[best])
      best = op->kind;
  }
  free(sum);
  return kinds && why_list_kind(list, best)->count ? why_list_kind(list, best) : NULL;
}

bool why_print_list(const struct why_list *list, const char *path)
{
  const struct why_kind *k = example(list);
  struct ui_table t;
  bool good;

  ui_table_start(&t, 7);
  for (unsigned i = 1; i < 7; i++)
    t.right[i] = i != 5;
  good = fill_list(&t, list);
  if (good)
    print_table(&t);
  ui_table_free(&t);
  if (good && k)
    printf("\nAsk for one by kind and number, for its slowest or its median:\n"
           "  smmulator why %s '%s#%" PRIu32 "'\n"
           "  smmulator why %s '%s#slowest'\n",
           path, k->event, k->median, path, k->event);
  return good;
}

void why_print_list_json(const struct why_list *list)
{
  json_t *root =
    json_pack("{s:i, s:o, s:I}", "schema", SCHEMA, "cut", text_or_null(why_list_cut(list)),
              "unmatched", (json_int_t)why_list_unmatched(list));
  json_t *kinds = json_array();

  for (unsigned i = 0; i < why_list_kinds(list); i++) {
    const struct why_kind *k = why_list_kind(list, i);
    char slowest[EVENT_TEXT], median[EVENT_TEXT];

    if (k->count == 0 && k->unfinished == 0)
      continue;
    snprintf(slowest, sizeof(slowest), "%s#%" PRIu32, k->event, k->slowest);
    snprintf(median, sizeof(median), "%s#%" PRIu32, k->event, k->median);
    json_array_append_new(
      kinds,
      json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:s, s:s}", "name", k->name, "event",
                k->event, "count", (json_int_t)k->count, "unfinished", (json_int_t)k->unfinished,
                "mean_ns", (double)k->mean / 1000, "p50_ns", (double)k->p50 / 1000, "p99_ns",
                (double)k->p99 / 1000, "slowest_ns", (double)k->longest / 1000, "slowest",
                k->count ? slowest : "", "median", k->count ? median : ""));
  }
  json_object_set_new(root, "operations", kinds);
  ui_json(root);
}

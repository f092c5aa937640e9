/* Litmus results as text and as JSON. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tools/litmus_words.h"
#include "tools/ui.h"

enum { STORY_LINES = 24, LABEL = 9 };

/* ---- JSON ---- */

static const char *verdict_key(enum explore_verdict v)
{
  static const char *const keys[] = { "holds", "forbidden", "deadlock", "vacuous", "limit" };

  return keys[v];
}

static json_t *seen_json(const struct explore_program *p, const struct explore_view *v)
{
  json_t *seen = json_array();

  for (unsigned t = 0; t < p->n_threads; t++) {
    json_t *ops = json_array();

    for (unsigned i = 0; i < v->pc[t]; i++) {
      char text[LITMUS_TEXT];

      litmus_seen_text(&p->thread[t].op[i], v->seen[t][i].value, text);
      json_array_append_new(
        ops, json_pack("{s:o, s:s}", "value",
                       json_sprintf("0x%llx", (unsigned long long)v->seen[t][i].value), "meaning",
                       text));
    }
    json_array_append_new(seen, json_pack("{s:s, s:o}", "thread", p->thread[t].name, "saw", ops));
  }
  return seen;
}

json_t *litmus_result_json(const struct explore_program *p, const struct explore_result *r,
                           double seconds)
{
  return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:f, s:s, s:s, s:s, s:o}", "name", p->name,
                   "verdict", verdict_key(r->verdict), "expected", "holds", "states",
                   (json_int_t)r->states, "transitions", (json_int_t)r->transitions, "outcomes",
                   (json_int_t)r->outcomes, "depth", (int)r->depth, "seconds", seconds, "claim",
                   p->claim, "rule", p->rule, "schedule", r->schedule, "seen",
                   seen_json(p, &r->view));
}

json_t *litmus_story_json(const struct litmus_story *s)
{
  json_t *steps = json_array();

  for (size_t i = 0; i < s->lines; i++)
    json_array_append_new(steps,
                          json_pack("{s:i, s:s, s:s}", "transition", (int)s->line[i].transition,
                                    "who", s->line[i].who, "what", s->line[i].text));
  return steps;
}

/* ---- stories ---- */

void litmus_print_story(const struct explore_program *p, const struct litmus_story *s, size_t most)
{
  size_t first = s->lines > most ? s->lines - most : 0;
  int width = 0;

  for (size_t i = first; i < s->lines; i++) {
    int length = (int)strlen(s->line[i].who);

    width = length > width ? length : width;
  }
  if (first > 0)
    ui_put(UI_DIM, "         (%zu lines before; --replay shows all)\n", first);
  for (size_t i = first; i < s->lines; i++) {
    printf("%7u  %-*s  ", s->line[i].transition, width, s->line[i].who);
    ui_wrap(11 + (unsigned)width, 11 + (unsigned)width, s->line[i].text);
  }
  for (unsigned t = 0; t < p->n_threads; t++) {
    ui_put(UI_HEAD, "%-9s", t == 0 ? "seen" : "");
    printf("%-8s", p->thread[t].name);
    for (unsigned i = 0; i < s->result.view.pc[t]; i++) {
      char text[LITMUS_TEXT];

      if (!explore_is_dma(p->thread[t].op[i].kind) &&
          p->thread[t].op[i].kind != EXPLORE_MMIO_READ && p->thread[t].op[i].kind != EXPLORE_LOAD)
        continue;
      litmus_seen_text(&p->thread[t].op[i], s->result.view.seen[t][i].value, text);
      printf(" %u: %s.", i + 1, text);
    }
    if (s->result.view.pc[t] == p->thread[t].n)
      printf(" finished");
    else
      printf(" %u of %u operations done", s->result.view.pc[t], p->thread[t].n);
    putchar('\n');
  }
}

/* ---- runs ---- */

bool litmus_is_good(const struct litmus_run *r)
{
  return r->result.verdict == EXPLORE_HOLDS;
}

static void print_schedule(const struct litmus_run *r, const char *schedule, size_t most)
{
  struct litmus_story s;

  if (schedule[0] == '\0')
    return;
  if (litmus_follow(r->p, schedule, &s) == 0)
    litmus_print_story(r->p, &s, most);
  litmus_story_free(&s);
  ui_put(UI_HEAD, "re-run");
  printf("   smmulator litmus %s --replay '%s'\n", r->p->name, schedule);
}

static void print_summary(const struct litmus_run *r)
{
  const char *verdict = explore_verdict_text(r->result.verdict);
  char text[LITMUS_TEXT];

  ui_put(litmus_is_good(r) ? UI_GOOD : UI_BAD, "%s", verdict);
  snprintf(text, sizeof(text),
           "%s: %s states, %s transitions, %s ways to end, longest path %u, %.3f s",
           litmus_is_good(r) ? ", as expected; every state visited" : "; expected: holds",
           ui_count(r->result.states), ui_count(r->result.transitions),
           ui_count(r->result.outcomes), r->result.depth, r->seconds);
  ui_wrap(LABEL + (unsigned)strlen(verdict), LABEL, text);
}

/* One program in full, what was found, and the way there. */
void litmus_print_one(const struct litmus_run *r)
{
  char race[EXPLORE_SCHEDULE_MAX];

  litmus_print_program(r->p);
  ui_put(UI_HEAD, "verdict  ");
  print_summary(r);
  if (litmus_is_good(r))
    ui_wrap(0, 9,
            "witness  The claim is not empty: the race it speaks of does happen. One way, step by "
            "step (steps inside the device that nobody can see are left out):");
  else if (r->result.verdict != EXPLORE_LIMIT && r->result.verdict != EXPLORE_VACUOUS)
    ui_wrap(0, 9,
            "how      Step by step (steps inside the device that nobody can see are left out):");
  if (litmus_is_good(r) && litmus_race(r->p, race))
    print_schedule(r, race, STORY_LINES);
  else
    print_schedule(r, r->result.schedule, litmus_is_good(r) ? STORY_LINES : SIZE_MAX);
}

static void print_row(const struct litmus_run *r, const struct ui_table *t, size_t row)
{
  ui_table_row(t, row);
  putchar('\n');
  printf("    ");
  ui_wrap(4, 4, r->p->claim);
  if (!litmus_is_good(r)) {
    ui_put(UI_BAD, "    %s; expected: holds\n", explore_verdict_text(r->result.verdict));
    print_schedule(r, r->result.schedule, SIZE_MAX);
  }
}

bool litmus_print_all(const struct litmus_run *runs, size_t count)
{
  static const char *const heads[] = { "program", "verdict",     "expected",
                                       "states",  "transitions", "seconds" };
  struct ui_table t;
  bool good = true;

  ui_table_start(&t, 6);
  t.right[3] = t.right[4] = t.right[5] = true;
  for (unsigned i = 0; i < 6; i++)
    good = good && ui_table_cell(&t, "%s", heads[i]);
  for (size_t i = 0; i < count && good; i++) {
    const struct litmus_run *r = &runs[i];

    good = ui_table_cell(&t, "%s", r->p->name) &&
           ui_table_cell(&t, "%s", verdict_key(r->result.verdict)) && ui_table_cell(&t, "holds") &&
           ui_table_cell(&t, "%s", ui_count(r->result.states)) &&
           ui_table_cell(&t, "%s", ui_count(r->result.transitions)) &&
           ui_table_cell(&t, "%.3f", r->seconds);
  }
  if (good) {
    ui_table_row(&t, 0);
    putchar('\n');
    for (size_t i = 0; i < count; i++)
      print_row(&runs[i], &t, i + 1);
  }
  ui_table_free(&t);
  return good;
}

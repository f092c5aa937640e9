/* See watching.h. */
#include "tools/watching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plat/plat.h"
#include "tools/places.h"
#include "tools/ui.h"

enum {
  STORIES_KEPT = 100,
  STORIES_SHOWN = 3,
  FINDINGS_KEPT = 1000,
  FINDINGS_SHOWN = 20,
  FRAMES_SHOWN = 4
};

struct watching {
  struct watch *watch;
  struct check *check;
  const struct machine_sink *to;
  struct watch_places *places;   /* or NULL */
  json_t *stories, *findings[2]; /* by enum check_weight */
  uint64_t told, skipped;        /* skipped: records that neither has been told of */
  bool lines;                    /* places are lines of a log */
};

static json_t *lines_of(const char *text)
{
  json_t *lines = json_array();

  for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
    json_array_append_new(lines, json_stringn(text, (size_t)(end - text)));
  return lines;
}

/* The frames of a place, from the driver's line on. */
static json_t *frames_of(struct watch_places *places, uint32_t number)
{
  json_t *list = json_array();
  const struct watch_frame *f = NULL;
  char text[WATCH_PLACE_TEXT];

  for (unsigned n = places_frames(places, number, &f); n > 0; n--, f++) {
    watch_frame_text(f, text, sizeof text);
    json_array_append_new(list, json_string(text));
  }
  return list;
}

static void keep_story(void *ctx, const struct watch_story *s)
{
  struct watching *w = ctx;

  if (w->told++ >= STORIES_KEPT)
    return;
  json_array_append_new(w->stories,
                        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "verdict",
                                  watch_verdict_key(s->verdict), "record", (json_int_t)s->record,
                                  "time_ps", (json_int_t)s->time, "sid", (json_int_t)s->sid, "addr",
                                  (json_int_t)s->addr, "blame", (json_int_t)s->blame, "where",
                                  frames_of(w->places, s->place), "text", lines_of(s->text)));
}

static void keep_finding(void *ctx, const struct check_finding *f)
{
  struct watching *w = ctx;
  json_t *list = w->findings[check_rule_weight(f->rule)], *one;

  if (json_array_size(list) >= FINDINGS_KEPT)
    return;
  one = json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:s, s:s}", "rule", check_rule_id(f->rule),
                  "section", check_rule_section(f->rule), "record", (json_int_t)f->record,
                  "time_ps", (json_int_t)f->time, "cpu", (int)f->cpu, "world", (int)f->world,
                  "message", check_rule_message(f->rule), "what", f->text);
  if (!w->lines)
    json_object_set_new(one, "where", frames_of(w->places, f->place));
  else if (f->place)
    json_object_set_new(one, "line", json_integer(f->place));
  json_array_append_new(list, one);
}

static void name_place(void *ctx, uint32_t number, char *text, size_t len)
{
  const struct watching *w = ctx;

  if (w->lines)
    snprintf(text, len, "line %u", (unsigned)number);
  else
    places_text(w->places, number, text, len);
}

static struct watching *create(const struct machine_sink *to, uint64_t smmu,
                               struct watch_places *places)
{
  struct watching *w = calloc(1, sizeof *w);

  if (!w)
    return NULL;
  w->to = to;
  w->places = places;
  w->stories = json_array();
  w->findings[0] = json_array();
  w->findings[1] = json_array();
  w->watch =
    watch_create(&(struct watch_options){ .ctx = w, .story = keep_story, .place = name_place });
  w->check =
    check_create(&(struct check_options){ .ctx = w, .finding = keep_finding, .smmu = smmu });
  if (w->watch && w->check && w->stories && w->findings[0] && w->findings[1])
    return w;
  watching_destroy(w);
  return NULL;
}

struct watching *watching_create(const struct machine_sink *to, struct watch_places *places)
{
  return create(to, 0, places);
}

struct watching *watching_create_log(uint64_t smmu)
{
  struct watching *w = create(NULL, smmu, NULL);

  if (w)
    w->lines = true;
  return w;
}

void watching_destroy(struct watching *w)
{
  if (!w)
    return;
  watch_destroy(w->watch);
  check_destroy(w->check);
  json_decref(w->stories);
  json_decref(w->findings[0]);
  json_decref(w->findings[1]);
  free(w);
}

void watching_record(void *watching, const struct smmu_record *record)
{
  struct watching *w = watching;

  if (w->to)
    w->to->record(w->to->ctx, record);
  w->skipped++;
  if (watch_is_of_time(record))
    return;
  watch_skip(w->watch, w->skipped - 1);
  check_skip(w->check, w->skipped - 1);
  w->skipped = 0;
  watch_record(w->watch, record);
  check_record(w->check, record);
}

static void note(struct watching *w, unsigned cpu, uint64_t time, unsigned kind, uint64_t a,
                 uint64_t b, uint64_t c)
{
  struct smmu_record r = { .category = SMMU_TRACE_NOTE,
                           .time = time,
                           .actor = (uint16_t)cpu,
                           .result = (uint16_t)kind,
                           .addr_in = a,
                           .addr_out = b,
                           .word = c };

  watching_record(w, &r);
}

void watching_unmap(void *watching, unsigned cpu, uint64_t time, bool begins, uint16_t asid,
                    uint64_t iova, uint64_t bytes)
{
  struct watching *w = watching;

  if (begins) {
    /* The domain of an address space goes by its ASID. */
    note(w, cpu, time, PLAT_NOTE_ASID, asid, 1, asid);
    note(w, cpu, time, PLAT_NOTE_BEGIN, PLAT_OP_UNMAP, iova, 0);
  } else {
    note(w, cpu, time, PLAT_NOTE_UNMAPPED, iova, bytes, asid);
    note(w, cpu, time, PLAT_NOTE_STOP, PLAT_OP_UNMAP, 0, 0);
  }
}

void watching_end(struct watching *w)
{
  watch_skip(w->watch, w->skipped);
  check_skip(w->check, w->skipped);
  w->skipped = 0;
  check_end(w->check);
}

bool watching_found(const struct watching *w)
{
  struct watch_counts c;

  watch_get_counts(w->watch, &c);
  return c.verdict[WATCH_STALE_DRIVER] != 0 || c.verdict[WATCH_STALE_DEVICE] != 0 ||
         check_findings(w->check, CHECK_FINDING) != 0;
}

bool watching_complete(const struct watching *w)
{
  return !watch_failed(w->watch) && !check_failed(w->check);
}

/* ---- JSON ---- */

static json_t *lengths_json(const struct watch_lengths *l)
{
  json_t *buckets = json_array();

  for (unsigned i = 0; i < WATCH_BUCKETS; i++) {
    if (l->bucket[i])
      json_array_append_new(buckets, json_pack("{s:I, s:I}", "from_ps", (json_int_t)(1ULL << i),
                                               "count", (json_int_t)l->bucket[i]));
  }
  return json_pack("{s:I, s:I, s:I, s:I, s:o}", "count", (json_int_t)l->count, "mean_ps",
                   (json_int_t)(l->count ? l->sum_ps / l->count : 0), "least_ps",
                   (json_int_t)l->least_ps, "most_ps", (json_int_t)l->most_ps, "buckets", buckets);
}

void watching_json(const struct watching *w, struct json_t *object)
{
  struct watch_counts c;
  json_t *verdicts = json_object();

  watch_get_counts(w->watch, &c);
  for (unsigned i = 0; i < WATCH_VERDICTS; i++)
    json_object_set_new(verdicts, watch_verdict_key(i), json_integer((json_int_t)c.verdict[i]));
  json_object_set_new(object, "verdicts", verdicts);
  json_object_set_new(object, "untranslated", json_integer((json_int_t)c.untranslated));
  json_object_set_new(object, "unjudged", json_integer((json_int_t)c.unjudged));
  json_object_set_new(object, "lost",
                      json_pack("{s:I, s:I}", "words", (json_int_t)c.lost_words, "entries",
                                (json_int_t)c.lost_entries));
  json_object_set_new(
    object, "removed",
    json_pack("{s:I, s:I}", "entries", (json_int_t)c.removed, "unasked", (json_int_t)c.unasked));
  json_object_set_new(
    object, "windows",
    json_pack("{s:o, s:o}", "use", lengths_json(&c.use), "flush", lengths_json(&c.flush)));
  json_object_set(object, "stories", w->stories);
  json_object_set(object, "findings", w->findings[CHECK_FINDING]);
  json_object_set(object, "advice", w->findings[CHECK_ADVICE]);
}

/* ---- text ---- */

static void print_lengths(const char *what, const struct watch_lengths *l)
{
  if (l->count)
    printf("  %-28s %12s   shortest %.3f, mean %.3f, longest %.3f us\n", what, ui_count(l->count),
           (double)l->least_ps / 1e6, (double)l->sum_ps / (double)l->count / 1e6,
           (double)l->most_ps / 1e6);
}

static void print_stories(const struct watching *w)
{
  size_t shown = json_array_size(w->stories);

  if (shown > STORIES_SHOWN)
    shown = STORIES_SHOWN;
  for (size_t i = 0; i < shown; i++) {
    const json_t *text = json_object_get(json_array_get(w->stories, i), "text");

    putchar('\n');
    for (size_t n = 0; n < json_array_size(text); n++)
      printf("%s\n", json_string_value(json_array_get(text, n)));
  }
  if (w->told > shown)
    printf("\nand %s stories more; --json has the first %d\n", ui_count(w->told - shown),
           STORIES_KEPT);
}

static void print_frames(const json_t *where)
{
  size_t count = json_array_size(where);

  for (size_t i = 0; i < count && i < FRAMES_SHOWN; i++)
    printf("    %s %s\n", i ? "from" : "in", json_string_value(json_array_get(where, i)));
}

static void print_findings(const struct watching *w, enum check_weight weight, const char *head)
{
  const json_t *list = w->findings[weight];
  size_t shown = json_array_size(list);

  if (shown == 0)
    return;
  putchar('\n');
  ui_put(UI_HEAD, "%s\n", head);
  for (size_t i = 0; i < shown && i < FINDINGS_SHOWN; i++) {
    const json_t *f = json_array_get(list, i), *line = json_object_get(f, "line");
    long long world = json_integer_value(json_object_get(f, "world"));

    printf("  %s (%s), ", json_string_value(json_object_get(f, "rule")),
           json_string_value(json_object_get(f, "section")));
    if (line)
      printf("line %lld: ", json_integer_value(line));
    else
      printf("record %lld, %s, CPU %lld: ", json_integer_value(json_object_get(f, "record")),
             world ? "guest" : "host", json_integer_value(json_object_get(f, "cpu")));
    printf("%s\n", json_string_value(json_object_get(f, "what")));
    print_frames(json_object_get(f, "where"));
    printf("    %s\n", json_string_value(json_object_get(f, "message")));
  }
  if (shown > FINDINGS_SHOWN)
    printf("  and %s more; --json has the first %d\n",
           ui_count(check_findings(w->check, weight) - FINDINGS_SHOWN), FINDINGS_KEPT);
}

void watching_print(const struct watching *w)
{
  struct watch_counts c;

  watch_get_counts(w->watch, &c);
  ui_put(UI_HEAD, "verdicts on translations\n");
  for (unsigned i = 0; i < WATCH_VERDICTS; i++)
    printf("  %-28s %12s\n", watch_verdict_name(i), ui_count(c.verdict[i]));
  if (c.untranslated)
    printf("  %-28s %12s\n", "(passed untranslated)", ui_count(c.untranslated));
  if (c.unjudged)
    printf("  %-28s %12s\n", "(not judged)", ui_count(c.unjudged));
  if (c.lost_words || c.lost_entries)
    printf("  %-28s %12s\n", "(lost for want of room)", ui_count(c.lost_words + c.lost_entries));
  if (c.unasked)
    printf("  %-28s %12s\n", "(removed unasked)", ui_count(c.unasked));
  print_lengths("lazy: unmap to each use", &c.use);
  print_lengths("lazy: unmap to flush", &c.flush);
  print_stories(w);
  print_findings(w, CHECK_FINDING, "rules that software broke");
  print_findings(w, CHECK_ADVICE, "advice");
}

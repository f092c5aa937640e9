/* One world, watched: the timeline, the observatory and the checker each see every record. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "plat/place.h"
#include "smmu/err.h"
#include "tools/ui.h"
#include "tools/watching.h"
#include "watch/place.h"

/* Of one SMMU. */
struct watcher {
  struct watching *watching;
  struct machine_sink to_watching, sink;
  struct timeline *timeline;
};

struct watchers {
  struct plat_places *places;
  struct watch_places *names;
  struct watcher of[2];
};

static bool open_watcher(struct watchers *x, struct watcher *o, unsigned world, unsigned lines)
{
  o->watching = watching_create(NULL, x->names);
  o->to_watching = (struct machine_sink){ o->watching, watching_record, NULL };
  o->timeline = o->watching ? timeline_create(&o->to_watching, x->names, world, lines) : NULL;
  o->sink = (struct machine_sink){ o->timeline, timeline_record, x->places };
  return o->timeline != NULL;
}

static bool open_watchers(struct watchers *x, const struct judged_work *work)
{
  bool all;

  x->places = plat_places_create(0);
  x->names = x->places ? watch_places_of(x->places) : NULL;
  all = x->names != NULL;
  for (unsigned i = 0; i < (work->smmus == 2 ? 2 : 1) && all; i++)
    all = open_watcher(x, &x->of[i], work->world, work->lines);
  return all;
}

static void close_watchers(struct watchers *x)
{
  for (unsigned i = 0; i < 2; i++) {
    timeline_destroy(x->of[i].timeline);
    watching_destroy(x->of[i].watching);
  }
  watch_places_destroy(x->names);
  plat_places_destroy(x->places);
}

static int on_new_world(const struct judged_work *work, const struct lx_config *config,
                        json_t *object, bool *holds, char *why, size_t len)
{
  struct lx_world *world;
  int rc = lx_world_create(&world, config, why, len);

  if (rc != SMMU_OK)
    return rc;
  rc = work->run(world, work->arg, object, holds, why, len);
  lx_world_destroy(world);
  return rc;
}

/* What one of them saw; true: and it found nothing. *sound: and whatever it found, it saw all of it, and a
 * device that removes no more than it is asked to. */
static bool collect(const struct watcher *o, bool lines, json_t *object, bool *sound, char *why,
                    size_t len)
{
  json_int_t unasked;

  timeline_json(o->timeline, object, lines);
  watching_json(o->watching, object);
  known_set_apart(object);
  unasked = json_integer_value(json_object_get(json_object_get(object, "removed"), "unasked"));
  if (unasked && !*why)
    snprintf(why, len, "the model removed %lld cache entries that no command had asked for",
             (long long)unasked);
  *sound &= unasked == 0 && watching_complete(o->watching);
  return judged_found(object) == 0 && *sound;
}

/* NULL with a message: there is not the memory for it. */
static json_t *run(const struct judged_work *work, struct watchers *x)
{
  struct lx_config config = work->config;
  json_t *object = json_object(), *second;
  char why[512] = "";
  bool holds = false, sound = true;
  int rc;

  linux_set_fault(work->fault);
  config.sink = &x->of[0].sink;
  config.second = work->smmus == 2 ? &x->of[1].sink : NULL;
  config.log = timeline_log;
  config.ctx = x->of[0].timeline;
  rc = work->alone ? work->alone(&config, work->arg, object, &holds, why, sizeof why)
                   : on_new_world(work, &config, object, &holds, why, sizeof why);
  if (rc == SMMU_ERR_NOMEM) {
    ui_complain(NULL, "out of memory");
    json_decref(object);
    return NULL;
  }
  for (unsigned i = 0; i < 2 && x->of[i].watching; i++)
    watching_end(x->of[i].watching);
  if (work->smmus == 2) {
    second = json_object();
    holds = collect(&x->of[1], work->lines > 0, second, &sound, why, sizeof why) && holds;
    json_object_set_new(object, "second", second);
  }
  holds = collect(&x->of[0], work->lines > 0, object, &sound, why, sizeof why) && holds;
  json_object_set_new(object, "sound", json_boolean(sound && rc == SMMU_OK));
  json_object_set_new(object, "why", json_string(why));
  json_object_set_new(object, "holds", json_boolean(holds && rc == SMMU_OK));
  return object;
}

struct json_t *judged_run(const struct judged_work *work)
{
  struct watchers x = { 0 };
  json_t *object = open_watchers(&x, work) ? run(work, &x) : NULL;

  close_watchers(&x);
  return object;
}

/* ---- for people ---- */

uint64_t judged_found(const struct json_t *object)
{
  const json_t *verdicts = json_object_get(object, "verdicts");
  const json_t *second = json_object_get(object, "second");

  return (second ? judged_found(second) : 0) +
         json_array_size(json_object_get(object, "findings")) +
         (uint64_t)json_integer_value(json_object_get(verdicts, "stale_driver")) +
         (uint64_t)json_integer_value(json_object_get(verdicts, "stale_device"));
}

static void print_finding(const json_t *f)
{
  const json_t *where = json_object_get(f, "where"), *frame;
  size_t i;

  printf("  %s (%s): %s\n    %s\n", json_string_value(json_object_get(f, "rule")),
         json_string_value(json_object_get(f, "section")),
         json_string_value(json_object_get(f, "what")),
         json_string_value(json_object_get(f, "message")));
  json_array_foreach(where, i, frame) printf("    %s\n", json_string_value(frame));
}

static void print_findings(const struct json_t *object, const char *key, const char *head)
{
  const json_t *findings = json_object_get(object, key), *one;
  size_t i;

  if (json_array_size(findings))
    ui_put(UI_HEAD, "\n%s\n", head);
  json_array_foreach(findings, i, one) print_finding(one);
}

void judged_print(const struct json_t *object)
{
  const json_t *stories = json_object_get(object, "stories"), *one, *line;
  size_t i, n;

  if (json_object_get(object, "second"))
    judged_print(json_object_get(object, "second"));
  print_findings(object, "findings", "rules that the driver broke");
  print_findings(object, "known", "what this driver is known for");
  if (json_array_size(stories))
    ui_put(UI_HEAD, "\nstale translations\n");
  json_array_foreach(stories, i, one)
  {
    json_array_foreach(json_object_get(one, "text"), n, line)
      printf("  %s\n", json_string_value(line));
  }
}

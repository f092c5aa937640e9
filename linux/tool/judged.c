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

struct watchers {
  struct plat_places *places;
  struct watch_places *names;
  struct watching *watching;
  struct machine_sink to_watching;
  struct timeline *timeline;
};

static bool open_watchers(struct watchers *x, unsigned world, unsigned lines)
{
  x->places = plat_places_create(0);
  x->names = x->places ? watch_places_of(x->places) : NULL;
  x->watching = x->names ? watching_create(NULL, x->names) : NULL;
  x->to_watching = (struct machine_sink){ x->watching, watching_record, NULL };
  x->timeline = x->watching ? timeline_create(&x->to_watching, x->names, world, lines) : NULL;
  return x->timeline != NULL;
}

static void close_watchers(struct watchers *x)
{
  timeline_destroy(x->timeline);
  watching_destroy(x->watching);
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

static json_t *run(const struct judged_work *work, struct watchers *x)
{
  const struct machine_sink sink = { x->timeline, timeline_record, x->places };
  struct lx_config config = work->config;
  json_t *object = json_object();
  char why[512] = "";
  bool holds = false;
  int rc;

  linux_set_fault(work->fault);
  config.sink = &sink;
  config.log = timeline_log;
  config.ctx = x->timeline;
  rc = work->alone ? work->alone(&config, work->arg, object, &holds, why, sizeof why)
                   : on_new_world(work, &config, object, &holds, why, sizeof why);
  watching_end(x->watching);
  timeline_json(x->timeline, object, work->lines > 0);
  watching_json(x->watching, object);
  known_set_apart(object);
  holds = holds && rc == SMMU_OK && judged_found(object) == 0 && watching_complete(x->watching);
  json_object_set_new(object, "why", json_string(why));
  json_object_set_new(object, "holds", json_boolean(holds));
  return object;
}

struct json_t *judged_run(const struct judged_work *work)
{
  struct watchers x = { 0 };
  json_t *object = open_watchers(&x, work->world, work->lines) ? run(work, &x) : NULL;

  close_watchers(&x);
  return object;
}

/* ---- for people ---- */

uint64_t judged_found(const struct json_t *object)
{
  const json_t *verdicts = json_object_get(object, "verdicts");

  return json_array_size(json_object_get(object, "findings")) +
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

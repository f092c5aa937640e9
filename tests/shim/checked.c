/* See checked.h. */
#include "checked.h"

#include "gtest_c.h"

static void on_finding(void *ctx, const struct check_finding *f)
{
  struct checked *c = ctx;

  char place[WATCH_PLACE_TEXT];

  if (c->finding) {
    c->finding(c->ctx, f);
  } else if (check_rule_weight(f->rule) == CHECK_FINDING) {
    (void)watch_place_text(c->names, f->place, place, sizeof place);
    ADD_TEST_FAILURE("%s (%s), world %u, record %llu, in %s: %s", check_rule_id(f->rule),
                     check_rule_section(f->rule), f->world, (unsigned long long)f->record, place,
                     f->text);
  }
}

static void on_story(void *ctx, const struct watch_story *story)
{
  struct checked *c = ctx;

  if (c->story)
    c->story(c->ctx, story);
  else
    ADD_TEST_FAILURE("%s", story->text);
}

static void name_place(void *ctx, uint32_t number, char *text, size_t len)
{
  (void)watch_place_text(((struct checked *)ctx)->names, number, text, len);
}

static void on_record(void *ctx, const struct smmu_record *r)
{
  struct checked *c = ctx;

  watch_record(c->watch, r);
  check_record(c->check, r);
  if (c->record)
    c->record(c->ctx, r);
}

void checked_start(struct checked *c, struct plat_board *board)
{
  const struct plat_device *device = plat_board_device(board);
  struct check_options options = c->options;

  options.ctx = c;
  options.finding = on_finding;
  c->places = plat_places_create(0);
  ASSERT_NOT_NULL(c->places);
  c->names = watch_places_of(c->places);
  ASSERT_NOT_NULL(c->names);
  c->watch =
    watch_create(&(struct watch_options){ .ctx = c, .story = on_story, .place = name_place });
  c->check = check_create(&options);
  ASSERT_NOT_NULL(c->watch);
  ASSERT_NOT_NULL(c->check);
  c->sink = (struct machine_sink){ .ctx = c, .record = on_record, .places = c->places };
  c->observer = (struct machine_observer){ .world = { plat_board_host(board)->ctx },
                                           .sink = &c->sink,
                                           .board = board };
  machine_observer_start(&c->observer);
  plat_board_set_watch(board, &c->observer.watch);
  device->ops->set_hooks(device->ctx, &c->observer.hooks);
}

void checked_stop(struct checked *c)
{
  if (c->check) {
    check_end(c->check);
    EXPECT_FALSE(check_failed(c->check));
  }
  if (c->watch)
    EXPECT_FALSE(watch_failed(c->watch));
  check_destroy(c->check);
  watch_destroy(c->watch);
  watch_places_destroy(c->names);
  plat_places_destroy(c->places);
  c->check = NULL;
  c->watch = NULL;
  c->names = NULL;
  c->places = NULL;
}

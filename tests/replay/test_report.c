/* The JSON report: its keys are what users rely on. And the table names what differs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "kit.h"
#include "shim/gtest_c.h"

static json_t *report(const struct replay_results *res)
{
  char *text = NULL;
  size_t len;
  FILE *f = open_memstream(&text, &len);
  json_t *root;

  EXPECT_EQ(replay_print_json(res, f), 0);
  fclose(f);
  root = json_loads(text, 0, NULL);
  free(text);
  return root;
}

/* The object's keys, in order, with a space behind each. */
static const char *keys(const json_t *object)
{
  static char text[512];
  const char *key;
  json_t *value;
  size_t n = 0;

  text[0] = '\0';
  json_object_foreach((json_t *)(uintptr_t)object, key, value) n +=
    (size_t)snprintf(text + n, sizeof(text) - n, "%s ", key);
  return text;
}

TEST_CASE(Report, JsonKeysAreStable)
{
  static const char *const counts[][2] = {
    { "recorded_commands", "listed matched mismatched " },
    { "translations", "replayed matched mismatched " },
    { "faults", "replayed matched mismatched " },
    { "tlb", "hits misses mismatched flushes " },
    { "config_cache", "hits misses mismatched " },
    { "reads", "replayed matched mismatched " },
    { "table_words", "read matched mismatched " },
    { "events", "recorded matched mismatched " },
    { "dmas", "listed matched mismatched " },
    { "snapshot_pairs", "live matched mismatched " },
    { "snapshot_leaves", "listed matched mismatched " },
    { "snapshot_structures", "listed matched mismatched " },
    { "snapshot_neighbours", "listed matched mismatched " },
  };
  struct replay_results res;
  json_t *root;

  ASSERT_TRUE(kit_replay(kit_recorded("F-vfio-edu-faults"), "qemu", &res));
  root = report(&res);
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(keys(root),
               "schema profile lines records commands recorded_commands translations faults tlb "
               "config_cache reads table_words events dmas snapshot_pairs snapshot_leaves "
               "snapshot_structures snapshot_neighbours dropped first_divergence ");
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
    EXPECT_STREQ(keys(json_object_get(root, counts[i][0])), counts[i][1]);
  EXPECT_EQ(json_integer_value(json_object_get(root, "schema")), 1);
  EXPECT_EQ(json_integer_value(json_object_get(root, "commands")), 171);
  EXPECT_TRUE(json_is_null(json_object_get(root, "first_divergence")));
  EXPECT_STREQ(keys(json_array_get(json_object_get(root, "dropped"), 0)),
               "reason count first_line file damage ");
  json_decref(root);
}

static void spoil(struct replay_results *res)
{
  memset(res, 0, sizeof(*res));
  snprintf(res->profile, sizeof(res->profile), "qemu");
  res->first_divergence.found = true;
  res->first_divergence.line = 77;
  snprintf(res->first_divergence.what, sizeof(res->first_divergence.what), "translation");
  snprintf(res->first_divergence.expected, sizeof(res->first_divergence.expected), "PA 0x1000");
  snprintf(res->first_divergence.got, sizeof(res->first_divergence.got), "fault F_TRANSLATION");
}

TEST_CASE(Report, DivergenceIsNamed)
{
  struct replay_results res;
  json_t *root, *divergence;
  char *text = NULL;
  size_t len;
  FILE *f = open_memstream(&text, &len);

  spoil(&res);
  root = report(&res);
  divergence = json_object_get(root, "first_divergence");
  EXPECT_STREQ(keys(divergence), "line file what expected got ");
  EXPECT_EQ(json_integer_value(json_object_get(divergence, "line")), 77);
  EXPECT_TRUE(replay_results_differ(&res));
  json_decref(root);
  replay_print_table(&res, f);
  fclose(f);
  EXPECT_STR_CONTAINS(text, "First difference: translation, line 77");
  EXPECT_STR_CONTAINS(text, "expected: PA 0x1000");
  EXPECT_STR_CONTAINS(text, "got:      fault F_TRANSLATION");
  free(text);
}

TEST_CASE(Report, SameInputSameBytes)
{
  struct replay_results res;
  char *text[2] = { NULL, NULL };
  size_t len[2];

  for (int i = 0; i < 2; i++) {
    FILE *f = open_memstream(&text[i], &len[i]);

    ASSERT_TRUE(kit_replay(kit_recorded("A-strict-nvme"), "qemu", &res));
    replay_print_json(&res, f);
    replay_print_table(&res, f);
    fclose(f);
  }
  EXPECT_STREQ(text[0], text[1]);
  free(text[0]);
  free(text[1]);
}

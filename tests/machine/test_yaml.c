/* Configuration files: what is understood, where a mistake is, and files that print what they read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/config.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static struct machine_config cfg, again;
static struct machine_error err;

static int read_text(const char *text)
{
  machine_config_defaults(&cfg);
  err.text[0] = '\0';
  return machine_config_text(&cfg, "f.yaml", text, strlen(text), &err);
}

TEST_CASE(Yaml, PlainNestedAndDescribedValuesAreTheSame)
{
  ASSERT_EQ(read_text("vm.exit: 2us\n"), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_VM_EXIT), 2000000);
  ASSERT_EQ(read_text("vm:\n  exit: 2us\n  queue: vcmdq\n"), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_VM_EXIT), 2000000);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_QUEUE), MACHINE_QUEUE_VCMDQ);
  ASSERT_EQ(read_text("vm.exit: {value: 2us, origin: published, source: \"a page\"}\n"), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_VM_EXIT), 2000000);
  EXPECT_EQ(cfg.key[MACHINE_KEY_VM_EXIT].origin, MACHINE_ORIGIN_PUBLISHED);
  EXPECT_STREQ(cfg.key[MACHINE_KEY_VM_EXIT].source, "a page");
  ASSERT_EQ(read_text("smmu: {tlb: {sets: 64}, tlb.ways: 2}\n"), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_TLB_SETS), 64);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_TLB_WAYS), 2);
}

TEST_CASE(Yaml, ProfileIsReadFirstWhereverItStands)
{
  ASSERT_EQ(read_text("vm.exit: 7us\nprofile: published\n"), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_VM_EXIT), 7000000);
  EXPECT_EQ(cfg.key[MACHINE_KEY_VM_ENTRY].origin, MACHINE_ORIGIN_PUBLISHED);
  EXPECT_STREQ(cfg.profile, "published");
}

static const struct {
  const char *text, *place, *what;
} mistakes[] = {
  { "vm.exit: 1us\nvm.exti: 2us\n", "f.yaml:2:1: ", "did you mean \"vm.exit\"?" },
  { "vm:\n  exit: 1us\n  exti: 2us\n", "f.yaml:3:3: ", "did you mean \"vm.exit\"?" },
  { "frobnicate: 1\n", "f.yaml:1:1: ", "expected a parameter" },
  { "bench.threads: many\n", "f.yaml:1:16: ", "expected a number from 1 to 64" },
  { "\nbench.threads:   0\n", "f.yaml:2:18: ", "expected a number from 1 to 64" },
  { "vm.queue: vcmqd\n", "f.yaml:1:11: ", "did you mean \"vcmdq\"?" },
  { "vm.exit: [1, 2]\n", "f.yaml:1:10: ", "is a list, expected a value" },
  { "vm.exit: {value: 1us, orgin: fitted}\n", "f.yaml:1:23: ", "expected value, origin or source" },
  { "vm.exit: {value: 1us, origin: fited}\n", "f.yaml:1:31: ", "did you mean \"fitted\"?" },
  { "vm.exit: {origin: fitted}\n", "f.yaml:1:10: ", "has no value" },
  { "vm.exit: {value: 1us, origin: published}\n", "f.yaml:1:10: ", "expected its source" },
  { "vm.exit: {value: {value: 1us}}\n", "f.yaml:1:18: ", "a mapping" },
  { "vm.exit: 1us\nvm: {exit: 2us}\n", "f.yaml:2:6: ", "set twice, first in line 1" },
  { "vm: 3\n", "f.yaml:1:1: ", "is a section" },
  { "- vm.exit\n", "f.yaml:1:1: ", "found a list" },
  { "vm.exit\n", "f.yaml:1:1: ", "found a word" },
  { "", "f.yaml:1:1: ", "found nothing" },
  { "# nothing\n", "f.yaml:1:1: ", "found nothing" },
  { "vm.exit: 1us\n---\nvm.entry: 1us\n", "f.yaml:2:1: ", "second document" },
  { "vm.exit: \"1us\n", "f.yaml:2:1: ", "expected YAML" },
  { "vm.exit: 1us\n\tvm.entry: 1us\n", "f.yaml:2:1: ", "expected YAML" },
  { "vm.exit: *nobody\n", "f.yaml:1:10: ", "undefined alias" },
  { "profile: publsihed\n", "f.yaml:1:10: ", "did you mean \"published\"?" },
  { "profile: /nowhere/x.yaml\n", "f.yaml:1:10: ", "No such file" },
  { "about: {a: b}\n", "f.yaml:1:8: ", "one line of text" },
  { "? [a]\n: 1\n", "f.yaml:1:3: ", "the name of a parameter" },
  { "\"vm.exit\\0x\": 1\n", "f.yaml:1:1: ", "text with a zero byte" },
  { "vm.exit: \"1us\\0\"\n", "f.yaml:1:10: ", "text with a zero byte" },
  { "vm.exit: \xff\n", "f.yaml:1:10: ", "UTF-8" },
  { "&a vm: &b {x: *b}\n", "f.yaml:1:12: ", "expected a parameter" },
  { "vm.exit: 1us\nabout: a\xff\n", "f.yaml:2:9: ", "UTF-8" },
  { "vm: &b {exit: *b}\n", "f.yaml:1:9: ", "expected value, origin or source" },
};

TEST_CASE(Yaml, EveryMistakeHasItsPlaceAndAWayOut)
{
  for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
    EXPECT_EQ(read_text(mistakes[i].text), SMMU_ERR_FORMAT);
    if (strncmp(err.text, mistakes[i].place, strlen(mistakes[i].place)) != 0)
      ADD_TEST_FAILURE("%s\nis at %s, found \"%s\"", mistakes[i].text, mistakes[i].place, err.text);
    EXPECT_STR_CONTAINS(err.text, mistakes[i].what);
  }
}

TEST_CASE(Yaml, MistakeLeavesTheConfigurationAsItWas)
{
  machine_config_defaults(&again);
  EXPECT_EQ(read_text("vm.exit: 9us\nprofile: published\nnonsense: 1\n"), SMMU_ERR_FORMAT);
  EXPECT_MEMEQ(&cfg, &again, sizeof(cfg));
}

TEST_CASE(Yaml, TextThatIsTooLongIsRefused)
{
  char text[2 * MACHINE_TEXT_MAX + 32];

  memset(text, 'a', sizeof(text));
  memcpy(text, "about: ", 7);
  text[sizeof(text) - 1] = '\0';
  EXPECT_EQ(read_text(text), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "expected at most");
}

TEST_CASE(Yaml, ProfilesThatNameOneAnotherEnd)
{
  char path[] = "/tmp/smmulator-machine-XXXXXX.yaml", text[128];
  int fd = mkstemps(path, 5);
  FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

  ASSERT_NOT_NULL(file);
  snprintf(text, sizeof(text), "profile: %s\n", path);
  fputs(text, file);
  fclose(file);
  machine_config_defaults(&cfg);
  EXPECT_EQ(machine_config_file(&cfg, path, &err), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "at most four");
  remove(path);
}

TEST_CASE(Yaml, FileThatCannotBeReadIsNamed)
{
  machine_config_defaults(&cfg);
  EXPECT_EQ(machine_config_file(&cfg, "/nowhere/x.yaml", &err), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "/nowhere/x.yaml: No such file");
  EXPECT_EQ(machine_config_file(&cfg, "/tmp", &err), SMMU_ERR_FORMAT);
  EXPECT_EQ(machine_config_profile(&cfg, "gracefitted", &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "did you mean \"grace-fitted\"?");
}

/* ---- what is printed can be read again ---- */

static void expect_round_trip(const char *what)
{
  char *text = machine_config_yaml(&cfg, "head"), *second;

  ASSERT_NOT_NULL(text);
  machine_config_defaults(&again);
  if (machine_config_text(&again, what, text, strlen(text), &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
  if (memcmp(&cfg, &again, sizeof(cfg)) != 0)
    ADD_TEST_FAILURE("%s: another configuration is read than was printed", what);
  second = machine_config_yaml(&again, "head");
  EXPECT_STREQ(second, text);
  free(second);
  free(text);
}

TEST_CASE(Yaml, PrintedConfigurationGivesItselfAgain)
{
  const struct machine_file *file;

  ASSERT_EQ(read_text("about: \"a \\\"b\\\" \\\\ \\t \\x01 \xc3\xa9\"\nvm.exit: 1500ps\n"
                      "vm.queue: vcmdq\nfitted_on: '#x: {y}'\n"
                      "vm.entry: {value: 1, origin: measured, source: \"x: \\\"y\\\", {z}\"}\n"),
            SMMU_OK);
  expect_round_trip("odd text");
  for (size_t i = 0; (file = machine_file_at("profiles", i)) != NULL; i++) {
    machine_config_defaults(&cfg);
    ASSERT_EQ(machine_config_profile(&cfg, file->name, &err), SMMU_OK);
    expect_round_trip(file->name);
  }
}

TEST_CASE(Files, EveryProfileAndScenarioIsReadAndFits)
{
  static const char *const folders[] = { "profiles", "scenarios" };
  const struct machine_file *file;
  size_t count = 0;

  for (unsigned f = 0; f < 2; f++) {
    for (size_t i = 0; (file = machine_file_at(folders[f], i)) != NULL; i++, count++) {
      machine_config_defaults(&cfg);
      if (machine_config_text(&cfg, file->name, (const char *)file->bytes, file->length, &err) ||
          machine_config_check(&cfg, &err))
        ADD_TEST_FAILURE("%s: %s", file->name, err.text);
      EXPECT_GT(strlen(cfg.about), 20);
    }
  }
  EXPECT_GE(count, 8);
}

TEST_CASE(Files, PublishedProfileFitsNothing)
{
  machine_config_defaults(&cfg);
  ASSERT_EQ(machine_config_profile(&cfg, "published", &err), SMMU_OK);
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    const struct machine_value *v = &cfg.key[i];

    EXPECT_NE(v->origin, MACHINE_ORIGIN_FITTED);
    if (machine_key_at(i)->unit == MACHINE_UNIT_TIME && i != MACHINE_KEY_LIMIT && v->value != 0 &&
        (v->origin != MACHINE_ORIGIN_PUBLISHED || !v->source[0]))
      ADD_TEST_FAILURE("%s has a value without a source", machine_key_at(i)->name);
  }
}

/* Byte by byte: whatever stands in a file, an answer comes back. */
TEST_CASE(Yaml, DamagedFilesGetAnAnswer)
{
  const struct machine_file *file = machine_file_find("profiles", "published");
  static char text[1 << 16];
  uint32_t random = 1;

  ASSERT_NOT_NULL(file);
  ASSERT_LE(file->length, sizeof(text));
  for (unsigned i = 0; i < 3000; i++) {
    memcpy(text, file->bytes, file->length);
    for (unsigned n = 0; n < 3; n++) {
      random = random * 1664525u + 1013904223u;
      text[(random >> 8) % file->length] = (char)(random >> 3);
    }
    machine_config_defaults(&cfg);
    if (machine_config_text(&cfg, "x", text, (random >> 5) % file->length, &err) != SMMU_OK)
      EXPECT_GT(strlen(err.text), 5);
  }
}

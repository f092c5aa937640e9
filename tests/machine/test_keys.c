/* The table of keys, values as text, and one key set by hand. */
#include <string.h>

#include "machine/config.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static struct machine_config cfg;
static struct machine_error err;

TEST_CASE(Keys, EveryOneIsDescribedAndItsDefaultIsInItsRange)
{
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    const struct machine_key *key = machine_key_at(i);
    char expected[192], text[64];
    uint64_t value;

    if (!strchr(key->name, '.') || strlen(key->what) < 10 || key->origin >= MACHINE_ORIGIN_COUNT)
      ADD_TEST_FAILURE("%s is not described", key->name);
    machine_value_print(i, key->value, text, sizeof(text));
    if (!machine_value_parse(i, text, &value, expected, sizeof(expected)) || value != key->value)
      ADD_TEST_FAILURE("%s: its default %s is refused: %s", key->name, text, expected);
  }
}

TEST_CASE(Keys, NamesAreUniqueAndFound)
{
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++)
    EXPECT_EQ(machine_key_find(machine_key_at(i)->name), i);
  EXPECT_EQ(machine_key_find("vm.exits"), MACHINE_KEY_COUNT);
}

TEST_CASE(Keys, CostsAndStagesAreAmongThem)
{
  EXPECT_EQ(machine_key_at(machine_key_find("vm.exit"))->value, 1000000);
  EXPECT_EQ(machine_key_at(machine_key_find("smmu.invalidate.slots"))->value, 1);
  EXPECT_EQ(machine_key_at(machine_key_find("smmu.memory_read.latency"))->value, 100000);
  EXPECT_EQ(machine_key_at(machine_key_find("smmu.tbu.interval"))->value, 500);
}

TEST_CASE(Keys, DefaultsFitTogether)
{
  machine_config_defaults(&cfg);
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_OK);
}

/* ---- values ---- */

struct value_case {
  const char *key, *text;
  uint64_t value;
};

static const struct value_case good_values[] = {
  { "vm.exit", "2us", 2000000 },
  { "vm.exit", "150ns", 150000 },
  { "vm.exit", "1500", 1500 },
  { "vm.exit", "1500ps", 1500 },
  { "vm.exit", "0.1us", 100000 },
  { "vm.exit", "2.5 us", 2500000 },
  { "vm.exit", "1ms", 1000000000 },
  { "vm.exit", "1s", 1000000000000 },
  { "vm.exit", "1_000_000", 1000000 },
  { "bench.granule", "64k", 65536 },
  { "bench.granule", "1m", 1 << 20 },
  { "bench.granule", "4096", 4096 },
  { "bench.loops", "300", 300 },
  { "vm.queue", "vcmdq", MACHINE_QUEUE_VCMDQ },
  { "host.ril", "on", 1 },
  { "host.ril", "false", 0 },
  { "host.ril", "yes", 1 },
  { "vmm.lock_switch", "1180", 1180 },
};

static const struct {
  const char *key, *text, *expected;
} bad_values[] = {
  { "vm.exit", "2 fortnights", "a time such as 150ns or 2us from 0 to 1s" },
  { "vm.exit", "-1", "from 0" },
  { "vm.exit", "2s", "to 1s" },
  { "vm.exit", "1.0000001us", "a time" }, /* less than a picosecond */
  { "vm.exit", "99999999999999999999", "a time" },
  { "vm.exit", "18446744073709551615us", "a time" },
  { "vm.exit", "1.", "a time" },
  { "vm.exit", "", "a time" },
  { "vm.exit", "64k", "a time" },
  { "vm.exit", "0x10", "a time" },
  { "bench.granule", "2us", "bytes such as 64k" },
  { "bench.granule", "8m", "from 4k to 4m" },
  { "bench.threads", "0", "a number from 1 to 64" },
  { "bench.threads", "65", "a number from 1 to 64" },
  { "bench.threads", "2k", "a number from 1 to 64" },
  { "vm.queue", "vcmqd", "did you mean \"vcmdq\"?" },
  { "run.engine", "nwo", "did you mean \"now\"?" },
  { "vm.queue", "2", "trapped|vcmdq|bare" },
  { "vm.queue", "trapped|vcmdq", "trapped|vcmdq|bare" },
  { "host.ril", "maybe", "off|on" },
  { "run.jitter", "501", "thousandths from 0 to 500" },
  { "guest.cmdq_log2", "6", "from 7 to 19" }, /* the driver takes no fewer */
  { "host.cmdq_log2", "6", "from 7 to 19" },
};

TEST_CASE(Values, UnitsAreUnderstood)
{
  for (unsigned i = 0; i < sizeof(good_values) / sizeof(good_values[0]); i++) {
    const struct value_case *c = &good_values[i];
    char expected[192];
    uint64_t value = ~0ULL;

    if (!machine_value_parse(machine_key_find(c->key), c->text, &value, expected, sizeof(expected)))
      ADD_TEST_FAILURE("%s=%s is refused", c->key, c->text);
    EXPECT_EQ(value, c->value);
  }
}

TEST_CASE(Values, WrongOnesAreRefusedWithWhatWouldDo)
{
  for (unsigned i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
    char expected[192] = "";
    uint64_t value;

    if (machine_value_parse(machine_key_find(bad_values[i].key), bad_values[i].text, &value,
                            expected, sizeof(expected)))
      ADD_TEST_FAILURE("%s=%s is taken", bad_values[i].key, bad_values[i].text);
    EXPECT_STR_CONTAINS(expected, bad_values[i].expected);
  }
}

TEST_CASE(Values, PrintedInTheLargestUnitThatLosesNothing)
{
  static const struct value_case cases[] = {
    { "vm.exit", "2us", 2000000 },
    { "vm.exit", "2500ns", 2500000 },
    { "vm.exit", "1ps", 1 },
    { "vm.exit", "0", 0 },
    { "bench.granule", "64k", 65536 },
    { "vm.ram", "1g", 1 << 30 },
    { "vm.queue", "bare", MACHINE_QUEUE_BARE },
    { "bench.loops", "4096", 4096 },
  };

  for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    char text[64];

    machine_value_print(machine_key_find(cases[i].key), cases[i].value, text, sizeof(text));
    EXPECT_STREQ(text, cases[i].text);
  }
}

/* ---- one key by hand ---- */

TEST_CASE(Set, ChangesTheValueAndItsOrigin)
{
  machine_config_defaults(&cfg);
  ASSERT_EQ(machine_config_set(&cfg, "vm.exit=3us", &err), SMMU_OK);
  EXPECT_EQ(machine_get(&cfg, MACHINE_KEY_VM_EXIT), 3000000);
  EXPECT_EQ(cfg.key[MACHINE_KEY_VM_EXIT].origin, MACHINE_ORIGIN_CHOSEN);
}

TEST_CASE(Set, MistypedKeyGetsTheNearestOne)
{
  static const char *const typed[] = { "vm.exti=1", "vmexit=1", "exit=1", "bench.thread=2",
                                       "smmu.invalidate.latncy=1" };
  static const char *const meant[] = { "\"vm.exit\"", "\"vm.exit\"", "\"vm.exit\"",
                                       "\"bench.threads\"", "\"smmu.invalidate.latency\"" };

  machine_config_defaults(&cfg);
  for (unsigned i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
    EXPECT_EQ(machine_config_set(&cfg, typed[i], &err), SMMU_ERR_BADCFG);
    EXPECT_STR_CONTAINS(err.text, meant[i]);
  }
}

TEST_CASE(Set, WhatIsNoAssignmentIsRefused)
{
  static const char *const texts[] = { "vm.exit",      "=2us",     "",
                                       "frobnicate=1", "vm.exit=", "vm.exit==2us" };

  machine_config_defaults(&cfg);
  for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    EXPECT_EQ(machine_config_set(&cfg, texts[i], &err), SMMU_ERR_BADCFG);
}

/* ---- do the values fit together? ---- */

static const struct {
  const char *set[3], *why;
} unfit[] = {
  { { "bench.threads=4", "vm.vcpus=2" }, "bench.threads is 4, expected at most vm.vcpus" },
  { { "bench.granule=5000" }, "bench.granule is 5000, expected a multiple of 4096" },
  { { "smmu.tlb.sets=3" }, "smmu.tlb.sets is 3, expected 0 or a power of two" },
  { { "cmdqv.vcmdqs=24" }, "cmdqv.vcmdqs is 24, expected a power of two" },
  { { "cmdqv.vintfs=16", "cmdqv.vcmdqs=8" }, "no fewer than cmdqv.vintfs" },
  { { "cmdqv.vintfs=1", "vm.queue=vcmdq" }, "cmdqv.vintfs is 1, expected 2 or more" },
  { { "vm.ram=5m" }, "vm.ram is 5m, expected a multiple of 2m" },
  { { "vm.lvcmdqs=16", "vm.queue=vcmdq" }, "cmdqv.vcmdqs / cmdqv.vintfs, which is 8" },
  { { "vm.lvcmdqs=1", "vm.queue=vcmdq" }, "vm.lvcmdqs is 1, expected 0, or a power of two from 2" },
  { { "vm.lvcmdqs=6", "vm.queue=vcmdq" }, "vm.lvcmdqs is 6, expected 0, or a power of two from 2" },
  { { "cmdqv.vcmdqs=2", "vm.queue=vcmdq" }, "cmdqv.vcmdqs is 2, expected twice cmdqv.vintfs" },
  { { "smmu.tbu.slots=0" },
    "smmu.tbu.interval is 500ps, expected 0 where smmu.tbu.slots is 0 (any number at a time)" },
  { { "smmu.memory_write.slots=0", "smmu.memory_write.interval=1ns" },
    "smmu.memory_write.interval is 1ns, expected 0 where smmu.memory_write.slots is 0" },
  { { "smmu.memory_read.slots=0", "smmu.memory_read.interval=1ns" },
    "smmu.memory_read.interval is 1ns, expected 0 where smmu.memory_read.slots is 0" },
};

TEST_CASE(Check, ValuesThatDoNotFitTogetherAreNamed)
{
  for (unsigned i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
    machine_config_defaults(&cfg);
    for (unsigned j = 0; j < 3 && unfit[i].set[j]; j++)
      ASSERT_EQ(machine_config_set(&cfg, unfit[i].set[j], &err), SMMU_OK);
    EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_ERR_BADCFG);
    EXPECT_STR_CONTAINS(err.text, unfit[i].why);
  }
}

TEST_CASE(Check, ValuesThatFitAreTaken)
{
  static const char *const sets[][3] = { { "vm.lvcmdqs=8", "vm.queue=vcmdq" },
                                         { "vm.lvcmdqs=2", "vm.queue=vcmdq" },
                                         { "vm.lvcmdqs=16", "vm.queue=trapped" },
                                         { "smmu.tbu.slots=0", "smmu.tbu.interval=0" } };

  for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
    machine_config_defaults(&cfg);
    for (unsigned j = 0; j < 3 && sets[i][j]; j++)
      ASSERT_EQ(machine_config_set(&cfg, sets[i][j], &err), SMMU_OK);
    EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_OK);
  }
}

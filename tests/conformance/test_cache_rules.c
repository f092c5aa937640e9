/* The table of cache rules (cache_rules.inc) against the caches: each kind of entry is made by real
 * translations, the command goes through the queue, and the trace tells what was dropped. What must
 * go goes however wide invalidations are; what may stay does when they are exact. A translation
 * afterwards has the last word: nothing that went answers it. IHI 0070 3.17, 4.3, 4.4, 16.2. */
#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"
#include "cache_entries.h"

static const struct {
  const char *name, *members;
} sets[] = {
#define ENTRY(name, kind, section, text)
#define SET(name, members) { #name, members },
#define RULE(device, command, section, must, why)
#include "cache_rules.inc"
#undef SET
#undef RULE
};

static const struct rule {
  enum cache_device device;
  const char *command, *must;
} rules[] = {
#define SET(name, members)
#define RULE(device, command, section, must, why) { DEVICE_##device, command, must },
#include "cache_rules.inc"
#undef SET
#undef RULE
#undef ENTRY
};

static const char *const titles[] = {
#define ENTRY(name, kind, section, text)
#define SET(name, members)
#define RULE(device, command, section, must, why) #device ": " command,
#include "cache_rules.inc"
#undef SET
#undef RULE
#undef ENTRY
};

enum { RULES = sizeof rules / sizeof rules[0], SETS = sizeof sets / sizeof sets[0] };

/* ---- names ---- */

static uint64_t members(const char *names);

static uint64_t named(const char *name, size_t len)
{
  for (unsigned e = 0; e < ENTRIES; e++) {
    if (strlen(cache_entry_name(e)) == len && !memcmp(cache_entry_name(e), name, len))
      return 1ULL << e;
  }
  for (unsigned i = 0; i < SETS; i++) {
    if (strlen(sets[i].name) == len && !memcmp(sets[i].name, name, len))
      return members(sets[i].members);
  }
  ADD_TEST_FAILURE("%.*s: neither an entry nor a set", (int)len, name);
  return 0;
}

static uint64_t members(const char *names)
{
  uint64_t all = 0;

  while (*names) {
    size_t len = strcspn(names, " ");

    all |= named(names, len);
    names += len + (names[len] != 0);
  }
  return all;
}

/* ---- one rule, one entry ---- */

static struct {
  const struct rule *rule;
  uint8_t wider, pick;
} job;

static bool is_config_rule(const struct rule *rule)
{
  return strncmp(rule->command, "CFGI", 4) == 0;
}

static void judge(struct rig *rig, unsigned entry, struct cache_held *held)
{
  bool must = members(job.rule->must) >> entry & 1, exact = !job.wider && !job.pick;
  bool is_config = cache_entry_is_config(entry), same = is_config == is_config_rule(job.rule);
  unsigned gone;
  char text[128];

  snprintf(text, sizeof text, "%s; SYNC", job.rule->command);
  rig_watch(rig);
  rig_cmds(rig, text);
  gone = cache_dropped(rig, held);
  if (held->n == 0)
    ADD_TEST_FAILURE("%s was not cached", cache_entry_name(entry));
  if (must && gone != held->n)
    ADD_TEST_FAILURE("%s must go and stays (%u of %u)", cache_entry_name(entry), held->n - gone,
                     held->n);
  if (!must && exact && gone)
    ADD_TEST_FAILURE("%s may stay and goes", cache_entry_name(entry));
  if (!must && job.wider == SMMU_WIDER_ALL && same && job.rule->device != DEVICE_MPAM &&
      gone != held->n)
    ADD_TEST_FAILURE("%s stays though everything is to go", cache_entry_name(entry));
  if (!same && gone)
    ADD_TEST_FAILURE("%s is no business of this command", cache_entry_name(entry));
  if (must && cache_answers(rig, entry, held))
    ADD_TEST_FAILURE("%s answers after it must be gone", cache_entry_name(entry));
}

static void body(struct rig *rig)
{
  for (unsigned entry = 0; entry < ENTRIES; entry++) {
    struct cache_held held = { 0 };
    struct smmu_config config;

    if (!cache_entry_fits(entry, job.rule->device))
      continue;
    cache_device_config(job.rule->device, &config);
    config.wider = job.wider;
    config.pick_wider = job.pick;
    rig_restart(rig, &config);
    cache_make(rig, entry, &held);
    cache_set_device(rig, job.rule->device);
    judge(rig, entry, &held);
  }
}

static void hold(const struct rig_host *host, int rule, unsigned wider, unsigned pick)
{
  job.rule = &rules[rule];
  job.wider = (uint8_t)wider;
  job.pick = (uint8_t)pick;
  rig_run_on(host, body);
}

PARAM_TEST_CASE(CacheRules, Exact, titles, RULES)
{
  hold(&rig_host_now, param, SMMU_WIDER_EXACT, 0);
}

PARAM_TEST_CASE(CacheRules, ExactOnTimed, titles, RULES)
{
  hold(&rig_host_timed, param, SMMU_WIDER_EXACT, 0);
}

PARAM_TEST_CASE(CacheRules, AnyAddress, titles, RULES)
{
  hold(&rig_host_now_stepped, param, SMMU_WIDER_ADDRESS, 0);
}

PARAM_TEST_CASE(CacheRules, Everything, titles, RULES)
{
  hold(&rig_host_now, param, SMMU_WIDER_ALL, 0);
}

PARAM_TEST_CASE(CacheRules, AsTheEnginePicks, titles, RULES)
{
  hold(&rig_host_now_seeded, param, SMMU_WIDER_EXACT, 1);
}

/* ---- the table itself ---- */

TEST_CASE(CacheRules, EveryInvalidationHasARule)
{
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const char *name = smmu_cmd_name((uint8_t)opcode);
    bool found = false;

    if (!name || (strncmp(name, "CFGI_", 5) != 0 && strncmp(name, "TLBI_", 5) != 0))
      continue;
    for (unsigned i = 0; i < RULES; i++)
      found |= strncmp(rules[i].command, name, strlen(name)) == 0;
    if (!found)
      ADD_TEST_FAILURE("%s has no rule", name);
  }
}

TEST_CASE(CacheRules, EveryKindOfEntryMustGoAndMayStaySomewhere)
{
  uint64_t must = 0, may = 0;

  for (unsigned i = 0; i < RULES; i++) {
    must |= members(rules[i].must);
    may |= ~members(rules[i].must);
  }
  for (unsigned e = 0; e < ENTRIES; e++) {
    if (!(must & may & 1ULL << e))
      ADD_TEST_FAILURE("%s", cache_entry_name(e));
  }
}

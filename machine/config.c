/* The table of keys, and configurations as values. See config.h. */
#include "machine/config.h"

#include <stdio.h>
#include <string.h>

#include "machine/device.h"
#include "smmu/err.h"
#include "smmu/step.h"
#include "util/bits.h"
#include "util/near.h"

static const struct machine_key keys[MACHINE_KEY_COUNT] = {
#define KEY(id, key, unit, value, least, most, origin, what) \
  [MACHINE_KEY_## \
    id] = { key, what, NULL, value, least, most, MACHINE_UNIT_##unit, MACHINE_ORIGIN_##origin },
#define CHOICE(id, key, words, value, origin, what) \
  [MACHINE_KEY_##id] = { \
    key, what, words, value, 0, UINT64_MAX, MACHINE_UNIT_CHOICE, MACHINE_ORIGIN_##origin \
  },
#include "machine/config.def"
#undef KEY
#undef CHOICE
};

const struct machine_key *machine_key_at(unsigned id)
{
  return id < MACHINE_KEY_COUNT ? &keys[id] : NULL;
}

unsigned machine_key_find(const char *name)
{
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    if (strcmp(keys[i].name, name) == 0)
      return i;
  }
  return MACHINE_KEY_COUNT;
}

static const char *key_name(const void *ctx, size_t i)
{
  (void)ctx;
  return i < MACHINE_KEY_COUNT ? keys[i].name : NULL;
}

const char *machine_key_nearest(const char *typed)
{
  return smmu_nearest(typed, key_name, NULL);
}

const char *machine_key_unit(unsigned id)
{
  static const char *const names[] = { "ps", "bytes", "count", "per mille", "log2" };

  if (id >= MACHINE_KEY_COUNT)
    return "?";
  return keys[id].words ? keys[id].words : names[keys[id].unit];
}

const char *machine_origin_name(unsigned origin)
{
  static const char *const names[] = {
#define X(name, text, what) text,
    MACHINE_ORIGIN_LIST(X)
#undef X
  };

  return origin < MACHINE_ORIGIN_COUNT ? names[origin] : "?";
}

void machine_config_defaults(struct machine_config *cfg)
{
  memset(cfg, 0, sizeof(*cfg));
  snprintf(cfg->profile, sizeof(cfg->profile), "neutral");
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    cfg->key[i].value = keys[i].value;
    cfg->key[i].origin = keys[i].origin;
  }
}

int machine_config_set(struct machine_config *cfg, const char *assignment,
                       struct machine_error *err)
{
  const char *equals = strchr(assignment, '=');
  char name[MACHINE_NAME_MAX], expected[192];
  const char *near;
  uint64_t value;
  unsigned id;

  if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof(name)) {
    snprintf(err->text, sizeof(err->text), "\"%.80s\": expected KEY=VALUE", assignment);
    return SMMU_ERR_BADCFG;
  }
  snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
  id = machine_key_find(name);
  if (id == MACHINE_KEY_COUNT) {
    near = machine_key_nearest(name);
    snprintf(err->text, sizeof(err->text), "unknown parameter \"%s\"%s%s%s", name,
             near ? "; did you mean \"" : "; `smmulator params` lists them", near ? near : "",
             near ? "\"?" : "");
    return SMMU_ERR_BADCFG;
  }
  if (!machine_value_parse(id, equals + 1, &value, expected, sizeof(expected))) {
    snprintf(err->text, sizeof(err->text), "%s is \"%.80s\", expected %s", name, equals + 1,
             expected);
    return SMMU_ERR_BADCFG;
  }
  cfg->key[id].value = value;
  cfg->key[id].origin = MACHINE_ORIGIN_CHOSEN;
  cfg->key[id].source[0] = '\0';
  return SMMU_OK;
}

/* ---- do the values fit together? ---- */

static int refuse(struct machine_error *err, const struct machine_config *cfg, unsigned key,
                  const char *expected)
{
  char value[48];

  machine_value_print(key, cfg->key[key].value, value, sizeof(value));
  snprintf(err->text, sizeof(err->text), "%s is %s, expected %s", keys[key].name, value, expected);
  return SMMU_ERR_BADCFG;
}

static int check_powers(const struct machine_config *cfg, struct machine_error *err)
{
  static const uint16_t zero_or_power[] = { MACHINE_KEY_UTLB_SETS, MACHINE_KEY_TLB_SETS,
                                            MACHINE_KEY_WALK_CACHE_SETS,
                                            MACHINE_KEY_CFG_CACHE_SETS };
  static const uint16_t power[] = { MACHINE_KEY_VINTFS, MACHINE_KEY_VCMDQS, MACHINE_KEY_ECMDQS };

  for (unsigned i = 0; i < sizeof(zero_or_power) / sizeof(zero_or_power[0]); i++) {
    uint64_t value = cfg->key[zero_or_power[i]].value;

    if (value != 0 && !is_power_of_two(value))
      return refuse(err, cfg, zero_or_power[i], "0 or a power of two");
  }
  for (unsigned i = 0; i < sizeof(power) / sizeof(power[0]); i++) {
    if (!is_power_of_two(cfg->key[power[i]].value))
      return refuse(err, cfg, power[i], "a power of two");
  }
  return SMMU_OK;
}

static int check_sizes(const struct machine_config *cfg, struct machine_error *err)
{
  static const uint16_t memories[] = { MACHINE_KEY_VM_RAM, MACHINE_KEY_HOST_RAM };

  for (unsigned i = 0; i < 2; i++) {
    if (cfg->key[memories[i]].value % (2 << 20) != 0)
      return refuse(err, cfg, memories[i], "a multiple of 2m");
  }
  if (machine_get(cfg, MACHINE_KEY_GRANULE) % 4096 != 0)
    return refuse(err, cfg, MACHINE_KEY_GRANULE, "a multiple of 4096");
  return SMMU_OK;
}

static int check_stage(const struct machine_config *cfg, unsigned latency_key,
                       struct machine_error *err)
{
  unsigned slots = latency_key + 1, interval = latency_key + 2;
  char expected[128];

  if (cfg->key[slots].value != 0 || cfg->key[interval].value == 0)
    return SMMU_OK;
  snprintf(expected, sizeof(expected), "0 where %s is 0 (any number at a time)", keys[slots].name);
  return refuse(err, cfg, interval, expected);
}

static int check_stages(const struct machine_config *cfg, struct machine_error *err)
{
  int rc = check_stage(cfg, MACHINE_KEY_READ_LATENCY, err);

  if (rc == SMMU_OK)
    rc = check_stage(cfg, MACHINE_KEY_WRITE_LATENCY, err);
  for (unsigned i = SMMU_STAGE_NONE + 1; i < SMMU_STAGE_COUNT && rc == SMMU_OK; i++)
    rc = check_stage(cfg, machine_stage_latency_key(i), err);
  return rc;
}

/* What a virtual machine with queues of its own needs. */
static int check_cmdqv(const struct machine_config *cfg, struct machine_error *err)
{
  uint64_t queues = machine_get(cfg, MACHINE_KEY_VCMDQS), vintfs;
  uint64_t shown = machine_get(cfg, MACHINE_KEY_LVCMDQS);
  char expected[160];

  vintfs = machine_get(cfg, MACHINE_KEY_VINTFS);
  if (vintfs < 2)
    return refuse(err, cfg, MACHINE_KEY_VINTFS,
                  "2 or more: the host keeps the first, a virtual machine needs one of its own");
  if (queues / vintfs < 2)
    return refuse(err, cfg, MACHINE_KEY_VCMDQS,
                  "twice cmdqv.vintfs or more: a virtual machine needs two queues");
  if (shown == 0 || (shown >= 2 && shown <= queues / vintfs && is_power_of_two(shown)))
    return SMMU_OK;
  snprintf(expected, sizeof(expected),
           "0, or a power of two from 2 to cmdqv.vcmdqs / cmdqv.vintfs, which is %llu",
           (unsigned long long)(queues / vintfs));
  return refuse(err, cfg, MACHINE_KEY_LVCMDQS, expected);
}

int machine_config_check(const struct machine_config *cfg, struct machine_error *err)
{
  char expected[96];
  int rc = check_powers(cfg, err);

  if (rc == SMMU_OK)
    rc = check_sizes(cfg, err);
  if (rc == SMMU_OK)
    rc = check_stages(cfg, err);
  if (rc != SMMU_OK)
    return rc;
  if (machine_get(cfg, MACHINE_KEY_THREADS) > machine_get(cfg, MACHINE_KEY_VCPUS)) {
    snprintf(expected, sizeof(expected), "at most vm.vcpus, which is %llu",
             (unsigned long long)machine_get(cfg, MACHINE_KEY_VCPUS));
    return refuse(err, cfg, MACHINE_KEY_THREADS, expected);
  }
  if (machine_get(cfg, MACHINE_KEY_VCMDQS) < machine_get(cfg, MACHINE_KEY_VINTFS))
    return refuse(err, cfg, MACHINE_KEY_VCMDQS, "no fewer than cmdqv.vintfs");
  if (machine_get(cfg, MACHINE_KEY_HOST_TLBI) == MACHINE_TLBI_BROADCAST &&
      machine_get(cfg, MACHINE_KEY_QUEUE) != MACHINE_QUEUE_BARE)
    return refuse(err, cfg, MACHINE_KEY_HOST_TLBI,
                  "command with a virtual machine: its CPUs' VMID is not the SMMU's");
  if (machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ)
    rc = check_cmdqv(cfg, err);
  return rc == SMMU_OK ? machine_device_check(cfg, err) : rc;
}

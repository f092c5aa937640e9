/* See device.h. */
#include "machine/device.h"

#include <stdio.h>

#include "arch/regs.h"
#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"
#include "smmu/err.h"

static struct smmu_cache_config cache_of(const struct machine_config *cfg, unsigned sets_key)
{
  return (struct smmu_cache_config){ (uint16_t)cfg->key[sets_key].value,
                                     (uint16_t)cfg->key[sets_key + 1].value };
}

void machine_device_config(const struct machine_config *cfg, struct smmu_config *device)
{
  smmu_config_neutral(device);
  /* The words of the key are the model's names, in its order. */
  smmu_config_set_ids(device, smmu_ids_name((unsigned)machine_get(cfg, MACHINE_KEY_IDS)));
  if (machine_get(cfg, MACHINE_KEY_ATS))
    device->idr[0] |= (uint32_t)MASK(IDR0, ATS);
  device->txns = (uint16_t)machine_get(cfg, MACHINE_KEY_TXNS);
  device->tbus = (uint16_t)machine_get(cfg, MACHINE_KEY_TBUS);
  device->events = (uint16_t)machine_get(cfg, MACHINE_KEY_EVENTS);
  device->utlb = cache_of(cfg, MACHINE_KEY_UTLB_SETS);
  device->tlb = cache_of(cfg, MACHINE_KEY_TLB_SETS);
  device->walk_cache = cache_of(cfg, MACHINE_KEY_WALK_CACHE_SETS);
  device->cfg_cache = cache_of(cfg, MACHINE_KEY_CFG_CACHE_SETS);
  device->wider = (uint8_t)machine_get(cfg, MACHINE_KEY_WIDER);
  device->contiguous = (uint8_t)machine_get(cfg, MACHINE_KEY_CONTIGUOUS);
  device->cont = (uint8_t)machine_get(cfg, MACHINE_KEY_CONT);
  device->conflict = (uint8_t)machine_get(cfg, MACHINE_KEY_CONFLICT);
  device->prefetch = (uint8_t)machine_get(cfg, MACHINE_KEY_PREFETCH);
  if (machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ)
    smmu_config_set_cmdqv(device, (unsigned)machine_get(cfg, MACHINE_KEY_VINTFS),
                          (unsigned)machine_get(cfg, MACHINE_KEY_VCMDQS));
  if (machine_get(cfg, MACHINE_KEY_HOST_TLBI) == MACHINE_TLBI_BROADCAST)
    device->idr[0] |= (uint32_t)MASK(IDR0, BTM);
  if (machine_get(cfg, MACHINE_KEY_HOST_ECMDQ))
    smmu_config_set_ecmdq(device, 1, (unsigned)machine_get(cfg, MACHINE_KEY_ECMDQS));
}

/* The three keys of a stage stand together: latency, slots, interval. */
static struct timed_resource resource_of(const struct machine_config *cfg, unsigned latency_key)
{
  return (struct timed_resource){ .latency_ps = cfg->key[latency_key].value,
                                  .slots = (uint32_t)cfg->key[latency_key + 1].value,
                                  .interval_ps = cfg->key[latency_key + 2].value };
}

static const uint16_t latency_key[SMMU_STAGE_COUNT] = {
#define STAGE(name, slots, latency, interval, origin) \
  [SMMU_STAGE_##name] = MACHINE_KEY_##name##_LATENCY,
#define WAY(name, slots, latency, interval, origin)
#include "engine/profile.def"
#undef STAGE
#undef WAY
};

unsigned machine_stage_latency_key(unsigned stage)
{
  return stage > SMMU_STAGE_NONE && stage < SMMU_STAGE_COUNT ? latency_key[stage]
                                                             : MACHINE_KEY_COUNT;
}

void machine_device_profile(const struct machine_config *cfg, struct timed_profile *profile)
{
  timed_profile_zero(profile);
  for (unsigned stage = SMMU_STAGE_NONE + 1; stage < SMMU_STAGE_COUNT; stage++)
    profile->stage[stage] = resource_of(cfg, latency_key[stage]);
  profile->read = resource_of(cfg, MACHINE_KEY_READ_LATENCY);
  profile->write = resource_of(cfg, MACHINE_KEY_WRITE_LATENCY);
}

/* Before the device is asked: a message about its registers would not say which key is wrong. */
static int check_ecmdq(const struct machine_config *cfg, const struct smmu_config *device,
                       struct machine_error *err)
{
  uint64_t needed = MASK(IDR0, COHACC) | MASK(IDR0, MSI);

  if (!machine_get(cfg, MACHINE_KEY_HOST_ECMDQ) || (device->idr[0] & needed) == needed)
    return SMMU_OK;
  snprintf(err->text, sizeof(err->text),
           "host.ecmdq is on, expected off with smmu.ids %s: enhanced queues need IDR0.COHACC and "
           "IDR0.MSI",
           smmu_ids_name((unsigned)machine_get(cfg, MACHINE_KEY_IDS)));
  return SMMU_ERR_BADCFG;
}

int machine_device_check(const struct machine_config *cfg, struct machine_error *err)
{
  struct smmu_config device;
  struct timed_profile profile;
  char why[256] = "";
  int rc;

  machine_device_config(cfg, &device);
  machine_device_profile(cfg, &profile);
  rc = check_ecmdq(cfg, &device, err);
  if (rc != SMMU_OK)
    return rc;
  rc = smmu_config_check(&device, why, sizeof(why));
  if (rc == SMMU_OK)
    rc = timed_profile_check(&profile, why, sizeof(why));
  if (rc != SMMU_OK)
    snprintf(err->text, sizeof(err->text), "the SMMU: %s", why);
  return rc;
}

/* Profiles: how long things take, as data. The rows are in profile.def. */
#include <stdio.h>
#include <string.h>

#include "smmu/timed.h"

#define ROW(slot_count, latency, interval) \
  { \
    .slots = (slot_count), .latency_ps = (latency), .interval_ps = (interval) \
  }
#define STAGE(name, slots, latency, interval, origin) \
  .stage[SMMU_STAGE_##name] = ROW(slots, latency, interval),
#define WAY(name, slots, latency, interval, origin) .name = ROW(slots, latency, interval),
static const struct timed_profile neutral = {
#include "engine/profile.def"
};
#undef STAGE
#undef WAY

enum { SLOTS_MAX = 64 };
#define TIME_MAX 1000000000000ULL /* one second */

void timed_profile_neutral(struct timed_profile *p)
{
  *p = neutral;
}

void timed_profile_zero(struct timed_profile *p)
{
  memset(p, 0, sizeof *p);
}

static int refuse(char *why, size_t why_len, const char *name, const char *what, uint64_t value,
                  const char *legal)
{
  if (why && why_len)
    snprintf(why, why_len, "%s.%s is %llu; legal: %s", name, what, (unsigned long long)value,
             legal);
  return SMMU_ERR_BADCFG;
}

static int check(const struct timed_resource *r, const char *name, char *why, size_t why_len)
{
  if (r->slots > SLOTS_MAX)
    return refuse(why, why_len, name, "slots", r->slots, "0 to 64");
  if (r->latency_ps > TIME_MAX)
    return refuse(why, why_len, name, "latency_ps", r->latency_ps, "at most one second");
  if (r->interval_ps > TIME_MAX)
    return refuse(why, why_len, name, "interval_ps", r->interval_ps, "at most one second");
  if (r->slots == 0 && r->interval_ps != 0)
    return refuse(why, why_len, name, "interval_ps", r->interval_ps, "0 where slots is 0");
  return SMMU_OK;
}

int timed_profile_check(const struct timed_profile *p, char *why, size_t why_len)
{
  int err = check(&p->read, "read", why, why_len);

  if (err == SMMU_OK)
    err = check(&p->write, "write", why, why_len);
  for (unsigned i = 0; i < SMMU_STAGE_COUNT && err == SMMU_OK; i++)
    err = check(&p->stage[i], smmu_stage_name(i), why, why_len);
  return err;
}

/* No false alarm: host, VMM, guest and driver keep every rule, on every way to the queue. */
#include <stdio.h>
#include <string.h>

#include "machine/result.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"
#include "watch/check.h"

enum { TOLD_MOST = 5 };

/* One machine each: a scenario, and what is set in it. */
static const struct {
  const char *scenario, *settings;
} runs[] = {
  { "small-demo", "" },
  { "small-demo", "device.dma=on guest.dma=lazy" },
  { "grace-2t-256k", "bench.loops=5" },
  { "vcmdq-64", "bench.loops=2" },
  { "dma-map-ats", "" },
  { "dma-map-ats", "guest.dma=lazy bench.threads=2" },
  { "dma-map-ats", "vm.queue=vcmdq bench.granule=64k" },
  { "dma-map-ats", "vm.queue=bare host.ril=off bench.granule=64k" },
  { "dma-map-trapped", "device.dma=on vm.vcpus=4 bench.threads=4 guest.cmdq_log2=7" },
  { "dma-map-trapped", "device.dma=on guest.dma=lazy bench.granule=1m guest.cmdq_log2=7" },
  { "dma-map-trapped", "vmm.invalidate=per-command guest.ril=on" },
  { "dma-map-trapped", "host.ecmdq=on bench.threads=2" },
  { "dma-map-trapped", "run.engine=now bench.threads=2" },
  { "dma-map-vcmdq", "device.dma=on vm.vcpus=4 bench.threads=4 vm.backing=scattered" },
  { "dma-map-vcmdq", "guest.dma=lazy bench.granule=256k guest.cmdq_log2=7" },
  { "dma-map-vcmdq", "guest.ril=on vm.lvcmdqs=2 vm.vcpus=4 bench.threads=4" },
  { "dma-map-vcmdq", "run.engine=now bench.threads=2" },
  { "dma-map-bare", "device.dma=on vm.vcpus=8 bench.threads=8 host.cmdq_log2=7" },
  { "dma-map-bare", "host.msi_poll=off vm.vcpus=8 bench.threads=8 host.cmdq_log2=7" },
  { "dma-map-bare", "host.ecmdq=on vm.vcpus=4 bench.threads=4 host.cmdq_log2=7" },
  { "dma-map-bare", "host.ecmdq=on host.msi_poll=off guest.dma=lazy" },
  { "dma-map-bare", "host.tlbi=broadcast bench.threads=2" },
  { "dma-map-bare", "host.ril=off bench.granule=2m bench.loops=3 host.cmdq_log2=7" },
  { "dma-map-bare", "guest.dma=lazy bench.granule=4m bench.loops=3" },
  { "dma-map-bare", "run.engine=now host.ecmdq=on bench.threads=2" },
};

struct told {
  const char *scenario, *settings;
  unsigned count;
};

static void tell(void *ctx, const struct check_finding *f)
{
  struct told *t = ctx;

  if (check_rule_weight(f->rule) == CHECK_FINDING && t->count++ < TOLD_MOST)
    ADD_TEST_FAILURE("%s %s: %s, world %u, record %llu: %s", t->scenario, t->settings,
                     check_rule_id(f->rule), f->world, (unsigned long long)f->record, f->text);
}

static void set(struct machine_config *cfg, const char *assignment)
{
  struct machine_error err;

  if (machine_config_set(cfg, assignment, &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
}

static void configure(struct machine_config *cfg, const char *scenario, const char *settings)
{
  const struct machine_file *file = machine_file_find("scenarios", scenario);
  struct machine_error err;
  char text[256], *rest = text, *one;

  ASSERT_NOT_NULL(file);
  machine_config_defaults(cfg);
  ASSERT_EQ(machine_config_text(cfg, file->name, (const char *)file->bytes, file->length, &err),
            SMMU_OK);
  set(cfg, "bench.loops=10");
  set(cfg, "bench.warmup=2");
  snprintf(text, sizeof text, "%s", settings);
  while ((one = strtok_r(rest, " ", &rest)) != NULL)
    set(cfg, one);
}

TEST_CASE(CleanRun, HasNoFinding)
{
  static struct machine_config cfg;

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    struct told told = { runs[i].scenario, runs[i].settings, 0 };
    struct check *c = check_create(&(struct check_options){ .ctx = &told, .finding = tell });
    const struct machine_sink sink = { .ctx = c, .record = check_record };
    struct machine_result result;
    struct machine_error err;

    ASSERT_NOT_NULL(c);
    configure(&cfg, told.scenario, told.settings);
    if (machine_run(&cfg, &sink, &result, &err) != SMMU_OK)
      ADD_TEST_FAILURE("%s %s: %s", told.scenario, told.settings, err.text);
    check_end(c);
    EXPECT_FALSE(check_failed(c));
    machine_result_free(&result);
    check_destroy(c);
  }
}

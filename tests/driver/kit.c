/* The board of kit.h. */
#include "kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/check.h"

const char *const kit_devices[KIT_DEVICES] = { "now", "timed" };

/* ---- writing down ---------------------------------------------------------------------------- */

void *kit_add(struct kit_list *list, size_t size)
{
  if (list->count == list->room) {
    list->room = list->room ? 2 * list->room : 64;
    list->at = realloc(list->at, list->room * size);
    CHECK(list->at);
  }
  return (char *)list->at + size * list->count++;
}

static void on_record(void *ctx, const struct smmu_record *record)
{
  struct kit *kit = ctx;
  struct kit_command *c;

  if (record->category != SMMU_TRACE_COMMAND)
    return;
  c = kit_add(&kit->commands, sizeof *c);
  *c = (struct kit_command){ { record->addr_out, record->word }, record->unit };
  if (kit->consumed)
    kit->consumed(kit, c);
}

static void on_finding(void *ctx, const struct check_finding *f)
{
  const struct kit *kit = ctx;

  if (kit->excused || (kit->breaks && strcmp(check_rule_id(f->rule), kit->breaks) == 0))
    return;
  if (check_rule_weight(f->rule) == CHECK_FINDING)
    ADD_TEST_FAILURE("%s (%s), record %llu: %s", check_rule_id(f->rule),
                     check_rule_section(f->rule), (unsigned long long)f->record, f->text);
}

static void on_story(void *ctx, const struct watch_story *story)
{
  const struct kit *kit = ctx;

  if (!kit->excused)
    ADD_TEST_FAILURE("%s", story->text);
}

static void on_event(void *arg, const uint64_t words[4])
{
  struct kit *kit = arg;

  memcpy(kit->event, words, sizeof kit->event);
  kit->events++;
}

static void on_vintf_error(void *arg, unsigned vintf, const uint64_t map[2])
{
  struct kit *kit = arg;

  kit->vintf_errors = vintf;
  memcpy(kit->vintf_map, map, sizeof kit->vintf_map);
}

static const struct plat *host(struct kit *kit)
{
  return plat_board_host(kit->board);
}

/* ---- the board --------------------------------------------------------------------------------- */

void kit_init(struct kit *kit, int variant)
{
  memset(kit, 0, sizeof *kit);
  kit->timed = variant == 1;
  kit->fail_alloc_after = -1;
  smmu_config_neutral(&kit->config);
  kit->options = (struct drv_options){ .smmu = PLAT_SMMU_BASE,
                                       .cpus = KIT_CPUS,
                                       .event = on_event,
                                       .vintf_error = on_vintf_error,
                                       .arg = kit };
  kit->board_config = (struct plat_board_config){ .cpus = KIT_CPUS,
                                                  .irq_lines = SMMU_SIGNAL_COUNT,
                                                  .ram_bytes = 256 << 20,
                                                  .limit_ps = 60000000000000ULL };
  plat_costs_neutral(&kit->board_config.costs);
}

static struct plat_device make_device(struct kit *kit)
{
  struct plat_device device;
  struct timed_profile profile;
  char why[200] = "";

  if (smmu_config_check(&kit->config, why, sizeof why) != SMMU_OK)
    ADD_TEST_FAILURE("configuration: %s", why);
  if (kit->timed) {
    struct engine_timed_options options = { .device = &kit->config,
                                            .profile = &profile,
                                            .bus = engine_memory_bus(kit->memory),
                                            .seed = kit->board_config.seed };

    timed_profile_neutral(&profile);
    CHECK(plat_device_timed(&device, &options) == SMMU_OK);
  } else {
    CHECK(plat_device_now(&device, &kit->config, kit->memory, kit->board_config.seed) == SMMU_OK);
  }
  if (kit->has_pmcg)
    CHECK(plat_device_set_pmcgs(&device, &kit->pmcg, 1) == SMMU_OK);
  return device;
}

struct boot {
  struct kit *kit;
  void (*program)(struct kit *kit);
};

static void run_program(void *arg)
{
  struct boot *boot = arg;

  boot->program(boot->kit);
}

void kit_boot(struct kit *kit, void (*program)(struct kit *kit))
{
  struct boot boot = { kit, program };
  struct plat_device device;
  char why[2000] = "";
  int err;

  CHECK(engine_memory_create(&kit->memory, ENGINE_HOLE_ZERO) == SMMU_OK);
  device = make_device(kit);
  kit->board_config.memory = kit->memory;
  CHECK(plat_board_create(&kit->board, &kit->board_config, &device) == SMMU_OK);
  kit->checked =
    (struct checked){ .ctx = kit, .finding = on_finding, .story = on_story, .record = on_record };
  checked_start(&kit->checked, kit->board);
  kit->plat = (struct plat){ &kit_ops, kit };
  CHECK(plat_cpu_start(kit->board, 0, run_program, &boot) == SMMU_OK);
  err = plat_board_run(kit->board, why, sizeof why);
  if (err != SMMU_OK)
    ADD_TEST_FAILURE("board: %s: %s; log: %s", smmu_err_text(err), why, kit->log);
  checked_stop(&kit->checked);
  plat_board_destroy(kit->board);
  engine_memory_destroy(kit->memory);
  free(kit->commands.at);
  free(kit->accesses.at);
  free(kit->stores.at);
  free(kit->notes.at);
}

int kit_probe(struct kit *kit)
{
  return drv_probe(&kit->drv, &kit->plat, &kit->options);
}

void kit_remove(struct kit *kit)
{
  drv_remove(kit->drv);
  kit->drv = NULL;
  EXPECT_EQ(kit->blocks, 0);
  EXPECT_EQ(kit->bytes, 0);
}

static void probed(struct kit *kit)
{
  void (*body)(struct kit * kit) = *(void (**)(struct kit *))kit->arg;

  kit->arg = NULL;
  ASSERT_EQ(kit_probe(kit), 0);
  kit_clear(kit);
  body(kit);
  kit->answer = NULL;
  kit_remove(kit);
}

void kit_run(struct kit *kit, void (*body)(struct kit *kit))
{
  kit->arg = &body;
  kit_boot(kit, probed);
}

void kit_run_variant(int variant, void (*body)(struct kit *kit))
{
  struct kit *kit = malloc(sizeof *kit);

  CHECK(kit);
  kit_init(kit, variant);
  kit_run(kit, body);
  free(kit);
}

/* ---- programs on other CPUs -------------------------------------------------------------------- */

struct start {
  struct kit *kit;
  void (*fn)(struct kit *kit, unsigned n);
  unsigned n;
};

static void run_start(void *arg)
{
  struct start start = *(struct start *)arg;

  free(arg);
  start.fn(start.kit, start.n);
  plat_take(host(start.kit), &start.kit->join_line);
  start.kit->running--;
  plat_wrote(host(start.kit), &start.kit->join_line);
}

void kit_start(struct kit *kit, unsigned cpu, void (*fn)(struct kit *kit, unsigned n), unsigned n)
{
  struct start *start = malloc(sizeof *start);

  CHECK(start);
  *start = (struct start){ kit, fn, n };
  kit->running++;
  CHECK(plat_cpu_start(kit->board, cpu, run_start, start) == SMMU_OK);
}

void kit_join(struct kit *kit)
{
  plat_take(host(kit), &kit->join_line);
  while (kit->running) {
    plat_wait(host(kit), &kit->join_line);
    plat_take(host(kit), &kit->join_line);
  }
}

/* ---- domains and transactions -------------------------------------------------------------------- */

struct drv_domain *kit_domain(struct kit *kit, enum drv_domain_kind kind, uint32_t sid)
{
  struct drv_domain *domain = NULL;

  EXPECT_EQ(drv_domain_alloc(kit->drv, kind, &domain), 0);
  CHECK(domain);
  EXPECT_EQ(drv_attach(kit->drv, sid, domain), 0);
  return domain;
}

void kit_free(struct kit *kit, struct drv_domain *domain, uint32_t sid)
{
  EXPECT_EQ(drv_attach(kit->drv, sid, NULL), 0);
  EXPECT_EQ(drv_domain_free(domain), 0);
}

struct smmu_result kit_translate(struct kit *kit, const struct smmu_txn *txn)
{
  struct smmu_result result;

  plat_board_translate(kit->board, txn, &result);
  return result;
}

static uint64_t access(struct kit *kit, uint32_t sid, uint64_t iova, bool write)
{
  struct smmu_txn txn = { .addr = iova, .sid = sid, .write = write };
  struct smmu_result result = kit_translate(kit, &txn);

  return result.status == SMMU_STATUS_OK ? result.pa : KIT_FAULT;
}

uint64_t kit_read(struct kit *kit, uint32_t sid, uint64_t iova)
{
  return access(kit, sid, iova, false);
}

uint64_t kit_write(struct kit *kit, uint32_t sid, uint64_t iova)
{
  return access(kit, sid, iova, true);
}

uint64_t kit_unmap(struct kit *kit, struct drv_domain *domain, uint64_t iova, uint64_t bytes)
{
  struct drv_gather gather;
  uint64_t done;

  (void)kit;
  drv_gather_init(&gather);
  done = drv_unmap(domain, iova, bytes, &gather);
  EXPECT_EQ(drv_iotlb_sync(domain, &gather), 0);
  return done;
}

/* ---- what was written down --------------------------------------------------------------------- */

void kit_clear(struct kit *kit)
{
  drv_issue_main(kit->drv, NULL, 0, true);
  kit->commands.count = kit->accesses.count = kit->stores.count = kit->notes.count = 0;
  kit->events = kit->vintf_errors = 0;
  kit->log[0] = 0;
}

struct kit_command *kit_command(struct kit *kit, size_t n)
{
  CHECK(n < kit->commands.count);
  return (struct kit_command *)kit->commands.at + n;
}

size_t kit_count(struct kit *kit, unsigned opcode)
{
  size_t count = 0;

  for (size_t i = 0; i < kit->commands.count; i++)
    count += FGET(CMD, Opcode, kit_command(kit, i)->words) == opcode;
  return count;
}

size_t kit_writes(struct kit *kit, uint64_t addr)
{
  const struct kit_access *access_at = kit->accesses.at;
  size_t count = 0;

  for (size_t i = 0; i < kit->accesses.count; i++)
    count += access_at[i].write && access_at[i].addr == addr;
  return count;
}

uint64_t kit_reg(struct kit *kit, uint64_t offset)
{
  return plat_mmio_read(host(kit), PLAT_SMMU_BASE + offset, 4);
}

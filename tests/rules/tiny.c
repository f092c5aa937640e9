/* The tiny driver and the run of a case. See tiny.h. */
#include "tiny.h"

#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"
#include "shim/checked.h"
#include "smmu/ecmdq.h"
#include "smmu/smmu.h"

enum { ENTRY = 16, EVENT = 32, STE = 64, TURNS = 100000, CASES = 256, TOLD = 8, TEXT = 512 };

/* ---- the driver ---- */

void tiny_wait(const struct tiny *d, uint64_t addr, uint32_t mask, uint32_t value)
{
  for (unsigned i = 0; i < TURNS; i++) {
    if (((uint32_t)plat_mmio_read(d->plat, addr, 4) & mask) == value)
      return;
    plat_relax(d->plat);
  }
  ADD_TEST_FAILURE("0x%llx never becomes 0x%x of 0x%x", (unsigned long long)addr, value, mask);
}

uint64_t tiny_memory(const struct tiny *d, size_t bytes)
{
  uint64_t addr = 0;

  EXPECT_EQ(plat_dma_alloc(d->plat, bytes, bytes, &addr), 0);
  return addr;
}

static int put_words(void *arg, const uint64_t words[2])
{
  struct tiny *d = arg;
  uint64_t slot = d->ring + (d->prod & ((1u << TINY_QUEUE_LOG2) - 1)) * ENTRY;

  store(d, slot, words[0]);
  store(d, slot + 8, words[1]);
  d->prod = (d->prod + 1) & ((2u << TINY_QUEUE_LOG2) - 1);
  return 0;
}

void put(struct tiny *d, const char *commands)
{
  char why[256];

  if (smmu_cmd_assemble_list(commands, put_words, d, why, sizeof why) != 0)
    ADD_TEST_FAILURE("%s: %s", commands, why);
}

void wait_consumed(const struct tiny *d)
{
  reg_wait(d, CMDQ_CONS, UINT32_MAX, d->prod);
}

void issue(struct tiny *d, const char *commands)
{
  put(d, commands);
  ring_doorbell(d);
  wait_consumed(d);
}

static void set_cr0(struct tiny *d, uint64_t value)
{
  reg_write(d, CR0, value);
  reg_wait(d, CR0ACK, UINT32_MAX, (uint32_t)value);
}

void started(struct tiny *d)
{
  uint64_t cr0 = MASK(CR0, CMDQEN);
  uint32_t idr0 = reg_read(d, IDR0);

  set_cr0(d, 0);
  reg_write(d, CR1, 0xd75); /* inner shareable, write-back */
  reg_write(d, CR2, MASK(CR2, PTM) | MASK(CR2, RECINVSID));
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, d->shape);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  set_cr0(d, cr0);
  issue(d, GET(IDR0, HYP, idr0) ? "CFGI_ALL; TLBI_EL2_ALL; TLBI_NSNH_ALL; SYNC"
                                : "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  reg_write64(d, EVENTQ_BASE, d->events | TINY_QUEUE_LOG2);
  reg_write(d, EVENTQ_PROD, 0);
  reg_write(d, EVENTQ_CONS, 0);
  cr0 |= MASK(CR0, EVENTQEN);
  set_cr0(d, cr0);
  if (GET(IDR0, PRI, idr0)) {
    reg_write64(d, PRIQ_BASE, d->pages | TINY_QUEUE_LOG2);
    reg_write(d, PRIQ_PROD, 0);
    reg_write(d, PRIQ_CONS, 0);
  }
  cr0 |= MASK(CR0, SMMUEN);
  set_cr0(d, cr0);
  if (GET(IDR0, PRI, idr0))
    set_cr0(d, cr0 | MASK(CR0, PRIQEN));
}

/* ---- a run ---- */

struct run {
  const struct tiny_case *c;
  bool wrong, timed;
  void (*program)(struct tiny *d);
  struct tiny driver;
  struct checked checked;
  unsigned told, broken;
};

static void program(void *arg)
{
  struct run *r = arg;
  struct tiny *d = &r->driver;

  d->ring = tiny_memory(d, ENTRY << TINY_QUEUE_LOG2);
  d->events = tiny_memory(d, EVENT << TINY_QUEUE_LOG2);
  d->pages = tiny_memory(d, ENTRY << TINY_QUEUE_LOG2);
  d->streams = tiny_memory(d, STE << TINY_STREAMS_LOG2);
  d->shape = TINY_STREAMS_LOG2;
  if (r->c->options.start)
    started(d);
  if (r->c->options.stage)
    attached(d, r->c->options.stage);
  r->program(d);
}

static void make_device(const struct run *r, struct engine_memory *memory,
                        struct plat_device *device)
{
  const struct tiny_options *o = &r->c->options;
  struct smmu_config config;
  struct timed_profile profile;
  struct engine_timed_options options = { &config, &profile, engine_memory_bus(memory), 1 };

  smmu_config_neutral(&config);
  if (o->with_cmdqv)
    smmu_config_set_cmdqv(&config, 2, 4);
  if (o->with_ecmdqs)
    smmu_config_set_ecmdq(&config, 1, 4);
  if (o->with_ats)
    ASSERT_EQ(smmu_config_set_ids(&config, "full"), SMMU_OK);
  if (o->change)
    o->change(&config);
  timed_profile_neutral(&profile);
  if (r->timed)
    ASSERT_EQ(plat_device_timed(device, &options), SMMU_OK);
  else
    ASSERT_EQ(plat_device_now(device, &config, memory, 0), SMMU_OK);
}

/* The line marked `here` in a case, in this source tree. */
static unsigned marked_line(const struct tiny_case *c, const char *file)
{
  FILE *stream = fopen(file, "r");
  char text[256];
  unsigned line = 0, found = 0;

  while (stream && !found && fgets(text, sizeof text, stream)) {
    line++;
    if (line > (unsigned)c->line && strncmp(text, "}", 1) == 0)
      break;
    if (line > (unsigned)c->line && strstr(text, "/* here */"))
      found = line;
  }
  if (stream)
    fclose(stream);
  return found;
}

/* The innermost frame that is in the case's file is at that line. */
static void expect_here(const struct run *r, uint32_t place)
{
  const char *file = strstr(r->c->file, "tests/rules/");
  const struct watch_frame *f = NULL;
  unsigned n = watch_place_frames(r->checked.names, place, &f);

  if (watch_places_lack())
    return;
  ASSERT_NOT_NULL(file);
  while (n > 0 && strcmp(f->file, file) != 0) {
    f++;
    n--;
  }
  if (n == 0)
    ADD_TEST_FAILURE("place %u is not in %s", place, file);
  else
    EXPECT_EQ(f->line, marked_line(r->c, file));
}

static void on_finding(void *ctx, const struct check_finding *f)
{
  struct run *r = ctx;

  r->told++;
  if (r->c->options.besides && strcmp(check_rule_id(f->rule), r->c->options.besides) == 0)
    return;
  if (r->wrong && f->rule == r->c->rule) {
    r->broken++;
    EXPECT_STREQ(f->text, r->c->says);
    expect_here(r, f->place);
  } else if (check_rule_weight(f->rule) == CHECK_FINDING || f->rule == r->c->rule) {
    ADD_TEST_FAILURE("%s: %s (record %llu): %s", r->wrong ? "mistake" : "remedy",
                     check_rule_id(f->rule), (unsigned long long)f->record, f->text);
  }
}

/* What a mistake leads to is the watch's to say, and not asked here. */
static void on_story(void *ctx, const struct watch_story *story)
{
  struct run *r = ctx;

  if (!r->wrong)
    ADD_TEST_FAILURE("remedy: %s", story->text);
}

static void run(struct run *r)
{
  struct plat_board_config config = { .cpus = 2, .irq_lines = 16, .ram_bytes = 16ull << 20 };
  struct plat_board *board;
  struct plat_device device;
  char why[256] = "";

  r->program = r->wrong ? r->c->mistake : r->c->remedy;
  ASSERT_EQ(engine_memory_create(&config.memory, ENGINE_HOLE_ZERO), SMMU_OK);
  make_device(r, config.memory, &device);
  plat_costs_neutral(&config.costs);
  ASSERT_EQ(plat_board_create(&board, &config, &device), SMMU_OK);
  r->driver.plat = plat_board_host(board);
  r->driver.board = board;
  r->checked.ctx = r;
  r->checked.finding = on_finding;
  r->checked.story = on_story;
  checked_start(&r->checked, board);
  ASSERT_EQ(plat_cpu_start(board, 0, program, r), SMMU_OK);
  EXPECT_EQ(plat_board_run(board, why, sizeof why), SMMU_OK);
  EXPECT_STREQ(why, "");
  checked_stop(&r->checked);
  EXPECT_EQ(r->broken, r->wrong);
  plat_board_destroy(board);
  engine_memory_destroy(config.memory);
}

void tiny_run(const struct tiny_case *c)
{
  for (unsigned i = 0; i < 4; i++) {
    struct run r = { .c = c, .wrong = i < 2, .timed = i & 1 };

    run(&r);
  }
}

void tiny_run_legal(const struct tiny_case *c)
{
  for (unsigned i = 0; i < 2; i++) {
    struct run r = { .c = c, .timed = i & 1 };

    run(&r);
  }
}

/* ---- all of them ---- */

static const struct tiny_case *cases[CASES];
static unsigned count;

void tiny_register(const struct tiny_case *c)
{
  if (count < CASES)
    cases[count++] = c;
}

TEST_CASE(Rules, EachHasACase)
{
  EXPECT_LT(count, CASES);
  for (unsigned rule = 0; rule < CHECK_RULES; rule++) {
    unsigned i = 0;

    while (i < count && cases[i]->rule != rule)
      i++;
    if (i == count)
      ADD_TEST_FAILURE("%s has no case in tests/rules", check_rule_id(rule));
  }
}

TEST_CASE(Rules, IdsAreUniqueAndFound)
{
  for (unsigned rule = 0; rule < CHECK_RULES; rule++)
    EXPECT_EQ(check_rule_by_id(check_rule_id(rule)), rule);
  EXPECT_EQ(check_rule_by_id("no-such-rule"), CHECK_RULES);
}

/* A real device under a watch: traffic that never stops while pages are unmapped and mapped again.
 * Whatever the order of things, a driver that keeps the rules is never stale, and one that forgets
 * something is told so, never the device. */
#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"
#include "plat/plat.h"
#include "shim/rig.h"
#include "watch/watch.h"

enum { PAGES = 4, ROUNDS = 60, SEEDS = 8, NESTED = 2, OTHER = 3, VMID = 5, US = 1000000 };

#define IPA 0x40000000ULL

/* What the driver forgets. */
enum fault { NOTHING, TLBI, SYNC, ADDRESS, STAGE1, CFGI };

struct live {
  struct rig *rig;
  struct watch *watch;
  uint64_t random;
  uint32_t prod;
  uint64_t leaf[PAGES];
  bool mapped[PAGES];
  enum fault fault;
  uint32_t sid;
  uint64_t ste[2]; /* two first words for the STE of SID, or 0 */
  char story[2048];
};

static unsigned draw(struct live *l, unsigned count)
{
  l->random = l->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(l->random >> 33) % count;
}

static void keep(void *ctx, const struct watch_story *story)
{
  struct live *l = ctx;

  if (!l->story[0])
    strncpy(l->story, story->text, sizeof l->story - 1);
}

/* ---- software ---- */

static void say(struct live *l, unsigned category, unsigned kind, uint64_t a, uint64_t b,
                uint64_t c)
{
  struct smmu_record r = { .category = (uint8_t)category,
                           .time = engine_timed_now(rig_timed(l->rig)),
                           .result = (uint16_t)kind,
                           .addr_in = a,
                           .addr_out = b,
                           .word = c };

  watch_record(l->watch, &r);
}

static void store(struct live *l, uint64_t addr, uint64_t value)
{
  engine_memory_store64(l->rig->memory, addr, value);
  say(l, SMMU_TRACE_STORE, 0, addr, 0, value);
}

/* The address that is unmapped: a VA, or with two stages an IPA. */
static uint64_t input(const struct live *l, unsigned page)
{
  return (l->sid == NESTED ? IPA : 0) + ((uint64_t)page << 12);
}

static void map(struct live *l, unsigned page)
{
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_BEGIN, PLAT_OP_MAP, 0, 0);
  store(l, l->leaf[page], (RIG_DATA + ((uint64_t)draw(l, 64) << 12)) | 0x7c3 | 1ULL << 11);
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_MAPPED, input(l, page), 0x1000, 1);
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_STOP, PLAT_OP_MAP, 0, 0);
  l->mapped[page] = true;
}

static void put(struct live *l, const char *text)
{
  unsigned log2 = l->rig->cmdq_log2;

  rig_put_cmd(l->rig, l->prod & ((1u << log2) - 1), text);
  l->prod = (l->prod + 1) & ((2u << log2) - 1);
}

static void put_tlbi(struct live *l, unsigned page)
{
  uint64_t at = input(l, l->fault == ADDRESS ? page ^ 1 : page);
  char text[96];

  if (l->fault == TLBI)
    return;
  if (l->sid != NESTED) {
    snprintf(text, sizeof text, "TLBI_NH_VA asid=7 va=0x%llx leaf=%u", (unsigned long long)at,
             draw(l, 2));
    put(l, text);
    return;
  }
  snprintf(text, sizeof text, "TLBI_S2_IPA vmid=5 ipa=0x%llx", (unsigned long long)at);
  put(l, text);
  if (l->fault != STAGE1)
    put(l, "TLBI_NH_ALL vmid=5");
}

/* ---- traffic ---- */

static void submit(struct live *l)
{
  struct smmu_txn t = { .addr = (uint64_t)draw(l, PAGES) << 12,
                        .sid = l->sid,
                        .tbu = (uint16_t)draw(l, l->rig->config.tbus) };
  uint64_t ticket;

  (void)engine_timed_submit(rig_timed(l->rig), &t, &ticket);
}

static void go_on(struct live *l)
{
  struct engine_timed *e = rig_timed(l->rig);
  struct engine_timed_done d;

  engine_timed_run_until(e, engine_timed_now(e) + draw(l, US / 4));
  while (engine_timed_poll(e, &d))
    continue;
  engine_timed_mmio_write(e, OFF_EVENTQ_CONS, engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4), 4);
  if (draw(l, 3))
    submit(l);
}

static void wait_for_queue(struct live *l)
{
  struct engine_timed *e = rig_timed(l->rig);

  engine_timed_mmio_write(e, OFF_CMDQ_PROD, l->prod, 4);
  for (unsigned i = 0; i < 10000; i++) {
    if (l->fault != SYNC && engine_timed_mmio_read(e, OFF_CMDQ_CONS, 4) == l->prod)
      return;
    if (l->fault == SYNC && i == 3)
      return;
    go_on(l);
  }
  ADD_TEST_FAILURE("the queue stands still");
}

static void unmap(struct live *l, unsigned page)
{
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_BEGIN, PLAT_OP_UNMAP, 0, 0);
  store(l, l->leaf[page], 0);
  l->mapped[page] = false;
  if (draw(l, 2))
    go_on(l);
  put_tlbi(l, page);
  if (l->fault != SYNC)
    put(l, "SYNC");
  wait_for_queue(l);
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_UNMAPPED, input(l, page), 0x1000, 1);
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_STOP, PLAT_OP_UNMAP, 0, 0);
}

/* The stream's STE gets another Context Descriptor, with another ASID and other tables. */
static void move_stream(struct live *l, unsigned round)
{
  store(l, rig_ste(l->rig, SID), l->ste[round & 1]);
  if (draw(l, 2))
    go_on(l);
  if (l->fault != CFGI)
    put(l, draw(l, 2) ? "CFGI_STE sid=1 leaf=1" : "CFGI_ALL");
  put(l, "SYNC");
  wait_for_queue(l);
  say(l, SMMU_TRACE_NOTE, PLAT_NOTE_STREAM, SID, 1 + (round & 1), 0);
}

/* ---- a run ---- */

static bool moves;

static void set_up(struct live *l)
{
  struct rig *rig = l->rig;
  struct smmu_config config = rig->config;

  config.tbus = 2;
  smmu_config_set_tlb_profile(&config, draw(l, 2) ? "neutral" : "tiny");
  rig_restart(rig, &config);
  rig_stream(rig, NESTED, &(struct rig_stream){ .config = 7, .vmid = VMID, .asid = 9 });
  for (unsigned i = 0; i < PAGES; i++) {
    uint64_t va = (uint64_t)i << 12;

    if (l->sid == NESTED) {
      rig_map(rig, NESTED, va, IPA + va, RIG_RW);
      l->leaf[i] = rig_map2(rig, NESTED, IPA + va, RIG_DATA + va, RIG_RW);
    } else {
      l->leaf[i] = rig_map(rig, SID, va, RIG_DATA + va, RIG_RW);
    }
    l->mapped[i] = true;
  }
}

static void set_up_move(struct live *l)
{
  rig_stream(l->rig, OTHER, &(struct rig_stream){ .asid = 8 });
  for (unsigned i = 0; i < PAGES; i++)
    rig_map(l->rig, OTHER, (uint64_t)i << 12, RIG_DATA + 0x100000 + (i << 12), RIG_RW);
  l->ste[0] = engine_memory_load64(l->rig->memory, rig_ste(l->rig, OTHER));
  l->ste[1] = engine_memory_load64(l->rig->memory, rig_ste(l->rig, SID));
}

static void run(struct live *l)
{
  struct smmu_hooks hooks = { .record = watch_record };

  hooks.ctx = l->watch = watch_create(&(struct watch_options){ .ctx = l, .story = keep });
  ASSERT_NOT_NULL(l->watch);
  set_up(l);
  if (moves)
    set_up_move(l);
  rig_set_hooks(l->rig, &hooks);
  for (unsigned i = 0; i < ROUNDS; i++) {
    unsigned page = draw(l, PAGES);

    for (unsigned n = draw(l, 4); n > 0; n--)
      submit(l);
    go_on(l);
    if (moves)
      move_stream(l, i);
    else if (l->mapped[page])
      unmap(l, page);
    else
      map(l, page);
  }
  rig_rest(l->rig);
  rig_set_hooks(l->rig, NULL);
}

static struct watch_counts sum;
static char story[2048];
static uint32_t stream;
static enum fault forgotten;
static uint64_t seed;

static void body(struct rig *rig)
{
  static struct live l;
  struct watch_counts c;

  memset(&l, 0, sizeof l);
  l = (struct live){ .rig = rig, .random = seed, .fault = forgotten, .sid = stream };
  run(&l);
  watch_get_counts(l.watch, &c);
  for (unsigned i = 0; i < WATCH_VERDICTS; i++)
    sum.verdict[i] += c.verdict[i];
  sum.unjudged += c.unjudged;
  sum.removed += c.removed;
  sum.unasked += c.unasked;
  if (l.story[0] && !story[0])
    memcpy(story, l.story, sizeof story);
  watch_destroy(l.watch);
}

static void run_seeds(uint32_t sid, enum fault fault)
{
  memset(&sum, 0, sizeof sum);
  story[0] = '\0';
  stream = sid;
  forgotten = fault;
  for (seed = 1; seed <= SEEDS; seed++) {
    struct timed_profile profile;

    rig_random_profile(&profile, seed);
    rig_run_timed(&profile, seed, body);
  }
  EXPECT_EQ(sum.unjudged, 0);
  EXPECT_EQ(sum.unasked, 0);
  EXPECT_GT(sum.verdict[WATCH_FRESH], 100);
}

static void expect_good(uint32_t sid)
{
  run_seeds(sid, NOTHING);
  EXPECT_GT(sum.removed, 20);
  EXPECT_EQ(sum.verdict[WATCH_STALE_DEVICE], 0);
  EXPECT_EQ(sum.verdict[WATCH_STALE_DRIVER], 0);
  EXPECT_STREQ(story, "");
}

static void expect_driver(uint32_t sid, enum fault fault)
{
  run_seeds(sid, fault);
  EXPECT_EQ(sum.verdict[WATCH_STALE_DEVICE], 0);
  EXPECT_GT(sum.verdict[WATCH_STALE_DRIVER], 0);
  EXPECT_STR_CONTAINS(story, "stale-driver: ");
}

TEST_CASE(Live, OneStageIsNeverStale)
{
  expect_good(SID);
  EXPECT_GT(sum.verdict[WATCH_PENDING], 0);
}

TEST_CASE(Live, TwoStagesAreNeverStale)
{
  expect_good(NESTED);
  EXPECT_GT(sum.verdict[WATCH_PENDING], 0);
}

TEST_CASE(Live, ForgottenTlbiIsTheDrivers)
{
  expect_driver(SID, TLBI);
  expect_driver(NESTED, TLBI);
}

TEST_CASE(Live, ForgottenSyncIsTheDrivers)
{
  expect_driver(SID, SYNC);
  expect_driver(NESTED, SYNC);
}

TEST_CASE(Live, WrongAddressIsTheDrivers)
{
  expect_driver(SID, ADDRESS);
}

/* IHI 0070 4.4.3.1: entries of both stages need an invalidation of stage 1 as well. */
TEST_CASE(Live, StageTwoAloneIsTheDrivers)
{
  expect_driver(NESTED, STAGE1);
}

TEST_CASE(Live, MovedStreamIsNeverStale)
{
  moves = true;
  expect_good(SID);
  moves = false;
}

TEST_CASE(Live, ForgottenCfgiIsTheDrivers)
{
  moves = true;
  expect_driver(SID, CFGI);
  moves = false;
}

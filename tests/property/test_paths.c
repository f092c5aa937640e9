/* Two ways to the same answer: the fast path against the stepped path, and hooks against none.
 *
 * Three devices live through the same random program of translations, invalidations (IHI
 * 0070 4.3, 4.4), table changes and register writes, each in a memory of its own that was filled
 * from the same seed. After every operation results, event records and the hash of the device must
 * be equal, and the trace records of the two that have hooks. Stale cache contents are welcome
 * here: they must be stale in the same way. SMMULATOR_PROGRAMS sets how many programs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "rig_device.h"
#include "shim/gtest_c.h"

#if (defined(SMMU_DEBUG) && SMMU_DEBUG) || defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 150 };
#else
enum { PROGRAMS = 1500 };
#endif

enum { OPERATIONS = 120, RECORDS_KEPT = 32, DEVICES = 40 };

enum { FAST, STEPPED, UNOBSERVED, SIDES };

struct side {
  struct engine_memory *memory;
  struct gen_rng rng;
  struct gen_world world;
  struct rig_device rig;
  struct smmu_hooks hooks;
  struct naive_txn last; /* often repeated, to be met by a cache */
  struct rig_outcome outcome;
  uint64_t device_hash[2];
  uint64_t trace_hash, trace_count;
  struct smmu_record kept[RECORDS_KEPT];
};

static void observe(void *ctx, const struct smmu_record *r)
{
  struct side *s = ctx;
  const uint8_t *bytes = (const uint8_t *)r;
  size_t i;

  for (i = 0; i < sizeof *r; i++)
    s->trace_hash = (s->trace_hash ^ bytes[i]) * 0x100000001b3ull;
  s->kept[s->trace_count++ % RECORDS_KEPT] = *r;
}

/* ---- operations ---- */

static void run_command(struct side *s, uint64_t dword0, uint64_t dword1)
{
  const uint64_t cmd[1][2] = { { dword0, dword1 } };

  if (!rig_commands(&s->rig, cmd, 1))
    ADD_TEST_FAILURE("command %016" PRIx64 " %016" PRIx64 " did not complete", dword0, dword1);
}

static uint64_t draw_asid(const struct side *s)
{
  const struct gen_word *word = NULL;
  unsigned i;

  for (i = 0; i < s->world.words && !word; i++)
    if (s->world.word[i].kind == GEN_CD)
      word = &s->world.word[i];
  return word ? engine_memory_load64(s->memory, word->addr) >> 48 : 0;
}

static void op_translate(struct side *s)
{
  if (!gen_chance(&s->rng, 60))
    gen_txn(&s->world, &s->last);
  s->rig.tbu = (uint16_t)gen_below(&s->rng, 2);
  rig_translate(&s->rig, &s->last, &s->outcome);
}

/* TTL 1 is left out: with 16K, and NUM and SCALE 0, it is CERROR_ILL. Opcodes of 4.4: NH_ALL,
 * NH_ASID, NH_VA (three times), NH_VAA, S12_VMALL, S2_IPA, NSNH_ALL. */
static void op_tlbi(struct side *s)
{
  static const uint8_t opcodes[9] = { 0x10, 0x11, 0x12, 0x12, 0x12, 0x13, 0x28, 0x2a, 0x30 };
  struct gen_rng *r = &s->rng;
  uint64_t cmd[2];
  uint64_t vmid = engine_memory_load64(s->memory, s->world.ste_addr + 16) & 0xffff;
  uint64_t addr = s->world.target[gen_below(r, s->world.targets)].addr;

  cmd[0] = opcodes[gen_below(r, 9)] | vmid << 32 | draw_asid(s) << 48;
  cmd[1] = (addr & ~0xfffull) | gen_chance(r, 50);
  if (gen_chance(r, 40)) {
    cmd[0] |= gen_below(r, 32) << 12 | gen_below(r, 8) << 20;
    cmd[1] |= (2 + gen_below(r, 2)) << 8 | (1 + gen_below(r, 3)) << 10;
  }
  run_command(s, cmd[0], cmd[1]);
}

/* CFGI_STE, CFGI_STE_RANGE, CFGI_CD, CFGI_CD_ALL: 4.3. */
static void op_cfgi(struct side *s)
{
  struct gen_rng *r = &s->rng;
  uint64_t cmd[2];

  cmd[0] = 3 + gen_below(r, 4);
  cmd[0] |= (uint64_t)s->world.sid << 32 | (uint64_t)s->world.cd[gen_below(r, 2)].ssid << 12;
  cmd[1] = gen_below(r, 32) & ((cmd[0] & 0xff) == 4 ? 31 : 1);
  run_command(s, cmd[0], cmd[1]);
}

static void op_toggle(struct side *s)
{
  s->world.dev.cr0 ^= 1;
  engine_now_mmio_write(s->rig.engine, 0x20, s->world.dev.cr0, 4); /* CR0.SMMUEN */
}

static const char *operate(struct side *s)
{
  uint64_t dice = gen_below(&s->rng, 100);

  if (dice < 81) {
    op_translate(s);
    return "translate";
  }
  if (dice < 86) {
    op_tlbi(s);
    return "TLBI";
  }
  if (dice < 89) {
    op_cfgi(s);
    return "CFGI";
  }
  if (dice < 93) {
    gen_mutate(&s->world);
    return "table change";
  }
  if (dice < 97) {
    gen_repair(&s->world);
    return "repair";
  }
  if (dice < 98) {
    rig_invalidate_all(&s->rig, false);
    return "invalidate all";
  }
  op_toggle(s);
  return "SMMUEN";
}

/* ---- the comparison ---- */

static const char *difference(const struct side *a, const struct side *b, bool both_observed)
{
  if (memcmp(&a->outcome.result, &b->outcome.result, sizeof a->outcome.result) != 0)
    return "result";
  if (a->outcome.records != b->outcome.records ||
      memcmp(a->outcome.event, b->outcome.event, sizeof a->outcome.event) != 0)
    return "event records";
  if (memcmp(a->device_hash, b->device_hash, sizeof a->device_hash) != 0)
    return "hash of the device";
  if (both_observed && (a->trace_count != b->trace_count || a->trace_hash != b->trace_hash))
    return "trace records";
  return NULL;
}

static void dump_trace(const char *who, const struct side *s, uint64_t from)
{
  uint64_t i = s->trace_count - from > RECORDS_KEPT ? s->trace_count - RECORDS_KEPT : from;

  for (; i < s->trace_count; i++) {
    const struct smmu_record *r = &s->kept[i % RECORDS_KEPT];

    printf("  %-8s %-8s in %" PRIx64 " out %" PRIx64 " word %" PRIx64
           " slot %x asid %x vmid %x actor %u phase %u level %d perm"
           " %x result %u unit %u info %u\n",
           who, smmu_trace_name(r->category), r->addr_in, r->addr_out, r->word, r->slot, r->asid,
           r->vmid, r->actor, r->phase, r->level, r->perm, r->result, r->unit, r->info);
  }
}

static bool agree(struct side side[SIDES], uint64_t program, unsigned op, const char *name,
                  const uint64_t traced[SIDES])
{
  const char *what = difference(&side[FAST], &side[STEPPED], true);
  const char *other = difference(&side[FAST], &side[UNOBSERVED], false);

  if (!what && !other)
    return true;
  ADD_TEST_FAILURE("program %" PRIu64 ", operation %u (%s): %s %s", program, op, name,
                   what ? "the fast path differs in:" : "hooks change:", what ? what : other);
  dump_trace("fast", &side[FAST], traced[FAST]);
  dump_trace("stepped", &side[STEPPED], traced[STEPPED]);
  return false;
}

/* ---- programs ---- */

/* With both stages, or half of the commands would be illegal. */
static void draw_device(uint64_t variant, struct gen_device *d)
{
  gen_draw_device((unsigned)variant, d, rig_accepts);
  while ((d->idr[0] & 3) != 3)
    gen_draw_device((unsigned)(variant += DEVICES), d, rig_accepts);
}

static void start_side(struct side *s, int which, uint64_t program, const char *profile)
{
  struct gen_device device;
  char why[200];

  memset(s, 0, sizeof *s);
  gen_seed(&s->rng, gen_mix(program) ^ 0x70617468);
  draw_device(program % DEVICES, &device);
  ASSERT_EQ(engine_memory_create(&s->memory, ENGINE_HOLE_ZERO), 0);
  if (!rig_create(&s->rig, &device, profile, (unsigned)program / 3 % 12, s->memory,
                  gen_reserved(&device), why, sizeof why))
    FAIL_TEST("refused: %s", why);
  s->hooks.ctx = s;
  s->hooks.record = observe;
  engine_now_set_hooks(s->rig.engine, which == UNOBSERVED ? NULL : &s->hooks);
  engine_now_set_fast(s->rig.engine, which != STEPPED);
  engine_now_set_seed(s->rig.engine, program % 8 == 7 ? program : 0);
  gen_world(&s->world, &s->rng, &device, s->memory);
  rig_program(&s->rig, &s->world.dev);
}

static void end_side(struct side *s)
{
  rig_destroy(&s->rig);
  if (s->memory)
    engine_memory_destroy(s->memory);
}

/* Returns how many translations the fast path answered. */
static uint64_t run_program(uint64_t program)
{
  static const char *const profiles[4] = { "neutral", "tiny", "qemu", "none" };
  static struct side side[SIDES];
  struct engine_now_stats stats = { 0 };
  bool fine = true;
  unsigned i, op;

  for (i = 0; i < SIDES; i++)
    start_side(&side[i], (int)i, program, profiles[program % 7 % 4]);
  for (op = 0; op < OPERATIONS && fine; op++) {
    const char *name = "";
    uint64_t traced[SIDES];

    for (i = 0; i < SIDES; i++) {
      traced[i] = side[i].trace_count;
      name = operate(&side[i]);
      smmu_hash(engine_now_device(side[i].rig.engine), side[i].device_hash);
      if (op % 16 == 0)
        smmu_invariant(engine_now_device(side[i].rig.engine));
    }
    fine = agree(side, program, op, name, traced);
  }
  engine_now_get_stats(side[FAST].rig.engine, &stats);
  for (i = 0; i < SIDES; i++)
    end_side(&side[i]);
  return stats.fast_hits;
}

TEST_CASE(Paths, FastSteppedAndUnobservedAgree)
{
  const char *text = getenv("SMMULATOR_PROGRAMS");
  uint64_t programs = text ? strtoull(text, NULL, 0) : PROGRAMS;
  uint64_t program, hits = 0;

  for (program = 0; program < programs; program++)
    hits += run_program(program);
  printf("%" PRIu64 " programs of %d operations, %" PRIu64 " answers by the fast path\n", programs,
         OPERATIONS, hits);
  EXPECT_GE(hits, programs * 6);
}

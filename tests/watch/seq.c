/* See seq.h. */
#include "seq.h"

#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"

enum { CPU = 1, WORLD = 0, DOMAIN = 1 };

static void keep_story(void *ctx, const struct watch_story *story)
{
  struct seq *s = ctx;

  snprintf(s->story, sizeof s->story, "%s", story->text);
  s->stories++;
}

void seq_start_with(struct seq *s, struct watch_options *options)
{
  memset(s, 0, sizeof *s);
  options->ctx = s;
  options->story = keep_story;
  s->watch = watch_create(options);
}

void seq_start(struct seq *s)
{
  seq_start_with(s, &(struct watch_options){ 0 });
}

void seq_stop(struct seq *s)
{
  EXPECT_FALSE(watch_failed(s->watch));
  watch_destroy(s->watch);
}

void seq_put(struct seq *s, const struct smmu_record *r)
{
  struct smmu_record timed = *r;

  timed.time = s->time += 1000000;
  watch_record(s->watch, &timed);
}

/* ---- software ---- */

void seq_store(struct seq *s, unsigned cpu, uint64_t addr, uint64_t value)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_STORE,
                                    .actor = (uint16_t)cpu,
                                    .addr_in = addr,
                                    .addr_out = addr,
                                    .word = value });
}

void seq_note(struct seq *s, unsigned cpu, unsigned world, unsigned kind, uint64_t a, uint64_t b,
              uint64_t c)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_NOTE,
                                    .actor = (uint16_t)cpu,
                                    .unit = (uint16_t)world,
                                    .result = (uint16_t)kind,
                                    .addr_in = a,
                                    .addr_out = b,
                                    .word = c });
}

void seq_begin(struct seq *s, unsigned cpu, unsigned world, unsigned operation)
{
  seq_note(s, cpu, world, PLAT_NOTE_BEGIN, operation, 0, 0);
}

void seq_end(struct seq *s, unsigned cpu, unsigned world, unsigned operation)
{
  seq_note(s, cpu, world, PLAT_NOTE_STOP, operation, 0, 0);
}

void seq_tables(struct seq *s)
{
  for (unsigned i = 0; i < 8; i++) {
    seq_store(s, 0, SEQ_STE + 8 * i, i == 0 ? 0xb | SEQ_CD : 0);
    seq_store(s, 0, SEQ_CD + 8 * i, i == 0 ? 0x7000080000019ULL | 1ULL << 31 : i == 1 ? SEQ_L1 : 0);
  }
  seq_store(s, 0, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_store(s, 0, SEQ_L2, SEQ_TABLE(SEQ_L3));
}

static uint64_t leaf_of(unsigned page)
{
  return SEQ_L3 + 8ULL * page;
}

void seq_map(struct seq *s, unsigned page)
{
  seq_begin(s, CPU, WORLD, PLAT_OP_MAP);
  seq_store(s, CPU, leaf_of(page), SEQ_PAGE(SEQ_OUT + ((uint64_t)page << 12)));
  seq_note(s, CPU, WORLD, PLAT_NOTE_MAPPED, (uint64_t)page << 12, 0x1000, DOMAIN);
  seq_end(s, CPU, WORLD, PLAT_OP_MAP);
}

void seq_clear(struct seq *s, unsigned page)
{
  seq_begin(s, CPU, WORLD, PLAT_OP_UNMAP);
  seq_store(s, CPU, leaf_of(page), 0);
}

void seq_dead(struct seq *s, unsigned page)
{
  seq_note(s, CPU, WORLD, PLAT_NOTE_UNMAPPED, (uint64_t)page << 12, 0x1000, DOMAIN);
  seq_end(s, CPU, WORLD, PLAT_OP_UNMAP);
}

void seq_returned(struct seq *s)
{
  seq_end(s, CPU, WORLD, PLAT_OP_UNMAP);
}

/* ---- the device ---- */

void seq_submit(struct seq *s, unsigned actor, uint64_t va)
{
  seq_put(
    s, &(struct smmu_record){
         .category = SMMU_TRACE_SUBMIT, .actor = (uint16_t)actor, .sid = SEQ_SID, .addr_in = va });
}

void seq_read(struct seq *s, unsigned actor, unsigned what, uint64_t addr, uint64_t word,
              uint64_t second)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_READ,
                                    .actor = (uint16_t)actor,
                                    .sid = SEQ_SID,
                                    .info = (uint8_t)what,
                                    .addr_in = addr,
                                    .word = word,
                                    .addr_out = second });
}

void seq_s1(struct seq *s, unsigned actor, int level, uint64_t addr, uint64_t desc)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_READ,
                                    .actor = (uint16_t)actor,
                                    .sid = SEQ_SID,
                                    .info = SMMU_READ_S1_DESC,
                                    .addr_in = addr,
                                    .word = desc,
                                    .level = (int8_t)level,
                                    .asid = SEQ_ASID });
}

void seq_s2(struct seq *s, unsigned actor, int level, uint64_t addr, uint64_t desc,
            unsigned purpose, uint64_t ipa)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_READ,
                                    .actor = (uint16_t)actor,
                                    .sid = SEQ_SID,
                                    .info = SMMU_READ_S2_DESC,
                                    .phase = (uint8_t)purpose,
                                    .addr_in = addr,
                                    .addr_out = ipa,
                                    .word = desc,
                                    .level = (int8_t)level });
}

void seq_config(struct seq *s, unsigned actor)
{
  seq_read(s, actor, SMMU_READ_STE, SEQ_STE, 0xb | SEQ_CD, 0);
  seq_read(s, actor, SMMU_READ_CD, SEQ_CD, 0x7000080000019ULL | 1ULL << 31, SEQ_L1);
}

void seq_cache(struct seq *s, unsigned category, unsigned actor, unsigned unit, unsigned slot,
               unsigned kind, unsigned span, uint64_t va, uint64_t tag_more)
{
  uint64_t tag = (uint64_t)kind << 40 | (uint64_t)span << 32 | (uint64_t)SEQ_ASID << 16 | tag_more;

  seq_put(s, &(struct smmu_record){ .category = (uint8_t)category,
                                    .actor = (uint16_t)actor,
                                    .unit = (uint16_t)unit,
                                    .slot = slot,
                                    .phase = (uint8_t)kind,
                                    .info = (uint8_t)span,
                                    .addr_in = va,
                                    .addr_out = SEQ_OUT + va,
                                    .asid = (uint16_t)(tag >> 16),
                                    .vmid = (uint16_t)tag,
                                    .word = tag });
}

void seq_cfg_cache(struct seq *s, unsigned category, unsigned actor, unsigned slot)
{
  seq_put(s, &(struct smmu_record){ .category = (uint8_t)category,
                                    .actor = (uint16_t)actor,
                                    .unit = SMMU_CACHE_CFG,
                                    .slot = slot,
                                    .sid = SEQ_SID });
}

void seq_walk(struct seq *s, unsigned actor, unsigned page)
{
  uint64_t va = (uint64_t)page << 12;

  seq_submit(s, actor, va);
  seq_cfg_cache(s, SMMU_TRACE_MISS, actor, 0);
  seq_config(s, actor);
  seq_cfg_cache(s, SMMU_TRACE_FILL, actor, 0);
  seq_s1(s, actor, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, actor, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  seq_s1(s, actor, 3, leaf_of(page), SEQ_PAGE(SEQ_OUT + va));
  seq_cache(s, SMMU_TRACE_FILL, actor, SMMU_CACHE_TLB, page, SMMU_ENTRY_S1, 12, va, 0);
}

void seq_hit(struct seq *s, unsigned actor, unsigned page)
{
  uint64_t va = (uint64_t)page << 12;

  seq_submit(s, actor, va);
  seq_cfg_cache(s, SMMU_TRACE_HIT, actor, 0);
  seq_cache(s, SMMU_TRACE_HIT, actor, SMMU_CACHE_TLB, page, SMMU_ENTRY_S1, 12, va, 0);
}

enum watch_verdict seq_respond(struct seq *s, unsigned actor, unsigned page)
{
  struct watch_counts before = s->counts;

  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_RESPOND,
                                    .actor = (uint16_t)actor,
                                    .sid = SEQ_SID,
                                    .addr_in = (uint64_t)page << 12,
                                    .addr_out = SEQ_OUT + ((uint64_t)page << 12),
                                    .result = SMMU_STATUS_OK,
                                    .perm = SMMU_PERM_READ,
                                    .info = 12 });
  watch_get_counts(s->watch, &s->counts);
  for (unsigned i = 0; i < WATCH_VERDICTS; i++) {
    if (s->counts.verdict[i] != before.verdict[i])
      return (enum watch_verdict)i;
  }
  return WATCH_VERDICTS;
}

/* ---- queues ---- */

void seq_command(struct seq *s, unsigned queue, const char *text)
{
  struct smmu_record r = { .unit = (uint16_t)queue };
  uint64_t words[2];
  char why[128];

  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("%s: %s", text, why);
  r.addr_out = words[0];
  r.word = words[1];
  r.category = SMMU_TRACE_FETCH;
  seq_put(s, &r);
  r.category = SMMU_TRACE_COMMAND;
  seq_put(s, &r);
  r.category = SMMU_TRACE_SYNC;
  if (strncmp(text, "SYNC", 4) == 0)
    seq_put(s, &r);
}

void seq_broadcast(struct seq *s, unsigned kind, unsigned asid, uint64_t addr)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_BROADCAST,
                                    .phase = (uint8_t)kind,
                                    .asid = (uint16_t)asid,
                                    .addr_in = addr,
                                    .word = 1 });
}

void seq_broadcast_synced(struct seq *s)
{
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_SYNC, .unit = 1 });
}

/* What the model reports while it works, compared at once: every table word it reads must be the
 * one the recording knows, every command it consumes the one the log has next. This notices a
 * changed word even if no result depends on it. */
#include "traces/replay_internal.h"

#include "util/bits.h"

static const char *const read_names[SMMU_READ_COUNT] = {
  [SMMU_READ_L1STD] = "level 1 stream table descriptor",
  [SMMU_READ_STE] = "stream table entry",
  [SMMU_READ_L1CD] = "level 1 context descriptor",
  [SMMU_READ_CD] = "context descriptor",
  [SMMU_READ_S1_DESC] = "stage 1 descriptor",
  [SMMU_READ_S2_DESC] = "stage 2 descriptor",
  [SMMU_READ_VMS] = "VMS",
};

static void compare_word(struct replay *r, unsigned what, uint64_t addr, uint64_t got)
{
  uint64_t value = 0, line = 0;
  bool known = trace_words_get(&r->known, addr, &value, &line);
  char expected[128];

  if (!known && r->seen.config_fault)
    return;
  replay_count(&r->res.table_words, known && got == value);
  if (known && got == value)
    return;
  if (known)
    snprintf(expected, sizeof(expected), "%s at 0x%llx is 0x%016llx (line %llu)", read_names[what],
             (unsigned long long)addr, (unsigned long long)value, (unsigned long long)line);
  else
    snprintf(expected, sizeof(expected), "no %s is read at 0x%llx", read_names[what],
             (unsigned long long)addr);
  replay_diverge(r, NULL, r->seen.line, "table word", expected, "0x%016llx",
                 (unsigned long long)got);
}

static void table_read(struct replay *r, const struct smmu_record *record)
{
  uint64_t addr = record->addr_in;

  if (!r->seen.active)
    return;
  compare_word(r, record->info, addr, record->word);
  if (record->info != SMMU_READ_STE && record->info != SMMU_READ_CD)
    return;
  /* The record carries the first word of a 64-byte structure; the others still lie in memory as
   * they were read. */
  for (addr += 8; addr % 64 != 0; addr += 8)
    compare_word(r, record->info, addr, engine_memory_load64(r->memory, addr));
}

void replay_record(void *ctx, const struct smmu_record *record)
{
  struct replay *r = ctx;

  if (replay_is_watched(r))
    replay_watch_device(r, record);
  switch (record->category) {
  case SMMU_TRACE_READ: table_read(r, record); break;
  case SMMU_TRACE_HIT:
    r->seen.tlb_hits += record->unit == SMMU_CACHE_TLB || record->unit == SMMU_CACHE_UTLB;
    r->seen.cfg_hits += record->unit == SMMU_CACHE_CFG;
    break;
  case SMMU_TRACE_MISS: r->seen.cfg_misses += record->unit == SMMU_CACHE_CFG; break;
  case SMMU_TRACE_FLUSH: r->seen.tlb_flushes += record->unit == SMMU_CACHE_TLB; break;
  case SMMU_TRACE_COMMAND: replay_command_consumed(r, record); break;
  default: break;
  }
}

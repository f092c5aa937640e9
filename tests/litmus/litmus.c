/* What the litmus programs share. IHI 0070 5.2 (STE), 5.4 (CD), 6.3 (registers). */
#include "litmus/litmus.h"

#include <string.h>

#include "arch/cmd.h"
#include "arch/regs.h"
#include "arch/structs.h"

static void store(struct engine_memory *m, uint64_t addr, const uint64_t *words, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    engine_memory_store64(m, addr + 8 * i, words[i]);
}

/* 25 bits of input address, 4 KB granule: two levels, starting at level 2. */
static void write_cd(struct engine_memory *m, uint64_t addr)
{
  uint64_t cd[CD_WORDS] = { 0 };

  FPUT(CD, V, cd, 1);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, T0SZ, cd, 39);
  FPUT(CD, EPD1, cd, 1);
  FPUT(CD, IPS, cd, 5);
  FPUT(CD, A, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, ASID, cd, LITMUS_ASID);
  FPUT(CD, TTB0, cd, LITMUS_L2 >> 4);
  FPUT(CD, MAIR0, cd, 0xff);
  store(m, addr, cd, CD_WORDS);
}

static void write_ste(struct engine_memory *m, unsigned sid, bool nested)
{
  uint64_t ste[STE_WORDS] = { 0 };

  FPUT(STE, V, ste, 1);
  FPUT(STE, Config, ste, nested ? 7 : 5);
  FPUT(STE, S1ContextPtr, ste, (uint64_t)(LITMUS_CD + 64 * sid) >> 6);
  FPUT(STE, S2VMID, ste, LITMUS_VMID);
  if (nested) {
    FPUT(STE, S2T0SZ, ste, 39);
    FPUT(STE, S2SL0, ste, 0);
    FPUT(STE, S2PS, ste, 5);
    FPUT(STE, S2AA64, ste, 1);
    FPUT(STE, S2R, ste, 1);
    FPUT(STE, S2TTB, ste, LITMUS_S2_L2 >> 4);
  }
  store(m, LITMUS_STRTAB + 64 * sid, ste, STE_WORDS);
}

static void write_stage1(struct engine_memory *m, uint64_t output)
{
  engine_memory_store64(m, LITMUS_L2, LITMUS_L3 | 3);
  engine_memory_store64(m, LITMUS_PTE, output | LITMUS_PAGE_ATTRS);
  engine_memory_store64(m, LITMUS_L2_NEW, LITMUS_L3_NEW | 3);
  engine_memory_store64(m, LITMUS_L3_NEW + 8, LITMUS_NEW | LITMUS_PAGE_ATTRS);
}

/* Stage 2 leaf: Normal write-back, readable, writable, ISH, AF. */
#define S2_PAGE_ATTRS 0x7ffULL

static void write_stage2(struct engine_memory *m)
{
  engine_memory_store64(m, LITMUS_S2_L2, LITMUS_S2_L3 | 3);
  for (uint64_t page = 1; page < 16; page++)
    engine_memory_store64(m, LITMUS_S2_L3 + 8 * page, page << 12 | S2_PAGE_ATTRS);
  engine_memory_store64(m, LITMUS_S2_PTE, LITMUS_OLD | S2_PAGE_ATTRS);
}

static void enable(struct engine_now *now)
{
  engine_now_mmio_write(now, OFF_STRTAB_BASE, LITMUS_STRTAB, 8);
  engine_now_mmio_write(now, OFF_STRTAB_BASE_CFG, 2, 4);
  engine_now_mmio_write(now, OFF_CR2, 2, 4);
  engine_now_mmio_write(now, OFF_CMDQ_BASE, LITMUS_CMDQ | 3, 8);
  engine_now_mmio_write(now, OFF_EVENTQ_BASE, LITMUS_EVENTQ | 3, 8);
  engine_now_mmio_write(now, OFF_CR0, 0xd, 4);
}

void litmus_setup(struct engine_now *now, struct engine_memory *memory)
{
  for (unsigned sid = 0; sid < 4; sid++) {
    write_ste(memory, sid, false);
    write_cd(memory, LITMUS_CD + 64 * sid);
  }
  write_stage1(memory, LITMUS_OLD);
  enable(now);
}

void litmus_setup_nested(struct engine_now *now, struct engine_memory *memory)
{
  for (unsigned sid = 0; sid < 4; sid++) {
    write_ste(memory, sid, true);
    write_cd(memory, LITMUS_CD + 64 * sid);
  }
  write_stage1(memory, LITMUS_IPA);
  write_stage2(memory);
  enable(now);
}

void litmus_setup_ats(struct engine_now *now, struct engine_memory *memory)
{
  uint64_t ste[STE_WORDS];

  litmus_setup(now, memory);
  engine_memory_read(memory, LITMUS_STRTAB + 64, ste, sizeof ste);
  FPUT(STE, EATS, ste, 1);
  store(memory, LITMUS_STRTAB + 64, ste, STE_WORDS);
}

struct ring {
  struct engine_memory *memory;
  uint64_t at;
};

static int put_command(void *arg, const uint64_t words[2])
{
  struct ring *r = arg;

  store(r->memory, r->at, words, CMD_WORDS);
  r->at += 16;
  return 0;
}

void litmus_commands(struct engine_memory *memory, const char *text)
{
  struct ring r = { memory, LITMUS_CMDQ };
  char why[128];

  smmu_cmd_assemble_list(text, put_command, &r, why, sizeof why);
}

void litmus_warm(struct engine_now *now, unsigned sid, unsigned tbu)
{
  struct smmu_txn t = { .addr = LITMUS_VA, .sid = sid, .tbu = (uint16_t)tbu };
  struct smmu_result r;

  engine_now_translate(now, &t, &r);
}

bool litmus_saw_after(const struct explore_view *v, unsigned t, unsigned i, uint64_t value,
                      unsigned after, unsigned pc)
{
  const struct explore_seen *s = &v->seen[t][i];

  return s->done && s->value == value && s->started[after] >= pc;
}

/* ---- the list ---- */

extern const struct explore_program litmus_stale_fill, litmus_sync_drain, litmus_every_tbu,
  litmus_late_utlb_fill, litmus_stale_config, litmus_table_free, litmus_fault_before_sync,
  litmus_vmid_tag, litmus_msi_order, litmus_nested_unmap, litmus_nested_race, litmus_disable_drain,
  litmus_atc_inv, litmus_atc_too_early, litmus_broadcast, litmus_broadcast_early,
  litmus_stall_retry, litmus_stall_unrecorded, litmus_flag_race, litmus_flag_cleared,
  litmus_flag_unmap;

static const struct explore_program *const programs[] = {
  &litmus_stale_fill,        &litmus_sync_drain,    &litmus_every_tbu,
  &litmus_late_utlb_fill,    &litmus_stale_config,  &litmus_table_free,
  &litmus_fault_before_sync, &litmus_vmid_tag,      &litmus_msi_order,
  &litmus_nested_unmap,      &litmus_nested_race,   &litmus_disable_drain,
  &litmus_atc_inv,           &litmus_atc_too_early, &litmus_broadcast,
  &litmus_broadcast_early,   &litmus_stall_retry,   &litmus_stall_unrecorded,
  &litmus_flag_race,         &litmus_flag_cleared,  &litmus_flag_unmap,
};

const struct explore_program *const *litmus_programs(size_t *count)
{
  *count = sizeof programs / sizeof programs[0];
  return programs;
}

const struct explore_program *litmus_find(const char *name)
{
  for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
    if (strcmp(programs[i]->name, name) == 0)
      return programs[i];
  }
  return NULL;
}

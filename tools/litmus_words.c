/* Litmus programs for people: places of the litmus memory map by name, operations, the program. */
#include "tools/litmus_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/cmd.h"
#include "arch/event.h"
#include "arch/regs.h"
#include "litmus/litmus.h"
#include "tools/ui.h"

enum { LABEL = 9, COMMANDS = 8 };

struct place {
  uint64_t from, to;
  const char *name;
};

/* The first that holds the address is taken, so single words come before their tables. */
static const struct place places[] = {
  { LITMUS_PTE, LITMUS_PTE + 8, "the page's descriptor (level 3)" },
  { LITMUS_S2_PTE, LITMUS_S2_PTE + 8, "the page's stage 2 descriptor (level 3)" },
  { LITMUS_L2, LITMUS_L2 + 8, "the level 2 table" },
  { LITMUS_L2_NEW, LITMUS_L2_NEW + 8, "the new level 2 table" },
  { LITMUS_L3_NEW + 8, LITMUS_L3_NEW + 16, "the new page's descriptor (level 3)" },
  { LITMUS_L3_NEW, LITMUS_L3_NEW + 0x1000, "the new level 3 table" },
  { LITMUS_L3, LITMUS_L3 + 0x1000, "the level 3 table" },
  { LITMUS_S2_L2, LITMUS_S2_L2 + 0x1000, "the stage 2 level 2 table" },
  { LITMUS_S2_L3, LITMUS_S2_L3 + 0x1000, "the stage 2 level 3 table" },
  { LITMUS_CMDQ, LITMUS_CMDQ + 0x80, "the command queue" },
  { LITMUS_EVENTQ, LITMUS_EVENTQ + 0x100, "the event queue" },
  { LITMUS_MSI, LITMUS_MSI + 8, "the word of the MSI" },
  { LITMUS_IPA, LITMUS_IPA + 0x1000, "the page's IPA" },
  { LITMUS_OLD, LITMUS_OLD + 0x1000, "the old page" },
  { LITMUS_NEW, LITMUS_NEW + 0x1000, "the new page" },
};

const char *litmus_place(uint64_t addr, char text[LITMUS_TEXT])
{
  if (addr - LITMUS_STRTAB < 4 * 64) {
    snprintf(text, LITMUS_TEXT, "the STE of stream %u", (unsigned)(addr - LITMUS_STRTAB) / 64);
    return text;
  }
  if (addr - LITMUS_CD < 4 * 64) {
    snprintf(text, LITMUS_TEXT, "the CD of stream %u%s", (unsigned)(addr - LITMUS_CD) / 64,
             addr % 64 == 8 ? ", its table pointer" : "");
    return text;
  }
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    if (addr >= places[i].from && addr < places[i].to) {
      snprintf(text, LITMUS_TEXT, "%s", places[i].name);
      return text;
    }
  }
  return NULL;
}

/* ", the old page" behind an address, or nothing. */
static const char *comma_place(uint64_t addr, char text[LITMUS_TEXT])
{
  char name[LITMUS_TEXT];

  text[0] = '\0';
  if (litmus_place(addr, name))
    snprintf(text, LITMUS_TEXT, ", %.180s", name);
  return text;
}

static const char *reg_name(uint64_t offset)
{
  int reg = smmu_reg_by_offset(offset);

  return reg < 0 ? "an unknown register" : smmu_reg_rows[reg].name;
}

static void await_text(const struct explore_op *op, const char *what, char text[LITMUS_TEXT])
{
  /* All bits that matter: then the mask says nothing a reader wants to know. */
  bool plain = op->mask >= 0xfffff;

  if (plain)
    snprintf(text, LITMUS_TEXT, "wait until %.100s = 0x%" PRIx64, what, op->value);
  else
    snprintf(text, LITMUS_TEXT, "wait until %.100s & 0x%" PRIx64 " = 0x%" PRIx64, what, op->mask,
             op->value);
}

void litmus_op_text(const struct explore_op *op, char text[LITMUS_TEXT])
{
  char place[LITMUS_TEXT], word[LITMUS_TEXT];

  comma_place(op->addr, place);
  switch (op->kind) {
  case EXPLORE_STORE:
    snprintf(text, LITMUS_TEXT, "store 0x%" PRIx64 "%s to 0x%" PRIx64 "%.100s", op->value,
             op->value == 0 ? " (invalid)" : "", op->addr, place);
    break;
  case EXPLORE_LOAD:
    snprintf(text, LITMUS_TEXT, "load 0x%" PRIx64 "%.100s", op->addr, place);
    break;
  case EXPLORE_CLEAR:
    snprintf(text, LITMUS_TEXT, "clear 0x%" PRIx64 " at 0x%" PRIx64 "%.100s, atomically", op->value,
             op->addr, place);
    break;
  case EXPLORE_MMIO_WRITE:
    snprintf(text, LITMUS_TEXT, "write %s = 0x%" PRIx64 "%s", reg_name(op->addr), op->value,
             op->addr == OFF_CMDQ_PROD ? ": hand the commands over" : "");
    break;
  case EXPLORE_MMIO_READ: snprintf(text, LITMUS_TEXT, "read %s", reg_name(op->addr)); break;
  case EXPLORE_AWAIT_REG: await_text(op, reg_name(op->addr), text); break;
  case EXPLORE_AWAIT_WORD:
    snprintf(word, sizeof(word), "the word at 0x%" PRIx64, op->addr);
    await_text(op, word, text);
    break;
  case EXPLORE_ATC_DMA:
    snprintf(text, LITMUS_TEXT, "DMA %s of 0x%" PRIx64 " through the ATC, TBU %u",
             op->write ? "write" : "read", op->addr, op->tbu);
    break;
  case EXPLORE_DMA:
    snprintf(text, LITMUS_TEXT, "DMA %s of 0x%" PRIx64 ", stream %u, TBU %u",
             op->write ? "write" : "read", op->addr, op->sid, op->tbu);
    break;
  case EXPLORE_BROADCAST:
    snprintf(text, LITMUS_TEXT, "broadcast TLBI %s, ASID %u, VMID %u, 0x%" PRIx64,
             smmu_dvm_name((unsigned)op->value), op->sid, op->ssid, op->addr);
    break;
  case EXPLORE_AWAIT_BROADCAST:
    snprintf(text, LITMUS_TEXT, "wait until broadcasts have had their effect (DSB)");
    break;
  default: snprintf(text, LITMUS_TEXT, "?"); break;
  }
}

void litmus_seen_text(const struct explore_op *op, uint64_t value, char text[LITMUS_TEXT])
{
  char place[LITMUS_TEXT];

  if (!explore_is_dma(op->kind))
    snprintf(text, LITMUS_TEXT, "0x%" PRIx64, value);
  else if (value == EXPLORE_FAULT(0))
    snprintf(text, LITMUS_TEXT, "not granted");
  else if (value >= EXPLORE_FAULT(0))
    snprintf(text, LITMUS_TEXT, "fault %s", smmu_event_name((uint8_t)value));
  else if (value == op->addr)
    snprintf(text, LITMUS_TEXT, "0x%" PRIx64 ", untranslated", value);
  else
    snprintf(text, LITMUS_TEXT, "0x%" PRIx64 "%.100s", value, comma_place(value, place));
}

/* ---- the program ---- */

/* The commands that lie in the ring before the first step, as far as any thread hands them over. */
static unsigned read_commands(const struct explore_program *p,
                              char text[COMMANDS][SMMU_CMD_TEXT_MAX])
{
  struct engine_memory *memory = NULL;
  struct engine_now *now = NULL;
  uint64_t count = 0;

  for (unsigned t = 0; t < p->n_threads; t++) {
    for (unsigned i = 0; i < p->thread[t].n; i++) {
      const struct explore_op *op = &p->thread[t].op[i];

      if (op->kind == EXPLORE_MMIO_WRITE && op->addr == OFF_CMDQ_PROD && op->value > count)
        count = op->value;
    }
  }
  count = count < COMMANDS ? count : COMMANDS;
  if (engine_memory_create(&memory, ENGINE_HOLE_ZERO) != 0 ||
      engine_now_create(&now, &p->config, memory) != 0)
    count = 0;
  else
    p->setup(now, memory);
  for (unsigned i = 0; i < count; i++) {
    uint64_t words[2] = { engine_memory_load64(memory, LITMUS_CMDQ + 16ULL * i),
                          engine_memory_load64(memory, LITMUS_CMDQ + 16ULL * i + 8) };

    smmu_cmd_print(words, text[i], SMMU_CMD_TEXT_MAX);
  }
  engine_now_destroy(now);
  engine_memory_destroy(memory);
  return (unsigned)count;
}

static void add_cache(char *text, const char *name, const struct smmu_cache_config *c)
{
  size_t length = strlen(text);

  if (c->sets != 0)
    snprintf(text + length, LITMUS_TEXT - length, "; %s of %u", name, (unsigned)c->sets * c->ways);
}

static void device_text(const struct smmu_config *c, char text[LITMUS_TEXT])
{
  snprintf(text, LITMUS_TEXT, "%u TBU%s, %u transactions in flight", c->tbus,
           c->tbus == 1 ? "" : "s", c->txns);
  add_cache(text, "configuration cache", &c->cfg_cache);
  add_cache(text, "walk cache", &c->walk_cache);
  add_cache(text, "main TLB", &c->tlb);
  add_cache(text, "micro-TLBs", &c->utlb);
}

static void labelled(const char *label, const char *text)
{
  ui_put(UI_HEAD, "%-*s", LABEL, label);
  ui_wrap(LABEL, LABEL, text);
}

void litmus_print_program(const struct explore_program *p)
{
  char commands[COMMANDS][SMMU_CMD_TEXT_MAX], text[LITMUS_TEXT];
  unsigned n = read_commands(p, commands);

  labelled("program", p->name);
  labelled("claim", p->claim);
  labelled("rule", p->rule);
  device_text(&p->config, text);
  labelled("device", text);
  for (unsigned i = 0; i < n; i++) {
    ui_put(UI_HEAD, "%-*s", LABEL, i == 0 ? "queue" : "");
    printf("%u  %s\n", i, commands[i]);
  }
  for (unsigned t = 0; t < p->n_threads; t++) {
    for (unsigned i = 0; i < p->thread[t].n; i++) {
      ui_put(UI_HEAD, "%-*s", LABEL, t == 0 && i == 0 ? "threads" : "");
      litmus_op_text(&p->thread[t].op[i], text);
      printf("%-8s %u  %s\n", i == 0 ? p->thread[t].name : "", i + 1, text);
    }
  }
}

void litmus_print_markdown(const struct explore_program *p)
{
  char commands[COMMANDS][SMMU_CMD_TEXT_MAX], text[LITMUS_TEXT];
  unsigned n = read_commands(p, commands);

  printf("### %s\n\n", p->name);
  printf("- Claim: %s.\n- Rule: %s.\n", p->claim, p->rule);
  device_text(&p->config, text);
  printf("- Device: %s.\n", text);
  if (n > 0) {
    printf("- Commands in the queue:");
    for (unsigned i = 0; i < n; i++)
      printf("%s `%s`", i == 0 ? "" : ",", commands[i]);
    printf(".\n");
  }
  printf("\n| thread | step | does |\n|---|---|---|\n");
  for (unsigned t = 0; t < p->n_threads; t++) {
    for (unsigned i = 0; i < p->thread[t].n; i++) {
      litmus_op_text(&p->thread[t].op[i], text);
      printf("| %s | %u | %s |\n", p->thread[t].name, i + 1, text);
    }
  }
  printf("\n");
}

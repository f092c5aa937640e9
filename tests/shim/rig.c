/* The machine of rig.h: registers, queues, transactions. Structures in memory: rig_tables.c. */
#include "shim/rig.h"

#include <stdlib.h>
#include <string.h>

#include "arch/cmd.h"
#include "arch/event.h"
#include "util/bits.h"
#include "util/check.h"

enum { CR0_ON = 0xd, CR2_RECINVSID = 2 };

static void count_signal(void *ctx, enum smmu_signal line)
{
  struct rig *rig = ctx;
  bool inside = rig->in_signal;

  rig->signals[line]++;
  if (!rig->on_signal)
    return;
  rig->in_signal = true;
  rig->on_signal(rig, line);
  rig->in_signal = inside;
}

static void keep_record(void *ctx, const struct smmu_record *r)
{
  struct rig *rig = ctx;

  if (rig->n_records < RIG_RECORDS)
    rig->record[rig->n_records++] = *r;
}

static void start_engine(struct rig *rig)
{
  rig->engine = rig->host->create(&rig->config, rig->memory, count_signal, rig);
  CHECK(rig->engine);
  rig->device = rig->host->device(rig->engine);
}

/* ---- hosts ---- */

bool rig_is_any(const struct rig_host *host)
{
  return host != NULL;
}

bool rig_is_now(const struct rig_host *host)
{
  return host == &rig_host_now || host == &rig_host_now_stepped || host == &rig_host_now_seeded;
}

bool rig_can_stall(const struct rig_host *host)
{
  return host->late != NULL;
}

void rig_register(struct gtest_c_where where, const char *suite, const char *name,
                  bool (*runs_on)(const struct rig_host *host), void (*run)(int host))
{
  for (int i = 0; rig_hosts[i]; i++) {
    if (runs_on(rig_hosts[i]))
      gtest_c_register(where, suite, name, rig_hosts[i]->name, i, run);
  }
}

void rig_rest(struct rig *rig)
{
  if (!rig->in_signal)
    rig->host->run(rig->engine);
}

void rig_set_hooks(struct rig *rig, const struct smmu_hooks *hooks)
{
  rig->host->set_hooks(rig->engine, hooks);
}

uint64_t rig_read_count(struct rig *rig)
{
  return rig->host->reads(rig->engine);
}

void rig_run_on(const struct rig_host *host, void (*body)(struct rig *rig))
{
  struct rig *rig = calloc(1, sizeof *rig);

  CHECK(rig);
  rig->host = host;
  rig->next = 0x1000000;
  CHECK(engine_memory_create(&rig->memory, ENGINE_HOLE_ZERO) == SMMU_OK);
  smmu_config_neutral(&rig->config);
  start_engine(rig);
  rig->strtab_log2 = 6;
  rig_program(rig, 6, 6);
  rig_stream(rig, SID, NULL);
  body(rig);
  rig->host->set_endpoint(rig->engine, NULL); /* it was the body's */
  smmu_invariant(rig->device);
  rig->host->destroy(rig->engine);
  engine_memory_destroy(rig->memory);
  free(rig);
}

void rig_restart(struct rig *rig, const struct smmu_config *config)
{
  smmu_invariant(rig->device);
  rig->host->destroy(rig->engine);
  rig->config = *config;
  start_engine(rig);
  rig_program(rig, rig->cmdq_log2, rig->eventq_log2);
}

void rig_restart_profile(struct rig *rig, const char *profile)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  CHECK(smmu_config_set_tlb_profile(&config, profile) == SMMU_OK);
  rig_restart(rig, &config);
}

void rig_restart_stalling(struct rig *rig, unsigned stall_max)
{
  struct smmu_config config = rig->config;

  config.idr[0] &= ~(3u << 24);
  config.idr[5] = (config.idr[5] & 0xffff) | stall_max << 16;
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, S, 1);
}

/* ---- registers ---- */

static unsigned register_bytes(uint64_t offset)
{
  int reg = smmu_reg_by_offset(offset);

  return reg >= 0 && smmu_reg_rows[reg].width == 64 ? 8 : 4;
}

uint64_t rig_mmio_read(struct rig *rig, uint64_t offset, unsigned bytes)
{
  return rig->host->mmio_read(rig->engine, offset, bytes);
}

void rig_mmio_write(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  rig->host->mmio_write(rig->engine, offset, value, bytes);
  rig_rest(rig);
}

uint64_t rig_cmdqv_read(struct rig *rig, uint64_t offset, unsigned bytes)
{
  return rig->host->cmdqv_read(rig->engine, offset, bytes);
}

void rig_cmdqv_write(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  rig->host->cmdqv_write(rig->engine, offset, value, bytes);
  rig_rest(rig);
}

uint64_t rig_reg(struct rig *rig, uint64_t offset)
{
  return rig_mmio_read(rig, offset, register_bytes(offset));
}

void rig_set_reg(struct rig *rig, uint64_t offset, uint64_t value)
{
  rig_mmio_write(rig, offset, value, register_bytes(offset));
}

void rig_set_cr0(struct rig *rig, uint64_t value)
{
  rig_set_reg(rig, OFF_CR0, value);
}

void rig_program(struct rig *rig, unsigned cmdq_log2, unsigned eventq_log2)
{
  rig->cmdq_log2 = cmdq_log2;
  rig->eventq_log2 = eventq_log2;
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, OFF_STRTAB_BASE, RIG_STRTAB);
  rig_set_reg(rig, OFF_STRTAB_BASE_CFG,
              rig->strtab_log2 | (uint64_t)rig->strtab_split << 6 |
                (uint64_t)(rig->strtab_split != 0) << 16);
  rig_set_reg(rig, OFF_CR2, CR2_RECINVSID);
  rig_set_reg(rig, OFF_CMDQ_BASE, RIG_CMDQ | cmdq_log2);
  rig_set_reg(rig, OFF_CMDQ_PROD, 0);
  rig_set_reg(rig, OFF_CMDQ_CONS, 0);
  rig_set_reg(rig, OFF_EVENTQ_BASE, RIG_EVENTQ | eventq_log2);
  rig_set_reg(rig, OFF_EVENTQ_PROD, 0);
  rig_set_reg(rig, OFF_EVENTQ_CONS, 0);
  rig_set_cr0(rig, CR0_ON);
}

/* ---- transactions ---- */

struct smmu_result rig_dma(struct rig *rig, struct smmu_txn txn)
{
  struct smmu_result r = { 0 };

  CHECK(rig->host->translate(rig->engine, &txn, &r) == SMMU_OK);
  return r;
}

struct smmu_result rig_late(struct rig *rig)
{
  struct smmu_result r;

  return rig->host->late(rig->engine, &r) ? r
                                          : (struct smmu_result){ .status = SMMU_STATUS_STALLED };
}

struct smmu_result rig_read(struct rig *rig, uint32_t sid, uint64_t addr)
{
  return rig_dma(rig, (struct smmu_txn){ .addr = addr, .sid = sid, .tbu = rig->tbu });
}

struct smmu_result rig_write(struct rig *rig, uint32_t sid, uint64_t addr)
{
  return rig_dma(rig, (struct smmu_txn){ .addr = addr, .sid = sid, .write = 1, .tbu = rig->tbu });
}

struct smmu_result rig_read_ssid(struct rig *rig, uint32_t sid, uint32_t ssid, uint64_t addr)
{
  return rig_dma(
    rig, (struct smmu_txn){ .addr = addr, .sid = sid, .ssid = ssid, .ssv = 1, .tbu = rig->tbu });
}

uint64_t rig_reads(struct rig *rig, uint32_t sid, uint64_t addr)
{
  uint64_t before = rig_read_count(rig);

  rig_read(rig, sid, addr);
  return rig_read_count(rig) - before;
}

bool rig_is_cached(struct rig *rig, uint32_t sid, uint64_t addr)
{
  return rig_reads(rig, sid, addr) == 0;
}

/* ---- commands ---- */

struct ring {
  struct rig *rig;
  uint64_t prod;
  unsigned count;
};

static void store_words(struct rig *rig, uint64_t addr, const uint64_t *words, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    CHECK(engine_memory_store64(rig->memory, addr + 8 * i, words[i]));
}

static int push_one(void *arg, const uint64_t words[2])
{
  struct ring *r = arg;
  uint64_t index = r->prod & bits_low(r->rig->cmdq_log2);

  store_words(r->rig, RIG_CMDQ + 16 * index, words, 2);
  r->prod = (r->prod + 1) & bits_low(r->rig->cmdq_log2 + 1);
  r->count++;
  return 0;
}

unsigned rig_push(struct rig *rig, const char *text)
{
  struct ring r = { rig, rig_reg(rig, OFF_CMDQ_PROD), 0 };
  char why[256] = "";

  if (smmu_cmd_assemble_list(text, push_one, &r, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  rig_set_reg(rig, OFF_CMDQ_PROD, r.prod);
  return r.count;
}

void rig_cmds(struct rig *rig, const char *text)
{
  uint64_t mask = bits_low(rig->cmdq_log2 + 1), prod, cons;

  rig_push(rig, text);
  prod = rig_reg(rig, OFF_CMDQ_PROD) & mask;
  cons = rig_reg(rig, OFF_CMDQ_CONS);
  if ((cons & mask) != prod)
    ADD_TEST_FAILURE("\"%s\" was not consumed: PROD 0x%llx, CONS 0x%llx", text,
                     (unsigned long long)prod, (unsigned long long)cons);
}

void rig_put_cmd(struct rig *rig, unsigned slot, const char *text)
{
  uint64_t words[2];
  char why[256] = "";

  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  store_words(rig, RIG_CMDQ + 16 * slot, words, 2);
}

/* ---- events ---- */

unsigned rig_events(struct rig *rig, uint64_t (*words)[4], unsigned max)
{
  uint64_t prod = rig_reg(rig, OFF_EVENTQ_PROD), cons = rig_reg(rig, OFF_EVENTQ_CONS);
  uint64_t mask = bits_low(rig->eventq_log2 + 1);
  unsigned n = 0;

  for (; ((prod ^ cons) & mask) != 0; n++) {
    uint64_t addr = RIG_EVENTQ + 32 * (cons & (mask >> 1));

    for (unsigned i = 0; i < 4 && n < max; i++)
      words[n][i] = engine_memory_load64(rig->memory, addr + 8 * i);
    cons = (cons & ~mask) | ((cons + 1) & mask);
  }
  rig_set_reg(rig, OFF_EVENTQ_CONS, (cons & mask) | (prod & 1ULL << 31));
  return n;
}

unsigned rig_event(struct rig *rig, uint64_t words[4])
{
  uint64_t record[1][4] = { { 0 } };
  unsigned n = rig_events(rig, record, 1);

  if (words)
    memcpy(words, record[0], sizeof record[0]);
  return n == 1 ? (unsigned)(record[0][0] & 0xff) : 0;
}

/* ---- trace ---- */

void rig_watch(struct rig *rig)
{
  rig->n_records = 0;
  rig->hooks = (struct smmu_hooks){ rig, keep_record };
  rig_set_hooks(rig, &rig->hooks);
}

const struct smmu_record *rig_find(const struct rig *rig, unsigned category, unsigned n)
{
  for (unsigned i = 0; i < rig->n_records; i++) {
    if (rig->record[i].category == category && n-- == 0)
      return &rig->record[i];
  }
  return NULL;
}

unsigned rig_count(const struct rig *rig, unsigned category)
{
  unsigned n = 0;

  while (rig_find(rig, category, n))
    n++;
  return n;
}

/* ---- expectations ---- */

static const char *status_name(unsigned status)
{
  static const char *const names[] = { "ok", "abort", "RAZ/WI" };

  return status < 3 ? names[status] : "?";
}

void rig_expect_pa(struct gtest_c_where where, const char *text, struct smmu_result r, uint64_t pa)
{
  if (r.status != SMMU_STATUS_OK)
    gtest_c_fail(where, "%s\n  expected address 0x%llx\n  found %s, event %s", text,
                 (unsigned long long)pa, status_name(r.status),
                 r.event ? smmu_event_name(r.event) : "none");
  else if (r.pa != pa)
    gtest_c_fail(where, "%s\n  expected address 0x%llx\n  found 0x%llx", text,
                 (unsigned long long)pa, (unsigned long long)r.pa);
}

void rig_expect_fault(struct gtest_c_where where, const char *text, struct smmu_result r,
                      unsigned event)
{
  if (r.status == SMMU_STATUS_OK)
    gtest_c_fail(where, "%s\n  expected %s\n  found address 0x%llx", text,
                 smmu_event_name((uint8_t)event), (unsigned long long)r.pa);
  else if (r.event != event)
    gtest_c_fail(where, "%s\n  expected %s\n  found %s, event %s", text,
                 smmu_event_name((uint8_t)event), status_name(r.status),
                 r.event ? smmu_event_name(r.event) : "none");
}

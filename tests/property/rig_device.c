/* Programming a device: see rig_device.h. IHI 0070 6.3.9 (CR0), 6.3.14 (GBPA), 6.3.23-6.3.28
 * (tables and queues), 4.1. */
#include "rig_device.h"

#include <string.h>

enum {
  REG_CR0 = 0x20,
  REG_CR2 = 0x2c,
  REG_GBPA = 0x44,
  REG_STRTAB_BASE = 0x80,
  REG_STRTAB_BASE_CFG = 0x88,
  REG_CMDQ_BASE = 0x90,
  REG_CMDQ_PROD = 0x98,
  REG_CMDQ_CONS = 0x9c,
  REG_EVENTQ_BASE = 0xa0,
  REG_EVENTQ_PROD = 0x100a8,
  REG_EVENTQ_CONS = 0x100ac
};

enum { QUEUE_MASK = (2 << RIG_QUEUE_LOG2) - 1, QUEUE_INDEX = (1 << RIG_QUEUE_LOG2) - 1 };

static void set32(struct rig_device *rig, uint64_t reg, uint32_t v)
{
  engine_now_mmio_write(rig->engine, reg, v, 4);
}

static void configure(struct smmu_config *cfg, const struct gen_device *d)
{
  smmu_config_neutral(cfg);
  memcpy(cfg->idr, d->idr, sizeof cfg->idr);
  cfg->mpamidr = d->mpamidr;
  cfg->tbus = 2;
}

bool rig_accepts(const struct gen_device *d)
{
  struct smmu_config cfg;
  char why[200];

  configure(&cfg, d);
  return smmu_config_check(&cfg, why, sizeof why) == 0;
}

bool rig_create(struct rig_device *rig, const struct gen_device *d, const char *profile,
                unsigned habits, struct engine_memory *m, uint64_t queues, char *why,
                size_t why_len)
{
  struct smmu_config cfg;

  memset(rig, 0, sizeof *rig);
  configure(&cfg, d);
  cfg.contiguous = habits & 1;
  cfg.pick_wider = habits >> 1 & 1;
  cfg.wider = (uint8_t)((habits >> 2) % SMMU_WIDER_COUNT);
  if (smmu_config_set_tlb_profile(&cfg, profile) != 0 || smmu_config_check(&cfg, why, why_len) != 0)
    return false;
  rig->memory = m;
  rig->cmdq = queues;
  rig->evtq = queues + 0x8000;
  return engine_now_create(&rig->engine, &cfg, m) == 0;
}

void rig_destroy(struct rig_device *rig)
{
  if (rig->engine)
    engine_now_destroy(rig->engine);
  rig->engine = NULL;
}

void rig_program(struct rig_device *rig, const struct naive_device *d)
{
  smmu_reset(engine_now_device(rig->engine));
  rig->cmd_prod = 0;
  rig->evt_cons = 0;
  engine_now_mmio_write(rig->engine, REG_STRTAB_BASE, d->strtab_base, 8);
  set32(rig, REG_STRTAB_BASE_CFG, d->strtab_base_cfg);
  set32(rig, REG_CR2, d->cr2);
  engine_now_mmio_write(rig->engine, REG_CMDQ_BASE, rig->cmdq | RIG_QUEUE_LOG2, 8);
  set32(rig, REG_CMDQ_PROD, 0);
  set32(rig, REG_CMDQ_CONS, 0);
  engine_now_mmio_write(rig->engine, REG_EVENTQ_BASE, rig->evtq | RIG_QUEUE_LOG2, 8);
  set32(rig, REG_EVENTQ_PROD, 0);
  set32(rig, REG_EVENTQ_CONS, 0);
  set32(rig, REG_GBPA, d->gbpa | 1u << 31);
  set32(rig, REG_CR0, d->cr0);
}

/* Take every new event record off the queue, as a driver does. */
static void drain_events(struct rig_device *rig, struct rig_outcome *out)
{
  uint32_t prod = (uint32_t)engine_now_mmio_read(rig->engine, REG_EVENTQ_PROD, 4) & QUEUE_MASK;
  unsigned i;

  out->records = (prod - rig->evt_cons) & QUEUE_MASK;
  if (out->records == 0)
    return;
  for (i = 0; i < 4; i++)
    out->event[i] =
      engine_memory_load64(rig->memory, rig->evtq + 32ull * ((prod - 1) & QUEUE_INDEX) + 8 * i);
  rig->evt_cons = prod;
  set32(rig, REG_EVENTQ_CONS, prod);
}

/* Take the records of a stall and its STAG. */
static uint64_t drain_stall(struct rig_device *rig, struct rig_outcome *out)
{
  uint64_t stag;

  drain_events(rig, out);
  stag = out->event[1] & 0xffff;
  if (out->event[1] >> 31 & 1)
    out->event[1] &= ~0xffffull;
  return stag;
}

/* CMD_RESUME 0x44: Action 12, Abort 13; CMD_STALL_TERM 0x45. */
static void end_stall(struct rig_device *rig, const struct naive_txn *t, uint64_t stag,
                      struct rig_outcome *out)
{
  static const uint64_t command[RIG_ANSWERS] = { 0x2044, 0x44, 0x45, 0x1044 };
  uint64_t cmd[1][2] = { { command[rig->answer] | (uint64_t)t->sid << 32, stag } };
  struct rig_outcome second = { .records = 0 };
  struct engine_now_done done;

  if (rig->answer == RIG_TERMINATE_STREAM)
    cmd[0][1] = 0;
  rig_commands(rig, (const uint64_t(*)[2])cmd, 1);
  if (rig->answer == RIG_RETRY) {
    cmd[0][1] = drain_stall(rig, &second);
    out->again =
      second.records == out->records && memcmp(second.event, out->event, sizeof out->event) == 0;
    cmd[0][0] = command[RIG_TERMINATE] | (uint64_t)t->sid << 32;
    rig_commands(rig, (const uint64_t(*)[2])cmd, 1);
  }
  out->ended = SMMU_STATUS_STALLED;
  while (engine_now_poll(rig->engine, &done))
    out->ended = done.result.status;
}

void rig_translate(struct rig_device *rig, const struct naive_txn *t, struct rig_outcome *out)
{
  struct smmu_txn txn;
  uint64_t stag;

  memset(&txn, 0, sizeof txn);
  memset(out, 0, sizeof *out);
  txn.addr = t->addr;
  txn.sid = t->sid;
  txn.ssid = t->ssid;
  txn.ssv = t->ssv;
  txn.write = t->write;
  txn.instruction = t->instruction;
  txn.privileged = t->privileged;
  txn.kind = (uint8_t)t->kind;
  txn.no_write = t->no_write;
  txn.tbu = rig->tbu;
  engine_now_translate(rig->engine, &txn, &out->result);
  stag = drain_stall(rig, out);
  if (out->result.status == SMMU_STATUS_STALLED)
    end_stall(rig, t, stag, out);
}

bool rig_commands(struct rig_device *rig, const uint64_t (*cmd)[2], unsigned n)
{
  static const uint64_t sync[2] = { 0x46, 0 };
  unsigned i;

  for (i = 0; i <= n; i++) {
    const uint64_t *c = i < n ? cmd[i] : sync;
    uint64_t at = rig->cmdq + 16ull * (rig->cmd_prod & QUEUE_INDEX);

    engine_memory_store64(rig->memory, at, c[0]);
    engine_memory_store64(rig->memory, at + 8, c[1]);
    rig->cmd_prod = (rig->cmd_prod + 1) & QUEUE_MASK;
  }
  set32(rig, REG_CMDQ_PROD, rig->cmd_prod);
  return ((uint32_t)engine_now_mmio_read(rig->engine, REG_CMDQ_CONS, 4) & QUEUE_MASK) ==
         rig->cmd_prod;
}

bool rig_invalidate_all(struct rig_device *rig, bool el2)
{
  static const uint64_t cmd[3][2] = { { 0x04, 31 },
                                      { 0x30, 0 },
                                      { 0x20, 0 } }; /* CFGI_ALL, NSNH_ALL, EL2_ALL */

  return rig_commands(rig, cmd, el2 ? 3 : 2);
}

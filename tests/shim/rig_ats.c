#include "shim/rig_ats.h"

static void support_ats(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 10 | 1u << 23; /* ATS, ATSRECERR */
  rig_restart(rig, &config);
}

void rig_ats(struct rig *rig, unsigned eats)
{
  support_ats(rig);
  STE_SET(rig, SID, EATS, eats);
}

void rig_ats_nested(struct rig *rig, unsigned eats)
{
  support_ats(rig);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  STE_SET(rig, SID, EATS, eats);
}

void rig_ats_record(struct rig *rig, bool on)
{
  uint64_t cr0 = rig_reg(rig, OFF_CR0);

  rig_set_cr0(rig, cr0 & ~1ULL);
  rig_set_reg(rig, OFF_CR2, on ? 0xa : 0x2);
  rig_set_cr0(rig, cr0);
}

struct smmu_result rig_ats_request(struct rig *rig, struct smmu_txn txn)
{
  txn.kind = SMMU_TXN_ATS_REQUEST;
  txn.tbu = rig->tbu;
  return rig_dma(rig, txn);
}

struct smmu_result rig_ats_use(struct rig *rig, struct smmu_txn txn)
{
  txn.kind = SMMU_TXN_ATS_TRANSLATED;
  txn.tbu = rig->tbu;
  return rig_dma(rig, txn);
}

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  struct rig_endpoint *e = ctx;

  (void)time;
  if (e->n < RIG_MESSAGES)
    e->message[e->n] = *m;
  e->n++;
  *delay_ps = e->delay_ps;
  return e->answer;
}

void rig_listen(struct rig *rig, struct rig_endpoint *endpoint)
{
  struct engine_endpoint e = { endpoint, receive, endpoint->timeout_ps };

  rig->host->set_endpoint(rig->engine, &e);
}

int rig_answer(struct rig *rig, uint32_t tag, unsigned status)
{
  int err = rig->host->answer(rig->engine, tag, status);

  rig_rest(rig);
  return err;
}

void rig_pri(struct rig *rig, unsigned log2)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 10 | 1u << 16 | 1u << 23; /* ATS, PRI, ATSRECERR */
  config.idr[1] |= 8u << 11;                       /* PRIQS */
  config.page_requests = 8;
  rig_restart(rig, &config);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ | log2);
  rig_set_reg(rig, OFF_PRIQ_PROD, 0);
  rig_set_reg(rig, OFF_PRIQ_CONS, 0);
  rig_set_cr0(rig, 0xf);
}

int rig_page_request(struct rig *rig, struct smmu_pri p)
{
  int err;

  p.sid = p.sid ? p.sid : SID;
  err = rig->host->pri_request(rig->engine, &p);
  rig_rest(rig);
  return err;
}

unsigned rig_page_requests(struct rig *rig, uint64_t (*words)[2], unsigned max)
{
  uint64_t prod = rig_reg(rig, OFF_PRIQ_PROD), cons = rig_reg(rig, OFF_PRIQ_CONS);
  uint64_t mask = (2ULL << (rig_reg(rig, OFF_PRIQ_BASE) & 31)) - 1;
  unsigned n = 0;

  for (; ((prod ^ cons) & mask) != 0; n++) {
    uint64_t addr = RIG_PRIQ + 16 * (cons & (mask >> 1));

    for (unsigned i = 0; i < 2 && n < max; i++)
      words[n][i] = engine_memory_load64(rig->memory, addr + 8 * i);
    cons = (cons & ~mask) | ((cons + 1) & mask);
  }
  rig_set_reg(rig, OFF_PRIQ_CONS, cons);
  return n;
}

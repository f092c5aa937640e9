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

/* Bringing the device up and down: ID registers, then the reset order. Everything is off before
 * anything is set; the first commands go while no transaction is translated; SMMUEN comes when all
 * else is there, CMDQV last. IHI 0070 3.11, 6.3; order as in Linux 6.12. Left out: E2H (CR2.E2H
 * stays 0). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/drv_state.h"
#include "smmu/step.h"
#include "util/check.h"

enum {
  CMDQ_LOG2_DEFAULT = 8,
  CMDQ_LOG2_MIN = 7, /* a batch and its CMD_SYNC must fit */
  PRIQ_LOG2_DEFAULT = 8,
  EVENTQ_LOG2_DEFAULT = 7,
  ADDRESS_BITS_MAX = 48,
  SH_ISH = 3,
  CACHE_WB = 1
};

/* ---- what it can do ---------------------------------------------------------------------------- */

static unsigned address_bits(const struct drv_features *f)
{
  static const uint8_t known[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
  unsigned bits = known[GET(IDR5, OAS, f->idr[5])];

  return bits < ADDRESS_BITS_MAX ? bits : ADDRESS_BITS_MAX;
}

static void decode(const struct drv_options *options, struct drv_features *f)
{
  const uint32_t *idr = f->idr;

  f->s1 = GET(IDR0, S1P, idr[0]);
  f->s2 = GET(IDR0, S2P, idr[0]);
  f->nested = f->s1 && f->s2;
  f->hyp = GET(IDR0, HYP, idr[0]);
  f->ril = GET(IDR3, RIL, idr[3]) && !(options->without & DRV_WITHOUT_RIL);
  f->coherent = GET(IDR0, COHACC, idr[0]);
  f->msi = GET(IDR0, MSI, idr[0]);
  f->sev = GET(IDR0, SEV, idr[0]);
  f->ats = GET(IDR0, ATS, idr[0]);
  f->pri = GET(IDR0, PRI, idr[0]);
  f->stalls = GET(IDR0, STALL_MODEL, idr[0]) != 1;
  f->stall_forced = GET(IDR0, STALL_MODEL, idr[0]) == 2;
  f->ste_2level = GET(IDR0, ST_LEVEL, idr[0]) == 1;
  f->cd_2level = GET(IDR0, CD2L, idr[0]);
  f->granule_4k = GET(IDR5, GRAN4K, idr[5]);
  f->granule_16k = GET(IDR5, GRAN16K, idr[5]);
  f->granule_64k = GET(IDR5, GRAN64K, idr[5]);
  f->two_byte_asid = GET(IDR0, ASID16, idr[0]);
  f->two_byte_vmid = GET(IDR0, VMID16, idr[0]);
  f->sid_bits = (unsigned)GET(IDR1, SIDSIZE, idr[1]);
  f->ssid_bits = (unsigned)GET(IDR1, SSIDSIZE, idr[1]);
  f->cmdq_log2_max = (unsigned)GET(IDR1, CMDQS, idr[1]);
  f->eventq_log2_max = (unsigned)GET(IDR1, EVENTQS, idr[1]);
  f->bbml = (unsigned)GET(IDR3, BBML, idr[3]);
  f->oas_bits = f->ias_bits = address_bits(f);
}

/* The reason why the driver cannot drive it, or NULL. */
static const char *unfit(const struct drv_features *f)
{
  const uint32_t *idr = f->idr;

  if (idr[0] == UINT32_MAX)
    return "nothing answers";
  if (idr[1] & (MASK(IDR1, REL) | MASK(IDR1, QUEUES_PRESET) | MASK(IDR1, TABLES_PRESET)))
    return "tables or queues are preset";
  if (!f->s1 && !f->s2)
    return "no stage";
  if (!(GET(IDR0, TTF, idr[0]) & 2))
    return "no VMSAv8-64 tables";
  if (GET(IDR0, TTENDIAN, idr[0]) & 1)
    return "no little-endian tables";
  if (!f->granule_4k && !f->granule_16k && !f->granule_64k)
    return "no granule";
  if (f->cmdq_log2_max < CMDQ_LOG2_MIN || f->cmdq_log2_max > 19)
    return "a batch does not fit into the command queue";
  if (f->eventq_log2_max > 19 || f->sid_bits > 32)
    return "sizes that no device has";
  return NULL;
}

static int read_ids(struct drv *drv)
{
  const char *why;

  for (unsigned i = 0; i < 6; i++)
    drv->features.idr[i] = drv_read(drv, 4ULL * i);
  decode(&drv->options, &drv->features);
  why = unfit(&drv->features);
  if (why)
    drv_log(drv, "probe: %s", why);
  return why ? -ENXIO : 0;
}

static unsigned clamp(unsigned value, unsigned low, unsigned high)
{
  return value < low ? low : value > high ? high : value;
}

/* ---- reset ------------------------------------------------------------------------------------- */

static int set_cr0(struct drv *drv, uint32_t value)
{
  drv_write(drv, OFF_CR0, value);
  return drv_poll_register(drv, drv->options.smmu + OFF_CR0ACK, UINT32_MAX, value);
}

/* Without translation everything would pass. */
static int abort_all(struct drv *drv)
{
  uint64_t gbpa = drv->options.smmu + OFF_GBPA;
  uint32_t update = (uint32_t)MASK(GBPA, Update);
  int err = drv_poll_register(drv, gbpa, update, 0);

  if (err)
    return err;
  drv_write(drv, OFF_GBPA, drv_read(drv, OFF_GBPA) | (uint32_t)MASK(GBPA, ABORT) | update);
  return drv_poll_register(drv, gbpa, update, 0);
}

static int disable(struct drv *drv)
{
  int err;

  if (GET(CR0, SMMUEN, drv_read(drv, OFF_CR0))) {
    err = abort_all(drv);
    if (err)
      return err;
  }
  err = set_cr0(drv, 0);
  return err ? err : drv_ecmdq_all_off(drv);
}

static void set_attributes(struct drv *drv)
{
  uint32_t cr1 = 0;

  cr1 = (uint32_t)PUT(CR1, TABLE_SH, cr1, SH_ISH);
  cr1 = (uint32_t)PUT(CR1, TABLE_OC, cr1, CACHE_WB);
  cr1 = (uint32_t)PUT(CR1, TABLE_IC, cr1, CACHE_WB);
  cr1 = (uint32_t)PUT(CR1, QUEUE_SH, cr1, SH_ISH);
  cr1 = (uint32_t)PUT(CR1, QUEUE_OC, cr1, CACHE_WB);
  cr1 = (uint32_t)PUT(CR1, QUEUE_IC, cr1, CACHE_WB);
  drv_write(drv, OFF_CR1, cr1);
  drv_write(drv, OFF_CR2,
            (uint32_t)(MASK(CR2, RECINVSID) | (drv_broadcasts(drv) ? 0 : MASK(CR2, PTM))));
}

static int start_cmdq(struct drv *drv)
{
  struct drv_queue *q = &drv->cmdq;
  bool msi =
    drv->features.msi && drv->features.coherent && !(drv->options.without & DRV_WITHOUT_MSI_POLL);

  memcpy(q->name, "cmdq", 5);
  q->prod_reg = drv->options.smmu + OFF_CMDQ_PROD;
  q->cons_reg = drv->options.smmu + OFF_CMDQ_CONS;
  q->signal = msi ? DRV_SIGNAL_MSI : DRV_SIGNAL_SEV;
  q->enabled = true;
  if (drv_queue_init(drv, q, drv->options.cmdq_log2))
    return -ENOMEM;
  drv_write64(drv, OFF_CMDQ_BASE, q->ring | q->log2 | MASK(CMDQ_BASE, RA));
  drv_write(drv, OFF_CMDQ_PROD, 0);
  drv_write(drv, OFF_CMDQ_CONS, 0);
  return set_cr0(drv, (uint32_t)MASK(CR0, CMDQEN));
}

/* Whatever was cached before us. */
static int forget_all(struct drv *drv)
{
  struct drv_command c = drv_cmd_cfgi_all();
  int err = drv_issue_main(drv, &c, 1, true);

  if (!err && drv->features.hyp) {
    c = drv_cmd_plain(CMD_TLBI_EL2_ALL);
    err = drv_issue_main(drv, &c, 1, true);
  }
  c = drv_cmd_plain(CMD_TLBI_NSNH_ALL);
  return err ? err : drv_issue_main(drv, &c, 1, true);
}

static int set_irq_ctrl(struct drv *drv, uint32_t value)
{
  drv_write(drv, OFF_IRQ_CTRL, value);
  return drv_poll_register(drv, drv->options.smmu + OFF_IRQ_CTRLACK, UINT32_MAX, value);
}

static void drop_irqs(struct drv *drv)
{
  for (unsigned line = 0; line < SMMU_SIGNAL_COUNT; line++) {
    if (drv->irqs >> line & 1)
      plat_irq_handler(&drv->plat, line, NULL, NULL);
  }
  drv->irqs = 0;
}

static int hear(struct drv *drv, unsigned line, void (*handler)(void *arg))
{
  int err = plat_irq_handler(&drv->plat, line, handler, drv);

  if (!err)
    drv->irqs |= 1u << line;
  return err;
}

/* Wired interrupts: MSIs of the queues are switched off by address 0. */
static int start_irqs(struct drv *drv)
{
  uint32_t enable = (uint32_t)(MASK(IRQ_CTRL, EVENTQ_IRQEN) | MASK(IRQ_CTRL, GERROR_IRQEN));
  int err = set_irq_ctrl(drv, 0);

  if (err)
    return err;
  if (drv->features.msi && drv->features.pri)
    drv_write64(drv, OFF_PRIQ_IRQ_CFG0, 0);
  if (drv->features.msi) {
    drv_write64(drv, OFF_GERROR_IRQ_CFG0, 0);
    drv_write64(drv, OFF_EVENTQ_IRQ_CFG0, 0);
  }
  err = hear(drv, SMMU_SIGNAL_EVENTQ, drv_eventq_handler);
  if (!err)
    err = hear(drv, SMMU_SIGNAL_GERROR, drv_gerror_handler);
  if (err)
    return err;
  if (drv->features.pri) {
    drv_write(drv, OFF_PRIQ_IRQ_CFG2, 0); /* at the first request that waits */
    err = hear(drv, SMMU_SIGNAL_PRIQ, drv_priq_handler);
    enable |= (uint32_t)MASK(IRQ_CTRL, PRIQ_IRQEN);
  }
  if (err)
    return err;
  if (drv->features.cmdqv && hear(drv, SMMU_SIGNAL_CMDQV, drv_cmdqv_handler))
    drv_log(drv, "cmdqv: no interrupt, errors will not be seen");
  return set_irq_ctrl(drv, enable);
}

static int reset(struct drv *drv)
{
  uint32_t cr0 = (uint32_t)MASK(CR0, CMDQEN);
  int err = disable(drv);

  if (err)
    return err;
  set_attributes(drv);
  err = drv_strtab_init(drv);
  if (!err)
    err = start_cmdq(drv);
  if (!err)
    err = forget_all(drv);
  if (!err)
    err = drv_eventq_init(drv);
  cr0 |= (uint32_t)MASK(CR0, EVENTQEN);
  if (!err)
    err = set_cr0(drv, cr0);
  if (!err && drv->features.pri)
    err = drv_priq_init(drv);
  if (!err)
    err = start_irqs(drv);
  cr0 |= (uint32_t)(MASK(CR0, SMMUEN) | (drv->features.ats ? MASK(CR0, ATSCHK) : 0));
  if (!err)
    err = set_cr0(drv, cr0);
  /* PRIQEN counts with SMMUEN. IHI 0070 6.3.9. */
  if (!err && drv->features.pri)
    err = set_cr0(drv, cr0 | (uint32_t)MASK(CR0, PRIQEN));
  if (!err)
    err = drv_ecmdq_start(drv);
  return err ? err : drv_cmdqv_start(drv);
}

/* ---- probe and remove -------------------------------------------------------------------------- */

static void release(struct drv *drv)
{
  drv_queue_free(&drv->cmdq);
  drv_eventq_free(drv);
  drv_priq_free(drv);
  drv_strtab_free(drv);
  drv_ats_free(drv);
  free(drv->asids.taken);
  free(drv->vmids.taken);
  free(drv);
}

/* As far as it came. No handler may run in what is given back, nor the device read it. */
static void shut_down(struct drv *drv)
{
  set_irq_ctrl(drv, 0);
  drop_irqs(drv);
  drv_cmdqv_stop(drv);
  drv_ecmdq_stop(drv);
  disable(drv);
  release(drv);
}

static int prepare(struct drv *drv)
{
  int err = read_ids(drv);
  struct drv_options *o = &drv->options;

  if (err)
    return err;
  o->cmdq_log2 = clamp(o->cmdq_log2 ? o->cmdq_log2 : CMDQ_LOG2_DEFAULT, CMDQ_LOG2_MIN,
                       drv->features.cmdq_log2_max);
  drv->priq.log2 = clamp(PRIQ_LOG2_DEFAULT, 0, (unsigned)GET(IDR1, PRIQS, drv->features.idr[1]));
  drv->eventq.log2 =
    clamp(o->eventq_log2 ? o->eventq_log2 : EVENTQ_LOG2_DEFAULT, 0, drv->features.eventq_log2_max);
  if (drv_ids_init(&drv->asids, drv->features.two_byte_asid ? 16 : 8) ||
      drv_ids_init(&drv->vmids, drv->features.two_byte_vmid ? 16 : 8))
    return -ENOMEM;
  drv->cmdq.drv = drv;
  drv->cmdq.log2 = o->cmdq_log2;
  err = drv_ecmdq_probe(drv);
  return err ? err : drv_cmdqv_probe(drv);
}

int drv_probe(struct drv **out, const struct plat *plat, const struct drv_options *options)
{
  struct drv *drv = calloc(1, sizeof *drv);
  int err;

  if (!drv)
    return -ENOMEM;
  CHECK(options->cpus >= 1 && options->cpus <= 256);
  drv->plat = *plat;
  drv->options = *options;
  err = prepare(drv);
  if (err) {
    drv_cmdqv_stop(drv);
    drv_ecmdq_stop(drv);
    release(drv);
    return err;
  }
  err = reset(drv);
  if (err) {
    shut_down(drv);
    return err;
  }
  *out = drv;
  return 0;
}

void drv_remove(struct drv *drv)
{
  shut_down(drv);
}

const struct drv_features *drv_get_features(const struct drv *drv)
{
  return &drv->features;
}

const struct plat *drv_plat(const struct drv *drv)
{
  return &drv->plat;
}

void drv_get_counts(const struct drv *drv, struct drv_counts *out)
{
  *out = drv->counts;
}

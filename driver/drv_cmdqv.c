/* CMDQV of the host, or of a guest: VINTF 0 with an LVCMDQ a CPU, and its errors.
 * Without HYP_OWN the queues take what drv_queue_takes() says, the rest goes to the SMMU's own queue.
 * No public specification; sequences follow the behaviour of Linux 6.17, except that queues of
 * virtual machines are programmed while no guest reaches them (docs/decisions/009). Left out: CONS in
 * memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/drv_state.h"
#include "smmu/cmdqv.h"
#include "smmu/step.h"

static uint64_t page0(unsigned vintf, unsigned lvcmdq, unsigned offset)
{
  return cmdqv_lvcmdq_page0(vintf, lvcmdq) + offset;
}

/* Where page 0 of a queue is programmed. VINTF 0: in the VINTF's page, the only one that a guest's
 * driver has. The others: in the window of the VCMDQ itself, which works without allocation and which
 * no guest is given. */
static uint64_t window(const struct drv *drv, unsigned vintf, unsigned lvcmdq)
{
  if (vintf == 0)
    return page0(0, lvcmdq, 0);
  return SMMU_CMDQV_PAGE + (uint64_t)(vintf * drv->features.lvcmdqs + lvcmdq) * SMMU_CMDQV_SLOT;
}

static void write_address(struct drv *drv, unsigned vintf, unsigned lvcmdq, unsigned offset,
                          uint64_t value)
{
  uint64_t page1 = window(drv, vintf, lvcmdq) + SMMU_CMDQV_PAGE;

  plat_mmio_write(&drv->plat, drv->options.cmdqv + page1 + offset, value, 8);
}

/* ---- the handshake all three levels have --------------------------------------------------------- */

/* Write a CONFIG whose bit 0 enables, and wait for bit 0 of the STATUS that goes with it. */
static int switch_level(struct drv *drv, uint64_t config_reg, uint64_t status_reg, uint32_t config,
                        const char *what)
{
  int err;

  drv_vwrite(drv, config_reg, config);
  err = drv_poll_register(drv, drv->options.cmdqv + status_reg, 1, config & 1);
  if (err)
    drv_log(drv, "cmdqv: %s does not turn %s", what, (config & 1) ? "on" : "off");
  return err;
}

static int switch_vintf(struct drv *drv, unsigned vintf, uint32_t config)
{
  uint64_t block = cmdqv_vintf(vintf);

  return switch_level(drv, block + OFF_VINTF_CONFIG, block + OFF_VINTF_STATUS, config, "VINTF");
}

static int switch_vcmdq(struct drv *drv, unsigned vintf, unsigned lvcmdq, uint32_t config)
{
  uint64_t at = window(drv, vintf, lvcmdq);

  return switch_level(drv, at + OFF_VCMDQ_CONFIG, at + OFF_VCMDQ_STATUS, config, "VCMDQ");
}

/* ---- queues ---------------------------------------------------------------------------------- */

static uint64_t map_register(const struct drv *drv, unsigned vintf, unsigned lvcmdq)
{
  return OFF_CMDQV_CMDQ_ALLOC_MAP + 4ULL * (vintf * drv->features.lvcmdqs + lvcmdq);
}

void drv_cmdqv_allocate(struct drv *drv, unsigned vintf, unsigned lvcmdq, bool on)
{
  uint64_t reg = map_register(drv, vintf, lvcmdq);
  uint32_t value = drv_vread(drv, reg);

  drv_vwrite(drv, reg, (uint32_t)PUT(CMDQV_CMDQ_ALLOC_MAP, ALLOC, value, on));
}

/* A timeout of ATC_INV that is still on its way must not be charged to the queue's next owner: a
 * CMD_SYNC on the SMMU's own queue waits for it. */
void drv_cmdqv_vcmdq_deinit(struct drv *drv, unsigned vintf, unsigned lvcmdq)
{
  uint64_t at = window(drv, vintf, lvcmdq);
  uint32_t gerror;
  uint32_t gerrorn;

  switch_vcmdq(drv, vintf, lvcmdq, 0);
  drv_issue_main(drv, NULL, 0, true);
  drv_vwrite(drv, at + OFF_VCMDQ_PROD_INDX, 0);
  drv_vwrite(drv, at + OFF_VCMDQ_CONS_INDX, 0);
  write_address(drv, vintf, lvcmdq, OFF_VCMDQ_BASE, 0);
  write_address(drv, vintf, lvcmdq, OFF_VCMDQ_CONS_INDX_BASE_DRAM, 0);
  gerrorn = drv_vread(drv, at + OFF_VCMDQ_GERRORN);
  gerror = drv_vread(drv, at + OFF_VCMDQ_GERROR);
  if (gerror != gerrorn) {
    drv_log(drv, "cmdqv: VINTF %u LVCMDQ %u had errors 0x%x", vintf, lvcmdq, gerror ^ gerrorn);
    drv_vwrite(drv, at + OFF_VCMDQ_GERRORN, gerror);
  }
}

void drv_cmdqv_set_base(struct drv *drv, unsigned vintf, unsigned lvcmdq, uint64_t ring,
                        unsigned log2)
{
  uint64_t base = PUT(VCMDQ_BASE, LOG2SIZE, ring & MASK(VCMDQ_BASE, ADDR), log2);

  write_address(drv, vintf, lvcmdq, OFF_VCMDQ_BASE, base);
}

/* ---- VINTFs ---------------------------------------------------------------------------------- */

/* LVCMDQs must have gone, the highest first. */
void drv_cmdqv_vintf_off(struct drv *drv, unsigned vintf)
{
  uint64_t block = cmdqv_vintf(vintf);

  switch_vintf(drv, vintf, 0);
  for (unsigned i = 0; i < drv->features.sids; i++) {
    drv_vwrite(drv, block + OFF_VINTF_SID_MATCH + 4ULL * i, 0);
    drv_vwrite(drv, block + OFF_VINTF_SID_REPLACE + 4ULL * i, 0);
  }
}

int drv_cmdqv_vintf_on(struct drv *drv, unsigned vintf, uint32_t config)
{
  drv_cmdqv_vintf_off(drv, vintf);
  drv_vwrite(drv, cmdqv_vintf(vintf) + OFF_VINTF_CONFIG, config);
  return switch_vintf(drv, vintf, (uint32_t)PUT(VINTF_CONFIG, ENABLE, config, 1));
}

/* ---- VINTF 0 --------------------------------------------------------------------------------- */

static int start_queue(struct drv *drv, unsigned lvcmdq)
{
  struct drv_queue *queue = &drv->cmdqv.queue[lvcmdq];
  int err;

  drv_cmdqv_allocate(drv, 0, lvcmdq, true);
  drv_cmdqv_vcmdq_deinit(drv, 0, lvcmdq);
  drv_queue_restart(queue);
  queue->restricted = !drv->features.hyp_own;
  drv_cmdqv_set_base(drv, 0, lvcmdq, queue->ring, queue->log2);
  err = switch_vcmdq(drv, 0, lvcmdq, (uint32_t)MASK(VCMDQ_CONFIG, CMDQ_EN));
  queue->enabled = !err;
  return err;
}

static void stop_vintf0(struct drv *drv)
{
  for (unsigned l = drv->cmdqv.queues; l-- > 0;) {
    drv->cmdqv.queue[l].enabled = false;
    drv_cmdqv_vcmdq_deinit(drv, 0, l);
    drv_cmdqv_allocate(drv, 0, l, false);
  }
  drv_cmdqv_vintf_off(drv, 0);
}

/* HYP_OWN is what was latched: it is wired to 0 in a guest. */
static int start_vintf0(struct drv *drv)
{
  uint32_t config = (uint32_t)PUT(VINTF_CONFIG, HYP_OWN, 0, !drv->options.guest);
  int err;

  stop_vintf0(drv);
  drv_vwrite(drv, cmdqv_vintf(0) + OFF_VINTF_CONFIG, config);
  err = switch_vintf(drv, 0, (uint32_t)PUT(VINTF_CONFIG, ENABLE, config, 1));
  config = drv_vread(drv, cmdqv_vintf(0) + OFF_VINTF_CONFIG);
  drv->features.hyp_own = GET(VINTF_CONFIG, HYP_OWN, config);
  for (unsigned l = 0; !err && l < drv->cmdqv.queues; l++)
    err = start_queue(drv, l);
  if (err)
    stop_vintf0(drv);
  return err;
}

/* ---- the block ------------------------------------------------------------------------------- */

static int switch_block(struct drv *drv, bool on)
{
  uint32_t config = drv_vread(drv, OFF_CMDQV_CONFIG);

  return switch_level(drv, OFF_CMDQV_CONFIG, OFF_CMDQV_STATUS,
                      (uint32_t)PUT(CMDQV_CONFIG, CMDQV_EN, config, on), "CMDQV");
}

static int make_queues(struct drv *drv)
{
  struct drv_cmdqv *v = &drv->cmdqv;

  v->queues = drv->options.cpus < drv->features.lvcmdqs ? drv->options.cpus : drv->features.lvcmdqs;
  v->queue = calloc(v->queues, sizeof *v->queue);
  if (!v->queue)
    return -ENOMEM;
  for (unsigned l = 0; l < v->queues; l++) {
    struct drv_queue *queue = &v->queue[l];

    snprintf(queue->name, sizeof queue->name, "lvcmdq%u", l);
    queue->prod_reg = drv->options.cmdqv + page0(0, l, OFF_VCMDQ_PROD_INDX);
    queue->cons_reg = drv->options.cmdqv + page0(0, l, OFF_VCMDQ_CONS_INDX);
    queue->signal = DRV_SIGNAL_NONE;
    queue->kind = DRV_QUEUE_VCMDQ;
    if (drv_queue_init(drv, queue, drv->cmdq.log2))
      return -ENOMEM;
  }
  return 0;
}

/* What PARAM says must be possible; else the driver lives without. */
int drv_cmdqv_probe(struct drv *drv)
{
  struct drv_features *f = &drv->features;
  uint32_t param;
  unsigned vintfs;
  unsigned vcmdqs;

  if (!drv->options.cmdqv)
    return 0;
  param = drv_vread(drv, OFF_CMDQV_PARAM);
  vintfs = (unsigned)GET(CMDQV_PARAM, NUM_VI_LOG2, param);
  vcmdqs = (unsigned)GET(CMDQV_PARAM, NUM_CMDQ_LOG2, param);
  if (param == UINT32_MAX || vintfs > 6 || vcmdqs > 7 || vintfs > vcmdqs ||
      GET(CMDQV_PARAM, NUM_SID_PER_VI_LOG2, param) > 4) {
    drv_log(drv, "cmdqv: PARAM 0x%x makes no sense, falling back to the SMMU's own queue", param);
    return 0;
  }
  f->cmdqv = true;
  f->vintfs = 1u << vintfs;
  f->vcmdqs = 1u << vcmdqs;
  f->lvcmdqs = f->vcmdqs / f->vintfs;
  f->sids = 1u << GET(CMDQV_PARAM, NUM_SID_PER_VI_LOG2, param);
  drv->cmdqv.taken = 1;
  return make_queues(drv);
}

int drv_cmdqv_start(struct drv *drv)
{
  const struct drv_features *f = &drv->features;
  int err;

  if (!f->cmdqv)
    return 0;
  err = switch_block(drv, false);
  if (!err)
    err = switch_block(drv, true);
  for (unsigned q = 0; !err && q < f->vcmdqs; q++) {
    uint32_t entry = (uint32_t)PUT(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, 0, q / f->lvcmdqs);

    entry = (uint32_t)PUT(CMDQV_CMDQ_ALLOC_MAP, LVCMDQ, entry, q % f->lvcmdqs);
    drv_vwrite(drv, OFF_CMDQV_CMDQ_ALLOC_MAP + 4ULL * q, entry);
  }
  if (!err)
    err = start_vintf0(drv);
  drv->cmdqv.enabled = !err;
  return err;
}

void drv_cmdqv_stop(struct drv *drv)
{
  struct drv_cmdqv *v = &drv->cmdqv;

  if (v->enabled) {
    v->enabled = false;
    stop_vintf0(drv);
    switch_block(drv, false);
  }
  for (unsigned l = 0; v->queue && l < v->queues; l++) {
    if (v->queue[l].drv)
      drv_queue_free(&v->queue[l]);
  }
  free(v->queue);
  v->queue = NULL;
}

struct drv_queue *drv_cmdqv_queue(struct drv *drv, const struct drv_command *command,
                                  unsigned count)
{
  struct drv_queue *queue;

  if (!drv->cmdqv.enabled || drv->options.bypass_vcmdq)
    return NULL;
  queue = &drv->cmdqv.queue[plat_cpu(&drv->plat) % drv->cmdqv.queues];
  if (!queue->enabled)
    return NULL;
  for (unsigned i = 0; i < count; i++) {
    if (!drv_queue_takes(queue, &command[i]))
      return NULL;
  }
  return queue;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void read_error_map(struct drv *drv, unsigned vintf, uint64_t map[2])
{
  uint64_t reg = cmdqv_vintf(vintf) + OFF_VINTF_LVCMDQ_ERR_MAP;

  for (unsigned i = 0; i < 2; i++) {
    map[i] = drv_vread(drv, reg + 8ULL * i);
    map[i] |= (uint64_t)drv_vread(drv, reg + 8ULL * i + 4) << 32;
  }
}

static void handle_vintf0(struct drv *drv)
{
  uint64_t map[2];

  read_error_map(drv, 0, map);
  for (unsigned l = 0; l < drv->cmdqv.queues; l++) {
    uint32_t gerror;

    if (!(map[l / 64] >> l % 64 & 1))
      continue;
    gerror = drv_vread(drv, page0(0, l, OFF_VCMDQ_GERROR));
    if (drv_queue_skip_error(&drv->cmdqv.queue[l]))
      drv_vwrite(drv, page0(0, l, OFF_VCMDQ_GERRORN), gerror);
  }
}

/* The queues of a virtual machine are acknowledged by its guest. */
static void handle_vm(struct drv *drv, unsigned vintf)
{
  uint64_t map[2];

  read_error_map(drv, vintf, map);
  if (drv->options.vintf_error)
    drv->options.vintf_error(drv->options.arg, vintf, map);
  else
    drv_log(drv, "cmdqv: VINTF %u: errors in LVCMDQs %016llx %016llx", vintf,
            (unsigned long long)map[1], (unsigned long long)map[0]);
}

void drv_cmdqv_handler(void *arg)
{
  struct drv *drv = arg;
  uint64_t vintfs;
  uint32_t map[4];

  plat_begin(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_CMDQV);
  vintfs = (uint64_t)drv_vread(drv, OFF_CMDQV_VI_ERR_MAP + 4) << 32;
  vintfs |= drv_vread(drv, OFF_CMDQV_VI_ERR_MAP);
  for (unsigned i = 4; i-- > 0;)
    map[i] = drv_vread(drv, OFF_CMDQV_CMDQ_ERR_MAP + 4ULL * i);
  drv->counts.gerrors++;
  drv_log(drv, "cmdqv: errors of VINTFs %016llx, VCMDQs %08x%08x%08x%08x",
          (unsigned long long)vintfs, map[3], map[2], map[1], map[0]);
  for (unsigned v = 0; v < drv->features.vintfs; v++) {
    if (!(vintfs >> v & 1))
      continue;
    if (v == 0)
      handle_vintf0(drv);
    else
      handle_vm(drv, v);
  }
  plat_end(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_CMDQV);
}

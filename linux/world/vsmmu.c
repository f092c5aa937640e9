/* vSMMU: see scenario.h. One program is the VMM, the guest and the device's driver, one after the other. What the
 * kernel must deny is asked for as well: queues and objects in an order that it does not allow, commands of a
 * guest that are none of its business. */
#include <errno.h>

#include "arch/cmdqv.h"
#include "linux_world/scenario.h"
#include "linux_world/vsmmu_guest.h"

enum {
  GUEST_SID = 0x5,
  ASID = 7,
  OTHER_ASID = 9,
  PAGES = 16,
  TURNS = 24,
  RINGS = 8,
  HOSTILE_PS = 700000
};
#define VA 0x1000000000ULL

struct run {
  struct lx_world *w;
  bool vintf, attacks, done;
  struct lx_vsmmu_result *out;
  struct vsmmu_guest guest;
  unsigned parent, viommu, vdevice, nested, queue[VSMMU_QUEUES];
};

/* ---- what is kept ---- */

static bool keep(struct run *r, const char *step, int err)
{
  if (err < 0 && r->out->error == 0) {
    r->out->error = err;
    r->out->step = step;
  }
  return r->out->error == 0;
}

static unsigned id(struct run *r, const char *step, int err)
{
  return keep(r, step, err) ? (unsigned)err : 0;
}

static void must_be_denied(struct run *r, int err, int how)
{
  if (err == how)
    r->out->denied++;
  else
    r->out->allowed++;
}

static bool use(struct run *r, uint64_t va, bool write, uint64_t *pa)
{
  struct smmu_result result;

  lx_translate(r->w, LX_FIRST_SID, va, write, &result);
  *pa = result.pa;
  return result.status == SMMU_STATUS_OK;
}

static void use_mapped(struct run *r, uint64_t va, uint64_t at)
{
  uint64_t pa;

  for (unsigned i = 0; i < 2; i++) {
    if (use(r, va + 8 * i, i, &pa) && pa == r->guest.ram + at + 8 * i)
      r->out->right++;
    else
      r->out->wrong++;
  }
}

static void use_unmapped(struct run *r, uint64_t va)
{
  uint64_t pa;

  if (use(r, va, false, &pa))
    r->out->passed++;
  else
    r->out->refused++;
}

/* ---- the VMM ---- */

static void set_up(void *arg)
{
  const struct linux_client client = { .sid = LX_FIRST_SID, .snoops = 1 };
  struct run *r = arg;
  int number;

  if (!keep(r, "boot", lx_boot(r->w)) || !keep(r, "probe", lx_probe(r->w)))
    return;
  number = linux_client_add(&client);
  if (!keep(r, "device", number) ||
      !keep(r, "memory", plat_dma_alloc(r->w->plat, VSMMU_RAM, VSMMU_RAM, &r->guest.ram)))
    return;
  r->guest.plat = r->w->plat;
  if (keep(r, "open", linux_vmm_open((unsigned)number)))
    keep(r, "map", linux_vmm_map(VSMMU_IPA, r->guest.ram, VSMMU_RAM));
}

static void make_viommu(struct run *r)
{
  uint64_t ste[2];
  lx_u64 words[2], page0 = 0;

  r->parent = id(r, "parent", linux_vmm_parent());
  if (r->out->error)
    return;
  r->viommu = id(r, "viommu", linux_vmm_viommu(r->parent, r->vintf ? &page0 : NULL));
  r->guest.page0 = page0;
  if (r->out->error)
    return;
  vsmmu_begin(&r->guest, ASID, VA, ste);
  words[0] = ste[0];
  words[1] = ste[1];
  r->nested = id(r, "nested", linux_vmm_nested(r->viommu, words));
  if (r->out->error)
    return;
  /* A first stage needs the guest's StreamID. */
  must_be_denied(r, linux_vmm_attach(r->nested, r->parent), -ENOENT);
  r->vdevice = id(r, "vdevice", linux_vmm_vdevice(r->viommu, GUEST_SID));
  must_be_denied(r, linux_vmm_vdevice(r->viommu, GUEST_SID), -EEXIST);
  keep(r, "attach", linux_vmm_attach(r->nested, r->parent));
}

static int make_queue(struct run *r, unsigned index)
{
  return linux_vmm_queue(r->viommu, index, vsmmu_ipa(vsmmu_ring(index)), VSMMU_RING);
}

static void make_queues(struct run *r)
{
  if (r->out->error)
    return;
  must_be_denied(r, make_queue(r, 1), -EIO);
  for (unsigned i = 0; i < VSMMU_QUEUES && r->out->error == 0; i++) {
    r->queue[i] = id(r, "queue", make_queue(r, i));
    if (r->out->error == 0 && !vsmmu_queue_enable(&r->guest, i))
      keep(r, "enable", -ETIMEDOUT);
  }
  must_be_denied(r, make_queue(r, 0), -EEXIST);
}

/* ---- the guest ---- */

/* Through its own queue, where it has one. */
static void invalidate(struct run *r, unsigned queue, const uint64_t *commands, unsigned count)
{
  lx_u64 words[2 * 4];
  unsigned taken = count;

  if (r->guest.page0) {
    if (!vsmmu_submit(&r->guest, queue, commands, count))
      keep(r, "submit", -ETIMEDOUT);
    r->out->submitted += count;
    return;
  }
  for (unsigned i = 0; i < 2 * count; i++)
    words[i] = commands[i];
  keep(r, "invalidate", linux_vmm_invalidate(r->viommu, words, &taken));
  r->out->handed += taken;
}

static void hand_over(struct run *r, const uint64_t command[2])
{
  const lx_u64 words[2] = { command[0], command[1] };
  unsigned taken = 1;

  keep(r, "invalidate", linux_vmm_invalidate(r->viommu, words, &taken));
  r->out->handed += taken;
}

static void turn(struct run *r, unsigned number)
{
  uint64_t va = VA + VSMMU_PAGE * (uint64_t)(number % PAGES), at = vsmmu_page(number * 5 % PAGES);
  uint64_t tlbi[2];

  vsmmu_map(&r->guest, va, at);
  use_mapped(r, va, at);
  vsmmu_unmap(&r->guest, va);
  if (number % 4 == 3)
    vsmmu_tlbi_asid(tlbi, ASID);
  else
    vsmmu_tlbi_va(tlbi, ASID, va);
  invalidate(r, number % VSMMU_QUEUES, tlbi, 1);
  use_unmapped(r, va);
}

/* Another ASID: the CD goes and comes again, and each time the kernel is told. */
static void change_cd(struct run *r)
{
  uint64_t commands[2];

  vsmmu_map(&r->guest, VA, vsmmu_page(0));
  use_mapped(r, VA, vsmmu_page(0));
  vsmmu_clear_cd(&r->guest);
  vsmmu_cfgi_cd(commands, GUEST_SID);
  hand_over(r, commands);
  vsmmu_tlbi_asid(commands, ASID);
  invalidate(r, 0, commands, 1);
  use_unmapped(r, VA);
  vsmmu_write_cd(&r->guest, OTHER_ASID);
  vsmmu_cfgi_cd(commands, GUEST_SID);
  hand_over(r, commands);
  use_mapped(r, VA, vsmmu_page(0));
  vsmmu_unmap(&r->guest, VA);
  vsmmu_tlbi_va(commands, OTHER_ASID, VA);
  invalidate(r, 1, commands, 1);
  use_unmapped(r, VA);
}

/* The first of three is taken, the second is of a device that the guest does not have. */
static void ask_too_much(struct run *r)
{
  uint64_t c[2];
  lx_u64 words[6];
  unsigned taken = 3;

  for (unsigned i = 0; i < 3; i++) {
    vsmmu_cfgi_cd(c, i == 1 ? GUEST_SID + 1 : GUEST_SID);
    words[2 * i] = c[0];
    words[2 * i + 1] = c[1];
  }
  must_be_denied(r, linux_vmm_invalidate(r->viommu, words, &taken), -EIO);
  must_be_denied(r, (int)taken, 1);
  words[0] = 0x04; /* CMD_CFGI_STE_RANGE: of the host alone */
  taken = 1;
  must_be_denied(r, linux_vmm_invalidate(r->viommu, words, &taken), -EIO);
}

/* ---- the end ---- */

static void destroy(struct run *r)
{
  must_be_denied(r, linux_vmm_destroy(r->viommu), -EBUSY);
  must_be_denied(r, linux_vmm_destroy(r->nested), -EBUSY);
  linux_vmm_detach();
  use_unmapped(r, VA);
  if (r->vintf)
    must_be_denied(r, linux_vmm_destroy(r->queue[0]), -EBUSY);
  for (unsigned i = VSMMU_QUEUES; r->vintf && i-- > 0;)
    keep(r, "destroy queue", linux_vmm_destroy(r->queue[i]));
  keep(r, "destroy nested", linux_vmm_destroy(r->nested));
  keep(r, "destroy vdevice", linux_vmm_destroy(r->vdevice));
  keep(r, "destroy viommu", linux_vmm_destroy(r->viommu));
  keep(r, "destroy parent", linux_vmm_destroy(r->parent));
  linux_vmm_close();
}

/* ---- a hostile guest ---- */

static void enable_again_and_again(struct run *r)
{
  while (!r->done) {
    if (r->attacks)
      plat_mmio_write(r->w->plat, r->guest.page0 + OFF_VCMDQ_CONFIG, 1, 4);
    plat_delay(r->w->plat, HOSTILE_PS);
  }
}

/* The queue is the guest's all the time that the kernel needs to take it away and to give it back. */
static void exchange_rings(struct run *r)
{
  uint64_t first = r->guest.ram + vsmmu_ring(0);

  for (unsigned i = 0; i < RINGS && r->out->error == 0; i++) {
    uint64_t base;

    keep(r, "destroy queue", linux_vmm_destroy(r->queue[0]));
    r->queue[0] =
      id(r, "queue", linux_vmm_queue(r->viommu, 0, vsmmu_ipa(vsmmu_ring(1)), VSMMU_RING));
    lx_world_flush(r->w);
    base = plat_mmio_read(r->w->plat, r->guest.page0 + SMMU_CMDQV_PAGE + OFF_VCMDQ_BASE, 8);
    r->out->rings++;
    r->out->kept += (base & MASK(VCMDQ_BASE, ADDR)) == first;
  }
}

static void host_a_hostile_guest(struct run *r)
{
  make_viommu(r);
  if (r->out->error == 0)
    r->queue[0] = id(r, "queue", make_queue(r, 0));
  if (r->out->error == 0 && !vsmmu_queue_enable(&r->guest, 0))
    keep(r, "enable", -ETIMEDOUT);
  r->attacks = true;
  exchange_rings(r);
  r->done = true;
  if (r->out->error)
    return;
  linux_vmm_detach();
  keep(r, "destroy queue", linux_vmm_destroy(r->queue[0]));
  keep(r, "destroy nested", linux_vmm_destroy(r->nested));
  keep(r, "destroy vdevice", linux_vmm_destroy(r->vdevice));
  keep(r, "destroy viommu", linux_vmm_destroy(r->viommu));
  keep(r, "destroy parent", linux_vmm_destroy(r->parent));
  linux_vmm_close();
}

static void two_programs(void *arg)
{
  struct run *r = arg;

  if (plat_cpu(r->w->plat) == 1)
    enable_again_and_again(r);
  else
    host_a_hostile_guest(r);
  linux_idle();
  lx_world_flush(r->w);
}

static void program(void *arg)
{
  struct run *r = arg;

  make_viommu(r);
  if (r->vintf)
    make_queues(r);
  for (unsigned i = 0; i < TURNS && r->out->error == 0; i++)
    turn(r, i);
  if (r->out->error == 0)
    change_cd(r);
  if (r->out->error == 0)
    ask_too_much(r);
  if (r->out->error == 0)
    destroy(r);
  linux_idle();
  lx_world_flush(r->w);
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  linux_remove();
  lx_world_flush(r->w);
}

bool lx_vsmmu_is_there(void)
{
  return linux_vmm_open != NULL;
}

int lx_scenario_vsmmu(struct lx_world *w, enum lx_guest guest, struct lx_vsmmu_result *out,
                      char *why, size_t len)
{
  bool hostile = guest == LX_HOSTILE;
  struct run r = { .w = w, .vintf = guest != LX_TRAPPED, .out = out };
  int rc;

  *out = (struct lx_vsmmu_result){ 0 };
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, hostile ? 2 : 1, hostile ? two_programs : program, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}

/* Devices, processes, drivers and kernels that go while devices are at work: see scenario.h. CPU 0 does it, CPU 1
 * does what the kernel puts off, each of the others is a device's traffic. */
#include <errno.h>
#include <string.h>

#include "linux_world/scenario.h"

enum { DEVICES = 2, BYTES = 0x4000, PASID_BITS = 8, PAGES = 512, MANY_US = 20 };
#define AREA 0x7f0000000000ULL

/* What an access may come to: any of those that were possible since it began. */
enum { MAPPED = 1, REFUSED = 2, BYPASSED = 4 };

struct device {
  int client, process;
  uint32_t pasid; /* 0: it has none */
  uint64_t pa, iova;
  unsigned may;  /* now */
  unsigned seen; /* since the access began */
  uint64_t page;
};

struct run {
  struct lx_world *w;
  struct lx_life_result *out;
  enum lx_life what;
  struct device device[DEVICES];
  bool serves, done;
  bool stop;       /* devices are told to */
  unsigned active; /* those that have not stopped */
};

static bool has_faults(const struct run *r)
{
  return r->what == LX_PROCESS_EXITS || r->what == LX_FAULTS_OFF || r->what == LX_BOND_AGAIN;
}

static void keep(struct run *r, int err)
{
  if (err < 0 && r->out->error == 0)
    r->out->error = err;
}

static void let(struct run *r, unsigned may)
{
  for (unsigned i = 0; i < DEVICES; i++) {
    r->device[i].may = may;
    r->device[i].seen |= may;
  }
}

static void pass_time(struct run *r, unsigned us)
{
  lx_world_flush(r->w);
  plat_delay(r->w->plat, us * 1000000ULL);
}

/* ---- coming ---- */

static void map(struct run *r, struct device *d)
{
  d->iova = linux_dma_map((unsigned)d->client, d->pa, BYTES, true);
  if (!d->iova || strncmp(linux_client_domain((unsigned)d->client), "DMA", 3) != 0)
    keep(r, -ENODEV);
}

static void bind(struct run *r, struct device *d)
{
  int pasid;

  d->process = linux_process_create();
  keep(r, d->process);
  keep(r, linux_sva_enable((unsigned)d->client));
  if (r->out->error)
    return;
  keep(r, linux_mmap((unsigned)d->process, AREA, PAGES * 0x1000ULL, true, false));
  pasid = linux_sva_bind((unsigned)d->client, (unsigned)d->process);
  keep(r, pasid);
  d->pasid = (uint32_t)pasid;
}

static void come(struct run *r)
{
  keep(r, lx_probe(r->w));
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++) {
    const struct linux_client client = { .sid = LX_FIRST_SID + i,
                                         .pasid_bits = has_faults(r) ? PASID_BITS : 0,
                                         .can_stall = r->w->config.can_stall,
                                         .pci = r->w->config.pci };
    struct device *d = &r->device[i];

    d->client = linux_client_add(&client);
    keep(r, d->client);
    if (r->out->error == 0 && has_faults(r))
      bind(r, d);
    else if (r->out->error == 0)
      map(r, d);
  }
}

static void set_up(void *arg)
{
  struct run *r = arg;

  keep(r, lx_boot(r->w));
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++)
    keep(r, plat_dma_alloc(r->w->plat, BYTES, BYTES, &r->device[i].pa));
  if (r->out->error == 0)
    come(r);
  let(r, MAPPED);
  lx_world_flush(r->w);
}

/* ---- traffic ---- */

static void judge(struct run *r, const struct device *d, uint64_t at, uint64_t pa,
                  const struct smmu_result *result)
{
  bool ok = result->status == SMMU_STATUS_OK;

  if (!ok && d->seen & REFUSED)
    r->out->refused++;
  else if (ok && result->pa == pa && pa && d->seen & MAPPED)
    r->out->right++;
  else if (ok && result->pa == at && d->seen & BYPASSED)
    r->out->bypassed++;
  else
    r->out->wrong++;
}

static void access_once(struct run *r, struct device *d, uint32_t sid)
{
  uint64_t at = d->pasid ? AREA + 0x1000 * (d->page++ % PAGES) : d->iova + 8;
  const struct endpoint_access a = {
    .addr = at, .ssid = d->pasid, .ssv = d->pasid != 0, .write = true
  };
  struct smmu_result result;
  uint64_t pa = d->pa + 8;

  d->seen = d->may;
  lx_access(r->w, sid, &a, &result);
  if (d->pasid)
    pa = result.status == SMMU_STATUS_OK ? linux_mm_page((unsigned)d->process, at) : 0;
  judge(r, d, at, pa, &result);
}

/* Where nothing is mapped. */
static void stray(struct run *r, struct device *d, uint32_t sid)
{
  uint64_t at = d->pasid ? AREA - 0x1000 : d->iova - BYTES;
  const struct endpoint_access a = { .addr = at, .ssid = d->pasid, .ssv = d->pasid != 0 };
  struct smmu_result result;

  d->seen = d->may;
  lx_access(r->w, sid, &a, &result);
  if (result.status != SMMU_STATUS_OK)
    r->out->refused++;
  else if (result.pa == at && d->seen & BYPASSED)
    r->out->bypassed++;
  else
    r->out->wrong++;
}

static void traffic(struct run *r, unsigned device)
{
  while (!r->done && r->out->error == 0) {
    if (r->stop) {
      r->active--;
      while (r->stop && !r->done)
        pass_time(r, 1);
      r->active++;
    }
    access_once(r, &r->device[device], LX_FIRST_SID + device);
    stray(r, &r->device[device], LX_FIRST_SID + device);
    pass_time(r, 1);
  }
}

/* ---- going ---- */

/* What is mapped goes with the device: it is not unmapped before. */
static void remove_devices(struct run *r)
{
  let(r, MAPPED | REFUSED);
  for (unsigned i = 0; i < DEVICES; i++)
    linux_client_remove((unsigned)r->device[i].client);
  let(r, REFUSED);
  pass_time(r, MANY_US);
  let(r, REFUSED | MAPPED);
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++) {
    keep(r, linux_client_again((unsigned)r->device[i].client));
    if (r->out->error == 0)
      map(r, &r->device[i]);
  }
}

static void end_processes(struct run *r)
{
  let(r, MAPPED | REFUSED);
  for (unsigned i = 0; i < DEVICES; i++)
    linux_process_exit((unsigned)r->device[i].process);
  let(r, REFUSED);
  pass_time(r, MANY_US);
}

/* By the book: nothing is on its way when the bond ends. */
static void bind_again(struct run *r)
{
  r->stop = true;
  while (r->active)
    pass_time(r, 1);
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++) {
    unsigned client = (unsigned)r->device[i].client, process = (unsigned)r->device[i].process;

    linux_sva_unbind(client, process);
    linux_sva_disable(client);
    linux_client_remove(client);
    keep(r, linux_client_again(client));
    if (r->out->error == 0)
      keep(r, linux_sva_enable(client));
    if (r->out->error == 0)
      keep(r, linux_sva_bind(client, process));
  }
  r->stop = false;
}

/* Who serves faults is late: they wait while they are given up. */
static void give_faults_up(struct run *r)
{
  let(r, MAPPED | REFUSED);
  r->serves = false;
  pass_time(r, 2 * MANY_US);
  for (unsigned i = 0; i < DEVICES; i++)
    linux_sva_disable((unsigned)r->device[i].client);
  r->serves = true;
  let(r, REFUSED);
  pass_time(r, MANY_US);
}

static void driver_again(struct run *r)
{
  let(r, MAPPED | REFUSED | BYPASSED);
  linux_remove();
  let(r, BYPASSED);
  pass_time(r, MANY_US);
  let(r, MAPPED | REFUSED | BYPASSED);
  keep(r, lx_probe(r->w));
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++) {
    keep(r, linux_client_again((unsigned)r->device[i].client));
    if (r->out->error == 0)
      map(r, &r->device[i]);
  }
}

/* As devices are not told that the kernel has gone, they are at work all the time. */
static void boot_another(struct run *r, bool shutdown)
{
  let(r, MAPPED | REFUSED | BYPASSED);
  if (shutdown) {
    linux_shutdown();
    let(r, BYPASSED);
    pass_time(r, MANY_US);
    let(r, MAPPED | REFUSED | BYPASSED);
  }
  linux_forget();
  come(r);
}

static void go(struct run *r)
{
  pass_time(r, 2 * MANY_US);
  switch (r->what) {
  case LX_DEVICE_REMOVED: remove_devices(r); break;
  case LX_PROCESS_EXITS: end_processes(r); break;
  case LX_BOND_AGAIN: bind_again(r); break;
  case LX_FAULTS_OFF: give_faults_up(r); break;
  case LX_DRIVER_AGAIN: driver_again(r); break;
  case LX_SHUTDOWN: boot_another(r, true); break;
  case LX_LEFT_ENABLED: boot_another(r, false); break;
  }
  if (r->out->error == 0 && (!has_faults(r) || r->what == LX_BOND_AGAIN)) {
    uint64_t before;

    let(r, MAPPED);
    pass_time(r, 2);
    let(r, MAPPED);
    before = r->out->right;
    pass_time(r, MANY_US);
    r->out->after = r->out->right - before;
    r->out->again = true;
  }
  r->done = true;
}

static void program(void *arg)
{
  struct run *r = arg;
  unsigned cpu = plat_cpu(r->w->plat);

  if (cpu == 0)
    go(r);
  else if (cpu > 1) {
    traffic(r, cpu - 2);
    r->active--;
  }
  while (cpu == 1 && (!r->done || r->active)) {
    if (r->serves)
      linux_idle();
    pass_time(r, 1);
  }
  lx_world_flush(r->w);
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  for (unsigned i = 0; has_faults(r) && i < DEVICES; i++) {
    linux_sva_unbind((unsigned)r->device[i].client, (unsigned)r->device[i].process);
    if (r->what != LX_FAULTS_OFF)
      linux_sva_disable((unsigned)r->device[i].client);
  }
  linux_idle();
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_life(struct lx_world *w, enum lx_life what, struct lx_life_result *out, char *why,
                     size_t len)
{
  struct run r = { .w = w, .what = what, .out = out, .serves = true, .active = DEVICES };
  int rc;

  *out = (struct lx_life_result){ 0 };
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, LX_LIFE_CPUS, program, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}

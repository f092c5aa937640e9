/* Shared virtual addresses: see scenario.h. CPU 0 does what the kernel puts off; the next ones are processes
 * whose memory devices use; then one whose memory a device uses until it is gone, and that device's
 * traffic; the last gives a substream a domain of its own. */
#include <errno.h>

#include "linux_world/scenario.h"

enum { DEVICES = 2, PAGE = 0x1000, MOST_PAGES = 8, PASID_BITS = 8, OWN_PASID = 0x81, PLACES = 3 };
#define AREA   0x7f0000000000ULL
#define STRIDE 0x40200000ULL /* another table at each level but the first */

struct run {
  struct lx_world *w;
  const struct lx_sva *sva;
  struct lx_sva_result *out;
  int client[DEVICES];
  unsigned busy; /* programs that have not ended */
  int mortal;    /* the process that ends early, its PASID and its page */
  uint32_t pasid;
  uint64_t page;
  bool bound, going, gone;
};

static void keep(struct run *r, int err)
{
  if (err < 0 && r->out->error == 0)
    r->out->error = err;
}

static void set_up(void *arg)
{
  struct run *r = arg;
  int err = lx_boot(r->w);

  if (!err)
    err = lx_probe(r->w);
  for (unsigned i = 0; i < DEVICES && !err; i++) {
    const struct linux_client client = { .sid = LX_FIRST_SID + i,
                                         .pasid_bits = PASID_BITS,
                                         .can_stall = r->w->config.can_stall,
                                         .pci = r->w->config.pci };

    r->client[i] = linux_client_add(&client);
    err = r->client[i] < 0 ? r->client[i] : linux_sva_enable((unsigned)r->client[i]);
  }
  lx_world_flush(r->w);
  keep(r, err);
}

/* ---- accesses ---- */

static bool use(struct run *r, unsigned device, uint32_t pasid, uint64_t at, bool write,
                uint64_t *pa)
{
  const struct endpoint_access a = { .addr = at, .ssid = pasid, .ssv = 1, .write = write };
  struct smmu_result result;

  lx_access(r->w, LX_FIRST_SID + device, &a, &result);
  *pa = result.pa;
  return result.status == SMMU_STATUS_OK;
}

static void use_mapped(struct run *r, unsigned device, uint32_t pasid, unsigned process,
                       uint64_t at, bool write)
{
  uint64_t pa;
  bool ok = use(r, device, pasid, at, write, &pa);

  if (ok && pa == linux_mm_page(process, at))
    r->out->right++;
  else
    r->out->wrong++;
}

static void use_nothing(struct run *r, unsigned device, uint32_t pasid, uint64_t at, bool write)
{
  uint64_t pa;

  if (use(r, device, pasid, at, write, &pa))
    r->out->passed++;
  else
    r->out->refused++;
}

/* ---- processes ---- */

/* The devices of a process: one, or all in turns. */
struct shared {
  unsigned first, devices, process;
  uint32_t pasid;
};

static unsigned device_of(const struct shared *s, uint64_t access)
{
  return (unsigned)((s->first + access % s->devices) % DEVICES);
}

static void turn(struct run *r, const struct shared *s, uint64_t number)
{
  uint64_t at = AREA + STRIDE * (number % PLACES), pages = 1 + number * 5 % MOST_PAGES;
  bool writable = number % 4 != 3, populate = !r->w->config.can_stall || number % 2;

  keep(r, linux_mmap(s->process, at, pages * PAGE, writable, populate));
  for (uint64_t i = 0; i < pages; i++)
    use_mapped(r, device_of(s, i), s->pasid, s->process, at + i * PAGE + 8 * i, writable && i % 2);
  if (!writable)
    use_nothing(r, s->first, s->pasid, at, true);
  linux_munmap(s->process, at);
  r->out->areas++;
  for (unsigned i = 0; i < s->devices; i++) {
    use_nothing(r, device_of(s, i), s->pasid, at, false);
    use_nothing(r, device_of(s, i), s->pasid, at + (pages - 1) * PAGE, true);
  }
}

static void unbind(struct run *r, const struct shared *s, unsigned device)
{
  linux_sva_unbind((unsigned)r->client[device], s->process);
  use_nothing(r, device, s->pasid, AREA, false);
}

static void process_program(struct run *r, unsigned cpu)
{
  struct shared s = { .first = cpu % DEVICES, .devices = cpu % 2 ? 1 : DEVICES };
  int process = linux_process_create(), pasid = process;

  for (unsigned i = 0; i < s.devices && pasid >= 0; i++)
    pasid = linux_sva_bind((unsigned)r->client[device_of(&s, i)], (unsigned)process);
  keep(r, pasid);
  if (pasid < 0)
    return;
  s.process = (unsigned)process;
  s.pasid = (uint32_t)pasid;
  for (uint64_t i = 0; i < r->sva->turns && r->out->error == 0; i++)
    turn(r, &s, i + cpu);
  for (unsigned i = 0; i < s.devices; i++)
    unbind(r, &s, device_of(&s, i));
  r->out->faults += linux_process_faults(s.process);
  linux_process_exit(s.process);
}

/* Its memory goes while the device uses it and the bond is there. */
static void mortal_program(struct run *r)
{
  unsigned client = (unsigned)r->client[0];
  int pasid;

  r->mortal = linux_process_create();
  keep(r, r->mortal < 0 ? r->mortal : linux_mmap((unsigned)r->mortal, AREA, PAGE, true, true));
  pasid = r->out->error ? -EINVAL : linux_sva_bind(client, (unsigned)r->mortal);
  keep(r, pasid);
  if (r->out->error)
    return;
  r->pasid = (uint32_t)pasid;
  r->page = linux_mm_page((unsigned)r->mortal, AREA);
  r->bound = true;
  lx_world_flush(r->w);
  plat_delay(r->w->plat, r->sva->turns * 2000000ULL);
  r->going = true;
  linux_process_exit((unsigned)r->mortal);
  r->gone = true;
  lx_world_flush(r->w);
  plat_delay(r->w->plat, r->sva->turns * 500000ULL);
  linux_sva_unbind(client, (unsigned)r->mortal);
}

static void traffic_program(struct run *r)
{
  uint64_t pa;

  for (;;) {
    bool may_end = r->busy == 1, was_gone = r->gone;
    bool ok = r->bound && use(r, 0, r->pasid, AREA + 8, false, &pa);

    if (r->bound && was_gone && ok)
      r->out->passed++;
    else if (r->bound && ((ok && pa != r->page + 8) || (!ok && !r->going)))
      r->out->wrong++;
    else if (r->bound && ok)
      r->out->right++;
    else if (r->bound)
      r->out->refused++;
    if (may_end)
      break;
    lx_world_flush(r->w);
    plat_delay(r->w->plat, 500000);
  }
}

/* A domain for a substream, beside what the kernel chose for the rest of the device. */
static void own_program(struct run *r)
{
  unsigned client = (unsigned)r->client[DEVICES - 1];
  int domain = linux_domain_create(client);
  uint64_t pa, got;

  keep(r, domain < 0 ? domain : linux_attach_pasid((unsigned)domain, client, OWN_PASID));
  keep(r, plat_dma_alloc(r->w->plat, PAGE, PAGE, &pa));
  for (uint64_t i = 0; i < r->sva->turns && r->out->error == 0; i++) {
    uint64_t at = 0x1000000 + PAGE * i;

    keep(r, linux_map((unsigned)domain, at, pa, PAGE));
    if (use(r, DEVICES - 1, OWN_PASID, at + 16, true, &got) && got == pa + 16)
      r->out->right++;
    else
      r->out->wrong++;
    linux_unmap((unsigned)domain, at, PAGE);
    use_nothing(r, DEVICES - 1, OWN_PASID, at, false);
  }
  if (r->out->error)
    return;
  linux_detach_pasid((unsigned)domain, client, OWN_PASID);
  use_nothing(r, DEVICES - 1, OWN_PASID, 0x1000000, false);
  linux_domain_destroy((unsigned)domain);
}

/* ---- all of them ---- */

static void serve(struct run *r)
{
  while (r->busy) {
    linux_idle();
    lx_world_flush(r->w);
    plat_delay(r->w->plat, 1000000);
  }
}

static void program(void *arg)
{
  struct run *r = arg;
  unsigned cpu = plat_cpu(r->w->plat), processes = r->sva->processes;

  if (cpu == 0) {
    serve(r);
    return;
  }
  if (cpu <= processes)
    process_program(r, cpu);
  else if (cpu == processes + 1)
    mortal_program(r);
  else if (cpu == processes + 2)
    traffic_program(r);
  else
    own_program(r);
  lx_world_flush(r->w);
  r->busy--;
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  for (unsigned i = 0; i < DEVICES; i++)
    linux_sva_disable((unsigned)r->client[i]);
  linux_idle();
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_sva(struct lx_world *w, const struct lx_sva *sva, struct lx_sva_result *out,
                    char *why, size_t len)
{
  struct run r = { .w = w, .sva = sva, .out = out, .busy = sva->processes + 3 };
  int rc;

  *out = (struct lx_sva_result){ 0 };
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, sva->processes + LX_SVA_MORE, program, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}

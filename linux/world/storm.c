/* Storm: see scenario.h. */
#include <errno.h>
#include <string.h>

#include "linux_world/scenario.h"
#include "linux_world/state.h"

enum { CPUS_MOST = 64, BUFFER = 64 << 10 };

struct run {
  struct lx_world *w;
  const struct lx_storm *storm;
  struct lx_storm_result *out;
  unsigned devices;
  int client[CPUS_MOST];
  struct lx_buffer buffer[CPUS_MOST];
  unsigned busy; /* CPUs that have turns left */
  bool done;
  uint64_t began;
};

/* Of two SMMUs each has every second device. */
static unsigned behind(const struct run *r, unsigned device)
{
  return r->w->config.second ? device % 2 : 0;
}

static uint32_t sid_of(const struct run *r, unsigned device)
{
  return (behind(r, device) ? LX_SECOND_SID : LX_FIRST_SID) + device;
}

/* A domain of one SMMU is not for the devices of the other. */
static int try_other(const struct run *r)
{
  int domain = linux_domain_create((unsigned)r->client[0]), err;

  if (domain < 0)
    return domain;
  err = linux_attach((unsigned)domain);
  if (!err)
    err = linux_attach_other((unsigned)domain, (unsigned)r->client[1]);
  linux_detach((unsigned)domain);
  linux_domain_destroy((unsigned)domain);
  return err;
}

static void set_up(void *arg)
{
  struct run *r = arg;
  int err = lx_boot(r->w);

  if (!err)
    err = lx_probe(r->w);
  for (unsigned i = 0; i < r->devices && !err; i++) {
    const struct linux_client client = { .smmu = behind(r, i),
                                         .sid = sid_of(r, i),
                                         .can_stall = r->w->config.can_stall,
                                         .pci = r->w->config.pci };

    r->client[i] = linux_client_add(&client);
    if (r->client[i] < 0)
      err = r->client[i];
    else if (strncmp(linux_client_domain((unsigned)r->client[i]), "DMA", 3) != 0)
      err = -ENODEV; /* the DMA API has nothing to map */
  }
  if (!err && r->w->config.second && r->devices > 1)
    r->out->other = try_other(r);
  lx_world_flush(r->w);
  for (unsigned i = 0; i < r->w->config.cpus && !err; i++)
    err = plat_dma_alloc(r->w->plat, BUFFER, BUFFER, &r->buffer[i].pa);
  r->out->error = err;
  r->began = plat_now_ps(r->w->plat);
}

static uint64_t bytes_of(const struct run *r, uint64_t turn)
{
  return r->storm->bytes ? r->storm->bytes : 4096ULL << 2 * (turn % 3);
}

static void use(struct run *r, uint32_t sid, uint64_t iova, uint64_t pa, uint64_t bytes)
{
  struct smmu_result first, last;
  unsigned right;

  lx_translate(r->w, sid, iova, false, &first);
  lx_translate(r->w, sid, iova + bytes - 8, true, &last);
  right = (unsigned)(first.status == SMMU_STATUS_OK && first.pa == pa) +
          (unsigned)(last.status == SMMU_STATUS_OK && last.pa == pa + bytes - 8);
  r->out->right += right;
  r->out->wrong += 2 - right;
}

/* For the engines, when nobody is behind in time. */
static void set_state(struct run *r, struct lx_buffer *b, enum lx_buffer_state state)
{
  if (r->w->config.engines == 0)
    return;
  lx_world_flush(r->w);
  plat_cpu_settle(r->w->board);
  b->state = state;
}

static void turn(struct run *r, unsigned cpu, uint64_t number)
{
  unsigned device = cpu % r->devices;
  struct lx_buffer *b = &r->buffer[cpu];
  uint64_t bytes = bytes_of(r, number + cpu), pa = b->pa, iova;
  uint32_t sid = sid_of(r, device);
  struct smmu_result late;

  iova = linux_dma_map((unsigned)r->client[device], pa, bytes, true);
  if (!iova) {
    r->out->failed++;
    return;
  }
  r->out->maps++;
  *b = (struct lx_buffer){ LX_IS_MAPPED, sid, iova, pa, bytes, r->out->maps };
  use(r, sid, iova, pa, bytes);
  set_state(r, b, LX_IN_CHANGE);
  linux_dma_unmap((unsigned)r->client[device], iova, bytes, true);
  set_state(r, b, LX_IS_UNMAPPED);
  r->out->unmaps++;
  if (r->storm->late && number % r->storm->late == r->storm->late - 1) {
    lx_translate(r->w, sid, iova, false, &late);
    r->out->passed += late.status == SMMU_STATUS_OK;
    r->out->refused += late.status != SMMU_STATUS_OK;
  }
}

static void cpu_program(void *arg)
{
  struct run *r = arg;
  unsigned cpu = plat_cpu(r->w->plat);
  uint64_t now;

  if (cpu >= r->w->config.cpus) {
    lx_traffic(r->w, &r->buffer[(cpu - r->w->config.cpus) % r->w->config.cpus], &r->done, r->out);
    return;
  }

  for (uint64_t i = 0; i < r->storm->turns; i++) {
    turn(r, cpu, i);
    linux_idle();
  }
  lx_world_flush(r->w);
  now = plat_now_ps(r->w->plat) - r->began;
  if (now > r->out->time_ps)
    r->out->time_ps = now;
  r->done = --r->busy == 0;
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  linux_idle();
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_storm(struct lx_world *w, const struct lx_storm *storm, struct lx_storm_result *out,
                      char *why, size_t len)
{
  struct run r = { .w = w, .storm = storm, .out = out, .busy = w->config.cpus };
  int rc;

  *out = (struct lx_storm_result){ 0 };
  r.devices = storm->devices && storm->devices < w->config.cpus ? storm->devices : w->config.cpus;
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  w->inject.armed = true;
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, w->config.cpus + w->config.engines, cpu_program, &r, why, len);
  w->inject.armed = false;
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}

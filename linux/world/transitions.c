/* Transitions: see scenario.h. CPU 0 moves devices; each of the other CPUs, and of the engines, is traffic of
 * a device. */
#include <errno.h>

#include "linux_world/scenario.h"

enum { DEVICES = 3, ASKERS_MOST = 64, LONGEST_NS = 800 };
#define IOVA 0x40000000ULL

/* Where a device is. The kernel's own choice passes through, or maps nothing at IOVA. */
enum place { CHOSEN, FIRST, SECOND, BLOCKED, PLACES };

struct device {
  int client, domain[2];
  uint64_t pa[2];
  bool blocked; /* by us: what it leaves a domain for */
  enum place is;
  unsigned may_be; /* a bit for each place: more than one while it is moved */
};

struct asker {
  struct device *device;
  unsigned places; /* those it may have been in since this last asked */
};

struct run {
  struct lx_world *w;
  struct lx_transitions_result *out;
  struct device device[DEVICES];
  struct asker asker[ASKERS_MOST];
  unsigned moves;
  bool passes, done;
  uint64_t random;
};

static unsigned draw(struct run *r, unsigned below)
{
  r->random = r->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)((r->random >> 33) % below);
}

/* ---- setting up ---- */

static int make_domain(struct run *r, struct device *d, unsigned i)
{
  int err = plat_dma_alloc(r->w->plat, 0x10000, 0x10000, &d->pa[i]);
  uint64_t size;

  if (err)
    return err;
  d->domain[i] = linux_domain_create((unsigned)d->client);
  if (d->domain[i] < 0)
    return d->domain[i];
  size = linux_page_sizes((unsigned)d->domain[i]);
  return linux_map((unsigned)d->domain[i], IOVA, d->pa[i], size & -size);
}

static void set_up(void *arg)
{
  struct run *r = arg;
  int err = lx_boot(r->w);

  if (!err)
    err = lx_probe(r->w);
  for (unsigned i = 0; i < DEVICES && !err; i++) {
    const struct linux_client client = { .sid = LX_FIRST_SID + i, .pci = r->w->config.pci };
    struct device *d = &r->device[i];

    d->client = linux_client_add(&client);
    err = d->client < 0 ? d->client : make_domain(r, d, 0);
    if (!err)
      err = make_domain(r, d, 1);
    d->may_be = 1u << CHOSEN;
    if (!err)
      r->passes = linux_client_domain((unsigned)d->client)[0] == 'i';
  }
  lx_world_flush(r->w);
  r->out->error = err;
}

/* ---- moving ---- */

/* From a domain of its own a device goes back first; what it goes back to is another place to be in. */
static int move(struct run *r, struct device *d, enum place to)
{
  bool own = d->is == FIRST || d->is == SECOND;
  int err = 0;

  d->may_be |= 1u << to | (own ? 1u << (d->blocked ? BLOCKED : CHOSEN) : 0);
  for (unsigned i = 0; i < ASKERS_MOST; i++) {
    if (r->asker[i].device == d)
      r->asker[i].places |= d->may_be;
  }
  if (own)
    linux_detach((unsigned)d->domain[d->is - FIRST]);
  if (to == BLOCKED && !d->blocked)
    err = linux_block((unsigned)d->client);
  else if (to == CHOSEN && d->blocked)
    linux_unblock((unsigned)d->client);
  else if (to == FIRST || to == SECOND)
    err = linux_attach((unsigned)d->domain[to - FIRST]);
  d->blocked = to == BLOCKED || (d->blocked && to != CHOSEN);
  d->is = to;
  d->may_be = 1u << to;
  return err;
}

static void move_devices(struct run *r)
{
  for (unsigned n = 0; n < r->moves * DEVICES && r->out->error == 0; n++) {
    struct device *d = &r->device[n % DEVICES];
    enum place to = (enum place)((d->is + 1 + draw(r, PLACES - 1)) % PLACES);

    r->out->error = move(r, d, to);
    r->out->moves++;
    lx_world_flush(r->w);
    plat_delay(r->w->plat, 1000000ULL * (1 + draw(r, 4)));
  }
  for (unsigned i = 0; i < DEVICES && r->out->error == 0; i++)
    r->out->error = move(r, &r->device[i], CHOSEN);
  lx_world_flush(r->w);
  r->done = true;
}

/* ---- traffic ---- */

static bool answers(const struct run *r, enum place place)
{
  return place == FIRST || place == SECOND || (place == CHOSEN && r->passes);
}

static void judge(const struct run *r, const struct asker *a, const struct smmu_result *result)
{
  const struct device *d = a->device;
  bool ok = result->status == SMMU_STATUS_OK, right = false;
  unsigned refuse = 0;

  for (unsigned p = 0; p < PLACES; p++) {
    if (!(a->places >> p & 1))
      continue;
    refuse += !answers(r, (enum place)p);
    right |= ok && answers(r, (enum place)p) &&
             result->pa == (p == CHOSEN ? IOVA : d->pa[(p - FIRST) & 1]);
  }
  if (right || (!ok && refuse))
    r->out->right++;
  else if (!ok && (a->places & (a->places - 1)))
    r->out->between++;
  else
    r->out->wrong++;
}

static void traffic(struct run *r, unsigned number)
{
  struct asker *a = &r->asker[number];
  uint64_t random = r->w->config.seed + number;
  struct smmu_result result;

  a->device = &r->device[number % DEVICES];
  while (!r->done) {
    a->places = a->device->may_be;
    lx_translate(r->w, LX_FIRST_SID + number % DEVICES, IOVA, false, &result);
    judge(r, a, &result);
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    plat_delay(r->w->plat, 1000 * (1 + (random >> 33) % LONGEST_NS));
  }
}

static void program(void *arg)
{
  struct run *r = arg;
  unsigned cpu = plat_cpu(r->w->plat);

  if (cpu == 0)
    move_devices(r);
  else
    traffic(r, cpu - 1);
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  for (unsigned i = 0; i < 2 * DEVICES; i++)
    linux_domain_destroy((unsigned)r->device[i / 2].domain[i % 2]);
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_transitions(struct lx_world *w, unsigned moves, struct lx_transitions_result *out,
                            char *why, size_t len)
{
  struct run r = { .w = w, .out = out, .moves = moves, .random = w->config.seed };
  int rc;

  *out = (struct lx_transitions_result){ 0 };
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, DEVICES + 1 + w->config.engines, program, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}

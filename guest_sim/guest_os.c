/* A small kernel. */
#include "guest_sim/guest_os.h"

#include <errno.h>
#include <stdlib.h>

enum { CPUS_MAX = 256 };

struct worker {
  struct guest *guest;
  unsigned cpu;
};

struct guest {
  struct guest_config config;
  struct drv *drv;
  struct dma *dma[GUEST_DEVICES_MAX];
  int error;

  void (*program)(struct guest *guest, void *arg);
  void *program_arg;

  void (*work)(struct guest *guest, unsigned cpu, void *arg);
  void *work_arg;
  struct worker worker[CPUS_MAX];
  struct plat_line line;
  unsigned running;
};

int guest_create(struct guest **out, const struct guest_config *config)
{
  struct guest *guest;

  *out = NULL;
  if (config->cpus < 1 || config->cpus > CPUS_MAX || config->devices > GUEST_DEVICES_MAX)
    return -EINVAL;
  guest = calloc(1, sizeof *guest);
  if (guest == NULL)
    return -ENOMEM;
  guest->config = *config;
  guest->config.driver.cpus = config->cpus;
  for (unsigned i = 0; i < CPUS_MAX; i++)
    guest->worker[i] = (struct worker){ guest, i };
  *out = guest;
  return 0;
}

void guest_destroy(struct guest *guest)
{
  free(guest);
}

/* ---- boot ---- */

static void note_error(struct guest *guest, int err)
{
  if (guest->error == 0)
    guest->error = err;
}

int guest_boot(struct guest *guest)
{
  int err = drv_probe(&guest->drv, guest->config.plat, &guest->config.driver);

  if (err) {
    guest->drv = NULL;
    return err;
  }
  for (unsigned i = 0; err == 0 && i < guest->config.devices; i++) {
    struct dma_config config = { .drv = guest->drv,
                                 .sid = guest->config.sid[i],
                                 .cpus = guest->config.cpus,
                                 .lazy = guest->config.lazy,
                                 .set_ats = guest->config.set_ats,
                                 .arg = guest->config.ats_arg,
                                 .limit = guest->config.dma_limit };

    err = dma_create(&guest->dma[i], &config);
  }
  if (err)
    guest_shutdown(guest);
  return err;
}

void guest_shutdown(struct guest *guest)
{
  for (unsigned i = 0; i < guest->config.devices; i++) {
    if (guest->dma[i])
      note_error(guest, dma_destroy(guest->dma[i]));
    guest->dma[i] = NULL;
  }
  if (guest->drv)
    drv_remove(guest->drv);
  guest->drv = NULL;
}

/* ---- work ---- */

static void run_worker(void *arg)
{
  struct worker *worker = arg;
  struct guest *guest = worker->guest;

  guest->work(guest, worker->cpu, guest->work_arg);
  plat_take(guest->config.plat, &guest->line);
  guest->running--;
  plat_wrote(guest->config.plat, &guest->line);
}

int guest_run(struct guest *guest, unsigned cpus,
              void (*work)(struct guest *guest, unsigned cpu, void *arg), void *arg)
{
  const struct plat *plat = guest->config.plat;
  int err = 0;

  if (cpus < 1 || cpus > guest->config.cpus)
    return -EINVAL;
  guest->work = work;
  guest->work_arg = arg;
  for (unsigned cpu = 1; cpu < cpus; cpu++) {
    int failed;

    guest->running++;
    failed = guest->config.start(guest->config.machine, cpu, run_worker, &guest->worker[cpu]);
    if (failed) {
      guest->running--;
      err = err ? err : failed;
    }
  }
  work(guest, 0, arg);
  plat_take(plat, &guest->line);
  while (guest->running > 0) {
    plat_wait(plat, &guest->line);
    plat_take(plat, &guest->line);
  }
  return err;
}

/* ---- the whole life ---- */

static void live(void *arg)
{
  struct guest *guest = arg;

  guest->error = 0;
  note_error(guest, guest_boot(guest));
  if (guest->error)
    return;
  guest->program(guest, guest->program_arg);
  guest_shutdown(guest);
}

int guest_power_on(struct guest *guest, void (*program)(struct guest *guest, void *arg), void *arg)
{
  guest->program = program;
  guest->program_arg = arg;
  return guest->config.start(guest->config.machine, 0, live, guest);
}

int guest_error(const struct guest *guest)
{
  return guest->error;
}

struct drv *guest_drv(const struct guest *guest)
{
  return guest->drv;
}

struct dma *guest_dma(const struct guest *guest, unsigned device)
{
  return guest->dma[device];
}

const struct plat *guest_plat(const struct guest *guest)
{
  return guest->config.plat;
}

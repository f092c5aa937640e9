/* A small kernel: boots the SMMU's driver on CPU 0, gives each device the DMA API, and runs work on
 * its CPUs. It sees its machine through struct plat and one function that starts a CPU, so the same
 * kernel runs in a guest and on the bare host.
 *
 *   guest_create(&guest, &config);
 *   guest_power_on(guest, program, arg);     CPU 0 boots, calls program(guest, arg), shuts down
 *   plat_board_run(board, ...);
 *   guest_error(guest); guest_destroy(guest); */
#ifndef GUEST_SIM_GUEST_OS_H
#define GUEST_SIM_GUEST_OS_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/drv.h"
#include "guest_sim/dma_api.h"

struct guest;

enum { GUEST_DEVICES_MAX = 16 };

struct guest_config {
  const struct plat *plat;
  unsigned cpus; /* 1..256, numbered as plat_cpu() does */
  /* Run a program on an idle CPU: 0, or an error that guest_run() and guest_power_on() give
   * back. */
  int (*start)(void *machine, unsigned cpu, void (*program)(void *arg), void *arg);
  void *machine;

  struct drv_options driver; /* cpus is filled in */
  unsigned devices;          /* 0..GUEST_DEVICES_MAX */
  uint32_t sid[GUEST_DEVICES_MAX];
  void (*set_ats)(void *arg, bool on); /* of every device: struct dma_config; its arg is ats_arg */
  void *ats_arg;
  bool lazy;          /* of the DMA API */
  uint64_t dma_limit; /* as struct dma_config.limit */
};

/* 0, -EINVAL or -ENOMEM. */
int guest_create(struct guest **out, const struct guest_config *config);
void guest_destroy(struct guest *guest);

/* ---- the whole life ---- */

/* Start CPU 0: boot; program, unless booting failed; shutdown. May be called from outside and again
 * when it is over. */
int guest_power_on(struct guest *guest, void (*program)(struct guest *guest, void *arg), void *arg);
/* The first error of boot, work or shutdown since power on; 0: none. */
int guest_error(const struct guest *guest);

/* ---- its parts, for programs on CPU 0 ---- */

/* 0, or what drv_probe() or dma_create() gave; what was made is unmade then. */
int guest_boot(struct guest *guest);
void guest_shutdown(struct guest *guest);
/* work(guest, cpu, arg) on CPUs 0 .. cpus - 1 at once, CPU 0 being the caller's. Returns when
 * all have returned: 0, or the error of the first CPU that could not be started (the others run
 * all the same). */
int guest_run(struct guest *guest, unsigned cpus,
              void (*work)(struct guest *guest, unsigned cpu, void *arg), void *arg);

struct drv *guest_drv(const struct guest *guest);
struct dma *guest_dma(const struct guest *guest, unsigned device);
const struct plat *guest_plat(const struct guest *guest);

#endif

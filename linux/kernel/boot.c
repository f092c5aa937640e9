// SPDX-License-Identifier: GPL-2.0
/* Boot: memory, CPUs, the options of the command line, and the initcalls of what was compiled in, level
 * by level. */
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/radix-tree.h>
#include <linux/string.h>

#include <generated/utsrelease.h>

#include "sim.h"

/* linux/link.lds gives the sections of the initcalls and options these names. */
#define LEVEL(n) extern const initcall_t __start_linux_initcall##n[], __stop_linux_initcall##n[];
LEVEL(1)
LEVEL(3)
LEVEL(4)
LEVEL(6)
#undef LEVEL
extern const struct obs_kernel_param __start_linux_setup[], __stop_linux_setup[];

static int run_level(const initcall_t *from, const initcall_t *to)
{
  int err = 0;

  for (; from < to && !err; from++)
    err = (*from)();
  return err;
}

static int set_option(const char *name, char *value)
{
  for (const struct obs_kernel_param *p = __start_linux_setup; p < __stop_linux_setup; p++) {
    if (strcmp(p->str, name) == 0)
      return p->setup_func(value);
  }
  return -ENOENT;
}

static int boot_levels(void)
{
  int err = run_level(__start_linux_initcall1, __stop_linux_initcall1);

  if (!err)
    err = run_level(__start_linux_initcall3, __stop_linux_initcall3);
  if (!err)
    err = run_level(__start_linux_initcall4, __stop_linux_initcall4);
  if (!err)
    err = run_level(__start_linux_initcall6, __stop_linux_initcall6);
  return err;
}

const char *linux_release(void)
{
  return UTS_RELEASE;
}

int linux_boot(const struct linux_boot *boot)
{
  int err = 0;

  sim_memory_init(boot);
  sim_access_init(boot);
  sim_cpu_init(boot);
  sim_percpu_init(boot);
  sim_irq_init(boot);
  sim_enter();
  radix_tree_init();
  if (boot->lazy)
    err = set_option("iommu.strict", "0");
  if (!err && boot->passthrough)
    err = set_option("iommu.passthrough", "1");
  if (!err)
    err = boot_levels();
  sim_leave();
  return err;
}

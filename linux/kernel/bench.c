// SPDX-License-Identifier: GPL-2.0
/* dma_map_benchmark as a program meets it: a device is bound to its driver, whose file in debugfs is opened
 * and asked to run. The device that it pretends to have uses what is mapped, where somebody gave one. */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/map_benchmark.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "sim.h"

/* The most that the interface takes: the sleep is ended by a signal. */
enum { SECONDS = DMA_MAP_MAX_SECONDS, DMA_BITS = 32 };

static const struct file_operations *operations;
static struct inode *node;
static unsigned int owner; /* client + 1; 0: nobody */
static const struct linux_bench *bench;
static struct {
  lx_u64 iova, bytes;
} mapped[NR_CPUS];

/* ---- one file ---- */

static struct dentry *create(void *data, const struct file_operations *ops)
{
  static struct dentry entry;

  node = kzalloc(sizeof(*node), GFP_KERNEL);
  if (!node)
    return ERR_PTR(-ENOMEM);
  node->i_private = data;
  operations = ops;
  return &entry;
}

#ifdef debugfs_create_file
struct dentry *debugfs_create_file_full(const char *name, umode_t mode, struct dentry *parent,
                                        void *data, const void *aux,
                                        const struct file_operations *ops)
{
  return create(data, ops);
}
#else
struct dentry *debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
                                   void *data, const struct file_operations *ops)
{
  return create(data, ops);
}
#endif

void debugfs_remove(struct dentry *entry)
{
  kfree(node);
  node = NULL;
  operations = NULL;
}

int simple_open(struct inode *inode, struct file *file)
{
  file->private_data = inode->i_private;
  return 0;
}

/* ---- the time between map and unmap ---- */

void sim_dma_mapped(lx_u64 iova, lx_u64 bytes)
{
  unsigned int cpu = raw_smp_processor_id();

  mapped[cpu].iova = iova;
  mapped[cpu].bytes = bytes;
}

void sim_dma_time(lx_u64 ns)
{
  lx_u64 until = lx_now_ps() + ns * 1000;
  unsigned int cpu = raw_smp_processor_id();

  if (bench && bench->dma)
    bench->dma(bench->arg, mapped[cpu].iova, mapped[cpu].bytes);
  if (lx_now_ps() < until)
    lx_delay(until - lx_now_ps());
}

/* ---- what the loop costs ---- */

/* Pages at which half of the cold caches that an endless buffer leaves behind is there. */
enum { COLD_HALF = 8 };

void sim_bench_unmaps(lx_u64 bytes)
{
  lx_u64 pages = bytes >> PAGE_SHIFT;

  if (bench)
    lx_charge(LX_COST_COLD, 1000 * pages / (pages + COLD_HALF));
}

void sim_bench_fills(const volatile void *p, unsigned long bytes)
{
  if (bench && ((unsigned long)p & ~PAGE_MASK) == 0)
    lx_charge(LX_COST_FILL_PAGE, bytes >> PAGE_SHIFT);
}

void sim_bench_turn(void)
{
  if (bench)
    lx_charge(LX_COST_LOOP, 1);
}

/* ---- a run ---- */

static int bind(unsigned int client)
{
  int err;

  if (owner == client + 1)
    return 0;
  if (owner)
    return -EBUSY;
  err = sim_client_bind(client);
  owner = err ? 0 : client + 1;
  return err;
}

static int ask(const struct linux_bench *b, struct map_benchmark *param)
{
  struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);
  int err = file ? operations->open(node, file) : -ENOMEM;

  if (!err)
    err = (int)operations->unlocked_ioctl(file, DMA_MAP_BENCHMARK, (unsigned long)param);
  kfree(file);
  return err;
}

int linux_bench_run(const struct linux_bench *b, struct linux_bench_result *out)
{
  struct map_benchmark param = { .threads = b->threads,
                                 .seconds = SECONDS,
                                 .node = NUMA_NO_NODE,
                                 .dma_bits = DMA_BITS,
                                 .dma_dir = b->direction,
                                 .dma_trans_ns = b->dma_ns,
                                 .granule = b->granule };
  lx_u64 began = lx_now_ps();
  int err;

  sim_enter();
  sim_threads_begin(b->sleep_ps, b->turns);
  bench = b;
  err = b->threads > num_online_cpus() ? -EINVAL : bind(b->client);
  if (!err)
    err = ask(b, &param);
  bench = NULL;
  sim_threads_end();
  sim_leave();
  *out = (struct linux_bench_result){ .map_100ns = param.avg_map_100ns,
                                      .map_deviation_100ns = param.map_stddev,
                                      .unmap_100ns = param.avg_unmap_100ns,
                                      .unmap_deviation_100ns = param.unmap_stddev,
                                      .turns = sim_threads_turns() - (err ? 0 : b->threads),
                                      .time_ps = lx_now_ps() - began };
  return err;
}

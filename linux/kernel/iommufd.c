// SPDX-License-Identifier: GPL-2.0
/* What a VMM asks of the kernel: /dev/iommu as a program meets it, whose own code (drivers/iommu/iommufd) does
 * it all. Here are the calls, one ioctl each, and what that code stands on: one open file, memory of the
 * program, which is the board's, and the offsets that it maps registers at. Left out: events, other files. */
#include <linux/kconfig.h>

#if IS_ENABLED(CONFIG_IOMMUFD)
#include "../../iommufd/iommufd_private.h"
#include <linux/cred.h>
#include <linux/file_ref.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/maple_tree.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "sim.h"

enum { REGIONS = 16 };

static const struct file_operations *operations;
static struct file file;
static struct iommufd_ctx *context;
static struct iommufd_device *bound;
static struct device *owner;
static bool attached;
static unsigned int ioas, device_id;

/* ---- the program ---- */

/* Who calls has memory, may lock all of it, and is nobody in particular. */
static void be_a_program(void)
{
  static struct mm_struct mm = { .mm_count = ATOMIC_INIT(1), .mm_users = ATOMIC_INIT(1) };
  static struct user_struct user = { .__count = REFCOUNT_INIT(1) };
  static struct cred cred = { .user = &user };
  static struct signal_struct signal;

  signal.rlim[RLIMIT_MEMLOCK].rlim_cur = RLIM_INFINITY;
  refcount_set(&current->usage, 2);
  current->mm = &mm;
  current->signal = &signal;
  current->group_leader = current;
  rcu_assign_pointer(current->cred, &cred);
}

int __account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc,
                        const struct task_struct *task, bool bypass_rlim)
{
  return 0;
}

void free_uid(struct user_struct *user) {}

/* Its memory is the board's, where the kernel has it. */
int pin_user_pages_fast(unsigned long start, int count, unsigned int flags, struct page **pages)
{
  for (int i = 0; i < count; i++)
    pages[i] = virt_to_page(start + i * PAGE_SIZE);
  return count;
}

void unpin_user_page(struct page *page) {}

void unpin_user_pages(struct page **pages, unsigned long count) {}

void unpin_user_page_range_dirty_lock(struct page *page, unsigned long count, bool dirty) {}

int set_page_dirty_lock(struct page *page)
{
  return 0;
}

/* ---- the file ---- */

int misc_register(struct miscdevice *device)
{
  operations = device->fops;
  return 0;
}

void misc_deregister(struct miscdevice *device)
{
  operations = NULL;
}

int nonseekable_open(struct inode *inode, struct file *opened)
{
  return 0;
}

void fput(struct file *f) {}

/* Offsets for mmap(): each region has its own, and is found by it. */
static struct {
  unsigned long start;
  void *entry;
} regions[REGIONS];

int mtree_alloc_range(struct maple_tree *tree, unsigned long *start, void *entry,
                      unsigned long size, unsigned long min, unsigned long max, gfp_t gfp)
{
  for (unsigned int i = 0; i < REGIONS; i++) {
    if (regions[i].entry)
      continue;
    regions[i].start = *start = min + i * ALIGN(size, PAGE_SIZE);
    regions[i].entry = entry;
    return 0;
  }
  return -EBUSY;
}

static void **region_at(unsigned long start)
{
  for (unsigned int i = 0; i < REGIONS; i++) {
    if (regions[i].entry && regions[i].start == start)
      return &regions[i].entry;
  }
  return NULL;
}

void *mtree_erase(struct maple_tree *tree, unsigned long start)
{
  void **place = region_at(start), *entry = place ? *place : NULL;

  if (place)
    *place = NULL;
  return entry;
}

static int call(unsigned int what, void *arguments)
{
  return (int)operations->unlocked_ioctl(&file, what, (unsigned long)arguments);
}

static struct iommu_domain *domain_of(unsigned int hwpt)
{
  struct iommufd_object *object = xa_load(&context->objects, hwpt);

  return object ? container_of(object, struct iommufd_hw_pagetable, obj)->domain : NULL;
}

/* ---- what a VMM does, a call each ---- */

static int open_file(void)
{
  struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
  int err;

  file.f_op = operations;
  file_ref_init(&file.f_ref, 1);
  err = operations->open(NULL, &file);
  if (err)
    return err;
  context = file.private_data;
  err = call(IOMMU_IOAS_ALLOC, &alloc);
  ioas = alloc.out_ioas_id;
  return err;
}

int linux_vmm_open(unsigned int client)
{
  int err;

  sim_enter();
  be_a_program();
  err = operations ? open_file() : -ENODEV;
  if (!err) {
    owner = sim_client(client);
    bound = iommufd_device_bind(context, owner, &device_id);
    err = IS_ERR(bound) ? (int)PTR_ERR(bound) : 0;
  }
  sim_leave();
  return err;
}

void linux_vmm_close(void)
{
  sim_enter();
  iommufd_device_unbind(bound);
  operations->release(NULL, &file);
  sim_domain_attached(owner);
  sim_leave();
}

int linux_vmm_map(lx_u64 ipa, lx_u64 pa, lx_u64 bytes)
{
  struct iommu_ioas_map map = { .size = sizeof(map),
                                .flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
                                         IOMMU_IOAS_MAP_WRITEABLE,
                                .ioas_id = ioas,
                                .user_va = (unsigned long)phys_to_virt(pa),
                                .length = bytes,
                                .iova = ipa };
  int err;

  sim_enter();
  err = call(IOMMU_IOAS_MAP, &map);
  sim_leave();
  return err;
}

static int hwpt_alloc(struct iommu_hwpt_alloc *alloc)
{
  int err;

  sim_enter();
  alloc->size = sizeof(*alloc);
  alloc->dev_id = device_id;
  err = call(IOMMU_HWPT_ALLOC, alloc);
  sim_leave();
  return err ? err : (int)alloc->out_hwpt_id;
}

int linux_vmm_parent(void)
{
  struct iommu_hwpt_alloc alloc = { .flags = IOMMU_HWPT_ALLOC_NEST_PARENT, .pt_id = ioas };
  int id = hwpt_alloc(&alloc);

  if (id > 0)
    sim_domain_told(domain_of((unsigned int)id));
  return id;
}

int linux_vmm_nested(unsigned int viommu, const lx_u64 ste[2])
{
  struct iommu_hwpt_arm_smmuv3 data = { .ste = { cpu_to_le64(ste[0]), cpu_to_le64(ste[1]) } };
  struct iommu_hwpt_alloc alloc = { .pt_id = viommu,
                                    .data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
                                    .data_len = sizeof(data),
                                    .data_uptr = (unsigned long)&data };

  return hwpt_alloc(&alloc);
}

int linux_vmm_viommu(unsigned int parent, lx_u64 *page0)
{
  struct iommu_viommu_tegra241_cmdqv data = { 0 };
  struct iommu_viommu_alloc alloc = { .size = sizeof(alloc),
                                      .type = page0 ? IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV
                                                    : IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
                                      .dev_id = device_id,
                                      .hwpt_id = parent };
  void **region;
  int err;

  if (page0) {
    alloc.data_len = sizeof(data);
    alloc.data_uptr = (unsigned long)&data;
  }
  sim_enter();
  err = call(IOMMU_VIOMMU_ALLOC, &alloc);
  sim_leave();
  if (err)
    return err;
  region = page0 ? region_at(data.out_vintf_mmap_offset) : NULL;
  if (region)
    *page0 = ((const struct iommufd_mmap *)*region)->mmio_addr;
  return (int)alloc.out_viommu_id;
}

int linux_vmm_vdevice(unsigned int viommu, lx_u64 sid)
{
  struct iommu_vdevice_alloc alloc = {
    .size = sizeof(alloc), .viommu_id = viommu, .dev_id = device_id, .virt_id = sid
  };
  int err;

  sim_enter();
  err = call(IOMMU_VDEVICE_ALLOC, &alloc);
  sim_leave();
  return err ? err : (int)alloc.out_vdevice_id;
}

int linux_vmm_queue(unsigned int viommu, unsigned int index, lx_u64 ipa, lx_u64 bytes)
{
  struct iommu_hw_queue_alloc alloc = { .size = sizeof(alloc),
                                        .viommu_id = viommu,
                                        .type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
                                        .index = index,
                                        .nesting_parent_iova = ipa,
                                        .length = bytes };
  int err;

  sim_enter();
  err = call(IOMMU_HW_QUEUE_ALLOC, &alloc);
  sim_leave();
  return err ? err : (int)alloc.out_hw_queue_id;
}

int linux_vmm_invalidate(unsigned int viommu, const lx_u64 *commands, unsigned int *count)
{
  struct iommu_hwpt_invalidate call_of = { .size = sizeof(call_of),
                                           .hwpt_id = viommu,
                                           .data_uptr = (unsigned long)commands,
                                           .data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
                                           .entry_len =
                                             sizeof(struct iommu_viommu_arm_smmuv3_invalidate),
                                           .entry_num = *count };
  int err;

  sim_enter();
  err = call(IOMMU_HWPT_INVALIDATE, &call_of);
  sim_leave();
  *count = call_of.entry_num;
  return err;
}

int linux_vmm_attach(unsigned int hwpt, unsigned int parent)
{
  int err;

  sim_enter();
  err = attached ? iommufd_device_replace(bound, IOMMU_NO_PASID, &hwpt)
                 : iommufd_device_attach(bound, IOMMU_NO_PASID, &hwpt);
  attached = attached || !err;
  if (!err)
    lx_note(LX_STREAM, sim_client_of(owner)->sid, sim_domain_number(domain_of(parent)), 0);
  sim_leave();
  return err;
}

void linux_vmm_detach(void)
{
  sim_enter();
  iommufd_device_detach(bound, IOMMU_NO_PASID);
  attached = false;
  lx_note(LX_STREAM, sim_client_of(owner)->sid, 0, 0);
  sim_leave();
}

int linux_vmm_destroy(unsigned int id)
{
  struct iommu_destroy destroy = { .size = sizeof(destroy), .id = id };
  int err;

  sim_enter();
  err = call(IOMMU_DESTROY, &destroy);
  sim_leave();
  return err;
}

#endif

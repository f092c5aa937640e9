/* Calls of iommufd with their fields as arguments, and the structures of a guest. */
#include "kit.h"

#include "arch/structs.h"
#include "util/bits.h"

/* ---- what the kernel said ---- */

int kit_map(struct kit *kit, uint32_t ioas, uint32_t flags, uint64_t user_va, uint64_t length,
            uint64_t iova)
{
  struct iommu_ioas_map map = { sizeof map, flags, ioas, 0, kit->ram, user_va, length, iova };

  return iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map);
}

int kit_unmap(struct kit *kit, uint32_t ioas, uint64_t iova, uint64_t *length)
{
  struct iommu_ioas_unmap unmap = { sizeof unmap, ioas, iova, *length };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_UNMAP, &unmap);

  *length = unmap.length;
  return err;
}

int kit_destroy(struct kit *kit, uint32_t id)
{
  struct iommu_destroy destroy = { sizeof destroy, id };

  return iommufd_ioctl(kit->f, IOMMUFD_NR_DESTROY, &destroy);
}

int kit_attach(struct kit *kit, uint32_t dev, uint32_t pt)
{
  return iommufd_attach(kit->f, dev, &pt);
}

int kit_hwpt(struct kit *kit, uint32_t dev, uint32_t pt, uint32_t flags, uint32_t *id)
{
  struct iommu_hwpt_alloc alloc = {
    .size = sizeof alloc, .flags = flags, .dev_id = dev, .pt_id = pt
  };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_ALLOC, &alloc);

  *id = alloc.out_hwpt_id;
  return err;
}

int kit_vste(struct kit *kit, uint32_t viommu, uint64_t word0, uint64_t word1, uint32_t *id)
{
  struct iommu_hwpt_arm_smmuv3 data = { { word0, word1 } };
  struct iommu_hwpt_alloc alloc = { .size = sizeof alloc,
                                    .dev_id = kit->dev,
                                    .pt_id = viommu,
                                    .data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
                                    .data_len = sizeof data,
                                    .data_uptr = { &data, sizeof data } };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_ALLOC, &alloc);

  *id = alloc.out_hwpt_id;
  return err;
}

int kit_queue(struct kit *kit, uint32_t index, uint64_t iova, uint64_t length, uint32_t *id)
{
  struct iommu_hw_queue_alloc alloc = {
    sizeof alloc, 0, kit->viommu, IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV, index, 0, iova, length
  };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HW_QUEUE_ALLOC, &alloc);

  *id = alloc.out_hw_queue_id;
  return err;
}

int kit_veventq(struct kit *kit, uint32_t type, uint32_t depth, uint32_t *id, uint32_t *fd)
{
  struct iommu_veventq_alloc alloc = { sizeof alloc, 0, kit->viommu, type, depth, 0, 0, 0 };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_VEVENTQ_ALLOC, &alloc);

  *id = alloc.out_veventq_id;
  *fd = alloc.out_veventq_fd;
  return err;
}

int kit_invalidate(struct kit *kit, const uint64_t (*words)[2], uint32_t *num)
{
  struct iommu_hwpt_invalidate call = { sizeof call,
                                        kit->viommu,
                                        { (void *)(uintptr_t)words, *num * sizeof *words },
                                        IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
                                        sizeof *words,
                                        *num,
                                        0 };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_INVALIDATE, &call);

  *num = call.entry_num;
  return err;
}

int kit_mmap(struct kit *kit, uint64_t *address)
{
  return iommufd_mmap(kit->f, kit->mmap_offset, kit->mmap_length,
                      IOMMUFD_MMAP_READ | IOMMUFD_MMAP_WRITE | IOMMUFD_MMAP_SHARED, address);
}

/* ---- parts of a VM ---- */

uint32_t kit_ioas(struct kit *kit)
{
  struct iommu_ioas_alloc alloc = { sizeof alloc, 0, 0 };

  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_ALLOC, &alloc), 0);
  return alloc.out_ioas_id;
}

uint32_t kit_bind(struct kit *kit, uint32_t sid)
{
  const struct iommufd_device device = { .sid = sid, .coherent = true };
  uint32_t dev = 0;

  EXPECT_EQ(iommufd_bind(kit->f, &device, &dev), 0);
  return dev;
}

uint32_t kit_parent(struct kit *kit, uint32_t dev, uint32_t ioas)
{
  uint32_t id;

  EXPECT_EQ(kit_hwpt(kit, dev, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &id), 0);
  return id;
}

uint32_t kit_viommu(struct kit *kit, uint32_t type, uint32_t dev, uint32_t parent)
{
  struct iommu_viommu_tegra241_cmdqv data = { 0, 0 };
  struct iommu_viommu_alloc alloc = {
    .size = sizeof alloc, .type = type, .dev_id = dev, .hwpt_id = parent
  };

  if (type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV) {
    alloc.data_len = sizeof data;
    alloc.data_uptr = (struct iommufd_user){ &data, sizeof data };
  }
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc), 0);
  kit->mmap_offset = data.out_vintf_mmap_offset;
  kit->mmap_length = data.out_vintf_mmap_length;
  return alloc.out_viommu_id;
}

uint32_t kit_vdevice(struct kit *kit, uint32_t viommu, uint32_t dev, uint64_t vsid)
{
  struct iommu_vdevice_alloc alloc = { sizeof alloc, viommu, dev, 0, vsid };

  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VDEVICE_ALLOC, &alloc), 0);
  return alloc.out_vdevice_id;
}

uint32_t kit_nested(struct kit *kit, uint32_t viommu, uint64_t word0, uint64_t word1)
{
  uint32_t id;

  EXPECT_EQ(kit_vste(kit, viommu, word0, word1, &id), 0);
  return id;
}

void kit_ram(struct kit *kit, enum iommufd_memory_kind kind, uint64_t seed)
{
  ASSERT_EQ(iommufd_memory_alloc(&kit->plat, KIT_RAM, kind, seed, &kit->ram), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, KIT_RAM, KIT_GPA), 0);
}

void kit_vm(struct kit *kit, uint32_t type)
{
  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  kit->dev = kit_bind(kit, KIT_SID);
  kit->parent = kit_parent(kit, kit->dev, kit->ioas);
  kit->viommu = kit_viommu(kit, type, kit->dev, kit->parent);
  kit->vdevice = kit_vdevice(kit, kit->viommu, kit->dev, KIT_VSID);
}

/* ---- the guest's own structures ---- */

void kit_store(struct kit *kit, uint64_t gpa, uint64_t value)
{
  plat_store64(&kit->plat, iommufd_memory_pa(kit->ram, gpa - KIT_GPA), value);
}

enum { LEAF = 0x743 | 1 << 11 }; /* page, AP user, SH inner, AF, nG */

void kit_guest_tables(struct kit *kit, unsigned asid)
{
  uint64_t cd[8] = { 0 };

  FPUT(CD, T0SZ, cd, 25);
  FPUT(CD, IR0, cd, 1);
  FPUT(CD, OR0, cd, 1);
  FPUT(CD, SH0, cd, 3);
  FPUT(CD, EPD1, cd, 1);
  FPUT(CD, V, cd, 1);
  FPUT(CD, IPS, cd, 2);
  FPUT(CD, AA64, cd, 1);
  FPUT(CD, R, cd, 1);
  FPUT(CD, A, cd, 1);
  FPUT(CD, ASET, cd, 1);
  FPUT(CD, ASID, cd, asid);
  FPUT(CD, TTB0, cd, KIT_TABLE >> 4);
  cd[3] = 0xff; /* MAIR: attribute 0 is normal memory */
  for (unsigned i = 0; i < 8; i++)
    kit_store(kit, KIT_CD + 8ull * i, cd[i]);
  kit_store(kit, KIT_TABLE, (KIT_TABLE + 0x1000) | 3);
  kit_store(kit, KIT_TABLE + 0x1000, (KIT_TABLE + 0x2000) | 3);
}

void kit_guest_map(struct kit *kit, uint64_t va, uint64_t gpa)
{
  kit_store(kit, KIT_TABLE + 0x2000 + va / 4096 * 8, gpa | LEAF);
}

void kit_guest_unmap(struct kit *kit, uint64_t va)
{
  kit_store(kit, KIT_TABLE + 0x2000 + va / 4096 * 8, 0);
}

/* vIOMMUs and vDEVICEs: errors and their order (specification of CMDQV 9.1, 9.4; of iommufd 5, 7),
 * and GET_HW_INFO, bind and attach. */
#include "kit.h"

#include <string.h>

enum name { BAD, DEV, INCOHERENT, IOAS, PLAIN, PARENT, NESTED, NAMES };

struct viommu_row {
  const char *why;
  uint32_t flags, type;
  enum name dev, hwpt;
  uint32_t data_len;
  bool null, short_buffer;
  int err;
};

static const struct viommu_row viommu_rows[] = {
  { "type 1", 0, 1, DEV, PARENT, 0, false, false, 0 },
  { "type 2", 0, 2, DEV, PARENT, 16, false, false, 0 },
  { "flags", 1, 1, BAD, BAD, 0, false, false, -EOPNOTSUPP },
  { "type 0", 0, 0, BAD, BAD, 0, false, false, -EOPNOTSUPP },
  { "no such device", 0, 9, BAD, BAD, 0, false, false, -ENOENT },
  { "unknown type", 0, 3, DEV, BAD, 0, false, false, -EOPNOTSUPP },
  { "not coherent", 0, 1, INCOHERENT, BAD, 0, false, false, -EOPNOTSUPP },
  { "no such HWPT", 0, 1, DEV, BAD, 0, false, false, -ENOENT },
  { "an IOAS", 0, 1, DEV, IOAS, 0, false, false, -ENOENT },
  { "a nested HWPT", 0, 1, DEV, NESTED, 0, false, false, -ENOENT },
  { "no nest parent", 0, 1, DEV, PLAIN, 0, false, false, -EINVAL },
  { "no nest parent before data", 0, 2, DEV, PLAIN, 16, false, true, -EINVAL },
  { "type 2 without data", 0, 2, DEV, PARENT, 0, false, false, -EINVAL },
  { "type 2 with null data", 0, 2, DEV, PARENT, 16, true, false, -EINVAL },
  { "data too short", 0, 2, DEV, PARENT, 8, false, false, -EINVAL },
  { "data too long", 0, 2, DEV, PARENT, 24, false, false, -EINVAL },
  { "data cannot be written", 0, 2, DEV, PARENT, 16, false, true, -EFAULT },
};

static void make_objects(struct kit *kit, uint32_t id[NAMES])
{
  const struct iommufd_device incoherent = { .sid = KIT_SID + 1 };

  kit_vm(kit, 1);
  id[BAD] = KIT_BAD_ID;
  id[DEV] = kit->dev;
  EXPECT_EQ(iommufd_bind(kit->f, &incoherent, &id[INCOHERENT]), 0);
  id[IOAS] = kit->ioas;
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, 0, &id[PLAIN]), 0);
  id[PARENT] = kit->parent;
  id[NESTED] = kit_nested(kit, kit->viommu, 1, 0);
}

HOST_TEST(Viommu, AllocErrorsAndTheirOrder)
{
  uint32_t id[NAMES];

  make_objects(kit, id);
  for (unsigned i = 0; i < sizeof viommu_rows / sizeof viommu_rows[0]; i++) {
    const struct viommu_row *row = &viommu_rows[i];
    uint64_t data[4] = { 0 };
    struct iommu_viommu_alloc alloc = { sizeof alloc,
                                        row->flags,
                                        row->type,
                                        id[row->dev],
                                        id[row->hwpt],
                                        0,
                                        row->data_len,
                                        0,
                                        { row->null ? NULL : data,
                                          row->short_buffer ? 8 : sizeof data } };
    unsigned before = iommufd_objects(kit->f);
    int err = iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc);

    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    EXPECT_EQ(iommufd_objects(kit->f), before + (err == 0));
    if (!err)
      EXPECT_EQ(kit_destroy(kit, alloc.out_viommu_id), 0);
  }
}

HOST_TEST(Viommu, VintfsAreTakenAndGivenBack)
{
  struct iommu_viommu_tegra241_cmdqv data;
  struct iommu_viommu_alloc alloc = { .size = sizeof alloc,
                                      .type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
                                      .data_len = sizeof data,
                                      .data_uptr = { &data, sizeof data } };
  uint32_t id[4] = { 0 };
  unsigned n = 0;

  kit_vm(kit, 1);
  alloc.dev_id = kit->dev;
  alloc.hwpt_id = kit->parent;
  while (iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc) == 0 && n < 4) {
    EXPECT_EQ(data.out_vintf_mmap_offset, n * 0x10000ull);
    EXPECT_EQ(data.out_vintf_mmap_length, 0x10000u);
    id[n++] = alloc.out_viommu_id;
  }
  ASSERT_EQ(n, 3u); /* four, and VINTF 0 is the host's */
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc), -ENOSPC);
  EXPECT_EQ(kit_destroy(kit, id[1]), 0);
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc), 0);
  EXPECT_EQ(data.out_vintf_mmap_offset, 0x10000u);
}

/* Tegra241: VINTF v's CONFIG at 0x1000 + 0x100 v: EN 0, VMID 16:1, HYP_OWN 17. */
HOST_TEST(Viommu, ItsVintfCarriesTheVmidAndIsNoHypervisors)
{
  uint64_t config, ste[3], base;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  config = plat_mmio_read(&kit->plat, PLAT_CMDQV_BASE + 0x1100, 4);
  EXPECT_EQ(config & 1, 1u);
  EXPECT_EQ(config >> 17 & 1, 0u);
  base = plat_mmio_read(&kit->plat, PLAT_SMMU_BASE + 0x80, 8) & 0x000fffffffffffc0;
  base = engine_memory_load64(kit->memory, base) & 0x000fffffffffffc0;
  ste[2] = engine_memory_load64(kit->memory, base + KIT_SID * 64 + 16);
  EXPECT_EQ(config >> 1 & 0xffff, ste[2] & 0xffff);
}

static void no_cmdqv(struct kit *kit)
{
  struct iommu_viommu_tegra241_cmdqv data;
  struct iommu_viommu_alloc alloc = { .size = sizeof alloc,
                                      .type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
                                      .data_len = sizeof data,
                                      .data_uptr = { &data, sizeof data } };
  struct iommu_hw_info info = { .size = sizeof info,
                                .flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE,
                                .in_data_type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV };

  kit_vm(kit, 1);
  alloc.dev_id = info.dev_id = kit->dev;
  alloc.hwpt_id = kit->parent;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VIOMMU_ALLOC, &alloc), -EOPNOTSUPP);
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_GET_HW_INFO, &info), -EOPNOTSUPP);
}

TEST_CASE(Viommu, Type2NeedsCmdqv)
{
  static struct kit kit;

  kit_defaults(&kit, no_cmdqv);
  memset(&kit.smmu.cmdqv, 0, sizeof kit.smmu.cmdqv);
  kit.options.driver.cmdqv = 0;
  kit_run(&kit);
}

/* ---- vDEVICE ---- */

static int vdevice(struct kit *kit, uint32_t viommu, uint32_t dev, uint64_t vsid)
{
  struct iommu_vdevice_alloc alloc = { sizeof alloc, viommu, dev, 0, vsid };

  return iommufd_ioctl(kit->f, IOMMUFD_NR_VDEVICE_ALLOC, &alloc);
}

HOST_TEST(Vdevice, AllocErrors)
{
  uint32_t second, other;

  kit_vm(kit, 1);
  second = kit_bind(kit, KIT_SID + 1);
  EXPECT_EQ(vdevice(kit, KIT_BAD_ID, kit->dev, 1), -ENOENT);
  EXPECT_EQ(vdevice(kit, kit->parent, kit->dev, 1), -ENOENT);
  EXPECT_EQ(vdevice(kit, kit->viommu, KIT_BAD_ID, 1), -ENOENT);
  EXPECT_EQ(vdevice(kit, kit->viommu, kit->viommu, 1), -ENOENT);
  EXPECT_EQ(vdevice(kit, kit->viommu, kit->dev, KIT_VSID + 1), -EEXIST);
  EXPECT_EQ(vdevice(kit, kit->viommu, second, KIT_VSID), -EEXIST);
  EXPECT_EQ(vdevice(kit, kit->viommu, second, 1ull << 40), 0);
  other = kit_viommu(kit, 1, kit->dev, kit->parent);
  EXPECT_EQ(vdevice(kit, other, kit->dev, KIT_VSID + 1), -EEXIST);
}

HOST_TEST(Vdevice, OnAVintfItsNameHas32Bits)
{
  uint32_t second;

  kit_vm(kit, 2);
  second = kit_bind(kit, KIT_SID + 1);
  EXPECT_EQ(vdevice(kit, kit->viommu, second, 1ull << 32), -EINVAL);
  EXPECT_EQ(vdevice(kit, kit->viommu, second, 6), 0);
}

HOST_TEST(Vdevice, AVintfHasSixteenSlots)
{
  uint32_t dev[17];

  kit_vm(kit, 2);
  for (unsigned i = 0; i < 16; i++) {
    dev[i] = kit_bind(kit, KIT_SID + 1 + i);
    EXPECT_EQ(vdevice(kit, kit->viommu, dev[i], 100 + i), i < 15 ? 0 : -ENOSPC);
  }
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(vdevice(kit, kit->viommu, dev[15], 115), 0);
}

/* SID_MATCH at 0x40, SID_REPLACE at 0x80 of the VINTF's block. */
HOST_TEST(Vdevice, TheSlotHoldsBothNames)
{
  const uint64_t block = PLAT_CMDQV_BASE + 0x1100;
  uint64_t match = 0, replace = 0;

  kit_vm(kit, 2);
  for (unsigned i = 0; i < 16 && !match; i++) {
    match = plat_mmio_read(&kit->plat, block + 0x40 + 4ull * i, 4);
    replace = plat_mmio_read(&kit->plat, block + 0x80 + 4ull * i, 4);
  }
  EXPECT_EQ(match, KIT_VSID << 1 | 1);
  EXPECT_EQ(replace, KIT_SID);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  for (unsigned i = 0; i < 16; i++)
    EXPECT_EQ(plat_mmio_read(&kit->plat, block + 0x40 + 4ull * i, 4), 0u);
}

/* ---- GET_HW_INFO ---- */

static int hw_info(struct kit *kit, struct iommu_hw_info *info)
{
  info->size = sizeof *info;
  return iommufd_ioctl(kit->f, IOMMUFD_NR_GET_HW_INFO, info);
}

HOST_TEST(HwInfo, Errors)
{
  struct iommu_hw_info info = { .flags = 2 };

  EXPECT_EQ(hw_info(kit, &info), -EOPNOTSUPP);
  info = (struct iommu_hw_info){ .reserved = { 0, 0, 1 } };
  EXPECT_EQ(hw_info(kit, &info), -EOPNOTSUPP);
  info = (struct iommu_hw_info){ .in_data_type = 2 };
  EXPECT_EQ(hw_info(kit, &info), -EOPNOTSUPP);
  info = (struct iommu_hw_info){ .dev_id = KIT_BAD_ID };
  EXPECT_EQ(hw_info(kit, &info), -ENOENT);
  kit->dev = kit_bind(kit, KIT_SID);
  info = (struct iommu_hw_info){ .dev_id = kit->dev, .flags = 1, .in_data_type = 1 };
  EXPECT_EQ(hw_info(kit, &info), -EOPNOTSUPP);
  info = (struct iommu_hw_info){ .dev_id = kit->dev, .data_len = 8 };
  EXPECT_EQ(hw_info(kit, &info), -EFAULT);
}

HOST_TEST(HwInfo, TellsTheIdRegisters)
{
  struct iommu_hw_info_arm_smmuv3 smmu;
  struct iommu_hw_info info = { .data_len = sizeof smmu, .data_uptr = { &smmu, sizeof smmu } };

  info.dev_id = kit_bind(kit, KIT_SID);
  EXPECT_EQ(hw_info(kit, &info), 0);
  EXPECT_EQ(info.out_data_type, IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
  EXPECT_MEMEQ(smmu.idr, kit->smmu.idr, sizeof smmu.idr);
  EXPECT_EQ(smmu.iidr, kit->smmu.iidr);
  EXPECT_EQ(smmu.aidr, kit->smmu.aidr);
  EXPECT_EQ(smmu.flags, 0u);
}

HOST_TEST(HwInfo, TellsTheCmdqvByVintf)
{
  struct iommu_hw_info_tegra241_cmdqv cmdqv = { 1, 0, 0, 0, 1 };
  struct iommu_hw_info info = {
    .flags = 1, .in_data_type = 3, .data_len = sizeof cmdqv, .data_uptr = { &cmdqv, sizeof cmdqv }
  };

  info.dev_id = kit_bind(kit, KIT_SID);
  EXPECT_EQ(hw_info(kit, &info), 0);
  EXPECT_EQ(info.out_data_type, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV);
  EXPECT_EQ(cmdqv.flags, 0u);
  EXPECT_EQ(cmdqv.version, 1u);
  EXPECT_EQ(cmdqv.log2vcmdqs, 2u);
  EXPECT_EQ(cmdqv.log2vsids, 4u);
  EXPECT_EQ(cmdqv.reserved, 0u);
}

/* As much as fits; the rest of a longer buffer is zero; the true length either way. */
HOST_TEST(HwInfo, ShortAndLongBuffers)
{
  unsigned char bytes[64];
  struct iommu_hw_info info = { .data_len = 12, .data_uptr = { bytes, sizeof bytes } };

  memset(bytes, 0x55, sizeof bytes);
  info.dev_id = kit_bind(kit, KIT_SID);
  EXPECT_EQ(hw_info(kit, &info), 0);
  EXPECT_EQ(info.data_len, sizeof(struct iommu_hw_info_arm_smmuv3));
  EXPECT_EQ(bytes[12], 0x55);
  info =
    (struct iommu_hw_info){ .dev_id = info.dev_id, .data_len = 60, .data_uptr = { bytes, 60 } };
  EXPECT_EQ(hw_info(kit, &info), 0);
  EXPECT_EQ(bytes[59], 0);
  EXPECT_EQ(bytes[60], 0x55);
  info = (struct iommu_hw_info){ .dev_id = info.dev_id, .data_len = 0 };
  EXPECT_EQ(hw_info(kit, &info), 0);
  EXPECT_EQ(info.data_len, sizeof(struct iommu_hw_info_arm_smmuv3));
}

/* ---- devices ---- */

HOST_TEST(Device, BelongsToOneFile)
{
  const struct iommufd_device device = { .sid = KIT_SID, .coherent = true };
  struct iommufd *other;
  uint32_t dev = kit_bind(kit, KIT_SID), second;

  ASSERT_EQ(iommufd_open(kit->host, &other), 0);
  EXPECT_EQ(iommufd_bind(other, &device, &second), -EBUSY);
  EXPECT_EQ(iommufd_bind(kit->f, &device, &second), -EBUSY);
  EXPECT_EQ(iommufd_unbind(kit->f, dev), 0);
  EXPECT_EQ(iommufd_bind(other, &device, &second), 0);
  iommufd_close(other);
  EXPECT_EQ(iommufd_bind(kit->f, &device, &second), 0);
  EXPECT_EQ(iommufd_unbind(kit->f, KIT_BAD_ID), -ENOENT);
}

HOST_TEST(Device, TheStreamMustExist)
{
  const struct iommufd_device device = { .sid = 1u << 31 };
  uint32_t dev;

  EXPECT_EQ(iommufd_bind(kit->f, &device, &dev), -EINVAL);
  EXPECT_EQ(iommufd_objects(kit->f), 0u);
}

HOST_TEST(Device, AttachErrors)
{
  const struct iommufd_device pasids = { .sid = 0x33, .coherent = true, .pasids_in_use = true };
  uint32_t s1, bypass, second, busy;

  kit_vm(kit, 1);
  s1 = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  bypass = kit_nested(kit, kit->viommu, 0x9, 0);
  second = kit_bind(kit, KIT_SID + 1);
  EXPECT_EQ(iommufd_bind(kit->f, &pasids, &busy), 0);
  EXPECT_EQ(kit_attach(kit, KIT_BAD_ID, kit->parent), -ENOENT);
  EXPECT_EQ(kit_attach(kit, kit->dev, KIT_BAD_ID), -ENOENT);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->viommu), -EINVAL);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->dev), -EINVAL);
  EXPECT_EQ(kit_attach(kit, second, s1), -ENOENT);
  EXPECT_EQ(kit_attach(kit, second, bypass), 0);
  EXPECT_EQ(kit_attach(kit, busy, bypass), -EBUSY);
  EXPECT_EQ(kit_attach(kit, busy, kit->parent), 0);
  EXPECT_EQ(kit_attach(kit, kit->dev, s1), 0);
  EXPECT_EQ(iommufd_detach(kit->f, KIT_BAD_ID), -ENOENT);
  EXPECT_EQ(iommufd_detach(kit->f, kit->dev), 0);
  EXPECT_EQ(iommufd_detach(kit->f, kit->dev), 0);
}

/* CR0.CMDQEN, bit 3 at 0x20, taken away behind the driver's back. */
static void silent_device(struct kit *kit)
{
  uint64_t cr0, pa;

  kit_vm(kit, 1);
  cr0 = plat_mmio_read(&kit->plat, PLAT_SMMU_BASE + 0x20, 4);
  plat_mmio_write(&kit->plat, PLAT_SMMU_BASE + 0x20, cr0 & ~8ull, 4);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), -ETIMEDOUT);
  plat_mmio_write(&kit->plat, PLAT_SMMU_BASE + 0x20, cr0, 4);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, KIT_GPA, false, &pa));
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), 0);
  EXPECT_EQ(kit_destroy(kit, kit->parent), 0);
}

/* The stream goes back to where it was, and everything can be given back. */
TEST_CASE(Device, AttachingWithoutAnAnswerChangesNothing)
{
  static struct kit kit;

  kit_defaults(&kit, silent_device);
  kit.checked.finding = kit_excuse;
  kit.options.driver.bypass_vcmdq = true;
  kit_run(&kit);
}

/* A vDEVICE of another vIOMMU does not count. */
HOST_TEST(Device, StageOneNeedsAVdeviceOfThisViommu)
{
  uint32_t other, s1;

  kit_vm(kit, 1);
  other = kit_viommu(kit, 1, kit->dev, kit->parent);
  s1 = kit_nested(kit, other, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_attach(kit, kit->dev, s1), -ENOENT);
}

HOST_TEST(Device, WhatIsMappedInTheMsiWindowForbidsAttaching)
{
  kit_vm(kit, 1);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 0x08000000), 0);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), -EADDRINUSE);
}

/* An IOAS named at attach: one automatic HWPT for all, gone with the last device. */
HOST_TEST(Device, AutomaticHwptsComeAndGo)
{
  uint32_t first = 0, second, pt1, pt2;
  unsigned before;

  kit->ioas = kit_ioas(kit);
  first = kit_bind(kit, KIT_SID);
  second = kit_bind(kit, KIT_SID + 1);
  before = iommufd_objects(kit->f);
  pt1 = pt2 = kit->ioas;
  EXPECT_EQ(iommufd_attach(kit->f, first, &pt1), 0);
  EXPECT_EQ(iommufd_attach(kit->f, second, &pt2), 0);
  EXPECT_EQ(pt1, pt2);
  EXPECT_NE(pt1, kit->ioas);
  EXPECT_EQ(iommufd_objects(kit->f), before + 1);
  EXPECT_EQ(kit_destroy(kit, pt1), -EBUSY);
  EXPECT_EQ(iommufd_detach(kit->f, first), 0);
  EXPECT_EQ(iommufd_objects(kit->f), before + 1);
  EXPECT_EQ(iommufd_detach(kit->f, second), 0);
  EXPECT_EQ(iommufd_objects(kit->f), before);
  EXPECT_EQ(kit_destroy(kit, kit->ioas), 0);
}

/* HWPT_ALLOC: errors and their order, what a guest's STE may say (specification of iommufd,
 * section 4). */
#include "kit.h"

/* Objects by name; the test makes them. */
enum name { NONE, BAD, DEV, IOAS, PLAIN, PARENT, VIOMMU, NESTED, VDEVICE, NAMES };

struct hwpt_row {
  const char *why;
  uint32_t flags;
  enum name dev, pt;
  uint32_t reserved, reserved2;
  uint32_t data_type, data_len;
  bool null, short_buffer;
  int err;
};

#define DATA IOMMU_HWPT_DATA_ARM_SMMUV3, sizeof(struct iommu_hwpt_arm_smmuv3)

static const struct hwpt_row hwpt_rows[] = {
  { "paging", 0, DEV, IOAS, 0, 0, 0, 0, false, false, 0 },
  { "nest parent", 1, DEV, IOAS, 0, 0, 0, 0, false, false, 0 },
  { "nested", 0, DEV, VIOMMU, 0, 0, DATA, false, false, 0 },
  { "unknown flag", 0x10, DEV, IOAS, 0, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "reserved", 0, DEV, IOAS, 1, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "second reserved", 0, DEV, IOAS, 0, 1, 0, 0, false, false, -EOPNOTSUPP },
  { "reserved before data", 0, BAD, IOAS, 1, 0, 0, 16, false, false, -EOPNOTSUPP },
  { "data without type", 0, DEV, IOAS, 0, 0, 0, 16, false, false, -EINVAL },
  { "type without data", 0, DEV, VIOMMU, 0, 0, 2, 0, false, false, -EINVAL },
  { "data before device", 0, BAD, VIOMMU, 0, 0, 2, 0, false, false, -EINVAL },
  { "no such device", 0, BAD, IOAS, 0, 0, 0, 0, false, false, -ENOENT },
  { "device is another object", 0, IOAS, IOAS, 0, 0, 0, 0, false, false, -ENOENT },
  { "device before pt", 0, BAD, BAD, 0, 0, 0, 0, false, false, -ENOENT },
  { "no such pt", 0, DEV, BAD, 0, 0, 0, 0, false, false, -EINVAL },
  { "pt is a device", 0, DEV, DEV, 0, 0, 0, 0, false, false, -EINVAL },
  { "pt is a vDEVICE", 0, DEV, VDEVICE, 0, 0, 0, 0, false, false, -EINVAL },
  { "pt is nested", 0, DEV, NESTED, 0, 0, DATA, false, false, -EINVAL },
  { "pt is a HWPT", 0, DEV, PARENT, 0, 0, DATA, false, false, -EOPNOTSUPP },
  { "dirty tracking", 2, DEV, IOAS, 0, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "fault on a nest parent", 5, DEV, IOAS, 0, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "PASID", 8, DEV, IOAS, 0, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "paging with data", 0, DEV, IOAS, 0, 0, DATA, false, false, -EOPNOTSUPP },
  { "nest parent on a vIOMMU", 1, DEV, VIOMMU, 0, 0, DATA, false, false, -EOPNOTSUPP },
  { "nested without data", 0, DEV, VIOMMU, 0, 0, 0, 0, false, false, -EOPNOTSUPP },
  { "other data", 0, DEV, VIOMMU, 0, 0, 1, 16, false, false, -EINVAL },
  { "data too short", 0, DEV, VIOMMU, 0, 0, 2, 8, false, false, -EINVAL },
  { "data too long", 0, DEV, VIOMMU, 0, 0, 2, 24, false, false, -EINVAL },
  { "null data", 0, DEV, VIOMMU, 0, 0, DATA, true, false, -EINVAL },
  { "data cannot be read", 0, DEV, VIOMMU, 0, 0, DATA, false, true, -EFAULT },
};

static void make_objects(struct kit *kit, uint32_t id[NAMES])
{
  kit_vm(kit, 1);
  id[NONE] = 0;
  id[BAD] = KIT_BAD_ID;
  id[DEV] = kit->dev;
  id[IOAS] = kit->ioas;
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, 0, &id[PLAIN]), 0);
  id[PARENT] = kit->parent;
  id[VIOMMU] = kit->viommu;
  id[NESTED] = kit_nested(kit, kit->viommu, 1, 0);
  id[VDEVICE] = kit->vdevice;
}

HOST_TEST(Hwpt, AllocErrorsAndTheirOrder)
{
  uint32_t id[NAMES];

  make_objects(kit, id);
  for (unsigned i = 0; i < sizeof hwpt_rows / sizeof hwpt_rows[0]; i++) {
    const struct hwpt_row *row = &hwpt_rows[i];
    uint64_t data[4] = { 0 };
    struct iommu_hwpt_alloc alloc = { sizeof alloc,
                                      row->flags,
                                      id[row->dev],
                                      id[row->pt],
                                      0,
                                      row->reserved,
                                      row->data_type,
                                      row->data_len,
                                      { row->null ? NULL : data,
                                        row->short_buffer ? 8 : sizeof data },
                                      0,
                                      row->reserved2 };
    unsigned before = iommufd_objects(kit->f);
    int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_ALLOC, &alloc);

    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    EXPECT_EQ(iommufd_objects(kit->f), before + (err == 0));
  }
}

struct vste_row {
  const char *why;
  uint64_t word0, word1;
  int err;
};

/* Written from the specification, not from field tables. */
static const struct vste_row vste_rows[] = {
  { "abort", 0x1, 0, 0 },
  { "bypass", 0x9, 0, 0 },
  { "stage 1", 0xb, 0, 0 },
  { "stage 1, all that may be set", 0xf80fffffffffffc0 | 0x3b, 0x180000ff, 0 },
  { "V=0 and anything", ~1ull, ~0ull, 0 },
  { "Config 1", 0x3, 0, -EIO },
  { "Config 2", 0x5, 0, -EIO },
  { "Config 3", 0x7, 0, -EIO },
  { "Config 6, stage 2", 0xd, 0, -EIO },
  { "Config 7, nested", 0xf, 0, -EIO },
  { "bit 52 of the pointer", 0xb | 1ull << 52, 0, -EIO },
  { "bit 58", 0xb | 1ull << 58, 0, -EIO },
  { "EATS 1", 0xb, 1ull << 28, 0 },
  { "EATS 2", 0xb, 2ull << 28, -EIO },
  { "EATS 3", 0xb, 3ull << 28, -EIO },
  { "EATS 1 with bypass", 0x9, 1ull << 28, 0 },
  { "MEV", 0xb, 1ull << 19, -EIO },
  { "STRW", 0xb, 1ull << 30, -EIO },
  { "SHCFG", 0xb, 1ull << 44, -EIO },
  { "S2FWB", 0xb, 1ull << 25, -EIO },
  { "bit 8 of word 1", 0xb, 1ull << 8, -EIO },
  { "bit 63 of word 1", 0x1, 1ull << 63, -EIO },
};

HOST_TEST(Hwpt, WhatAGuestsSteMaySay)
{
  kit_vm(kit, 1);
  for (unsigned i = 0; i < sizeof vste_rows / sizeof vste_rows[0]; i++) {
    const struct vste_row *row = &vste_rows[i];
    uint32_t id;
    int err = kit_vste(kit, kit->viommu, row->word0, row->word1, &id);

    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    if (!err)
      EXPECT_EQ(kit_destroy(kit, id), 0);
  }
}

/* Each single bit of both words, against the two masks. */
HOST_TEST(Hwpt, EveryBitOfAGuestsSteIsJudged)
{
  const uint64_t allowed[2] = { 0xf80fffffffffffff & ~0xeull, 0x380000ff & ~(1ull << 29) };

  kit_vm(kit, 1);
  for (unsigned bit = 1; bit < 128; bit++) {
    uint64_t word[2] = { 0xb, 0 };
    uint32_t id;
    int err;

    if (bit < 4)
      continue; /* Config has a test of its own */
    word[bit / 64] |= 1ull << bit % 64;
    err = kit_vste(kit, kit->viommu, word[0], word[1], &id);
    if (err != (allowed[bit / 64] >> bit % 64 & 1 ? 0 : -EIO))
      ADD_TEST_FAILURE("bit %u: %d", bit, err);
    if (!err)
      EXPECT_EQ(kit_destroy(kit, id), 0);
  }
}

/* The physical STE: nested on the parent's stage 2, MEV set, EATS not the guest's. */
static void read_ste(struct kit *kit, uint32_t sid, uint64_t words[8])
{
  uint64_t base = plat_mmio_read(&kit->plat, PLAT_SMMU_BASE + 0x80, 8) & 0x000fffffffffffc0;
  uint64_t l1 = engine_memory_load64(kit->memory, base + (sid >> 8) * 8);
  uint64_t ste = (l1 & 0x000fffffffffffc0) + (sid & 0xff) * 64;

  for (unsigned i = 0; i < 8; i++)
    words[i] = engine_memory_load64(kit->memory, ste + 8ull * i);
}

HOST_TEST(Hwpt, TheSteOfAStreamFollowsWhatIsAttached)
{
  uint64_t ste[8], s2[8];
  uint32_t s1, bypass, abort;

  kit_vm(kit, 1);
  s1 = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1 | 1ull << 28);
  bypass = kit_nested(kit, kit->viommu, 0x9, 0);
  abort = kit_nested(kit, kit->viommu, 0, 0);
  read_ste(kit, KIT_SID, ste);
  EXPECT_EQ(ste[0] & 0xf, 1u);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  read_ste(kit, KIT_SID, s2);
  EXPECT_EQ(s2[0] & 0xf, 0xdu);
  EXPECT_NE(s2[2] & 0xffff, 0u);
  EXPECT_EQ(kit_attach(kit, kit->dev, bypass), 0);
  read_ste(kit, KIT_SID, ste);
  EXPECT_MEMEQ(ste, s2, sizeof s2);
  EXPECT_EQ(kit_attach(kit, kit->dev, s1), 0);
  read_ste(kit, KIT_SID, ste);
  EXPECT_EQ(ste[0], KIT_STE0 | 0xf);
  EXPECT_EQ(ste[1], s2[1] | KIT_STE1 | 1ull << 19);
  EXPECT_EQ(ste[2], s2[2]);
  EXPECT_EQ(ste[3], s2[3]);
  EXPECT_EQ(kit_attach(kit, kit->dev, abort), 0);
  read_ste(kit, KIT_SID, ste);
  EXPECT_EQ(ste[0], 1u);
  EXPECT_EQ(iommufd_detach(kit->f, kit->dev), 0);
  read_ste(kit, KIT_SID, ste);
  EXPECT_EQ(ste[0], 1u);
}

/* No memory: nothing is left behind, and the same call succeeds later. */
HOST_TEST(Hwpt, AllocWithoutMemoryLeavesNothing)
{
  uint32_t id;
  unsigned failures = 0;

  kit_vm(kit, 1);
  for (long n = 0; n < 64; n++) {
    uint64_t before = kit->allocated;
    unsigned objects = iommufd_objects(kit->f);
    int err;

    kit->allocations_ok = n;
    err = kit_hwpt(kit, kit->dev, kit->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &id);
    kit->allocations_ok = -1;
    if (!err)
      break;
    failures++;
    EXPECT_EQ(err, -ENOMEM);
    EXPECT_EQ(kit->allocated, before);
    EXPECT_EQ(iommufd_objects(kit->f), objects);
  }
  EXPECT_TRUE(failures > 1);
  EXPECT_EQ(kit_destroy(kit, id), 0);
}

/* What is mapped already decides whether a HWPT can be. */
HOST_TEST(Hwpt, MappingsThatDoNotFitRefuseIt)
{
  uint32_t id;

  kit->ioas = kit_ioas(kit);
  kit->dev = kit_bind(kit, KIT_SID);
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 1ull << 50), 0);
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &id), -EADDRINUSE);
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, 0, &id), -EADDRINUSE);
}

static void no_nesting(struct kit *kit)
{
  uint32_t id;

  kit->ioas = kit_ioas(kit);
  kit->dev = kit_bind(kit, KIT_SID);
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &id), -EOPNOTSUPP);
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, 0, &id), 0);
}

TEST_CASE(Hwpt, NestParentNeedsNesting)
{
  static struct kit kit;

  kit_defaults(&kit, no_nesting);
  kit.smmu.idr[0] &= ~(1u | 1u << 9 | 1u << 18 | 1u << 17); /* S2P, HYP, VMID16, VMW */
  kit_run(&kit);
}

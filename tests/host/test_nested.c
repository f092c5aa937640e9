/* A guest's DMA: its stage 1 in its own memory on the VM's stage 2, and what happens to it when the
 * VMM unmaps memory, or when another VM invalidates. */
#include "kit.h"

#include "arch/structs.h"

#define VA 0x7000ull

static uint64_t host_pa(const struct kit *kit, uint64_t gpa)
{
  return iommufd_memory_pa(kit->ram, gpa - KIT_GPA);
}

static void nested_dma(struct kit *kit)
{
  uint64_t pa;
  uint32_t hwpt;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  kit_guest_map(kit, VA, KIT_GPA + 0x9000);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, VA, true, &pa));
  hwpt = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_attach(kit, kit->dev, hwpt), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA + 8, true, &pa));
  EXPECT_EQ(pa, host_pa(kit, KIT_GPA + 0x9008));
  EXPECT_FALSE(kit_dma(kit, KIT_SID, VA + 0x1000, true, &pa));
  EXPECT_EQ(iommufd_detach(kit->f, kit->dev), 0);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, VA + 8, true, &pa));
}

HOST_TEST(Nested, AGuestsTablesTranslateThroughItsMemory)
{
  nested_dma(kit);
}

TEST_CASE(Nested, TheSameOnTheTimedDevice)
{
  static struct kit kit;

  kit_defaults(&kit, nested_dma);
  kit.timed = true;
  kit_run(&kit);
}

/* Pages of guest RAM lie anywhere. */
HOST_TEST(Nested, ScatteredMemoryTranslatesPageByPage)
{
  uint64_t pa;
  uint32_t hwpt;

  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_SCATTERED, 11);
  kit->dev = kit_bind(kit, KIT_SID);
  kit->parent = kit_parent(kit, kit->dev, kit->ioas);
  kit->viommu = kit_viommu(kit, 1, kit->dev, kit->parent);
  kit->vdevice = kit_vdevice(kit, kit->viommu, kit->dev, KIT_VSID);
  kit_guest_tables(kit, 3);
  hwpt = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_attach(kit, kit->dev, hwpt), 0);
  for (uint64_t page = 0; page < 32; page++) {
    uint64_t gpa = KIT_GPA + 0x100000 + page * 0x3000;

    kit_guest_map(kit, page * 0x1000, gpa);
    EXPECT_TRUE(kit_dma(kit, KIT_SID, page * 0x1000 + 0x10, false, &pa));
    EXPECT_EQ(pa, host_pa(kit, gpa) + 0x10);
  }
}

HOST_TEST(Nested, BypassAndStageTwoAlone)
{
  uint64_t pa;

  kit_vm(kit, 1);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, 0x9, 0)), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, KIT_GPA + 0x5010, true, &pa));
  EXPECT_EQ(pa, host_pa(kit, KIT_GPA + 0x5010));
  EXPECT_FALSE(kit_dma(kit, KIT_SID, KIT_GPA + KIT_RAM, true, &pa));
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, KIT_GPA, true, &pa));
  EXPECT_EQ(pa, host_pa(kit, KIT_GPA));
}

HOST_TEST(Nested, StageTwoKeepsAccessRights)
{
  uint64_t pa;

  kit_vm(kit, 1);
  EXPECT_EQ(kit_map(kit, kit->ioas, IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA, 0, 0x1000,
                    0x20000),
            0);
  EXPECT_EQ(kit_map(kit, kit->ioas, IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_FIXED_IOVA, 0x1000,
                    0x1000, 0x30000),
            0);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, 0x20000, false, &pa));
  EXPECT_FALSE(kit_dma(kit, KIT_SID, 0x20000, true, &pa));
  EXPECT_TRUE(kit_dma(kit, KIT_SID, 0x30000, true, &pa));
  EXPECT_FALSE(kit_dma(kit, KIT_SID, 0x30000, false, &pa));
}

/* Memory mapped and unmapped later is seen by an attached parent; nothing stale survives. */
HOST_TEST(Nested, UnmappingStageTwoMakesTranslationsFault)
{
  uint64_t length = 0x2000, pa, gpa = 0x60000000;
  uint32_t hwpt;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  hwpt = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_attach(kit, kit->dev, hwpt), 0);
  kit_guest_map(kit, VA, gpa);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, VA, true, &pa));
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x20000, 0x2000, gpa), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa));
  EXPECT_EQ(pa, iommufd_memory_pa(kit->ram, 0x20000));
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa)); /* from the TLB */
  EXPECT_EQ(kit_unmap(kit, kit->ioas, gpa, &length), 0);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, VA, true, &pa));
}

/* Stage 2 entries have gone, completely, before what was made of them goes. */
HOST_TEST(Nested, UnmappingInvalidatesStageTwoThenTheVm)
{
  unsigned order = 0;
  uint64_t length = 0x2000;

  kit_vm(kit, 1);
  kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x2000, 0x60000000), 0);
  kit_watch(kit);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0x60000000, &length), 0);
  for (unsigned i = 0; i < kit->commands; i++) {
    unsigned opcode = kit->command[i].words[0] & 0xff;

    if (order == 0 && opcode == CMD_TLBI_S2_IPA)
      order = 1;
    else if (order == 1 && opcode == CMD_SYNC)
      order = 2;
    else if (order == 2 && opcode == CMD_TLBI_NH_ALL)
      order = 3;
    else if (order == 3 && opcode == CMD_SYNC)
      order = 4;
  }
  EXPECT_EQ(order, 4u);
}

/* ---- two VMs ---- */

struct second_vm {
  struct iommufd *f;
  uint32_t dev, ioas, parent, viommu;
};

/* The kit's fields are exchanged for those of a second process. */
static void swap(struct kit *kit, struct second_vm *vm)
{
  struct second_vm mine = { kit->f, kit->dev, kit->ioas, kit->parent, kit->viommu };

  kit->f = vm->f;
  kit->dev = vm->dev;
  kit->ioas = vm->ioas;
  kit->parent = vm->parent;
  kit->viommu = vm->viommu;
  *vm = mine;
}

static bool is_cached(struct kit *kit)
{
  uint64_t pa;

  kit_guest_unmap(kit, VA);
  return kit_dma(kit, KIT_SID, VA, true, &pa);
}

/* A guest that writes another VM's VMID into its commands hits its own entries, and those alone. */
HOST_TEST(Nested, AGuestCannotInvalidateAnotherVm)
{
  uint64_t all[1][2] = { { CMD_TLBI_NH_ALL, 0 } };
  struct second_vm other = { 0 };
  uint64_t pa, victim;
  uint32_t num = 1;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  kit_guest_map(kit, VA, KIT_GPA + 0x9000);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1)), 0);
  kit_watch(kit);
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])all, &num), 0);
  victim = kit->command[0].words[0] >> 32 & 0xffff;
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa));

  ASSERT_EQ(iommufd_open(kit->host, &other.f), 0);
  swap(kit, &other);
  kit->ioas = kit_ioas(kit);
  kit->dev = kit_bind(kit, KIT_SID + 1);
  kit->parent = kit_parent(kit, kit->dev, kit->ioas);
  kit->viommu = kit_viommu(kit, 1, kit->dev, kit->parent);
  all[0][0] |= victim << 32;
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])all, &num), 0);
  all[0][0] = CMD_TLBI_NSNH_ALL | victim << 32;
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])all, &num), 0);
  iommufd_close(kit->f);
  swap(kit, &other);
  EXPECT_TRUE(is_cached(kit));
  all[0][0] = CMD_TLBI_NH_ALL;
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])all, &num), 0);
  EXPECT_FALSE(is_cached(kit));
}

/* A change of the CD is seen after CFGI_CD through the vIOMMU, by the guest's name. */
HOST_TEST(Nested, CfgiCdReachesTheDevice)
{
  const uint64_t cfgi[1][2] = { { CMD_CFGI_CD | (uint64_t)KIT_VSID << 32, 1 } };
  uint64_t pa;
  uint32_t num = 1;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  kit_guest_map(kit, VA, KIT_GPA + 0x9000);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1)), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa));
  kit_guest_tables(kit, 4);
  kit_guest_map(kit, VA, KIT_GPA + 0xa000);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa));
  EXPECT_EQ(pa, host_pa(kit, KIT_GPA + 0x9000));
  EXPECT_EQ(kit_invalidate(kit, cfgi, &num), 0);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, VA, true, &pa));
  EXPECT_EQ(pa, host_pa(kit, KIT_GPA + 0xa000));
}

/* Those who watch learn what is mapped where, and that it is dead only after the invalidation. */
HOST_TEST(Nested, MappingsAreNoted)
{
  uint64_t length = 0x2000;
  uint64_t domain;

  kit_vm(kit, 1);
  EXPECT_EQ(kit->noted[PLAT_NOTE_MAPPED], 1u);
  domain = kit->last_note[PLAT_NOTE_MAPPED].c;
  EXPECT_EQ(kit->last_note[PLAT_NOTE_MAPPED].a, KIT_GPA);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x2000, 0x60000000), 0);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_MAPPED].a, 0x60000000u);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_MAPPED].b, 0x2000u);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0x60000000, &length), 0);
  EXPECT_EQ(kit->noted[PLAT_NOTE_UNMAPPED], 1u);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_UNMAPPED].a, 0x60000000u);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_UNMAPPED].c, domain);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), 0);
  EXPECT_EQ(kit_destroy(kit, kit->parent), 0);
  EXPECT_EQ(kit->noted[PLAT_NOTE_UNMAPPED], 2u);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_UNMAPPED].a, KIT_GPA);
}

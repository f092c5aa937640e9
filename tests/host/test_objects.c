/* Who depends on whom: what DESTROY refuses (specification of iommufd, 1.1, 1.2), tombstones, and
 * closing in any state. */
#include "kit.h"

/* Everything there is, on one vIOMMU of type 2. */
enum name {
  DEV,
  IOAS,
  PARENT,
  VIOMMU,
  VDEVICE,
  NESTED,
  VEVENTQ,
  QUEUE0,
  QUEUE1,
  MAPPING, /* no object: a mapping of the region */
  EVENTFD, /* no object: the event file */
  NAMES
};

static const char *const names[NAMES] = { "device",  "IOAS",    "nest parent", "vIOMMU",
                                          "vDEVICE", "nested",  "vEVENTQ",     "queue 0",
                                          "queue 1", "mapping", "event file" };

struct everything {
  uint32_t id[NAMES];
  bool there[NAMES];
  uint64_t address;
};

static void make(struct kit *kit, struct everything *e)
{
  kit_vm(kit, 2);
  e->id[DEV] = kit->dev;
  e->id[IOAS] = kit->ioas;
  e->id[PARENT] = kit->parent;
  e->id[VIOMMU] = kit->viommu;
  e->id[VDEVICE] = kit->vdevice;
  e->id[NESTED] = kit_nested(kit, kit->viommu, 0x9, 0);
  EXPECT_EQ(kit_attach(kit, kit->dev, e->id[NESTED]), 0);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &e->id[VEVENTQ], &e->id[EVENTFD]), 0);
  EXPECT_EQ(kit_queue(kit, 0, KIT_GPA, 4096, &e->id[QUEUE0]), 0);
  EXPECT_EQ(kit_queue(kit, 1, KIT_GPA + 4096, 4096, &e->id[QUEUE1]), 0);
  EXPECT_EQ(kit_mmap(kit, &e->address), 0);
  for (unsigned i = 0; i < NAMES; i++)
    e->there[i] = true;
}

/* Who blocks whom while he is there: the table of section 1.2, by hand. A device stays as long as
 * VFIO has it, which detaches it first. */
static const struct {
  enum name target, by;
} blocks[] = {
  { IOAS, PARENT },     { IOAS, QUEUE0 },    { IOAS, QUEUE1 },    { PARENT, VIOMMU },
  { VIOMMU, VDEVICE },  { VIOMMU, NESTED },  { VIOMMU, VEVENTQ }, { VIOMMU, QUEUE0 },
  { VIOMMU, QUEUE1 },   { VIOMMU, MAPPING }, { NESTED, DEV },     { QUEUE0, QUEUE1 },
  { VEVENTQ, EVENTFD },
};

static bool is_blocked(const struct everything *e, enum name target)
{
  for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    if (blocks[i].target == target && e->there[blocks[i].by])
      return true;
  }
  return false;
}

static int take_away(struct kit *kit, struct everything *e, enum name what)
{
  switch (what) {
  case DEV: return iommufd_unbind(kit->f, e->id[DEV]);
  case MAPPING: return iommufd_munmap(kit->f, e->address);
  case EVENTFD: return iommufd_veventq_close(kit->f, e->id[EVENTFD]);
  default: return kit_destroy(kit, e->id[what]);
  }
}

/* Take everything away in an order drawn from the seed; whatever is blocked must say so each time. */
static void in_some_order(struct kit *kit, uint64_t seed)
{
  struct everything e;
  unsigned left = NAMES;

  make(kit, &e);
  while (left) {
    enum name what;
    int err;

    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    what = (enum name)((seed >> 33) % NAMES);
    if (!e.there[what])
      continue;
    if (is_blocked(&e, what)) {
      err = take_away(kit, &e, what);
      if (err != -EBUSY)
        ADD_TEST_FAILURE("%s: %d, expected -EBUSY", names[what], err);
      continue;
    }
    err = take_away(kit, &e, what);
    if (err)
      ADD_TEST_FAILURE("%s: %d, expected 0", names[what], err);
    if (what == DEV && e.there[VDEVICE]) {
      EXPECT_EQ(take_away(kit, &e, VDEVICE), 0); /* the tombstone */
      EXPECT_EQ(take_away(kit, &e, VDEVICE), -ENOENT);
      e.there[VDEVICE] = false;
      left--;
    }
    e.there[what] = false;
    left--;
  }
  EXPECT_EQ(iommufd_objects(kit->f), 0u);
  iommufd_memory_put(kit->ram);
  kit->ram = NULL;
}

HOST_TEST(Objects, DestroyOrderAgainstTheTable)
{
  for (uint64_t seed = 1; seed <= 200; seed++)
    in_some_order(kit, seed);
}

/* The device itself is VFIO's. */
HOST_TEST(Objects, ABoundDeviceCannotBeDestroyed)
{
  uint32_t dev = kit_bind(kit, KIT_SID);

  EXPECT_EQ(kit_destroy(kit, dev), -EBUSY);
  EXPECT_EQ(iommufd_unbind(kit->f, dev), 0);
  EXPECT_EQ(kit_destroy(kit, dev), -ENOENT);
}

HOST_TEST(Objects, AttachedDevicesHoldAHwpt)
{
  kit_vm(kit, 1);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), 0);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  EXPECT_EQ(kit_destroy(kit, kit->parent), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, kit->ioas), -EBUSY);
  EXPECT_EQ(iommufd_detach(kit->f, kit->dev), 0);
  EXPECT_EQ(kit_destroy(kit, kit->parent), 0);
  EXPECT_EQ(kit_destroy(kit, kit->ioas), 0);
}

/* After unbind the vDEVICE is gone, its ID is not: nobody else gets it until it is destroyed. */
HOST_TEST(Objects, AVdeviceLeavesATombstone)
{
  struct iommu_vdevice_alloc alloc = { sizeof alloc, 0, 0, 0, KIT_VSID };
  uint32_t second;

  kit_vm(kit, 1);
  EXPECT_EQ(iommufd_unbind(kit->f, kit->dev), 0);
  second = kit_bind(kit, KIT_SID);
  EXPECT_NE(second, kit->vdevice);
  EXPECT_NE(kit_ioas(kit), kit->vdevice);
  alloc.viommu_id = kit->viommu;
  alloc.dev_id = second;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_VDEVICE_ALLOC, &alloc), 0);
  EXPECT_NE(alloc.out_vdevice_id, kit->vdevice);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_ioas(kit), kit->vdevice);
}

/* ---- closing ---- */

HOST_TEST(Close, ReleasesEverything)
{
  struct everything e;
  uint64_t before = kit->allocated;

  make(kit, &e);
  EXPECT_TRUE(kit->allocated > before);
  iommufd_memory_put(kit->ram); /* the areas keep it */
  kit->ram = NULL;
  iommufd_close(kit->f);
  kit->f = NULL;
  EXPECT_TRUE(kit->allocated <= before + 65536); /* the Stream table has grown */
}

HOST_TEST(Close, MemoryOutlivesItsOwner)
{
  uint64_t before = kit->allocated, length = UINT64_MAX;

  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  iommufd_memory_put(kit->ram);
  kit->ram = NULL;
  EXPECT_EQ(kit->allocated, before + KIT_RAM);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0, &length), 0);
  EXPECT_EQ(kit->allocated, before);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_FREED].b, KIT_RAM);
}

/* Closing while the event queue is full of records and the device still faults. */
HOST_TEST(Close, UnreadEventsAreNoLeak)
{
  uint32_t id, fd;
  uint64_t pa;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1)), 0);
  EXPECT_EQ(kit_veventq(kit, 1, 2, &id, &fd), 0);
  for (unsigned i = 0; i < 6; i++)
    EXPECT_FALSE(kit_dma(kit, KIT_SID, 0x1000 * i, false, &pa));
  iommufd_close(kit->f);
  kit->f = NULL;
}

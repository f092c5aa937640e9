/* Random calls: arguments mostly plausible, often wrong. Nothing may crash or leak, and closing must
 * release everything whatever came before. The same seed makes the same calls. */
#include "kit.h"

#include <string.h>

#include "arch/structs.h"

#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 30, CALLS = 5000 };
#else
enum { ROUNDS = 60, CALLS = 5000 };
#endif

enum { RAM = 1 << 20, DEVICES = 6 };

/* Kinds of IDs, remembered as they are given out; some are stale, and that is wanted. */
enum kind { DEVICE, IOAS, PARENT, NESTED, VIOMMU, OTHER, KINDS, REMEMBERED = 4 };

struct random {
  uint64_t state;
  struct kit *kit;
  uint32_t id[KINDS][REMEMBERED];
  unsigned made[KINDS];
  unsigned char data[8192];
  unsigned successes[IOMMUFD_NR_END];
};

static uint64_t draw(struct random *r, uint64_t below)
{
  uint64_t x = r->state += 0x9e3779b97f4a7c15ull;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ x >> 27) * 0x94d049bb133111ebull;
  return (x ^ x >> 31) % below;
}

static void remember(struct random *r, enum kind kind, uint32_t id)
{
  r->id[kind][r->made[kind]++ % REMEMBERED] = id;
}

/* Mostly one of this kind. Low IDs are often real ones of another. */
static uint32_t any_id(struct random *r, enum kind kind)
{
  if (draw(r, 12))
    return r->id[kind][draw(r, REMEMBERED)];
  return draw(r, 8) ? (uint32_t)draw(r, 24) : (uint32_t)draw(r, UINT64_MAX);
}

static uint64_t any_address(struct random *r)
{
  switch (draw(r, 8)) {
  case 0: return draw(r, UINT64_MAX);
  case 1: return UINT64_MAX - draw(r, 3) * 0x1000;
  case 2: return 0x07ff0000 + draw(r, 64) * 0x1000;
  case 3: return KIT_GPA + draw(r, KIT_RAM);
  default: return KIT_GPA + draw(r, 64) * 0x1000;
  }
}

static uint64_t any_length(struct random *r)
{
  switch (draw(r, 8)) {
  case 0: return draw(r, UINT64_MAX);
  case 1: return UINT64_MAX;
  case 2: return 0;
  case 3: return 32ull << draw(r, 16);
  default: return (draw(r, 16) + 1) * 0x1000;
  }
}

static uint32_t any_small(struct random *r)
{
  return draw(r, 16) ? (uint32_t)draw(r, 4) : (uint32_t)draw(r, UINT64_MAX);
}

static uint32_t mostly_zero(struct random *r)
{
  return draw(r, 16) ? 0 : (uint32_t)draw(r, UINT64_MAX);
}

static uint32_t any_size(struct random *r, size_t size)
{
  return draw(r, 30) ? (uint32_t)size : (uint32_t)draw(r, IOMMUFD_ARG_MAX + 2);
}

/* Part of r->data. */
static struct iommufd_user any_user(struct random *r)
{
  size_t bytes = draw(r, 8) ? sizeof r->data : draw(r, 64);

  return (struct iommufd_user){ draw(r, 16) ? r->data : NULL, bytes };
}

/* A word that is often a command or an STE. */
static void fill_data(struct random *r)
{
  static const unsigned opcodes[] = { 0x10, 0x11, 0x12, 0x13, 0x30, 0x05, 0x06, 0x46 };

  for (unsigned i = 0; i < 64; i++) {
    uint64_t words[2] = { opcodes[draw(r, draw(r, 8) ? 7 : 8)] | (uint64_t)draw(r, 8) << 32, 0 };

    if (draw(r, 40) == 0)
      words[0] = draw(r, UINT64_MAX);
    memcpy(r->data + 16 * i, words, sizeof words);
  }
  if (draw(r, 2)) {
    uint64_t ste[2] = { KIT_STE0, KIT_STE1 };

    ste[0] ^= draw(r, 4) ? 0 : 1ull << draw(r, 64);
    memcpy(r->data, ste, sizeof ste);
  }
}

union any {
  unsigned char bytes[IOMMUFD_ARG_MAX + 16];
  uint32_t size;
  struct iommu_ioas_alloc ioas;
  struct iommu_ioas_iova_ranges ranges;
  struct iommu_ioas_map map;
  struct iommu_ioas_copy copy;
  struct iommu_ioas_unmap unmap;
  struct iommu_hw_info info;
  struct iommu_hwpt_alloc hwpt;
  struct iommu_hwpt_invalidate invalidate;
  struct iommu_viommu_alloc viommu;
  struct iommu_vdevice_alloc vdevice;
  struct iommu_veventq_alloc veventq;
  struct iommu_hw_queue_alloc queue;
  struct iommu_destroy destroy;
};

static void draw_ioas(struct random *r, enum iommufd_nr nr, union any *a)
{
  struct iommufd_memory *ram = draw(r, 16) ? r->kit->ram : NULL;

  switch (nr) {
  case IOMMUFD_NR_IOAS_MAP:
    if (draw(r, 3) == 0) { /* guest RAM as a VMM maps it */
      a->map = (struct iommu_ioas_map){ sizeof a->map, KIT_FIXED_RW, any_id(r, IOAS), 0, ram, 0,
                                        RAM,           KIT_GPA };
      break;
    }
    a->map = (struct iommu_ioas_map){ any_size(r, sizeof a->map),
                                      draw(r, 16) ? 1 + (uint32_t)draw(r, 7) : any_small(r),
                                      any_id(r, IOAS),
                                      mostly_zero(r),
                                      ram,
                                      draw(r, 64) * 0x1000,
                                      any_length(r),
                                      any_address(r) };
    break;
  case IOMMUFD_NR_IOAS_COPY:
    a->copy = (struct iommu_ioas_copy){ any_size(r, sizeof a->copy),
                                        1 + (uint32_t)draw(r, 7),
                                        any_id(r, IOAS),
                                        any_id(r, IOAS),
                                        any_length(r),
                                        any_address(r),
                                        any_address(r) };
    break;
  case IOMMUFD_NR_IOAS_UNMAP:
    a->unmap = (struct iommu_ioas_unmap){ any_size(r, sizeof a->unmap), any_id(r, IOAS),
                                          any_address(r), any_length(r) };
    break;
  default:
    a->ranges = (struct iommu_ioas_iova_ranges){
      any_size(r, sizeof a->ranges), any_id(r, IOAS), any_small(r), mostly_zero(r), any_user(r), 0
    };
    break;
  }
}

static void draw_hwpt(struct random *r, enum iommufd_nr nr, union any *a)
{
  switch (nr) {
  case IOMMUFD_NR_HWPT_ALLOC:
    a->hwpt = (struct iommu_hwpt_alloc){ .size = any_size(r, sizeof a->hwpt),
                                         .flags = draw(r, 4) ? (uint32_t)draw(r, 2) : any_small(r),
                                         .dev_id = any_id(r, DEVICE),
                                         .pt_id = any_id(r, IOAS),
                                         .reserved = mostly_zero(r) };
    if (draw(r, 2)) {
      a->hwpt.flags = mostly_zero(r);
      a->hwpt.pt_id = any_id(r, VIOMMU);
      a->hwpt.data_type = draw(r, 8) ? 2 : any_small(r);
      a->hwpt.data_len = draw(r, 8) ? 16 : any_small(r);
      a->hwpt.data_uptr = any_user(r);
    }
    break;
  case IOMMUFD_NR_GET_HW_INFO:
    a->info = (struct iommu_hw_info){ .size = any_size(r, sizeof a->info),
                                      .flags = any_small(r),
                                      .dev_id = any_id(r, DEVICE),
                                      .data_len = (uint32_t)draw(r, 100),
                                      .data_uptr = any_user(r),
                                      .in_data_type = any_small(r) };
    break;
  default:
    a->invalidate =
      (struct iommu_hwpt_invalidate){ any_size(r, sizeof a->invalidate),
                                      any_id(r, VIOMMU),
                                      any_user(r),
                                      draw(r, 8) ? 1 : any_small(r),
                                      draw(r, 8) ? 16 : any_small(r),
                                      draw(r, 8) ? 1 + (uint32_t)draw(r, draw(r, 2) ? 4 : 64)
                                                 : any_small(r),
                                      mostly_zero(r) };
    break;
  }
}

static void draw_viommu(struct random *r, enum iommufd_nr nr, union any *a)
{
  switch (nr) {
  case IOMMUFD_NR_VIOMMU_ALLOC:
    a->viommu = (struct iommu_viommu_alloc){ any_size(r, sizeof a->viommu),
                                             mostly_zero(r),
                                             draw(r, 8) ? 1 + (uint32_t)draw(r, 2) : any_small(r),
                                             any_id(r, DEVICE),
                                             any_id(r, PARENT),
                                             0,
                                             draw(r, 8) ? 16 : any_small(r),
                                             mostly_zero(r),
                                             any_user(r) };
    break;
  case IOMMUFD_NR_VDEVICE_ALLOC:
    a->vdevice = (struct iommu_vdevice_alloc){ any_size(r, sizeof a->vdevice), any_id(r, VIOMMU),
                                               any_id(r, DEVICE), 0,
                                               draw(r, 8) ? draw(r, 8) : any_address(r) };
    break;
  case IOMMUFD_NR_VEVENTQ_ALLOC:
    a->veventq = (struct iommu_veventq_alloc){ any_size(r, sizeof a->veventq),
                                               mostly_zero(r),
                                               any_id(r, VIOMMU),
                                               any_small(r),
                                               any_small(r),
                                               0,
                                               0,
                                               mostly_zero(r) };
    break;
  default:
    if (draw(r, 2)) {
      a->queue = (struct iommu_hw_queue_alloc){
        sizeof a->queue, 0, any_id(r, VIOMMU), 1, any_small(r), 0, KIT_GPA + draw(r, 64) * 0x1000,
        0x1000
      };
      break;
    }
    a->queue = (struct iommu_hw_queue_alloc){ any_size(r, sizeof a->queue),
                                              mostly_zero(r),
                                              any_id(r, VIOMMU),
                                              draw(r, 8) ? 1 : any_small(r),
                                              any_small(r),
                                              0,
                                              any_address(r),
                                              any_length(r) };
    break;
  }
}

/* IDs that a successful call has given out. */
static void learn(struct random *r, enum iommufd_nr nr, const union any *a)
{
  switch (nr) {
  case IOMMUFD_NR_IOAS_ALLOC: remember(r, IOAS, a->ioas.out_ioas_id); break;
  case IOMMUFD_NR_HWPT_ALLOC:
    remember(r, a->hwpt.data_len ? NESTED : PARENT, a->hwpt.out_hwpt_id);
    break;
  case IOMMUFD_NR_VIOMMU_ALLOC: remember(r, VIOMMU, a->viommu.out_viommu_id); break;
  case IOMMUFD_NR_VDEVICE_ALLOC: remember(r, OTHER, a->vdevice.out_vdevice_id); break;
  case IOMMUFD_NR_VEVENTQ_ALLOC: remember(r, OTHER, a->veventq.out_veventq_id); break;
  case IOMMUFD_NR_HW_QUEUE_ALLOC: remember(r, OTHER, a->queue.out_hw_queue_id); break;
  default: break;
  }
}

/* Calls that only fill or empty the table come rarely. */
static enum iommufd_nr any_call(struct random *r)
{
  static const enum iommufd_nr often[] = { IOMMUFD_NR_IOAS_COPY,       IOMMUFD_NR_IOAS_IOVA_RANGES,
                                           IOMMUFD_NR_IOAS_MAP,        IOMMUFD_NR_IOAS_MAP,
                                           IOMMUFD_NR_HWPT_ALLOC,      IOMMUFD_NR_GET_HW_INFO,
                                           IOMMUFD_NR_HWPT_INVALIDATE, IOMMUFD_NR_VIOMMU_ALLOC,
                                           IOMMUFD_NR_VDEVICE_ALLOC,   IOMMUFD_NR_VEVENTQ_ALLOC,
                                           IOMMUFD_NR_HW_QUEUE_ALLOC,  IOMMUFD_NR_HW_QUEUE_ALLOC };

  if (draw(r, 8) == 0)
    return (enum iommufd_nr)(IOMMUFD_NR_DESTROY + draw(r, 0x15));
  return often[draw(r, sizeof often / sizeof often[0])];
}

static void one_ioctl(struct random *r)
{
  enum iommufd_nr nr = any_call(r);
  union any a;
  int err;

  memset(&a, 0, sizeof a);
  if (draw(r, 200) == 0) { /* pure noise; user pointers stay null */
    nr = (enum iommufd_nr)draw(r, 0x200);
    a.size = (uint32_t)draw(r, 600);
  } else if (nr == IOMMUFD_NR_DESTROY) {
    a.destroy =
      (struct iommu_destroy){ any_size(r, sizeof a.destroy), any_id(r, (enum kind)draw(r, KINDS)) };
  } else if (nr == IOMMUFD_NR_IOAS_ALLOC) {
    a.size = any_size(r, sizeof(struct iommu_ioas_alloc));
  } else if (nr <= IOMMUFD_NR_IOAS_UNMAP) {
    draw_ioas(r, nr, &a);
  } else if (nr <= IOMMUFD_NR_HWPT_INVALIDATE) {
    draw_hwpt(r, nr, &a);
  } else {
    draw_viommu(r, nr, &a);
  }
  fill_data(r);
  err = iommufd_ioctl(r->kit->f, nr, &a);
  if (!err) {
    r->successes[nr]++;
    learn(r, nr, &a);
  }
  if (err > 0 || err < -133)
    ADD_TEST_FAILURE("call 0x%x: %d", (unsigned)nr, err);
}

/* VFIO, mappings, event files, DMA. */
static void one_other(struct random *r)
{
  struct iommufd *f = r->kit->f;
  struct iommufd_device device = { .sid = KIT_SID + (uint32_t)draw(r, DEVICES),
                                   .coherent = draw(r, 8) };
  const uint64_t pos = 0;
  uint64_t address = PLAT_CMDQV_BASE + 0x30000 + draw(r, 4) * 0x20000;
  uint32_t id = any_id(r, DEVICE), to = any_id(r, (enum kind)draw(r, VIOMMU));

  switch (draw(r, 9)) {
  case 0:
    if (iommufd_bind(f, &device, &id) == 0)
      remember(r, DEVICE, id);
    break;
  case 1:
    if (draw(r, 8) == 0)
      iommufd_unbind(f, id);
    break;
  case 2:
  case 3: iommufd_attach(f, id, &to); break;
  case 4: iommufd_detach(f, id); break;
  case 5: iommufd_mmap(f, draw(r, 4) * 0x10000, 0x10000, IOMMUFD_MMAP_SHARED, &address); break;
  case 6: iommufd_munmap(f, address); break;
  case 7:
    if (draw(r, 4))
      iommufd_veventq_read(f, (uint32_t)draw(r, 6), any_user(r), draw(r, 200), &pos);
    else
      iommufd_veventq_close(f, (uint32_t)draw(r, 6));
    break;
  default: kit_dma(r->kit, device.sid, any_address(r), draw(r, 2), &address); break;
  }
}

static void some_calls(struct random *r, unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    r->kit->allocations_ok = draw(r, 20) ? -1 : (long)draw(r, 8);
    if (draw(r, 4))
      one_ioctl(r);
    else
      one_other(r);
  }
  r->kit->allocations_ok = -1;
}

static void begin_round(struct kit *kit, struct random *r, uint64_t seed)
{
  unsigned kind = 2 * (seed & 1);

  r->kit = kit;
  ASSERT_EQ(iommufd_open(kit->host, &kit->f), 0);
  ASSERT_EQ(iommufd_memory_alloc(&kit->plat, RAM, (enum iommufd_memory_kind)kind, seed, &kit->ram),
            0);
  r->state = seed;
}

/* Nothing is left but what the driver keeps for a stream: its part of the Stream table and a CD. */
static void end_round(struct kit *kit, uint64_t before, uint64_t seed)
{
  uint64_t pa;

  iommufd_close(kit->f);
  kit->f = NULL;
  for (uint32_t sid = KIT_SID; sid < KIT_SID + DEVICES; sid++)
    EXPECT_FALSE(kit_dma(kit, sid, KIT_GPA, false, &pa));
  if (kit->allocated > before + 16384 + DEVICES * 64)
    ADD_TEST_FAILURE("seed %llu: %lld bytes of device memory are left", (unsigned long long)seed,
                     (long long)(kit->allocated - before));
  iommufd_memory_put(kit->ram);
  kit->ram = NULL;
}

HOST_TEST(Random, CallsNeverCrashAndClosingReleasesEverything)
{
  static const unsigned missing[] = { 0x82, 0x87, 0x88, 0x8b, 0x8c, 0x8e, 0x8f, 0x92, 0 };
  static struct random r;

  memset(&r, 0, sizeof r);
  iommufd_close(kit->f);
  kit->f = NULL;
  for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
    uint64_t before;

    memset(r.id, 0, sizeof r.id);
    begin_round(kit, &r, seed);
    before = kit->allocated;
    some_calls(&r, CALLS);
    end_round(kit, before, seed);
  }
  for (unsigned nr = IOMMUFD_NR_DESTROY, m = 0; nr < IOMMUFD_NR_END; nr++) {
    m += nr > missing[m] && missing[m];
    if ((r.successes[nr] != 0) == (nr == missing[m]))
      ADD_TEST_FAILURE("call 0x%x succeeded %u times", nr, r.successes[nr]);
  }
}

/* ---- two threads ---- */

static bool second_done;

static void second_thread(void *arg)
{
  static struct random r;

  memset(&r, 0, sizeof r);
  r.state = 77;
  r.kit = arg;
  some_calls(&r, CALLS / 10);
  second_done = true;
}

static void two_threads(struct kit *kit)
{
  static struct random r;
  uint64_t before;

  memset(&r, 0, sizeof r);
  iommufd_close(kit->f);
  for (uint64_t seed = 1; seed <= ROUNDS / 10; seed++) {
    begin_round(kit, &r, seed);
    before = kit->allocated;
    second_done = false;
    EXPECT_EQ(plat_cpu_start(kit->board, 1, second_thread, kit), 0);
    some_calls(&r, CALLS / 10);
    while (!second_done)
      plat_delay(&kit->plat, 1000000);
    end_round(kit, before, seed);
  }
}

TEST_CASE(Random, TwoThreadsOfOneProcess)
{
  static struct kit kit;

  kit_defaults(&kit, two_threads);
  kit.timed = true;
  kit_run(&kit);
}

/* A host with iommufd on a board: what the tests of host_sim/iommufd stand on.
 *
 *   HOST_TEST(Ioas, Claim)              a program on CPU 0 with an open file; afterwards everything
 *   {                                   is closed and every byte of device memory must be back
 *     kit_vm(kit, 1);                   guest RAM, nest parent, vIOMMU of type 1, one vDEVICE
 *     EXPECT_EQ(kit_map(kit, ...), 0);
 *   }
 *
 * A watch (watch/watch.h) sees every record: a stale translation fails the case, with its story.
 * Parts of a VM report a failure when their call fails; calls give what the kernel said. */
#ifndef HOST_TEST_KIT_H
#define HOST_TEST_KIT_H

#include <errno.h>

#include "host_sim/iommufd.h"
#include "plat/board.h"
#include "shim/checked.h"
#include "shim/gtest_c.h"

/* A device, the StreamID its guest knows, and where guest RAM begins. */
enum { KIT_SID = 0x20, KIT_VSID = 5, KIT_COMMANDS = 8192, KIT_CPUS = 4, KIT_LINES = 16 };
#define KIT_GPA      0x40000000ull
#define KIT_RAM      (4ull << 20)
#define KIT_BAD_ID   9999u
#define KIT_RW       (IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE)
#define KIT_FIXED_RW (KIT_RW | IOMMU_IOAS_MAP_FIXED_IOVA)

struct kit_command {
  uint64_t words[2];
  unsigned queue; /* 0: the SMMU's own */
  bool illegal;   /* it stopped the queue instead */
};

struct kit {
  /* before the host is there */
  struct smmu_config smmu;
  struct iommufd_host_options options;
  bool timed;          /* else every access acts at once */
  uint64_t command_ps; /* timed: what a command takes; 0: as neutral */
  int expect_host;     /* what iommufd_host_create() gives; the body runs after 0 */
  void (*body)(struct kit *kit);

  struct engine_memory *memory;
  struct plat_board *board;
  struct plat plat; /* the board's, with counts and failures */
  struct plat_ops ops;
  struct iommufd_host *host;
  struct iommufd *f; /* a body that closes it makes it NULL */

  /* device memory */
  uint64_t allocated;  /* bytes */
  long allocations_ok; /* how many more succeed; negative: all */

  struct checked checked; /* no translation is stale, no rule is broken */

  /* what the device has consumed since kit_watch() */
  bool watched; /* by kit_watch() */
  struct kit_command command[KIT_COMMANDS];
  unsigned commands;

  /* charges of one kind and notes of one kind since the start */
  uint64_t charged[PLAT_COST_COUNT];
  uint64_t noted[PLAT_NOTE_COUNT];
  struct plat_note last_note[PLAT_NOTE_COUNT];
  unsigned logs;

  /* made by kit_vm() and its parts */
  struct iommufd_memory *ram;
  uint32_t dev, ioas, parent, viommu, vdevice;
  uint64_t mmap_offset, mmap_length;
};

void kit_run(struct kit *kit);
void kit_defaults(struct kit *kit, void (*body)(struct kit *kit));

#define HOST_TEST(suite, name) \
  static void kit_body_##suite##_##name(struct kit *kit); \
  TEST_CASE(suite, name) \
  { \
    static struct kit kit; \
\
    kit_defaults(&kit, kit_body_##suite##_##name); \
    kit_run(&kit); \
  } \
  static void kit_body_##suite##_##name(struct kit *kit)

/* ---- parts of a VM; each reports a failure ---- */

uint32_t kit_ioas(struct kit *kit);
uint32_t kit_bind(struct kit *kit, uint32_t sid);
uint32_t kit_parent(struct kit *kit, uint32_t dev, uint32_t ioas);
uint32_t kit_viommu(struct kit *kit, uint32_t type, uint32_t dev, uint32_t parent);
uint32_t kit_vdevice(struct kit *kit, uint32_t viommu, uint32_t dev, uint64_t vsid);
uint32_t kit_nested(struct kit *kit, uint32_t viommu, uint64_t word0, uint64_t word1);
/* Guest RAM at KIT_GPA of kit->ioas. */
void kit_ram(struct kit *kit, enum iommufd_memory_kind kind, uint64_t seed);
/* All of them; kit->dev to kit->vdevice. */
void kit_vm(struct kit *kit, uint32_t type);
/* From here on kit->command is written. */
void kit_watch(struct kit *kit);
/* For kit->checked.finding, where a case breaks rules itself, behind the driver's back. */
void kit_excuse(void *kit, const struct check_finding *finding);
unsigned kit_count(const struct kit *kit, unsigned opcode);

/* ---- calls; what the kernel said ---- */

int kit_map(struct kit *kit, uint32_t ioas, uint32_t flags, uint64_t user_va, uint64_t length,
            uint64_t iova);
int kit_unmap(struct kit *kit, uint32_t ioas, uint64_t iova, uint64_t *length);
int kit_destroy(struct kit *kit, uint32_t id);
int kit_attach(struct kit *kit, uint32_t dev, uint32_t pt);
int kit_hwpt(struct kit *kit, uint32_t dev, uint32_t pt, uint32_t flags, uint32_t *id);
int kit_vste(struct kit *kit, uint32_t viommu, uint64_t word0, uint64_t word1, uint32_t *id);
int kit_queue(struct kit *kit, uint32_t index, uint64_t iova, uint64_t length, uint32_t *id);
int kit_veventq(struct kit *kit, uint32_t type, uint32_t depth, uint32_t *id, uint32_t *fd);
/* Commands as words; *num in: how many, out: entry_num. */
int kit_invalidate(struct kit *kit, const uint64_t (*words)[2], uint32_t *num);
int kit_mmap(struct kit *kit, uint64_t *address);

/* A read by the device; true: translated to *pa. */
bool kit_dma(struct kit *kit, uint32_t sid, uint64_t addr, bool write, uint64_t *pa);

/* ---- the guest's own structures ---- */

/* Where the guest keeps them: CD, then three levels of a stage 1 table; one page each. */
#define KIT_CD    (KIT_GPA + 0x1000)
#define KIT_TABLE (KIT_GPA + 0x2000)
/* STE words of a guest with stage 1, SubstreamIDs off. */
#define KIT_STE0 (1ull | 5ull << 1 | KIT_CD)
#define KIT_STE1 (2ull | 1ull << 2 | 1ull << 4 | 3ull << 6)
void kit_store(struct kit *kit, uint64_t gpa, uint64_t value);
/* CD with this ASID; stage 1 that maps va (below 2 MB) to gpa. */
void kit_guest_tables(struct kit *kit, unsigned asid);
void kit_guest_map(struct kit *kit, uint64_t va, uint64_t gpa);
void kit_guest_unmap(struct kit *kit, uint64_t va);

#endif

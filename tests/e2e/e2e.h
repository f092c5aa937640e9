/* A whole world for tests: a device on engine `now` or `timed`, a board, a host with iommufd, and
 * up to two VMs, each with a guest kernel.
 *
 *   E2E_TEST(Trapped, Claim)               runs on now and timed
 *   {
 *     e2e->spec.cmdqv = true;              what is not the default, before e2e_make()
 *     e2e_make(e2e);                       host and VMs exist
 *     e2e_guest(e2e, 0, program);          the guest of VM 0 boots, runs program(guest, e2e), ends
 *   }
 *
 * CPU 0 is the host's; VM v has CPUs 1 + 4 v to 4 + 4 v. Every VM has two devices: guest
 * StreamIDs 5 and 300, on the host 16 + 2 v and 17 + 2 v. */
#ifndef TESTS_E2E_E2E_H
#define TESTS_E2E_E2E_H

#include "guest_sim/benchmark.h"
#include "guest_sim/guest_os.h"
#include "host_sim/vmm.h"
#include "plat/board.h"
#include "shim/gtest_c.h"

enum { E2E_VMS = 2, E2E_VCPUS = 4, E2E_DEVICES = 2, E2E_NOW = 0, E2E_TIMED = 1 };
enum { E2E_SID0 = 5, E2E_SID1 = 300 };

extern const char *const e2e_engines[2];

struct e2e_spec {
  int engine;
  unsigned vms, vcpus; /* default 1 and 2 */
  bool cmdqv;          /* of the host and of every VM */
  bool host_cmdqv;     /* of the host alone */
  bool ats;            /* of the SMMU, of every VM and every device */
  bool bypass_vcmdq, lazy, ril;
  unsigned lvcmdqs; /* of a host VINTF: default 4 */
  enum vmm_policy policy;
  enum iommufd_memory_kind backing;
  uint64_t backing_seed, ram_bytes; /* default 1, 32 MB */
  uint64_t seed;
  uint32_t switch_permille;
  bool host_without_ril;
  uint32_t sid0;                  /* of the guest kernel's first device: default E2E_SID0 */
  const struct plat_costs *costs; /* default: neutral */
  const struct timed_profile *profile;
};

struct e2e {
  struct e2e_spec spec;
  struct engine_memory *memory;
  struct plat_board *board;
  struct iommufd_host *host;
  struct vmm *vm[E2E_VMS];
  struct guest *guest[E2E_VMS];
  struct plat_watch watch;
  unsigned logs; /* lines written */
  char last_log[256];
  uint64_t guest_events[E2E_VMS]; /* records that reached a guest's driver */
  uint64_t guest_event[E2E_VMS][4];
  unsigned ats_on, ats_off; /* times a device's ATS was switched, by host or guest */
  bool check_ram;           /* at the end all memory of the host must be free: takes time */
  void *user;               /* the test's */
};

void e2e_begin(struct e2e *e2e, int engine);
void e2e_make(struct e2e *e2e);
/* Destroy everything. */
void e2e_end(struct e2e *e2e);

/* Instead: no VMs, and guest[0] is a kernel on the bare host, CPU n being the board's. */
void e2e_make_bare(struct e2e *e2e);

/* Run programs to their end. */
void e2e_host(struct e2e *e2e, void (*program)(struct e2e *e2e));
void e2e_guest(struct e2e *e2e, unsigned vm, void (*program)(struct guest *guest, void *e2e));
void e2e_run(struct e2e *e2e);

/* A device of a VM reads or writes; on any CPU. */
struct smmu_result e2e_dma(struct e2e *e2e, unsigned vm, unsigned device, uint64_t addr,
                           bool write);
uint32_t e2e_host_sid(unsigned vm, unsigned device);
/* Calls of the host's driver and of a VM since an earlier reading. */
struct e2e_counts {
  struct vmm_counts vm;
  struct drv_counts host, guest;
};
struct e2e_counts e2e_counts(struct e2e *e2e, unsigned vm);
struct e2e_counts e2e_since(struct e2e *e2e, unsigned vm, const struct e2e_counts *before);

#define E2E_TEST(suite, name) \
  static void e2e_body_##suite##_##name(struct e2e *e2e); \
  PARAM_TEST_CASE(suite, name, e2e_engines, 2) \
  { \
    struct e2e e2e; \
\
    e2e_begin(&e2e, param); \
    e2e_body_##suite##_##name(&e2e); \
    e2e_end(&e2e); \
  } \
  static void e2e_body_##suite##_##name(struct e2e *e2e)

#endif

/* Configurations of VMs: those that cannot be are refused with a reason, and so are hosts that
 * lack what they ask for. */
#include "e2e.h"

#include <errno.h>

struct attempt {
  struct vmm_config config;
  int err;
  char why[160];
};

static void make_one(struct e2e *e2e)
{
  struct attempt *a = e2e->user;
  struct vmm *vm;

  a->err = vmm_create(&vm, &a->config, a->why, sizeof a->why);
  if (a->err == 0)
    vmm_destroy(vm);
}

static int try(struct e2e *e2e, struct attempt a, const char *why)
{
  e2e->user = &a;
  a.config.board = e2e->board;
  a.config.host = e2e->host;
  e2e_host(e2e, make_one);
  EXPECT_STR_CONTAINS(a.why, why);
  return a.err;
}

static struct attempt sound(void)
{
  return (struct attempt){ .config = { .ram_bytes = 4 << 20,
                                       .vcpus = 2,
                                       .vcpu_cpu = { 1, 2 },
                                       .irq_line = SMMU_SIGNAL_COUNT,
                                       .devices = 2,
                                       .device = { { .host_sid = 20, .guest_sid = 1 },
                                                   { .host_sid = 21, .guest_sid = 2 } } } };
}

#define REFUSED(e2e, change, text) \
  do { \
    struct attempt attempt = sound(); \
\
    attempt.config.change; \
    EXPECT_EQ(try(e2e, attempt, text), -EINVAL); \
  } while (0)

E2E_TEST(Vm, ThatContradictsItselfIsRefusedWithAReason)
{
  e2e->spec.vms = 0;
  e2e_make(e2e);
  EXPECT_EQ(try(e2e, sound(), ""), 0);
  REFUSED(e2e, ram_bytes = 0, "ram_bytes");
  REFUSED(e2e, ram_bytes = 3 << 20, "ram_bytes");
  REFUSED(e2e, vcpus = 0, "vcpus");
  REFUSED(e2e, vcpus = 65, "vcpus");
  REFUSED(e2e, vcpu_cpu[1] = 1, "vcpus");
  REFUSED(e2e, irq_line = 4, "irq_line");
  REFUSED(e2e, devices = 17, "devices");
  REFUSED(e2e, device[1].guest_sid = 1, "guest_sid");
  REFUSED(e2e, device[1].guest_sid = 65536, "guest_sid");
  REFUSED(e2e, cmdqs_log2 = 20, "cmdqs_log2");
  REFUSED(e2e, lvcmdqs = 3, "lvcmdqs");
  REFUSED(e2e, cmdqv = true, "cmdqv");
}

E2E_TEST(Vm, WithRangesNeedsAHostThatHasThem)
{
  struct attempt a = sound();

  e2e->spec.vms = 0;
  e2e->spec.host_without_ril = true;
  e2e_make(e2e);
  a.config.ril = true;
  EXPECT_EQ(try(e2e, a, "ril"), -EINVAL);
}

E2E_TEST(Vm, NamesTheStepThatFailed)
{
  struct attempt a = sound();

  e2e_make(e2e); /* VM 0 has streams 16 and 17 */
  a.config.irq_line += VMM_IRQ_LINES;
  a.config.device[1].host_sid = 16;
  EXPECT_EQ(try(e2e, a, "bind a device"), -EBUSY);
  a = sound();
  a.config.irq_line = 5000;
  EXPECT_EQ(try(e2e, a, "interrupt lines"), -EINVAL);
}

E2E_TEST(Vm, WithMoreQueuesThanAVintfHasIsRefused)
{
  struct attempt a = sound();

  e2e->spec.vms = 0;
  e2e->spec.host_cmdqv = true;
  e2e_make(e2e);
  a.config.cmdqv = true;
  a.config.lvcmdqs = 8;
  EXPECT_EQ(try(e2e, a, "use the host's CMDQV"), -EINVAL);
  a.config.lvcmdqs = 2;
  EXPECT_EQ(try(e2e, a, ""), 0);
}

E2E_TEST(Vm, WithoutDevicesHasAnSmmuAllTheSame)
{
  struct attempt a = sound();

  e2e->spec.vms = 0;
  e2e_make(e2e);
  a.config.devices = 0;
  EXPECT_EQ(try(e2e, a, ""), 0);
}

/* What traps cost, to the picosecond: engine `now`, and nothing costs anything but what is
 * given. */
#include "raw.h"

#include <string.h>

/* Round numbers that cannot be taken for one another. */
enum { EXIT = 1000000, ENTRY = 200000, ACCESS = 30000, COMMAND = 4000, INJECT = 500, READ = 60 };

struct priced {
  void (*program)(struct raw *raw);
  struct plat_costs costs;
  struct e2e_spec spec;
};

static void run_priced(struct priced *p)
{
  struct e2e e2e;

  e2e_begin(&e2e, E2E_NOW);
  e2e.spec.costs = &p->costs;
  e2e.spec.cmdqv = p->spec.cmdqv;
  e2e.spec.policy = p->spec.policy;
  e2e.spec.switch_permille = p->spec.switch_permille;
  e2e_make(&e2e);
  raw_run(&e2e, 0, p->program);
  e2e_end(&e2e);
}

static struct priced priced(void (*program)(struct raw *raw))
{
  struct priced p = { .program = program };

  p.costs.ps[PLAT_COST_VM_EXIT] = EXIT;
  p.costs.ps[PLAT_COST_VM_ENTRY] = ENTRY;
  p.costs.ps[PLAT_COST_VMM_ACCESS] = ACCESS;
  p.costs.ps[PLAT_COST_VMM_COMMAND] = COMMAND;
  p.costs.ps[PLAT_COST_VM_IRQ] = INJECT;
  p.costs.ps[PLAT_COST_MMIO_READ] = READ;
  return p;
}

static uint64_t time_of_read(struct raw *raw, uint64_t addr)
{
  uint64_t start = plat_now_ps(raw->p);

  plat_mmio_read(raw->p, addr, 4);
  return plat_now_ps(raw->p) - start;
}

static uint64_t time_of_commands(struct raw *raw, const char *text)
{
  uint64_t start;

  raw_put(raw, text);
  start = plat_now_ps(raw->p);
  raw_ring(raw);
  return plat_now_ps(raw->p) - start;
}

static void trap(struct raw *raw)
{
  raw_up(raw);
  EXPECT_EQ(time_of_read(raw, PLAT_SMMU_BASE), EXIT + ACCESS + ENTRY);
  EXPECT_EQ(time_of_read(raw, PLAT_SMMU_BASE + OFF_CMDQ_CONS), EXIT + ACCESS + ENTRY);
  EXPECT_EQ(time_of_commands(raw, "SYNC; SYNC; SYNC"), EXIT + ACCESS + 3 * COMMAND + ENTRY);
  EXPECT_EQ(time_of_commands(raw, "SYNC cs=1"), EXIT + ACCESS + COMMAND + INJECT + ENTRY);
}

TEST_CASE(Costs, ATrapIsExitAccessCommandsAndEntry)
{
  struct priced p = priced(trap);

  run_priced(&p);
}

static void mapped(struct raw *raw)
{
  uint64_t page0 = PLAT_CMDQV_BASE + cmdqv_lvcmdq_page0(0, 0);

  EXPECT_EQ(time_of_read(raw, page0), EXIT + ACCESS + ENTRY);
  raw_set_cmdqv(raw, cmdqv_vintf(0) + OFF_VINTF_CONFIG, 1);
  EXPECT_EQ(time_of_read(raw, page0), READ);
}

TEST_CASE(Costs, AMappedPageCostsARegisterAccess)
{
  struct priced p = priced(mapped);

  p.spec.cmdqv = true;
  run_priced(&p);
}

enum { CALL = 7000000, CONVERT = 10000 };

static void invalidate_batch(struct raw *raw)
{
  raw_up(raw);
  EXPECT_EQ(time_of_commands(raw, "TLBI_NH_ALL; TLBI_NH_ALL; TLBI_NH_ALL; SYNC"),
            EXIT + ACCESS + 4 * COMMAND + CALL + 3 * CONVERT + ENTRY);
}

static void invalidate_each(struct raw *raw)
{
  raw_up(raw);
  EXPECT_EQ(time_of_commands(raw, "TLBI_NH_ALL; TLBI_NH_ALL; TLBI_NH_ALL; SYNC"),
            EXIT + ACCESS + 4 * COMMAND + 3 * CALL + 3 * CONVERT + ENTRY);
}

TEST_CASE(Costs, ABatchIsOneSystemCall)
{
  struct priced p = priced(invalidate_batch);

  p.costs.ps[PLAT_COST_IOCTL] = CALL;
  p.costs.ps[PLAT_COST_IOCTL_COMMAND] = CONVERT;
  p.costs.ps[PLAT_COST_MMIO_READ] = 0;
  run_priced(&p);
  p.program = invalidate_each;
  p.spec.policy = VMM_POLICY_PER_COMMAND;
  run_priced(&p);
}

/* ---- two vCPUs ---- */

struct other {
  struct raw *raw;
  uint64_t at, took;
};

static void read_once(void *arg)
{
  struct other *o = arg;

  plat_delay(o->raw->p, o->at);
  o->took = time_of_read(o->raw, PLAT_SMMU_BASE);
}

static void alternate(struct raw *raw)
{
  struct other o = { .raw = raw, .at = 10000000 };

  EXPECT_EQ(time_of_read(raw, PLAT_SMMU_BASE), EXIT + ACCESS + ENTRY);
  EXPECT_EQ(vmm_vcpu_start(raw->e2e->vm[0], 1, read_once, &o), 0);
  plat_delay(raw->p, 20000000);
  EXPECT_EQ(o.took, EXIT + 2 * ACCESS + ENTRY);
  EXPECT_EQ(time_of_read(raw, PLAT_SMMU_BASE), EXIT + 2 * ACCESS + ENTRY);
}

/* What is done under the lock is dearer for a CPU that did not hold it last. */
TEST_CASE(Costs, ALockThatMovesMakesItsHolderSlow)
{
  struct priced p = priced(alternate);

  p.spec.switch_permille = 2000;
  run_priced(&p);
}

enum { WAKE = 80000000 };

static void contend(struct raw *raw)
{
  struct other o = { .raw = raw };
  uint64_t start;

  EXPECT_EQ(vmm_vcpu_start(raw->e2e->vm[0], 1, read_once, &o), 0);
  start = plat_now_ps(raw->p);
  plat_mmio_read(raw->p, PLAT_SMMU_BASE, 4);
  EXPECT_EQ(plat_now_ps(raw->p) - start, EXIT + ACCESS + ENTRY);
  plat_delay(raw->p, 2 * WAKE);
  EXPECT_EQ(o.took, EXIT + ACCESS + WAKE + ACCESS + ENTRY); /* slept while the other had it */
  EXPECT_EQ(e2e_counts(raw->e2e, 0).vm.lock_slept, 1);
}

TEST_CASE(Costs, WhoFindsTheLockTakenSleepsAndIsWoken)
{
  struct priced p = priced(contend);

  p.costs.ps[PLAT_COST_VMM_WAKE] = WAKE;
  run_priced(&p);
}

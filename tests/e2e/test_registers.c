/* Registers of the emulated SMMU: what the guest is told, what it can write and when. */
#include "raw.h"

static uint64_t read8(struct raw *raw, uint64_t offset)
{
  return plat_mmio_read(raw->p, PLAT_SMMU_BASE + offset, 8);
}

static uint64_t read4(struct raw *raw, uint64_t offset)
{
  return plat_mmio_read(raw->p, PLAT_SMMU_BASE + offset, 4);
}

static void write4(struct raw *raw, uint64_t offset, uint64_t value)
{
  plat_mmio_write(raw->p, PLAT_SMMU_BASE + offset, value, 4);
}

static void write8(struct raw *raw, uint64_t offset, uint64_t value)
{
  plat_mmio_write(raw->p, PLAT_SMMU_BASE + offset, value, 8);
}

RAW_TEST(Registers, TellOfStage1WithoutMsiSevAtsPriAndStalls)
{
  uint64_t idr0 = raw_reg(raw, OFF_IDR0);

  EXPECT_EQ(GET(IDR0, S1P, idr0), 1);
  EXPECT_EQ(GET(IDR0, S2P, idr0), 0);
  EXPECT_EQ(GET(IDR0, MSI, idr0), 0);
  EXPECT_EQ(GET(IDR0, SEV, idr0), 0);
  EXPECT_EQ(GET(IDR0, ATS, idr0), 0);
  EXPECT_EQ(GET(IDR0, PRI, idr0), 0);
  EXPECT_EQ(GET(IDR0, HYP, idr0), 0);
  EXPECT_EQ(GET(IDR0, COHACC, idr0), 1);
  EXPECT_EQ(GET(IDR0, STALL_MODEL, idr0), 1);
  EXPECT_EQ(GET(IDR1, SIDSIZE, raw_reg(raw, OFF_IDR1)), 16);
  EXPECT_EQ(GET(IDR1, CMDQS, raw_reg(raw, OFF_IDR1)), 17); /* 2 MB pages */
  EXPECT_EQ(GET(IDR3, RIL, raw_reg(raw, OFF_IDR3)), 0);
  EXPECT_EQ(GET(IDR5, GRAN4K, raw_reg(raw, OFF_IDR5)), 1);
  raw_set(raw, OFF_IDR0, 0);
  EXPECT_EQ(raw_reg(raw, OFF_IDR0), idr0);
}

static void expect_ril_and_small_queues(struct raw *raw)
{
  EXPECT_EQ(GET(IDR3, RIL, raw_reg(raw, OFF_IDR3)), 1);
  EXPECT_EQ(GET(IDR1, CMDQS, raw_reg(raw, OFF_IDR1)), 8); /* 4 KB pages */
}

E2E_TEST(Registers, FollowTheConfigurationOfTheVm)
{
  e2e->spec.ril = true;
  e2e->spec.backing = IOMMUFD_MEMORY_SCATTERED;
  e2e_make(e2e);
  raw_run(e2e, 0, expect_ril_and_small_queues);
}

RAW_TEST(Registers, AreTheSameOnBothPages)
{
  write4(raw, OFF_EVENTQ_CONS, 5);
  EXPECT_EQ(read4(raw, OFF_EVENTQ_CONS & 0xffff), 5);
  write4(raw, (OFF_EVENTQ_CONS & 0xffff), 6);
  EXPECT_EQ(read4(raw, OFF_EVENTQ_CONS), 6);
  EXPECT_EQ(read4(raw, 0x10000 + OFF_IDR1), read4(raw, OFF_IDR1));
}

RAW_TEST(Registers, Of64BitsCanBeReachedByHalvesAndOthersNotAsWholes)
{
  write8(raw, OFF_STRTAB_BASE, 0x123456789ac0);
  EXPECT_EQ(read4(raw, OFF_STRTAB_BASE), 0x56789ac0);
  EXPECT_EQ(read4(raw, OFF_STRTAB_BASE + 4), 0x1234);
  write4(raw, OFF_STRTAB_BASE + 4, 0x77);
  EXPECT_EQ(read8(raw, OFF_STRTAB_BASE), 0x7756789ac0);
  EXPECT_EQ(read8(raw, OFF_CR0), 0);
  write8(raw, OFF_CR1, 0x5);
  EXPECT_EQ(read4(raw, OFF_CR1), 0);
  EXPECT_EQ(read4(raw, OFF_CR0 + 0x700), 0);
}

RAW_TEST(Registers, ThatDependOnAnEnableTakeNoWritesWhileItIsOn)
{
  raw_up(raw);
  write8(raw, OFF_STRTAB_BASE, 0);
  write4(raw, OFF_STRTAB_BASE_CFG, 0);
  write8(raw, OFF_CMDQ_BASE, 0);
  write4(raw, OFF_CMDQ_CONS, 7);
  write8(raw, OFF_EVENTQ_BASE, 0);
  write4(raw, OFF_CR2, 3);
  EXPECT_EQ(read8(raw, OFF_STRTAB_BASE), raw->strtab);
  EXPECT_EQ(read4(raw, OFF_STRTAB_BASE_CFG), RAW_STRTAB_LOG2);
  EXPECT_EQ(read8(raw, OFF_CMDQ_BASE), raw->cmdq | RAW_LOG2);
  EXPECT_EQ(read4(raw, OFF_CMDQ_CONS), 0);
  EXPECT_EQ(read8(raw, OFF_EVENTQ_BASE), raw->eventq | RAW_LOG2);
  EXPECT_EQ(read4(raw, OFF_CR2), 0);
  raw_set(raw, OFF_CR0, 0);
  write4(raw, OFF_CMDQ_CONS, 7);
  EXPECT_EQ(read4(raw, OFF_CMDQ_CONS), 7);
}

RAW_TEST(Registers, AcknowledgeAtOnceWhatTheyHave)
{
  raw_set(raw, OFF_CR0, 0x1df);
  EXPECT_EQ(raw_reg(raw, OFF_CR0), 0xd); /* no PRI, no ATSCHK, no VMW */
  EXPECT_EQ(raw_reg(raw, OFF_CR0ACK), 0xd);
  raw_set(raw, OFF_IRQ_CTRL, 7);
  EXPECT_EQ(raw_reg(raw, OFF_IRQ_CTRL), 5);
  EXPECT_EQ(raw_reg(raw, OFF_IRQ_CTRLACK), 5);
}

RAW_TEST(Registers, OfMsisDoNotExist)
{
  write8(raw, OFF_GERROR_IRQ_CFG0, 0x1000);
  write4(raw, OFF_GERROR_IRQ_CFG1, 0x1000);
  write8(raw, OFF_EVENTQ_IRQ_CFG0, 0x1000);
  EXPECT_EQ(read8(raw, OFF_GERROR_IRQ_CFG0), 0);
  EXPECT_EQ(read4(raw, OFF_GERROR_IRQ_CFG1), 0);
  EXPECT_EQ(read8(raw, OFF_EVENTQ_IRQ_CFG0), 0);
}

/* ---- events ---- */

/* Faults until the queue of 2^2 records is full, and two more. */
static void fault(struct raw *raw, unsigned times)
{
  for (unsigned i = 0; i < times; i++) {
    e2e_dma(raw->e2e, 0, 0, 0x5000, true);
    raw_wait(raw);
  }
}

/* A stream whose CD is not valid. */
static void make_faulting(struct raw *raw, uint64_t eventq)
{
  uint64_t cd;

  raw_up(raw);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_EVENTQ_BASE, eventq);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN) | MASK(CR0, EVENTQEN) | MASK(CR0, SMMUEN));
  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &cd), 0);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_S1 | cd, 0);
  raw_cmds(raw, "CFGI_STE sid=5; SYNC");
}

RAW_TEST(Registers, EventsFillTheQueueAndThenOverflowIt)
{
  uint64_t eventq;

  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &eventq), 0);
  make_faulting(raw, eventq | 2);
  fault(raw, 4);
  EXPECT_EQ(raw_reg(raw, OFF_EVENTQ_PROD), 4);
  fault(raw, 2);
  EXPECT_EQ(raw_reg(raw, OFF_EVENTQ_PROD), 4 | 1u << 31);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_EVENTQ], 4);
  raw_set(raw, OFF_EVENTQ_CONS, 4 | 1u << 31);
  fault(raw, 1);
  EXPECT_EQ(raw_reg(raw, OFF_EVENTQ_PROD), 5 | 1u << 31);
  EXPECT_EQ(plat_load64(raw->p, eventq) >> 32, E2E_SID0);
  EXPECT_EQ(e2e_counts(raw->e2e, 0).vm.events, 5);
  EXPECT_EQ(e2e_counts(raw->e2e, 0).vm.events_lost, 2);
}

RAW_TEST(Registers, AnEventQueueOutsideRamIsAGlobalError)
{
  make_faulting(raw, 0x1000 | 4);
  fault(raw, 1);
  EXPECT_EQ(raw_reg(raw, OFF_GERROR), MASK(GERROR, EVENTQ_ABT_ERR));
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_GERROR], 1);
  fault(raw, 1);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_GERROR], 1);
  raw_acknowledge(raw);
  fault(raw, 1);
  EXPECT_EQ(raw_reg(raw, OFF_GERROR), 0);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_GERROR], 2);
}

RAW_TEST(Registers, InterruptsAreSilentWhenTheyAreOff)
{
  uint64_t eventq;

  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &eventq), 0);
  make_faulting(raw, eventq | 2);
  raw_set(raw, OFF_IRQ_CTRL, 0);
  fault(raw, 1);
  raw_cmds(raw, "OP_0x99");
  raw_wait(raw);
  EXPECT_EQ(raw_reg(raw, OFF_EVENTQ_PROD), 1);
  EXPECT_TRUE(raw_has_error(raw));
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_EVENTQ], 0);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_GERROR], 0);
}

/* ---- more events than the host keeps ---- */

enum { STORM = 1300, LONG_QUEUE = 1 << 12 };

static void cause_storm(void *arg)
{
  struct raw *raw = arg;

  for (unsigned i = 0; i < STORM; i++) {
    e2e_dma(raw->e2e, 0, 0, 0x5000, true);
    plat_delay(raw->p, 1500000); /* the host's driver keeps up */
  }
}

static void storm_under_lock(struct raw *raw)
{
  uint64_t eventq, ring;
  struct vmm_counts c;

  EXPECT_EQ(plat_dma_alloc(raw->p, 32 << 11, 32 << 11, &eventq), 0);
  EXPECT_EQ(plat_dma_alloc(raw->p, 16ULL * LONG_QUEUE, 16ULL * LONG_QUEUE, &ring), 0);
  make_faulting(raw, eventq | 11);
  raw_set(raw, OFF_CR0, MASK(CR0, EVENTQEN) | MASK(CR0, SMMUEN));
  for (unsigned i = 0; i < LONG_QUEUE; i++)
    plat_store64(raw->p, ring + 16ULL * i, CMD_TLBI_NH_ALL);
  raw_set(raw, OFF_CMDQ_BASE, ring | 12);
  raw_set(raw, OFF_CMDQ_PROD, raw_reg(raw, OFF_CMDQ_CONS) ^ 0x1000);
  EXPECT_EQ(vmm_vcpu_start(raw->e2e->vm[0], 1, cause_storm, raw), 0);
  /* One trap that keeps the big lock until the storm is over: nobody reads the host's queue. */
  raw_set(raw, OFF_CR0, 0xd);
  plat_delay(raw->p, 10000000000);
  c = e2e_counts(raw->e2e, 0).vm;
  EXPECT_EQ(c.commands, LONG_QUEUE + 2);
  EXPECT_EQ(c.events + c.events_lost, STORM);
  EXPECT_EQ(c.events, 1024);
}

E2E_TEST(Registers, EventsThatTheHostCouldNotKeepAreCounted)
{
  e2e->spec.policy = VMM_POLICY_PER_COMMAND;
  e2e_make(e2e);
  raw_run(e2e, 0, storm_under_lock);
}

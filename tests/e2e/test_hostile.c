/* A guest that writes anything anywhere: nothing crashes, nothing hangs, and the host and the other
 * VM go on. */
#include "raw.h"

#include <stdlib.h>

enum { ACCESSES = 100000 };

static uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

static uint64_t seed_of_run(void)
{
  const char *text = getenv("SMMULATOR_SEED");

  return text ? strtoull(text, NULL, 0) : 1;
}

/* Values that get far: addresses in RAM with a size, small numbers, single bits, noise. */
static uint64_t value(uint64_t *state)
{
  uint64_t r = draw(state);

  switch (r % 6) {
  case 0: return VMM_RAM_BASE + (draw(state) % (32ULL << 20) & ~0xfffULL) + (r >> 8) % 16;
  case 1: return (r >> 8) % 32;
  case 2: return 1ULL << (r >> 8) % 64;
  case 3: return draw(state);
  case 4: return (VMM_RAM_BASE + (r >> 8) % (64ULL << 20)) | ((r >> 40) % 32);
  default: return (r >> 8) & 0xfffff;
  }
}

static uint64_t register_address(uint64_t *state)
{
  static const uint32_t often[] = {
    OFF_CR0,         OFF_CR0,         OFF_CMDQ_PROD,       OFF_CMDQ_PROD,
    OFF_CMDQ_PROD,   OFF_CMDQ_BASE,   OFF_GERRORN,         OFF_GERRORN,
    OFF_GBPA,        OFF_STRTAB_BASE, OFF_STRTAB_BASE_CFG, OFF_EVENTQ_BASE,
    OFF_EVENTQ_CONS, OFF_CMDQ_CONS
  };
  uint64_t r = draw(state), offset;

  switch (r % 8) {
  case 0: offset = (r >> 8) % 0x21000; break;
  case 1:
  case 2: offset = often[(r >> 8) % (sizeof often / sizeof *often)]; break;
  case 3: return PLAT_CMDQV_BASE + (r >> 8) % 0x60000;
  case 4:
    return PLAT_CMDQV_BASE + ((r >> 8) % 5) * 0x10000 + ((r >> 16) % 6) * 0x80 + (r >> 24) % 32;
  case 5: return PLAT_CMDQV_BASE + cmdqv_vintf(0) + (r >> 8) % 0x100;
  case 6: return PLAT_CMDQV_BASE + ((r >> 8) & 1 ? 0x200 + (r >> 16) % 16 : (r >> 16) % 0x30);
  default: offset = (r >> 8) % 0x200; break;
  }
  return PLAT_SMMU_BASE + offset;
}

/* Words that look like what the VMM reads: commands, STEs, level 1 descriptors. */
static uint64_t word(uint64_t *state)
{
  static const uint8_t opcodes[] = { 0x01, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12,
                                     0x13, 0x30, 0x40, 0x46, 0x46, 0x46, 0x28, 0x99 };
  uint64_t r = draw(state);

  switch (r % 4) {
  case 0: return opcodes[(r >> 8) % sizeof opcodes] | (r >> 16) % 400 << 32;
  case 1: return value(state) | 1 | (r >> 8) % 8 << 1;
  case 2: return value(state);
  default: return 0;
  }
}

#define STRTAB  (VMM_RAM_BASE + 0x80000)
#define RING(n) (VMM_RAM_BASE + 0x10000ULL * (1 + (n)))

/* What a driver would do, so that the rest meets a machine that works. */
static void repair(struct raw *raw, uint64_t *state)
{
  uint64_t r = draw(state);

  raw_set(raw, OFF_CR0, 0);
  raw_set(raw, OFF_CMDQ_BASE, RING(0) | (2 + r % 7));
  raw_set(raw, OFF_STRTAB_BASE, STRTAB);
  raw_set(raw, OFF_STRTAB_BASE_CFG, 9 | (r >> 8) % 2 << 16 | 8 << 6);
  raw_set(raw, OFF_EVENTQ_BASE, RING(1) | (r >> 16) % 5);
  raw_set(raw, OFF_IRQ_CTRL, 5);
  raw_set(raw, OFF_GERRORN, raw_reg(raw, OFF_GERROR));
  raw_set(raw, OFF_CR0, 0xd);
}

static void send_some(struct raw *raw, uint64_t *state)
{
  uint64_t prod = raw_reg(raw, OFF_CMDQ_PROD), size = 1ULL << raw_reg(raw, OFF_CMDQ_BASE) % 9;
  unsigned count = (unsigned)draw(state) % 20;

  for (unsigned i = 0; i < count; i++) {
    uint64_t slot = RING(0) + 16 * ((prod + i) % size), command = word(state);

    if (draw(state) % 4)
      command = (command & ~(0xffULL << 8)) | (command >> 32 ? 0 : 5ULL << 32);
    plat_store64(raw->p, slot, command);
    plat_store64(raw->p, slot + 8, draw(state) % 3 ? 0 : value(state));
  }
  raw_set(raw, OFF_CMDQ_PROD, prod + count);
}

static void change_stream(struct raw *raw, uint64_t *state)
{
  uint64_t r = draw(state), ste = STRTAB + 64ULL * (r & 1 ? E2E_SID0 : E2E_SID1);

  plat_store64(raw->p, ste, 1 | (r >> 8) % 8 << 1 | (r >> 16) % 3 << 4 | RING((r >> 24) % 16));
  plat_store64(raw->p, ste + 8, (r >> 32) % 2 ? 0 : draw(state));
  plat_store64(raw->p, STRTAB + 8 * ((r >> 40) % 2), (STRTAB & ~0xfffULL) | (r >> 48) % 11);
}

static void use_vcmdq(struct raw *raw, uint64_t *state)
{
  uint64_t r = draw(state), ring = RING(2 + r % 4), page0 = cmdqv_lvcmdq_page0(0, r % 4);

  raw_set_cmdqv(raw, OFF_CMDQV_CONFIG, 0x20082 | ((r >> 8) % 8 != 0));
  raw_set_cmdqv(raw, cmdqv_vintf(0) + OFF_VINTF_CONFIG, (r >> 16) % 8 != 0);
  raw_set_cmdqv(raw, OFF_CMDQV_CMDQ_ALLOC_MAP + 4 * (r % 4), (r >> 24) % 8 != 0);
  raw_set_cmdqv64(raw, cmdqv_lvcmdq_page1(0, r % 4) + OFF_VCMDQ_BASE, ring | (1 + (r >> 32) % 8));
  raw_set_cmdqv(raw, page0 + OFF_VCMDQ_CONFIG, 1);
  for (unsigned i = 0; i < 8; i++)
    plat_store64(raw->p, ring + 16ULL * i, word(state));
  raw_set_cmdqv(raw, page0 + OFF_VCMDQ_PROD_INDX, (uint32_t)(r >> 40 & 7));
  raw_set_cmdqv(raw, page0 + OFF_VCMDQ_GERRORN, raw_cmdqv(raw, page0 + OFF_VCMDQ_GERROR));
}

static void help(struct raw *raw, uint64_t *state)
{
  switch (draw(state) % 8) {
  case 0: repair(raw, state); break;
  case 1: change_stream(raw, state); break;
  case 2: use_vcmdq(raw, state); break;
  case 3: e2e_dma(raw->e2e, 0, draw(state) % 2, value(state), draw(state) % 2); break;
  default: send_some(raw, state);
  }
}

static void misbehave(struct raw *raw, uint64_t seed, unsigned accesses)
{
  uint64_t state = seed;

  for (unsigned i = 0; i < accesses; i++) {
    uint64_t r = draw(&state), address = register_address(&state);
    unsigned bytes = (r & 3) ? 4 : 8;

    if ((r & 0xf0) != 0)
      address &= ~(uint64_t)(bytes - 1);
    switch ((r >> 8) % 16) {
    case 0:
    case 1: plat_mmio_read(raw->p, address, bytes); break;
    case 2:
    case 3: plat_mmio_write(raw->p, address, value(&state), bytes); break;
    case 4:
    case 5:
      plat_store64(raw->p, VMM_RAM_BASE + ((r >> 16) % (1u << 20) & ~7ULL), word(&state));
      break;
    default: help(raw, &state);
    }
  }
}

static void misbehave_first(struct raw *raw)
{
  misbehave(raw, seed_of_run(), ACCESSES);
}

struct second {
  struct raw raw;
  uint64_t seed;
};

static void misbehave_second(void *arg)
{
  struct second *second = arg;

  misbehave(&second->raw, second->seed, ACCESSES / 4);
}

/* Two vCPUs at once. */
static void misbehave_both(struct raw *raw)
{
  struct second *second = raw->e2e->user;

  *second = (struct second){ *raw, seed_of_run() + 1000 };
  EXPECT_EQ(vmm_vcpu_start(raw->e2e->vm[0], 1, misbehave_second, second), 0);
  misbehave(raw, seed_of_run(), ACCESSES / 4);
}

static void be_good(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  uint64_t pa, iova;

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), 4096, 4096, &pa), 0);
  EXPECT_EQ(dma_map(guest_dma(guest, 0), pa, 4096, DRV_READ, &iova), 0);
  EXPECT_EQ(e2e_dma(e2e, 1, 0, iova, false).pa, vmm_host_address(e2e->vm[1], pa));
  EXPECT_EQ(dma_unmap(guest_dma(guest, 0), iova, 4096), 0);
}

static void reset_vm0(struct e2e *e2e)
{
  vmm_reset(e2e->vm[0]);
}

static void run_hostile(struct e2e *e2e, void (*program)(struct raw *raw))
{
  struct second second;

  TEST_NOTE("seed %llu", (unsigned long long)seed_of_run());
  e2e->user = &second;
  e2e->spec.vms = 2;
  e2e_make(e2e);
  raw_run(e2e, 0, program);
  EXPECT_GT(e2e_counts(e2e, 0).vm.exits, ACCESSES / 4);
  EXPECT_GT(e2e_counts(e2e, 0).vm.commands, 1000);
  EXPECT_GT(e2e_counts(e2e, 0).vm.ioctls, 1000);
  e2e_guest(e2e, 1, be_good);
  e2e_host(e2e, reset_vm0);
}

E2E_TEST(Hostile, RegistersAndMemoryDoNoHarmTrapped)
{
  run_hostile(e2e, misbehave_first);
}

E2E_TEST(Hostile, RegistersAndMemoryDoNoHarmWithVcmdqs)
{
  e2e->spec.cmdqv = true;
  run_hostile(e2e, misbehave_first);
}

E2E_TEST(Hostile, TwoVcpusAtOnceDoNoHarm)
{
  e2e->spec.cmdqv = true;
  run_hostile(e2e, misbehave_both);
}

/* ---- single cases ---- */

RAW_TEST(Hostile, ARingOfAnySizeAndAnyProdEnds)
{
  for (unsigned log2size = 0; log2size < 32; log2size++) {
    raw_set(raw, OFF_CR0, 0);
    raw_set(raw, OFF_CMDQ_BASE, VMM_RAM_BASE | log2size);
    raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
    raw_set(raw, OFF_CMDQ_PROD, 0xfffff);
    EXPECT_TRUE(raw_has_error(raw));
    raw_acknowledge(raw);
    raw_set(raw, OFF_GERRORN, raw_reg(raw, OFF_GERROR));
  }
}

/* As many commands as the largest ring holds, each of them legal. */
RAW_TEST(Hostile, ALongQueueIsCarriedOutToItsEnd)
{
  uint64_t ring = 0;
  unsigned count = 1 << 12;

  EXPECT_EQ(plat_dma_alloc(raw->p, 16ULL * count, 16ULL * count, &ring), 0);
  for (unsigned i = 0; i < count; i++)
    plat_store64(raw->p, ring + 16ULL * i, i & 1 ? CMD_SYNC : CMD_TLBI_NH_ALL);
  raw_set(raw, OFF_CMDQ_BASE, ring | 12);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_CMDQ_PROD, 0xfffff); /* more than the ring holds: it is read round twice */
  EXPECT_FALSE(raw_has_error(raw));
  EXPECT_EQ(raw_reg(raw, OFF_CMDQ_CONS), 0x1fff);
  EXPECT_EQ(e2e_counts(raw->e2e, 0).vm.commands, 2 * count - 1);
}

/* Address translation operations. IHI 0070 chapter 9, 6.3.37 to 6.3.40, 6.3.44. Literals are
 * offsets and bits of the text: GATOS 0x100 to 0x118, VATOS 0x20A00 to 0x20A18, VATOS_SEL 0x180. */
#include <stdlib.h>

#include "shim/rig.h"

#define VA  0x41000ULL
#define IPA 0x30000000ULL
#define PA  0x80000000ULL

enum { S1 = 1, S2, BOTH };
enum { READ = 1u << 8, PRIV = 1u << 9, FETCH = 1u << 7, NO_UPDATE = 1u << 6 };

static void with_atos(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15 | 1u << 20;
  config.idr[2] = 3; /* the VATOS page is at 0x50000 */
  rig_restart(rig, &config);
}

/* Ask; the device clears RUN before it comes to rest. */
static uint64_t ask_at(struct rig *rig, uint64_t base, uint64_t sid, uint64_t address)
{
  rig_mmio_write(rig, base + 0x8, sid, 8);
  rig_mmio_write(rig, base + 0x10, address, 8);
  rig_mmio_write(rig, base, 1, 4);
  EXPECT_EQ(rig_mmio_read(rig, base, 4), 0u);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  return rig_mmio_read(rig, base + 0x18, 8);
}

static uint64_t ask(struct rig *rig, uint64_t sid, unsigned type, uint64_t va, unsigned how)
{
  return ask_at(rig, 0x100, sid, va | type << 10 | how);
}

static uint64_t fault(unsigned code, unsigned reason, uint64_t address)
{
  return address | code << 4 | reason << 1 | 1;
}

static void nested(struct rig *rig)
{
  static const struct rig_stream both = { .config = 7, .vmid = 5 };

  rig_stream(rig, SID, &both);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
}

ENGINE_TEST(Atos, TellsWhatATransactionWouldGet)
{
  with_atos(rig);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_EQ(ask(rig, SID, S1, VA, READ), 0xff00000080000300ULL | 0);
  EXPECT_EQ(ask(rig, SID, S1, VA, 0), 0xff00000080000300ULL);
}

ENGINE_TEST(Atos, SizeIsTheLowestBitOfTheAddress)
{
  with_atos(rig);
  rig_map(rig, SID, 0x200000, PA, RIG_RW | RIG_L2);
  EXPECT_EQ(ask(rig, SID, S1, 0x2ff000, READ), 0xff00000080100b00ULL);
}

ENGINE_TEST(Atos, DeviceMemoryIsOuterShareable)
{
  with_atos(rig);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_DEVICE);
  EXPECT_EQ(ask(rig, SID, S1, VA, READ), 0x0000000080000200ULL);
}

ENGINE_TEST(Atos, StagesOfANestedStreamAreAskedOneByOneOrTogether)
{
  with_atos(rig);
  nested(rig);
  EXPECT_EQ(ask(rig, SID, S1, VA, READ) & 0xfffffff000ULL, IPA);
  EXPECT_EQ(ask(rig, SID, S2, IPA, READ) & 0xfffffff000ULL, PA);
  EXPECT_EQ(ask(rig, SID, BOTH, VA, READ) & 0xfffffff000ULL, PA);
}

ENGINE_TEST(Atos, AnswersLeaveTransactionsAlone)
{
  with_atos(rig);
  nested(rig);
  ask(rig, SID, S1, VA, READ);
  ask(rig, SID, S2, IPA, READ);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  ask(rig, SID, BOTH, VA, READ);
  rig_unmap2(rig, SID, IPA);
  rig_cmds(rig, "TLBI_S12_VMALL vmid=5; SYNC");
  EXPECT_EQ(ask(rig, SID, BOTH, VA, READ), fault(0x10, 3, IPA));
}

ENGINE_TEST(Atos, RequestsThatMakeNoSenseAreRefusedBeforeAnyRead)
{
  uint64_t reads;

  with_atos(rig);
  reads = rig_read_count(rig);
  EXPECT_EQ(ask(rig, SID, 0, VA, READ), fault(0xff, 0, 0));
  EXPECT_EQ(ask(rig, SID | 1ULL << 52, S2, VA, READ), fault(0xff, 0, 0));
  EXPECT_EQ(ask_at(rig, 0x50a00, SID, VA | S2 << 10), fault(0xff, 0, 0));
  EXPECT_EQ(ask_at(rig, 0x50a00, SID, VA | BOTH << 10), fault(0xff, 0, 0));
  EXPECT_EQ(rig_read_count(rig), reads);
}

ENGINE_TEST(Atos, StagesThatAreNotConfiguredAreRefused)
{
  static const struct rig_stream second = { .config = 6 }, bypass = { .config = 4 };

  with_atos(rig);
  EXPECT_EQ(ask(rig, SID, S2, VA, READ), fault(0xfe, 0, 0));
  EXPECT_EQ(ask(rig, SID, BOTH, VA, READ), fault(0xfe, 0, 0));
  rig_stream(rig, 2, &second);
  EXPECT_EQ(ask(rig, 2, S1, VA, READ), fault(0xfe, 0, 0));
  rig_stream(rig, 3, &bypass);
  EXPECT_EQ(ask(rig, 3, S1, VA, READ), fault(0xfe, 0, 0));
  STE_SET(rig, 3, Config, 0);
  rig_cmds(rig, "CFGI_STE sid=3; SYNC");
  EXPECT_EQ(ask(rig, 3, S1, VA, READ), fault(0xfe, 0, 0));
}

ENGINE_TEST(Atos, ConfigurationErrorsHaveTheCodesOfTheirEvents)
{
  with_atos(rig);
  EXPECT_EQ(ask(rig, 99, S1, VA, READ), fault(0x02, 0, 0));
  STE_SET(rig, SID, V, 0);
  EXPECT_EQ(ask(rig, SID, S1, VA, READ), fault(0x04, 0, 0));
  rig_stream(rig, 2, NULL);
  CD_SET(rig, 2, 0, V, 0);
  EXPECT_EQ(ask(rig, 2, S1, VA, READ), fault(0x0a, 0, 0));
  rig_stream(rig, 3, NULL);
  EXPECT_EQ(ask(rig, 3 | 1ULL << 52, S1, VA, READ), fault(0x08, 0, 0));
}

ENGINE_TEST(Atos, TranslationFaultsAreToldByStage)
{
  with_atos(rig);
  nested(rig);
  rig_map(rig, SID, VA + 0x1000, IPA + 0x1000, RIG_R);
  EXPECT_EQ(ask(rig, SID, S1, VA + 0x5000, READ), fault(0x10, 0, 0));
  EXPECT_EQ(ask(rig, SID, S1, VA + 0x1000, 0), fault(0x13, 0, 0));
  EXPECT_EQ(ask(rig, SID, BOTH, VA + 0x1000, READ), fault(0x10, 3, IPA + 0x1000));
  EXPECT_EQ(ask(rig, SID, S2, IPA + 0x1000, READ), fault(0x10, 3, 0));
}

/* Stage 1 alone is told of an abort where stage 2 refused what stage 1 was fetching. */
ENGINE_TEST(Atos, Stage1AloneHearsNothingOfStage2)
{
  with_atos(rig);
  nested(rig);
  rig_unmap2(rig, SID, rig_cd(rig, SID, 0));
  EXPECT_EQ(ask(rig, SID, S1, VA, READ), fault(0x09, 0, 0));
  EXPECT_EQ(ask(rig, SID, BOTH, VA, READ), fault(0x10, 1, rig_cd(rig, SID, 0) & ~0xfffULL));
}

ENGINE_TEST(Atos, PrivilegeAndDirectionAreThoseOfTheRequest)
{
  with_atos(rig);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_PRIVILEGED);
  rig_map(rig, SID, VA + 0x1000, PA, RIG_RW | RIG_NO_EXEC);
  STE_SET(rig, SID, PRIVCFG, 3);
  EXPECT_EQ(ask(rig, SID, S1, VA, READ), fault(0x13, 0, 0));
  EXPECT_EQ(ask(rig, SID, S1, VA, READ | PRIV) & 1, 0u);
  EXPECT_EQ(ask(rig, SID, S1, VA + 0x1000, READ | FETCH), fault(0x13, 0, 0));
  EXPECT_EQ(ask(rig, SID, S1, VA + 0x1000, FETCH) & 1, 0u); /* a write is data */
}

ENGINE_TEST(Atos, VirtualInterfaceSeesItsVmidAlone)
{
  static const struct rig_stream second = { .config = 6, .vmid = 5 };

  with_atos(rig);
  nested(rig);
  rig_mmio_write(rig, 0x180, 5, 4);
  EXPECT_EQ(ask_at(rig, 0x50a00, SID, VA | S1 << 10 | READ) & 0xfffffff000ULL, IPA);
  rig_mmio_write(rig, 0x180, 6, 4);
  EXPECT_EQ(ask_at(rig, 0x50a00, SID, VA | S1 << 10 | READ), fault(0x04, 0, 0));
  rig_mmio_write(rig, 0x180, 5, 4);
  rig_stream(rig, 2, &second);
  EXPECT_EQ(ask_at(rig, 0x50a00, 2, VA | S1 << 10 | READ), fault(0xfe, 0, 0));
}

ENGINE_TEST(Atos, RunIsIgnoredWhileTheSmmuIsOff)
{
  with_atos(rig);
  rig_set_cr0(rig, 0xc);
  rig_mmio_write(rig, 0x100, 1, 4);
  EXPECT_EQ(rig_mmio_read(rig, 0x100, 4), 0u);
  EXPECT_EQ(rig_mmio_read(rig, 0x118, 8), 0u);
}

ENGINE_TEST(Atos, RegistersOfAbsentInterfacesReadAsZero)
{
  rig_mmio_write(rig, 0x108, SID, 8);
  rig_mmio_write(rig, 0x100, 1, 4);
  EXPECT_EQ(rig_mmio_read(rig, 0x108, 8), 0u);
  with_atos(rig);
  rig_mmio_write(rig, 0x20a08, SID, 8); /* BA_VATOS says 0x50000 */
  EXPECT_EQ(rig_mmio_read(rig, 0x20a08, 8), 0u);
  rig_mmio_write(rig, 0x50a08, SID, 8);
  EXPECT_EQ(rig_mmio_read(rig, 0x50a08, 8), (uint64_t)SID);
}

/* By hand: nothing runs between the write and the look. */
TEST_CASE(AtosHand, RegistersStandStillWhileARequestRuns)
{
  struct smmu_config config;
  struct smmu *s;

  smmu_config_neutral(&config);
  config.idr[0] |= 1u << 15;
  s = aligned_alloc(64, smmu_size(&config));
  ASSERT_EQ(smmu_init(s, &config), 0);
  smmu_mmio_write(s, 0x20, 1, 4, NULL);
  while (smmu_is_runnable(s, smmu_actor_ack(s))) {
    struct smmu_ask out;

    smmu_step(s, smmu_actor_ack(s), NULL, NULL, &out);
  }
  smmu_mmio_write(s, 0x108, 7, 8, NULL);
  smmu_mmio_write(s, 0x110, 0x5400, 8, NULL);
  smmu_mmio_write(s, 0x100, 1, 4, NULL);
  EXPECT_EQ(smmu_mmio_read(s, 0x100, 4, NULL), 1u);
  smmu_mmio_write(s, 0x108, 9, 8, NULL);
  smmu_mmio_write(s, 0x110, 0, 8, NULL);
  smmu_mmio_write(s, 0x100, 0, 4, NULL);
  EXPECT_EQ(smmu_mmio_read(s, 0x108, 8, NULL), 7u);
  EXPECT_EQ(smmu_mmio_read(s, 0x110, 8, NULL), 0x5400u);
  EXPECT_EQ(smmu_mmio_read(s, 0x100, 4, NULL), 1u);
  smmu_invariant(s);
  /* CR0.SMMUEN falls only when the request has ended. */
  smmu_mmio_write(s, 0x20, 0, 4, NULL);
  EXPECT_FALSE(smmu_is_runnable(s, smmu_actor_ack(s)));
  free(s);
}

/* ---- what a register has no room for ---- */

ENGINE_TEST(Atos, SubstreamBitsWithoutSubstreamsAreNotThere)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15;
  config.idr[1] &= ~(0x1fu << 6);
  rig_restart(rig, &config);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_EQ(ask(rig, SID | 1ull << 52 | 3ull << 32, S1, VA, READ), 0xff00000080000300ULL);
  EXPECT_EQ(rig_mmio_read(rig, 0x108, 8), (uint64_t)SID);
}

ENGINE_TEST(Atos, BitsOfLargerStreamAndSubstreamNumbersReadAsZero)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15;
  config.idr[1] = (config.idr[1] & ~0x7ffu) | 5u << 6 | 8;
  rig_restart(rig, &config);
  rig_mmio_write(rig, 0x108, ~0ULL, 8);
  EXPECT_EQ(rig_mmio_read(rig, 0x108, 8), 0x0010001f000000ffULL);
}

ENGINE_TEST(Atos, VmidToSelectHasTheWidthOfVmids)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15 | 1u << 20;
  config.idr[0] &= ~(1u << 18);
  rig_restart(rig, &config);
  rig_mmio_write(rig, 0x180, 0x1234, 4);
  EXPECT_EQ(rig_mmio_read(rig, 0x180, 4), 0x34u);
}

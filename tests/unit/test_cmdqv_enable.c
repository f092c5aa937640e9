/* Enables of CMDQV that several want at a time: the acknowledger gives each its turn. And what goes
 * on when an enable returns. */
#include "shim/rig_cmdqv.h"

enum { QUEUES = 4 };

/* One VINTF a queue; the queues are programmed and off. */
static void start(struct rig *rig)
{
  rig_cmdqv(rig, QUEUES, QUEUES);
  for (unsigned q = 0; q < QUEUES; q++) {
    rig_vintf(rig, q, q, q == 0 ? RIG_HYP_OWN : RIG_GUEST);
    rig_vcmdq(rig, q, q, 0);
    rig_set_vreg(rig, q, OFF_VCMDQ_CONFIG, 0);
  }
}

static void poke_enable(struct rig *rig, unsigned vcmdq, bool on)
{
  rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(vcmdq) + OFF_VCMDQ_CONFIG, on);
}

ENGINE_TEST(CmdqvEnable, EachPendingHandshakeHasItsTurn)
{
  struct rig_hand h;
  bool on = true;

  start(rig);
  h = rig_hand(rig);
  for (unsigned q = 0; q < QUEUES; q++)
    poke_enable(rig, q, true);
  for (unsigned i = 0; i < QUEUES; i++) { /* queue 0 is never at peace */
    rig_finish(&h, smmu_actor_ack(rig->device));
    on = !on;
    poke_enable(rig, 0, on);
  }
  for (unsigned q = 1; q < QUEUES; q++)
    EXPECT_EQ(rig_vreg(rig, q, OFF_VCMDQ_STATUS), 1u);
  rig_settle(&h);
}

/* The hypervisor takes a VINTF away while a guest keeps the acknowledger busy. */
ENGINE_TEST(CmdqvEnable, VintfHasItsTurnBesideTheQueues)
{
  struct rig_hand h;
  bool on = false;

  start(rig);
  h = rig_hand(rig);
  rig_poke_cmdqv(rig, cmdqv_vintf(3) + OFF_VINTF_CONFIG, 0);
  for (unsigned i = 0; i < 2; i++) {
    on = !on;
    poke_enable(rig, 0, on);
    rig_finish(&h, smmu_actor_ack(rig->device));
  }
  EXPECT_EQ(rig_vintf_reg(rig, 3, OFF_VINTF_STATUS) & 1, 0u);
  rig_settle(&h);
}

/* Whose turn it was leaves nothing behind. */
ENGINE_TEST(CmdqvEnable, OrderOfEnablingLeavesNoTrace)
{
  uint64_t hash[2][2];

  for (unsigned i = 0; i < 2; i++) {
    start(rig);
    rig_set_vreg(rig, i ? 3 : 1, OFF_VCMDQ_CONFIG, 1);
    rig_set_vreg(rig, i ? 1 : 3, OFF_VCMDQ_CONFIG, 1);
    smmu_hash(rig->device, hash[i]);
  }
  EXPECT_MEMEQ(hash[0], hash[1], sizeof hash[0]);
}

ENGINE_TEST(CmdqvEnable, QueueGoesOnWhenItsVintfReturnsBeforeTheAcknowledgement)
{
  struct rig_hand h;

  start(rig);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1);
  rig_put_vcmd(rig, 0, 0, "SYNC");
  h = rig_hand(rig);
  rig_poke_cmdqv(rig, cmdqv_vintf(0) + OFF_VINTF_CONFIG, 0x20000);
  rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(0) + OFF_VCMDQ_PROD_INDX, 1);
  rig_poke_cmdqv(rig, cmdqv_vintf(0) + OFF_VINTF_CONFIG, 0x20001);
  rig_settle(&h);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_CONS_INDX), 1u);
}

/* Sixteen commands in a ring of sixteen, on a device with or without SEV. */
static uint64_t events_of_a_full_ring(struct rig *rig, uint32_t sev)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 1, 1);
  config.idr[0] = (config.idr[0] & ~(1u << 14)) | sev << 14;
  rig_restart(rig, &config);
  rig_vintf(rig, 0, 5, RIG_GUEST);
  rig_vcmdq(rig, 0, 0, 0);
  rig->signals[SMMU_SIGNAL_SEV] = 0;
  for (unsigned i = 0; i < 16; i++)
    rig_put_vcmd(rig, 0, i, "TLBI_NH_ASID asid=7");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 16);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_CONS_INDX), 16u);
  return rig->signals[SMMU_SIGNAL_SEV];
}

ENGINE_TEST(CmdqvEnable, RingThatIsNoLongerFullSendsAnEvent)
{
  EXPECT_EQ(events_of_a_full_ring(rig, 0), 0u);
  EXPECT_EQ(events_of_a_full_ring(rig, 1), 1u);
}

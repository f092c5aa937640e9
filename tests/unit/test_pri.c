/* Page Requests: entries of the PRI queue bit by bit, answers of software, interrupts, enables. IHI
 * 0070 8, 4.5.2, 6.3.9.5, 6.3.16, 6.3.36. Overflow and answers of the SMMU: test_pri_overflow.c. */
#include "shim/rig_ats.h"

#define LAST (1ULL << 62)
#define W    (1ULL << 61)
#define R    (1ULL << 60)

static const struct smmu_pri plain = { .addr = 0x1000, .read = 1, .last = 1, .group = 5 };

static void expect_entry(struct rig *rig, uint64_t dw0, uint64_t dw1)
{
  uint64_t words[1][2] = { { 0 } };

  EXPECT_EQ(rig_page_requests(rig, words, 1), 1u);
  EXPECT_EQ(words[0][0], dw0);
  EXPECT_EQ(words[0][1], dw1);
}

/* ---- entries ---- */

ENGINE_TEST(Pri, EntryNamesStreamGroupAndPage)
{
  rig_pri(rig, 4);
  EXPECT_EQ(rig_page_request(rig, (struct smmu_pri){ .addr = 0xfedcba9876543fff,
                                                     .sid = 0xa5a5a5a5,
                                                     .write = 1,
                                                     .group = 0x1ff }),
            SMMU_OK);
  expect_entry(rig, W | 0xa5a5a5a5, 0xfedcba98765431ff);
}

ENGINE_TEST(Pri, EntryNamesPasidAndPrivilege)
{
  rig_pri(rig, 4);
  rig_page_request(rig, (struct smmu_pri){ .addr = 0x2000,
                                           .ssv = 1,
                                           .ssid = 0xabcde,
                                           .read = 1,
                                           .write = 1,
                                           .exec = 1,
                                           .privileged = 1,
                                           .last = 1 });
  expect_entry(rig, 0xfc0abcde00000001, 0x2000);
}

ENGINE_TEST(Pri, PrivilegeNeedsAPasid)
{
  rig_pri(rig, 4);
  rig_page_request(
    rig, (struct smmu_pri){ .addr = 0x2000, .ssid = 7, .read = 1, .exec = 1, .privileged = 1 });
  expect_entry(rig, R | SID, 0x2000);
}

ENGINE_TEST(Pri, StopMarkersAreQueuedLikeRequests)
{
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_DONE };

  rig_pri(rig, 4);
  rig_listen(rig, &e);
  rig_page_request(rig, (struct smmu_pri){ .ssv = 1, .ssid = 9, .last = 1 });
  expect_entry(rig, 0xc000000900000001, 0);
  EXPECT_EQ(e.n, 0u);
}

ENGINE_TEST(Pri, PasidIsNotThereWithoutSubstreams)
{
  struct smmu_config config;

  rig_pri(rig, 4);
  config = rig->config;
  config.idr[1] &= ~(0x1fu << 6);
  rig_restart(rig, &config);
  rig_set_cr0(rig, 0xd);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ | 4);
  rig_set_cr0(rig, 0xf);
  rig_page_request(rig, (struct smmu_pri){ .ssv = 1, .ssid = 9, .read = 1 });
  expect_entry(rig, R | SID, 0);
}

ENGINE_TEST(Pri, EntriesAreInOrderAndWrap)
{
  uint64_t words[4][2];

  rig_pri(rig, 2);
  for (unsigned round = 0; round < 3; round++) {
    for (uint16_t i = 0; i < 3; i++)
      rig_page_request(rig, (struct smmu_pri){ .read = 1, .group = i });
    EXPECT_EQ(rig_page_requests(rig, words, 4), 3u);
    for (unsigned i = 0; i < 3; i++)
      EXPECT_EQ(words[i][1], i);
  }
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 1u); /* 9 of a ring of 4 and its wrap bit */
}

ENGINE_TEST(Pri, FieldsOutOfRangeAreMisuse)
{
  rig_pri(rig, 4);
  EXPECT_EQ(rig_page_request(rig, (struct smmu_pri){ .group = 0x200 }), SMMU_ERR_BADARG);
  EXPECT_EQ(rig_page_request(rig, (struct smmu_pri){ .ssid = 0x100000 }), SMMU_ERR_BADARG);
}

ENGINE_TEST(Pri, ADeviceWithoutItTakesNoRequests)
{
  rig_ats(rig, 1);
  EXPECT_EQ(rig_page_request(rig, plain), SMMU_ERR_BADARG);
  rig_set_cr0(rig, 0xf);
  EXPECT_EQ(rig_reg(rig, OFF_CR0), 0xdu);
  rig_set_reg(rig, OFF_IRQ_CTRL, 7);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRL), 5u);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_BASE), 0u);
}

ENGINE_TEST(Pri, TheBufferIsFullUntilTheDeviceMoves)
{
  rig_pri(rig, 4);
  for (unsigned i = 0; i < 8; i++)
    EXPECT_EQ(smmu_pri_request(rig->device, &plain, NULL), SMMU_OK);
  EXPECT_EQ(smmu_pri_request(rig->device, &plain, NULL), SMMU_ERR_NOSLOT);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 8u);
}

/* ---- CMD_PRI_RESP ---- */

ENGINE_TEST(Pri, ResponsesGoToTheEndpoint)
{
  static const unsigned codes[3] = { SMMU_PRI_FAILURE, SMMU_PRI_INVALID, SMMU_PRI_SUCCESS };
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_DONE };

  rig_pri(rig, 4);
  rig_listen(rig, &e);
  rig_cmds(rig, "PRI_RESP sid=0x77 ssv=1 ssid=5 prgindex=0x1ab resp=0; "
                "PRI_RESP sid=0x77 ssid=5 prgindex=3 resp=1; PRI_RESP sid=0x77 resp=2; SYNC");
  EXPECT_EQ(e.n, 3u);
  for (unsigned i = 0; i < 3; i++) {
    EXPECT_EQ(e.message[i].kind, SMMU_MESSAGE_PRI_RESP);
    EXPECT_EQ(e.message[i].sid, 0x77u);
    EXPECT_EQ(e.message[i].response, codes[i]);
  }
  EXPECT_EQ(e.message[0].ssv, 1u);
  EXPECT_EQ(e.message[0].ssid, 5u);
  EXPECT_EQ(e.message[0].group, 0x1abu);
  EXPECT_EQ(e.message[1].ssv, 0u);
  EXPECT_EQ(e.message[1].group, 3u);
}

ENGINE_TEST(Pri, ReservedResponseIsIllegal)
{
  rig_pri(rig, 4);
  rig_push(rig, "PRI_RESP sid=1 resp=3");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u << 24);
}

ENGINE_TEST(Pri, ResponseIsIllegalWithoutPri)
{
  rig_ats(rig, 1);
  rig_push(rig, "PRI_RESP sid=1 resp=2");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u << 24);
}

ENGINE_TEST(Pri, ResponseIsIgnoredWithSmmuenZero)
{
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_DONE };

  rig_pri(rig, 4);
  rig_listen(rig, &e);
  rig_set_cr0(rig, 0xe);
  rig_cmds(rig, "PRI_RESP sid=1 resp=2; SYNC");
  EXPECT_EQ(e.n, 0u);
}

/* ---- interrupts ---- */

ENGINE_TEST(Pri, InterruptComesWhenTheQueueBecomesNonEmpty)
{
  rig_pri(rig, 4);
  rig_set_reg(rig, OFF_IRQ_CTRL, 2);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 2u);
  rig_page_request(rig, (struct smmu_pri){ .read = 1 });
  rig_page_request(rig, (struct smmu_pri){ .read = 1, .last = 1 });
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 1u);
  rig_page_requests(rig, NULL, 0);
  rig_page_request(rig, (struct smmu_pri){ .read = 1 });
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 2u);
}

ENGINE_TEST(Pri, WithLoInterruptsComeWithTheLastOfAGroup)
{
  rig_pri(rig, 4);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG2, 1u << 31);
  rig_set_reg(rig, OFF_IRQ_CTRL, 2);
  rig_page_request(rig, (struct smmu_pri){ .read = 1 });
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 0u);
  rig_page_request(rig, (struct smmu_pri){ .read = 1, .last = 1 });
  rig_page_request(rig, (struct smmu_pri){ .read = 1, .last = 1 });
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 2u);
}

ENGINE_TEST(Pri, WithoutItsEnableThereIsNoInterrupt)
{
  rig_pri(rig, 4);
  rig_set_reg(rig, OFF_IRQ_CTRL, 5);
  rig_page_request(rig, plain);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 0u);
}

ENGINE_TEST(Pri, MsiIsWritten)
{
  rig_pri(rig, 4);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG1, 0x1234);
  rig_set_reg(rig, OFF_IRQ_CTRL, 2);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG1, 0x5678); /* guarded */
  rig_page_request(rig, plain);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0x1234u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 1u);
}

ENGINE_TEST(Pri, AbortedMsiIsAGlobalError)
{
  rig_pri(rig, 4);
  engine_memory_inject_abort(rig->memory, RIG_MSI, 4, true);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_IRQ_CTRL, 2);
  rig_page_request(rig, plain);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u << 6);
}

ENGINE_TEST(Pri, WithoutMsiSupportLoIsKept)
{
  struct smmu_config config;

  rig_pri(rig, 4);
  config = rig->config;
  config.idr[0] &= ~(1u << 13);
  rig_restart(rig, &config);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG2, 0x8000003f);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_IRQ_CFG0), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_IRQ_CFG2), 0x80000000u);
}

/* ---- enables, step by step ---- */

ENGINE_TEST(Pri, RegistersAreGuardedByPriqen)
{
  rig_pri(rig, 4);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ | 5);
  rig_set_reg(rig, OFF_PRIQ_PROD, 3);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_BASE), RIG_PRIQ | 4);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 0u);
  rig_set_cr0(rig, 0xe); /* PRIQEN itself counts, not SMMUEN with it */
  rig_set_reg(rig, OFF_PRIQ_PROD, 3);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 0u);
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_PRIQ_PROD, 3);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 3u);
}

/* The entry is being written: clearing a bit of CR0 is acknowledged when it is visible. */
static void clear_while_writing(struct rig *rig, uint64_t cr0)
{
  struct rig_hand h;
  smmu_actor priq;

  rig_pri(rig, 4);
  h = rig_hand(rig);
  priq = smmu_actor_priq(rig->device);
  EXPECT_EQ(smmu_pri_request(rig->device, &(struct smmu_pri){ .sid = SID, .read = 1 }, NULL),
            SMMU_OK);
  EXPECT_EQ(smmu_pri_request(rig->device, &(struct smmu_pri){ .sid = SID, .read = 1 }, NULL),
            SMMU_OK);
  EXPECT_EQ(rig_step(&h, priq), SMMU_ASK_STAGE);
  EXPECT_EQ(rig_step(&h, priq), SMMU_ASK_WRITE);
  smmu_mmio_write(rig->device, OFF_CR0, cr0, 4, NULL);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0xfu);
  EXPECT_EQ(rig_finish(&h, priq), SMMU_ASK_END);
  EXPECT_FALSE(smmu_is_runnable(rig->device, priq)); /* the second one waits */
  smmu_invariant(rig->device);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), cr0);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 1u); /* and was refused */
}

ENGINE_TEST(Pri, ClearingPriqenWaitsForTheEntry)
{
  clear_while_writing(rig, 0xd);
}

ENGINE_TEST(Pri, ClearingSmmuenWaitsForTheEntry)
{
  clear_while_writing(rig, 0xe);
}

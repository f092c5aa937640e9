// Time on the module is the engine's time, to the picosecond.
#include <set>

#include "machine.h"

using namespace testing_tlm;

using TlmTime = machine;

namespace {

enum : uint64_t { AT = 123456, SLOW = 7777 };

void expect_pulses(const std::vector<pulse> &got, const std::vector<pulse> &wanted)
{
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); i++) {
    EXPECT_EQ(got[i].line, wanted[i].line);
    EXPECT_EQ(got[i].time, wanted[i].time);
  }
}

} // namespace

// ---- registers and interrupts ----

TEST_F(TlmTime, RegisterWriteToInterruptTakesWhatItTakesOnTheEngine)
{
  bare engine(config, profile, 0, memory);

  command(0, sync_irq);
  engine.write(AT, CMDQ_PROD, 1);
  engine.rest();
  start(false);
  run_for(AT);
  board_a().write(CMDQ_PROD, 1, 4);
  run();
  ASSERT_EQ(engine.pulses.size(), 1u);
  EXPECT_EQ(engine.pulses[0].line, SMMU_SIGNAL_CMD_SYNC);
  expect_pulses(pulses(), engine.pulses);
}

TEST_F(TlmTime, WriteWithADelayHappensThatMuchLater)
{
  bare engine(config, profile, 0, memory);
  sc_core::sc_time delay = sc_core::sc_time::from_value(AT);

  command(0, sync_irq);
  engine.write(AT, CMDQ_PROD, 1);
  engine.rest();
  start(false);
  board_a().write(CMDQ_PROD, 1, 4, &delay);
  EXPECT_EQ(delay.value(), AT);
  run();
  expect_pulses(pulses(), engine.pulses);
}

TEST_F(TlmTime, ReadSeesWhatHappenedUntilThenAndNoMore)
{
  bare engine(config, profile, 0, memory);
  uint64_t consumed = 1;

  command(0, sync_none);
  engine.write(0, CMDQ_PROD, 1);
  while (engine.read(consumed, CMDQ_CONS) == 0)
    consumed++;
  start(false);
  board_a().write(CMDQ_PROD, 1, 4);
  for (uint64_t at : { consumed - 1, consumed }) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(at);
    EXPECT_EQ(board_a().read(CMDQ_CONS, 4, &delay), at == consumed ? 1u : 0u);
  }
}

TEST_F(TlmTime, DeviceMovesWithTheSimulationWithoutBeingAsked)
{
  bare engine(config, profile, 0, memory);
  uint64_t consumed = 1;

  command(0, sync_none);
  engine.write(0, CMDQ_PROD, 1);
  while (engine.read(consumed, CMDQ_CONS) == 0)
    consumed++;
  start(false);
  board_a().write(CMDQ_PROD, 1, 4);
  run();
  EXPECT_EQ(since(now_ps()), consumed);
}

TEST_F(TlmTime, WhoComesLateIsServedWhenTheDeviceIsAndToldSo)
{
  sc_core::sc_time early = sc_core::sc_time::from_value(AT), late;

  start(false);
  board_a().read(CMDQ_CONS, 4, &early);
  board_a().read(CMDQ_CONS, 4, &late);
  EXPECT_EQ(late.value(), AT);
  EXPECT_EQ(board_a().dut.device_time(), sc_core::sc_time_stamp() + late);
}

TEST_F(TlmTime, InStepNothingIsAhead)
{
  sc_core::sc_time delay = sc_core::sc_time::from_value(AT);

  start(true);
  board_a().thread[0].give([&] { board_a().read(CMDQ_CONS, 4, &delay); });
  run();
  EXPECT_EQ(delay, sc_core::SC_ZERO_TIME);
  EXPECT_EQ(since(now_ps()), AT);
  EXPECT_EQ(board_a().dut.device_time(), sc_core::sc_time_stamp());
}

TEST_F(TlmTime, TwoSignalsOfALineAtOneTimeAreTwoPulses)
{
  timed_profile_zero(&profile);
  start(false);
  command(0, sync_irq);
  command(1, sync_irq);
  board_a().write(CMDQ_PROD, 2, 4);
  run();
  expect_pulses(pulses(), { { SMMU_SIGNAL_CMD_SYNC, 0 }, { SMMU_SIGNAL_CMD_SYNC, 0 } });
  EXPECT_FALSE(board_a().line[SMMU_SIGNAL_CMD_SYNC].read());
}

TEST_F(TlmTime, InterruptSetOffAheadOfTheSimulationComesAtItsTime)
{
  bare engine(config, profile, 0, memory);
  sc_core::sc_time delay = sc_core::sc_time::from_value(5000000);

  command(0, sync_irq);
  engine.write(0, CMDQ_PROD, 1);
  engine.rest();
  start(false);
  board_a().write(CMDQ_PROD, 1, 4);
  board_a().read(CMDQ_CONS, 4, &delay); /* the device is 5 us ahead now, the signal is behind it */
  EXPECT_TRUE(pulses().empty());
  run();
  expect_pulses(pulses(), engine.pulses);
}

// ---- memory ----

TEST_F(TlmTime, DelayOfTheMemTargetIsTimeOfTheDevice)
{
  bare engine(config, profile, 0, memory, SLOW), fast(config, profile, 0, memory);

  command(0, sync_irq);
  for (bare *b : { &engine, &fast }) {
    b->write(AT, CMDQ_PROD, 1);
    b->rest();
  }
  start(false);
  board_a().tables.latency_ps = SLOW;
  run_for(AT);
  board_a().write(CMDQ_PROD, 1, 4);
  run();
  expect_pulses(pulses(), engine.pulses);
  EXPECT_EQ(engine.pulses[0].time, fast.pulses[0].time + SLOW); /* one command is fetched */
}

TEST_F(TlmTime, AccessesOfADeviceThatIsAheadCarryTheirTime)
{
  bare engine(config, profile, 0, memory);
  const uint64_t end = engine.end_of(engine.submit(0, read_of(IOVA)));
  uint64_t last = 0;

  start(false);
  board_a().dma(read_of(IOVA));
  ASSERT_EQ(board_a().tables.log.size(), 5u); /* STE, CD, three levels */
  for (const bus_access &access : board_a().tables.log) {
    EXPECT_GT(since(access.time), last);
    last = since(access.time);
  }
  EXPECT_LT(last, end);
  EXPECT_GE(last, 500000u); /* the fifth read of 100 ns each */
}

// ---- DMA ----

TEST_F(TlmTime, DmaTakesWhatItTakesOnTheEngine)
{
  for (bool in_step : { false, true }) {
    bare engine(config, profile, 0, memory, SLOW);
    const uint64_t cold = engine.end_of(engine.submit(AT, read_of(IOVA)));
    const uint64_t hit = engine.end_of(engine.submit(2 * cold, read_of(IOVA)));
    dma_done first{}, second{};

    start(in_step);
    board_a().tables.latency_ps = SLOW;
    board_a().data.latency_ps = 500;
    board_a().thread[0].give([&] {
      first = board_a().dma(read_of(IOVA), AT);
      sc_core::wait(sc_core::sc_time::from_value(base + 2 * cold) - sc_core::sc_time_stamp());
      second = board_a().dma(read_of(IOVA));
    });
    run();
    EXPECT_EQ(since(first.end), cold + 500);
    EXPECT_EQ(since(second.end), hit + 500);
    EXPECT_EQ(since(board_a().data.log[0].time), cold);
  }
}

TEST_F(TlmTime, InStepDmaOverlapsAsInTheDevice)
{
  const uint64_t pages[] = { IOVA, IOVA + 0x1000, IOVA + 0x2000 };
  bare engine(config, profile, 0, memory);
  uint64_t ticket[3];
  dma_done done[3];

  for (unsigned i = 0; i < 3; i++)
    ticket[i] = engine.submit(AT, read_of(pages[i]));
  start(true);
  for (unsigned i = 0; i < 3; i++) {
    board_a().thread[i].give(
      [&done, &pages, i] { done[i] = board_a().dma(read_of(pages[i]), AT); });
  }
  run();
  /* SystemC decides which thread is first; the times are the same three. */
  std::set<uint64_t> got, wanted;
  for (unsigned i = 0; i < 3; i++) {
    got.insert(since(done[i].end));
    wanted.insert(engine.end_of(ticket[i]));
  }
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(got.size(), 3u);
}

TEST_F(TlmTime, AheadDmaIsServedOneAfterTheOther)
{
  bare engine(config, profile, 0, memory);
  const uint64_t first = engine.end_of(engine.submit(AT, read_of(IOVA)));
  const uint64_t second = engine.end_of(engine.submit(first, read_of(IOVA + 0x1000)));

  start(false);
  EXPECT_EQ(since(board_a().dma(read_of(IOVA), AT).end), first);
  EXPECT_EQ(since(board_a().dma(read_of(IOVA + 0x1000), AT).end), second);
}

TEST_F(TlmTime, DmaWaitsForATransactionSlot)
{
  dma_done done[3];

  config.txns = 1;
  start(true);
  for (unsigned i = 0; i < 3; i++)
    board_a().thread[i].give([&done, i] { done[i] = board_a().dma(read_of(IOVA)); });
  run();
  std::set<uint64_t> ends;
  for (const dma_done &d : done) {
    EXPECT_EQ(d.status, tlm::TLM_OK_RESPONSE);
    ends.insert(d.end);
  }
  EXPECT_EQ(ends.size(), 3u);
}

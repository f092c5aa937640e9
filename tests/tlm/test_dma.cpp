// What becomes of DMA: translation, pieces, faults, errors of memory; several modules; repetition.
#include <cstring>

#include "machine.h"

using namespace testing_tlm;

using TlmDma = machine;

namespace {

constexpr auto OK = tlm::TLM_OK_RESPONSE;
enum : unsigned { F_STE_FETCH = 0x03, F_TRANSLATION = 0x10, F_PERMISSION = 0x13, EVENTQ_ABT = 4 };

// A busy time: commands and DMA of three threads; what can be seen of it.
struct trace {
  std::vector<pulse> pulses;
  std::vector<bus_access> tables, data;
  dma_done done[3];
};

bool same(const trace &a, const trace &b)
{
  bool ends = true;

  for (unsigned i = 0; i < 3; i++)
    ends = ends && a.done[i].end == b.done[i].end && a.done[i].status == b.done[i].status;
  return ends && a.pulses == b.pulses && a.tables == b.tables && a.data == b.data;
}

void begin_busy(board &b, trace &t)
{
  for (unsigned i = 0; i < 3; i++) {
    b.thread[i].give([&b, &t, i] {
      smmu_txn txn = read_of(IOVA + 0x1000 * (i + 1)); /* the third is not mapped */
      txn.tbu = static_cast<uint16_t>(i);
      t.done[i] = b.dma(txn);
      if (i == 0)
        b.write(CMDQ_PROD, 2, 4);
    });
  }
}

void end_busy(const board &b, trace &t, uint64_t base)
{
  t.pulses = b.pulses;
  t.tables = b.tables.log;
  t.data = b.data.log;
  for (pulse &p : t.pulses)
    p.time -= base;
  for (std::vector<bus_access> *log : { &t.tables, &t.data }) {
    for (bus_access &access : *log)
      access.time -= base;
  }
  for (dma_done &d : t.done)
    d.end -= base;
}

} // namespace

// ---- where it goes ----

TEST_F(TlmDma, DataAreThoseAtTheOutputAddress)
{
  uint64_t word = 0;

  start(false);
  board_a().data.memory = memory;
  engine_memory_store64(memory, PA + 0x10, 0x1122334455667788);
  EXPECT_EQ(board_a().dma(read_of(IOVA + 0x10), 0, &word, 8).status, OK);
  EXPECT_EQ(word, 0x1122334455667788u);
  word = 42;
  EXPECT_EQ(board_a().dma(write_of(IOVA + 0x1018), 0, &word, 8).status, OK);
  EXPECT_EQ(engine_memory_load64(memory, PA + 0x5018), 42u);
}

TEST_F(TlmDma, StreamIsTheOneOfTheExtension)
{
  start(false);
  EXPECT_EQ(board_a().dma(read_of(IOVA)).status, OK);
  const dma_done other = board_a().dma(read_of(IOVA, SID + 3));
  EXPECT_EQ(other.status, tlm::TLM_ADDRESS_ERROR_RESPONSE); /* its STE is not valid */
  run();
  EXPECT_EQ(engine_memory_load64(memory, EVENTS) >> 32, SID + 3);
}

TEST_F(TlmDma, SubstreamOfTheExtensionIsUsed)
{
  smmu_txn txn = read_of(IOVA);

  start(false);
  txn.ssid = 5;
  txn.ssv = 1; /* the STE has one CD only: a SubstreamID is a bad one */
  EXPECT_EQ(board_a().dma(txn).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  run();
  EXPECT_EQ(engine_memory_load64(memory, EVENTS) & 0xff, 0x08u); /* C_BAD_SUBSTREAMID */
  txn.ssv = 0;
  EXPECT_EQ(board_a().dma(txn).status, OK);
}

TEST_F(TlmDma, SocketIsTheTbu)
{
  const uint64_t before = 5;
  smmu_txn txn = read_of(IOVA);

  start(false);
  board_a().dma(txn);
  EXPECT_EQ(board_a().tables.log.size(), before);
  const uint64_t at = board_a().dma(txn).end;
  const uint64_t again = board_a().dma(txn).end;
  txn.tbu = 1; /* its micro-TLB is empty: the main TLB answers, later */
  const uint64_t other = board_a().dma(txn).end;
  EXPECT_GT(other - again, again - at);
}

// ---- pieces ----

TEST_F(TlmDma, TransferAcrossAPageBoundaryIsTwoAccesses)
{
  unsigned char bytes[0x20], back[0x20];
  const board &b = board_a();

  for (unsigned i = 0; i < sizeof bytes; i++)
    bytes[i] = static_cast<unsigned char>(i + 1);
  start(false);
  board_a().data.memory = memory;
  EXPECT_EQ(board_a().dma(write_of(IOVA + 0xff0), 0, bytes, sizeof bytes).status, OK);
  ASSERT_EQ(b.data.log.size(), 2u);
  EXPECT_EQ(b.data.log[0].addr, PA + 0xff0);
  EXPECT_EQ(b.data.log[1].addr, PA + 0x5000);
  EXPECT_EQ(b.data.log[0].len, 0x10u);
  EXPECT_EQ(b.data.log[1].len, 0x10u);
  EXPECT_EQ(board_a().dma(read_of(IOVA + 0xff0), 0, back, sizeof back).status, OK);
  EXPECT_EQ(std::memcmp(bytes, back, sizeof bytes), 0);
}

TEST_F(TlmDma, PiecesFollowOneAnother)
{
  unsigned char bytes[0x20] = { 0 };
  bare engine(config, profile, 0, memory);
  const uint64_t first = engine.end_of(engine.submit(0, read_of(IOVA + 0xff0)));
  const uint64_t second = engine.end_of(engine.submit(first + 900, read_of(IOVA + 0x1000)));

  for (bool in_step : { false, true }) {
    dma_done done{};
    start(in_step);
    board_a().data.latency_ps = 900;
    board_a().thread[0].give(
      [&] { done = board_a().dma(read_of(IOVA + 0xff0), 0, bytes, sizeof bytes); });
    run();
    EXPECT_EQ(since(done.end), second + 900);
  }
}

TEST_F(TlmDma, TransferEndsAtTheFirstPageThatFails)
{
  std::vector<unsigned char> bytes(0x4000);

  start(false);
  const dma_done d = board_a().dma(write_of(IOVA + 0x800), 0, bytes.data(), 0x3000);
  EXPECT_EQ(d.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(d.result.event, F_PERMISSION); /* page 2 may only be read */
  EXPECT_EQ(board_a().data.log.size(), 2u);
}

TEST_F(TlmDma, ByteEnablesOfATransferAreThoseOfItsPieces)
{
  unsigned char bytes[0x20], enables[3] = { TLM_BYTE_ENABLED, TLM_BYTE_DISABLED, TLM_BYTE_ENABLED };
  smmu_tlm_ext stream;
  payload p;
  sc_core::sc_time delay;

  std::memset(bytes, 0xee, sizeof bytes);
  start(false);
  board_a().data.memory = memory;
  stream.sid = SID;
  p.set_write();
  p.set_address(IOVA + 0xff0);
  p.set_data_ptr(bytes);
  p.set_data_length(sizeof bytes);
  p.set_streaming_width(sizeof bytes);
  p.set_byte_enable_ptr(enables);
  p.set_byte_enable_length(sizeof enables);
  p.set_extension(&stream);
  board_a().device[0]->b_transport(p, delay);
  p.clear_extension(&stream);
  EXPECT_EQ(p.get_response_status(), OK);
  for (unsigned i = 0; i < sizeof bytes; i++) {
    unsigned char byte = 1;
    engine_memory_read(memory, i < 0x10 ? PA + 0xff0 + i : PA + 0x5000 + i - 0x10, &byte, 1);
    EXPECT_EQ(byte, i % 3 == 1 ? 0 : 0xee) << i;
  }
}

// ---- faults and errors ----

TEST_F(TlmDma, FaultIsAnAddressErrorWithAnEventAndAnInterrupt)
{
  start(false);
  const dma_done d = board_a().dma(read_of(IOVA + 0x3000));
  EXPECT_EQ(d.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(d.result.status, SMMU_STATUS_ABORT);
  EXPECT_EQ(d.result.event, F_TRANSLATION);
  EXPECT_TRUE(board_a().data.log.empty());
  run();
  EXPECT_EQ(board_a().read(EVENTQ_PROD, 4), 1u);
  ASSERT_EQ(pulses().size(), 1u);
  EXPECT_EQ(pulses()[0].line, SMMU_SIGNAL_EVENTQ);
}

TEST_F(TlmDma, FaultThatReadsAsZeroIsNoError)
{
  uint64_t word = ~0ULL;

  start(false);
  const dma_done d = board_a().dma(read_of(IOVA + 0x3000, SID_RAZ), 0, &word, 8);
  EXPECT_EQ(d.status, OK);
  EXPECT_EQ(d.result.status, SMMU_STATUS_RAZWI);
  EXPECT_EQ(word, 0u);
  EXPECT_EQ(board_a().dma(write_of(IOVA + 0x3000, SID_RAZ), 0, &word, 8).status, OK);
  EXPECT_TRUE(board_a().data.log.empty());
}

// CD.S: the socket waits with its transaction.
TEST_F(TlmDma, StalledDmaWaitsUntilSoftwareAnswersIt)
{
  const uint64_t cd = 0x110000 + 64 * SID;
  dma_done d{};

  config.idr[0] &= ~(3U << 24);
  config.idr[5] |= 1U << 16;
  engine_memory_store64(memory, cd, engine_memory_load64(memory, cd) | 1ULL << 44);
  start(true);
  board_a().thread[0].give([&] { d = board_a().dma(read_of(IOVA + 0x3000)); });
  run();
  EXPECT_EQ(board_a().read(EVENTQ_PROD, 4), 1u);
  EXPECT_TRUE(board_a().thread[0].job);
  command(0, 0x44 | 1 << 13 | static_cast<uint64_t>(SID) << 32); // RESUME: abort, tag 0
  board_a().write(CMDQ_PROD, 1, 4);
  run();
  EXPECT_FALSE(board_a().thread[0].job);
  EXPECT_EQ(d.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(TlmDma, ErrorOfMemoryBelowIsTheAnswer)
{
  start(false);
  board_a().data.bad = PA;
  board_a().data.bad_bytes = 8;
  const dma_done d = board_a().dma(read_of(IOVA));
  EXPECT_EQ(d.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(d.result.status, SMMU_STATUS_OK);
  EXPECT_EQ(board_a().dma(read_of(IOVA + 8)).status, OK);
}

TEST_F(TlmDma, ErrorOfTheMemTargetIsAnExternalAbort)
{
  start(false);
  board_a().tables.bad = STREAMS + 64 * SID;
  board_a().tables.bad_bytes = 64;
  const dma_done d = board_a().dma(read_of(IOVA));
  EXPECT_EQ(d.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(d.result.event, F_STE_FETCH);
}

TEST_F(TlmDma, ErrorOfAnEventWriteIsAGlobalError)
{
  start(false);
  board_a().tables.bad = EVENTS;
  board_a().tables.bad_bytes = 64;
  board_a().dma(read_of(IOVA + 0x3000));
  run();
  EXPECT_EQ(board_a().read(GERROR, 4), unsigned{ EVENTQ_ABT });
  ASSERT_EQ(pulses().size(), 1u);
  EXPECT_EQ(pulses()[0].line, SMMU_SIGNAL_GERROR);
}

// ---- repetition, and company ----

TEST_F(TlmDma, SameSeedSameRunOtherSeedOtherRun)
{
  trace t[3];
  const uint64_t seeds[3] = { 7, 7, 8 };

  for (unsigned i = 0; i < 3; i++) {
    start(true, seeds[i]);
    command(0, sync_irq);
    command(1, sync_irq);
    begin_busy(board_a(), t[i]);
    run();
    end_busy(board_a(), t[i], base);
  }
  EXPECT_TRUE(same(t[0], t[1]));
  EXPECT_FALSE(same(t[0], t[2]));
  EXPECT_EQ(t[0].pulses.size(), 3u); /* two SYNCs and one fault */
}

TEST_F(TlmDma, TwoModulesDoNotDisturbEachOther)
{
  trace alone, a, b;

  command(0, sync_irq);
  command(1, sync_irq);
  start(true);
  begin_busy(board_a(), alone);
  run();
  end_busy(board_a(), alone, base);

  start_on(board_b(), true, 0);
  start_on(board_a(), true, 0);
  begin_busy(board_a(), a);
  run_for(12345);
  begin_busy(board_b(), b);
  run();
  end_busy(board_a(), a, base);
  end_busy(board_b(), b, base + 12345);
  EXPECT_TRUE(same(alone, a));
  EXPECT_TRUE(same(alone, b));
}

// Board A as the rig uses it: registers and DMA through sockets, interrupts from the lines.
#include "kit.h"

#include <gtest/gtest.h>

#include "board.h"

using testing_tlm::board;
using testing_tlm::board_a;
using testing_tlm::dma_done;

namespace {

bool overlapped;

// What the socket answered and what went on to memory are what the result says.
void expect_consistent(const dma_done &d, size_t forwarded, unsigned kind)
{
  const bool goes_on = d.result.status == SMMU_STATUS_OK && kind != SMMU_TXN_ATS_REQUEST;
  const board &b = board_a();

  EXPECT_EQ(d.status, d.result.status == SMMU_STATUS_ABORT ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                                           : tlm::TLM_OK_RESPONSE);
  ASSERT_EQ(b.data.log.size(), forwarded + (goes_on ? 1 : 0));
  if (goes_on) {
    EXPECT_EQ(b.data.log.back().addr, d.result.pa);
  }
}

} // namespace

int kit_start(const smmu_config *config, const timed_profile *profile, uint64_t seed,
              engine_memory *memory, bool in_step, void (*signal)(void *ctx, smmu_signal line),
              void *ctx)
{
  char why[2];

  if (smmu_config_check(config, why, sizeof why) != SMMU_OK)
    return SMMU_ERR_BADCFG;
  overlapped = in_step;
  board_a().start(*config, *profile, seed, memory, in_step);
  board_a().on_pulse = [=](unsigned line) { signal(ctx, static_cast<smmu_signal>(line)); };
  return SMMU_OK;
}

// The case's memory and callback go away; the device stays until the next case.
void kit_stop()
{
  testing_tlm::run();
  board_a().on_pulse = nullptr;
  board_a().tables.memory = nullptr;
  engine_timed_set_hooks(kit_engine(), nullptr);
}

engine_timed *kit_engine()
{
  return board_a().dut.engine();
}

int kit_translate(const smmu_txn *txn, smmu_result *out)
{
  board &b = board_a();
  const size_t forwarded = b.data.log.size();
  dma_done d{};

  if (txn->tbu >= board::TBUS)
    return SMMU_ERR_BADARG;
  if (overlapped)
    b.thread[0].give([&] { d = b.dma(*txn); });
  else
    d = b.dma(*txn);
  testing_tlm::run();
  if (b.thread[0].job) {
    ADD_FAILURE() << "the transaction did not come to its end";
    return SMMU_ERR_LIMIT;
  }
  expect_consistent(d, forwarded, txn->kind);
  *out = d.result;
  return SMMU_OK;
}

uint64_t kit_mmio_read(uint64_t offset, unsigned bytes)
{
  return board_a().read(offset, bytes);
}

void kit_mmio_write(uint64_t offset, uint64_t value, unsigned bytes)
{
  board_a().write(offset, value, bytes);
}

uint64_t kit_cmdqv_read(uint64_t offset, unsigned bytes)
{
  return board_a().cmdqv_read(offset, bytes);
}

void kit_cmdqv_write(uint64_t offset, uint64_t value, unsigned bytes)
{
  board_a().cmdqv_write(offset, value, bytes);
}

void kit_run()
{
  board_a().dut.resume();
  testing_tlm::run();
}

/* One small machine, on board A and on the engine alone: the same memory, the same registers, the
 * same times. All times here are picoseconds after the device was programmed.
 *
 * Stream SID has stage 1, ASID 7. Pages at IOVA: 0 and 1 are mapped, to PA and PA + 0x5000; 2 may
 * only be read; 3 is not mapped. Stream SID_RAZ is the same, its faults read as zero (CD.A = 0). */
#ifndef TESTS_TLM_MACHINE_H
#define TESTS_TLM_MACHINE_H

#include <vector>

#include <gtest/gtest.h>

#include "board.h"

namespace testing_tlm {

enum : uint32_t { SID = 1, SID_RAZ = 2, TXNS = 4 };
enum : uint64_t { IOVA = 0x40001000, PA = 0x80000, PA_READ_ONLY = 0x90000 };
enum : uint64_t { STREAMS = 0x100000, COMMANDS = 0x200000, EVENTS = 0x280000 };
enum : uint64_t {
  CR0 = 0x20,
  IRQ_CTRL = 0x50,
  GERROR = 0x60,
  CMDQ_BASE = 0x90,
  CMDQ_PROD = 0x98,
  CMDQ_CONS = 0x9c,
  EVENTQ_PROD = 0x100a8
};

/* Command words. */
constexpr uint64_t sync_none = 0x46, sync_irq = 0x46 | 1 << 12;

class machine : public testing::Test {
protected:
  engine_memory *memory = nullptr;
  smmu_config config;
  timed_profile profile;
  uint64_t base = 0; /* sc_time_stamp() when the device was programmed */

  machine();
  ~machine() override;
  /* Board A, or B, with this device, programmed and at rest. */
  void start(bool in_step, uint64_t seed = 0);
  void start_on(board &b, bool in_step, uint64_t seed);
  void command(unsigned slot, uint64_t low);
  uint64_t since(uint64_t time_ps) const
  {
    return time_ps - base;
  }
  /* Interrupts of board A, in our time. */
  std::vector<pulse> pulses() const;
};

smmu_txn read_of(uint64_t addr, uint32_t sid = SID);
smmu_txn write_of(uint64_t addr, uint32_t sid = SID);
std::vector<std::pair<uint64_t, uint64_t>> programming();

/* The engine without SystemC, on the same memory; every access of its own takes extra_ps more. */
class bare {
public:
  bare(const smmu_config &config, const timed_profile &profile, uint64_t seed,
       engine_memory *memory, uint64_t extra_ps = 0);
  ~bare();
  bare(const bare &) = delete;
  bare &operator=(const bare &) = delete;

  void write(uint64_t at, uint64_t offset, uint64_t value);
  uint64_t read(uint64_t at, uint64_t offset);
  uint64_t submit(uint64_t at, const smmu_txn &txn);
  /* When the transaction of this ticket ended. */
  uint64_t end_of(uint64_t ticket);
  void rest();
  std::vector<pulse> pulses;

private:
  void run_until(uint64_t at);
  static bool bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps);
  static bool bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len,
                        uint64_t *extra_ps);
  static void on_signal(void *ctx, smmu_signal line, uint64_t time);
  engine_timed *engine_ = nullptr;
  engine_memory *memory_;
  uint64_t extra_ps_, base_ = 0;
  std::vector<engine_timed_done> done_;
};

} // namespace testing_tlm

#endif

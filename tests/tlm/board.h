/* The platform of tests/tlm: two modules, each with memory, initiators and a log of its interrupts.
 * SystemC allows no modules after elaboration, so there is one platform for all cases; a case begins
 * with board::start(), which makes another device and empties memory and logs.
 *
 * Cases run in sc_main. run() lets the simulation go until nothing more will happen; a job given to
 * a thread begins with the next run(). SystemC tells ASan of its threads' stacks and not of the main
 * one: what throws belongs into a thread, and detect_stack_use_after_return must be off. */
#ifndef TESTS_TLM_BOARD_H
#define TESTS_TLM_BOARD_H

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "tlm/smmu_tlm.h"

namespace testing_tlm {

using payload = tlm::tlm_generic_payload;

struct bus_access {
  uint64_t time; /* ps: sc_time_stamp() and the delay it came with */
  uint64_t addr;
  unsigned len;
  bool write;
  bool operator==(const bus_access &other) const
  {
    return time == other.time && addr == other.addr && len == other.len && write == other.write;
  }
};

/* Memory: engine_memory of the case, or a sink that stores nothing. Adds latency, answers with an
 * error inside [bad, bad + bad_bytes). */
struct ram : sc_core::sc_module {
  tlm_utils::simple_target_socket<ram> in;
  engine_memory *memory = nullptr;
  uint64_t latency_ps = 0, bad = 0, bad_bytes = 0;
  bool allow_dmi = false;
  std::vector<bus_access> log;
  std::function<void()> on_access;

  explicit ram(const sc_core::sc_module_name &module);
  void transport(payload &p, sc_core::sc_time &delay);
  unsigned debug(payload &p);
  bool move(payload &p);
};

/* A thread that does what it is given. */
struct worker : sc_core::sc_module {
  std::function<void()> job;
  sc_core::sc_event go;

  SC_HAS_PROCESS(worker);
  explicit worker(const sc_core::sc_module_name &module);
  void give(std::function<void()> what);
  void work();
};

struct pulse {
  unsigned line;
  uint64_t time; /* ps */
  bool operator==(const pulse &other) const
  {
    return line == other.line && time == other.time;
  }
};

struct dma_done {
  tlm::tlm_response_status status;
  smmu_result result;
  uint64_t end; /* ps: sc_time_stamp() and the delay, after the call */
};

struct board : sc_core::sc_module {
  enum { TBUS = 3, WORKERS = 3 };
  smmu_tlm dut;
  ram tables, data; /* behind mem and down */
  tlm_utils::simple_initiator_socket<board> cpu, cmdqv;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<board>> device;
  sc_core::sc_vector<sc_core::sc_signal<bool>> line;
  sc_core::sc_vector<worker> thread;
  std::vector<pulse> pulses;
  std::function<void(unsigned line)> on_pulse;

  SC_HAS_PROCESS(board);
  explicit board(const sc_core::sc_module_name &module);
  /* Memory stays the caller's. */
  void start(const smmu_config &config, const timed_profile &profile, uint64_t seed,
             engine_memory *memory, bool in_step);
  void listen();

  uint64_t read(uint64_t offset, unsigned bytes, sc_core::sc_time *delay = nullptr);
  void write(uint64_t offset, uint64_t value, unsigned bytes, sc_core::sc_time *delay = nullptr);
  uint64_t cmdqv_read(uint64_t offset, unsigned bytes);
  void cmdqv_write(uint64_t offset, uint64_t value, unsigned bytes);
  /* One access by DMA at delay after now; bytes NULL: one byte that nobody looks at. */
  dma_done dma(const smmu_txn &txn, uint64_t delay_ps = 0, void *bytes = nullptr, unsigned len = 1);
};

board &board_a();
board &board_b();
uint64_t now_ps();
/* Until nothing more will happen; or for so long. */
void run();
void run_for(uint64_t ps);

} // namespace testing_tlm

#endif

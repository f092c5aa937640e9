// The platform of tests/tlm, and the main of its program: GoogleTest runs inside sc_main.
#include "board.h"

#include <cstdlib>
#include <cstring>

#include "shim/gtest_c.h"

namespace testing_tlm {

using sc_core::sc_time;

uint64_t now_ps()
{
  return sc_core::sc_time_stamp().value();
}

void run()
{
  if (sc_core::sc_pending_activity())
    sc_core::sc_start();
}

void run_for(uint64_t ps)
{
  sc_core::sc_start(sc_time::from_value(ps));
}

// ---- memory ----

ram::ram(const sc_core::sc_module_name &module) : sc_module(module), in("in")
{
  in.register_b_transport(this, &ram::transport);
  in.register_transport_dbg(this, &ram::debug);
}

bool ram::move(payload &p)
{
  for (unsigned i = 0; memory && i < p.get_data_length(); i++) {
    const unsigned char *enable = p.get_byte_enable_ptr();
    if (enable && enable[i % p.get_byte_enable_length()] != TLM_BYTE_ENABLED)
      continue;
    const uint64_t addr = p.get_address() + i % p.get_streaming_width();
    unsigned char *byte = p.get_data_ptr() + i;
    if (!(p.is_read() ? engine_memory_read(memory, addr, byte, 1)
                      : engine_memory_write(memory, addr, byte, 1)))
      return false;
  }
  return true;
}

void ram::transport(payload &p, sc_time &delay)
{
  const uint64_t at = p.get_address();
  const bool is_bad = at < bad + bad_bytes && at + p.get_data_length() > bad;

  log.push_back({ now_ps() + delay.value(), at, p.get_data_length(), p.is_write() });
  delay += sc_time::from_value(latency_ps);
  if (on_access)
    on_access();
  p.set_dmi_allowed(allow_dmi);
  p.set_response_status(!is_bad && move(p) ? tlm::TLM_OK_RESPONSE
                                           : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

unsigned ram::debug(payload &p)
{
  return move(p) ? p.get_data_length() : 0;
}

// ---- threads ----

worker::worker(const sc_core::sc_module_name &module) : sc_module(module), go("go")
{
  SC_THREAD(work);
}

void worker::give(std::function<void()> what)
{
  job = std::move(what);
  go.notify(sc_core::SC_ZERO_TIME);
}

void worker::work()
{
  for (;;) {
    wait(go);
    job();
    job = nullptr;
  }
}

// ---- the board ----

namespace {

smmu_config any_config()
{
  smmu_config config;
  smmu_config_neutral(&config);
  return config;
}

timed_profile any_profile()
{
  timed_profile profile;
  timed_profile_neutral(&profile);
  return profile;
}

board *boards[2];

} // namespace

board::board(const sc_core::sc_module_name &module)
    : sc_module(module), dut("dut", any_config(), any_profile(), 0, TBUS), tables("tables"),
      data("data"), cpu("cpu"), cmdqv("cmdqv"), device("device", TBUS),
      line("line", SMMU_SIGNAL_COUNT), thread("thread", WORKERS)
{
  cpu.bind(dut.regs);
  cmdqv.bind(dut.cmdqv);
  for (unsigned i = 0; i < TBUS; i++)
    device[i].bind(dut.tbu[i]);
  dut.mem.bind(tables.in);
  dut.down.bind(data.in);
  SC_METHOD(listen);
  dont_initialize();
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    dut.irq[i].bind(line[i]);
    sensitive << line[i].posedge_event();
  }
}

void board::listen()
{
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    if (!line[i].posedge())
      continue;
    pulses.push_back({ i, now_ps() });
    if (on_pulse)
      on_pulse(i);
  }
}

void board::start(const smmu_config &config, const timed_profile &profile, uint64_t seed,
                  engine_memory *memory, bool in_step)
{
  run();
  if (dut.configure(config, profile, seed) != SMMU_OK)
    std::abort();
  dut.set_in_step(in_step);
  for (ram *r : { &tables, &data }) {
    r->latency_ps = r->bad = r->bad_bytes = 0;
    r->allow_dmi = false;
    r->log.clear();
    r->on_access = nullptr;
  }
  tables.memory = memory;
  data.memory = nullptr;
  pulses.clear();
  on_pulse = nullptr;
}

// ---- accesses ----

namespace {

void fill(payload &p, tlm::tlm_command command, uint64_t addr, void *bytes, unsigned len)
{
  p.set_command(command);
  p.set_address(addr);
  p.set_data_ptr(static_cast<unsigned char *>(bytes));
  p.set_data_length(len);
  p.set_streaming_width(len);
}

// An extension that does not belong to the payload, also when an exception passes.
class lent {
public:
  lent(payload &p, smmu_tlm_ext &stream) : p_(p), stream_(stream)
  {
    p_.set_extension(&stream_);
  }
  ~lent()
  {
    p_.clear_extension(&stream_);
  }
  lent(const lent &) = delete;
  lent &operator=(const lent &) = delete;

private:
  payload &p_;
  smmu_tlm_ext &stream_;
};

uint64_t access(tlm_utils::simple_initiator_socket<board> &out, tlm::tlm_command command,
                uint64_t offset, uint64_t value, unsigned bytes, sc_time *delay)
{
  payload p;
  sc_time zero, &late = delay ? *delay : zero;

  fill(p, command, offset, &value, bytes);
  out->b_transport(p, late);
  return value;
}

} // namespace

uint64_t board::read(uint64_t offset, unsigned bytes, sc_time *delay)
{
  return access(cpu, tlm::TLM_READ_COMMAND, offset, 0, bytes, delay);
}

void board::write(uint64_t offset, uint64_t value, unsigned bytes, sc_time *delay)
{
  access(cpu, tlm::TLM_WRITE_COMMAND, offset, value, bytes, delay);
}

uint64_t board::cmdqv_read(uint64_t offset, unsigned bytes)
{
  return access(cmdqv, tlm::TLM_READ_COMMAND, offset, 0, bytes, nullptr);
}

void board::cmdqv_write(uint64_t offset, uint64_t value, unsigned bytes)
{
  access(cmdqv, tlm::TLM_WRITE_COMMAND, offset, value, bytes, nullptr);
}

dma_done board::dma(const smmu_txn &txn, uint64_t delay_ps, void *bytes, unsigned len)
{
  unsigned char nothing = 0;
  smmu_tlm_ext stream;
  payload p;
  sc_time delay = sc_time::from_value(delay_ps);

  fill(p, txn.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, txn.addr,
       bytes ? bytes : &nothing, len);
  stream.sid = txn.sid;
  stream.ssid = txn.ssid;
  stream.ssv = txn.ssv != 0;
  stream.instruction = txn.instruction != 0;
  stream.privileged = txn.privileged != 0;
  stream.kind = txn.kind;
  const lent on_stack(p, stream);
  device[txn.tbu]->b_transport(p, delay);
  return { p.get_response_status(), stream.result, now_ps() + delay.value() };
}

board &board_a()
{
  return *boards[0];
}

board &board_b()
{
  return *boards[1];
}

} // namespace testing_tlm

int sc_main(int argc, char **argv)
{
  testing_tlm::board a("a"), b("b");

  testing_tlm::boards[0] = &a;
  testing_tlm::boards[1] = &b;
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  return gtest_c_main(argc, argv);
}

int main(int argc, char **argv)
{
  // SystemC's greeting would stand in the list of cases.
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

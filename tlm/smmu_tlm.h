/* The SMMU as a SystemC module: loosely timed TLM-2.0 around engine `timed` (smmu/timed.h).
 *
 * Neither the device nor its timing is here: the module hands transactions to the engine, lets
 * SystemC's clock drive it, and turns its bus accesses into transactions. docs/tlm.md is the page
 * for whoever builds a platform; C++17, SystemC 2.3.4.
 *
 *   smmu_config device;   smmu_config_neutral(&device);
 *   timed_profile times;  timed_profile_neutral(&times);
 *   smmu_tlm smmu("smmu", device, times);
 *   cpu.out.bind(smmu.regs);  dma.out.bind(smmu.tbu[0]);
 *   smmu.down.bind(ram.in);   smmu.mem.bind(ram.in2);
 *   smmu.irq[SMMU_SIGNAL_EVENTQ].bind(event_line); */
#ifndef SMMU_TLM_SMMU_TLM_H
#define SMMU_TLM_SMMU_TLM_H

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "smmu/timed.h"
#include "tlm/ext.h"

class smmu_tlm : public sc_core::sc_module {
public:
  using tbu_socket = tlm_utils::simple_target_socket_tagged_optional<smmu_tlm>;
  using irq_port =
    sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

  /* Registers, offsets from page 0; smmu_mmio_bytes() long. Accesses of 4 or 8 bytes. */
  tlm_utils::simple_target_socket<smmu_tlm> regs;
  /* The register block of CMDQV, smmu_cmdqv_bytes() long. May stay unbound. */
  tlm_utils::simple_target_socket_optional<smmu_tlm> cmdqv;
  /* Where DMA enters: one socket a TBU, payloads with smmu_tlm_ext. May stay unbound. */
  sc_core::sc_vector<tbu_socket> tbu;
  /* Translated DMA on its way to memory. */
  tlm_utils::simple_initiator_socket<smmu_tlm> down;
  /* The device's own accesses: tables, queues, events, MSIs. The target must not call wait(). */
  tlm_utils::simple_initiator_socket<smmu_tlm> mem;
  /* By enum smmu_signal: a pulse of one delta cycle at the time of the signal. May stay unbound. */
  sc_core::sc_vector<irq_port> irq;

  /* tbus: number of sockets in tbu, 0 for as many as the device has. A configuration or a profile
   * that is refused is an SC_REPORT_ERROR with the reason. */
  smmu_tlm(const sc_core::sc_module_name &module, const smmu_config &device,
           const timed_profile &profile, uint64_t seed = 0, unsigned tbus = 0);
  ~smmu_tlm() override;

  /* Another device in the same module, in reset state; its time 0 is sc_time_stamp(). To be called
   * from sc_main while the simulation is paused, and before it starts. Hooks and spans set on the
   * old engine are gone, and so are interrupts that are still to come. 0; SMMU_ERR_BADCFG;
   * SMMU_ERR_NOMEM; SMMU_ERR_BADARG while a transaction is in flight. */
  int configure(const smmu_config &device, const timed_profile &profile, uint64_t seed);

  /* false (default): sockets return at once, the delay tells when; the device runs ahead of the
   * simulation, and DMA of several initiators is served one after the other. true: sockets wait()
   * until SystemC is there, DMA of several initiators overlaps; they must be called from threads.
   * To be set before the first transaction. */
  void set_in_step(bool on);

  /* For hooks, spans, statistics and engine_timed_device(). Never run it or submit to it; after
   * the device was acted on by hand call resume(). */
  engine_timed *engine();
  void resume();

  /* Time of the device, as SystemC counts: at or after sc_time_stamp() once it was accessed. */
  sc_core::sc_time device_time() const;

private:
  SC_HAS_PROCESS(smmu_tlm);
  using payload = tlm::tlm_generic_payload;
  using status = tlm::tlm_response_status;
  struct registers; /* which block: window, functions */
  struct pulse_due {
    uint64_t time;
    unsigned line;
  };
  struct destroy {
    void operator()(engine_timed *e) const;
  };

  /* time */
  uint64_t now_ps() const;
  sc_core::sc_time ahead() const;
  void run_to(uint64_t t);
  void advance();
  void arm();
  void collect();
  void enter(sc_core::sc_time &delay);
  bool go_on();

  /* sockets */
  void regs_transport(payload &p, sc_core::sc_time &delay);
  void cmdqv_transport(payload &p, sc_core::sc_time &delay);
  void tbu_transport(int port, payload &p, sc_core::sc_time &delay);
  unsigned regs_debug(payload &p);
  unsigned cmdqv_debug(payload &p);
  unsigned tbu_debug(int port, payload &p);
  registers smmu_registers() const;
  registers cmdqv_registers() const;
  void access(const registers &r, payload &p, sc_core::sc_time &delay);
  unsigned peek(const registers &r, payload &p);
  status refuse_register(const payload &p);
  status refuse_dma(const payload &p);
  bool is_nested(const char *what) const;
  status transfer(int port, payload &p, sc_core::sc_time &delay);
  status split(int port, payload &p, sc_core::sc_time &delay);
  status piece(int port, payload &p, sc_core::sc_time &delay);
  bool translate(const smmu_txn &txn, smmu_result &out, sc_core::sc_time &delay);
  bool translate_copy(const smmu_txn &txn, smmu_result &out);

  /* the engine calls */
  bool bus(tlm::tlm_command command, uint64_t addr, void *bytes, size_t len,
           uint64_t *extra_ps) noexcept;
  void bus_access(tlm::tlm_command command, uint64_t addr, void *bytes, size_t len,
                  uint64_t *extra_ps);
  static bool bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps);
  static bool bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len,
                        uint64_t *extra_ps);
  static void on_signal(void *ctx, smmu_signal line, uint64_t time);
  void drive();

  std::unique_ptr<engine_timed, destroy> engine_;
  uint64_t epoch_ = 0; /* sc_time_stamp() at the device's time 0 */
  bool in_step_ = false;
  bool running_ = false; /* the engine is in a bus access of its own */
  std::exception_ptr thrown_;
  payload own_; /* of the device's accesses */
  std::map<uint64_t, std::optional<engine_timed_done>> tickets_;
  std::deque<pulse_due> due_;
  unsigned high_ = 0; /* lines that are up, a bit each */
  sc_core::sc_event wake_, done_, pulse_;
};

#endif

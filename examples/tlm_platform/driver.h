/* What an SMMU driver does, by TLM transactions: tables and queues in memory, registers, commands.
 * One stream with one context, 4 KB pages, 39 bits of address. IHI 0070 3.3, 4, 5, 6. */
#ifndef TLM_PLATFORM_DRIVER_H
#define TLM_PLATFORM_DRIVER_H

#include <cstdint>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

/* An event record, as far as we look at it. */
struct smmu_event {
  unsigned type;
  uint32_t sid;
  uint64_t addr;
};

/* To be called from threads: each access waits until it is over. */
struct driver : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<driver> regs, ram;

  explicit driver(const sc_core::sc_module_name &module);
  void enable(uint32_t sid);
  void map(uint64_t iova, uint64_t pa);
  void unmap(uint64_t iova);
  smmu_event next_event();
  void store(uint64_t addr, uint64_t value);

private:
  uint64_t load(uint64_t addr);
  uint32_t read(uint64_t offset);
  void write(uint64_t offset, uint64_t value, unsigned bytes);
  void command(uint64_t low, uint64_t high);
  void make_stream(uint32_t sid);
  uint32_t cmdq_prod_ = 0, eventq_cons_ = 0;
};

#endif

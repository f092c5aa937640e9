// The driver: every number here is a field of the architecture, or a place in memory of our choice.
#include "driver.h"

namespace {

enum : uint64_t {
  CR0 = 0x20,
  CR0ACK = 0x24,
  IRQ_CTRL = 0x50,
  STRTAB_BASE = 0x80,
  STRTAB_BASE_CFG = 0x88,
  CMDQ_BASE = 0x90,
  CMDQ_PROD = 0x98,
  CMDQ_CONS = 0x9c,
  EVENTQ_BASE = 0xa0,
  EVENTQ_CONS = 0x100ac
};

enum : uint64_t {
  STREAM_TABLE = 0x100000,
  CONTEXT = 0x101000,
  LEVEL1 = 0x102000,
  LEVEL2 = 0x103000,
  LEVEL3 = 0x104000,
  COMMANDS = 0x110000,
  EVENTS = 0x120000
};

constexpr unsigned queue_log2 = 4, streams_log2 = 4;
constexpr uint64_t asid = 7;

uint64_t bit(unsigned n)
{
  return 1ULL << n;
}

void access(tlm_utils::simple_initiator_socket<driver> &out, tlm::tlm_command command,
            uint64_t addr, void *bytes, unsigned len)
{
  tlm::tlm_generic_payload p;
  sc_core::sc_time delay;

  p.set_command(command);
  p.set_address(addr);
  p.set_data_ptr(static_cast<unsigned char *>(bytes));
  p.set_data_length(len);
  p.set_streaming_width(len);
  out->b_transport(p, delay);
  if (p.is_response_error())
    SC_REPORT_ERROR("/tlm_platform/driver", p.get_response_string().c_str());
  sc_core::wait(delay);
}

} // namespace

driver::driver(const sc_core::sc_module_name &module) : sc_module(module), regs("regs"), ram("ram")
{
}

void driver::store(uint64_t addr, uint64_t value)
{
  access(ram, tlm::TLM_WRITE_COMMAND, addr, &value, 8);
}

uint64_t driver::load(uint64_t addr)
{
  uint64_t value = 0;

  access(ram, tlm::TLM_READ_COMMAND, addr, &value, 8);
  return value;
}

uint32_t driver::read(uint64_t offset)
{
  uint32_t value = 0;

  access(regs, tlm::TLM_READ_COMMAND, offset, &value, 4);
  return value;
}

void driver::write(uint64_t offset, uint64_t value, unsigned bytes)
{
  access(regs, tlm::TLM_WRITE_COMMAND, offset, &value, bytes);
}

// STE: V, Config = stage 1, S1ContextPtr; SHCFG = use incoming. CD: 39 bits, 4 KB, AA64, R, A.
void driver::make_stream(uint32_t sid)
{
  store(CONTEXT, 25 | bit(30) | bit(31) | 5ULL << 32 | bit(41) | bit(45) | bit(46) | asid << 48);
  store(CONTEXT + 8, LEVEL1);
  store(CONTEXT + 24, 0xff); // MAIR0: attribute 0 is write-back memory
  store(STREAM_TABLE + 64 * sid + 8, bit(44));
  store(STREAM_TABLE + 64 * sid, 1 | 5 << 1 | CONTEXT);
}

void driver::enable(uint32_t sid)
{
  const uint32_t on = 0xd; // SMMUEN, EVENTQEN, CMDQEN

  make_stream(sid);
  write(STRTAB_BASE, STREAM_TABLE, 8);
  write(STRTAB_BASE_CFG, streams_log2, 4);
  write(CMDQ_BASE, COMMANDS | queue_log2, 8);
  write(EVENTQ_BASE, EVENTS | queue_log2, 8);
  write(IRQ_CTRL, 4, 4); // EVENTQ_IRQEN
  write(CR0, on, 4);
  while (read(CR0ACK) != on)
    sc_core::wait(10, sc_core::SC_NS);
}

void driver::map(uint64_t iova, uint64_t pa)
{
  store(LEVEL3 + 8 * (iova >> 12 & 0x1ff), pa | bit(11) | bit(10) | 3 << 8 | bit(6) | 3);
  store(LEVEL2 + 8 * (iova >> 21 & 0x1ff), LEVEL3 | 3);
  store(LEVEL1 + 8 * (iova >> 30 & 0x1ff), LEVEL2 | 3);
}

// A command into the queue; PROD tells the SMMU.
void driver::command(uint64_t low, uint64_t high)
{
  const uint64_t slot = COMMANDS + 16 * (cmdq_prod_ % (1U << queue_log2));

  store(slot, low);
  store(slot + 8, high);
  cmdq_prod_ = (cmdq_prod_ + 1) % (2U << queue_log2);
  write(CMDQ_PROD, cmdq_prod_, 4);
}

// TLBI_NH_VA of the page and SYNC. When both are consumed, nothing uses the page any more.
void driver::unmap(uint64_t iova)
{
  store(LEVEL3 + 8 * (iova >> 12 & 0x1ff), 0);
  command(0x12 | asid << 48, (iova & ~0xfffULL) | 1);
  command(0x46, 0);
  while (read(CMDQ_CONS) != cmdq_prod_)
    sc_core::wait(10, sc_core::SC_NS);
}

smmu_event driver::next_event()
{
  const uint64_t record = EVENTS + 32 * (eventq_cons_ % (1U << queue_log2));
  const uint64_t head = load(record);
  const smmu_event e{ static_cast<unsigned>(head & 0xff), static_cast<uint32_t>(head >> 32),
                      load(record + 16) };

  eventq_cons_ = (eventq_cons_ + 1) % (2U << queue_log2);
  write(EVENTQ_CONS, eventq_cons_, 4);
  return e;
}

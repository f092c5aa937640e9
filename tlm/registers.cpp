// The sockets of registers: SMMU and CMDQV. The device has its own word on offsets without a
// register: they read as zero, ignore writes and leave a record. Beyond the block an error is
// answered besides: there the platform's decoding is wrong.
#include <algorithm>
#include <cstring>

#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"
#include "tlm/report.h"
#include "tlm/smmu_tlm.h"

struct smmu_tlm::registers {
  uint64_t window;
  uint64_t (*read)(engine_timed *e, uint64_t offset, unsigned bytes);
  void (*write)(engine_timed *e, uint64_t offset, uint64_t value, unsigned bytes);
  uint64_t (*look)(const smmu *s, uint64_t offset, unsigned bytes, const smmu_hooks *hooks);
};

smmu_tlm::registers smmu_tlm::smmu_registers() const
{
  uint64_t window = smmu_mmio_bytes(smmu_get_config(engine_timed_device(engine_.get())));

  return { window, engine_timed_mmio_read, engine_timed_mmio_write, smmu_mmio_read };
}

smmu_tlm::registers smmu_tlm::cmdqv_registers() const
{
  uint64_t window = smmu_cmdqv_bytes(smmu_get_config(engine_timed_device(engine_.get())));

  return { window, engine_timed_cmdqv_read, engine_timed_cmdqv_write, smmu_cmdqv_read };
}

// Something the engine called calls back: there is no moment at which this could happen.
bool smmu_tlm::is_nested(const char *what) const
{
  if (running_)
    smmu_tlm_warning(*this, what);
  return running_;
}

smmu_tlm::status smmu_tlm::refuse_register(const payload &p)
{
  const unsigned len = p.get_data_length();

  if (!p.is_read() && !p.is_write())
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (p.get_byte_enable_ptr())
    return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if ((len != 4 && len != 8) || p.get_streaming_width() < len)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (is_nested("a register is accessed from inside an access of the device itself"))
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void smmu_tlm::access(const registers &r, payload &p, sc_core::sc_time &delay)
{
  const status judged = refuse_register(p);
  const unsigned len = p.get_data_length();
  uint64_t value = 0;

  p.set_dmi_allowed(false);
  p.set_response_status(judged);
  if (judged != tlm::TLM_OK_RESPONSE)
    return;
  if (len > r.window || p.get_address() > r.window - len)
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  enter(delay);
  if (p.is_read()) {
    value = r.read(engine_.get(), p.get_address(), len);
    std::memcpy(p.get_data_ptr(), &value, len);
  } else {
    std::memcpy(&value, p.get_data_ptr(), len);
    r.write(engine_.get(), p.get_address(), value, len);
    arm();
  }
}

void smmu_tlm::regs_transport(payload &p, sc_core::sc_time &delay)
{
  access(smmu_registers(), p, delay);
}

void smmu_tlm::cmdqv_transport(payload &p, sc_core::sc_time &delay)
{
  access(cmdqv_registers(), p, delay);
}

// ---- debug: reads in words, without a trace and without time; no writes ----

unsigned smmu_tlm::peek(const registers &r, payload &p)
{
  const uint64_t at = p.get_address();
  unsigned done = 0;

  if (!p.is_read() || at % 4)
    return 0;
  for (; done + 4 <= p.get_data_length() && at < r.window && done + 4 <= r.window - at; done += 4) {
    const auto word =
      static_cast<uint32_t>(r.look(engine_timed_device(engine_.get()), at + done, 4, nullptr));
    std::memcpy(p.get_data_ptr() + done, &word, 4);
  }
  return done;
}

unsigned smmu_tlm::regs_debug(payload &p)
{
  return peek(smmu_registers(), p);
}

unsigned smmu_tlm::cmdqv_debug(payload &p)
{
  return peek(cmdqv_registers(), p);
}

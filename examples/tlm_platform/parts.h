/* The parts around the SMMU: memory with a latency, and a device that does DMA. */
#ifndef TLM_PLATFORM_PARTS_H
#define TLM_PLATFORM_PARTS_H

#include <cstdint>
#include <cstring>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "tlm/ext.h"

/* Memory from address 0 on. Any number of initiators may be bound. It never waits: it adds its
 * latency to the delay, as the SMMU's socket `mem` demands. */
struct memory : sc_core::sc_module {
  tlm_utils::multi_passthrough_target_socket<memory> in;
  std::vector<unsigned char> bytes;
  sc_core::sc_time latency;

  memory(const sc_core::sc_module_name &module, size_t size, sc_core::sc_time each)
      : sc_module(module), in("in"), bytes(size), latency(each)
  {
    in.register_b_transport(this, &memory::transport);
  }

  void transport(int, tlm::tlm_generic_payload &p, sc_core::sc_time &delay)
  {
    const uint64_t at = p.get_address(), len = p.get_data_length();

    if (p.get_byte_enable_ptr() || p.get_streaming_width() < len) {
      p.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
      return;
    }
    if (at > bytes.size() || len > bytes.size() - at) {
      p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (p.is_read())
      std::memcpy(p.get_data_ptr(), &bytes[at], len);
    else
      std::memcpy(&bytes[at], p.get_data_ptr(), len);
    delay += latency;
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

/* A device with a StreamID, behind a TBU of the SMMU. */
struct dma_device : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<dma_device> out;
  uint32_t sid;

  dma_device(const sc_core::sc_module_name &module, uint32_t stream)
      : sc_module(module), out("out"), sid(stream)
  {
  }

  /* Called from a thread; returns when the data are there, or the error. */
  tlm::tlm_response_status read(uint64_t iova, void *data, unsigned len)
  {
    tlm::tlm_generic_payload p;
    sc_core::sc_time delay;
    smmu_tlm_ext stream;

    stream.sid = sid;
    p.set_read();
    p.set_address(iova);
    p.set_data_ptr(static_cast<unsigned char *>(data));
    p.set_data_length(len);
    p.set_streaming_width(len);
    p.set_extension(&stream);
    out->b_transport(p, delay);
    p.clear_extension(&stream);
    wait(delay);
    return p.get_response_status();
  }
};

#endif

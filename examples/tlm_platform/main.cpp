// A small platform around smmu_tlm: a CPU, memory, and a device that does DMA through the SMMU.
// The CPU maps a page, lets the device read it twice, unmaps it, and sees the fault of a third read.
// Times are those of the neutral profile and of the latencies chosen here; none was measured.
#include <cinttypes>
#include <cstdio>

#include "driver.h"
#include "parts.h"
#include "tlm/smmu_tlm.h"

namespace {

constexpr uint32_t stream = 3;
constexpr uint64_t iova = 0x40001000, pa = 0x200000;

smmu_config device_config()
{
  smmu_config config;
  smmu_config_neutral(&config);
  return config;
}

timed_profile profile()
{
  timed_profile times;
  timed_profile_neutral(&times);
  return times;
}

double now_ns()
{
  return sc_core::sc_time_stamp().to_seconds() * 1e9;
}

struct platform : sc_core::sc_module {
  smmu_tlm smmu;
  memory ram;
  dma_device nic;
  driver drv;
  sc_core::sc_signal<bool> event_line;

  SC_HAS_PROCESS(platform);
  explicit platform(const sc_core::sc_module_name &module)
      : sc_module(module), smmu("smmu", device_config(), profile()),
        ram("ram", 0x400000, sc_core::sc_time(40, sc_core::SC_NS)), nic("nic", stream), drv("drv"),
        event_line("event_line")
  {
    drv.regs.bind(smmu.regs);
    drv.ram.bind(ram.in);
    nic.out.bind(smmu.tbu[0]);
    smmu.down.bind(ram.in);
    smmu.mem.bind(ram.in);
    smmu.irq[SMMU_SIGNAL_EVENTQ].bind(event_line);
    SC_THREAD(software);
    SC_THREAD(interrupts);
  }

  void dma(const char *what)
  {
    uint64_t data = 0;
    const double start = now_ns();
    const bool ok = nic.read(iova, &data, sizeof data) == tlm::TLM_OK_RESPONSE;

    std::printf("%9.3f ns  dma: %s: %s", now_ns(), what, ok ? "data" : "abort");
    if (ok)
      std::printf(" 0x%" PRIx64, data);
    std::printf(", after %.3f ns\n", now_ns() - start);
  }

  void software()
  {
    drv.store(pa, 0x1234);
    drv.map(iova, pa);
    drv.enable(stream);
    std::printf("%9.3f ns  cpu: the SMMU is on\n", now_ns());
    dma("read, nothing cached");
    dma("read, cached");
    drv.unmap(iova);
    std::printf("%9.3f ns  cpu: unmapped, SYNC is consumed\n", now_ns());
    dma("read");
  }

  void interrupts()
  {
    for (;;) {
      wait(event_line.posedge_event());
      std::printf("%9.3f ns  irq: event queue\n", now_ns());
      const smmu_event e = drv.next_event();
      std::printf("%9.3f ns  cpu: event 0x%02x, StreamID %" PRIu32 ", address 0x%" PRIx64 "\n",
                  now_ns(), e.type, e.sid, e.addr);
    }
  }
};

} // namespace

int sc_main(int, char **)
{
  platform top("top");

  sc_core::sc_start();
  return 0;
}

// What the sockets answer: payloads that TLM forbids, errors, debug, DMI.
#include <cstring>
#include <utility>

#include "machine.h"
#include "smmu/cmdqv.h"

using namespace testing_tlm;

using TlmSockets = machine;

namespace {

constexpr auto OK = tlm::TLM_OK_RESPONSE;

// Reports of SystemC, kept instead of printed.
class reports {
public:
  reports()
  {
    texts().clear();
    sc_core::sc_report_handler::set_handler(keep);
  }
  ~reports()
  {
    sc_core::sc_report_handler::set_handler(sc_core::sc_report_handler::default_handler);
  }
  static std::vector<std::string> &texts()
  {
    static std::vector<std::string> all;
    return all;
  }
  static bool has(const char *part)
  {
    return texts().size() == 1 && texts()[0].find(part) != std::string::npos;
  }

private:
  static void keep(const sc_core::sc_report &r, const sc_core::sc_actions &actions)
  {
    texts().push_back(r.get_msg());
    if (actions & sc_core::SC_THROW)
      throw r;
  }
};

struct packet : payload {
  uint64_t word = 0;
  sc_core::sc_time delay;

  packet(tlm::tlm_command command, uint64_t addr, unsigned len)
  {
    set_command(command);
    set_address(addr);
    set_data_ptr(reinterpret_cast<unsigned char *>(&word));
    set_data_length(len);
    set_streaming_width(len);
  }
  template <class Socket> tlm::tlm_response_status on(Socket &socket)
  {
    socket->b_transport(*this, delay);
    return get_response_status();
  }
};

struct read_packet : packet {
  explicit read_packet(uint64_t addr, unsigned len = 4) : packet(tlm::TLM_READ_COMMAND, addr, len)
  {
  }
};

} // namespace

// ---- registers ----

TEST_F(TlmSockets, RegistersTakeFourAndEightBytesOnly)
{
  start(false);
  for (unsigned len : { 1u, 2u, 4u, 8u, 16u }) {
    uint64_t room[2];
    read_packet p(CMDQ_BASE, len);
    p.set_data_ptr(reinterpret_cast<unsigned char *>(room));
    EXPECT_EQ(p.on(board_a().cpu), len == 4 || len == 8 ? OK : tlm::TLM_BURST_ERROR_RESPONSE);
  }
  read_packet whole(CMDQ_BASE, 8);
  EXPECT_EQ(whole.on(board_a().cpu), OK);
  EXPECT_EQ(whole.word, COMMANDS | 6);
}

TEST_F(TlmSockets, BadRegisterPayloadsAreAnsweredAsTlmPrescribes)
{
  unsigned char enables[4] = { 0xff, 0xff, 0xff, 0xff };
  read_packet enabled(CR0), narrow(CR0), beyond(0x20000);
  packet nothing(tlm::TLM_IGNORE_COMMAND, CR0, 4);

  start(false);
  enabled.set_byte_enable_ptr(enables);
  enabled.set_byte_enable_length(4);
  EXPECT_EQ(enabled.on(board_a().cpu), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  narrow.set_streaming_width(2);
  EXPECT_EQ(narrow.on(board_a().cpu), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(beyond.on(board_a().cpu), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(nothing.on(board_a().cpu), tlm::TLM_COMMAND_ERROR_RESPONSE);
}

TEST_F(TlmSockets, CmdqvHasASocketOfItsOwn)
{
  smmu_config_set_cmdqv(&config, 2, 4);
  start(false);
  read_packet last(smmu_cmdqv_bytes(&config) - 4), beyond(smmu_cmdqv_bytes(&config));
  EXPECT_EQ(last.on(board_a().cmdqv), OK);
  EXPECT_EQ(beyond.on(board_a().cmdqv), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  board_a().cmdqv_write(0, 0, 4); /* CONFIG: CMDQV_EN falls */
  EXPECT_EQ(board_a().cmdqv_read(0, 4), 0u);
  EXPECT_EQ(board_a().read(CR0, 4), 0xdu);
}

TEST_F(TlmSockets, WithoutCmdqvItsSocketAnswersAnError)
{
  read_packet p(0);

  start(false);
  EXPECT_EQ(p.on(board_a().cmdqv), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(TlmSockets, DebugReadsRegistersAndChangesNothing)
{
  uint64_t hash[2], again[2];
  struct {
    uint32_t base[2], prod, cons;
  } words{};
  read_packet p(CMDQ_BASE, sizeof words), write(CR0);

  start(false);
  smmu_hash(engine_timed_device(board_a().dut.engine()), hash);
  p.set_data_ptr(reinterpret_cast<unsigned char *>(&words));
  EXPECT_EQ(board_a().cpu->transport_dbg(p), sizeof words);
  EXPECT_EQ(words.base[0], COMMANDS | 6);
  write.set_write();
  EXPECT_EQ(board_a().cpu->transport_dbg(write), 0u);
  read_packet end(0x20000 - 4, 8);
  EXPECT_EQ(board_a().cpu->transport_dbg(end), 4u);
  smmu_hash(engine_timed_device(board_a().dut.engine()), again);
  EXPECT_EQ(std::memcmp(hash, again, sizeof hash), 0);
}

// ---- DMA ----

TEST_F(TlmSockets, DmaWithoutTheExtensionIsAnErrorAndSaysSo)
{
  reports kept;
  read_packet p(IOVA);

  start(false);
  EXPECT_EQ(p.on(board_a().device[0]), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_TRUE(reports::has("smmu_tlm_ext"));
  EXPECT_TRUE(board_a().data.log.empty());
}

TEST_F(TlmSockets, BadDmaPayloadsAreAnsweredAsTlmPrescribes)
{
  smmu_tlm_ext stream;
  packet nothing(tlm::TLM_IGNORE_COMMAND, IOVA, 4);
  read_packet empty(IOVA, 0), still(IOVA), wrap(UINT64_MAX, 4), streaming(IOVA + 0xffc, 8);

  start(false);
  stream.sid = SID;
  EXPECT_EQ(nothing.on(board_a().device[0]), tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(empty.on(board_a().device[0]), tlm::TLM_BURST_ERROR_RESPONSE);
  still.set_streaming_width(0);
  EXPECT_EQ(still.on(board_a().device[0]), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(wrap.on(board_a().device[0]), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  streaming.set_data_length(8); /* 6 bytes over and over, across a page boundary */
  streaming.set_streaming_width(6);
  streaming.set_extension(&stream);
  EXPECT_EQ(streaming.on(board_a().device[0]), tlm::TLM_BURST_ERROR_RESPONSE);
  streaming.clear_extension(&stream);
  EXPECT_TRUE(board_a().data.log.empty());
}

TEST_F(TlmSockets, DirectMemoryAccessIsNeverAllowed)
{
  smmu_tlm_ext stream;
  read_packet p(IOVA);
  tlm::tlm_dmi dmi;

  start(false);
  stream.sid = SID;
  board_a().data.allow_dmi = true;
  p.set_extension(&stream);
  EXPECT_EQ(p.on(board_a().device[0]), OK);
  EXPECT_FALSE(p.is_dmi_allowed());
  EXPECT_FALSE(board_a().device[0]->get_direct_mem_ptr(p, dmi));
  EXPECT_FALSE(board_a().cpu->get_direct_mem_ptr(p, dmi));
  EXPECT_EQ(p.get_address(), uint64_t{ IOVA });
  p.clear_extension(&stream);
}

TEST_F(TlmSockets, DebugGoesThroughTheTranslationAndChangesNothing)
{
  uint64_t hash[2], again[2];
  smmu_tlm_ext stream;
  read_packet p(IOVA + 0xffc, 8), unmapped(IOVA + 0x3000);
  packet write(tlm::TLM_WRITE_COMMAND, IOVA + 0x2000, 4); /* read only */

  start(false);
  stream.sid = SID;
  board_a().data.memory = memory;
  engine_memory_store64(memory, PA + 0xff8, 0x1111111100000000);
  engine_memory_store64(memory, PA + 0x5000, 0x22222222);
  smmu_hash(engine_timed_device(board_a().dut.engine()), hash);
  for (packet *a : { static_cast<packet *>(&p), static_cast<packet *>(&unmapped), &write })
    a->set_extension(&stream);
  EXPECT_EQ(board_a().device[0]->transport_dbg(p), 8u);
  EXPECT_EQ(p.word, 0x2222222211111111u);
  EXPECT_EQ(board_a().device[0]->transport_dbg(unmapped), 0u);
  EXPECT_EQ(board_a().device[0]->transport_dbg(write), 0u);
  for (packet *a : { static_cast<packet *>(&p), static_cast<packet *>(&unmapped), &write })
    a->clear_extension(&stream);
  smmu_hash(engine_timed_device(board_a().dut.engine()), again);
  EXPECT_EQ(std::memcmp(hash, again, sizeof hash), 0);
  run();
  EXPECT_TRUE(board_a().pulses.empty());
  EXPECT_TRUE(board_a().data.log.empty());
}

// ---- what platforms do wrong ----

TEST_F(TlmSockets, RegisterAccessFromInsideAnAccessOfTheDeviceIsRefused)
{
  reports kept;
  tlm::tlm_response_status inner = tlm::TLM_INCOMPLETE_RESPONSE;

  start(false);
  board_a().tables.on_access = [&] {
    read_packet p(CR0);
    if (inner == tlm::TLM_INCOMPLETE_RESPONSE)
      inner = p.on(board_a().cpu);
  };
  EXPECT_EQ(board_a().dma(read_of(IOVA)).status, OK);
  EXPECT_EQ(inner, tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_TRUE(reports::has("from inside"));
}

TEST_F(TlmSockets, MemTargetThatWaitsIsReported)
{
  reports kept;
  bool thrown = false;

  start(false);
  board_a().tables.on_access = [] { sc_core::wait(5, sc_core::SC_NS); };
  board_a().thread[0].give([&] {
    try {
      board_a().dma(read_of(IOVA));
    } catch (const sc_core::sc_report &) {
      thrown = true;
    }
    board_a().tables.on_access = nullptr;
  });
  run();
  EXPECT_TRUE(thrown);
  EXPECT_TRUE(reports::has("must add to the delay"));
}

TEST_F(TlmSockets, ExceptionOfAMemTargetReachesTheInitiatorAndTheDeviceGoesOn)
{
  struct oops {};
  bool armed = true, caught = false;

  start(false);
  board_a().tables.on_access = [&] {
    if (std::exchange(armed, false))
      throw oops();
  };
  board_a().thread[0].give([&] {
    try {
      board_a().dma(read_of(IOVA));
    } catch (const oops &) {
      caught = true;
    }
  });
  run();
  EXPECT_TRUE(caught);
  const dma_done done = board_a().dma(read_of(IOVA));
  EXPECT_EQ(done.status, OK);
  EXPECT_EQ(done.result.pa, uint64_t{ PA });
}

TEST_F(TlmSockets, RefusedConfigurationIsAnErrorAndLeavesTheDevice)
{
  smmu_config bad = config;

  start(false);
  bad.tbus = 0;
  EXPECT_EQ(board_a().dut.configure(bad, profile, 0), SMMU_ERR_BADCFG);
  EXPECT_EQ(board_a().read(CR0, 4), 0xdu);
}

TEST_F(TlmSockets, NoOtherDeviceWhileDmaIsInFlight)
{
  int err = SMMU_OK;

  start(true);
  board_a().thread[0].give([] { board_a().dma(read_of(IOVA)); });
  run_for(1000);
  err = board_a().dut.configure(config, profile, 0);
  run();
  EXPECT_EQ(err, SMMU_ERR_BADARG);
}

TEST_F(TlmSockets, SocketOfATbuThatTheDeviceLacksIsAnError)
{
  reports kept;
  smmu_txn txn = read_of(IOVA);

  config.tbus = 1;
  start(false);
  txn.tbu = 2;
  EXPECT_EQ(board_a().dma(txn).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_TRUE(reports::has("no TBU"));
}

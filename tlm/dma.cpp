// The sockets where DMA enters: a translation by the engine, then the access to memory with the
// output address. What crosses a 4 KB boundary is translated and forwarded piece by piece, in order
// of addresses, each after the one before it has been answered.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "tlm/report.h"
#include "tlm/smmu_tlm.h"

using sc_core::sc_time;

namespace {

constexpr uint64_t page = 0x1000; // no translation is smaller

unsigned room_in_page(uint64_t addr)
{
  return static_cast<unsigned>(page - addr % page);
}

smmu_txn txn_of(int port, const tlm::tlm_generic_payload &p, const smmu_tlm_ext &stream)
{
  smmu_txn txn{};

  txn.addr = p.get_address();
  txn.sid = stream.sid;
  txn.ssid = stream.ssid;
  txn.ssv = stream.ssv;
  txn.write = p.is_write();
  txn.instruction = stream.instruction;
  txn.privileged = stream.privileged;
  txn.kind = stream.kind;
  txn.tbu = static_cast<uint16_t>(port);
  return txn;
}

bool is_enabled(const tlm::tlm_generic_payload &p, unsigned byte)
{
  const unsigned char *enables = p.get_byte_enable_ptr();

  return !enables || enables[byte % p.get_byte_enable_length()] == TLM_BYTE_ENABLED;
}

// CD.A = 0: reads see zero, writes are lost. IHI 0070 5.5.
void read_as_zero(tlm::tlm_generic_payload &p)
{
  for (unsigned i = 0; p.is_read() && i < p.get_data_length(); i++) {
    if (is_enabled(p, i))
      p.get_data_ptr()[i] = 0;
  }
}

// Bytes [from, from + len) of a transfer as a payload of its own, with copies of its extensions.
class part {
public:
  part(tlm::tlm_generic_payload &whole, unsigned from, unsigned len)
  {
    payload.deep_copy_from(whole); // the pointers here are null: neither data nor enables
    payload.set_address(whole.get_address() + from);
    payload.set_data_ptr(whole.get_data_ptr() + from);
    payload.set_data_length(len);
    payload.set_streaming_width(len);
    if (!whole.get_byte_enable_ptr())
      return;
    for (unsigned i = 0; i < len; i++)
      enables_.push_back(is_enabled(whole, from + i) ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED);
    payload.set_byte_enable_ptr(enables_.data());
    payload.set_byte_enable_length(len);
  }

  tlm::tlm_generic_payload payload;

private:
  std::vector<unsigned char> enables_;
};

// A ticket somebody waits for, for as long as he does.
class waiting {
public:
  using map = std::map<uint64_t, std::optional<engine_timed_done>>;
  waiting(map &tickets, uint64_t ticket)
      : tickets_(tickets), at_(tickets.emplace(ticket, std::nullopt).first)
  {
  }
  ~waiting()
  {
    tickets_.erase(at_);
  }
  waiting(const waiting &) = delete;
  waiting &operator=(const waiting &) = delete;
  const std::optional<engine_timed_done> &answer() const
  {
    return at_->second;
  }

private:
  map &tickets_;
  map::iterator at_;
};

} // namespace

// ---- translation ----

bool smmu_tlm::translate(const smmu_txn &txn, smmu_result &out, sc_time &delay)
{
  uint64_t ticket = 0;
  int err;

  while ((err = engine_timed_submit(engine_.get(), &txn, &ticket)) == SMMU_ERR_NOSLOT) {
    if (!go_on())
      return false;
  }
  if (err != SMMU_OK) {
    smmu_tlm_warning(*this, "the device has no TBU for this socket");
    return false;
  }
  waiting mine(tickets_, ticket);
  arm();
  while (!mine.answer()) {
    if (!go_on()) {
      smmu_tlm_warning(*this, "DMA waits for software, which is possible with set_in_step() alone");
      return false;
    }
  }
  out = mine.answer()->result;
  delay = ahead();
  return true;
}

// ---- transfers ----

smmu_tlm::status smmu_tlm::refuse_dma(const payload &p)
{
  if (!p.is_read() && !p.is_write())
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (p.get_data_length() == 0 || p.get_streaming_width() == 0)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (p.get_byte_enable_ptr() && p.get_byte_enable_length() == 0)
    return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (p.get_address() + (p.get_data_length() - 1U) < p.get_address())
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!p.get_extension<smmu_tlm_ext>()) {
    smmu_tlm_warning(*this, "DMA without smmu_tlm_ext: it has no StreamID");
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  }
  if (is_nested("DMA arrives from inside an access of the device itself"))
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void smmu_tlm::tbu_transport(int port, payload &p, sc_time &delay)
{
  status s = refuse_dma(p);

  if (s == tlm::TLM_OK_RESPONSE)
    s = transfer(port, p, delay);
  p.set_dmi_allowed(false); // whatever memory below would allow
  p.set_response_status(s);
}

// A streaming transfer repeats its first streaming_width bytes of address.
smmu_tlm::status smmu_tlm::transfer(int port, payload &p, sc_time &delay)
{
  const unsigned room = room_in_page(p.get_address());

  if (std::min(p.get_data_length(), p.get_streaming_width()) <= room)
    return piece(port, p, delay);
  if (p.get_streaming_width() < p.get_data_length())
    return tlm::TLM_BURST_ERROR_RESPONSE;
  return split(port, p, delay);
}

smmu_tlm::status smmu_tlm::split(int port, payload &p, sc_time &delay)
{
  const unsigned all = p.get_data_length();
  status s = tlm::TLM_OK_RESPONSE;

  for (unsigned done = 0, len; done < all && s == tlm::TLM_OK_RESPONSE; done += len) {
    len = std::min(all - done, room_in_page(p.get_address() + done));
    part one(p, done, len);
    s = piece(port, one.payload, delay);
    p.update_extensions_from(one.payload);
  }
  return s;
}

smmu_tlm::status smmu_tlm::piece(int port, payload &p, sc_time &delay)
{
  auto stream = p.get_extension<smmu_tlm_ext>();
  const uint64_t in = p.get_address();

  enter(delay);
  if (!translate(txn_of(port, p, *stream), stream->result, delay))
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (stream->result.status == SMMU_STATUS_ABORT)
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (stream->result.status == SMMU_STATUS_RAZWI) {
    read_as_zero(p);
    return tlm::TLM_OK_RESPONSE;
  }
  if (stream->kind == SMMU_TXN_ATS_REQUEST)
    return tlm::TLM_OK_RESPONSE;
  p.set_address(stream->result.pa);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  down->b_transport(p, delay);
  p.set_address(in);
  return p.get_response_status();
}

// ---- debug: the translation happens in a copy of the device, which is then thrown away ----

bool smmu_tlm::translate_copy(const smmu_txn &txn, smmu_result &out)
{
  const smmu *device = engine_timed_device(engine_.get());
  const size_t size = (smmu_size(smmu_get_config(device)) + 63) / 64 * 64;
  std::unique_ptr<smmu, void (*)(void *)> copy(static_cast<smmu *>(std::aligned_alloc(64, size)),
                                               std::free);
  const smmu_reply *answer = nullptr;
  smmu_reply reply{};
  smmu_ask ask{};
  smmu_actor actor;

  if (!copy)
    return false;
  smmu_clone(copy.get(), device);
  if (smmu_submit(copy.get(), &txn, &actor, nullptr) != SMMU_OK)
    return false;
  for (;; answer = &reply) {
    smmu_step(copy.get(), actor, answer, nullptr, &ask);
    if (ask.kind == SMMU_ASK_READ) {
      payload p;
      p.set_read();
      p.set_address(ask.addr);
      p.set_data_ptr(reinterpret_cast<unsigned char *>(reply.data));
      p.set_data_length(ask.len);
      p.set_streaming_width(ask.len);
      reply.status = mem->transport_dbg(p) == ask.len ? SMMU_BUS_OK : SMMU_BUS_ABORT;
    } else if (ask.kind == SMMU_ASK_CAS) { // nothing is changed: as if it had been
      reply.data[0] = ask.data[0];
      reply.status = SMMU_BUS_OK;
    } else if (ask.kind == SMMU_ASK_PICK) {
      reply.choice = static_cast<uint32_t>(ask.data[0]);
    } else if (ask.kind != SMMU_ASK_STAGE) {
      break;
    }
  }
  smmu_get_result(copy.get(), actor, &out);
  return ask.kind == SMMU_ASK_END && out.status == SMMU_STATUS_OK;
}

unsigned smmu_tlm::tbu_debug(int port, payload &p)
{
  const auto stream = p.get_extension<smmu_tlm_ext>();
  unsigned done = 0;

  if (!stream || running_ || (!p.is_read() && !p.is_write()))
    return 0;
  for (unsigned len; done < p.get_data_length(); done += len) {
    smmu_result result{};
    len = std::min(p.get_data_length() - done, room_in_page(p.get_address() + done));
    part one(p, done, len);
    if (stream->kind == SMMU_TXN_ATS_REQUEST ||
        !translate_copy(txn_of(port, one.payload, *stream), result))
      return done;
    one.payload.set_address(result.pa);
    const unsigned moved = down->transport_dbg(one.payload);
    if (moved < len)
      return done + moved;
  }
  return done;
}

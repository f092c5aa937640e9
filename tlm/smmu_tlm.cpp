// The module's birth, its clock, and what the engine calls: bus accesses and interrupts. Sockets:
// sockets.cpp.
//
// The engine's clock counts picoseconds from epoch_ on. It is never behind sc_time_stamp() when
// somebody looks at it, and may be ahead of it (temporal decoupling). wake_ is always armed for the
// engine's next event.
#include "tlm/smmu_tlm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "tlm/report.h"

using sc_core::sc_time;

namespace {

constexpr uint64_t extra_max_ps = 1000000000000; // smmu/timed.h: one second

sc_time from_ps(uint64_t ps)
{
  return sc_time::from_value(ps);
}

void check_resolution()
{
  if (std::fabs(sc_core::sc_get_time_resolution().to_seconds() * 1e12 - 1) > 1e-6)
    SC_REPORT_ERROR(smmu_tlm_id, "the time resolution must be 1 ps, SystemC's default");
}

std::string reason(const smmu_config &device, const timed_profile &profile)
{
  char why[256] = "out of memory";
  if (smmu_config_check(&device, why, sizeof why) == SMMU_OK)
    timed_profile_check(&profile, why, sizeof why);
  return why;
}

} // namespace

smmu_tlm::smmu_tlm(const sc_core::sc_module_name &module, const smmu_config &device,
                   const timed_profile &profile, uint64_t seed, unsigned tbus)
    : sc_module(module), regs("regs"), cmdqv("cmdqv"), tbu("tbu", tbus ? tbus : device.tbus),
      down("down"), mem("mem"), irq("irq", SMMU_SIGNAL_COUNT), wake_("wake"), done_("done"),
      pulse_("pulse")
{
  check_resolution();
  regs.register_b_transport(this, &smmu_tlm::regs_transport);
  regs.register_transport_dbg(this, &smmu_tlm::regs_debug);
  cmdqv.register_b_transport(this, &smmu_tlm::cmdqv_transport);
  cmdqv.register_transport_dbg(this, &smmu_tlm::cmdqv_debug);
  for (unsigned i = 0; i < tbu.size(); i++) {
    tbu[i].register_b_transport(this, &smmu_tlm::tbu_transport, static_cast<int>(i));
    tbu[i].register_transport_dbg(this, &smmu_tlm::tbu_debug, static_cast<int>(i));
  }
  SC_METHOD(advance);
  dont_initialize();
  sensitive << wake_;
  SC_METHOD(drive);
  dont_initialize();
  sensitive << pulse_;
  if (configure(device, profile, seed) != SMMU_OK)
    SC_REPORT_ERROR(smmu_tlm_id, (std::string(name()) + ": " + reason(device, profile)).c_str());
}

smmu_tlm::~smmu_tlm() = default;

void smmu_tlm::destroy::operator()(engine_timed *e) const
{
  engine_timed_destroy(e);
}

int smmu_tlm::configure(const smmu_config &device, const timed_profile &profile, uint64_t seed)
{
  engine_timed_options options{};
  engine_timed *e;

  if (running_ || !tickets_.empty())
    return SMMU_ERR_BADARG;
  options.device = &device;
  options.profile = &profile;
  options.bus = { this, bus_read, bus_write };
  options.seed = seed;
  int err = engine_timed_create(&e, &options);
  if (err != SMMU_OK)
    return err;
  engine_.reset(e);
  engine_timed_set_signal(e, on_signal, this);
  epoch_ = sc_core::sc_time_stamp().value();
  due_.clear();
  wake_.cancel();
  return SMMU_OK;
}

void smmu_tlm::set_in_step(bool on)
{
  in_step_ = on;
}

engine_timed *smmu_tlm::engine()
{
  return engine_.get();
}

// ---- time ----

uint64_t smmu_tlm::now_ps() const
{
  return sc_core::sc_time_stamp().value() - epoch_;
}

sc_time smmu_tlm::device_time() const
{
  return from_ps(epoch_ + engine_timed_now(engine_.get()));
}

// How far the device is ahead of the simulation.
sc_time smmu_tlm::ahead() const
{
  return std::max(device_time(), sc_core::sc_time_stamp()) - sc_core::sc_time_stamp();
}

// Exceptions of targets were kept away from the engine, which is C; they go on from here.
void smmu_tlm::run_to(uint64_t t)
{
  running_ = true;
  engine_timed_run_until(engine_.get(), t);
  running_ = false;
  collect();
  arm();
  if (thrown_)
    std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void smmu_tlm::arm()
{
  uint64_t next = engine_timed_next_time(engine_.get()), now = now_ps();

  wake_.cancel();
  if (next != ENGINE_NEVER)
    wake_.notify(from_ps(next > now ? next - now : 0));
}

void smmu_tlm::advance()
{
  if (!running_)
    run_to(now_ps());
}

void smmu_tlm::resume()
{
  run_to(now_ps());
}

// Completions go to who waits for them.
void smmu_tlm::collect()
{
  engine_timed_done d;

  while (engine_timed_poll(engine_.get(), &d)) {
    auto waiting = tickets_.find(d.ticket);
    if (waiting != tickets_.end())
      waiting->second = d;
    done_.notify(sc_core::SC_ZERO_TIME);
  }
}

// An access arrives: the device comes up to its time. If it is there or beyond, nothing moves: what
// the device has to do at this very time comes after the access, which happens now and perhaps
// later than its initiator thought; delay says so.
void smmu_tlm::enter(sc_time &delay)
{
  if (in_step_ && delay != sc_core::SC_ZERO_TIME) {
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  const uint64_t t = now_ps() + delay.value();
  if (t > engine_timed_now(engine_.get()))
    run_to(t);
  delay = ahead();
}

// Whatever comes next comes. False: nothing will, before software acts.
bool smmu_tlm::go_on()
{
  if (in_step_) {
    wait(done_);
    return true;
  }
  uint64_t next = engine_timed_next_time(engine_.get());
  if (next == ENGINE_NEVER)
    return false;
  run_to(next);
  return true;
}

// ---- the device's own accesses ----

bool smmu_tlm::bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  return static_cast<smmu_tlm *>(ctx)->bus(tlm::TLM_READ_COMMAND, addr, bytes, len, extra_ps);
}

bool smmu_tlm::bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len,
                         uint64_t *extra_ps)
{
  unsigned char copy[64]; // a payload cannot point to constant data

  std::memcpy(copy, bytes, len);
  return static_cast<smmu_tlm *>(ctx)->bus(tlm::TLM_WRITE_COMMAND, addr, copy, len, extra_ps);
}

bool smmu_tlm::bus(tlm::tlm_command command, uint64_t addr, void *bytes, size_t len,
                   uint64_t *extra_ps) noexcept
{
  if (thrown_) // nobody has heard of the first one yet
    return false;
  try {
    bus_access(command, addr, bytes, len, extra_ps);
    return own_.is_response_ok();
  } catch (...) {
    thrown_ = std::current_exception();
    return false;
  }
}

// The access happens at the engine's time; what the target adds to the delay is the time it takes.
void smmu_tlm::bus_access(tlm::tlm_command command, uint64_t addr, void *bytes, size_t len,
                          uint64_t *extra_ps)
{
  const sc_time local = ahead();
  const uint64_t delta = sc_core::sc_delta_count();
  sc_time delay = local;

  own_.set_command(command);
  own_.set_address(addr);
  own_.set_data_ptr(static_cast<unsigned char *>(bytes));
  own_.set_data_length(static_cast<unsigned>(len));
  own_.set_streaming_width(static_cast<unsigned>(len));
  own_.set_byte_enable_ptr(nullptr);
  own_.set_dmi_allowed(false);
  own_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  mem->b_transport(own_, delay);
  if (sc_core::sc_delta_count() != delta)
    smmu_tlm_error(*this, "the target of mem called wait(); it must add to the delay instead");
  if (delay > local + from_ps(extra_max_ps))
    smmu_tlm_error(*this, "the target of mem delays an access by more than one second");
  *extra_ps = delay > local ? (delay - local).value() : 0;
}

// ---- interrupts ----

void smmu_tlm::on_signal(void *ctx, smmu_signal line, uint64_t time)
{
  auto self = static_cast<smmu_tlm *>(ctx);

  self->due_.push_back({ self->epoch_ + time, static_cast<unsigned>(line) });
  self->pulse_.notify(self->ahead());
}

// Up in one delta cycle, down in the next. Two signals of one line at one time are two pulses.
void smmu_tlm::drive()
{
  const uint64_t now = sc_core::sc_time_stamp().value();
  const unsigned up = std::exchange(high_, 0U);

  while (up == 0 && !due_.empty() && due_.front().time <= now &&
         !(high_ >> due_.front().line & 1U)) {
    high_ |= 1U << due_.front().line;
    due_.pop_front();
  }
  for (unsigned line = 0; line < irq.size(); line++) {
    if (irq[line].get_interface() && ((up ^ high_) >> line & 1U))
      irq[line]->write((high_ >> line & 1U) != 0);
  }
  if (high_)
    pulse_.notify(sc_core::SC_ZERO_TIME);
  else if (!due_.empty())
    pulse_.notify(from_ps(due_.front().time > now ? due_.front().time - now : 0));
}

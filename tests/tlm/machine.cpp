// The machine of machine.h: structures in memory, and the engine alone as the measure.
#include "machine.h"

#include <cstdlib>

namespace testing_tlm {

namespace {

enum : uint64_t { CONTEXT = 0x110000, LEVEL1 = 0x120000, LEVEL2 = 0x121000, LEVEL3 = 0x122000 };

constexpr uint64_t bit(unsigned n)
{
  return 1ULL << n;
}

// IHI 0070 5.2, 5.4: V, stage 1; 39 bits, 4 KB, AA64, R, A or not.
void make_stream(engine_memory *m, uint32_t sid, bool aborts)
{
  const uint64_t ste = STREAMS + 64 * sid, cd = CONTEXT + 64 * sid;

  engine_memory_store64(m, cd,
                        25 | bit(30) | bit(31) | 5ULL << 32 | bit(41) | bit(45) |
                          (aborts ? bit(46) : 0) | 7ULL << 48);
  engine_memory_store64(m, cd + 8, LEVEL1);
  engine_memory_store64(m, cd + 24, 0xff);
  engine_memory_store64(m, ste + 8, bit(44));
  engine_memory_store64(m, ste, 1 | 5 << 1 | cd);
}

void make_page(engine_memory *m, unsigned page, uint64_t pa, bool read_only)
{
  engine_memory_store64(m, LEVEL3 + 8 * (1 + page),
                        pa | bit(11) | bit(10) | 3 << 8 | bit(6) | (read_only ? bit(7) : 0) | 3);
}

void make_structures(engine_memory *m)
{
  make_stream(m, SID, true);
  make_stream(m, SID_RAZ, false);
  engine_memory_store64(m, LEVEL1 + 8, LEVEL2 | 3);
  engine_memory_store64(m, LEVEL2, LEVEL3 | 3);
  make_page(m, 0, PA, false);
  make_page(m, 1, PA + 0x5000, false);
  make_page(m, 2, PA_READ_ONLY, true);
}

smmu_txn txn_of(uint64_t addr, uint32_t sid, bool write)
{
  smmu_txn txn{};

  txn.addr = addr;
  txn.sid = sid;
  txn.write = write;
  return txn;
}

} // namespace

smmu_txn read_of(uint64_t addr, uint32_t sid)
{
  return txn_of(addr, sid, false);
}

smmu_txn write_of(uint64_t addr, uint32_t sid)
{
  return txn_of(addr, sid, true);
}

std::vector<std::pair<uint64_t, uint64_t>> programming()
{
  return { { 0x80, STREAMS },    { 0x88, 6 },     { CMDQ_BASE, COMMANDS | 6 },
           { 0xa0, EVENTS | 6 }, { IRQ_CTRL, 5 }, { CR0, 0xd } };
}

static unsigned bytes_of(uint64_t offset)
{
  return offset == 0x80 || offset == CMDQ_BASE || offset == 0xa0 ? 8 : 4;
}

// ---- on the board ----

machine::machine()
{
  smmu_config_neutral(&config);
  timed_profile_neutral(&profile);
  config.txns = TXNS;
  config.tbus = board::TBUS;
  if (engine_memory_create(&memory, ENGINE_HOLE_ZERO) != SMMU_OK)
    std::abort();
  make_structures(memory);
}

machine::~machine()
{
  run();
  for (board *b : { &board_a(), &board_b() }) {
    b->tables.memory = b->data.memory = nullptr;
    b->tables.on_access = b->data.on_access = nullptr;
    b->on_pulse = nullptr;
  }
  engine_memory_destroy(memory);
}

void machine::start_on(board &b, bool in_step, uint64_t seed)
{
  b.start(config, profile, seed, memory, in_step);
  for (auto [offset, value] : programming()) {
    b.write(offset, value, bytes_of(offset));
    run();
  }
  b.pulses.clear();
  b.tables.log.clear();
  base = now_ps();
}

void machine::start(bool in_step, uint64_t seed)
{
  start_on(board_a(), in_step, seed);
}

void machine::command(unsigned slot, uint64_t low)
{
  engine_memory_store64(memory, COMMANDS + 16 * slot, low);
  engine_memory_store64(memory, COMMANDS + 16 * slot + 8, 0);
}

std::vector<pulse> machine::pulses() const
{
  std::vector<pulse> ours;

  for (const pulse &p : board_a().pulses)
    ours.push_back({ p.line, p.time - base });
  return ours;
}

// ---- the engine alone ----

bare::bare(const smmu_config &config, const timed_profile &profile, uint64_t seed,
           engine_memory *memory, uint64_t extra_ps)
    : memory_(memory), extra_ps_(0)
{
  engine_timed_options options{};

  options.device = &config;
  options.profile = &profile;
  options.bus = { this, bus_read, bus_write };
  options.seed = seed;
  if (engine_timed_create(&engine_, &options) != SMMU_OK)
    std::abort();
  for (auto [offset, value] : programming()) {
    engine_timed_mmio_write(engine_, offset, value, bytes_of(offset));
    engine_timed_run_until(engine_, ENGINE_NEVER);
  }
  base_ = engine_timed_now(engine_);
  extra_ps_ = extra_ps;
  engine_timed_set_signal(engine_, on_signal, this);
}

bare::~bare()
{
  engine_timed_destroy(engine_);
}

bool bare::bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  *extra_ps = static_cast<bare *>(ctx)->extra_ps_;
  return engine_memory_read(static_cast<bare *>(ctx)->memory_, addr, bytes, len);
}

bool bare::bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len, uint64_t *extra_ps)
{
  *extra_ps = static_cast<bare *>(ctx)->extra_ps_;
  return engine_memory_write(static_cast<bare *>(ctx)->memory_, addr, bytes, len);
}

void bare::on_signal(void *ctx, smmu_signal line, uint64_t time)
{
  auto self = static_cast<bare *>(ctx);

  self->pulses.push_back({ static_cast<unsigned>(line), time - self->base_ });
}

void bare::run_until(uint64_t at)
{
  engine_timed_run_until(engine_, base_ + at);
}

void bare::rest()
{
  engine_timed_done d;

  engine_timed_run_until(engine_, ENGINE_NEVER);
  while (engine_timed_poll(engine_, &d))
    done_.push_back(d);
}

void bare::write(uint64_t at, uint64_t offset, uint64_t value)
{
  run_until(at);
  engine_timed_mmio_write(engine_, offset, value, bytes_of(offset));
}

uint64_t bare::read(uint64_t at, uint64_t offset)
{
  run_until(at);
  return engine_timed_mmio_read(engine_, offset, bytes_of(offset));
}

uint64_t bare::submit(uint64_t at, const smmu_txn &txn)
{
  uint64_t ticket = 0;

  run_until(at);
  EXPECT_EQ(engine_timed_submit(engine_, &txn, &ticket), SMMU_OK);
  return ticket;
}

uint64_t bare::end_of(uint64_t ticket)
{
  rest();
  for (const engine_timed_done &d : done_) {
    if (d.ticket == ticket)
      return d.ended - base_;
  }
  ADD_FAILURE() << "ticket " << ticket << " has not ended";
  return 0;
}

} // namespace testing_tlm

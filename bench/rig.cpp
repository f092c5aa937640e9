// See rig.hpp.
#include "rig.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace bench {

const Geometry one_tlb = { "1024x4", { 0, 0 }, { 256, 4 }, { 0, 0 }, { 16, 4 } };
const Geometry no_tlb = { "none", { 0, 0 }, { 0, 0 }, { 0, 0 }, { 16, 4 } };
const Geometry utlb32 = { "utlb32+2048x4", { 1, 32 }, { 512, 4 }, { 16, 4 }, { 16, 4 } };
const Geometry utlb_and_main = { "utlb64+4096x8", { 16, 4 }, { 512, 8 }, { 16, 4 }, { 16, 4 } };

namespace {

constexpr uint64_t strtab = 0x1000000, cd_ipa = 0x2000000, cmdq = 0x3000000, evtq = 0x3800000;
constexpr uint64_t valid = 1, table = 3, page = 3, af = 1ull << 10;

void fail(const char *what)
{
  std::fprintf(stderr, "bench: %s\n", what);
  std::abort();
}

} // namespace

Rig::Rig(const Geometry &geometry, bool nested) : nested_(nested)
{
  smmu_config cfg;
  char why[200];

  smmu_config_neutral(&cfg);
  cfg.utlb = geometry.utlb;
  cfg.tlb = geometry.tlb;
  cfg.walk_cache = geometry.walk;
  cfg.cfg_cache = geometry.cfg;
  if (smmu_config_check(&cfg, why, sizeof why) != 0)
    fail(why);
  if (engine_memory_create(&memory, ENGINE_HOLE_ZERO) != 0 ||
      engine_now_create(&engine, &cfg, memory) != 0)
    fail("out of memory");
  device = engine_now_device(engine);
  s1_table = new_page();
  s2_table = new_page();
  program();
}

Rig::~Rig()
{
  engine_now_destroy(engine);
  engine_memory_destroy(memory);
}

uint64_t Rig::new_page()
{
  next_page_ += 0x1000;
  return next_page_;
}

// Stage 2 is the identity for tables, mapped as they are met.
uint64_t Rig::physical(uint64_t ipa)
{
  if (nested_)
    map_in(true, s2_table, ipa, (ipa & ~0xfffull) | page | af | 3ull << 6 | 15ull << 2);
  return ipa;
}

void Rig::map_in(bool s2, uint64_t at, uint64_t input, uint64_t leaf)
{
  for (unsigned shift = 39; shift > 12; shift -= 9) {
    uint64_t word = at + 8 * (input >> shift & 511);

    if (!s2)
      word = physical(word);
    uint64_t desc = engine_memory_load64(memory, word);
    if (!(desc & valid)) {
      desc = new_page() | table;
      engine_memory_store64(memory, word, desc);
    }
    at = desc & 0xfffffffff000ull;
  }
  uint64_t last = at + 8 * (input >> 12 & 511);
  engine_memory_store64(memory, s2 ? last : physical(last), leaf);
}

void Rig::map(uint64_t va, uint64_t out)
{
  map_in(false, s1_table, va, out | page | af | 1ull << 6 | 1ull << 11);
  if (nested_)
    map_in(true, s2_table, out, out | page | af | 3ull << 6 | 15ull << 2);
}

// STE: stage 1, or both stages with S2T0SZ=20, start level 0; CD: T0SZ=16, TTB1 off, MAIR all
// Normal.
void Rig::program()
{
  const uint64_t sizes = 4; // 44 bits
  uint64_t ste[4] = { valid | (nested_ ? 7u : 5u) << 1 | cd_ipa, 1ull << 44, vmid, s2_table };
  uint64_t cd[4] = { 16 | 1ull << 30 | 1ull << 31 | sizes << 32 | 1ull << 41 | 3ull << 45 |
                       asid << 48,
                     s1_table, 0, ~0ull };

  ste[2] |= 20ull << 32 | 2ull << 38 | 0x35ull << 40 | sizes << 48 | 1ull << 51 | 1ull << 58;
  for (unsigned i = 0; i < 4; i++) {
    engine_memory_store64(memory, strtab + 8 * i, ste[i]);
    engine_memory_store64(memory, physical(cd_ipa) + 8 * i, cd[i]);
  }
  engine_now_mmio_write(engine, 0x80, strtab, 8);
  engine_now_mmio_write(engine, 0x88, 4, 4);
  engine_now_mmio_write(engine, 0x90, cmdq | queue_log2, 8);
  engine_now_mmio_write(engine, 0x98, 0, 4);
  engine_now_mmio_write(engine, 0x9c, 0, 4);
  engine_now_mmio_write(engine, 0xa0, evtq | 4, 8);
  engine_now_mmio_write(engine, 0x100a8, 0, 4);
  engine_now_mmio_write(engine, 0x100ac, 0, 4);
  engine_now_mmio_write(engine, 0x20, 1 | 1 << 2 | 1 << 3, 4);
}

smmu_txn Rig::read_of(uint64_t va) const
{
  smmu_txn t = {};

  t.addr = va;
  return t;
}

uint64_t Rig::translate(uint64_t va)
{
  smmu_txn t = read_of(va);
  struct smmu_result out;

  if (engine_now_translate(engine, &t, &out) != 0 || out.status != SMMU_STATUS_OK)
    fail("a translation failed");
  return out.pa;
}

void Rig::write_command(uint64_t dword0, uint64_t dword1)
{
  uint64_t at = cmdq + 16ull * (cmd_prod_ & ((1u << queue_log2) - 1));

  engine_memory_store64(memory, at, dword0);
  engine_memory_store64(memory, at + 8, dword1);
  cmd_prod_ = (cmd_prod_ + 1) & ((2u << queue_log2) - 1);
}

void Rig::commit()
{
  engine_now_mmio_write(engine, 0x98, cmd_prod_, 4);
}

bool Rig::drained() const
{
  return engine_now_mmio_read(engine, 0x9c, 4) == cmd_prod_;
}

engine_now_stats Rig::stats() const
{
  engine_now_stats out;

  engine_now_get_stats(engine, &out);
  return out;
}

std::vector<uint64_t> random_pages(size_t n, uint64_t seed)
{
  std::set<uint64_t> seen;
  std::vector<uint64_t> out;

  while (out.size() < n) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t va = (seed >> 20) << 12 & 0xffffffff000ull;
    if (seen.insert(va).second)
      out.push_back(va);
  }
  return out;
}

Pair measure(unsigned rounds, double items, const std::function<void()> &ours,
             const std::function<void()> &bare, const std::function<void()> &before_each)
{
  using clock = std::chrono::steady_clock;
  Pair best = { 1e30, 1e30 };

  for (unsigned i = 0; i < rounds; i++) {
    for (bool first : { true, false }) {
      double &slot = first ? best.ours : best.bare;
      if (before_each)
        before_each();
      auto from = clock::now();
      (first ? ours : bare)();
      std::chrono::duration<double, std::nano> took = clock::now() - from;
      slot = std::min(slot, took.count() / items);
    }
  }
  return best;
}

} // namespace bench

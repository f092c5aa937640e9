// TLBI_NH_VA in batches of 256 with one CMD_SYNC, through the command queue, on a full TLB; against
// a loop that decodes the same command words and searches the same sets of a plain array. IHI 0070
// 4.4. The gate: at least 0.25 of the loop's speed.
#include "rig.hpp"

namespace {

constexpr size_t pages = 1024, sets = 256, ways = 4, batch = 256;
constexpr uint64_t va_base = 0x40000000, pa_base = 0x80000000;

struct Entry {
  uint64_t va;
  uint16_t vmid, asid;
  bool valid, global;
  uint8_t size_log2;
};

struct Batch {
  std::vector<uint64_t> words; // pairs of dwords
};

Batch make_batch(uint64_t seed)
{
  Batch b;

  for (size_t i = 0; i < batch; i++) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    b.words.push_back(0x12 | bench::Rig::vmid << 32 | bench::Rig::asid << 48);
    b.words.push_back((va_base + ((seed >> 33) % pages << 12)) | 1);
  }
  return b;
}

// Decode as the architecture lays the words out, then look at every way of the set.
size_t bare_invalidate(const std::vector<uint64_t> &words, std::vector<Entry> &tlb)
{
  size_t dropped = 0;

  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    uint8_t opcode = words[i] & 0xff;
    uint16_t vmid = words[i] >> 32 & 0xffff, asid = words[i] >> 48 & 0xffff;
    uint64_t va = words[i + 1] & ~0xfffull;

    if (opcode != 0x12)
      return 0;
    Entry *e = &tlb[(va >> 12 & (sets - 1)) * ways];
    for (size_t way = 0; way < ways; way++, e++)
      if (e->valid && e->vmid == vmid && (e->global || e->asid == asid) &&
          e->va >> e->size_log2 == va >> e->size_log2) {
        e->valid = false;
        dropped++;
      }
  }
  return dropped;
}

void refill(std::vector<Entry> &tlb)
{
  for (size_t i = 0; i < pages; i++) {
    Entry &e = tlb[(i & (sets - 1)) * ways + i / sets];

    e = { va_base + (i << 12), bench::Rig::vmid, bench::Rig::asid, true, false, 12 };
  }
}

void run_gate(benchmark::State &state, const bench::Geometry &geometry)
{
  bench::Rig rig(geometry, false);
  std::vector<Entry> tlb(sets * ways);
  Batch b;
  bench::Pair best = {};
  uint64_t seed = 1;

  for (size_t i = 0; i < pages; i++)
    rig.map(va_base + (i << 12), pa_base + (i << 12));
  for (auto _ : state)
    best = bench::measure(
      400, double(batch), [&] { rig.commit(); },
      [&] { benchmark::DoNotOptimize(bare_invalidate(b.words, tlb)); },
      [&] {
        if (!rig.drained())
          rig.commit();
        b = make_batch(seed++);
        for (size_t i = 0; i < pages; i++)
          rig.translate(va_base + (i << 12));
        refill(tlb);
        for (size_t i = 0; i < b.words.size(); i += 2)
          rig.write_command(b.words[i], b.words[i + 1]);
        rig.write_command(0x46, 0);
      });
  rig.commit();
  if (!rig.drained())
    state.SkipWithError("the command queue did not drain");
  state.counters["ours_ns"] = best.ours;
  state.counters["bare_ns"] = best.bare;
  state.counters["ratio"] = best.bare / best.ours;
}

void GateTlbi(benchmark::State &state)
{
  run_gate(state, bench::one_tlb);
}
BENCHMARK(GateTlbi)->Name("gate/tlbi")->Iterations(1)->Unit(benchmark::kMillisecond);

void Tlbi(benchmark::State &state, const bench::Geometry &geometry)
{
  run_gate(state, geometry);
}
BENCHMARK_CAPTURE(Tlbi, utlb32_2048x4, bench::utlb32)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Tlbi, utlb_and_main, bench::utlb_and_main)
  ->Iterations(1)
  ->Unit(benchmark::kMillisecond);

} // namespace

// TLB hits through the public API against a bare branch-free lookup of the same pages in the same
// order. The gate: at most 10 times the bare loop, on one 4-way TLB of 1,024 entries.
#include <cstdio>

#include "rig.hpp"

namespace {

constexpr size_t pages = 1024, sets = 256, ways = 4;
constexpr uint64_t va_base = 0x40000000, pa_base = 0x80000000;

// The least that a branch-free 4-way lookup can be and still be one, able to miss: index, compare
// all ways, select by the way that matched, say whether one did. Or-ing masked outputs together
// instead costs half as much again.
struct BareTlb {
  uint64_t tag[sets][ways], out[sets][ways];

  void fill(uint64_t va, uint64_t pa)
  {
    size_t set = va >> 12 & (sets - 1);

    for (size_t way = 0; way < ways; way++)
      if (tag[set][way] == 0) {
        tag[set][way] = va >> 12 | 1ull << 63;
        out[set][way] = pa;
        return;
      }
  }

  uint64_t find(uint64_t va) const
  {
    const uint64_t *t = tag[va >> 12 & (sets - 1)];
    uint64_t key = va >> 12 | 1ull << 63;
    size_t way = (t[1] == key) | (t[2] == key) * 2u | (t[3] == key) * 3u;
    uint64_t hit = (t[0] == key) | (t[1] == key) | (t[2] == key) | (t[3] == key);

    return (out[va >> 12 & (sets - 1)][way] | (va & 0xfff)) & -hit;
  }
};

std::vector<uint64_t> shuffled()
{
  std::vector<uint64_t> order(pages);
  uint64_t seed = 12345;

  for (size_t i = 0; i < pages; i++)
    order[i] = va_base + (i << 12);
  for (size_t i = pages - 1; i > 0; i--) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    std::swap(order[i], order[(seed >> 33) % (i + 1)]);
  }
  return order;
}

void warm(bench::Rig &rig, const std::vector<uint64_t> &order)
{
  for (size_t i = 0; i < pages; i++)
    rig.map(va_base + (i << 12), pa_base + (i << 12));
  for (unsigned round = 0; round < 2; round++)
    for (uint64_t va : order)
      rig.translate(va);
}

uint64_t translate_all(bench::Rig &rig, const std::vector<uint64_t> &order)
{
  smmu_txn t = rig.read_of(0);
  struct smmu_result out;
  uint64_t sum = 0;

  for (uint64_t va : order) {
    t.addr = va;
    engine_now_translate(rig.engine, &t, &out);
    sum += out.pa;
  }
  return sum;
}

void GateHit(benchmark::State &state)
{
  bench::Rig rig(bench::one_tlb, false);
  static BareTlb bare;
  std::vector<uint64_t> order = shuffled();
  bench::Pair best = {};
  engine_now_stats before, after;
  constexpr unsigned repeats = 64;

  warm(rig, order);
  for (size_t i = 0; i < pages; i++)
    bare.fill(va_base + (i << 12), pa_base + (i << 12));
  before = rig.stats();
  for (auto _ : state)
    best = bench::measure(
      15, repeats * double(pages),
      [&] {
        for (unsigned i = 0; i < repeats; i++)
          benchmark::DoNotOptimize(translate_all(rig, order));
      },
      [&] {
        for (unsigned i = 0; i < repeats; i++) {
          uint64_t sum = 0;
          for (uint64_t va : order)
            sum += bare.find(va);
          benchmark::DoNotOptimize(sum);
        }
      });
  after = rig.stats();
  state.counters["ours_ns"] = best.ours;
  state.counters["bare_ns"] = best.bare;
  state.counters["ratio"] = best.ours / best.bare;
  state.counters["hit_share"] =
    double(after.fast_hits - before.fast_hits) / double(after.translations - before.translations);
}
BENCHMARK(GateHit)->Name("gate/hit")->Iterations(1)->Unit(benchmark::kMillisecond);

void Hit(benchmark::State &state, const bench::Geometry &geometry)
{
  bench::Rig rig(geometry, false);
  std::vector<uint64_t> order = shuffled();
  engine_now_stats before, after;

  warm(rig, order);
  before = rig.stats();
  for (auto _ : state)
    benchmark::DoNotOptimize(translate_all(rig, order));
  after = rig.stats();
  state.counters["hit_share"] =
    double(after.fast_hits - before.fast_hits) / double(after.translations - before.translations);
  state.counters["ns_each"] =
    benchmark::Counter(double(pages) * 1e-9,
                       benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(Hit, one_tlb, bench::one_tlb);
BENCHMARK_CAPTURE(Hit, utlb32_2048x4, bench::utlb32);
BENCHMARK_CAPTURE(Hit, utlb_and_main, bench::utlb_and_main);

} // namespace

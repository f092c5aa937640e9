// Nested misses: 24 descriptor reads each (4 levels of stage 1 over 4 levels of stage 2) with every
// translation cache off, against a naive recursive walker on the same memory. The gate: at least
// 0.35 of the walker's speed.
#include "rig.hpp"

namespace {

constexpr size_t pages = 1000;

// What a first sketch of a page-table walker looks like: follow, check valid, table or page.
class NaiveWalker {
public:
  NaiveWalker(const engine_memory *memory, uint64_t s1, uint64_t s2)
      : memory_(memory), s1_(s1), s2_(s2)
  {
  }

  bool stage1(uint64_t va, uint64_t table, int level, uint64_t *pa)
  {
    uint64_t word, desc;

    if (!stage2(table + 8 * (va >> shift(level) & 511), s2_, 0, &word) || !read(word, &desc))
      return false;
    if (!(desc & 1) || !(desc & 2))
      return false;
    if (level < 3)
      return stage1(va, desc & 0xfffffffff000ull, level + 1, pa);
    if (!(desc & 1ull << 10) || !(desc & 1ull << 6))
      return false;
    return stage2((desc & 0xfffffffff000ull) | (va & 0xfff), s2_, 0, pa);
  }

  bool translate(uint64_t va, uint64_t *pa)
  {
    return stage1(va, s1_, 0, pa);
  }

private:
  static unsigned shift(int level)
  {
    return 12 + 9 * static_cast<unsigned>(3 - level);
  }

  bool read(uint64_t at, uint64_t *desc)
  {
    return engine_memory_read(memory_, at, desc, 8);
  }

  bool stage2(uint64_t ipa, uint64_t table, int level, uint64_t *pa)
  {
    uint64_t desc;

    if (!read(table + 8 * (ipa >> shift(level) & 511), &desc))
      return false;
    if (!(desc & 1) || !(desc & 2))
      return false;
    if (level < 3)
      return stage2(ipa, desc & 0xfffffffff000ull, level + 1, pa);
    if (!(desc & 1ull << 10) || !(desc & 1ull << 6))
      return false;
    *pa = (desc & 0xfffffffff000ull) | (ipa & 0xfff);
    return true;
  }

  const engine_memory *memory_;
  uint64_t s1_, s2_;
};

void GateNested(benchmark::State &state)
{
  bench::Rig rig(bench::no_tlb, true);
  std::vector<uint64_t> vas = bench::random_pages(pages, 1), outs = bench::random_pages(pages, 2);
  NaiveWalker naive(rig.memory, rig.s1_table, rig.s2_table);
  bench::Pair best = {};
  engine_now_stats before, after;
  constexpr unsigned repeats = 4;
  uint64_t pa = 0;

  for (size_t i = 0; i < pages; i++)
    rig.map(vas[i], outs[i]);
  for (size_t i = 0; i < pages; i++)
    if (rig.translate(vas[i]) != outs[i] || !naive.translate(vas[i], &pa) || pa != outs[i]) {
      state.SkipWithError("the walkers disagree");
      return;
    }
  before = rig.stats();
  for (auto _ : state)
    best = bench::measure(
      21, repeats * double(pages),
      [&] {
        for (unsigned i = 0; i < repeats; i++)
          for (uint64_t va : vas)
            benchmark::DoNotOptimize(rig.translate(va));
      },
      [&] {
        for (unsigned i = 0; i < repeats; i++)
          for (uint64_t va : vas) {
            naive.translate(va, &pa);
            benchmark::DoNotOptimize(pa);
          }
      });
  after = rig.stats();
  state.counters["ours_ns"] = best.ours;
  state.counters["bare_ns"] = best.bare;
  state.counters["ratio"] = best.bare / best.ours;
  state.counters["reads"] =
    double(after.reads - before.reads) / double(after.translations - before.translations);
}
BENCHMARK(GateNested)->Name("gate/nested")->Iterations(1)->Unit(benchmark::kMillisecond);

void Miss(benchmark::State &state, bool nested)
{
  bench::Rig rig(bench::no_tlb, nested);
  std::vector<uint64_t> vas = bench::random_pages(pages, 1), outs = bench::random_pages(pages, 2);
  size_t i = 0;

  for (size_t k = 0; k < pages; k++)
    rig.map(vas[k], outs[k]);
  for (auto _ : state)
    benchmark::DoNotOptimize(rig.translate(vas[i++ % pages]));
}
BENCHMARK_CAPTURE(Miss, stage1, false);
BENCHMARK_CAPTURE(Miss, nested, true);

} // namespace

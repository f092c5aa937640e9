// What the contract itself costs: a stepped hit, copying and hashing a device, submitting.
#include <cstdlib>
#include <memory>

#include "rig.hpp"

namespace {

struct Free {
  void operator()(void *p) const
  {
    std::free(p);
  }
};

void SteppedHit(benchmark::State &state, const bench::Geometry &geometry)
{
  bench::Rig rig(geometry, false);
  engine_now_stats before, after;

  rig.map(0x40000000, 0x80000000);
  rig.translate(0x40000000);
  engine_now_set_fast(rig.engine, false);
  before = rig.stats();
  for (auto _ : state)
    benchmark::DoNotOptimize(rig.translate(0x40000123));
  after = rig.stats();
  state.counters["steps"] =
    double(after.steps - before.steps) / double(after.translations - before.translations);
}
BENCHMARK_CAPTURE(SteppedHit, one_tlb, bench::one_tlb);
BENCHMARK_CAPTURE(SteppedHit, utlb32_2048x4, bench::utlb32);

void tiny_device(smmu_config *cfg)
{
  smmu_config_neutral(cfg);
  smmu_config_set_tlb_profile(cfg, "tiny");
  cfg->txns = 2;
  cfg->tbus = 1;
  cfg->events = 2;
}

void large_device(smmu_config *cfg)
{
  smmu_config_neutral(cfg);
}

using Block = std::unique_ptr<smmu, Free>;

Block new_block(const smmu_config &cfg)
{
  return Block(static_cast<smmu *>(std::aligned_alloc(64, (smmu_size(&cfg) + 63) & ~size_t(63))));
}

void Clone(benchmark::State &state, void (*configure)(smmu_config *))
{
  smmu_config cfg;

  configure(&cfg);
  Block from = new_block(cfg), to = new_block(cfg);
  smmu_init(from.get(), &cfg);
  smmu_init(to.get(), &cfg);
  for (auto _ : state) {
    smmu_clone(to.get(), from.get());
    benchmark::ClobberMemory();
  }
  state.counters["bytes"] = double(smmu_size(&cfg));
}
BENCHMARK_CAPTURE(Clone, tiny, tiny_device);
BENCHMARK_CAPTURE(Clone, neutral, large_device);

void Hash(benchmark::State &state, void (*configure)(smmu_config *))
{
  smmu_config cfg;
  uint64_t hash[2];

  configure(&cfg);
  Block block = new_block(cfg);
  smmu_init(block.get(), &cfg);
  for (auto _ : state) {
    smmu_hash(block.get(), hash);
    benchmark::DoNotOptimize(hash);
  }
  state.counters["bytes"] = double(smmu_size(&cfg));
}
BENCHMARK_CAPTURE(Hash, tiny, tiny_device);
BENCHMARK_CAPTURE(Hash, neutral, large_device);

} // namespace

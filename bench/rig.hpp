// A device with tables for the benches: one stream (StreamID 0), 4K pages, 4 levels, built word by
// word. Register offsets and formats: IHI 0070 6.2, 5.2, 5.4; descriptors: VMSAv8-64.
#ifndef BENCH_RIG_HPP
#define BENCH_RIG_HPP

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "smmu/engine.h"

namespace bench {

struct Geometry {
  const char *name;
  smmu_cache_config utlb, tlb, walk, cfg;
};

// One 4-way TLB of 1,024 entries and nothing else: what the hit and TLBI gates speak of.
extern const Geometry one_tlb;
// No translation cache at all.
extern const Geometry no_tlb;
// A fully associative micro-TLB of 32 in front of 2,048 entries.
extern const Geometry utlb32;
// A micro-TLB in front of a main TLB that holds every page.
extern const Geometry utlb_and_main;

class Rig {
public:
  static constexpr uint64_t asid = 7, vmid = 3;
  static constexpr unsigned queue_log2 = 10;

  Rig(const Geometry &geometry, bool nested);
  ~Rig();
  Rig(const Rig &) = delete;
  Rig &operator=(const Rig &) = delete;

  // Map one 4K page at stage 1 (and what that needs at stage 2).
  void map(uint64_t va, uint64_t out);
  smmu_txn read_of(uint64_t va) const;
  uint64_t translate(uint64_t va);
  // Write n commands behind the queue's end without telling the device; commit() tells it.
  void write_command(uint64_t dword0, uint64_t dword1);
  void commit();
  bool drained() const;
  engine_now_stats stats() const;

  engine_memory *memory = nullptr;
  engine_now *engine = nullptr;
  smmu *device = nullptr;
  uint64_t s1_table = 0, s2_table = 0;

private:
  uint64_t new_page();
  uint64_t physical(uint64_t ipa);
  void map_in(bool s2, uint64_t at, uint64_t input, uint64_t leaf);
  void program();

  bool nested_;
  uint64_t next_page_ = 0x10000000;
  uint32_t cmd_prod_ = 0;
};

// n distinct pages below 2^44, reproducible.
std::vector<uint64_t> random_pages(size_t n, uint64_t seed);

// Nanoseconds per item of two bodies that each do `items` items, taken alternately so that both see
// the same machine: the best of `rounds`.
struct Pair {
  double ours, bare;
};
Pair measure(unsigned rounds, double items, const std::function<void()> &ours,
             const std::function<void()> &bare, const std::function<void()> &before_each = {});

} // namespace bench

#endif

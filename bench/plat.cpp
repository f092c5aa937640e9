// What the scheduler of plat/ costs the host, beside a call through a pointer that does nothing: a
// settle that finds nobody earlier, one that hands over to another of 64 CPUs after every store,
// and a lock: alone, and when 64 CPUs want it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>

#include "plat/board.h"

namespace {

constexpr unsigned turns = 20000;

struct Board {
  explicit Board(unsigned cpus, bool timed)
  {
    smmu_config device;
    timed_profile profile;
    plat_device made;
    plat_board_config config = {};

    engine_memory_create(&memory, ENGINE_HOLE_ZERO);
    smmu_config_neutral(&device);
    timed_profile_neutral(&profile);
    engine_timed_options options = { &device, &profile, engine_memory_bus(memory), 0 };
    if (timed)
      plat_device_timed(&made, &options);
    else
      plat_device_now(&made, &device, memory, 0);
    config.cpus = cpus;
    config.ram_bytes = 1 << 20;
    config.memory = memory;
    plat_costs_neutral(&config.costs);
    plat_board_create(&board, &config, &made);
    p = plat_board_host(board);
    plat_dma_alloc(p, 4096, 64, &addr);
    mutex.board = board;
  }
  ~Board()
  {
    plat_board_destroy(board);
    engine_memory_destroy(memory);
  }
  Board(const Board &) = delete;
  Board &operator=(const Board &) = delete;

  engine_memory *memory = nullptr;
  plat_board *board = nullptr;
  const plat *p = nullptr;
  uint64_t addr = 0;
  plat_mutex mutex = {};
};

// Time of this process: others on the machine do not count.
double ns_now()
{
  timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

void settle(void *arg)
{
  auto *b = static_cast<Board *>(arg);

  for (unsigned i = 0; i < turns; i++) {
    plat_charge(b->p, PLAT_COST_STORE, 1);
    plat_cpu_settle(b->board);
  }
}

void store(void *arg)
{
  auto *b = static_cast<Board *>(arg);

  for (unsigned i = 0; i < turns; i++)
    plat_store64(b->p, b->addr, i);
}

void lock(void *arg)
{
  auto *b = static_cast<Board *>(arg);

  for (unsigned i = 0; i < turns; i++) {
    plat_mutex_lock(&b->mutex);
    plat_charge(b->p, PLAT_COST_LOOP, 1);
    plat_mutex_unlock(&b->mutex);
  }
}

void nothing(void *) {}

double bare_ns()
{
  void (*volatile call)(void *) = nothing;
  double start = ns_now();

  for (unsigned i = 0; i < 64 * turns; i++)
    call(nullptr);
  return (ns_now() - start) / (64.0 * turns);
}

// The best of nine runs: ns of one turn on one CPU.
void Plat(benchmark::State &state, unsigned cpus, bool timed, void (*program)(void *))
{
  double best = 1e9, bare = 1e9;

  for (auto _ : state)
    for (unsigned round = 0; round < 9; round++) {
      Board b(cpus, timed);
      for (unsigned i = 0; i < cpus; i++)
        plat_cpu_start(b.board, i, program, &b);
      char why[256];
      double start = ns_now();
      if (plat_board_run(b.board, why, sizeof why) != SMMU_OK)
        state.SkipWithError(why);
      best = std::min(best, (ns_now() - start) / (double(cpus) * turns));
      bare = std::min(bare, bare_ns());
    }
  state.counters["ours_ns"] = best;
  state.counters["bare_ns"] = bare;
  state.counters["ratio"] = best / bare;
}

#define PLAT_BENCH(name, ...) \
  BENCHMARK_CAPTURE(Plat, name, __VA_ARGS__)->Iterations(1)->Unit(benchmark::kMillisecond)

PLAT_BENCH(settle_alone_now, 1u, false, settle);
PLAT_BENCH(settle_alone_timed, 1u, true, settle);
PLAT_BENCH(settle_switch_2_now, 2u, false, settle);
PLAT_BENCH(settle_switch_64_now, 64u, false, settle);
PLAT_BENCH(settle_switch_64_timed, 64u, true, settle);
PLAT_BENCH(store_switch_64_now, 64u, false, store);
PLAT_BENCH(store_switch_64_timed, 64u, true, store);
PLAT_BENCH(mutex_alone_now, 1u, false, lock);
PLAT_BENCH(mutex_contended_64_now, 64u, false, lock);

} // namespace

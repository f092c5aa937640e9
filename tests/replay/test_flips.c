/* One bit changed in a word that the next translation reads: every such change is noticed. The
 * words are found by a walk of the rebuilt memory that shares nothing with the model. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { WORDS_MAX = 24, FLIPS = 100 };

struct ends {
  struct trace_line *line;
  size_t count;
};

struct flip_result {
  bool noticed, by_result;
};

static struct trace_reader *open_log(const char *run)
{
  struct trace_source *source;
  struct trace_reader *reader;
  struct trace_error err;
  char path[600];

  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", run);
  if (trace_source_open(&source, path, &err) != 0 || trace_reader_create(&reader, source) != 0) {
    ADD_TEST_FAILURE("%s cannot be opened", path);
    return NULL;
  }
  return reader;
}

/* Lines that end a translation that walked: with a TLB only those behind a miss. Not the very first
 * one: stream table entry and context descriptor come into memory with it. */
static struct ends find_ends(const char *run, bool misses_only)
{
  struct trace_reader *reader = open_log(run);
  struct ends ends = { NULL, 0 };
  struct trace_line line;
  bool miss = false;

  ends.line = malloc(64000 * sizeof(*ends.line));
  while (reader && trace_reader_next(reader, &line) && ends.count < 64000) {
    if (line.event == TRACE_LOOKUP_MISS || line.event == TRACE_LOOKUP_HIT)
      miss = line.event == TRACE_LOOKUP_MISS;
    if (line.kind == TRACE_KIND_EVENT && line.event == TRACE_TRANSLATE_SUCCESS &&
        (miss || !misses_only))
      ends.line[ends.count++] = line;
  }
  trace_reader_destroy(reader);
  return ends;
}

/* Addresses of the words of a 4 KiB, 48-bit stage 1 walk: L1STD, STE, CD, descriptors. Returns how
 * many; *tables gets the index of the first descriptor. */
static unsigned find_words(struct replay *r, uint32_t sid, uint64_t iova, uint64_t *addr,
                           unsigned *tables)
{
  struct engine_memory *m = replay_get_memory(r);
  uint64_t strtab = engine_now_mmio_read(replay_get_engine(r), 0x80, 8) & 0xfffffffffffc0ULL;
  uint64_t ste, cd, table;
  unsigned n = 0;

  addr[n++] = strtab + 8 * (sid >> 8);
  ste = (engine_memory_load64(m, addr[0]) & 0xfffffffffffc0ULL) + 64 * (sid & 255);
  cd = engine_memory_load64(m, ste) & 0xfffffffffffc0ULL;
  for (unsigned i = 0; i < 8; i++)
    addr[n++] = ste + 8 * i;
  for (unsigned i = 0; i < 8; i++)
    addr[n++] = cd + 8 * i;
  *tables = n;
  table = engine_memory_load64(m, cd + 8) & 0xffffffffff000ULL;
  for (unsigned level = 0; level < 4; level++) {
    uint64_t desc;

    addr[n] = table + 8 * (iova >> (39 - 9 * level) & 511);
    desc = engine_memory_load64(m, addr[n++]);
    if ((desc & 3) != 3 || level == 3)
      break;
    table = desc & 0xfffffffff000ULL;
  }
  return n;
}

static void flip_bit(struct replay *r, const struct trace_line *line, bool tables_only,
                     uint64_t *seed)
{
  uint64_t addr[WORDS_MAX], word;
  unsigned tables, n = find_words(r, line->sid, line->addr, addr, &tables);
  unsigned first = tables_only ? tables : 0;
  uint64_t at = addr[first + kit_random(seed) % (n - first)];

  word = engine_memory_load64(replay_get_memory(r), at) ^ 1ULL << (kit_random(seed) & 63);
  EXPECT_TRUE(engine_memory_store64(replay_get_memory(r), at, word));
}

/* Replay up to the line, flip, and let the translation run. */
static struct flip_result flip_once(const char *run, const char *profile,
                                    const struct trace_line *target, uint64_t *seed)
{
  struct replay_options opt = { .tlb_profile = profile };
  struct flip_result result = { false, false };
  const struct replay_results *res;
  struct trace_reader *reader = open_log(run);
  struct trace_error err;
  struct trace_line line;
  struct replay *r;

  if (!reader || replay_create(&r, &opt, &err) != 0 || replay_load_folder(r, run, &err) != 0) {
    ADD_TEST_FAILURE("no session");
    return result;
  }
  while (trace_reader_next(reader, &line) && line.line_no < target->line_no)
    replay_feed(r, &line);
  res = replay_get_results(r);
  EXPECT_FALSE(replay_results_differ(res));
  flip_bit(r, target, profile[0] == 'q', seed);
  replay_feed(r, target);
  result.noticed = replay_results_differ(res);
  result.by_result = res->translations.mismatched > 0;
  trace_reader_destroy(reader);
  replay_destroy(r);
  return result;
}

static void flip_many(const char *run_name, const char *profile, uint64_t seed)
{
  char run[512];
  unsigned noticed = 0, by_result = 0;
  struct ends ends;

  snprintf(run, sizeof(run), "%s", kit_recorded(run_name));
  ends = find_ends(run, profile[0] == 'q');
  EXPECT_GT(ends.count, 1);
  TEST_NOTE("%s, profile %s, seed %" PRIu64, run_name, profile, seed);
  for (int i = 0; i < FLIPS && ends.count > 1; i++) {
    const struct trace_line *target = &ends.line[1 + kit_random(&seed) % (ends.count - 1)];
    struct flip_result result = flip_once(run, profile, target, &seed);

    noticed += result.noticed;
    by_result += result.by_result;
    if (!result.noticed)
      ADD_TEST_FAILURE("flip %d at line %llu was not noticed", i,
                       (unsigned long long)target->line_no);
  }
  free(ends.line);
  EXPECT_EQ(noticed, FLIPS);
  TEST_NOTE("%u of %d flips noticed, %u of them by the translation's result alone", noticed, FLIPS,
            by_result);
  EXPECT_GT(by_result, 0);
}

TEST_CASE(Flips, AllNoticedInTheNvmeRun)
{
  flip_many("A-strict-nvme", "none", 41);
}

TEST_CASE(Flips, AllNoticedInTheFaultRun)
{
  flip_many("F-vfio-edu-faults", "none", 42);
}

TEST_CASE(Flips, DescriptorsBehindATlbMiss)
{
  flip_many("A-strict-nvme", "qemu", 43);
}

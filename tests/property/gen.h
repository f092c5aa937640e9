/* Random SMMU worlds: registers, a stream table, CDs, translation tables in memory, and
 * transactions that mostly reach them.
 *
 * Everything comes from one seed. Structures are written with a bias towards what works, so that
 * most transactions get far; gen_mutate() then breaks one thing. Formats: IHI 0070 5.1-5.4;
 * descriptors: VMSAv8-64. The builder walks tables with code of its own and shares nothing with
 * model/ but the memory's public interface. */
#ifndef GEN_H
#define GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "naive.h"
#include "smmu/engine.h"

/* xoshiro256**, seeded by splitmix64. */
struct gen_rng {
  uint64_t s[4];
};

void gen_seed(struct gen_rng *r, uint64_t seed);
uint64_t gen_next(struct gen_rng *r);
/* 0 .. n-1; 0 for n = 0. */
uint64_t gen_below(struct gen_rng *r, uint64_t n);
bool gen_chance(struct gen_rng *r, unsigned percent);
/* Splitmix64 of a number: seeds for parts of a run. */
uint64_t gen_mix(uint64_t v);

enum gen_kind {
  GEN_L1STD,
  GEN_STE,
  GEN_L1CD,
  GEN_CD,
  GEN_VMS,
  GEN_S1_DESC,
  GEN_S2_DESC,
  GEN_KINDS
};

/* Where a word was written, so that a mutation can find it. */
struct gen_word {
  uint64_t addr;
  enum gen_kind kind;
  int level;       /* of a descriptor, as the tables were built */
  bool big_endian; /* descriptors */
  /* The first of 2^group_log2 descriptors with the Contiguous bit, that change together: all but
   * the bits of `fixed`, as the word lies in memory. */
  unsigned group_log2;
  uint64_t fixed;
};

/* ID registers of a device. */
struct gen_device {
  uint32_t idr[6];
  uint32_t mpamidr;
};

enum { GEN_FEATURES = 22 };

struct gen_change {
  struct gen_word word;
  uint64_t old;
};

enum { GEN_WORDS = 384, GEN_TARGETS = 6, GEN_CDS = 2, GEN_CHANGES = 32 };

/* One stage's tables. */
struct gen_tables {
  bool is_s2, big_endian;
  bool ds, lpa;      /* 52-bit descriptors: of 4K and 16K, of 64K */
  bool ha, hd, haft; /* flags are updated */
  bool fwb;
  unsigned grain, in_bits, out_bits;
  int start;
  uint64_t base;
};

struct gen_world {
  struct naive_device dev; /* ID values and registers; dev.read reads `memory` */
  struct engine_memory *memory;
  struct gen_rng *rng;
  const struct gen_world *twin; /* the other stream of the same device, or NULL */
  uint64_t ste_addr;
  uint32_t sid;
  unsigned sid_room; /* low StreamID bits that stay in the same array of STEs */
  unsigned config;   /* STE.Config */
  unsigned s1dss, eats;
  struct gen_tables s2;
  struct {
    struct gen_tables half[2];
    uint64_t asid;
    uint32_t ssid;
    bool on[2]; /* EPDx = 0 */
    bool tbi[2];
  } cd[GEN_CDS];
  unsigned cds, cd_count_log2;
  struct {
    uint64_t addr, ipa;
    unsigned cd;
  } target[GEN_TARGETS];
  struct gen_word word[GEN_WORDS];
  struct gen_change change[GEN_CHANGES]; /* what gen_mutate() did; the first ones when more */
  unsigned targets, words, changes;
  bool one_range; /* EL2 without E2H */
  bool no_stall;  /* S1STALLD */
  struct {
    uint64_t base;
    bool on;
  } abort; /* the one aborting range that is set now, 64 bytes */
};

/* A device of the kind naive.h describes, by number: 0 is what QEMU shows, 1 the same with
 * substreams, 2 what smmu_config_neutral() has, the rest is drawn from what `accepts` accepts. */
void gen_draw_device(unsigned variant, struct gen_device *d,
                     bool (*accepts)(const struct gen_device *d));
/* Bit n: the device has what gen_feature_names[n] says. */
uint32_t gen_features(const struct gen_device *d);
extern const char *const gen_feature_names[GEN_FEATURES];

/* Where software may put queues: a megabyte that tables keep away from. */
uint64_t gen_reserved(const struct gen_device *d);

/* Build a world for a device. Memory must be rewound by the caller afterwards. */
void gen_world(struct gen_world *w, struct gen_rng *r, const struct gen_device *d,
               struct engine_memory *m);
/* A second stream for the device of `first`: tables of its own, but the same ASID and addresses,
 * and a VMID that differs in one bit. False when the stream table has no room for it, or no VMIDs.
 */
bool gen_twin(struct gen_world *w, struct gen_world *first, struct gen_rng *r);
/* A transaction that mostly meets the world's tables. */
void gen_txn(struct gen_world *w, struct naive_txn *t);
/* Change one or two words, or make a line of memory abort. */
void gen_mutate(struct gen_world *w);
/* End the abort that gen_mutate() may have set. */
void gen_heal(struct gen_world *w);
/* End it, and put the words that were changed back. */
void gen_repair(struct gen_world *w);

#endif

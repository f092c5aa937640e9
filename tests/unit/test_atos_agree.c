/* What an address translation operation answers against what a transaction gets and records: the same,
 * over random tables of every kind of stream. Without HTTU and overrides, which are where the two may
 * differ. IHI 0070 9, 9.1.4, 9.1.5, 7.3.13 to 7.3.16. */
#include "shim/rig.h"

enum { ROUNDS = 600, PAGES = 12, S1 = 1, S2 = 2, BOTH = 3 };

#define IPA 0x40000000ULL
#define PA  0x80000000ULL

struct seen {
  unsigned good, faults, stage2;
};

static uint64_t random_state;

static unsigned draw(unsigned count)
{
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(random_state >> 33) % count;
}

static unsigned random_flags(void)
{
  static const unsigned flags[] = { RIG_RW,
                                    RIG_R,
                                    RIG_RW | RIG_PRIVILEGED,
                                    RIG_NO_AF,
                                    RIG_RW,
                                    RIG_RW | RIG_NO_EXEC,
                                    RIG_R | RIG_W,
                                    RIG_DEVICE | RIG_RW };

  return flags[draw(8)];
}

/* A page, a block of 2 MB, or nothing. Pages and blocks have places of their own. */
static uint64_t place(unsigned i)
{
  return i < PAGES / 2 ? (uint64_t)i << 12 : (uint64_t)i << 21;
}

static void map_all(struct rig *rig, unsigned config)
{
  for (unsigned i = 0; i < PAGES; i++) {
    unsigned size = i < PAGES / 2 ? 0 : RIG_L2;
    uint64_t out = (config == 7 ? IPA : PA) + place(draw(2) ? i : draw(PAGES));

    if (size)
      out &= ~0x1fffffULL;
    if (draw(5))
      rig_map(rig, SID, place(i), out, random_flags() | size);
    if (config == 7 && draw(4))
      rig_map2(rig, SID, IPA + place(i), PA + place(i), random_flags() | size);
  }
}

static void new_stream(struct rig *rig, unsigned config)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = (uint8_t)config, .vmid = 5 });
  map_all(rig, config);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

static uint64_t ask(struct rig *rig, unsigned type, const struct smmu_txn *t)
{
  rig_mmio_write(rig, 0x108, SID, 8);
  rig_mmio_write(rig, 0x110,
                 (t->addr & ~0xfffULL) | type << 10 | (uint64_t)t->privileged << 9 |
                   (uint64_t)!t->write << 8 | (uint64_t)t->instruction << 7,
                 8);
  rig_mmio_write(rig, 0x100, 1, 4);
  EXPECT_EQ(rig_mmio_read(rig, 0x100, 4), 0u);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  return rig_mmio_read(rig, 0x118, 8);
}

/* PAR as the transaction's answer would have it. */
static uint64_t expected(const struct smmu_result *r, const uint64_t words[4], unsigned type)
{
  uint64_t par, code = words[0] & 0xff, reason = 0;
  bool s2 = words[1] >> 39 & 1;

  if (r->status == SMMU_STATUS_OK) {
    par = r->pa & ~((1ULL << r->size_log2) - 1);
    if (r->size_log2 > 12)
      par |= 1ULL << 11 | 1ULL << (r->size_log2 - 1);
    return par | (uint64_t)r->memattr << 56 | (uint64_t)r->shareability << 8;
  }
  if (s2)
    reason = 1 + (words[1] >> 40 & 3);
  par = type == BOTH && s2 ? words[3] & 0xfffffffffff000 : 0;
  return par | code << 4 | reason << 1 | 1;
}

static void agree(struct rig *rig, unsigned config)
{
  static const uint8_t types[8] = { [5] = S1, [6] = S2, [7] = BOTH };
  struct smmu_config device = rig->config;
  struct seen seen = { 0 };

  random_state = config;
  device.idr[0] = (device.idr[0] & ~(3u << 6)) | 1u << 15;
  rig_restart(rig, &device);
  for (unsigned i = 0; i < ROUNDS; i++) {
    struct smmu_txn t = { .sid = SID, .addr = place(draw(PAGES + 1)) + ((uint64_t)draw(2) << 12) };
    uint64_t words[4] = { 0 };
    struct smmu_result r;

    if (i % 20 == 0)
      new_stream(rig, config);
    t.write = draw(3) == 0;
    t.instruction = !t.write && draw(3) == 0;
    t.privileged = (uint8_t)draw(2);
    r = rig_dma(rig, t);
    EXPECT_EQ(rig_event(rig, words) == 0, r.status == SMMU_STATUS_OK);
    EXPECT_EQ(ask(rig, types[config], &t), expected(&r, words, types[config]));
    seen.good += r.status == SMMU_STATUS_OK;
    seen.faults += r.status != SMMU_STATUS_OK;
    seen.stage2 += words[1] >> 39 & 1;
  }
  EXPECT_GT(seen.good, ROUNDS / 8);
  EXPECT_GT(seen.faults, ROUNDS / 8);
  EXPECT_EQ(seen.stage2 > ROUNDS / 16, config != 5);
}

ENGINE_TEST(AtosAgree, StageOne)
{
  agree(rig, 5);
}

ENGINE_TEST(AtosAgree, StageTwo)
{
  agree(rig, 6);
}

ENGINE_TEST(AtosAgree, BothStages)
{
  agree(rig, 7);
}

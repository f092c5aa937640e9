/* Two writings of one text: what the verdicts hold an invalidation to cover, and what the model drops
 * when it drops no more than it must, are the same, entry by entry, over random commands and random
 * broadcasts. */
#include <stdio.h>
#include <string.h>

#include "shim/rig.h"
#include "smmu/dvm.h"
#include "watch/state.h"

enum { SLOTS = 256, UNITS = 5, ROUNDS = 400, NESTED = 2, GLOBALS = 3, PAGES = 16 };
/* Of broadcasts alone: streams whose CDs have ASET = 1, and two of EL2, the second with ASET = 1. */
enum { OWN_SET = 4, OWN_GLOBALS = 5, HYP = 6, HYP_OWN = 7, BTM = 1 << 5 };

#define IPA 0x40000000ULL

struct held {
  struct smmu_record entry[UNITS][SLOTS];
  bool valid[UNITS][SLOTS], dropped[UNITS][SLOTS];
  struct smmu_record broadcast; /* the last one */
  unsigned kept, gone, wrong;
  char first[256];
};

static void judge(struct held *h, const struct watch_inval *v)
{
  for (unsigned u = 0; u < UNITS; u++) {
    for (unsigned i = 0; i < SLOTS; i++) {
      const struct smmu_record *e = &h->entry[u][i];
      struct watch_target t = {
        .tag = e->word, .va = e->addr_in, .span = e->info, .tg = 1, .level = e->level
      };

      if (!h->valid[u][i] && !h->dropped[u][i])
        continue;
      if (watch_covers(v, &t) != h->dropped[u][i] && h->wrong++ == 0)
        snprintf(h->first, sizeof h->first, "0x%llx 0x%llx: kind %u at 0x%llx tag 0x%llx %s",
                 (unsigned long long)v->words[0], (unsigned long long)v->words[1], e->phase,
                 (unsigned long long)e->addr_in, (unsigned long long)e->word,
                 h->dropped[u][i] ? "dropped" : "kept");
      h->kept += h->valid[u][i];
      h->gone += h->dropped[u][i];
      h->dropped[u][i] = false;
    }
  }
}

static void judge_command(struct held *h, const struct smmu_record *command)
{
  const uint64_t words[2] = { command->addr_out, command->word };
  struct watch_inval v = { .sync = 0 };

  watch_inval_decode(&v, words, 0, true);
  judge(h, &v);
}

static void follow(void *ctx, const struct smmu_record *r)
{
  struct held *h = ctx;
  unsigned unit = r->unit == SMMU_CACHE_UTLB ? SMMU_CACHE_UTLB + r->sid : r->unit;
  bool cache = r->category == SMMU_TRACE_FILL || r->category == SMMU_TRACE_DROP ||
               r->category == SMMU_TRACE_EVICT;

  if (r->category == SMMU_TRACE_BROADCAST)
    h->broadcast = *r;
  if (r->category == SMMU_TRACE_COMMAND && (r->addr_out & 0xff) != 0x46)
    judge_command(h, r);
  if (!cache || r->unit == SMMU_CACHE_CFG || unit >= UNITS || r->slot >= SLOTS)
    return;
  h->valid[unit][r->slot] = r->category == SMMU_TRACE_FILL;
  h->dropped[unit][r->slot] = r->category == SMMU_TRACE_DROP;
  if (r->category == SMMU_TRACE_FILL)
    h->entry[unit][r->slot] = *r;
}

static uint64_t random_state;

static unsigned draw(unsigned count)
{
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(random_state >> 33) % count;
}

/* Any TLBI, with addresses, ASIDs and VMIDs that are in use, or next to them. */
static void random_command(char *text, size_t size)
{
  static const char *const by_va[] = { "TLBI_NH_VA", "TLBI_NH_VAA", "TLBI_S2_IPA" };
  static const char *const others[] = { "TLBI_NH_ASID asid=7", "TLBI_NH_ASID asid=9 vmid=5",
                                        "TLBI_NH_ALL",         "TLBI_NH_ALL vmid=5",
                                        "TLBI_S12_VMALL",      "TLBI_S12_VMALL vmid=5",
                                        "TLBI_NSNH_ALL",       "TLBI_EL2_ALL" };
  static const char *const ranges[] = {
    "",           " tg=1 num=1", " tg=1 num=2 scale=1", " tg=1 num=1 ttl=3", " tg=1 num=1 ttl=2",
    " tg=2 num=3"
  };
  unsigned kind = draw(4);
  char asid[16] = "";

  if (kind == 3) {
    snprintf(text, size, "%s; SYNC", others[draw(8)]);
    return;
  }
  if (kind == 0)
    snprintf(asid, sizeof asid, " asid=%u", 7 + draw(3));
  snprintf(text, size, "%s%s vmid=%u %s=0x%llx leaf=%u%s; SYNC", by_va[kind], asid, 5 * draw(2),
           kind == 2 ? "ipa" : "va",
           (unsigned long long)((kind == 2 && draw(2) ? IPA : 0) + ((uint64_t)draw(PAGES) << 12)),
           draw(2), ranges[draw(6)]);
}

static void set_up(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.tbus = 2;
  config.wider = SMMU_WIDER_EXACT;
  rig_restart(rig, &config);
  rig_stream(rig, NESTED, &(struct rig_stream){ .config = 7, .vmid = 5, .asid = 9 });
  rig_stream(rig, GLOBALS, &(struct rig_stream){ .asid = 8 });
  for (uint64_t i = 0; i < PAGES; i++) {
    rig_map(rig, SID, i << 12, RIG_DATA + (i << 12), RIG_RW);
    rig_map(rig, GLOBALS, i << 12, RIG_DATA + (i << 12), RIG_RW | (i & 1 ? RIG_GLOBAL : 0));
    rig_map(rig, NESTED, i << 12, IPA + (i << 12), RIG_RW);
    rig_map2(rig, NESTED, IPA + (i << 12), RIG_DATA + (i << 12), RIG_RW);
  }
}

ENGINE_TEST(Cover, AgreesWithWhatTheModelDrops)
{
  static struct held h;
  struct smmu_hooks hooks = { &h, follow };
  char text[160];

  memset(&h, 0, sizeof h);
  random_state = 1;
  set_up(rig);
  rig_set_hooks(rig, &hooks);
  for (unsigned i = 0; i < ROUNDS; i++) {
    for (unsigned n = 0; n < 12; n++) {
      rig->tbu = (uint16_t)draw(2);
      rig_read(rig, SID + draw(3), (uint64_t)draw(PAGES) << 12);
    }
    random_command(text, sizeof text);
    rig_cmds(rig, text);
  }
  rig_set_hooks(rig, NULL);
  rig->tbu = 0;
  EXPECT_STREQ(h.first, "");
  EXPECT_EQ(h.wrong, 0);
  EXPECT_GT(h.gone, 1000);
  EXPECT_GT(h.kept, 1000);
}

/* ---- broadcasts ---- */

static void map_pages(struct rig *rig, uint32_t sid, unsigned own_set, unsigned flags)
{
  for (uint64_t i = 0; i < PAGES; i++)
    rig_map(rig, sid, i << 12, RIG_DATA + (i << 12), RIG_RW | (i & 1 ? flags : 0));
  CD_SET(rig, sid, 0, ASET, own_set);
}

static void set_up_broadcasts(struct rig *rig, unsigned e2h)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= BTM;
  rig->config = config;
  set_up(rig);
  rig_stream(rig, OWN_SET, &(struct rig_stream){ .asid = 9 });
  rig_stream(rig, OWN_GLOBALS, &(struct rig_stream){ .asid = 8, .vmid = 5 });
  rig_stream(rig, HYP, &(struct rig_stream){ .strw = 2, .asid = 7 });
  rig_stream(rig, HYP_OWN, &(struct rig_stream){ .strw = 2, .asid = 8 });
  map_pages(rig, OWN_SET, 1, 0);
  map_pages(rig, OWN_GLOBALS, 1, RIG_GLOBAL);
  map_pages(rig, HYP, 0, RIG_GLOBAL);
  map_pages(rig, HYP_OWN, 1, RIG_GLOBAL);
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, 2 | e2h);
  rig_set_cr0(rig, 0xd);
}

/* EL2 without E2H has no ASIDs: one of its streams at a time, or both would fill one cache. */
static uint32_t stream_of_round(unsigned round)
{
  unsigned which = draw(6);

  return SID + (which == 5 && round % 2 ? HYP_OWN - SID : which);
}

static struct smmu_dvm random_broadcast(void)
{
  static const uint8_t kinds[] = { SMMU_DVM_ASIDE1, SMMU_DVM_VAE1,  SMMU_DVM_VALE1, SMMU_DVM_VAAE1,
                                   SMMU_DVM_VAALE1, SMMU_DVM_VAE2,  SMMU_DVM_VALE2, SMMU_DVM_VAAE2,
                                   SMMU_DVM_VAALE2, SMMU_DVM_ASIDE2 };
  struct smmu_dvm op = { .addr = (uint64_t)draw(PAGES) << 12 };

  op.kind = (uint8_t)(draw(4) ? kinds[draw(10)] : SMMU_DVM_ALLE1 + draw(16));
  op.asid = (uint16_t)(7 + draw(3));
  op.vmid = (uint16_t)(5 * draw(2));
  op.tg = draw(4) == 0;
  op.num = (uint8_t)draw(3);
  if (op.kind >= SMMU_DVM_IPAS2E1 && op.kind <= SMMU_DVM_IPAS2LE1 && draw(2))
    op.addr += IPA;
  return op;
}

static void broadcasts_agree(struct rig *rig, unsigned e2h)
{
  static struct held h;
  struct smmu_hooks hooks = { &h, follow };

  memset(&h, 0, sizeof h);
  random_state = 2 + e2h;
  set_up_broadcasts(rig, e2h);
  rig_set_hooks(rig, &hooks);
  for (unsigned i = 0; i < 2 * ROUNDS; i++) {
    struct smmu_dvm op = random_broadcast();
    struct watch_inval v = { .e2h = e2h };

    for (unsigned n = 0; n < 12; n++) {
      rig->tbu = (uint16_t)draw(2);
      rig_read(rig, stream_of_round(i / 50), (uint64_t)draw(PAGES) << 12);
    }
    memset(h.dropped, 0, sizeof h.dropped);
    EXPECT_EQ(smmu_dvm_submit(rig->device, &op, &hooks), SMMU_OK);
    rig_rest(rig);
    EXPECT_TRUE(watch_inval_broadcast(&v, &h.broadcast));
    judge(&h, &v);
  }
  rig_set_hooks(rig, NULL);
  rig->tbu = 0;
  EXPECT_STREQ(h.first, "");
  EXPECT_EQ(h.wrong, 0);
  EXPECT_GT(h.gone, 1000);
  EXPECT_GT(h.kept, 1000);
}

ENGINE_TEST(Cover, AgreesWithWhatBroadcastsDrop)
{
  broadcasts_agree(rig, 0);
}

ENGINE_TEST(Cover, AgreesWithWhatBroadcastsDropWithE2h)
{
  broadcasts_agree(rig, 1);
}

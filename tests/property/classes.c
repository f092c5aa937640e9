/* Counting outcomes: see classes.h. */
#include "classes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "shim/gtest_c.h"

void classes_count(struct classes *c, const struct gen_world *w, const struct naive_txn *t,
                   const struct naive_result *n)
{
  struct gen_device device = { .mpamidr = w->dev.mpamidr };
  uint32_t features;
  unsigned i;
  bool on = w->dev.cr0 & 1;

  c->cases++;
  c->unpredictable += n->constrained_unpredictable;
  c->nested += on && w->config == 7;
  if (n->status == NAIVE_OK && !n->denied)
    c->ok[on && !n->bypassed && w->config >= 4 ? w->config & 3 : 0]++;
  c->razwi += n->status == NAIVE_RAZWI;
  c->silent += n->status == NAIVE_ABORT && n->event == 0;
  c->unrecorded += n->event != 0 && !n->recorded;
  c->denied += n->denied;
  c->ur += n->status == NAIVE_UR;
  c->ca += n->status == NAIVE_CA;
  c->stalled += n->status == NAIVE_STALL;
  c->flips += n->flips > 0;
  if (t->kind == NAIVE_ATS_REQUEST && n->status == NAIVE_OK && !n->denied)
    c->requests[w->config & 3]++;
  c->translated += t->kind == NAIVE_ATS_TRANSLATED && n->status == NAIVE_OK;
  if (n->event && !n->denied)
    c->fault[n->event][n->s2][n->class]++;
  memcpy(device.idr, w->dev.idr, sizeof device.idr);
  features = gen_features(&device);
  for (i = 0; i < GEN_FEATURES; i++)
    c->feature[i] += features >> i & 1;
}

/* How far cases get: leaves under nesting, and the event that was met least. */
static void print_rarest(const struct classes *c)
{
  static const char *const classes[3] = { "", ", CLASS TT", ", CLASS IN" };
  uint64_t least = UINT64_MAX;
  unsigned i, n = sizeof c->fault / sizeof c->fault[0][0][0], rarest = 0;

  for (i = 0; i < n; i++)
    if (c->fault[i / 6][i / 3 % 2][i % 3] && c->fault[i / 6][i / 3 % 2][i % 3] < least) {
      rarest = i;
      least = c->fault[i / 6][i / 3 % 2][i % 3];
    }
  if (c->cases && least != UINT64_MAX)
    printf("nested leaves in %.1f %% of the cases; rarest event: %02x%s%s, %" PRIu64 " times\n",
           100.0 * (double)c->ok[3] / (double)c->cases, rarest / 6,
           rarest / 3 % 2 ? " of stage 2" : "", classes[rarest % 3], least);
}

void classes_print(const struct classes *c, const struct leeway *l, uint64_t seed)
{
  static const char *const classes[3] = { "CD", "TT", "IN" };
  unsigned type, s2, class;

  printf("%" PRIu64 " cases, seed %" PRIu64 ": translated %" PRIu64 " stage 1, %" PRIu64
         " stage 2, %" PRIu64 " of %" PRIu64 " nested; passed %" PRIu64 "\n",
         c->cases, seed, c->ok[1], c->ok[2], c->ok[3], c->nested, c->ok[0]);
  printf("aborted without an event %" PRIu64 ", RAZ/WI %" PRIu64 ", events not recorded %" PRIu64
         ", more than one outcome allowed %" PRIu64 ", swept by command %" PRIu64
         ", by targeted commands %" PRIu64 ", %" PRIu64 " of them as broadcasts\n",
         c->silent, c->razwi, c->unrecorded, c->unpredictable, c->commands, c->targeted,
         c->broadcasts);
  printf("ATS requests granted %" PRIu64 " stage 1, %" PRIu64 " stage 2, %" PRIu64
         " nested, denied %" PRIu64 ", UR %" PRIu64 ", CA %" PRIu64 "; translated passed %" PRIu64
         "; stalled %" PRIu64 "; flags updated in %" PRIu64 "\n",
         c->requests[1], c->requests[2], c->requests[3], c->denied, c->ur, c->ca, c->translated,
         c->stalled, c->flips);
  printf("caches let differ: torn contiguous groups %" PRIu64
         ", global pages of another CD %" PRIu64 "\n",
         l->torn, l->shared);
  print_rarest(c);
  for (type = 0; type < GEN_FEATURES; type++)
    if (c->feature[type])
      printf("  feature %s: %" PRIu64 "\n", gen_feature_names[type], c->feature[type]);
  for (type = 0; type < 0x26; type++)
    for (s2 = 0; s2 < 2; s2++)
      for (class = 0; class < 3; class ++)
        if (c->fault[type][s2][class])
          printf("  event %02x S2=%u CLASS=%s: %" PRIu64 "\n", type, s2,
                 type < 0x0b ? "-" : classes[class], c->fault[type][s2][class]);
}

/* What a run of the usual length must have met, or the generator has lost its aim. */
void classes_check(const struct classes *c)
{
  static const uint8_t config[] = { 0x02, 0x03, 0x04, 0x06, 0x08, 0x09, 0x0a };
  static const uint8_t stage2[] = { 0x0b, 0x10, 0x11, 0x12, 0x13 };
  uint64_t few = c->cases / 20000;
  unsigned i, class;

  EXPECT_GE(c->ok[3] * 5, c->cases);
  for (i = 0; i < sizeof config; i++)
    EXPECT_GE(c->fault[config[i]][0][0], few);
  for (i = 0; i < GEN_FEATURES; i++)
    if (strcmp(gen_feature_names[i], "ATS") == 0 && c->feature[i]) {
      EXPECT_GE(c->fault[0x05][0][0], few);
      EXPECT_GE(c->fault[0x07][0][0], few);
    } else if (strcmp(gen_feature_names[i], "MPAM") == 0 && c->feature[i]) {
      EXPECT_GE(c->fault[0x25][0][0], few);
    }
  for (i = 0; i < sizeof stage2; i++) {
    EXPECT_GE(c->fault[stage2[i]][0][i == 0 ? 1 : 2], few);
    for (class = 0; class < 3; class ++)
      EXPECT_GE(c->fault[stage2[i]][1][class], few);
  }
}

/* One bit changed in a snapshot's image file: the replay of the folder says so, exit 1. Bits that the
 * architecture ignores in table descriptors and level 1 stream table descriptors are left out; STEs,
 * CDs and leaf descriptors are compared whole. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

#define RUN_A "A-strict-nvme"

enum { FLIPS = 40, WORDS_MAX = 512, HEX = 16 };

/* Of run A: what lies where. */
#define L1STD_LINE 0x453ff000ULL
#define STE_LINE   0x5b660200ULL
#define CD_LINE    0x48351000ULL
#define LEAF_TABLE 0x48369000ULL

struct place {
  size_t offset; /* of the word's 16 digits in the text */
  uint64_t used; /* bits that matter */
};

static uint64_t used_bits(uint64_t line)
{
  if (line == STE_LINE || line == CD_LINE || (line & ~0xfffULL) == LEAF_TABLE)
    return ~0ULL;
  return line == L1STD_LINE ? 0xffffffffffdfULL : 0xfffffffff003ULL;
}

/* Words in use: more than the lone valid bit of the STEs nobody uses. */
static unsigned find_places(const char *text, struct place *places)
{
  unsigned count = 0;

  for (const char *line = text; line && *line; line = strchr(line, '\n')) {
    char *at;
    uint64_t addr;

    line += *line == '\n';
    addr = strtoull(line, &at, 16);
    for (unsigned i = 0; i < 8 && (*at == ':' || *at == ' ') && count < WORDS_MAX; i++) {
      at += strspn(at, ": ");
      if (strtoull(at, NULL, 16) > 1)
        places[count++] = (struct place){ (size_t)(at - text), used_bits(addr) };
      at += HEX;
    }
  }
  return count;
}

static void flip(char *text, const struct place *p, unsigned bit)
{
  char digits[HEX + 1];
  uint64_t word;

  memcpy(digits, text + p->offset, HEX);
  digits[HEX] = '\0';
  word = strtoull(digits, NULL, 16) ^ 1ULL << bit;
  snprintf(digits, sizeof(digits), "%016" PRIx64, word);
  memcpy(text + p->offset, digits, HEX);
}

TEST_CASE(ImageFlips, EachMakesTheFolderDiffer)
{
  struct place places[WORDS_MAX];
  uint64_t seed = 51;
  struct kit_dir dir;
  char path[600], *text;
  unsigned count;
  size_t len;

  ASSERT_TRUE(kit_make_dir(&dir));
  ASSERT_TRUE(kit_copy_run(&dir, kit_recorded(RUN_A)));
  snprintf(path, sizeof(path), "%s/snap0_mem.txt.zst", kit_recorded(RUN_A));
  text = kit_slurp(path, &len);
  count = find_places(text, places);
  EXPECT_GT(count, 20);
  TEST_NOTE("seed %" PRIu64 ", %u words in use", seed, count);
  for (unsigned i = 0; i < FLIPS && count; i++) {
    const struct place *p = &places[kit_random(&seed) % count];
    unsigned bit = (unsigned)(kit_random(&seed) % 64);
    struct replay_results res;

    while (!(p->used >> bit & 1))
      bit = (bit + 1) % 64;
    flip(text, p, bit);
    EXPECT_TRUE(kit_write(&dir, "snap0_mem.txt.zst", text, len));
    if (kit_replay(dir.path, "qemu", &res) && !replay_results_differ(&res))
      ADD_TEST_FAILURE("bit %u of the word \"%.16s\" was not noticed", bit, text + p->offset);
    flip(text, p, bit);
  }
  free(text);
  kit_remove(&dir);
}

/* The log shows where the level 2 array lies; an image that says otherwise is told from the log. */
TEST_CASE(ImageFlips, StructureThatContradictsTheLogIsNamed)
{
  struct place places[WORDS_MAX] = { 0 };
  struct replay_results res;
  struct kit_dir dir;
  char path[600], *text;
  size_t len;

  ASSERT_TRUE(kit_make_dir(&dir));
  ASSERT_TRUE(kit_copy_run(&dir, kit_recorded(RUN_A)));
  snprintf(path, sizeof(path), "%s/snap0_mem.txt.zst", kit_recorded(RUN_A));
  text = kit_slurp(path, &len);
  EXPECT_GT(find_places(text, places), 0);
  EXPECT_EQ(places[0].used, used_bits(L1STD_LINE)); /* the first word in use is the L1STD */
  flip(text, &places[0], 26);
  EXPECT_TRUE(kit_write(&dir, "snap0_mem.txt.zst", text, len));
  EXPECT_TRUE(kit_replay(dir.path, "qemu", &res));
  EXPECT_STREQ(res.first_divergence.what, "L1STD");
  EXPECT_EQ(res.table_words.mismatched, 1);
  free(text);
  kit_remove(&dir);
}

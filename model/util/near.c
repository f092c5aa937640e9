/* See near.h. Edit distance in which the swap of two neighbours is one edit (optimal string
 * alignment), as keys are often mistyped that way; in any case of letters. */
#include "util/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MOST = 40 };

static unsigned least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static bool is_same(char a, char b)
{
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool begins_with(const char *word, const char *part)
{
  while (*part && is_same(*word, *part))
    word++, part++;
  return *part == '\0';
}

static unsigned distance(const char *a, const char *b)
{
  unsigned row[3][WORD_MOST + 1];
  size_t length_a = strlen(a), length_b = strlen(b);

  if (length_a > WORD_MOST || length_b > WORD_MOST)
    return WORD_MOST;
  for (unsigned j = 0; j <= length_b; j++)
    row[0][j] = j;
  for (unsigned i = 1; i <= length_a; i++) {
    unsigned *now = row[i % 3];
    const unsigned *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

    now[0] = i;
    for (unsigned j = 1; j <= length_b; j++) {
      now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + !is_same(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
        now[j] = least(now[j], before[j - 2] + 1);
    }
  }
  return row[length_a % 3][length_b];
}

const char *smmu_nearest(const char *typed, const char *(*next)(const void *ctx, size_t i),
                         const void *ctx)
{
  unsigned limit = 1 + (unsigned)strlen(typed) / 4, best_distance = limit + 1;
  const char *word, *best = NULL;

  for (size_t i = 0; *typed && (word = next(ctx, i)) != NULL; i++) {
    const char *dot = strrchr(word, '.');
    unsigned d = distance(typed, word);

    /* The section forgotten: "exit" for "vm.exit". The end forgotten: "grace" for "grace-fitted". */
    if ((dot && distance(dot + 1, typed) == 0) || (strlen(typed) > 2 && begins_with(word, typed)))
      d = least(d, 1);
    if (d < best_distance) {
      best_distance = d;
      best = word;
    }
  }
  return best;
}

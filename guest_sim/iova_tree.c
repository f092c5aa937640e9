/* Ranges of an IOVA domain: a sorted array, searched from the top down. */
#include "guest_sim/iova_tree.h"

#include <stdlib.h>
#include <string.h>

#include "util/bits.h"
#include "util/check.h"

void iova_tree_init(struct iova_tree *tree, uint64_t first, uint64_t last)
{
  memset(tree, 0, sizeof *tree);
  tree->first = first;
  tree->last = last;
  tree->hint = last;
}

void iova_tree_release(struct iova_tree *tree)
{
  free(tree->range);
  memset(tree, 0, sizeof *tree);
}

/* How many ranges begin at or below the page. */
static size_t ranges_to(const struct iova_tree *tree, uint64_t page)
{
  size_t low = 0, high = tree->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (tree->range[middle].first <= page)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The highest fit whose last page is at or below `top`; *at is where its range goes in the
 * array. */
static uint64_t search(const struct iova_tree *tree, uint64_t top, uint64_t pages, uint64_t align,
                       size_t *at)
{
  size_t below = ranges_to(tree, top);

  for (;;) {
    uint64_t bottom = below ? tree->range[below - 1].last + 1 : tree->first;

    if (top >= bottom && top - bottom + 1 >= pages) {
      uint64_t first = (top + 1 - pages) & ~(align - 1);

      if (first >= bottom) {
        *at = below;
        return first;
      }
    }
    if (below == 0)
      return 0;
    below--;
    if (tree->range[below].first <= tree->first)
      return 0;
    if (tree->range[below].first - 1 < top)
      top = tree->range[below].first - 1;
  }
}

static bool make_room(struct iova_tree *tree)
{
  size_t room = tree->room ? 2 * tree->room : 64;
  struct iova_range *range;

  if (tree->count < tree->room)
    return true;
  range = realloc(tree->range, room * sizeof *range);
  if (range == NULL)
    return false;
  tree->range = range;
  tree->room = room;
  return true;
}

uint64_t iova_tree_alloc(struct iova_tree *tree, uint64_t pages, uint64_t align)
{
  uint64_t first = 0;
  size_t at = 0;

  CHECK(pages > 0 && is_power_of_two(align));
  if (!make_room(tree))
    return 0;
  first = search(tree, tree->hint, pages, align, &at);
  if (first == 0 && tree->hint != tree->last)
    first = search(tree, tree->last, pages, align, &at);
  if (first == 0)
    return 0;
  memmove(tree->range + at + 1, tree->range + at, (tree->count - at) * sizeof *tree->range);
  tree->range[at] = (struct iova_range){ first, first + pages - 1 };
  tree->count++;
  tree->hint = first - 1;
  return first;
}

void iova_tree_free(struct iova_tree *tree, uint64_t first)
{
  size_t below = ranges_to(tree, first);
  struct iova_range range;

  CHECK(below > 0);
  range = tree->range[below - 1];
  CHECK(range.first == first);
  memmove(tree->range + below - 1, tree->range + below,
          (tree->count - below) * sizeof *tree->range);
  tree->count--;
  if (range.last > tree->hint)
    tree->hint = range.last;
}

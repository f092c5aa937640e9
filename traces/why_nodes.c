/* The tree of operations below one: those of a kind inside the same ones are one node (exits only
 * when they are for the same register). */
#include <stdlib.h>

#include "traces/why_internal.h"

/* Found by hashing; 0 is empty, else node + 1. */
struct table {
  uint32_t *slot;
  uint32_t mask;
};

struct node_key {
  uint32_t parent;
  uint32_t kind;
  uint64_t argument;
};

static struct node_key key_of(const struct why_list *list, const struct why_op *op, uint32_t parent)
{
  bool exit = op->kind == list->words.exit;

  return (struct node_key){ parent, op->kind | (exit && op->writes ? 0x10000u : 0),
                            exit ? op->argument : 0 };
}

static uint32_t hash(struct node_key key)
{
  uint64_t x = (((uint64_t)key.parent << 32 | key.kind) ^ key.argument * 0x9e3779b97f4a7c15ULL);

  x *= 0xbf58476d1ce4e5b9ULL;
  return (uint32_t)(x >> 32);
}

static bool same(struct node_key a, struct node_key b)
{
  return a.parent == b.parent && a.kind == b.kind && a.argument == b.argument;
}

static void hang_below(struct why_path *path, uint32_t node, uint32_t *last_child)
{
  uint32_t parent = path->node[node].parent;

  if (parent == WHY_NONE)
    return;
  if (path->node[parent].child == WHY_NONE)
    path->node[parent].child = node;
  else
    path->node[last_child[parent]].sibling = node;
  last_child[parent] = node;
}

/* The node of an operation; a new one when there is none like it. */
static uint32_t find(struct why_path *path, const struct why_list *list, const struct why_op *op,
                     uint32_t parent, struct table *t, struct node_key *keys, uint32_t *last_child)
{
  struct node_key key = key_of(list, op, parent);
  uint32_t at = hash(key) & t->mask, n;
  struct why_node *made;

  for (; t->slot[at]; at = (at + 1) & t->mask)
    if (same(keys[t->slot[at] - 1], key))
      return t->slot[at] - 1;
  n = (uint32_t)path->nodes++;
  t->slot[at] = n + 1;
  keys[n] = key;
  made = &path->node[n];
  *made = (struct why_node){ .parent = parent,
                             .depth = parent == WHY_NONE ? 0 : path->node[parent].depth + 1,
                             .child = WHY_NONE,
                             .sibling = WHY_NONE };
  why_node_text(list, op, made->name);
  hang_below(path, n, last_child);
  return n;
}

/* The operation and those below it: they follow each other on their CPU. Sets their places in
 * node[] to 0. */
static uint32_t count_below(const struct why_list *list, uint32_t index, uint32_t *node)
{
  uint32_t count = 1;

  for (uint32_t i = 0; i < list->count; i++)
    node[i] = WHY_NONE;
  node[index] = 0;
  for (uint32_t i = list->op[index].next;
       i != WHY_NONE && list->op[i].parent != WHY_NONE && node[list->op[i].parent] == 0;
       i = list->op[i].next) {
    node[i] = 0;
    count++;
  }
  return count;
}

bool why_nodes_make(struct why_path *path, const struct why_list *list, uint32_t index,
                    uint32_t *node)
{
  uint32_t count = count_below(list, index, node), i = index;
  struct table t = { NULL, 1 };
  struct node_key *keys = malloc(count * sizeof(*keys));
  uint32_t *last_child = malloc(count * sizeof(*last_child));

  while (t.mask < 2 * (uint64_t)count && t.mask < UINT32_MAX / 2)
    t.mask = 2 * t.mask + 1;
  t.slot = calloc((size_t)t.mask + 1, sizeof(*t.slot));
  path->node = calloc(count, sizeof(*path->node));
  if (t.slot && keys && last_child && path->node) {
    for (uint32_t n = 0; n < count; n++, i = list->op[i].next) {
      uint32_t parent = i == index ? WHY_NONE : node[list->op[i].parent];

      node[i] = find(path, list, &list->op[i], parent, &t, keys, last_child);
      path->node[node[i]].count++;
    }
  }
  free(t.slot);
  free(keys);
  free(last_child);
  return path->nodes > 0;
}

void why_nodes_add(struct why_path *path)
{
  for (size_t i = 0; i < path->parts; i++)
    path->node[path->part[i].node].ps += path->part[i].ps;
  for (size_t n = path->nodes; n-- > 1;)
    path->node[path->node[n].parent].ps += path->node[n].ps;
}

/* What caches may know better or worse than the tables: see leeway.h. */
#include "leeway.h"

static uint32_t substream(const struct naive_txn *t)
{
  return t->ssv ? t->ssid : 0;
}

/* A top byte that is ignored is the copy of bit 55. */
static uint64_t canonical(uint64_t va)
{
  return (uint64_t)((int64_t)(va << 8) >> 8);
}

static bool is_shared(const struct leeway *l, const struct naive_txn *t)
{
  uint64_t va = canonical(t->addr);
  unsigned i;

  for (i = 0; i < l->pages; i++)
    if (l->page[i].sid == t->sid && l->page[i].ssid != substream(t) &&
        (l->page[i].va ^ va) >> l->page[i].size_log2 == 0)
      return true;
  return false;
}

bool leeway_applies(struct leeway *l, const struct naive_txn *t, const struct naive_result *n,
                    bool groups)
{
  bool shared = n->stage1 && is_shared(l, t), torn = n->torn && groups;

  l->torn += torn;
  l->shared += shared;
  return torn || shared;
}

void leeway_learn(struct leeway *l, const struct naive_txn *t, const struct naive_result *n)
{
  if (!n->global || n->event || l->pages == LEEWAY_PAGES)
    return;
  l->page[l->pages].va = canonical(t->addr);
  l->page[l->pages].sid = t->sid;
  l->page[l->pages].ssid = substream(t);
  l->page[l->pages].size_log2 = n->size_most;
  l->pages++;
}

void leeway_forget(struct leeway *l)
{
  l->pages = 0;
}

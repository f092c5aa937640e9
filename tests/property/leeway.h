/* Where the architecture lets a cache answer otherwise than the tables do: these two cases and no
 * other, each counted.
 *
 * Of a group that the Contiguous bit joins wrongly it may use any descriptor (Arm ARM, VMSAv8-64),
 * when it keeps groups at all. A global page of one CD also serves the CDs that keep another page
 * there (5.4.1, ASID). The device without caches is never excused. */
#ifndef LEEWAY_H
#define LEEWAY_H

#include "naive.h"

enum { LEEWAY_PAGES = 16 };

struct leeway {
  struct {
    uint64_t va;
    uint32_t sid, ssid;
    unsigned size_log2;
  } page[LEEWAY_PAGES]; /* global ones that caches may hold */
  unsigned pages;
  uint64_t torn, shared; /* cases */
};

/* May caches differ in this case? groups: they keep groups as one entry. */
bool leeway_applies(struct leeway *l, const struct naive_txn *t, const struct naive_result *n,
                    bool groups);
/* The case is over, and caches may know its page. */
void leeway_learn(struct leeway *l, const struct naive_txn *t, const struct naive_result *n);
/* Caches are empty. */
void leeway_forget(struct leeway *l);

#endif

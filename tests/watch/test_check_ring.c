/* Which queues an address lies in (watch/check_ring.c). */
#include <stdio.h>
#include <stdlib.h>

#include "shim/gtest_c.h"
#include "watch/check_state.h"

enum { QUEUES = 5 };

/* 0 and 1 are windows on one ring; 2 begins inside 3, which is longer; 4 is not known. */
static struct check_queue queue[QUEUES] = { { .base = 0x4000, .log2 = 4, .known = true },
                                            { .base = 0x4000, .log2 = 4, .known = true },
                                            { .base = 0x1400, .log2 = 2, .known = true },
                                            { .base = 0x1000, .log2 = 8, .known = true },
                                            { .base = 0x9000, .log2 = 10, .known = false } };

/* The numbers of the queues that may hold it, in the order of the search: "0 1 ". */
static void found(const struct check_world *w, uint64_t addr, char *text)
{
  text[0] = 0;
  for (uint32_t i = check_rings_before(w, addr); i && w->ring[i - 1].reach > addr; i--) {
    const struct check_queue *q = &w->queue[w->ring[i - 1].queue];

    if (addr - q->base < check_queue_bytes(q))
      text += sprintf(text, "%u ", (unsigned)w->ring[i - 1].queue);
  }
}

TEST_CASE(CheckRing, FindsEveryQueueThatHoldsTheAddress)
{
  static const struct {
    uint64_t addr;
    const char *queues;
  } rows[] = { { 0xff8, "" },      { 0x1000, "3 " },   { 0x13f8, "3 " }, { 0x1400, "2 3 " },
               { 0x1438, "2 3 " }, { 0x1440, "3 " },   { 0x1ff8, "3 " }, { 0x2000, "" },
               { 0x4000, "0 1 " }, { 0x40f8, "0 1 " }, { 0x4100, "" },   { 0x9000, "" } };
  struct check c = { .failed = false };
  struct check_world w = { .queue = queue, .queues = QUEUES };
  char text[32];

  check_rings_renew(&c, &w);
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    found(&w, rows[i].addr, text);
    EXPECT_STREQ(text, rows[i].queues);
  }
  free(w.ring);
}

/* Slots and lines; see resource.h. */
#include "engine/resource.h"

#include "util/check.h"

void resource_init(struct resource *r, const struct timed_resource *given,
                   struct resource_link *link)
{
  *r = (struct resource){
    .given = *given, .link = link, .first = RESOURCE_NOBODY, .last = RESOURCE_NOBODY
  };
}

/* A slot is there: when does it start? */
static uint64_t begin(struct resource *r, uint64_t arrived, uint64_t now)
{
  uint64_t start = now > r->earliest ? now : r->earliest, waited = start - arrived;

  r->taken++;
  r->earliest = start + r->given.interval_ps;
  r->use.waited_ps += waited;
  if (waited > r->use.longest_wait_ps)
    r->use.longest_wait_ps = waited;
  return start;
}

bool resource_enter(struct resource *r, uint32_t who, uint64_t now, uint64_t *start)
{
  if (r->given.slots == 0) {
    *start = now;
    return true;
  }
  if (r->taken < r->given.slots) {
    *start = begin(r, now, now);
    return true;
  }
  r->link[who] = (struct resource_link){ .arrived = now, .next = RESOURCE_NOBODY };
  if (r->first == RESOURCE_NOBODY)
    r->first = who;
  else
    r->link[r->last].next = who;
  r->last = who;
  return false;
}

uint32_t resource_leave(struct resource *r, uint64_t started, uint64_t now, uint64_t *start)
{
  uint32_t who = r->first;

  r->use.served++;
  r->use.busy_ps += now - started;
  if (r->given.slots == 0)
    return RESOURCE_NOBODY;
  CHECK(r->taken != 0);
  r->taken--;
  if (who == RESOURCE_NOBODY)
    return RESOURCE_NOBODY;
  r->first = r->link[who].next;
  *start = begin(r, r->link[who].arrived, now);
  return who;
}

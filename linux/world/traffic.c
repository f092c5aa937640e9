/* Traffic of a storm: see scenario.h. Who maps and unmaps says so in the buffer, at a moment when nobody is behind
 * it in time, so that what an engine reads there before and after an access brackets it. */
#include "linux_world/scenario.h"

enum { PAGE = 0x1000, AFTER = 2, LONGEST_NS = 400 };

struct engine {
  struct lx_world *w;
  uint64_t random;
  /* The mapping that it used last, its state then, and how often since its end began, or was over. */
  uint64_t last;
  enum lx_buffer_state state;
  unsigned after;
};

static unsigned draw(struct engine *e, unsigned below)
{
  e->random = e->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)((e->random >> 33) % below);
}

/* Does it use this buffer now? A device that has not been told yet comes some more times, and then waits for the
 * next one. */
static bool goes(struct engine *e, const struct lx_buffer *b)
{
  if (b->state == LX_NEVER_MAPPED)
    return false;
  if (e->last != b->maps || e->state != b->state)
    e->after = 0;
  e->last = b->maps;
  e->state = b->state;
  return b->state == LX_IS_MAPPED || e->after++ < AFTER;
}

static void judge(const struct lx_buffer *before, const struct lx_buffer *after, uint64_t offset,
                  const struct smmu_result *result, struct lx_storm_result *out)
{
  bool ok = result->status == SMMU_STATUS_OK, there = result->pa == before->pa + offset;
  bool still = before->maps == after->maps && before->state == after->state;

  if (still && before->state == LX_IS_MAPPED) {
    out->right += ok && there;
    out->wrong += !ok || !there;
  } else if (still && before->state == LX_IS_UNMAPPED) {
    out->passed += ok && there;
    out->refused += !ok || !there;
  } else {
    out->between++;
    out->wrong += ok && !there && before->maps == after->maps;
  }
}

void lx_traffic(struct lx_world *w, const struct lx_buffer *buffer, const bool *done,
                struct lx_storm_result *out)
{
  struct engine e = { .w = w, .random = w->config.seed * 64 + plat_cpu(w->plat) };

  while (!*done) {
    plat_delay(w->plat, 1000ULL * (1 + draw(&e, LONGEST_NS)));
    if (goes(&e, buffer)) {
      struct lx_buffer before = *buffer;
      uint64_t offset = PAGE * (uint64_t)draw(&e, (unsigned)((before.bytes + PAGE - 1) / PAGE));
      struct smmu_result result;

      lx_translate(w, before.sid, before.iova + offset, draw(&e, 2), &result);
      judge(&before, buffer, offset, &result, out);
    }
  }
}

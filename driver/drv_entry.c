/* Replacing a structure that the device may be reading.
 * The device reads single words, so a change is seen whole when all that differs in what the device
 * looks at lies in one word: the words it ignores are prepared first, then that one is stored. Else
 * V is cleared, and there is a gap. After each step that changed memory the device is told.
 * IHI 0070 3.21.3; the steps are those of Linux 6.12. */
#include "driver/drv_state.h"

enum { WORDS = 8 };

/* Store the words of `target` in [from, to) that differ, except word `skip`; then tell the device,
 * if there were any. */
static int store(struct drv *drv, const struct drv_entry *entry, uint64_t now[WORDS],
                 const uint64_t target[WORDS], unsigned from, unsigned to, unsigned skip)
{
  bool changed = false;

  for (unsigned i = from; i < to; i++) {
    if (i == skip || now[i] == target[i])
      continue;
    plat_store64(&drv->plat, entry->addr + 8 * i, target[i]);
    now[i] = target[i];
    changed = true;
  }
  return changed ? drv_issue(drv, &entry->forget, 1, true) : 0;
}

/* What the entry becomes when every bit that is ignored now gets its final value; returns in how
 * many words that still is not the target, the last of them in *critical. */
static unsigned prepare(const struct drv_entry *entry, const uint64_t now[WORDS],
                        const uint64_t target[WORDS], uint64_t prepared[WORDS], unsigned *critical)
{
  uint64_t used_now[WORDS];
  uint64_t used_then[WORDS];
  unsigned differ = 0;

  entry->used(now, used_now);
  entry->used(target, used_then);
  for (unsigned i = 0; i < WORDS; i++) {
    prepared[i] = (now[i] & used_now[i]) | (target[i] & ~used_now[i]);
    if (((prepared[i] ^ target[i]) & used_then[i]) == 0)
      continue;
    differ++;
    *critical = i;
  }
  return differ;
}

int drv_entry_write(struct drv *drv, const struct drv_entry *entry, const uint64_t target[WORDS])
{
  uint64_t now[WORDS];
  uint64_t prepared[WORDS];
  uint64_t invalid[WORDS] = { 0 };
  unsigned critical = WORDS;
  unsigned differ;
  int err = 0;
  int bad;

  for (unsigned i = 0; i < WORDS; i++)
    now[i] = plat_load64(&drv->plat, entry->addr + 8 * i);
  differ = prepare(entry, now, target, prepared, &critical);
  if (differ == 1) {
    err = store(drv, entry, now, prepared, 0, WORDS, critical);
    bad = store(drv, entry, now, target, critical, critical + 1, WORDS);
    err = err ? err : bad;
  } else if (differ > 1) {
    err = store(drv, entry, now, invalid, 0, 1, WORDS);
    bad = store(drv, entry, now, target, 1, WORDS, WORDS);
    err = err ? err : bad;
  }
  bad = store(drv, entry, now, target, 0, WORDS, WORDS);
  return err ? err : bad;
}

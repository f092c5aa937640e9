/* Event queue: the records the model wrote against those a snapshot found in the guest's ring, word
 * for word where the architecture fixes them. IHI 0070 7.3. */
#include "traces/replay_internal.h"

#include "util/bits.h"

enum { WORDS = 4 };

bool replay_event_is_write(const struct replay *r, uint64_t n, uint64_t line, uint32_t type,
                           uint32_t sid, bool fallback)
{
  for (unsigned i = r->next_snapshot; i < r->snapshot_count; i++) {
    const struct snapshot_ring *ring = &r->snapshots[i]->evtq;
    const uint64_t *word;

    if (ring->width == 0 || r->snapshots[i]->log_lines < line)
      continue;
    word = snapshot_ring_slot(ring, n & ((1ULL << ring->log2size) - 1));
    if (!word || bits_get(word[0], 7, 0) != type || bits_get(word[0], 63, 32) != sid)
      return fallback;
    return bits_get(word[1], 35, 35) == 0; /* RnW */
  }
  return fallback;
}

/* Bits of each word that the architecture gives a value, for the event type and dword 1 of the
 * record. Not fixed: the IMPLEMENTATION DEFINED Reason, and the IPA of a fault that stage 2 had no
 * part in. */
static void fixed_bits(const uint64_t *record, uint64_t *mask)
{
  unsigned type = (unsigned)bits_get(record[0], 7, 0);

  for (unsigned i = 0; i < WORDS; i++)
    mask[i] = ~0ULL;
  switch (type) {
  case 0x03:
  case 0x09:
  case 0x25: mask[1] = ~bits_mask(15, 0); break; /* FetchAddr in dword 3 */
  case 0x0b: mask[1] = ~bits_mask(15, 0); break;
  case 0x10:
  case 0x11:
  case 0x12:
  case 0x13:
    if (!bits_get(record[1], 39, 39)) /* S2 */
      mask[3] = 0;
    break;
  case 0x20:
    mask[1] = ~bits_mask(15, 0);
    mask[3] = 0;
    break;
  case 0x21: mask[1] = ~bits_mask(31, 0); break;
  default: break;
  }
}

static void compare_record(struct replay *r, const struct trace_snapshot *s, uint64_t slot,
                           const uint64_t *recorded)
{
  uint64_t addr = (bits_get(r->evtq_base, 51, 5) << 5) + slot * 8 * WORDS;
  uint64_t mask[WORDS];
  unsigned bad = WORDS;
  char file[64], expected[96];

  fixed_bits(recorded, mask);
  for (unsigned i = 0; i < WORDS && bad == WORDS; i++)
    if ((engine_memory_load64(r->memory, addr + 8 * i) ^ recorded[i]) & mask[i])
      bad = i;
  replay_count(&r->res.events, bad == WORDS);
  if (bad == WORDS)
    return;
  snprintf(file, sizeof(file), "%s_evtq.txt", s->prefix);
  snprintf(expected, sizeof(expected), "event %llu, word %u: 0x%016llx", (unsigned long long)slot,
           bad, (unsigned long long)recorded[bad]);
  replay_diverge(r, file, slot + 2, "event record", expected, "0x%016llx",
                 (unsigned long long)engine_memory_load64(r->memory, addr + 8 * bad));
}

void replay_check_events(struct replay *r, const struct trace_snapshot *s)
{
  const struct snapshot_ring *ring = &s->evtq;

  if (ring->width != WORDS)
    return;
  for (uint64_t slot = 0; slot < 1ULL << ring->log2size; slot++) {
    const uint64_t *recorded = snapshot_ring_slot(ring, slot);

    if (recorded)
      compare_record(r, s, slot, recorded);
  }
}

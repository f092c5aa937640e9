/* What of the input was not replayed as it stands, and why: one counter a reason, with the first
 * line. Nothing is left out without being counted here. */
#ifndef TRACES_DROPPED_H
#define TRACES_DROPPED_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, 1 when the input is damaged (0: a property of the recording), text) */
#define TRACE_DROP_LIST(X) \
  X(CUT_LINE, 1, "last line is cut off (no newline at its end)") \
  X(UNKNOWN_EVENT, 1, "unknown event") \
  X(BAD_FIELDS, 1, "event with malformed or missing fields") \
  X(NOT_A_TRACE, 1, "line without a trace prefix") \
  X(TOO_LONG, 1, "line longer than 65536 bytes") \
  X(DAMAGED_FILE, 1, "file is damaged: the rest could not be read") \
  X(ID_REGISTERS, 1, "ID register values that the model does not accept") \
  X(OUTSIDE_RAM, 1, "table word outside the recorded machine's memory") \
  X(SNAPSHOT_REGION, 1, "snapshot: malformed region") \
  X(SNAPSHOT_IMAGE, 1, "snapshot: malformed image line") \
  X(SNAPSHOT_OUTSIDE, 1, "snapshot: image words outside every region") \
  X(SNAPSHOT_HOLE, 1, "snapshot: hole, a listed mapping needs words that the image lacks") \
  X(SNAPSHOT_ROW, 1, "snapshot: malformed row of a list") \
  X(SNAPSHOT_RING, 1, "snapshot: malformed queue slot") \
  X(GUEST_LIST, 1, "guest list: malformed line") \
  X(LAZY_UNMAP, 0, "guest's trace: unmap in lazy mode, invalidated at no known moment") \
  X(OTHER_DEVICE, 0, "message about another device") \
  X(SPLIT_DMA, 0, "recording splits one faulting DMA into pieces") \
  X(NO_EVENT, 0, "recording has no event for a refused input address") \
  X(NO_ADDRESS, 0, "recorded fault without an input address in the log") \
  X(NO_END, 0, "recording stops inside a translation")

enum trace_drop_reason {
#define X(name, damage, text) TRACE_DROP_##name,
  TRACE_DROP_LIST(X)
#undef X
    TRACE_DROP_COUNT
};

struct trace_drop {
  uint64_t count, first_line;
  char file[64]; /* of the first line; empty: the log */
};

struct trace_drops {
  struct trace_drop entry[TRACE_DROP_COUNT];
};

void trace_drop_add(struct trace_drops *d, enum trace_drop_reason why, const char *file,
                    uint64_t line);
const char *trace_drop_text(unsigned why);
bool trace_drop_is_damage(unsigned why);

#endif

/* Reader of QEMU's SMMUv3 trace (`-trace "smmu*"`), one struct per line.
 * Formats: FORMAT.md and qemu_events.def.
 * Both 10.0.2's and 7.2.22's lines are known. Every input line comes out, classified; none is
 * skipped silently. */
#ifndef TRACES_QEMU_LOG_H
#define TRACES_QEMU_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/source.h"

/* clang-format off */
#define TRACE_EVENT_LIST(X) \
  X(ADD_MR) X(RESET_EXIT) X(READ_MMIO) X(WRITE_MMIO) X(CMDQ_CONSUME) X(CMDQ_OPCODE) \
  X(CMDQ_CONSUME_OUT) X(CMDQ_ERROR) X(CMDQ_UNHANDLED) X(CMD_CFGI_STE) \
  X(CMD_CFGI_STE_RANGE) X(CMD_CFGI_CD) X(CMD_TLBI_NH) X(CMD_TLBI_NSNH) \
  X(CMD_TLBI_NH_ASID) X(CMD_TLBI_S12_VMID) X(RANGE_INVAL) X(CFG_INV) X(CFG_INV_RANGE) \
  X(IOTLB_INV_ALL) X(IOTLB_INV_ASID) X(IOTLB_INV_VMID) X(IOTLB_INV_IOVA) X(CFG_HIT) \
  X(CFG_MISS) X(FIND_STE) X(FIND_STE_2LVL) X(GET_STE) X(GET_CD) X(DECODE_CD) \
  X(DECODE_CD_TT) X(LOOKUP_HIT) X(LOOKUP_MISS) X(GET_PTE) X(PTW_LEVEL) X(PTW_PAGE) \
  X(PTW_BLOCK) X(PTW_INVALID) X(IOTLB_INSERT) X(TRANSLATE_SUCCESS) X(TRANSLATE_BYPASS) \
  X(TRANSLATE_DISABLE) X(TRANSLATE_ABORT) X(RECORD_EVENT) X(TRIGGER_IRQ) \
  X(WRITE_GERROR) X(WRITE_GERRORN) X(NOTIFY_ADD) X(NOTIFY_DEL) X(NOTIFY_MR) \
  X(NOTIFY_IOVA) X(MESSAGE_FAULT) X(MESSAGE_NO_EVENT)
/* clang-format on */

enum trace_event {
  TRACE_NONE = 0,
#define X(name) TRACE_##name,
  TRACE_EVENT_LIST(X)
#undef X
    TRACE_EVENT_COUNT
};

/* What kind of line it is; only the first two carry fields. */
enum trace_kind {
  TRACE_KIND_EVENT,       /* a trace event with all its fields */
  TRACE_KIND_MESSAGE,     /* QEMU's text about a refused access of a device behind the SMMU */
  TRACE_KIND_OTHER_TEXT,  /* a message of QEMU about something else ("device: text") */
  TRACE_KIND_UNKNOWN,     /* a trace event of a name that is not known */
  TRACE_KIND_BAD_FIELDS,  /* a known event whose arguments are malformed or missing */
  TRACE_KIND_NOT_A_TRACE, /* no trace prefix, and no message either */
  TRACE_KIND_CUT, /* the last line, without its newline: a number in it may have lost digits */
  TRACE_KIND_TOO_LONG
};

/* Numbers that do not fit a field make the line BAD_FIELDS. A field the event does not have is 0;
 * vmid is 0 with 7.2. */
struct trace_line {
  uint64_t line_no;      /* from 1 */
  uint64_t time_us;      /* host wall clock; order only */
  uint64_t addr;         /* register offset, IOVA, or address of an STE, a CD, a descriptor */
  uint64_t value;        /* register value, descriptor, PA, second pointer, end of a range */
  uint64_t base;         /* base address of a table */
  uint64_t size;         /* access bytes, pages of an invalidation, span of an entry, TxSZ */
  uint64_t hits, misses; /* QEMU's own counters */
  uint32_t pid;          /* host thread */
  uint32_t sid;
  uint32_t index;     /* command slot, table index, level 2 offset, output size, IRQ */
  uint32_t code;      /* opcode or event type; TRACE_CODE_UNKNOWN for a name that is not known */
  uint32_t perm;      /* 1 read, 2 write: what the mapping allows */
  uint32_t flag;      /* wrap bit, leaf, is_write, HAD */
  uint32_t tg, ttl;   /* as printed; in DECODE_CD_TT tg is log2 of the granule */
  int32_t asid, vmid; /* -1: none */
  int32_t level, stage;
  uint8_t kind;  /* enum trace_kind */
  uint8_t event; /* enum trace_event */
};

#define TRACE_CODE_UNKNOWN 0xffffu
#define TRACE_CODE_SYNC    0x46u

struct trace_reader;

/* The reader owns the source from here on, also when it fails. */
int trace_reader_create(struct trace_reader **out, struct trace_source *source);
void trace_reader_destroy(struct trace_reader *r);
/* False at the end of the file. */
bool trace_reader_next(struct trace_reader *r, struct trace_line *line);

/* Scan one line without a reader: text[0..len), followed by a 0 byte. Keeps line->line_no alone. */
struct trace_scanner {
  /* Rows of the event table by hash of their name; 0 is empty. */
  uint8_t row[256];
};
void trace_scanner_init(struct trace_scanner *s);
void trace_scan(const struct trace_scanner *s, const char *text, size_t len,
                struct trace_line *line);

/* "TLBI_NH_VA", "F_PERMISSION"; "?" for a code without a name. */
const char *trace_command_name(unsigned opcode);
const char *trace_fault_name(unsigned type);

#endif

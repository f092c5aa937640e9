/* Field positions of structures in memory: Stream table entries, Context descriptors, VMS,
 * commands, event records, PRI queue entries and translation table descriptors, generated from the
 * .def files. IHI 0070: chapters 4, 5 and 8, 7.3; DDI 0487: D8.3.
 * Structures are arrays of 64-bit words in host order; a field never crosses a word. */
#ifndef SMMU_ARCH_STRUCTS_H
#define SMMU_ARCH_STRUCTS_H

#include <stdint.h>

#include "util/bits.h"

/* Sizes in 64-bit words. */
enum {
#define STRUCT(name, words) name##_WORDS = (words),
#define FIELD(type, name, hi, lo)
#define CFIELD(type, name, hi, lo)
#define EFIELD(type, name, hi, lo)
#define CMD(name, opcode)
#define EVENT(name, type)
#include "arch/cd.def"
#include "arch/cmd.def"
#include "arch/desc.def"
#include "arch/event.def"
#include "arch/pri.def"
#include "arch/ste.def"
#include "arch/vms.def"
#undef STRUCT
#undef FIELD
#undef CFIELD
#undef EFIELD
#undef CMD
#undef EVENT
};

/* STE_S1ContextPtr_HI, STE_S1ContextPtr_LO, TLBI_NH_VA_ASID_HI, F_TRANSLATION_SID_HI, ... */
enum {
#define STRUCT(name, words)
#define FIELD(type, name, hi, lo)  type##_##name##_HI = (hi), type##_##name##_LO = (lo),
#define CFIELD(type, name, hi, lo) FIELD(type, name, hi, lo)
#define EFIELD(type, name, hi, lo) FIELD(type, name, hi, lo)
#define CMD(name, opcode)
#define EVENT(name, type)
#include "arch/cd.def"
#include "arch/cmd.def"
#include "arch/desc.def"
#include "arch/event.def"
#include "arch/pri.def"
#include "arch/ste.def"
#include "arch/vms.def"
#undef STRUCT
#undef FIELD
#undef CFIELD
#undef EFIELD
#undef CMD
#undef EVENT
};

/* CMD_TLBI_NH_VA = 0x12, ... */
enum smmu_opcode {
#define STRUCT(name, words)
#define FIELD(type, name, hi, lo)
#define CFIELD(type, name, hi, lo)
#define CMD(name, opcode) CMD_##name = (opcode),
#include "arch/cmd.def"
#undef STRUCT
#undef FIELD
#undef CFIELD
#undef CMD
};

/* EVENT_F_TRANSLATION = 0x10, ... */
enum smmu_event_type {
#define STRUCT(name, words)
#define FIELD(type, name, hi, lo)
#define EFIELD(type, name, hi, lo)
#define EVENT(name, type) EVENT_##name = (type),
#include "arch/event.def"
#undef STRUCT
#undef FIELD
#undef EFIELD
#undef EVENT
};

/* The value of a field in an array of words; and storing one (bits that do not fit are dropped). */
#define FGET(type, field, words) \
  bits_get((words)[type##_##field##_LO / 64], type##_##field##_HI % 64, type##_##field##_LO % 64)
#define FPUT(type, field, words, value) \
  ((words)[type##_##field##_LO / 64] = \
     bits_put((words)[type##_##field##_LO / 64], type##_##field##_HI % 64, \
              type##_##field##_LO % 64, (value)))

#endif

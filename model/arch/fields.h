/* A generic description of every register, structure, command, event record and descriptor: names
 * and bit ranges as data, for printing, checking and documentation. Built from layouts.def, so it
 * knows exactly what the access macros of regs.h and structs.h know. */
#ifndef SMMU_ARCH_FIELDS_H
#define SMMU_ARCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/text.h"

/* Bits counted over the whole structure: bit 67 is bit 3 of word 1. */
struct smmu_field {
  const char *name;
  uint16_t hi;
  uint16_t lo;
};

enum smmu_layout_kind {
  SMMU_LAYOUT_REG = 0, /* key: offset from page 0 */
  SMMU_LAYOUT_CMDQV,   /* a register of CMDQV */
  SMMU_LAYOUT_PMCG,    /* a register of a counter group; SMR has two formats that overlap */
  SMMU_LAYOUT_ECMDQ,   /* a register of enhanced command queues */
  SMMU_LAYOUT_STE,     /* STE and L1STD */
  SMMU_LAYOUT_CD,      /* CD and L1CD */
  SMMU_LAYOUT_VMS,
  SMMU_LAYOUT_CMD,   /* key: opcode */
  SMMU_LAYOUT_EVENT, /* key: event number */
  SMMU_LAYOUT_PRI,
  SMMU_LAYOUT_DESC, /* translation table descriptors; address fields overlap */
  SMMU_LAYOUT_VIEW  /* any command, any event: fields overlap */
};

/* The longest structure, in words. */
enum { SMMU_LAYOUT_WORDS_MAX = 8 };

struct smmu_layout {
  const char *name;
  enum smmu_layout_kind kind;
  uint32_t key;
  uint16_t words; /* 64-bit words; a 32-bit register has one */
  uint16_t count;
  const struct smmu_field *fields; /* count of them, in the order of the table */
};

/* All layouts, by index 0 .. smmu_layout_total() - 1. */
unsigned smmu_layout_total(void);
struct smmu_layout smmu_layout_at(unsigned index);

/* Lookup; false when there is none. Names match in any case. Only registers, commands and events
 * have keys. */
bool smmu_layout_by_name(enum smmu_layout_kind kind, const char *name, struct smmu_layout *out);
bool smmu_layout_by_key(enum smmu_layout_kind kind, uint32_t key, struct smmu_layout *out);

/* The field of this name, any case, or NULL. */
const struct smmu_field *smmu_layout_field(const struct smmu_layout *layout, const char *name);

uint64_t smmu_field_get(const struct smmu_field *field, const uint64_t *words);
/* Bits of value that do not fit are dropped. */
void smmu_field_put(const struct smmu_field *field, uint64_t *words, uint64_t value);
/* The largest value the field holds. */
uint64_t smmu_field_max(const struct smmu_field *field);

/* Whether the field holds bits of an address; the address is then value << (lo mod 64). */
bool smmu_field_is_address(const struct smmu_field *field);

/* What this value means, in a few words, or NULL. Static storage. */
const char *smmu_field_meaning(const struct smmu_layout *layout, const struct smmu_field *field,
                               uint64_t value);

/* Whether bits outside every field are set; they are stored in stray[0 .. words - 1]. */
bool smmu_layout_stray(const struct smmu_layout *layout, const uint64_t *words, uint64_t *stray);

/* Appends " name=value", the name in small letters, an address in full; nothing when the value is 0. */
void smmu_field_add(const struct smmu_field *field, const uint64_t *words, struct smmu_text *text);

/* One line a field: name, [hi:lo], value, meaning. Writes at most size bytes, the last one 0;
 * returns the length of the whole text. */
size_t smmu_layout_print(const struct smmu_layout *layout, const uint64_t *words, char *text,
                         size_t size);

#endif

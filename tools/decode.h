/* smmulator decode, between its files: a request, the answer to it, and how answers are printed. */
#ifndef SMMU_TOOLS_DECODE_H
#define SMMU_TOOLS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/event.h"
#include "arch/fields.h"
#include "tools/fault_words.h"

enum { DECODE_ARGS_MAX = 64, DECODE_FIELDS_MAX = 64, DECODE_NOTES_MAX = 12, DECODE_LAST_LEVEL = 3 };

struct decode_request {
  const char *kind; /* NULL: none was given */
  const char *args[DECODE_ARGS_MAX];
  unsigned count;
  bool json;
  long stage, level; /* pte: stage 1 or 2, level -1 to 3 */
  long granule_log2; /* pte: 12, 14 or 16 */
  bool wide;         /* pte: output addresses of 52 bits */
  char why[512];     /* not empty: the request is wrong, and why */
};

/* What to show: a structure, its words, what its error codes mean, and a line of text where there
 * is a short form. */
struct decode_answer {
  struct smmu_layout layout; /* its fields may be those of `kept` */
  struct smmu_field kept[DECODE_FIELDS_MAX];
  uint64_t words[SMMU_LAYOUT_WORDS_MAX];
  bool has_value; /* false: a register whose fields alone are asked for */
  char title[64];
  char text[SMMU_EVENT_TEXT_MAX];
  unsigned notes;
  const struct fault_words *note[DECODE_NOTES_MAX];
};

/* The kinds of structures, as a message names them. */
extern const char decode_kinds[];

/* Fills an answer that is all 0; false with r->why filled when the request is wrong. */
bool decode_answer_make(struct decode_request *r, struct decode_answer *a);

/* ---- between the files of the answers ---- */

/* The words of the request, which must be `wanted`, or 1 where `or_one`. */
bool decode_take_words(struct decode_request *r, unsigned wanted, bool or_one, uint64_t *words);
/* Leaves the fields out that `keeps` does not want: formats of one structure overlap. */
void decode_keep_fields(struct decode_answer *a, bool (*keeps)(const char *name));
/* A translation table descriptor. */
bool decode_pte(struct decode_request *r, struct decode_answer *a);

void decode_print_json(const struct decode_request *r, const struct decode_answer *a);
void decode_print_text(const struct decode_answer *a);

#endif

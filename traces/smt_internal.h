/* Between the files of the .smt reader and writer. Layout: FORMAT.md. */
#ifndef TRACES_SMT_INTERNAL_H
#define TRACES_SMT_INTERNAL_H

#include "traces/smt.h"
#include "traces/smt_bytes.h"

enum {
  SMT_AT_MAGIC = 0,
  SMT_AT_VERSION = 8,
  SMT_AT_ORDER = 12,
  SMT_AT_RECORD_BYTES = 16,
  SMT_AT_BUILD_LEN = 20,
  SMT_AT_CONFIG_LEN = 24,
  SMT_AT_NAME_COUNT = 28,
  SMT_AT_NAMES_LEN = 32,
  SMT_AT_ZERO = 36,
  SMT_AT_SEED = 40,
  SMT_AT_ZERO2 = 48,
  SMT_AT_HASH = 56,
  SMT_FIXED_BYTES = 64, /* and what the head's length is a multiple of */
  SMT_NAME_BYTES = 16   /* of a name before its text */
};

#define SMT_ORDER     0x01020304u
#define SMT_NAMES_LEN (SMT_NAMES_MAX * (SMT_NAME_BYTES + SMT_TEXT_MAX))

static inline uint32_t smt_get32(const unsigned char *p)
{
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t smt_get64(const unsigned char *p)
{
  return smt_get32(p) | (uint64_t)smt_get32(p + 4) << 32;
}

static inline void smt_put(unsigned char *p, unsigned bytes, uint64_t value)
{
  for (unsigned i = 0; i < bytes; i++)
    p[i] = (unsigned char)(value >> (8 * i));
}

bool smt_text_is_good(const char *text, size_t len);
int smt_names_add_text(struct smt_names *names, uint32_t kind, uint64_t number, const char *text,
                       size_t len);

/* All bytes of a head, to be freed; NULL without memory or (*rc SMMU_ERR_BADARG) out of bounds. */
unsigned char *smt_head_bytes(const struct smt_head *head, size_t *len, int *rc,
                              struct trace_error *err);
/* Read a head; *head is filled with allocated parts, *len is where the records begin. */
int smt_head_read(struct smt_input *in, const char *name, struct smt_head *head, size_t *len,
                  struct trace_error *err);
void smt_head_free(struct smt_head *head);
/* What a read that ended early means, in an error: "file: offset N: ..." */
int smt_fail_end(const struct smt_input *in, const char *name, uint64_t offset, const char *missing,
                 struct trace_error *err);

void smt_record_encode(const struct smmu_record *r, unsigned char *bytes);
void smt_record_decode(const unsigned char *bytes, struct smmu_record *r);

/* The numbers of the categories whose fields are checked; UINT64_MAX: the file has none such. */
struct smt_rules {
  uint64_t charge, sleep, span, note;
  uint64_t begin, end; /* notes */
};

void smt_rules_init(struct smt_rules *rules, const struct smt_names *names);
/* True; else what is wrong: found and expected, and where in the record. */
bool smt_record_check(const struct smt_rules *rules, const struct smt_names *names,
                      const struct smmu_record *r, unsigned *where, char *why, size_t why_len);

#endif

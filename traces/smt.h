/* Recordings of our own machines: `.smt` files. Layout: FORMAT.md.
 *
 * A file explains itself: it carries the configuration, the build that wrote it and the names of all
 * numbers in its records, so a reader knows none of them beforehand. A name that ends in ".zst" is
 * written compressed; a reader tells by the first bytes.
 *
 *   struct smt_names names = { 0 };                       writing
 *   smt_names_add_model(&names);                          what smmu/trace.h and smmu/step.h number
 *   smt_names_add(&names, SMT_COST, 0, "cpu.atomic");     what the machine numbers
 *   smt_writer_create(&w, "DIR/trace.smt", &(struct smt_head){ ... }, &err);
 *   smt_writer_record(w, &record);                        also as a hook of struct smmu_hooks
 *   smt_writer_close(w, &err);                            the first error of all comes out here
 *
 *   smt_reader_open(&r, "DIR", &err);                     reading
 *   while ((rc = smt_reader_next(r, &record, &err)) > 0) ...
 *   smt_reader_close(r); */
#ifndef TRACES_SMT_H
#define TRACES_SMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "smmu/trace.h"
#include "traces/source.h"

#define SMT_FILE_NAME    "trace.smt" /* in the folder of a run */
#define SMT_VERSION      1u
#define SMT_RECORD_BYTES 64u
/* Bounds of a head. Text is printable, without line breaks. */
#define SMT_TEXT_MAX   255u
#define SMT_NAMES_MAX  65536u
#define SMT_CONFIG_MAX (16u << 20)

/* What a name names: X(name, number in the file, text, what the number is) */
#define SMT_KIND_LIST(X) \
  X(CATEGORY, 1, "category", "record: category") \
  X(READ, 2, "read", "read record: info") \
  X(CACHE, 3, "cache", "records of caches: unit") \
  X(STAGE, 4, "stage", "span record: phase") \
  X(ASK, 5, "ask", "span record: info") \
  X(COST, 6, "cost", "charge record: result") \
  X(NOTE, 7, "note", "note record: result") \
  X(OPERATION, 8, "operation", "note record begin or end: addr_in") \
  X(WORLD, 9, "world", "records of software: unit (\"host\", \"VM 0\")") \
  X(CPU, 10, "cpu", "records of software: actor (\"vCPU 1\")") \
  X(ACTOR, 11, "actor", \
    "records of the device: actor (\"CMDQ\", \"VCMDQ 3\"); others are " \
    "transactions") \
  X(WINDOW, 12, "window", "base address of registers: \"SMMU\" or \"CMDQV\"")

enum smt_kind {
#define X(name, number, text, what) SMT_##name = (number),
  SMT_KIND_LIST(X)
#undef X
};

/* "cost"; NULL for a number that is none. */
const char *smt_kind_name(unsigned kind);

/* ---- names ---- */

struct smt_name {
  uint32_t kind; /* enum smt_kind */
  uint64_t number;
  char *text;
};

/* All zero is an empty list. */
struct smt_names {
  struct smt_name *name;
  size_t count, room;
};

/* The text is copied. 0, SMMU_ERR_BADARG (bounds above, or the number has a name already),
 * SMMU_ERR_NOMEM. */
int smt_names_add(struct smt_names *names, enum smt_kind kind, uint64_t number, const char *text);
/* CATEGORY, READ, CACHE, STAGE and ASK of this build. */
int smt_names_add_model(struct smt_names *names);
void smt_names_free(struct smt_names *names);
/* NULL: it has no name. */
const char *smt_names_find(const struct smt_names *names, enum smt_kind kind, uint64_t number);
/* The opposite: false when nothing has this name. */
bool smt_names_number(const struct smt_names *names, enum smt_kind kind, const char *text,
                      uint64_t *number);

/* "CMDQ_PROD" for an address inside a WINDOW, else the address in hexadecimal. */
void smt_address_name(const struct smt_names *names, uint64_t address, char *text, size_t len);
/* The same for an offset in the SMMU's or CMDQV's registers; NULL: no register begins there. */
const char *smt_register_name(bool cmdqv, uint64_t offset);

/* ---- what stands before the records ---- */

struct smt_head {
  const char *build;  /* of the program that wrote the file; "" for unknown */
  const char *config; /* the effective configuration as YAML; NULL for none */
  size_t config_len;
  uint64_t seed;
  struct smt_names names; /* the caller's when writing, the reader's when reading */
};

/* ---- writing ---- */

struct smt_writer;

/* Head and strings are copied. 0; SMMU_ERR_BADARG, SMMU_ERR_IO, SMMU_ERR_NOMEM with *err filled. */
int smt_writer_create(struct smt_writer **out, const char *path, const struct smt_head *head,
                      struct trace_error *err);
/* The same on an open stream, which is closed with the writer, also when this fails. */
int smt_writer_create_stream(struct smt_writer **out, FILE *stream, const char *name, bool compress,
                             const struct smt_head *head, struct trace_error *err);
/* `writer` is a struct smt_writer. A failure is kept, and everything behind it ignored, until the
 * writer is closed. */
void smt_writer_record(void *writer, const struct smmu_record *record);
/* 0, or what is wrong so far. */
int smt_writer_error(const struct smt_writer *w);
uint64_t smt_writer_records(const struct smt_writer *w);
/* Write what is buffered and free the writer (NULL is fine). 0, or the first failure: SMMU_ERR_IO,
 * with *err filled (disk full, for instance). */
int smt_writer_close(struct smt_writer *w, struct trace_error *err);

/* ---- reading ---- */

struct smt_reader;

/* A file, or a folder that holds trace.smt or trace.smt.zst. 0; SMMU_ERR_IO, SMMU_ERR_EMPTY (a
 * folder without a recording), SMMU_ERR_FORMAT, SMMU_ERR_NOMEM with *err filled: file, byte offset
 * (of the decompressed bytes), what was found, what was expected. Memory does not grow with the
 * number of records. */
int smt_reader_open(struct smt_reader **out, const char *path, struct trace_error *err);
/* The same on an open stream, which is closed with the reader, also when this fails. */
int smt_reader_open_stream(struct smt_reader **out, FILE *stream, const char *name,
                           struct trace_error *err);
void smt_reader_close(struct smt_reader *r);
const struct smt_head *smt_reader_head(const struct smt_reader *r);
/* The file's name, for messages. */
const char *smt_reader_name(const struct smt_reader *r);
/* 1 and a record; 0 at the end; SMMU_ERR_FORMAT or SMMU_ERR_IO with *err filled. */
int smt_reader_next(struct smt_reader *r, struct smmu_record *record, struct trace_error *err);
/* Begin again at the first record. 0; SMMU_ERR_IO when the stream cannot be rewound. */
int smt_reader_rewind(struct smt_reader *r, struct trace_error *err);
/* Records handed out since the beginning. */
uint64_t smt_reader_records(const struct smt_reader *r);
/* At the end: NULL, or what of the last record is missing. The file is usable up to there. */
const char *smt_reader_cut(const struct smt_reader *r);

#endif

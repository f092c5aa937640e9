/* Recordings made by hand. The numbers of operations, costs and notes are not those of plat/: what a
 * reader knows of them must come from the file. */
#ifndef TESTS_SMT_KIT_H
#define TESTS_SMT_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/smt.h"
#include "traces/why.h"

struct kit {
  char folder[64], path[96];
  struct smt_names names;
  struct smt_writer *writer;
  struct why_list *list;
  struct why_path *why;
  struct trace_error err;
};

/* A new folder below /tmp with trace.smt open for writing. */
void kit_open(struct kit *k);
/* Everything is closed and removed. */
void kit_close(struct kit *k);
/* The writer is closed; the file is complete. */
void kit_finish(struct kit *k);

/* Records. Operations, costs, stages and asks are given by name ("unmap", "vm.exit", "cmd-fetch",
 * "read"). Times in ps. */
void kit_begin(struct kit *k, unsigned cpu, uint64_t time, const char *operation,
               uint64_t argument);
void kit_end(struct kit *k, unsigned cpu, uint64_t time, const char *operation);
void kit_charge(struct kit *k, unsigned cpu, uint64_t from, uint64_t to, const char *cost);
void kit_sleep(struct kit *k, unsigned cpu, uint64_t from, uint64_t to);
void kit_span(struct kit *k, unsigned actor, uint64_t arrival, uint64_t from, uint64_t to,
              const char *stage, const char *ask, uint64_t addr);
void kit_store(struct kit *k, unsigned cpu, uint64_t time, uint64_t addr);
void kit_store_reg(struct kit *k, unsigned cpu, uint64_t time, uint64_t addr);
void kit_sync(struct kit *k, unsigned actor, uint64_t time);

/* Finishes the file, and the path of this event; the rest of the kit's life it is k->why. False with
 * a reported failure. */
bool kit_why(struct kit *k, const char *event);
/* The time of all parts with this text in an operation of this name ("" for any). */
uint64_t kit_part(const struct kit *k, const char *what, const char *in);
/* The same among details of part `what`. */
uint64_t kit_detail(const struct kit *k, const char *what, const char *detail);
/* Parts, segments and nodes all add up to the latency, segments without gap. */
void kit_expect_exact(const struct kit *k);

/* All of a file; to be freed. */
unsigned char *kit_bytes(const char *path, size_t *len);
void kit_write_bytes(const char *path, const unsigned char *bytes, size_t len);

#endif

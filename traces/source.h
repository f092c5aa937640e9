/* Lines of a text file, plain or compressed with zstd (told apart by their first bytes).
 * Streams: memory use does not grow with the file. Whatever the bytes are, each call returns a line
 * or the end. */
#ifndef TRACES_SOURCE_H
#define TRACES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Why a file could not be used, ready to print: "path:line: what was found, what was expected". */
struct trace_error {
  char text[320];
};

/* Stores a message; always returns `code`, for use in a return statement. */
int trace_fail(struct trace_error *err, int code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

/* Longest line that is handed out whole; longer ones are cut there. */
#define TRACE_LINE_MAX 65536u

/* text is 0-terminated (the newline is gone) and stays valid until the next call. It may hold
 * 0 bytes. */
struct trace_text {
  char *text;
  size_t len;
  uint64_t line_no; /* from 1 */
  bool terminated;  /* a newline followed; false for a last line that was cut off */
  bool too_long;    /* cut to TRACE_LINE_MAX */
};

struct trace_source;

/* 0, SMMU_ERR_IO (err says why) or SMMU_ERR_NOMEM. */
int trace_source_open(struct trace_source **out, const char *path, struct trace_error *err);
/* The same on an open stream, which is closed with the source. */
int trace_source_open_stream(struct trace_source **out, FILE *stream, const char *name,
                             struct trace_error *err);
void trace_source_close(struct trace_source *s);
/* False at the end; trace_source_damage() then tells whether it was a good one. */
bool trace_source_next(struct trace_source *s, struct trace_text *line);
/* NULL, or why the file could not be read to its end (damaged compressed data, read error). */
const char *trace_source_damage(const struct trace_source *s);
/* Bytes of the file consumed so far, and its size (0 when unknown). For progress. */
uint64_t trace_source_position(const struct trace_source *s);
uint64_t trace_source_size(const struct trace_source *s);

#endif

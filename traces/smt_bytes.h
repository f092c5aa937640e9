/* Bytes of a recording, plain or compressed with zstd, in and out. */
#ifndef TRACES_SMT_BYTES_H
#define TRACES_SMT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum smt_input_end {
  SMT_INPUT_GOOD,
  SMT_INPUT_CUT,     /* compressed data end in the middle */
  SMT_INPUT_DAMAGED, /* compressed data are wrong */
  SMT_INPUT_FAILED   /* the system cannot read the file */
};

struct smt_input;

/* Both own the stream from here on, also when they fail: NULL, out of memory. */
struct smt_input *smt_input_open(FILE *stream);
void smt_input_close(struct smt_input *in);
/* n bytes, fewer at the end alone. */
size_t smt_input_read(struct smt_input *in, void *bytes, size_t n);
/* Why it ended. */
enum smt_input_end smt_input_end(const struct smt_input *in);
bool smt_input_rewind(struct smt_input *in);

struct smt_output;

struct smt_output *smt_output_open(FILE *stream, bool compress);
/* False: not written, errno says why. */
bool smt_output_write(struct smt_output *out, const void *bytes, size_t n);
/* Ends the data, closes the stream and frees. False: something was not written. */
bool smt_output_close(struct smt_output *out);

#endif

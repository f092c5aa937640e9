/* Between the files of the snapshot reader. */
#ifndef TRACES_SNAPSHOT_INTERNAL_H
#define TRACES_SNAPSHOT_INTERNAL_H

#include "traces/snapshot.h"

struct snapshot_reading {
  struct trace_snapshot *snap;
  const char *dir;
  struct trace_drops *drops;
  struct trace_error *err;
  char path[512];   /* of the file being read */
  const char *file; /* its name inside dir */
};

/* "0x" hexadecimal or decimal, nothing behind it. */
bool snapshot_number(const char *text, uint64_t *value);
/* Grow *array (of `width`-byte elements) so that element *count exists, zeroed, and count it; NULL
 * when memory ran out. */
void *snapshot_append(void **array, size_t *count, size_t width);
/* The csv lists, the image and the queue dumps; missing files are empty ones. */
int snapshot_read_texts(struct snapshot_reading *r);

#endif

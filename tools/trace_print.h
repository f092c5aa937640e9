/* `smmulator trace info` and `trace cat`. */
#ifndef SMMU_TOOLS_TRACE_PRINT_H
#define SMMU_TOOLS_TRACE_PRINT_H

#include "traces/smt.h"
#include "watch/place.h"

enum { TRACE_FILTER_CATEGORIES = 32 };

/* Records with from <= time < to, of the named categories (none: all). */
struct trace_filter {
  uint64_t from, to; /* ps */
  const char *category[TRACE_FILTER_CATEGORIES];
  unsigned categories;
};

/* "1.5us": digits, at most one point, and ps, ns (or nothing), us, ms or s. */
bool trace_time_parse(const char *text, uint64_t *ps);

/* Both read the rest of the recording; *places (NULL: unknown) names where its software was. 0,
 * SMMU_ERR_BADARG (a category it does not have), SMMU_ERR_NOMEM, or what the reader returns. */
int trace_print_info(struct smt_reader *reader, bool json, struct trace_error *err);
int trace_print_cat(struct smt_reader *reader, const struct trace_filter *filter,
                    struct watch_places *places, bool json, struct trace_error *err);

#endif

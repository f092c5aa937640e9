/* A record of a recording in words: what `smmulator trace cat` prints, one line each. */
#ifndef SMMU_TOOLS_TRACE_WORDS_H
#define SMMU_TOOLS_TRACE_WORDS_H

#include "traces/smt.h"

enum { TRACE_WHO = 64, TRACE_WORDS = 320 };

/* Is it of a CPU, or of the device? By the category's name, which the file gives. */
bool trace_is_software(const char *category);
/* "vCPU 1", "CMDQ", "transaction 5". */
void trace_who(const struct smt_names *names, const struct smmu_record *r, char text[TRACE_WHO]);
/* What the fields say, without time, category and who. */
void trace_words(const struct smt_names *names, const struct smmu_record *r,
                 char text[TRACE_WORDS]);

#endif

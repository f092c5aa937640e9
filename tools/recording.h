/* A run of a machine as a recording: trace.smt in the folder of the run. */
#ifndef SMMU_TOOLS_RECORDING_H
#define SMMU_TOOLS_RECORDING_H

#include "machine/config.h"
#include "machine/result.h"
#include "traces/smt.h"

/* Begins a new DIR/trace.smt (run_files.h) and makes *sink, for machine_run(). 0, or what smt_writer_create() returns. */
int recording_open(struct smt_writer **out, struct machine_sink *sink, const char *folder,
                   const struct machine_config *cfg, struct trace_error *err);

#endif

/* Bytes as a recorded QEMU log, read and replayed: nothing in a file may bring the reader, the
 * replay or the device down. The first byte chooses the cache profile. */
#include <stdio.h>
#include <stdlib.h>

#include "smmu/engine.h"
#include "traces/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct trace_reader *open_bytes(const uint8_t *data, size_t size)
{
  struct trace_source *source = NULL;
  struct trace_reader *reader = NULL;
  struct trace_error err;
  FILE *stream = fmemopen((void *)(uintptr_t)data, size, "rb");

  if (!stream)
    abort();
  if (trace_source_open_stream(&source, stream, "fuzz", &err) != 0)
    return NULL;
  return trace_reader_create(&reader, source) == 0 ? reader : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const profiles[3] = { "qemu", "none", "neutral" };
  struct replay_options opt = { 0 };
  struct replay *replay = NULL;
  struct trace_reader *reader;
  struct trace_error err;
  struct trace_line line;

  if (size < 2)
    return 0;
  opt.tlb_profile = profiles[data[0] % 3];
  opt.slow_path = data[0] & 16;
  reader = open_bytes(data + 1, size - 1);
  if (!reader)
    return 0;
  if (replay_create(&replay, &opt, &err) != 0)
    abort();
  while (trace_reader_next(reader, &line))
    replay_feed(replay, &line);
  replay_finish(replay);
  if (replay_get_memory(replay))
    smmu_invariant(engine_now_device(replay_get_engine(replay)));
  replay_destroy(replay);
  trace_reader_destroy(reader);
  return 0;
}

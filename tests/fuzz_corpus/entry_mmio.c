/* tests/fuzz/fuzz_mmio.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_mmio_one
#include "fuzz/fuzz_mmio.c" // NOLINT(bugprone-suspicious-include)

/* tests/fuzz/fuzz_log.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_log_one
#include "fuzz/fuzz_log.c" // NOLINT(bugprone-suspicious-include)

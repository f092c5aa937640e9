/* tests/fuzz/fuzz_inputs.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_inputs_one
#include "fuzz/fuzz_inputs.c" // NOLINT(bugprone-suspicious-include)

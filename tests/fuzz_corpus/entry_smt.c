/* tests/fuzz/fuzz_smt.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_smt_one
#include "fuzz/fuzz_smt.c" // NOLINT(bugprone-suspicious-include)

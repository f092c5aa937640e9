/* tests/fuzz/fuzz_tables.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_tables_one
#include "fuzz/fuzz_tables.c" // NOLINT(bugprone-suspicious-include)

/* tests/fuzz/fuzz_commands.c as a plain function, for test_corpus.c. */
#define LLVMFuzzerTestOneInput fuzz_commands_one
#include "fuzz/fuzz_commands.c" // NOLINT(bugprone-suspicious-include)

/* GoogleTest for C: a test file is C11, the runner is GoogleTest.
 *
 *   #include "shim/gtest_c.h"
 *
 *   TEST_CASE(Cmdq, IllegalOpcodeStopsQueue)
 *   {
 *     EXPECT_EQ(queue_error(&q), CERROR_ILL);
 *   }
 *
 * The name is the claim. Cases register themselves before main, so --gtest_filter,
 * --gtest_list_tests, --gtest_repeat and XML output are GoogleTest's own. A name used twice in one
 * program stops it at the start. A suite whose name begins with Slow gets the CTest label slow
 * instead of fast.
 *
 * EXPECT_x reports and goes on; ASSERT_x reports and returns from the function it stands in (a void
 * one). Arguments are evaluated once. All macros may be used in helpers called by a test. Threads:
 * report from the test's own thread alone. */
#ifndef SHIM_GTEST_C_H
#define SHIM_GTEST_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- where things are ------------------------------------------------------------------------ */

/* Root of the source tree and of the build tree. */
const char *test_source_dir(void);
const char *test_build_dir(void);

/* The program `smmulator` of this build. It need not exist yet. */
const char *test_tool_path(void);

/* A program of tests/<dir>/programs/NAME.c. The string is valid until the next call. */
const char *test_program_path(const char *name);

/* The directory with recordings too large to keep in the tree: $SMMULATOR_SHARED, else ../shared
 * beside the source tree. NULL when there is none; a test then says SKIP_TEST("shared: ..."), and
 * that beginning marks the skip as harmless. */
const char *test_shared_dir(void);

/* ---- running programs ------------------------------------------------------------------------ */

/* What a finished program left. out and err end with a 0 byte that their length does not count;
 * they are never NULL. exit_code is the exit status, or -1 when `signal` ended it. Free with
 * test_run_free. */
struct test_run {
  int exit_code;
  int signal;
  char *out;
  size_t out_len;
  char *err;
  size_t err_len;
};

/* Runs `smmulator` with the words of args and waits for it. Words are split at spaces; '...' and
 * "..." keep spaces, a backslash keeps the next character (except inside '...'). Nothing is
 * expanded. Standard input is empty, the working directory is test_source_dir(). Returns false,
 * having reported a test failure, when it cannot be started. */
bool test_run_tool(const char *args, struct test_run *run);

/* The same for any program: argv[0] is the path, the array ends with NULL. */
bool test_run_program(const char *const *argv, struct test_run *run);

void test_run_free(struct test_run *run);

/* ---- tests of tests -------------------------------------------------------------------------- */

/* Calls body(arg) and takes the failures it reports away from the running test. Returns how many
 * there were; text gets the messages, cut to size bytes. */
int test_capture_failures(void (*body)(void *arg), void *arg, char *text, size_t size);

/* ---- behind the macros ----------------------------------------------------------------------- */

struct gtest_c_int {
  uint64_t bits;
  bool is_signed;
};

enum gtest_c_relation { GTEST_C_EQ, GTEST_C_NE, GTEST_C_LT, GTEST_C_LE, GTEST_C_GT, GTEST_C_GE };

struct gtest_c_where {
  const char *file;
  int line;
};

/* Register one case. body takes the parameter index; param is NULL in a case without any. */
void gtest_c_register(struct gtest_c_where where, const char *suite, const char *name,
                      const char *param, int index, void (*body)(int));

/* Each returns whether the expectation holds and has reported it when not. */
bool gtest_c_bool(struct gtest_c_where where, const char *text, bool value, bool wanted);
bool gtest_c_compare(struct gtest_c_where where, enum gtest_c_relation relation,
                     const char *left_text, const char *right_text, struct gtest_c_int left,
                     struct gtest_c_int right);
bool gtest_c_near(struct gtest_c_where where, const char *left_text, const char *right_text,
                  double left, double right, double tolerance);
bool gtest_c_pointer(struct gtest_c_where where, const char *left_text, const char *right_text,
                     const void *left, const void *right, bool wanted_equal);
bool gtest_c_streq(struct gtest_c_where where, const char *left_text, const char *right_text,
                   const char *left, const char *right);
bool gtest_c_contains(struct gtest_c_where where, const char *left_text, const char *text,
                      const char *part);
bool gtest_c_memeq(struct gtest_c_where where, const char *left_text, const char *right_text,
                   const void *left, const void *right, size_t len);
bool gtest_c_death(struct gtest_c_where where, void (*body)(void *), void *arg, const char *regex);

#if defined(__GNUC__)
#define GTEST_C_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define GTEST_C_PRINTF(f, a)
#endif

void gtest_c_fail(struct gtest_c_where where, const char *format, ...) GTEST_C_PRINTF(2, 3);
void gtest_c_skip(struct gtest_c_where where, const char *format, ...) GTEST_C_PRINTF(2, 3);
void gtest_c_note(const char *format, ...) GTEST_C_PRINTF(1, 2);

/* The whole of main: `int main(int argc, char **argv) { return gtest_c_main(argc, argv); }`. The
 * kit brings such a main. */
int gtest_c_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

/* ---- the macros (C alone: in C++ GoogleTest's own have the same names) ----------------------- */
#ifndef __cplusplus

#define GTEST_C_HERE ((struct gtest_c_where){ __FILE__, __LINE__ })

/* Only integers pass: a pointer or a floating-point value does not compile. */
/* clang-format off */
#define GTEST_C_IS_SIGNED(x) \
  _Generic(+(x), int: true, long: true, long long: true, \
           unsigned: false, unsigned long: false, unsigned long long: false)
/* clang-format on */
#define GTEST_C_INT(x) ((struct gtest_c_int){ (uint64_t)(x), GTEST_C_IS_SIGNED(x) })

/* A test case. */
#define TEST_CASE(suite, name) \
  static void gtest_c_body_##suite##_##name(void); \
  static void gtest_c_call_##suite##_##name(int param) \
  { \
    (void)param; \
    gtest_c_body_##suite##_##name(); \
  } \
  __attribute__((constructor)) static void gtest_c_enter_##suite##_##name(void) \
  { \
    gtest_c_register(GTEST_C_HERE, #suite, #name, NULL, 0, gtest_c_call_##suite##_##name); \
  } \
  static void gtest_c_body_##suite##_##name(void)

/* A test case run once for each index 0 .. n-1; the body sees `int param`. The case is called
 * Suite.Name/<table[param]>; table names every index with letters, digits, '_', '-' or '.':
 *
 *   static const char *const granules[] = { "4k", "16k", "64k" };
 *   PARAM_TEST_CASE(Walk, EndsAtLastLevel, granules, 3) { ... granules[param] ... }
 */
#define PARAM_TEST_CASE(suite, name, table, n) \
  static void gtest_c_body_##suite##_##name(int param); \
  __attribute__((constructor)) static void gtest_c_enter_##suite##_##name(void) \
  { \
    for (int gtest_c_i = 0; gtest_c_i < (int)(n); gtest_c_i++) \
      gtest_c_register(GTEST_C_HERE, #suite, #name, (table)[gtest_c_i], gtest_c_i, \
                       gtest_c_body_##suite##_##name); \
  } \
  static void gtest_c_body_##suite##_##name(int param)

/* End the test: as a failure, or as not run. A skip names its reason; "shared: ..." is a recording
 * that is not here, "missing: ..." a program or library that is not installed (a failure under
 * CI=true). */
#define FAIL_TEST(...) \
  do { \
    gtest_c_fail(GTEST_C_HERE, __VA_ARGS__); \
    return; \
  } while (0)
#define SKIP_TEST(...) \
  do { \
    gtest_c_skip(GTEST_C_HERE, __VA_ARGS__); \
    return; \
  } while (0)

/* Report a failure and go on: for helpers and loops. */
#define ADD_TEST_FAILURE(...) gtest_c_fail(GTEST_C_HERE, __VA_ARGS__)

/* Print a line, for example the seed of a random test. */
#define TEST_NOTE(...) gtest_c_note(__VA_ARGS__)

#define GTEST_C_EXPECT(call) ((void)(call))
#define GTEST_C_ASSERT(call) \
  do { \
    if (!(call)) \
      return; \
  } while (0)

/* The texts are made by the outermost macro, before the arguments are expanded. */
#define GTEST_C_TRUE(text, x, wanted) gtest_c_bool(GTEST_C_HERE, text, (x) ? true : false, wanted)
#define GTEST_C_CMP(rel, ta, tb, a, b) \
  gtest_c_compare(GTEST_C_HERE, rel, ta, tb, GTEST_C_INT(a), GTEST_C_INT(b))
#define GTEST_C_NEAR(ta, tb, a, b, tol)  gtest_c_near(GTEST_C_HERE, ta, tb, a, b, tol)
#define GTEST_C_PTR(ta, tb, a, b, equal) gtest_c_pointer(GTEST_C_HERE, ta, tb, a, b, equal)
#define GTEST_C_STREQ(ta, tb, a, b)      gtest_c_streq(GTEST_C_HERE, ta, tb, a, b)
#define GTEST_C_CONTAINS(ta, a, b)       gtest_c_contains(GTEST_C_HERE, ta, a, b)
#define GTEST_C_MEMEQ(ta, tb, a, b, len) gtest_c_memeq(GTEST_C_HERE, ta, tb, a, b, len)

/* Truth. */
#define EXPECT_TRUE(x)  GTEST_C_EXPECT(GTEST_C_TRUE(#x, x, true))
#define EXPECT_FALSE(x) GTEST_C_EXPECT(GTEST_C_TRUE(#x, x, false))
#define ASSERT_TRUE(x)  GTEST_C_ASSERT(GTEST_C_TRUE(#x, x, true))
#define ASSERT_FALSE(x) GTEST_C_ASSERT(GTEST_C_TRUE(#x, x, false))

/* Integers of any type up to 64 bits; signed and unsigned mix by value: -1 is less than 1u. */
#define EXPECT_EQ(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_EQ, #a, #b, a, b))
#define EXPECT_NE(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_NE, #a, #b, a, b))
#define EXPECT_LT(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_LT, #a, #b, a, b))
#define EXPECT_LE(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_LE, #a, #b, a, b))
#define EXPECT_GT(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_GT, #a, #b, a, b))
#define EXPECT_GE(a, b) GTEST_C_EXPECT(GTEST_C_CMP(GTEST_C_GE, #a, #b, a, b))
#define ASSERT_EQ(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_EQ, #a, #b, a, b))
#define ASSERT_NE(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_NE, #a, #b, a, b))
#define ASSERT_LT(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_LT, #a, #b, a, b))
#define ASSERT_LE(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_LE, #a, #b, a, b))
#define ASSERT_GT(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_GT, #a, #b, a, b))
#define ASSERT_GE(a, b) GTEST_C_ASSERT(GTEST_C_CMP(GTEST_C_GE, #a, #b, a, b))

/* Floating point: |a - b| <= tolerance. */
#define EXPECT_NEAR(a, b, tolerance) GTEST_C_EXPECT(GTEST_C_NEAR(#a, #b, a, b, tolerance))
#define ASSERT_NEAR(a, b, tolerance) GTEST_C_ASSERT(GTEST_C_NEAR(#a, #b, a, b, tolerance))

/* Pointers. */
#define EXPECT_NULL(p)      GTEST_C_EXPECT(GTEST_C_PTR(#p, "NULL", p, NULL, true))
#define EXPECT_NOT_NULL(p)  GTEST_C_EXPECT(GTEST_C_PTR(#p, "NULL", p, NULL, false))
#define EXPECT_PTR_EQ(a, b) GTEST_C_EXPECT(GTEST_C_PTR(#a, #b, a, b, true))
#define ASSERT_NULL(p)      GTEST_C_ASSERT(GTEST_C_PTR(#p, "NULL", p, NULL, true))
#define ASSERT_NOT_NULL(p)  GTEST_C_ASSERT(GTEST_C_PTR(#p, "NULL", p, NULL, false))
#define ASSERT_PTR_EQ(a, b) GTEST_C_ASSERT(GTEST_C_PTR(#a, #b, a, b, true))

/* Text; NULL equals NULL and nothing else, and contains nothing. */
#define EXPECT_STREQ(a, b)              GTEST_C_EXPECT(GTEST_C_STREQ(#a, #b, a, b))
#define ASSERT_STREQ(a, b)              GTEST_C_ASSERT(GTEST_C_STREQ(#a, #b, a, b))
#define EXPECT_STR_CONTAINS(text, part) GTEST_C_EXPECT(GTEST_C_CONTAINS(#text, text, part))
#define ASSERT_STR_CONTAINS(text, part) GTEST_C_ASSERT(GTEST_C_CONTAINS(#text, text, part))

/* Bytes; reports the first that differs, with its neighbourhood. */
#define EXPECT_MEMEQ(a, b, len) GTEST_C_EXPECT(GTEST_C_MEMEQ(#a, #b, a, b, len))
#define ASSERT_MEMEQ(a, b, len) GTEST_C_ASSERT(GTEST_C_MEMEQ(#a, #b, a, b, len))

/* body(arg), run in a child process, dies and its standard error matches regex: for CHECK. */
#define EXPECT_DEATH(body, arg, regex) GTEST_C_EXPECT(gtest_c_death(GTEST_C_HERE, body, arg, regex))

#endif /* __cplusplus */
#endif

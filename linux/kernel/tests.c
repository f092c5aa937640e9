// SPDX-License-Identifier: GPL-2.0
/* A runner for the driver's own KUnit suites, and the self-test of the page tables. A failed assertion
 * ends its case. */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/slab.h>

#include "sim.h"

extern struct kunit_suite *const __start_linux_kunit_suites[], *const __stop_linux_kunit_suites[];
/* None where the self-test is a suite as well. */
extern const initcall_t __weak __start_linux_selftest[], __weak __stop_linux_selftest[];

static void *after_case[5];

void __noreturn __kunit_abort(struct kunit *test)
{
  __builtin_longjmp(after_case, 1);
}

void __kunit_do_failed_assertion(struct kunit *test, const struct kunit_loc *loc,
                                 enum kunit_assert_type type, const struct kunit_assert *assert,
                                 assert_format_t format, const char *text, ...)
{
  test->status = KUNIT_FAILURE;
  pr_err("%s: %s:%d: expectation failed\n", test->name, loc->file, loc->line);
}

/* What a case says goes to the log as other messages do. */
void kunit_log_append(struct string_stream *log, const char *format, ...) {}

/* A device that is no more than a name; it is never given back. */
struct device *kunit_device_register(struct kunit *test, const char *name)
{
  static const struct bus_type bus = { .name = "kunit" };
  struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

  if (!dev)
    return ERR_PTR(-ENOMEM);
  sim_device_begin(dev, name, &bus);
  return dev;
}

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t bytes, gfp_t flags)
{
  return kmalloc_array(n, bytes, flags);
}

/* Words for a failure: file and line say enough. */
void kunit_binary_assert_format(const struct kunit_assert *assert, const struct va_format *message,
                                struct string_stream *stream)
{
}

void kunit_binary_ptr_assert_format(const struct kunit_assert *assert,
                                    const struct va_format *message, struct string_stream *stream)
{
}

void kunit_fail_assert_format(const struct kunit_assert *assert, const struct va_format *message,
                              struct string_stream *stream)
{
}

void kunit_ptr_not_err_assert_format(const struct kunit_assert *assert,
                                     const struct va_format *message, struct string_stream *stream)
{
}

void kunit_mem_assert_format(const struct kunit_assert *assert, const struct va_format *message,
                             struct string_stream *stream)
{
}

void kunit_unary_assert_format(const struct kunit_assert *assert, const struct va_format *message,
                               struct string_stream *stream)
{
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *one)
{
  struct kunit *test = kzalloc(sizeof(*test), GFP_KERNEL);
  bool passed;

  if (!test)
    return false;
  test->name = one->name;
  if (__builtin_setjmp(after_case) == 0) {
    if (!suite->init || suite->init(test) == 0)
      one->run_case(test);
    else
      test->status = KUNIT_FAILURE;
  }
  if (suite->exit)
    suite->exit(test);
  passed = test->status == KUNIT_SUCCESS;
  kfree(test);
  return passed;
}

void linux_kunit(struct linux_tests *out, void (*each)(void *arg, const char *name, int passed),
                 void *arg)
{
  struct kunit_suite *const *suite = __start_linux_kunit_suites;

  *out = (struct linux_tests){ 0 };
  for (; suite < __stop_linux_kunit_suites; suite++) {
    if ((*suite)->suite_init && (*suite)->suite_init(*suite) != 0) {
      out->failed++;
      continue;
    }
    for (struct kunit_case *one = (*suite)->test_cases; one->run_case; one++) {
      bool passed = run_case(*suite, one);

      out->run++;
      out->failed += !passed;
      each(arg, one->name, passed);
    }
    if ((*suite)->suite_exit)
      (*suite)->suite_exit(*suite);
  }
}

int linux_selftest(void)
{
  int err = 0;

  for (const initcall_t *call = __start_linux_selftest; call < __stop_linux_selftest; call++)
    err |= (*call)();
  return err;
}

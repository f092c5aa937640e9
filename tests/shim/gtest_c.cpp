// GoogleTest for C: the bridge. The manual is gtest_c.h.
#include "shim/gtest_c.h"

#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace {

class CFixture : public testing::Test {};

// One case: a C function and its parameter.
class CCase : public CFixture {
public:
  CCase(void (*body)(int), int index) : body_(body), index_(index) {}
  void TestBody() override
  {
    body_(index_);
  }

private:
  void (*body_)(int);
  int index_;
};

GTEST_C_PRINTF(1, 0) std::string formatted(const char *format, va_list args)
{
  va_list again;
  va_copy(again, args);
  int length = std::vsnprintf(nullptr, 0, format, args);
  std::string text(length < 0 ? 0 : static_cast<size_t>(length), '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

void report(gtest_c_where where, const std::string &text)
{
  ADD_FAILURE_AT(where.file, where.line) << text;
}

bool is_negative(gtest_c_int value)
{
  return value.is_signed && static_cast<int64_t>(value.bits) < 0;
}

// -1, 0 or 1 by mathematical value, whatever the types were.
int order(gtest_c_int left, gtest_c_int right)
{
  if (is_negative(left) != is_negative(right))
    return is_negative(left) ? -1 : 1;
  if (left.bits == right.bits)
    return 0;
  return left.bits < right.bits ? -1 : 1;
}

std::string shown(gtest_c_int value)
{
  char text[64];
  if (is_negative(value))
    std::snprintf(text, sizeof(text), "%" PRId64 " (0x%" PRIx64 ")",
                  static_cast<int64_t>(value.bits), value.bits);
  else
    std::snprintf(text, sizeof(text), "%" PRIu64 " (0x%" PRIx64 ")", value.bits, value.bits);
  return text;
}

// "a\n  which is: 3"; a literal needs no second line.
std::string side(const char *text, const std::string &value)
{
  std::string line = std::string("  ") + text;
  return value == text ? line + "\n" : line + "\n    which is: " + value + "\n";
}

std::string quoted(const char *text)
{
  return text ? '"' + std::string(text) + '"' : "NULL";
}

std::string hex_around(const unsigned char *bytes, size_t len, size_t at)
{
  size_t first = at & ~static_cast<size_t>(15);
  std::string text;
  for (size_t i = first; i < len && i < first + 16; i++) {
    char byte[8];
    std::snprintf(byte, sizeof(byte), i == at ? "[%02x]" : " %02x ", bytes[i]);
    text += byte;
  }
  return text;
}

} // namespace

void gtest_c_register(gtest_c_where where, const char *suite, const char *name, const char *param,
                      int index, void (*body)(int))
{
  static std::set<std::string>
    known; // constructed at the first case, before any constructor order matters
  std::string full = param ? std::string(name) + "/" + param : name;
  if (!known.insert(std::string(suite) + "." + full).second) {
    std::fprintf(stderr, "%s:%d: the test %s.%s is registered twice\n", where.file, where.line,
                 suite, full.c_str());
    std::exit(2);
  }
  testing::RegisterTest(suite, full.c_str(), nullptr, nullptr, where.file, where.line,
                        [=]() -> CFixture * { return new CCase(body, index); });
}

bool gtest_c_bool(gtest_c_where where, const char *text, bool value, bool wanted)
{
  if (value != wanted)
    report(where,
           side(text, value ? "true" : "false") + "Expected: " + (wanted ? "true" : "false"));
  return value == wanted;
}

bool gtest_c_compare(gtest_c_where where, gtest_c_relation relation, const char *left_text,
                     const char *right_text, gtest_c_int left, gtest_c_int right)
{
  static const char *const names[] = { "==", "!=", "<", "<=", ">", ">=" };
  int o = order(left, right);
  const bool holds[] = { o == 0, o != 0, o<0, o <= 0, o> 0, o >= 0 };
  if (!holds[relation])
    report(where, std::string("Expected: ") + left_text + " " + names[relation] + " " + right_text +
                    "\n" + side(left_text, shown(left)) + side(right_text, shown(right)));
  return holds[relation];
}

bool gtest_c_near(gtest_c_where where, const char *left_text, const char *right_text, double left,
                  double right, double tolerance)
{
  bool holds = std::fabs(left - right) <= tolerance;
  if (!holds)
    report(where, "Expected: equal within " + std::to_string(tolerance) + "\n" +
                    side(left_text, std::to_string(left)) +
                    side(right_text, std::to_string(right)));
  return holds;
}

bool gtest_c_pointer(gtest_c_where where, const char *left_text, const char *right_text,
                     const void *left, const void *right, bool wanted_equal)
{
  bool holds = (left == right) == wanted_equal;
  if (!holds)
    report(where,
           std::string("Expected: ") + left_text + (wanted_equal ? " == " : " != ") + right_text);
  return holds;
}

bool gtest_c_streq(gtest_c_where where, const char *left_text, const char *right_text,
                   const char *left, const char *right)
{
  bool holds = left && right ? std::strcmp(left, right) == 0 : left == right;
  if (!holds)
    report(where, "Expected: the same text\n" + side(left_text, quoted(left)) +
                    side(right_text, quoted(right)));
  return holds;
}

bool gtest_c_contains(gtest_c_where where, const char *left_text, const char *text,
                      const char *part)
{
  bool holds = text && part && std::strstr(text, part);
  if (!holds)
    report(where,
           "Expected: a text that contains " + quoted(part) + "\n" + side(left_text, quoted(text)));
  return holds;
}

bool gtest_c_memeq(gtest_c_where where, const char *left_text, const char *right_text,
                   const void *left, const void *right, size_t len)
{
  auto a = static_cast<const unsigned char *>(left);
  auto b = static_cast<const unsigned char *>(right);
  for (size_t i = 0; i < len; i++) {
    if (a[i] != b[i]) {
      report(where, "Expected: the same " + std::to_string(len) + " bytes; byte " +
                      std::to_string(i) + " differs\n" + side(left_text, hex_around(a, len, i)) +
                      side(right_text, hex_around(b, len, i)));
      return false;
    }
  }
  return true;
}

bool gtest_c_death(gtest_c_where where, void (*body)(void *), void *arg, const char *regex)
{
  testing::ScopedTrace trace(where.file, where.line, "EXPECT_DEATH");
  EXPECT_DEATH(body(arg), regex);
  return true;
}

void gtest_c_fail(gtest_c_where where, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  report(where, formatted(format, args));
  va_end(args);
}

void gtest_c_skip(gtest_c_where where, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  GTEST_MESSAGE_AT_(where.file, where.line, formatted(format, args).c_str(),
                    testing::TestPartResult::kSkip);
  va_end(args);
}

void gtest_c_note(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  std::printf("note: %s\n", formatted(format, args).c_str());
  va_end(args);
  std::fflush(stdout);
}

int test_capture_failures(void (*body)(void *), void *arg, char *text, size_t size)
{
  testing::TestPartResultArray results;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
      testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    body(arg);
  }
  int failures = 0;
  std::string all;
  for (int i = 0; i < results.size(); i++) {
    if (results.GetTestPartResult(i).failed()) {
      failures++;
      all += results.GetTestPartResult(i).message();
      all += "\n";
    }
  }
  if (text && size)
    std::snprintf(text, size, "%s", all.c_str());
  return failures;
}

int gtest_c_main(int argc, char **argv)
{
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

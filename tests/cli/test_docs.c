/* What documents quote of the program is what the program prints, and the picture of the table is
 * drawn from it. docs/renew.sh knows how pages quote; it says here what it would renew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

/* docs/renew.sh --check on one page with this text: its exit status, and what it said. */
static int check_page(const char *text, char **said)
{
  char folder[64], script[256], *err = NULL;
  int code = -1;

  *said = NULL;
  if (!cli_make_folder(folder))
    return -1;
  if (cli_write_file(folder, "page.md", text)) {
    snprintf(script, sizeof(script), "SMMULATOR=@ docs/renew.sh --check %s/page.md 2>&1", folder);
    code = cli_shell(script, said, &err);
  }
  free(err);
  cli_remove_folder(folder);
  return code;
}

static void expect_check(const char *text, int code, const char *word)
{
  char *said;

  EXPECT_EQ(check_page(text, &said), code);
  if (said && word && !strstr(said, word))
    ADD_TEST_FAILURE("\"%s\" does not say \"%s\"", said, word);
  free(said);
}

TEST_CASE(Docs, QuoteWhatTheProgramPrints)
{
  char *out = NULL, *err = NULL;

  if (cli_shell("SMMULATOR=@ docs/renew.sh --check", &out, &err) != 0)
    ADD_TEST_FAILURE("%s%s", out ? out : "", err ? err : "");
  free(out);
  free(err);
}

#define QUOTE(args, text) \
  "before\n<!-- begin: " args " -->\n```text\n$ smmulator --version\n" text "```\n<!-- end -->\n"

TEST_CASE(Docs, StaleQuotationIsNoticed)
{
  expect_check(QUOTE("--version", "smmulator 12.34\n"), 1, "stale");
  expect_check("<!-- file: LICENSE -->\n<!-- end -->\n", 1, "stale");
}

/* A page that quotes the first line of `smmulator ARGS` with `pattern` in it, changed by `edit`. */
static void expect_line(const char *args, const char *pattern, const char *edit, int code,
                        const char *word)
{
  char script[512], page[1024], *number = NULL, *line = NULL;

  snprintf(script, sizeof(script), "@ %s | grep -n -m1 '%s' | cut -d: -f1 | tr -d '\\n'", args,
           pattern);
  ASSERT_EQ(cli_shell(script, &number, NULL), 0);
  snprintf(script, sizeof(script), "@ %s | grep -m1 '%s' | sed '%s'", args, pattern, edit);
  EXPECT_EQ(cli_shell(script, &line, NULL), 0);
  if (number && line) {
    snprintf(page, sizeof(page),
             "<!-- begin: %s # %s-%s -->\n```text\n$ smmulator %s\n...\n%s...\n```\n"
             "<!-- end -->\n",
             args, number, number, args, line);
    expect_check(page, code, word);
  }
  free(number);
  free(line);
}

TEST_CASE(Docs, OneLineOfManyCanBeQuoted)
{
  expect_line("--help", "replay", "", 0, NULL);
  expect_line("--help", "replay", "s/replay/reply/", 1, "stale");
}

TEST_CASE(Docs, TimesOfARunDoNotCount)
{
  expect_line("litmus msi-order", " s$", "s/[0-9.]* s$/9.999 s/", 0, NULL);
  expect_line("litmus msi-order", " s$", "s/[0-9.]* s$/x s/", 1, "stale");
}

/* Renews one page with this text: the exit status, and the page after it. */
static int renew_page(const char *text, char **page)
{
  char folder[64], script[256], *err = NULL;
  int code = -1;

  *page = NULL;
  if (!cli_make_folder(folder))
    return -1;
  if (cli_write_file(folder, "page.md", text)) {
    snprintf(script, sizeof(script),
             "SMMULATOR=@ docs/renew.sh %s/page.md >&2; code=$?; cat %s/page.md; exit $code",
             folder, folder);
    code = cli_shell(script, page, &err);
  }
  free(err);
  cli_remove_folder(folder);
  return code;
}

static void expect_untouched(const char *text)
{
  char *page;

  EXPECT_EQ(renew_page(text, &page), 1);
  EXPECT_STREQ(page ? page : "", text);
  free(page);
}

TEST_CASE(Docs, StalePageIsRenewedAndKeepsItsOwnText)
{
  char *page;

  EXPECT_EQ(
    renew_page("before\n<!-- file: tests/cli/kit.h -->\nold\n<!-- end -->\nbehind\n", &page), 0);
  if (page) {
    EXPECT_STR_CONTAINS(page, "before\n<!-- file: tests/cli/kit.h -->\n```h\n/* What the tests");
    EXPECT_STR_CONTAINS(page, "#endif\n```\n<!-- end -->\nbehind\n");
  }
  free(page);
}

TEST_CASE(Docs, QuotationWithoutEndIsNoticed)
{
  expect_check("<!-- begin: --version -->\n", 1, "has no end");
  expect_untouched("<!-- begin: --version -->\ntext that is not the program's\n");
}

TEST_CASE(Docs, CommandThatFailsIsNoticed)
{
  expect_check(QUOTE("explain", ""), 1, "failed");
  expect_untouched(QUOTE("explain", ""));
}

/* What documents quote of the program is what the program prints: the text between "<!-- begin:
 * ARGS -->" and "<!-- end -->" of every page. Times differ from run to run, so digits of "N.NNN
 * s" do not count. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

static const char begin[] = "<!-- begin: ", end[] = "<!-- end -->";

/* Digits of a number with a point that stands before " s" become '#', in place. */
static void hide_times(char *text)
{
  for (char *at = text; (at = strstr(at, " s\n")) != NULL; at++) {
    char *digit = at;

    while (digit > text && (isdigit((unsigned char)digit[-1]) || digit[-1] == '.'))
      digit--;
    if (digit == at)
      continue;
    memset(digit, '#', (size_t)(at - digit));
  }
}

/* One quotation: at points behind "begin: ". */
static void check(const char *page, const char *at)
{
  const char *args_end = strstr(at, " -->\n"), *stop = strstr(at, end);
  char args[512], *quoted, *printed;
  struct test_run run;
  bool fenced;
  size_t room;

  if (!args_end || !stop) {
    ADD_TEST_FAILURE("%s: \"%.40s\" has no end", page, at);
    return;
  }
  snprintf(args, sizeof(args), "%.*s", (int)(args_end - at), at);
  if (!test_run_tool(args, &run))
    return;
  fenced = strstr(args, "--markdown") == NULL;
  room = run.out_len + sizeof(args) + 64;
  quoted = strndup(args_end + 5, (size_t)(stop - args_end) - 5);
  printed = malloc(room);
  if (quoted && printed) {
    snprintf(printed, room, fenced ? "```text\n$ smmulator %s\n%s```\n" : "%.0s%s", args, run.out);
    hide_times(quoted);
    hide_times(printed);
    if (strcmp(quoted, printed) != 0)
      ADD_TEST_FAILURE("%s: what it quotes of `smmulator %s` is stale. Renew it: docs/renew.sh",
                       page, args);
  }
  free(quoted);
  free(printed);
  test_run_free(&run);
}

static unsigned check_page(const char *page)
{
  char *text = cli_read_source(page);
  unsigned count = 0;

  if (!text)
    return 0;
  for (const char *at = text; (at = strstr(at, begin)) != NULL; count++) {
    at += strlen(begin);
    check(page, at);
  }
  free(text);
  return count;
}

TEST_CASE(Docs, QuoteWhatTheProgramPrints)
{
  char path[4096];
  unsigned count = check_page("README.md");
  struct dirent *entry;
  DIR *docs;

  snprintf(path, sizeof(path), "%s/docs", test_source_dir());
  docs = opendir(path);
  ASSERT_NOT_NULL(docs);
  while ((entry = readdir(docs)) != NULL) {
    const char *dot = strrchr(entry->d_name, '.');

    if (!dot || strcmp(dot, ".md") != 0)
      continue;
    snprintf(path, sizeof(path), "docs/%s", entry->d_name);
    count += check_page(path);
  }
  closedir(docs);
  EXPECT_GE(count, 6);
}

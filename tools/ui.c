/* See ui.h. */
#include "tools/ui.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

enum { WIDTH_MIN = 60, WIDTH_MAX = 100 };

static const char *program = "smmulator";
static bool use_colour, on_terminal, progress_shown, write_failed;

void ui_start(const char *name)
{
  program = name;
  const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

  on_terminal = isatty(STDERR_FILENO);
  use_colour =
    isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && !(term && strcmp(term, "dumb") == 0);
}

unsigned ui_width(void)
{
  struct winsize w;

  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0 || w.ws_col > WIDTH_MAX)
    return WIDTH_MAX;
  return w.ws_col < WIDTH_MIN ? WIDTH_MIN : w.ws_col;
}

void ui_put(enum ui_tone tone, const char *format, ...)
{
  static const char *const code[] = { "", "\033[32m", "\033[1;31m", "\033[1m", "\033[2m" };
  bool coloured = use_colour && tone != UI_PLAIN;
  va_list args;

  if (coloured)
    fputs(code[tone], stdout);
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  if (coloured)
    fputs("\033[0m", stdout);
}

void ui_wrap(unsigned column, unsigned indent, const char *text)
{
  unsigned width = ui_width();

  while (*text) {
    unsigned length = (unsigned)strcspn(text, " ");

    if (column > indent && column + length > width) {
      printf("\n%*s", (int)indent, "");
      column = indent;
    }
    printf("%.*s", (int)length, text);
    column += length;
    text += length;
    if (*text == ' ') {
      text++;
      if (*text && column + 1 + strcspn(text, " ") <= width) {
        putchar(' ');
        column++;
      } else if (*text) {
        printf("\n%*s", (int)indent, "");
        column = indent;
      }
    }
  }
  putchar('\n');
}

/* ---- tables ---- */

void ui_table_start(struct ui_table *t, unsigned columns)
{
  memset(t, 0, sizeof(*t));
  t->columns = columns;
}

bool ui_table_cell(struct ui_table *t, const char *format, ...)
{
  size_t n = t->rows;
  unsigned column = (unsigned)(n % t->columns);
  size_t length;
  va_list args;

  if (n == t->room) {
    size_t room = t->room ? 2 * t->room : 64;
    void *grown = realloc(t->cell, room * sizeof(*t->cell));

    if (!grown)
      return false;
    t->cell = grown;
    t->room = room;
  }
  va_start(args, format);
  vsnprintf(t->cell[n], UI_CELL, format, args);
  va_end(args);
  length = strlen(t->cell[n]);
  if (length > t->width[column])
    t->width[column] = (unsigned)length;
  t->rows++;
  return true;
}

void ui_table_row(const struct ui_table *t, size_t row)
{
  for (unsigned c = 0; c < t->columns; c++) {
    const char *text = t->cell[row * t->columns + c];
    bool last = c + 1 == t->columns;

    if (t->right[c])
      printf("%*s", (int)t->width[c], text);
    else
      printf("%-*s", last ? 0 : (int)t->width[c], text);
    if (!last)
      fputs("  ", stdout);
  }
}

void ui_table_free(struct ui_table *t)
{
  free(t->cell);
  memset(t, 0, sizeof(*t));
}

const char *ui_count(uint64_t n)
{
  static char buffers[8][32];
  static unsigned turn;
  char *at = buffers[turn++ % 8] + sizeof(buffers[0]) - 1;

  *at = '\0';
  for (unsigned digits = 0; digits == 0 || n; n /= 10) {
    if (digits && digits % 3 == 0)
      *--at = ',';
    *--at = (char)('0' + n % 10);
    digits++;
  }
  return at;
}

/* ---- talk ---- */

void ui_progress(const char *format, ...)
{
  va_list args;

  if (!on_terminal)
    return;
  fputs("\r\033[K", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fflush(stderr);
  progress_shown = true;
}

void ui_progress_end(void)
{
  if (progress_shown)
    fputs("\r\033[K", stderr);
  progress_shown = false;
}

void ui_complain(const char *verb, const char *format, ...)
{
  va_list args;

  ui_progress_end();
  fprintf(stderr, "%s%s%s: ", program, verb ? " " : "", verb ? verb : "");
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

bool ui_take_one(const char *verb, const char *what, const char *word, const char **taken)
{
  bool first = *taken == NULL;

  if (!first)
    ui_complain(verb, "one %s is expected, \"%s\" is one too many", what, word);
  *taken = word;
  return first;
}

/* ---- the end ---- */

void ui_json(struct json_t *root)
{
  if (!root || json_dumpf(root, stdout, JSON_INDENT(2)) != 0)
    write_failed = true;
  putchar('\n');
  json_decref(root);
}

bool ui_finish(const char *verb)
{
  static bool told;
  bool good = fflush(stdout) == 0 && !ferror(stdout) && !write_failed;

  if (!good && !told) {
    ui_complain(verb, "standard output could not be written: %s", strerror(errno ? errno : EIO));
    told = true;
  }
  return good;
}

double ui_seconds(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

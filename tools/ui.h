/* What every verb says in the same way: colour, wrapped text, aligned tables, progress, complaints,
 * the end of the output. Data goes to stdout, talk to stderr. Colour only on a terminal, never with
 * NO_COLOR set, and never as the only carrier of a meaning. */
#ifndef SMMU_TOOLS_UI_H
#define SMMU_TOOLS_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

enum ui_tone { UI_PLAIN, UI_GOOD, UI_BAD, UI_HEAD, UI_DIM };

/* Once, before anything is printed. `program` is what complaints begin with. */
void ui_start(const char *program);
/* Width of the terminal on stdout, 60 to 100; 100 when it is none. */
unsigned ui_width(void);

/* printf to stdout in a tone. */
void ui_put(enum ui_tone tone, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text on stdout, broken at spaces, every line but the first indented; the cursor is at column
 * `column`. Ends the line. */
void ui_wrap(unsigned column, unsigned indent, const char *text);

/* A table whose columns take the width they need. Cells are copied and may be cut. */
enum { UI_COLUMNS = 8, UI_CELL = 64 };

struct ui_table {
  unsigned columns;
  bool right[UI_COLUMNS]; /* numbers stand at the right */
  unsigned width[UI_COLUMNS];
  size_t rows, room;
  char (*cell)[UI_CELL]; /* rows x columns */
};

void ui_table_start(struct ui_table *t, unsigned columns);
/* Append a cell; the next row begins by itself. False when memory ran out. */
bool ui_table_cell(struct ui_table *t, const char *format, ...)
  __attribute__((format(printf, 2, 3)));
/* One row to stdout without its line end. */
void ui_table_row(const struct ui_table *t, size_t row);
void ui_table_free(struct ui_table *t);

/* "12,345" in one of a few static buffers. */
const char *ui_count(uint64_t n);

/* A line of progress on stderr that overwrites itself; nothing when stderr is no terminal. */
void ui_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ui_progress_end(void);

/* "PROGRAM VERB: message" on stderr. */
void ui_complain(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A word of the command line that is expected once: kept in *taken (NULL before). false, with a
 * complaint, when it is there already; `what` is what the usage calls it. */
bool ui_take_one(const char *verb, const char *what, const char *word, const char **taken);

/* Print and free. */
void ui_json(struct json_t *root);
/* Flush standard output: true, or a complaint (the first time) and false. */
bool ui_finish(const char *verb);

double ui_seconds(void);

#endif

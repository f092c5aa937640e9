/* The names of a recording's places, as text: a head, then a line for each place, its number and its
 * frames, the innermost first, separated by tabs. traces/FORMAT.md describes it. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "watch/place_state.h"

#define HEAD "smmulator places 1"

struct reading {
  struct watch_places *places;
  char *error;
  size_t error_len;
  unsigned line;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct reading *r,
                                                         const char *format, ...)
{
  va_list args;
  int n = snprintf(r->error, r->error_len, "%u: ", r->line);

  va_start(args, format);
  if (n > 0 && (size_t)n < r->error_len)
    vsnprintf(r->error + n, r->error_len - (size_t)n, format, args);
  va_end(args);
  return false;
}

/* A number without sign, up to `most`; *end: what follows. */
static bool number(const char *text, const char **end, uint32_t most, uint32_t *value)
{
  uint64_t v = 0;

  if (!isdigit((unsigned char)*text))
    return false;
  for (; isdigit((unsigned char)*text) && v <= most; text++)
    v = 10 * v + (uint64_t)(*text - '0');
  *end = text;
  *value = (uint32_t)v;
  return v <= most;
}

/* Up to the next tab or the end. */
static size_t field(const char *at)
{
  return strcspn(at, "\t");
}

/* "file:line", or "-" when both are unknown. */
static bool read_file_and_line(const struct reading *r, const char *at, size_t len,
                               struct watch_frame *f)
{
  const char *colon = memrchr(at, ':', len), *end;

  f->line = 0;
  if (len == 1 && *at == '-')
    return (f->file = places_string(r->places, "", 0)) != NULL;
  if (!colon || colon == at || !number(colon + 1, &end, INT32_MAX, &f->line) || end != at + len)
    return refuse(r, "found \"%.*s\", expected FILE:LINE or -", len < 60 ? (int)len : 60, at);
  return (f->file = places_string(r->places, at, (size_t)(colon - at))) != NULL;
}

static bool read_frame(const struct reading *r, const char **at, struct watch_frame *f)
{
  size_t len = field(++*at);

  if (len == 0 || len >= WATCH_PLACE_TEXT)
    return refuse(r, "found a name of %zu bytes, expected 1 to %d", len, WATCH_PLACE_TEXT - 1);
  f->function = places_string(r->places, *at, len);
  *at += len;
  if (**at != '\t')
    return refuse(r, "found a function without a file, expected a tab and FILE:LINE or -");
  len = field(++*at);
  if (len >= PLAT_PLACES_MOST || !f->function || !read_file_and_line(r, *at, len, f))
    return false;
  *at += len;
  return true;
}

static bool read_place(struct reading *r, const char *text)
{
  struct watch_frame frames[WATCH_PLACE_FRAMES];
  unsigned n = 0;
  uint32_t which;

  if (!number(text, &text, PLAT_PLACES_MOST, &which) || which <= r->places->places)
    return refuse(r, "expected the number of a place, %u to %d", r->places->places + 1,
                  PLAT_PLACES_MOST);
  for (; *text == '\t' && n < WATCH_PLACE_FRAMES; n++) {
    if (!read_frame(r, &text, &frames[n]))
      return false;
  }
  if (*text)
    return refuse(r, "found \"%.20s\", expected a tab or the end of the line, after %u frames",
                  text, n);
  return places_reserve(r->places, which) &&
         places_keep(r->places, &r->places->place[which - 1], frames, n);
}

static bool read_all(struct reading *r, FILE *stream)
{
  char *text = NULL;
  size_t room = 0;
  ssize_t len;
  bool good = true;

  for (; good && (len = getline(&text, &room, stream)) > 0;) {
    r->line++;
    if (text[len - 1] == '\n')
      text[--len] = '\0';
    if (memchr(text, '\0', (size_t)len))
      good = refuse(r, "found a zero byte, expected text");
    else if (r->line == 1)
      good = strcmp(text, HEAD) == 0 || refuse(r, "found \"%.40s\", expected \"%s\"", text, HEAD);
    else if (*text != '#')
      good = read_place(r, text);
  }
  free(text);
  if (good && r->line == 0) {
    r->line = 1;
    return refuse(r, "found nothing, expected \"%s\"", HEAD);
  }
  return good && !ferror(stream);
}

struct watch_places *watch_places_read(FILE *stream, char *error, size_t error_len)
{
  struct reading r = { places_create(), error, error_len, 0 };

  *error = '\0';
  if (r.places && read_all(&r, stream))
    return r.places;
  watch_places_destroy(r.places);
  return NULL;
}

/* A name may hold what separates fields. */
static void write_word(FILE *stream, const char *text)
{
  for (; *text; text++)
    putc(iscntrl((unsigned char)*text) ? '?' : *text, stream);
}

bool watch_places_write(struct watch_places *places, FILE *stream)
{
  uint32_t count = places->from ? plat_places_count(places->from) : places->places;

  fputs(HEAD "\n# number, then function and file:line of each frame, the innermost first\n",
        stream);
  for (uint32_t i = 1; i <= count; i++) {
    const struct watch_frame *f = NULL;
    unsigned n = watch_place_frames(places, i, &f);

    if (n == 0)
      continue;
    fprintf(stream, "%" PRIu32, i);
    for (; n > 0; n--, f++) {
      putc('\t', stream);
      write_word(stream, f->function);
      putc('\t', stream);
      if (*f->file) {
        write_word(stream, f->file);
        fprintf(stream, ":%" PRIu32, f->line);
      } else {
        putc('-', stream);
      }
    }
    putc('\n', stream);
  }
  return !ferror(stream);
}

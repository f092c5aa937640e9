/* The published table: its file, and what driver and VMM must do in each cell. See table.h.
 * Expected counts follow from the sources of Linux 6.12 and of the VMM the table was measured with:
 * without range invalidation one TLBI a page and one CMD_SYNC; trapped, one write of PROD and one
 * read of CONS, one HWPT_INVALIDATE, and in the host one CMD_SYNC for every 63 commands. */
#include "machine/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"

enum { PAGE = 4096, HOST_BATCH = 63, MILLION = 1000000, FILE_MOST = 1 << 16 };

const char *machine_cell_count_name(unsigned count)
{
  static const char *const names[] = { "exits",         "ioctls",     "guest_commands",
                                       "host_commands", "host_syncs", "exits_prod",
                                       "guest_tlbi",    "host_tlbi" };

  return count < MACHINE_CELL_COUNTS ? names[count] : "?";
}

static void expect_counts(struct machine_cell *c)
{
  uint64_t pages = c->granule / PAGE, syncs = (pages + HOST_BATCH - 1) / HOST_BATCH;

  memset(c->expected, 0, sizeof(c->expected));
  c->expected[MACHINE_CELL_GUEST_COMMANDS] = (pages + 1) * MILLION;
  c->expected[MACHINE_CELL_GUEST_TLBI] = pages * MILLION;
  if (c->queue != MACHINE_QUEUE_TRAPPED)
    return;
  c->expected[MACHINE_CELL_EXITS] = 2 * MILLION;
  c->expected[MACHINE_CELL_IOCTLS] = 1 * MILLION;
  c->expected[MACHINE_CELL_HOST_COMMANDS] = (pages + syncs) * MILLION;
  c->expected[MACHINE_CELL_HOST_SYNCS] = syncs * MILLION;
  c->expected[MACHINE_CELL_EXITS_PROD] = 1 * MILLION;
  c->expected[MACHINE_CELL_HOST_TLBI] = pages * MILLION;
}

/* ---- CSV ---- */

struct line {
  const char *file, *text; /* text: one line */
  unsigned number;
  struct machine_error *err;
};

static int complain(const struct line *l, size_t column, const char *expected)
{
  const char *found = l->text + column;

  snprintf(l->err->text, sizeof(l->err->text), "%.300s:%u:%zu: found \"%.*s\", expected %s",
           l->file, l->number, column + 1, (int)strcspn(found, ",\r\n") % 60, found, expected);
  return SMMU_ERR_FORMAT;
}

/* A number without sign, with up to six decimals; scaled by a million. */
static bool read_decimal(const char **at, uint64_t *millionths)
{
  uint64_t value = 0, scale = MILLION;
  const char *p = *at;
  unsigned digits = 0;

  for (; *p >= '0' && *p <= '9' && digits < 9; p++, digits++)
    value = value * 10 + (uint64_t)(*p - '0');
  value *= MILLION;
  if (digits && *p == '.') {
    for (p++; *p >= '0' && *p <= '9' && scale > 1; p++) {
      scale /= 10;
      value += (uint64_t)(*p - '0') * scale;
    }
  }
  *at = p;
  *millionths = value;
  return digits > 0;
}

static bool read_whole(const char **at, uint64_t *value)
{
  bool good = read_decimal(at, value) && *value % MILLION == 0;

  *value /= MILLION;
  return good && *(*at)++ == ',';
}

static int read_row(struct machine_table *t, const struct line *l)
{
  struct machine_cell c = { .held_out = true };
  const char *at = l->text;
  uint64_t threads = 0;
  size_t column = 0;

  if (!read_whole(&at, &c.granule) || c.granule % PAGE != 0 || c.granule == 0 ||
      c.granule > machine_key_at(MACHINE_KEY_GRANULE)->most)
    return complain(l, column, "granule_bytes, a multiple of 4096 up to 4194304");
  column = (size_t)(at - l->text);
  if (!read_whole(&at, &threads) || threads == 0 || threads > MACHINE_VCPUS_MOST)
    return complain(l, column, "threads from 1 to 64");
  column = (size_t)(at - l->text);
  c.threads = (unsigned)threads;
  if (strncmp(at, "trapped,", 8) == 0) {
    c.queue = MACHINE_QUEUE_TRAPPED;
    at += 8;
  } else if (strncmp(at, "vcmdq,", 6) == 0) {
    c.queue = MACHINE_QUEUE_VCMDQ;
    at += 6;
  } else {
    return complain(l, column, "trapped or vcmdq");
  }
  column = (size_t)(at - l->text);
  if (!read_decimal(&at, &c.measured) || c.measured == 0 || c.measured > MACHINE_SECOND ||
      (*at && *at != '\r'))
    return complain(l, column, "a latency in microseconds, at most a second");
  if (machine_table_find(t, c.granule, c.threads, c.queue))
    return complain(l, 0, "each cell once");
  if (t->cells == MACHINE_CELLS_MOST)
    return complain(l, 0, "at most 64 cells");
  expect_counts(&c);
  t->cell[t->cells++] = c;
  return SMMU_OK;
}

static int read_copy(struct machine_table *t, const struct line *l)
{
  static const char head[] = "granule_bytes,threads,mode,unmap_latency_us";

  if (l->number == 1)
    return strncmp(l->text, head, strlen(head)) == 0 ? SMMU_OK : complain(l, 0, head);
  if (l->text[0] == '\0' || l->text[0] == '\r' || l->text[0] == '#')
    return SMMU_OK;
  return read_row(t, l);
}

static int read_line(struct machine_table *t, const struct line *where, const char *text,
                     size_t length)
{
  struct line l = *where;
  char copy[160];

  if (length >= sizeof(copy) || memchr(text, 0, length)) {
    l.text = "...";
    return complain(&l, 0, "a line of text of at most 159 bytes");
  }
  memcpy(copy, text, length);
  copy[length] = '\0';
  l.text = copy;
  return read_copy(t, &l);
}

/* ---- the null model ---- */

/* The straight line through the points of one series, least squares, on integers: pages and ps. */
static void fit_line(struct machine_table *t, unsigned threads, enum machine_queue queue)
{
  int64_t n = 0, x = 0, y = 0, xx = 0, xy = 0, slope_scale;

  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];
    int64_t pages = (int64_t)(c->granule / PAGE);

    if (c->threads != threads || c->queue != queue)
      continue;
    n++;
    x += pages;
    y += (int64_t)c->measured;
    xx += pages * pages;
    xy += pages * (int64_t)c->measured;
  }
  slope_scale = n * xx - x * x;
  for (unsigned i = 0; i < t->cells; i++) {
    struct machine_cell *c = &t->cell[i];
    int64_t pages = (int64_t)(c->granule / PAGE), value;

    if (c->threads != threads || c->queue != queue)
      continue;
    value = slope_scale == 0
              ? y / n
              : (int64_t)((__int128)(n * xy - x * y) * (n * pages - x) / slope_scale + y) / n;
    c->null_model = value > 0 ? (uint64_t)value : 0;
  }
}

int machine_table_text(struct machine_table *t, const char *name, const char *text, size_t len,
                       struct machine_error *err)
{
  struct line l = { .file = name, .text = "", .err = err };
  int rc = SMMU_OK;

  memset(t, 0, sizeof(*t));
  for (size_t at = 0; at < len && rc == SMMU_OK;) {
    const char *end = memchr(text + at, '\n', len - at);
    size_t length = end ? (size_t)(end - text) - at : len - at;

    l.number++;
    rc = read_line(t, &l, text + at, length);
    at += length + 1;
  }
  if (rc == SMMU_OK && t->cells == 0) {
    l.number++;
    l.text = "";
    rc = complain(&l, 0, "granule_bytes,threads,mode,unmap_latency_us and rows");
  }
  for (unsigned i = 0; i < t->cells && rc == SMMU_OK; i++)
    fit_line(t, t->cell[i].threads, t->cell[i].queue);
  return rc;
}

int machine_table_load(struct machine_table *t, const char *path, struct machine_error *err)
{
  const struct machine_file *file = machine_file_find("reference", "dma_map_benchmark.csv");
  static char text[FILE_MOST];
  FILE *in;
  size_t length;
  int error;

  if (!path)
    return machine_table_text(t, file->name, (const char *)file->bytes, file->length, err);
  errno = 0;
  in = fopen(path, "rb");
  length = in ? fread(text, 1, sizeof(text), in) : 0;
  error = errno;
  if (in && !ferror(in))
    error = length == sizeof(text) ? EFBIG : 0;
  if (in)
    fclose(in);
  if (error == 0)
    return machine_table_text(t, path, text, length, err);
  snprintf(err->text, sizeof(err->text), "%.300s: %s, expected a CSV file", path, strerror(error));
  return error == EACCES || error == EIO ? SMMU_ERR_IO : SMMU_ERR_FORMAT;
}

const struct machine_cell *machine_table_find(const struct machine_table *t, uint64_t granule,
                                              unsigned threads, enum machine_queue queue)
{
  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];

    if (c->granule == granule && c->threads == threads && c->queue == queue)
      return c;
  }
  return NULL;
}

/* ---- which cells a fit has seen ---- */

static bool part_is(const char **at, char stop, const char *name, bool *matches)
{
  size_t length = strcspn(*at, "/, ");

  if (length == 0 || (stop == '/' && (*at)[length] != '/'))
    return false;
  *matches &=
    (length == 1 && **at == '*') || (strlen(name) == length && strncmp(*at, name, length) == 0);
  *at += length + (stop == '/');
  return true;
}

/* "GRANULE/THREADS/MODE" against one cell; *at moves behind it. */
static bool pattern_is(const char **at, const struct machine_cell *c, bool *matches)
{
  char granule[32], threads[16];

  machine_value_print(MACHINE_KEY_GRANULE, c->granule, granule, sizeof(granule));
  snprintf(threads, sizeof(threads), "%u", c->threads);
  *matches = true;
  return part_is(at, '/', granule, matches) && part_is(at, '/', threads, matches) &&
         part_is(at, '\0', c->queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq", matches);
}

bool machine_table_hold_out(struct machine_table *t, const char *fitted_on,
                            struct machine_error *err)
{
  for (unsigned i = 0; i < t->cells; i++) {
    const char *at = fitted_on;

    t->cell[i].held_out = true;
    while (*at) {
      bool matches;

      if (!pattern_is(&at, &t->cell[i], &matches)) {
        snprintf(err->text, sizeof(err->text),
                 "fitted_on is \"%.100s\", expected patterns such as 64k/*/trapped, */1/*",
                 fitted_on);
        return false;
      }
      t->cell[i].held_out &= !matches;
      at += strspn(at, ", ");
    }
  }
  return true;
}

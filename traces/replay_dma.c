/* The guest program's own list of DMAs (guest-edu-s1.txt): the translations of the log belong to
 * them in order, and what the model made of them must be what the program expected. */
#include "traces/replay_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"

enum {
  F_TRANSLATION = 0x10,
  F_PERMISSION = 0x13,
  PAGE_BYTES = 0x1000,
  MAX_STEP = 8,
  NO_EVENT = 0xff
};

static const char list_name[] = "guest-edu-s1.txt";

static bool parse_expect(const char *text, struct replay_dma *dma)
{
  static const struct {
    const char *text;
    uint32_t event;
    bool tail;
  } kinds[] = {
    { "ok", 0, false },
    { "fault-perm", F_PERMISSION, false },
    { "fault-unmapped", F_TRANSLATION, false },
    { "fault-tail-unmapped", F_TRANSLATION, true },
  };
  size_t len = strcspn(text, " ");

  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (strlen(kinds[i].text) == len && memcmp(text, kinds[i].text, len) == 0) {
      dma->expect_event = kinds[i].event;
      dma->tail = kinds[i].tail;
      return true;
    }
  }
  return false;
}

/* The text behind the first " key=" of a line, or NULL. */
static const char *value_of(const char *text, const char *key)
{
  const char *at = strstr(text, key);

  return at ? at + strlen(key) : NULL;
}

static bool parse_number(const char *text, int base, uint64_t *value)
{
  char *end;

  if (!text)
    return false;
  errno = 0;
  *value = strtoull(text, &end, base);
  return end != text && *end == ' ' && errno == 0;
}

/* "D n R|W iova=HEX cnt=N kind=WORD expect=WORD rc=0" */
static bool parse_dma(const char *text, struct replay_dma *dma)
{
  const char *expect = value_of(text, " expect=");
  const char *direction;

  if (text[1] != ' ')
    return false;
  direction = text + 2 + strspn(text + 2, "0123456789");
  if (direction[0] != ' ' || (direction[1] != 'R' && direction[1] != 'W'))
    return false;
  dma->write = direction[1] == 'W';
  return parse_number(value_of(text, " iova="), 16, &dma->iova) &&
         parse_number(value_of(text, " cnt="), 10, &dma->count) && dma->count > 0 && expect &&
         parse_expect(expect, dma);
}

static bool add_dma(struct replay *r, const struct replay_dma *dma)
{
  struct replay_dmas *d = &r->dmas;
  struct replay_dma *grown;

  if ((d->count & (d->count - 1)) == 0) {
    grown = realloc(d->list, (d->count ? d->count * 2 : 1) * sizeof(*grown));
    if (!grown)
      return false;
    d->list = grown;
  }
  d->list[d->count++] = *dma;
  return true;
}

int replay_dma_load(struct replay *r, const char *dir, struct trace_error *err)
{
  struct trace_source *source;
  struct trace_text line;
  struct stat st;
  char path[512];
  int rc = 0;

  snprintf(path, sizeof(path), "%s/%s", dir, list_name);
  if (stat(path, &st) != 0 && errno == ENOENT)
    return 0;
  rc = trace_source_open(&source, path, err);
  if (rc)
    return rc;
  while (!rc && trace_source_next(source, &line)) {
    struct replay_dma dma = { .line = line.line_no };

    if (line.text[0] != 'D')
      continue;
    if (!line.terminated || !parse_dma(line.text, &dma))
      trace_drop_add(&r->res.dropped, TRACE_DROP_GUEST_LIST, list_name, line.line_no);
    else if (!add_dma(r, &dma))
      rc = trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", path);
  }
  trace_source_close(source);
  return rc;
}

static void finish_current(struct replay *r)
{
  struct replay_dmas *d = &r->dmas;
  const struct replay_dma *dma = &d->list[d->current];
  bool same = d->started && d->first_fault == dma->expect_event &&
              (!dma->expect_event || d->first_ok == dma->tail);
  char expected[96];

  replay_count(&r->res.dmas, same);
  if (!same) {
    snprintf(expected, sizeof(expected), "DMA of %llu bytes at 0x%llx: %s",
             (unsigned long long)dma->count, (unsigned long long)dma->iova,
             dma->expect_event ? trace_fault_name(dma->expect_event) : "no fault");
    if (!d->started)
      replay_diverge(r, list_name, dma->line, "DMA of the guest program", expected,
                     "no such DMA in the log");
    else
      replay_diverge(r, list_name, dma->line, "DMA of the guest program", expected,
                     "%s (log line %llu)",
                     d->first_fault ? trace_fault_name(d->first_fault) : "no fault",
                     (unsigned long long)d->first_line);
  }
  d->current++;
  d->started = false;
}

/* Does iova go on with the DMA under way? Behind a good piece the next one begins at a page, behind
 * a bad one at most a few bytes further. */
static bool goes_on(const struct replay_dmas *d, uint64_t iova)
{
  const struct replay_dma *dma = &d->list[d->current];

  if (!d->started || iova <= d->last_iova || iova - dma->iova >= dma->count)
    return false;
  return d->last_ok ? iova % PAGE_BYTES == 0 : iova - d->last_iova <= MAX_STEP;
}

void replay_dma_step(struct replay *r, uint64_t iova, bool ok, uint32_t event, uint64_t line)
{
  struct replay_dmas *d = &r->dmas;

  if (d->current >= d->count)
    return;
  if (!goes_on(d, iova)) {
    if (d->started)
      finish_current(r);
    if (d->current >= d->count || d->list[d->current].iova != iova)
      return; /* not one of the list's */
    d->started = true;
    d->first_ok = ok;
    d->first_fault = 0;
    d->first_line = line;
  }
  d->last_iova = iova;
  d->last_ok = ok;
  /* A DMA that runs over the end of a read-only mapping meets two kinds: the first counts. */
  if (!ok && !d->first_fault)
    d->first_fault = event ? event : NO_EVENT;
}

void replay_dma_finish(struct replay *r)
{
  while (r->dmas.current < r->dmas.count)
    finish_current(r);
}

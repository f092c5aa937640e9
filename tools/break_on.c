/* See break_on.h. */
#include "tools/break_on.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "smmu/err.h"
#include "tools/machine_words.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "util/near.h"
#include "watch/check.h"
#include "watch/watch.h"

struct search {
  struct break_on *b;
  struct watch *watch;
  struct check *check;
};

static const char *word(const void *ctx, size_t i)
{
  (void)ctx;
  if (i < CHECK_RULES)
    return check_rule_id((unsigned)i);
  i = i - CHECK_RULES + WATCH_STALE_DRIVER;
  return i < WATCH_VERDICTS ? watch_verdict_name((unsigned)i) : NULL;
}

bool break_on_parse(struct break_on *b, const char *text)
{
  const char *near;

  *b = (struct break_on){ .rule = check_rule_by_id(text) };
  if (b->rule < CHECK_RULES)
    return true;
  for (b->verdict = WATCH_STALE_DRIVER; b->verdict < WATCH_VERDICTS; b->verdict++) {
    if (strcmp(watch_verdict_name(b->verdict), text) == 0)
      return true;
  }
  near = smmu_nearest(text, word, NULL);
  ui_complain("run",
              "--break-on: \"%s\" is not known; %s \"%s\"; docs/rules/README.md lists the rules",
              text, near ? "did you mean" : "expected a rule, stale-driver or stale-device, as in",
              near ? near : check_rule_id(0));
  return false;
}

/* ---- to find it ---- */

static void found(struct break_on *b, uint64_t record, const char *text)
{
  if (b->record)
    return;
  b->record = record;
  snprintf(b->what, sizeof b->what, "%.*s", (int)strcspn(text, "\n"), text);
}

static void on_finding(void *ctx, const struct check_finding *f)
{
  struct search *s = ctx;

  if (f->rule == s->b->rule)
    found(s->b, f->record, f->text);
}

static void on_story(void *ctx, const struct watch_story *story)
{
  struct search *s = ctx;

  if (s->b->rule == CHECK_RULES && story->verdict == s->b->verdict)
    found(s->b, story->blame, story->text);
}

static void search(void *ctx, const struct smmu_record *r)
{
  struct search *s = ctx;

  watch_record(s->watch, r);
  check_record(s->check, r);
}

int break_on_find(struct break_on *b, const struct machine_config *cfg)
{
  static struct machine_result result;
  struct machine_error err = { "" };
  struct search s = { .b = b };
  const struct machine_sink sink = { &s, search, NULL };
  int status = TOOL_MACHINE;

  s.watch = watch_create(&(struct watch_options){ .ctx = &s, .story = on_story });
  s.check = check_create(&(struct check_options){ .ctx = &s, .finding = on_finding });
  if (!s.watch || !s.check)
    ui_complain("run", "%s", smmu_err_text(SMMU_ERR_NOMEM));
  else
    status = machine_status("run", machine_run(cfg, &sink, &result, &err), &err);
  if (status == TOOL_DONE)
    check_end(s.check);
  if (status == TOOL_DONE && !b->record)
    ui_complain("run", "--break-on: there was no such thing, the run does not stop");
  watch_destroy(s.watch);
  check_destroy(s.check);
  machine_result_free(&result);
  return status;
}

/* ---- to stop there ---- */

static void stop_there(void *ctx, const struct smmu_record *r)
{
  struct break_on *b = ctx;

  if (b->to->record)
    b->to->record(b->to->ctx, r);
  if (++b->records != b->record)
    return;
  ui_complain("run", "--break-on: record %" PRIu64 ": %s", b->record, b->what);
  raise(SIGTRAP);
}

struct machine_sink break_on_sink(struct break_on *b, const struct machine_sink *to)
{
  b->to = to;
  return (struct machine_sink){ b, stop_there, to->places };
}

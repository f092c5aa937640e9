/* Replay of a whole log or a recorded run's folder: files, lines, progress. */
#include "traces/replay.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "smmu/err.h"
#include "traces/replay_internal.h"

enum { PROGRESS_LINES = 8192 };

bool replay_find_log(const char *dir, char *path, size_t size)
{
  static const char *const names[] = { "qemu-smmu.log.zst", "qemu-smmu.log" };
  struct stat st;

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    int n = snprintf(path, size, "%s/%s", dir, names[i]);

    if (n > 0 && (size_t)n < size && stat(path, &st) == 0)
      return true;
  }
  return false;
}

int replay_count_commands(const char *log, uint64_t lines, uint64_t *count, struct trace_error *err)
{
  struct trace_source *source;
  struct trace_text line;
  int rc = trace_source_open(&source, log, err);

  *count = 0;
  if (rc)
    return rc;
  while (trace_source_next(source, &line) && line.line_no <= lines)
    if (strstr(line.text, ":smmuv3_cmdq_opcode "))
      ++*count;
  trace_source_close(source);
  return 0;
}

static void report_progress(const struct replay_options *opt, const struct trace_source *source,
                            uint64_t lines)
{
  struct replay_progress p = { .lines = lines,
                               .bytes = trace_source_position(source),
                               .bytes_total = trace_source_size(source) };

  if (opt->progress)
    opt->progress(opt->ctx, &p);
}

static double now_seconds(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int feed_all(struct replay *r, const char *log, const struct replay_options *opt,
                    struct trace_error *err)
{
  struct trace_source *source;
  struct trace_reader *reader;
  struct trace_line line;
  uint64_t lines = 0;
  double began = now_seconds();
  int rc = trace_source_open(&source, log, err);

  if (rc)
    return rc;
  rc = trace_reader_create(&reader, source);
  if (rc)
    return trace_fail(err, rc, "%s: %s", log, smmu_err_text(rc));
  while (!rc && trace_reader_next(reader, &line)) {
    rc = replay_feed(r, &line);
    if (++lines % PROGRESS_LINES == 0)
      report_progress(opt, source, lines);
  }
  if (!rc && trace_source_damage(source))
    trace_drop_add(&r->res.dropped, TRACE_DROP_DAMAGED_FILE, NULL, lines + 1);
  report_progress(opt, source, lines);
  trace_reader_destroy(reader);
  r->res.log_seconds = now_seconds() - began;
  if (!rc)
    rc = replay_finish(r);
  return rc ? trace_fail(err, rc, "%s: %s", log, smmu_err_text(rc)) : 0;
}

/* Why a file held nothing to replay. */
static int nothing_replayable(const struct replay *r, const char *log, struct trace_error *err)
{
  const struct replay_results *res = &r->res;

  if (res->lines == 0)
    return trace_fail(err, SMMU_ERR_EMPTY, "%s: empty file, expected a QEMU trace of smmu* events",
                      log);
  return trace_fail(
    err, SMMU_ERR_EMPTY,
    "%s:1: nothing to replay in %llu lines (%llu trace events, %llu unknown events, %llu "
    "lines without a trace prefix), expected lines such as "
    "PID@SECONDS:smmuv3_write_mmio addr: ... from qemu -trace \"smmu*\"",
    log, (unsigned long long)res->lines, (unsigned long long)res->records,
    (unsigned long long)res->dropped.entry[TRACE_DROP_UNKNOWN_EVENT].count,
    (unsigned long long)res->dropped.entry[TRACE_DROP_NOT_A_TRACE].count);
}

int replay_path_session(struct replay **out, const char *path, const struct replay_options *opt,
                        struct trace_error *err)
{
  double began = now_seconds();
  struct replay *r;
  struct stat st;
  char log[512];
  bool folder;
  int rc;

  *out = NULL;
  if (stat(path, &st) != 0)
    return trace_fail(err, SMMU_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
  folder = S_ISDIR(st.st_mode);
  if (folder && !replay_find_log(path, log, sizeof(log)))
    return trace_fail(
      err, SMMU_ERR_EMPTY,
      "%s: no qemu-smmu.log.zst or qemu-smmu.log in this folder, expected a recorded "
      "run",
      path);
  if (!folder)
    snprintf(log, sizeof(log), "%s", path);
  rc = replay_create(&r, opt, err);
  if (rc)
    return rc;
  if (folder)
    rc = replay_load_folder(r, path, err);
  if (!rc)
    rc = feed_all(r, log, opt, err);
  if (!rc && r->res.replayable == 0)
    rc = nothing_replayable(r, log, err);
  r->res.seconds = now_seconds() - began;
  if (rc)
    replay_destroy(r);
  else
    *out = r;
  return rc;
}

int replay_path(const char *path, const struct replay_options *opt, struct replay_results *res,
                struct trace_error *err)
{
  struct replay *r;
  int rc = replay_path_session(&r, path, opt, err);

  memset(res, 0, sizeof(*res));
  if (rc)
    return rc;
  *res = *replay_get_results(r);
  replay_destroy(r);
  return 0;
}

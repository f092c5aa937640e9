/* Where `explain` gets memory and registers from: a snapshot of a recorded run, or its log
 * replayed up to a line. The device itself is built anew for each question (explain_walk.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arch/regs.h"
#include "smmu/err.h"
#include "tools/explain.h"
#include "tools/ui.h"

enum { LAST_ID_OFFSET = 0x1c };

static void use_id_register(struct smmu_config *cfg, uint64_t offset, uint64_t value)
{
  if (offset < OFF_IIDR)
    cfg->idr[offset / 4] = (uint32_t)value;
  else if (offset == OFF_IIDR)
    cfg->iidr = (uint32_t)value;
  else
    cfg->aidr = (uint32_t)value;
}

static uint64_t snapshot_register(const struct trace_snapshot *snap, const char *name)
{
  uint64_t value = 0;

  return snapshot_register_value(snap, name, &value) ? value : 0;
}

static int fill_memory(struct explain_source *s)
{
  const struct trace_snapshot *snap = s->snapshot;
  int rc = engine_memory_create(&s->memory, ENGINE_HOLE_ABORT);

  for (size_t i = 0; i < snap->region_count && !rc; i++)
    rc = engine_memory_add_range(s->memory, snap->regions[i].base, snap->regions[i].size);
  for (size_t i = 0; i < snap->image.count && !rc; i++) {
    const struct trace_chunk *chunk = &snap->image.chunks[i];

    for (unsigned w = 0; w < 8; w++) {
      if (chunk->known & (1u << w))
        (void)engine_memory_store64(s->memory, chunk->base + 8 * w, chunk->word[w]);
    }
  }
  return rc;
}

static void use_registers(struct explain_source *s)
{
  const struct trace_snapshot *snap = s->snapshot;

  smmu_config_qemu(&s->config);
  for (size_t i = 0; i < snap->register_count; i++) {
    if (snap->registers[i].offset <= LAST_ID_OFFSET && snap->registers[i].offset % 4 == 0)
      use_id_register(&s->config, snap->registers[i].offset, snap->registers[i].value);
  }
  s->strtab_base = snapshot_register(snap, "STRTAB_BASE");
  s->strtab_base_cfg = snapshot_register(snap, "STRTAB_BASE_CFG");
  s->cr1 = snapshot_register(snap, "CR1");
  s->cr2 = snapshot_register(snap, "CR2");
  s->gbpa = snapshot_register(snap, "GBPA");
  s->enabled = GET(CR0, SMMUEN, snapshot_register(snap, "CR0")) != 0;
}

int explain_open_snapshot(struct explain_source *s, const char *path, struct trace_error *err)
{
  struct trace_drops drops = { 0 };
  struct trace_snapshot *next;
  int rc;

  memset(s, 0, sizeof(*s));
  for (unsigned n = 0; (rc = snapshot_open(&next, path, n, &drops, err)) == 0; n++) {
    snapshot_close(s->snapshot);
    s->snapshot = next;
  }
  if (rc != SMMU_ERR_EMPTY || !s->snapshot) {
    snapshot_close(s->snapshot);
    return rc;
  }
  rc = fill_memory(s);
  if (rc) {
    explain_close(s);
    return trace_fail(err, rc, "%s: %s", path, smmu_err_text(rc));
  }
  use_registers(s);
  s->log_line = s->snapshot->log_lines;
  snprintf(s->text, sizeof(s->text), "snapshot %u, taken behind line %s of the log",
           s->snapshot->number, ui_count(s->log_line));
  return 0;
}

/* ---- the log ---- */

static int find_log(const char *path, char *log, size_t size, bool *folder, struct trace_error *err)
{
  static const char *const names[] = { "qemu-smmu.log.zst", "qemu-smmu.log" };
  struct stat st;

  if (stat(path, &st) != 0)
    return trace_fail(err, SMMU_ERR_FORMAT, "%s: %s, expected a recorded run's folder or a log",
                      path, strerror(errno));
  *folder = S_ISDIR(st.st_mode);
  snprintf(log, size, "%s", path);
  for (unsigned i = 0; i < 2 && *folder; i++) {
    snprintf(log, size, "%s/%s", path, names[i]);
    if (stat(log, &st) == 0)
      return 0;
  }
  if (!*folder)
    return 0;
  return trace_fail(err, SMMU_ERR_EMPTY, "%s: no %s or %s in this folder", path, names[0],
                    names[1]);
}

static int open_reader(const char *log, struct trace_reader **reader, struct trace_error *err)
{
  struct trace_source *source;
  int rc = trace_source_open(&source, log, err);

  return rc ? rc : trace_reader_create(reader, source);
}

/* Feeds lines 1 to at; the number of the last one fed in *last. */
static int feed(struct replay *r, const char *log, uint64_t at, uint64_t *last,
                struct trace_error *err)
{
  struct trace_reader *reader;
  struct trace_line line;
  int rc = open_reader(log, &reader, err);

  if (rc)
    return rc;
  *last = 0;
  while (!rc && (at == 0 || *last < at) && trace_reader_next(reader, &line)) {
    rc = replay_feed(r, &line);
    *last = line.line_no;
    if (*last % 65536 == 0)
      ui_progress("explain: rebuilding memory, line %s", ui_count(*last));
  }
  ui_progress_end();
  trace_reader_destroy(reader);
  return rc ? trace_fail(err, rc, "%s: %s", log, smmu_err_text(rc)) : 0;
}

static void take_device(struct explain_source *s)
{
  struct engine_now *now = replay_get_engine(s->replay);

  s->memory = replay_get_memory(s->replay);
  s->config = *smmu_get_config(engine_now_device(now));
  s->strtab_base = engine_now_mmio_read(now, OFF_STRTAB_BASE, 8);
  s->strtab_base_cfg = engine_now_mmio_read(now, OFF_STRTAB_BASE_CFG, 4);
  s->cr1 = engine_now_mmio_read(now, OFF_CR1, 4);
  s->cr2 = engine_now_mmio_read(now, OFF_CR2, 4);
  s->gbpa = engine_now_mmio_read(now, OFF_GBPA, 4);
  s->enabled = GET(CR0, SMMUEN, engine_now_mmio_read(now, OFF_CR0ACK, 4)) != 0;
}

int explain_open_log(struct explain_source *s, const char *path, uint64_t at,
                     struct trace_error *err)
{
  struct replay_options options = { .tlb_profile = "none" };
  char log[512];
  bool folder = false;
  int rc = find_log(path, log, sizeof(log), &folder, err);

  memset(s, 0, sizeof(*s));
  if (!rc)
    rc = replay_create(&s->replay, &options, err);
  if (!rc && folder)
    rc = replay_load_folder(s->replay, path, err);
  if (!rc)
    rc = feed(s->replay, log, at, &s->log_line, err);
  if (!rc && at > s->log_line)
    rc = trace_fail(err, SMMU_ERR_FORMAT, "%s: --at is %llu, but the log has %llu lines", log,
                    (unsigned long long)at, (unsigned long long)s->log_line);
  if (!rc && !replay_get_engine(s->replay))
    rc = trace_fail(err, SMMU_ERR_EMPTY, "%s: nothing to replay in the first %llu lines", log,
                    (unsigned long long)s->log_line);
  if (rc) {
    explain_close(s);
    return rc;
  }
  take_device(s);
  snprintf(s->text, sizeof(s->text), "rebuilt from lines 1 to %s of the log",
           ui_count(s->log_line));
  return 0;
}

/* A fault's line has no address, but the lookup or the table read before it has. */
int explain_find_line(const char *path, uint32_t sid, uint64_t iova, uint64_t *line,
                      struct trace_error *err)
{
  struct trace_reader *reader;
  struct trace_line l;
  char log[512];
  uint64_t looked_up = UINT64_MAX;
  bool folder = false;
  int rc = find_log(path, log, sizeof(log), &folder, err);

  *line = 0;
  if (!rc)
    rc = open_reader(log, &reader, err);
  if (rc)
    return rc;
  while (trace_reader_next(reader, &l)) {
    bool ends_here = false;

    if (l.kind != TRACE_KIND_EVENT)
      continue;
    if (l.event == TRACE_LOOKUP_HIT || l.event == TRACE_LOOKUP_MISS)
      looked_up = l.addr;
    else if (l.event == TRACE_RECORD_EVENT)
      ends_here = l.sid == sid && looked_up >> 12 == iova >> 12;
    else if (l.event == TRACE_TRANSLATE_SUCCESS || l.event == TRACE_TRANSLATE_BYPASS ||
             l.event == TRACE_TRANSLATE_ABORT || l.event == TRACE_TRANSLATE_DISABLE)
      ends_here = l.sid == sid && l.addr >> 12 == iova >> 12;
    if (ends_here)
      *line = l.line_no;
  }
  trace_reader_destroy(reader);
  return 0;
}

void explain_close(struct explain_source *s)
{
  if (s->replay)
    replay_destroy(s->replay); /* the memory is the replay's */
  else
    engine_memory_destroy(s->memory);
  snapshot_close(s->snapshot);
  memset(s, 0, sizeof(*s));
}

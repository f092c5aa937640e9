/* Replay session: builds the model from what the log's first lines say, and sends every line where
 * it belongs.
 * See replay.h. QEMU prints a register write behind its effects, so the commands a write sets off
 * come before it. */
#include "traces/replay.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "traces/replay_internal.h"
#include "util/bits.h"

enum { REG_CR0 = 0x20, REG_CMDQ_BASE = 0x90, REG_EVENTQ_BASE = 0xa0, REG_LAST_ID = 0x1c };

void replay_diverge(struct replay *r, const char *file, uint64_t line, const char *what,
                    const char *expected, const char *format, ...)
{
  struct replay_divergence *d = &r->res.first_divergence;
  va_list args;

  if (d->found)
    return;
  d->found = true;
  d->line = line;
  snprintf(d->file, sizeof(d->file), "%s", file ? file : "");
  snprintf(d->what, sizeof(d->what), "%s", what);
  snprintf(d->expected, sizeof(d->expected), "%s", expected);
  va_start(args, format);
  vsnprintf(d->got, sizeof(d->got), format, args);
  va_end(args);
}

void replay_count(struct replay_count *c, bool same)
{
  c->replayed++;
  if (same)
    c->matched++;
  else
    c->mismatched++;
}

int replay_create(struct replay **out, const struct replay_options *opt, struct trace_error *err)
{
  struct replay *r = calloc(1, sizeof(*r));
  const char *profile = opt->tlb_profile ? opt->tlb_profile : "qemu";

  *out = NULL;
  if (!r)
    return trace_fail(err, SMMU_ERR_NOMEM, "out of memory");
  r->opt = *opt;
  smmu_config_qemu(&r->config);
  if (smmu_config_set_tlb_profile(&r->config, profile) < 0) {
    free(r);
    return trace_fail(err, SMMU_ERR_BADARG,
                      "TLB profile \"%s\" is not known, expected none, qemu or neutral", profile);
  }
  r->compare_caches = strcmp(profile, "qemu") == 0;
  snprintf(r->res.profile, sizeof(r->res.profile), "%s", profile);
  r->hooks.ctx = r;
  r->hooks.record = replay_record;
  *out = r;
  return 0;
}

void replay_destroy(struct replay *r)
{
  if (!r)
    return;
  engine_now_destroy(r->engine);
  engine_memory_destroy(r->memory);
  for (unsigned i = 0; i < r->snapshot_count; i++)
    snapshot_close(r->snapshots[i]);
  trace_words_free(&r->known);
  free(r->expected);
  free(r->dmas.list);
  guest_unmaps_free(&r->watched.unmaps);
  trace_words_free(&r->watched.leaves);
  free(r);
}

const struct replay_results *replay_get_results(const struct replay *r)
{
  return &r->res;
}

struct engine_memory *replay_get_memory(struct replay *r)
{
  return r->memory;
}

struct engine_now *replay_get_engine(struct replay *r)
{
  return r->engine;
}

static void use_id_register(struct smmu_config *cfg, uint64_t offset, uint64_t value)
{
  if (offset < 0x18)
    cfg->idr[offset / 4] = (uint32_t)value;
  else if (offset == 0x18)
    cfg->iidr = (uint32_t)value;
  else if (offset == 0x1c)
    cfg->aidr = (uint32_t)value;
}

/* How many commands came before the last dump of the ring: it tells which lap a slot holds. */
static int place_dump(struct replay *r, const char *dir, struct trace_error *err)
{
  const struct trace_snapshot *last = r->snapshots[r->snapshot_count - 1];
  char log[512];

  if (last->cmdq.width == 0 || !replay_find_log(dir, log, sizeof(log)))
    return 0;
  return replay_count_commands(log, last->log_lines, &r->dump_commands, err);
}

int replay_load_folder(struct replay *r, const char *dir, struct trace_error *err)
{
  int rc = 0;

  while (!rc && r->snapshot_count < REPLAY_SNAPSHOTS) {
    struct trace_snapshot *s;

    rc = snapshot_open(&s, dir, r->snapshot_count, &r->res.dropped, err);
    if (!rc)
      r->snapshots[r->snapshot_count++] = s;
  }
  if (rc && rc != SMMU_ERR_EMPTY)
    return rc;
  r->res.snapshots = r->snapshot_count;
  if (r->snapshot_count > 0) {
    const struct trace_snapshot *s = r->snapshots[0];

    r->ram_known = s->ram_size != 0 && s->ram_base >> 52 == 0 && s->ram_size >> 52 == 0;
    for (size_t i = 0; i < s->register_count; i++)
      use_id_register(&r->config, s->registers[i].offset, s->registers[i].value);
    rc = place_dump(r, dir, err);
    if (rc)
      return rc;
  }
  rc = replay_dma_load(r, dir, err);
  if (!rc && replay_is_watched(r))
    rc = guest_unmaps_load(&r->watched.unmaps, dir, &r->res.dropped, err);
  return rc;
}

/* The ID values of the log's own reads; the built-in ones when the model refuses those. */
static void choose_config(struct replay *r)
{
  struct smmu_config cfg = r->config;
  char why[160];

  for (unsigned i = 0; i < r->early_read_count; i++)
    use_id_register(&cfg, r->early_reads[i].addr, r->early_reads[i].value);
  if (smmu_config_check(&cfg, why, sizeof(why)) < 0) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_ID_REGISTERS, NULL,
                   r->early_read_count ? r->early_reads[0].line_no : 1);
    smmu_config_qemu(&cfg);
    (void)smmu_config_set_tlb_profile(&cfg, r->res.profile);
  }
  r->config = cfg;
}

static void compare_read(struct replay *r, const struct trace_line *line)
{
  uint64_t got = engine_now_mmio_read(r->engine, line->addr, (unsigned)line->size);
  char expected[64];

  if (replay_is_watched(r))
    replay_watch_read(r, line->addr, line->value, (unsigned)line->size);
  replay_count(&r->res.reads, got == line->value);
  if (got == line->value)
    return;
  snprintf(expected, sizeof(expected), "register 0x%llx reads 0x%llx",
           (unsigned long long)line->addr, (unsigned long long)line->value);
  replay_diverge(r, NULL, line->line_no, "register read", expected, "0x%llx",
                 (unsigned long long)got);
}

bool replay_start(struct replay *r)
{
  if (r->engine)
    return true;
  if (r->error)
    return false;
  choose_config(r);
  r->error = engine_memory_create(&r->memory, ENGINE_HOLE_ABORT);
  if (!r->error && r->ram_known)
    r->error =
      engine_memory_add_range(r->memory, r->snapshots[0]->ram_base, r->snapshots[0]->ram_size);
  if (!r->error)
    r->error = engine_now_create(&r->engine, &r->config, r->memory);
  if (r->error)
    return false;
  engine_now_set_hooks(r->engine, &r->hooks);
  engine_now_set_fast(r->engine, !r->opt.slow_path);
  for (unsigned i = 0; i < r->early_read_count; i++)
    compare_read(r, &r->early_reads[i]);
  return true;
}

void replay_touch(struct replay *r, uint64_t addr)
{
  uint64_t gigabyte = addr >> 30;

  if (r->ram_known || addr >> 52)
    return;
  for (unsigned i = r->gigabyte_count; i > 0; i--)
    if (r->gigabytes[i - 1] == gigabyte)
      return;
  if (r->gigabyte_count ==
      REPLAY_GIGABYTES) /* a log with addresses everywhere: no machine has that */
    return;
  r->gigabytes[r->gigabyte_count++] = gigabyte;
  r->error = engine_memory_add_range(r->memory, gigabyte << 30, 1ULL << 30);
}

void replay_store(struct replay *r, uint64_t addr, uint64_t value, uint64_t line)
{
  if (addr % 8 != 0) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_BAD_FIELDS, NULL, line);
    return;
  }
  replay_touch(r, addr);
  if (!engine_memory_store64(r->memory, addr, value))
    trace_drop_add(&r->res.dropped, TRACE_DROP_OUTSIDE_RAM, NULL, line);
  else if (!trace_words_put(&r->known, addr, value, line))
    r->error = SMMU_ERR_NOMEM;
}

static bool good_access(const struct trace_line *line)
{
  return (line->size == 4 || line->size == 8) && line->addr % line->size == 0 &&
         line->addr < 0x30000;
}

static void read_line(struct replay *r, const struct trace_line *line)
{
  if (!good_access(line)) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_BAD_FIELDS, NULL, line->line_no);
    return;
  }
  r->res.replayable++;
  if (!r->engine && line->addr <= REG_LAST_ID && line->size == 4 &&
      r->early_read_count < REPLAY_EARLY_READS) {
    r->early_reads[r->early_read_count++] = *line;
    return;
  }
  if (replay_start(r))
    compare_read(r, line);
}

static void write_line(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  if (!good_access(line)) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_BAD_FIELDS, NULL, line->line_no);
    return;
  }
  r->res.replayable++;
  if (!replay_start(r))
    return;
  replay_command_end(r, t);
  if (line->addr == REG_CMDQ_BASE && line->size == 8)
    r->cmdq_base = line->value;
  if (line->addr == REG_EVENTQ_BASE && line->size == 8) {
    r->evtq_base = line->value;
    replay_touch(r, bits_get(line->value, 51, 5) << 5);
  }
  r->seen.line = line->line_no;
  if (replay_is_watched(r))
    replay_watch_write(r, line->addr, line->value, (unsigned)line->size);
  engine_now_mmio_write(r->engine, line->addr, line->value, (unsigned)line->size);
  if (replay_is_watched(r))
    replay_watch_written(r, line->addr);
}

/* The state of a host thread; the one that was silent longest gives way when there are too many. */
static struct replay_thread *find_thread(struct replay *r, const struct trace_line *line)
{
  struct replay_thread *oldest = &r->threads[0];

  for (unsigned i = 0; i < REPLAY_THREADS; i++) {
    struct replay_thread *t = &r->threads[i];

    if (t->last_line && t->pid == line->pid) {
      t->last_line = line->line_no;
      return t;
    }
    if (t->last_line < oldest->last_line)
      oldest = t;
  }
  memset(oldest, 0, sizeof(*oldest));
  oldest->pid = line->pid;
  oldest->last_line = line->line_no;
  return oldest;
}

static void event_line(struct replay *r, const struct trace_line *line)
{
  struct replay_thread *t = find_thread(r, line);

  switch (line->event) {
  case TRACE_READ_MMIO: read_line(r, line); break;
  case TRACE_WRITE_MMIO: write_line(r, t, line); break;
  case TRACE_CMDQ_CONSUME:
  case TRACE_CMDQ_OPCODE:
  case TRACE_CMDQ_CONSUME_OUT:
  case TRACE_CMDQ_ERROR:
  case TRACE_CMD_CFGI_STE:
  case TRACE_CMD_CFGI_STE_RANGE:
  case TRACE_CMD_CFGI_CD:
  case TRACE_CMD_TLBI_NH:
  case TRACE_CMD_TLBI_NH_ASID:
  case TRACE_CMD_TLBI_S12_VMID:
  case TRACE_IOTLB_INV_ASID:
  case TRACE_RANGE_INVAL: replay_command_line(r, t, line); break;
  case TRACE_FIND_STE_2LVL:
  case TRACE_GET_STE:
  case TRACE_GET_CD:
  case TRACE_DECODE_CD:
  case TRACE_DECODE_CD_TT: replay_fetch_line(r, t, line); break;
  case TRACE_CFG_HIT:
  case TRACE_CFG_MISS:
  case TRACE_LOOKUP_HIT:
  case TRACE_LOOKUP_MISS:
  case TRACE_GET_PTE:
  case TRACE_IOTLB_INV_ALL: replay_lookup_line(r, t, line); break;
  case TRACE_TRANSLATE_SUCCESS:
  case TRACE_TRANSLATE_BYPASS:
  case TRACE_TRANSLATE_DISABLE:
  case TRACE_TRANSLATE_ABORT:
  case TRACE_RECORD_EVENT: replay_translation_end(r, t, line); break;
  default: break; /* says nothing that is not said elsewhere */
  }
}

static void drop_line(struct replay *r, const struct trace_line *line)
{
  static const uint8_t reason[] = {
    [TRACE_KIND_OTHER_TEXT] = TRACE_DROP_OTHER_DEVICE,
    [TRACE_KIND_UNKNOWN] = TRACE_DROP_UNKNOWN_EVENT,
    [TRACE_KIND_BAD_FIELDS] = TRACE_DROP_BAD_FIELDS,
    [TRACE_KIND_NOT_A_TRACE] = TRACE_DROP_NOT_A_TRACE,
    [TRACE_KIND_CUT] = TRACE_DROP_CUT_LINE,
    [TRACE_KIND_TOO_LONG] = TRACE_DROP_TOO_LONG,
  };

  trace_drop_add(&r->res.dropped, (enum trace_drop_reason)reason[line->kind], NULL, line->line_no);
}

static void pass_snapshots(struct replay *r, uint64_t line_no)
{
  while (r->next_snapshot < r->snapshot_count &&
         r->snapshots[r->next_snapshot]->log_lines < line_no) {
    if (r->engine)
      replay_check_events(r, r->snapshots[r->next_snapshot]);
    r->next_snapshot++;
  }
}

int replay_feed(struct replay *r, const struct trace_line *line)
{
  r->res.lines++;
  pass_snapshots(r, line->line_no);
  if (replay_is_watched(r))
    replay_watch_line(r, line);
  if (line->kind == TRACE_KIND_EVENT) {
    r->res.records++;
    event_line(r, line);
  } else if (line->kind == TRACE_KIND_MESSAGE) {
    r->res.messages++;
    if (line->event == TRACE_MESSAGE_NO_EVENT)
      replay_no_event(r, line);
  } else {
    drop_line(r, line);
  }
  return r->error;
}

int replay_finish(struct replay *r)
{
  if (r->res.replayable == 0 || !replay_start(r))
    return r->error;
  pass_snapshots(r, UINT64_MAX);
  for (unsigned i = 0; i < REPLAY_THREADS; i++)
    if (r->threads[i].in_translation)
      trace_drop_add(&r->res.dropped, TRACE_DROP_NO_END, NULL, r->threads[i].start_line);
  replay_dma_finish(r);
  replay_watch_end(r);
  if (r->expected_count > 0) {
    r->res.recorded_commands.mismatched += r->expected_count;
    replay_diverge(r, NULL, r->expected[r->expected_first].line, "command", "the model consumes it",
                   "still in the queue at the end (%zu commands)", r->expected_count);
  }
  r->res.recorded_commands.replayed = r->opcode_lines - r->failed_commands;
  for (unsigned i = 0; i < r->snapshot_count && !r->error; i++)
    r->error = replay_check_snapshot(r, r->snapshots[i]);
  return r->error;
}

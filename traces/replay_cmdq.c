/* Command queue: puts the commands into ring memory that QEMU consumed, before the register write
 * that made it do so.
 * A slot's words come from the last snapshot's dump of the ring where it still holds this lap,
 * otherwise they are made from the log's lines; where there are both, they must agree. QEMU prints
 * a range invalidation as aligned power-of-two pieces: together they give NUM and SCALE back.
 * Operands the log never shows (SSec, leaf of CFGI) take Linux's values. */
#include "traces/replay_internal.h"

#include <stdlib.h>
#include <string.h>

#include "arch/structs.h"
#include "smmu/err.h"
#include "util/bits.h"

static void add_piece(struct replay_command *c, const struct trace_line *line)
{
  if (c->pieces++ == 0) {
    c->addr = line->addr;
    c->asid = line->asid;
    c->vmid = line->vmid;
    c->tg = line->tg;
    c->ttl = line->ttl;
    c->leaf = line->flag;
  }
  c->pages += line->size;
}

static void begin(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  replay_command_end(r, t);
  memset(&t->command, 0, sizeof(t->command));
  t->command.slot = line->index;
  t->command.wrap = line->flag;
  t->command.line = line->line_no;
  t->command.asid = t->command.vmid = -1;
  t->command.opcode = TRACE_CODE_UNKNOWN;
}

static void opcode_line(struct replay *r, struct replay_command *c, const struct trace_line *line)
{
  r->opcode_lines++;
  r->res.replayable++;
  c->open = true;
  c->opcode = line->code;
  c->line = line->line_no;
}

void replay_command_line(struct replay *r, struct replay_thread *t, const struct trace_line *line)
{
  struct replay_command *c = &t->command;

  switch (line->event) {
  case TRACE_CMDQ_CONSUME: begin(r, t, line); return;
  case TRACE_CMDQ_OPCODE: opcode_line(r, c, line); return;
  case TRACE_CMDQ_CONSUME_OUT: replay_command_end(r, t); return;
  default: break;
  }
  if (!c->open)
    return; /* QEMU's own invalidations, or a log without its command lines */
  switch (line->event) {
  case TRACE_CMD_CFGI_STE:
  case TRACE_CMD_CFGI_CD: c->sid = line->sid; break;
  case TRACE_CMD_CFGI_STE_RANGE:
    c->sid = line->sid;
    c->sid_end = (uint32_t)line->value;
    break;
  case TRACE_CMD_TLBI_NH_ASID: c->asid = line->asid; break;
  case TRACE_CMD_TLBI_NH:
  case TRACE_CMD_TLBI_S12_VMID: c->vmid = line->vmid; break;
  case TRACE_IOTLB_INV_ASID:
    if (c->opcode == CMD_TLBI_NH_ASID)
      c->vmid = line->vmid;
    break;
  case TRACE_RANGE_INVAL: add_piece(c, line); break;
  case TRACE_CMDQ_ERROR: c->failed = true; break;
  default: break;
  }
}

/* pages = (NUM + 1) * 2^SCALE. IHI 0070 4.4.1. */
static void put_range(const struct replay_command *c, uint64_t *word)
{
  unsigned scale = 0;
  uint64_t pages = c->pages ? c->pages : 1;

  while (scale < 31 && (pages > 32 || (pages & 1) == 0)) {
    pages = (pages + 1) / 2;
    scale++;
  }
  FPUT(CMD, NUM, word, pages - 1);
  FPUT(CMD, SCALE, word, scale);
  FPUT(CMD, TTL, word, c->ttl);
  FPUT(CMD, TG, word, c->tg);
}

static void make_words(const struct replay_command *c, uint64_t *word)
{
  word[0] = word[1] = 0;
  FPUT(CMD, Opcode, word, c->opcode);
  switch (c->opcode) {
  case CMD_CFGI_STE:
  case CMD_CFGI_CD:
    FPUT(CMD, SID, word, c->sid);
    FPUT(CMD, Leaf, word, 1);
    break;
  case CMD_CFGI_STE_RANGE:
    FPUT(CMD, SID, word, c->sid);
    FPUT(CFGI_STE_RANGE, Range, word,
         log2_ceil((uint64_t)c->sid_end - c->sid + 1) - (c->sid_end > c->sid));
    break;
  case CMD_TLBI_NH_VA:
  case CMD_TLBI_NH_VAA:
  case CMD_TLBI_S2_IPA:
    if (c->opcode == CMD_TLBI_NH_VA)
      FPUT(CMD, ASID, word, c->asid < 0 ? 0 : (uint64_t)c->asid);
    FPUT(CMD, VMID, word, c->vmid < 0 ? 0 : (uint64_t)c->vmid);
    FPUT(CMD, Leaf, word, c->leaf);
    FPUT(CMD, ADDR, word, c->addr >> 12);
    if (c->tg)
      put_range(c, word);
    break;
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_ALL:
  case CMD_TLBI_S12_VMALL:
    FPUT(CMD, ASID, word, c->opcode == CMD_TLBI_NH_ASID && c->asid > 0 ? (uint64_t)c->asid : 0);
    FPUT(CMD, VMID, word, c->vmid < 0 ? 0 : (uint64_t)c->vmid);
    break;
  case CMD_SYNC: FPUT(SYNC, CS, word, 2); break;
  default: break;
  }
}

static uint64_t range_pages(const uint64_t *word)
{
  return (FGET(CMD, NUM, word) + 1) << FGET(CMD, SCALE, word);
}

/* Does the dump's command say what the log says of it? */
static bool agrees(const struct replay_command *c, const uint64_t *dump)
{
  uint64_t made[CMD_WORDS];

  if (FGET(CMD, Opcode, dump) != c->opcode)
    return false;
  make_words(c, made);
  switch (c->opcode) {
  case CMD_CFGI_STE:
  case CMD_CFGI_CD: return FGET(CMD, SID, dump) == c->sid;
  case CMD_CFGI_STE_RANGE: return FGET(CFGI_STE_RANGE, Range, dump) == (made[1] & 31);
  case CMD_TLBI_NH_ASID: return c->asid < 0 || dump[0] >> 48 == (uint64_t)c->asid;
  case CMD_TLBI_NH_VA:
    if (c->pieces == 0)
      return true; /* a reduced event set */
    return dump[0] >> 48 == made[0] >> 48 && dump[1] == made[1] &&
           (c->tg == 0 || range_pages(dump) == range_pages(made));
  default: return true;
  }
}

/* The words the dump has for the n-th command of the log (from 0), or NULL when its slot held
 * another lap. */
static const uint64_t *dump_words(const struct replay *r, uint64_t n, uint32_t slot)
{
  const struct snapshot_ring *ring;
  uint64_t size;

  if (r->dump_commands == 0 || n >= r->dump_commands)
    return NULL;
  ring = &r->snapshots[r->snapshot_count - 1]->cmdq;
  size = 1ULL << ring->log2size;
  if (n + size < r->dump_commands || (n & (size - 1)) != slot)
    return NULL;
  return snapshot_ring_slot(ring, slot);
}

static void expect(struct replay *r, const uint64_t *word, uint64_t line)
{
  struct replay_expected *e;

  if (r->expected_count == r->expected_capacity) {
    size_t capacity = r->expected_capacity ? r->expected_capacity * 2 : 256;
    struct replay_expected *grown = malloc(capacity * sizeof(*grown));

    if (!grown) {
      r->error = SMMU_ERR_NOMEM;
      return;
    }
    for (size_t i = 0; i < r->expected_count; i++)
      grown[i] = r->expected[(r->expected_first + i) % r->expected_capacity];
    free(r->expected);
    r->expected = grown;
    r->expected_first = 0;
    r->expected_capacity = capacity;
  }
  e = &r->expected[(r->expected_first + r->expected_count++) % r->expected_capacity];
  e->word[0] = word[0];
  e->word[1] = word[1];
  e->line = line;
}

void replay_command_end(struct replay *r, struct replay_thread *t)
{
  struct replay_command *c = &t->command;
  const uint64_t *dump;
  uint64_t word[CMD_WORDS], addr;

  if (!c->open)
    return;
  c->open = false;
  if (c->opcode > 0xff || !replay_start(r)) {
    trace_drop_add(&r->res.dropped, TRACE_DROP_BAD_FIELDS, NULL, c->line);
    return;
  }
  make_words(c, word);
  dump = dump_words(r, r->opcode_lines - 1, c->slot);
  if (dump && !agrees(c, dump)) {
    char expected[80];

    snprintf(expected, sizeof(expected), "%s, 0x%016llx 0x%016llx", trace_command_name(c->opcode),
             (unsigned long long)word[0], (unsigned long long)word[1]);
    replay_diverge(r, NULL, c->line, "command in the ring dump", expected, "0x%016llx 0x%016llx",
                   (unsigned long long)dump[0], (unsigned long long)dump[1]);
    r->res.recorded_commands.mismatched++;
  } else if (dump) {
    word[0] = dump[0];
    word[1] = dump[1];
  }
  addr = (bits_get(r->cmdq_base, 51, 5) << 5) + 16ULL * (c->slot & 0x7ffff);
  replay_touch(r, addr);
  if (!engine_memory_store64(r->memory, addr, word[0]) ||
      !engine_memory_store64(r->memory, addr + 8, word[1]))
    trace_drop_add(&r->res.dropped, TRACE_DROP_OUTSIDE_RAM, NULL, c->line);
  if (replay_is_watched(r))
    replay_watch_command(r, addr, word);
  if (c->failed)
    r->failed_commands++;
  else
    expect(r, word, c->line);
}

void replay_command_consumed(struct replay *r, const struct smmu_record *record)
{
  struct replay_expected e = { { 0, 0 }, r->seen.line };
  bool listed = r->expected_count > 0;
  bool same = false;
  char expected[80] = "no command";

  r->res.commands++;
  if (listed) {
    e = r->expected[r->expected_first];
    r->expected_first = (r->expected_first + 1) % r->expected_capacity;
    r->expected_count--;
    same = e.word[0] == record->addr_out && e.word[1] == record->word;
  }
  if (same) {
    r->res.recorded_commands.matched++;
    return;
  }
  r->res.recorded_commands.mismatched++;
  if (listed)
    snprintf(expected, sizeof(expected), "%s, 0x%016llx 0x%016llx",
             trace_command_name((unsigned)(e.word[0] & 0xff)), (unsigned long long)e.word[0],
             (unsigned long long)e.word[1]);
  replay_diverge(r, NULL, e.line, "command", expected, "0x%016llx 0x%016llx",
                 (unsigned long long)record->addr_out, (unsigned long long)record->word);
}

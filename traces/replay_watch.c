/* A replay as those see it who judge software and caches (watch/): the device's records go on to them,
 * and what the recorded guest did is told as a platform tells it. Stores to tables are not in a log;
 * where the guest traced its unmaps (guest_unmaps.h), the descriptors of one are cleared when the
 * first command comes that invalidates it, as the guest must have done by then.
 * QEMU consumes commands inside the write to PROD, so CONS is known after each; where a log leaves
 * register reads out, acknowledgements are told as well. Left out: unmaps of guests that invalidate
 * whole address spaces (lazy mode): their moment is nowhere recorded. */
#include "traces/replay_internal.h"

#include "arch/structs.h"
#include "smmu/err.h"
#include "util/bits.h"

enum {
  REG_CR0 = 0x20,
  REG_IRQ_CTRL = 0x50,
  REG_CMDQ_PROD = 0x98,
  REG_CMDQ_CONS = 0x9c,
  PAGE_LOG2 = 12,
  TAG_ASID_LO = 16
};

bool replay_is_watched(const struct replay *r)
{
  return r->opt.watch != NULL;
}

static void tell(struct replay *r, struct smmu_record *record)
{
  record->time = r->watched.time;
  r->opt.watch->record(r->opt.watch->ctx, record);
}

static void tell_software(struct replay *r, unsigned category, unsigned cpu, uint64_t addr,
                          uint64_t value, unsigned bytes)
{
  struct smmu_record record = { .category = (uint8_t)category,
                                .actor = (uint16_t)cpu,
                                .slot = (uint32_t)r->watched.line,
                                .addr_in = addr,
                                .addr_out = addr,
                                .word = value,
                                .info = (uint8_t)bytes };

  tell(r, &record);
}

void replay_watch_line(struct replay *r, const struct trace_line *line)
{
  struct replay_watched *w = &r->watched;

  w->line = line->line_no;
  if (!w->began)
    w->began = line->time_us;
  if (line->time_us > w->began)
    w->time = (line->time_us - w->began) * 1000000;
}

/* Where the leaf lies that an entry was made from, by ASID and page. */
static uint64_t leaf_key(unsigned asid, uint64_t va)
{
  return ((uint64_t)asid << 36 | bits_get(va, 47, PAGE_LOG2)) * 8;
}

void replay_watch_device(struct replay *r, const struct smmu_record *record)
{
  struct replay_watched *w = &r->watched;
  struct smmu_record copy = *record;

  if (record->category == SMMU_TRACE_READ && record->info == SMMU_READ_S1_DESC) {
    w->leaf = record->addr_in;
  } else if (record->category == SMMU_TRACE_FILL && record->unit == SMMU_CACHE_TLB && w->leaf) {
    unsigned span = record->info < 48 ? record->info : 47;
    unsigned asid = (unsigned)bits_get(record->word, 31, TAG_ASID_LO);

    if (!trace_words_put(&w->leaves, leaf_key(asid, record->addr_in >> span << span), w->leaf, 0))
      r->error = SMMU_ERR_NOMEM;
  } else if (record->category == SMMU_TRACE_RESPOND) {
    w->leaf = 0;
  }
  tell(r, &copy);
}

/* ---- unmaps ---- */

static void tell_unmap(struct replay *r, unsigned i, bool begins)
{
  const struct replay_unmap *u = &r->watched.unmap[i];

  r->opt.watch->unmap(r->opt.watch->ctx, i + 1, r->watched.time, begins, u->asid, u->iova,
                      u->bytes);
}

static void end_unmap(struct replay *r, unsigned i)
{
  struct replay_unmap *u = &r->watched.unmap[i];

  tell_unmap(r, i, false);
  u->open = false;
  r->watched.unmaps.list[u->traced].ended = true;
}

static bool is_covered(const struct replay_unmap *u)
{
  return u->parts == 1 && u->part[0].end - u->part[0].first == u->bytes;
}

/* Its CMD_SYNC was consumed, and the guest has seen so. */
static void end_synced(struct replay *r)
{
  for (unsigned i = 0; i < REPLAY_UNMAPS; i++) {
    const struct replay_unmap *u = &r->watched.unmap[i];

    if (u->open && u->synced && is_covered(u))
      end_unmap(r, i);
  }
}

static void clear_leaves(struct replay *r, unsigned i)
{
  const struct replay_unmap *u = &r->watched.unmap[i];

  for (uint64_t at = 0; at < u->bytes; at += 1u << PAGE_LOG2) {
    uint64_t leaf, word;

    if (!trace_words_get(&r->watched.leaves, leaf_key(u->asid, u->iova + at), &leaf, NULL) ||
        !trace_words_get(&r->known, leaf, &word, NULL) || word == 0)
      continue;
    replay_store(r, leaf, 0, r->watched.line);
    tell_software(r, SMMU_TRACE_STORE, i + 1, leaf, 0, 8);
  }
}

/* Where the next one is kept; when many lack a part of their invalidation, in place of the oldest. */
static struct replay_unmap *new_unmap(struct replay *r)
{
  struct replay_unmap *oldest = r->watched.unmap;

  for (unsigned i = 0; i < REPLAY_UNMAPS; i++) {
    struct replay_unmap *u = &r->watched.unmap[i];

    if (!u->open)
      return u;
    if (u->number < oldest->number)
      oldest = u;
  }
  return oldest;
}

/* One more part; those that it touches become one with it. */
static void cover(struct replay_unmap *u, uint64_t first, uint64_t end)
{
  for (unsigned i = 0; i < u->parts;) {
    const struct replay_part *p = &u->part[i];

    if (p->end < first || end < p->first) {
      i++;
      continue;
    }
    first = p->first < first ? p->first : first;
    end = p->end > end ? p->end : end;
    u->part[i] = u->part[--u->parts];
  }
  if (u->parts < sizeof(u->part) / sizeof(u->part[0]))
    u->part[u->parts++] = (struct replay_part){ first, end };
  u->synced = false;
}

static struct replay_unmap *open_at(struct replay *r, unsigned asid, uint64_t iova)
{
  for (unsigned i = 0; i < REPLAY_UNMAPS; i++) {
    struct replay_unmap *u = &r->watched.unmap[i];

    if (u->open && u->asid == asid && iova >= u->iova && iova - u->iova < u->bytes)
      return u;
  }
  return NULL;
}

static struct replay_unmap *begin_unmap(struct replay *r, uint16_t asid, uint64_t iova,
                                        uint64_t bytes)
{
  struct guest_unmap *unmap = guest_unmaps_take(&r->watched.unmaps, iova, bytes);
  struct replay_unmap *u;

  if (!unmap)
    return NULL;
  u = new_unmap(r);
  *u = (struct replay_unmap){ .open = true,
                              .asid = asid,
                              .iova = unmap->iova,
                              .bytes = unmap->bytes,
                              .traced = (size_t)(unmap - r->watched.unmaps.list),
                              .number = r->watched.begun++ };
  tell_unmap(r, (unsigned)(u - r->watched.unmap), true);
  clear_leaves(r, (unsigned)(u - r->watched.unmap));
  return u;
}

/* A TLBI by VA: the first of an unmap or one more, of several unmaps where those were gathered. */
static void invalidates(struct replay *r, const uint64_t *word)
{
  uint64_t pages = (FGET(CMD, NUM, word) + 1) << FGET(CMD, SCALE, word);
  uint64_t iova = FGET(CMD, ADDR, word) << PAGE_LOG2;
  uint64_t end = iova + ((FGET(CMD, TG, word) ? pages : 1) << PAGE_LOG2);
  uint16_t asid = (uint16_t)FGET(CMD, ASID, word);

  while (iova < end) {
    struct replay_unmap *u = open_at(r, asid, iova);
    uint64_t to;

    if (!u)
      u = begin_unmap(r, asid, iova, end - iova);
    if (!u)
      break;
    to = end < u->iova + u->bytes ? end : u->iova + u->bytes;
    cover(u, iova, to);
    iova = to;
  }
}

void replay_watch_command(struct replay *r, uint64_t addr, const uint64_t *word)
{
  if (FGET(CMD, Opcode, word) == CMD_TLBI_NH_VA)
    invalidates(r, word);
  for (unsigned i = 0; i < REPLAY_UNMAPS && FGET(CMD, Opcode, word) == CMD_SYNC; i++)
    r->watched.unmap[i].synced = r->watched.unmap[i].open;
  tell_software(r, SMMU_TRACE_STORE, 0, addr, word[0], 8);
  tell_software(r, SMMU_TRACE_STORE, 0, addr + 8, word[1], 8);
}

/* ---- registers ---- */

void replay_watch_read(struct replay *r, uint64_t offset, uint64_t value, unsigned bytes)
{
  r->watched.reads++;
  tell_software(r, SMMU_TRACE_LOAD_REG, 0, REPLAY_SMMU_BASE + offset, value, bytes);
  if (offset == REG_CMDQ_CONS)
    end_synced(r);
}

void replay_watch_write(struct replay *r, uint64_t offset, uint64_t value, unsigned bytes)
{
  tell_software(r, SMMU_TRACE_STORE_REG, 0, REPLAY_SMMU_BASE + offset, value, bytes);
}

static void tell_read(struct replay *r, uint64_t offset)
{
  tell_software(r, SMMU_TRACE_LOAD_REG, 0, REPLAY_SMMU_BASE + offset,
                engine_now_mmio_read(r->engine, offset, 4), 4);
}

void replay_watch_written(struct replay *r, uint64_t offset)
{
  if (offset == REG_CMDQ_PROD) {
    tell_read(r, REG_CMDQ_CONS);
    end_synced(r);
  } else if (r->watched.reads == 0 && (offset == REG_CR0 || offset == REG_IRQ_CTRL)) {
    tell_read(r, offset + 4);
  }
}

/* A guest that never invalidates by address is lazy: when it does so is not in its trace. */
void replay_watch_end(struct replay *r)
{
  const struct guest_unmaps *unmaps = &r->watched.unmaps;

  for (size_t i = 0; i < unmaps->count; i++) {
    const struct guest_unmap *u = &unmaps->list[i];

    if (r->watched.begun == 0) {
      trace_drop_add(&r->res.dropped, TRACE_DROP_LAZY_UNMAP, "ftrace.txt", u->line);
      continue;
    }
    replay_count(&r->res.unmaps, u->ended);
    if (!u->ended)
      replay_diverge(r, "ftrace.txt", u->line, "unmap", "commands that invalidate it whole",
                     "0x%llx and 0x%llx bytes: %s", (unsigned long long)u->iova,
                     (unsigned long long)u->bytes, u->taken ? "a part of them" : "none");
  }
}

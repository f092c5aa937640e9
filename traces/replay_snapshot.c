/* Walks of a snapshot's image alone: nothing of the log is used. Every translation that was still
 * in force, both ends of every listed mapping, and the addresses on either side that no mapping
 * covers.
 * The device has no caches here, so each address is walked; memory holds the image's regions and
 * aborts elsewhere. */
#include "traces/replay_internal.h"

#include <string.h>

#include "smmu/err.h"

enum { EVENT_F_TRANS = 0x10 };

struct check {
  struct replay *r;
  const struct trace_snapshot *snap;
  struct engine_memory *memory;
  struct engine_now *engine;
  struct smmu_hooks hooks;
  char file[64]; /* of the list being checked */
  /* of the walk under way */
  bool hole;            /* a word inside a region that the image has no line for */
  bool regions_damaged; /* lines of the regions file were dropped, or image words lie outside */
  bool outside; /* a word outside every region: a table that the recorder cannot have walked */
  uint64_t leaf_word;
  int8_t leaf_level;
};

static void note_read(void *ctx, const struct smmu_record *record)
{
  struct check *c = ctx;
  uint64_t value;
  bool present = false;

  if (record->category != SMMU_TRACE_READ)
    return;
  if (!snapshot_word(c->snap, record->addr_in, &value, &present))
    c->outside = true;
  else if (!present)
    c->hole = true;
  c->leaf_word = record->word;
  c->leaf_level = record->level;
}

static int fill_memory(struct check *c)
{
  const struct trace_snapshot *s = c->snap;
  int rc = engine_memory_create(&c->memory, ENGINE_HOLE_ABORT);

  for (size_t i = 0; i < s->region_count && !rc; i++)
    rc = engine_memory_add_range(c->memory, s->regions[i].base, s->regions[i].size);
  for (size_t i = 0; i < s->image.count && !rc; i++) {
    const struct trace_chunk *chunk = &s->image.chunks[i];

    for (unsigned w = 0; w < 8; w++)
      if (chunk->word[w])
        (void)engine_memory_store64(c->memory, chunk->base + 8 * w, chunk->word[w]);
  }
  return rc;
}

static void write_register(struct check *c, const char *name, unsigned bytes, uint64_t mask)
{
  for (size_t i = 0; i < c->snap->register_count; i++) {
    const struct snapshot_register *reg = &c->snap->registers[i];

    if (strcmp(reg->name, name) == 0)
      engine_now_mmio_write(c->engine, reg->offset, reg->value & mask, bytes);
  }
}

/* The queues stay off: their memory is no part of the image. */
static int start(struct check *c)
{
  struct smmu_config cfg = c->r->config;
  int rc = smmu_config_set_tlb_profile(&cfg, "none");

  if (!rc)
    rc = engine_now_create(&c->engine, &cfg, c->memory);
  if (rc)
    return rc;
  c->hooks.ctx = c;
  c->hooks.record = note_read;
  engine_now_set_hooks(c->engine, &c->hooks);
  write_register(c, "CR1", 4, ~0ULL);
  write_register(c, "CR2", 4, ~0ULL);
  write_register(c, "STRTAB_BASE", 8, ~0ULL);
  write_register(c, "STRTAB_BASE_CFG", 4, ~0ULL);
  write_register(c, "CR0", 4, 1);
  return 0;
}

static void walk(struct check *c, uint32_t sid, uint64_t iova, bool write, struct smmu_result *res)
{
  struct smmu_txn txn = { .addr = iova, .sid = sid, .write = write };

  c->hole = c->outside = false;
  c->leaf_word = 0;
  c->leaf_level = -2;
  memset(res, 0, sizeof(*res));
  if (engine_now_translate(c->engine, &txn, res) < 0)
    res->status = SMMU_STATUS_ABORT;
}

static void diverge(struct check *c, uint64_t line, const char *what, uint64_t iova, uint64_t pa,
                    const struct smmu_result *res)
{
  char expected[96];

  snprintf(expected, sizeof(expected), "0x%llx goes to PA 0x%llx", (unsigned long long)iova,
           (unsigned long long)pa);
  if (res->status == SMMU_STATUS_OK)
    replay_diverge(c->r, c->file, line, what, expected, "PA 0x%llx, descriptor 0x%llx at level %d",
                   (unsigned long long)res->pa, (unsigned long long)c->leaf_word, c->leaf_level);
  else
    replay_diverge(c->r, c->file, line, what, expected, "fault %s", trace_fault_name(res->event));
}

/* A walk that needs words the image lacks proves nothing; it is counted as dropped instead. When
 * all regions were read whole, a walk that leaves them follows a pointer nobody recorded: that
 * counts. */
static bool dropped(struct check *c, uint64_t line, bool same)
{
  if (same || !(c->hole || (c->outside && c->regions_damaged)))
    return false;
  trace_drop_add(&c->r->res.dropped, TRACE_DROP_SNAPSHOT_HOLE, c->file, line);
  return true;
}

static void check_pairs(struct check *c)
{
  snprintf(c->file, sizeof(c->file), "%s_pairs.csv", c->snap->prefix);
  for (size_t i = 0; i < c->snap->pair_count; i++) {
    const struct snapshot_pair *p = &c->snap->pairs[i];
    struct smmu_result res;
    bool same;

    if (p->state != SNAPSHOT_PAIR_LIVE)
      continue;
    /* `live` speaks of the address alone: the page may have been mapped anew, with other
     * permissions, at the same place. */
    walk(c, p->sid, p->iova, false, &res);
    same = res.status == SMMU_STATUS_OK && res.pa == p->pa;
    if (dropped(c, p->line, same))
      continue;
    replay_count(&c->r->res.snapshot_pairs, same);
    if (!same)
      diverge(c, p->line, "live translation of a snapshot", p->iova, p->pa, &res);
  }
}

static bool leaf_walks(struct check *c, const struct snapshot_leaf *leaf, uint64_t offset,
                       struct smmu_result *res)
{
  walk(c, leaf->sid, leaf->iova + offset, false, res);
  return res->status == SMMU_STATUS_OK && res->pa == leaf->pa + offset &&
         c->leaf_word == leaf->descriptor && c->leaf_level == leaf->level;
}

static void check_leaf(struct check *c, const struct snapshot_leaf *leaf)
{
  struct smmu_result res;
  uint64_t offset = 0;
  bool same = leaf_walks(c, leaf, 0, &res);

  if (same) {
    offset = leaf->size - 1;
    same = leaf_walks(c, leaf, offset, &res);
  }
  if (dropped(c, leaf->line, same))
    return;
  replay_count(&c->r->res.snapshot_leaves, same);
  if (!same)
    diverge(c, leaf->line, "mapping of a snapshot", leaf->iova + offset, leaf->pa + offset, &res);
}

static void check_neighbour(struct check *c, const struct snapshot_leaf *leaf, uint64_t iova)
{
  struct smmu_result res;
  bool same;

  if (snapshot_find_leaf(c->snap, leaf->sid, iova))
    return;
  walk(c, leaf->sid, iova, false, &res);
  same = res.status != SMMU_STATUS_OK && res.event == EVENT_F_TRANS;
  if (dropped(c, leaf->line, same))
    return;
  replay_count(&c->r->res.snapshot_neighbours, same);
  if (!same) {
    char expected[80];

    snprintf(expected, sizeof(expected), "0x%llx is not mapped", (unsigned long long)iova);
    replay_diverge(c->r, c->file, leaf->line, "address beside a mapping", expected,
                   "status %u, PA 0x%llx, event %u", res.status, (unsigned long long)res.pa,
                   res.event);
  }
}

static void check_leaves(struct check *c)
{
  snprintf(c->file, sizeof(c->file), "%s_mappings.csv", c->snap->prefix);
  for (size_t i = 0; i < c->snap->leaf_count; i++) {
    const struct snapshot_leaf *leaf = &c->snap->leaves[i];

    check_leaf(c, leaf);
    if (leaf->iova > 0)
      check_neighbour(c, leaf, leaf->iova - 1);
    if (leaf->iova + leaf->size != 0)
      check_neighbour(c, leaf, leaf->iova + leaf->size);
  }
}

/* The image against what the recorder read of one STE or CD; false: no line for it, a hole. */
static bool check_structure(struct check *c, const struct snapshot_structure *s, bool *same)
{
  *same = true;
  for (unsigned n = 0; n < 8 && *same; n++) {
    uint64_t addr = s->addr + 8 * n, word = 0;
    bool present = false;
    char expected[64];

    if (!snapshot_word(c->snap, addr, &word, &present) || !present)
      return false;
    *same = word == s->words[n];
    snprintf(expected, sizeof(expected), "0x%llx", (unsigned long long)s->words[n]);
    if (!*same)
      replay_diverge(c->r, c->file, 0, s->is_cd ? "CD word" : "STE word", expected,
                     "0x%llx at 0x%llx, stream 0x%x", (unsigned long long)word,
                     (unsigned long long)addr, s->sid);
  }
  return true;
}

static void check_structures(struct check *c)
{
  snprintf(c->file, sizeof(c->file), "%s.json", c->snap->prefix);
  for (size_t i = 0; i < c->snap->structure_count; i++) {
    bool same;

    if (check_structure(c, &c->snap->structures[i], &same))
      replay_count(&c->r->res.snapshot_structures, same);
    else
      trace_drop_add(&c->r->res.dropped, TRACE_DROP_SNAPSHOT_HOLE, c->file, 0);
  }
}

/* Drops are counted over all snapshots of the run: one damaged image makes every one of them
 * lenient. */
static bool regions_damaged(const struct replay *r)
{
  const struct trace_drop *e = r->res.dropped.entry;

  return e[TRACE_DROP_SNAPSHOT_REGION].count || e[TRACE_DROP_SNAPSHOT_IMAGE].count ||
         e[TRACE_DROP_SNAPSHOT_OUTSIDE].count;
}

int replay_check_snapshot(struct replay *r, const struct trace_snapshot *s)
{
  struct check c = { .r = r, .snap = s, .regions_damaged = regions_damaged(r) };
  int rc = fill_memory(&c);

  if (!rc)
    rc = start(&c);
  if (!rc) {
    check_structures(&c);
    check_pairs(&c);
    check_leaves(&c);
  }
  engine_now_destroy(c.engine);
  engine_memory_destroy(c.memory);
  return rc;
}

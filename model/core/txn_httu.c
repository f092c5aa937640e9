/* Hardware update of translation tables: Access flag of leaves and of tables (HAFT), dirty state.
 * IHI 0070 3.13, 3.13.5 to 3.13.7, 5.2 (S2HA, S2HD, S2HAFT), 5.4 (HA, HD, HAFT), 9.1.3. An update
 * is one compare and swap of the descriptor that was read; when it was another one meanwhile, it is
 * read and judged again. Flags are set when the access is permitted, both at once, before anything
 * is cached. A stage 1 update is a write to its IPA: stage 2 must allow it, and becomes dirty first.
 * Left out: the Indirect Permission Scheme. */
#include "arch/event.h"
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

enum { FLIP_AF = 1u << 10, FLIP_AP = 1u << 7 };

/* ATOS with HTTUI: as if the flags were set. */
static bool is_inhibited(const struct txn *t)
{
  return is_atos(t) && t->in.no_write;
}

static bool has(const struct txn *t, uint32_t flags)
{
  return (t->cfg.flags & flags) == flags;
}

/* Writable but for its dirty state. HD counts with HA. */
bool httu_is_clean(const struct txn *t, bool s2, uint64_t desc)
{
  bool on = s2 ? has(t, CFG_S2HA | CFG_S2HD) : has(t, CFG_HA | CFG_HD);
  bool read_only = ((desc & FLIP_AP) != 0) != s2; /* AP[2] is set, S2AP[1] is not */

  return on && (desc >> 51 & 1) && read_only;
}

/* The descriptor as it will be once something was written. */
uint64_t httu_dirty(uint64_t desc)
{
  return desc ^ FLIP_AP;
}

/* Does an Access flag of 0 fault? */
bool httu_needs_af(const struct txn *t, bool s2)
{
  return !has(t, s2 ? CFG_S2HA : CFG_HA) && !has(t, s2 ? CFG_S2AFFD : CFG_AFFD);
}

unsigned httu_leaf_flips(const struct txn *t, bool s2, uint64_t desc, bool write)
{
  unsigned flips = 0;

  if (is_inhibited(t))
    return 0;
  if (has(t, s2 ? CFG_S2HA : CFG_HA) && !(desc & FLIP_AF))
    flips |= FLIP_AF;
  if (write && httu_is_clean(t, s2, desc))
    flips |= FLIP_AP;
  return flips;
}

unsigned httu_table_flips(const struct txn *t, bool s2, uint64_t desc)
{
  if (is_inhibited(t) || !has(t, s2 ? CFG_S2HA | CFG_S2HAFT : CFG_HA | CFG_HAFT))
    return 0;
  return ~desc & FLIP_AF;
}

/* What is not marked as accessed is not cached; only an inhibited request ever holds such a thing. */
bool httu_may_cache(const struct txn *t, uint64_t desc)
{
  return !is_inhibited(t) || (desc & FLIP_AF);
}

static void go_swap(struct step *x, unsigned phase, const struct walk_frame *w,
                    const struct smmu_geometry *g, uint64_t addr)
{
  x->t->phase = (uint8_t)phase;
  x->t->struct_addr = addr;
  x->ask->kind = SMMU_ASK_CAS;
  x->ask->stage = SMMU_STAGE_UPDATE;
  x->ask->addr = addr;
  x->ask->len = 8;
  x->ask->data[0] = desc_order(g, w->desc);
  x->ask->data[1] = desc_order(g, w->desc ^ w->flip);
}

void go_s1_swap(struct step *x, uint64_t pa)
{
  go_swap(x, TXN_S1_UPDATE, &x->t->s1, &x->t->cfg.s1[x->t->s1.range], pa);
}

void go_s1_update(struct step *x, uint64_t desc, unsigned flips)
{
  x->t->s1.desc = desc;
  x->t->s1.flip = (uint16_t)flips;
  if (x->t->cfg.flags & CFG_S2)
    go_s1_desc(x); /* to its IPA again, this time for a write */
  else
    go_s1_swap(x, x->t->struct_addr);
}

void go_s2_update(struct step *x, uint64_t desc, unsigned flips)
{
  x->t->s2.desc = desc;
  x->t->s2.flip = (uint16_t)flips;
  go_swap(x, TXN_S2_UPDATE, &x->t->s2, &x->t->cfg.s2, x->t->struct_addr);
}

static void trace_update(struct step *x, bool s2, bool swapped, uint64_t now)
{
  const struct txn *t = x->t;
  struct smmu_record r = { .addr_in = t->struct_addr, .word = now, .slot = swapped };

  if (!x->h)
    return;
  r.info = s2 ? SMMU_READ_S2_DESC : SMMU_READ_S1_DESC;
  r.level = s2 ? t->s2.level : t->s1.level;
  r.phase = s2 ? t->s2.purpose : 0;
  r.addr_out = s2 ? t->s2_ipa : 0;
  r.asid = s2 ? 0 : t->cfg.asid;
  r.vmid = t->cfg.vmid;
  r.result = x->reply->status;
  txn_record(x, SMMU_TRACE_UPDATE, &r);
}

/* Nothing of an update is left in a frame. The descriptor as it is now, or 0: somebody else was
 * faster. */
static uint64_t end_update(struct step *x, struct walk_frame *w, const struct smmu_geometry *g)
{
  bool swapped = !read_failed(x) && x->reply->data[0] == desc_order(g, w->desc);
  uint64_t now = w->desc ^ w->flip;

  trace_update(x, w == &x->t->s2, swapped, now);
  w->desc = 0;
  w->flip = 0;
  return swapped ? now : 0;
}

void on_s1_update(struct step *x)
{
  struct txn *t = x->t;
  uint64_t desc = end_update(x, &t->s1, &t->cfg.s1[t->s1.range]);

  if (read_failed(x))
    go_fault(x, EVENT_F_WALK_EABT, SMMU_CLASS_TT, false, 0, t->struct_addr);
  else if (desc)
    s1_judge(x, desc);
  else
    go_s1_at(x, t->struct_addr);
}

void on_s2_update(struct step *x)
{
  struct txn *t = x->t;
  uint64_t desc = end_update(x, &t->s2, &t->cfg.s2);

  if (read_failed(x))
    go_fault(x, EVENT_F_WALK_EABT, s2_class(t), true, t->s2_ipa, t->struct_addr);
  else if (desc)
    s2_judge(x, desc);
  else
    go_s2_desc(x);
}

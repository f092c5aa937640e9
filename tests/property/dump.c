/* A case in words: see dump.h. */
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>

static void dump_naive(const char *who, const struct naive_result *n)
{
  printf("  %-6s status %d event %02x recorded %d pa %" PRIx64
         " perm %x size %u bypassed %d attr %02x sh %u\n",
         who, n->status, n->event, n->recorded, n->pa, n->perm, n->size_log2, n->bypassed,
         n->memattr, n->shareability);
  if (n->event)
    printf("         record %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
           "\n         mask   %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n",
           n->dword[0], n->dword[1], n->dword[2], n->dword[3], n->mask[0], n->mask[1], n->mask[2],
           n->mask[3]);
}

static void dump_outcome(const char *who, const struct rig_outcome *o)
{
  printf("  %-6s status %u event %02x records %u pa %" PRIx64
         " perm %x size %u bypassed %u attr %02x sh %u\n",
         who, o->result.status, o->result.event, o->records, o->result.pa, o->result.perm,
         o->result.size_log2, o->result.bypassed, o->result.memattr, o->result.shareability);
  if (o->records)
    printf("         record %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n",
           o->event[0], o->event[1], o->event[2], o->event[3]);
}

static void dump_world(const struct gen_world *w, const struct naive_txn *t)
{
  static const char *const kinds[GEN_KINDS] = { "L1STD", "STE", "L1CD", "CD", "VMS", "S1", "S2" };
  unsigned i;

  printf(
    "  IDR0 %08x IDR1 %08x IDR3 %08x IDR5 %08x MPAMIDR %x CR0 %x CR2 %x GBPA %x STRTAB %" PRIx64
    " CFG %x\n",
    w->dev.idr[0], w->dev.idr[1], w->dev.idr[3], w->dev.idr[5], w->dev.mpamidr, w->dev.cr0,
    w->dev.cr2, w->dev.gbpa, w->dev.strtab_base, w->dev.strtab_base_cfg);
  printf("  txn %saddr %" PRIx64 " sid %x ssv %d ssid %x %s%s%s%s\n",
         t->kind == NAIVE_ORDINARY      ? ""
         : t->kind == NAIVE_ATS_REQUEST ? "ATS request "
                                        : "ATS translated ",
         t->addr, t->sid, t->ssv, t->ssid, t->write ? "W" : "R",
         t->instruction ? " instruction" : "", t->privileged ? " privileged" : "",
         t->no_write ? " NW" : "");
  if (w->abort.on)
    printf("  abort at %" PRIx64 "..+64\n", w->abort.base);
  for (i = 0; i < w->changes; i++)
    printf("  changed %-5s %012" PRIx64 " from %016" PRIx64 "\n", kinds[w->change[i].word.kind],
           w->change[i].word.addr, w->change[i].old);
  for (i = 0; i < w->words; i++)
    printf("  %-5s %012" PRIx64 ": %016" PRIx64 "\n", kinds[w->word[i].kind], w->word[i].addr,
           engine_memory_load64(w->memory, w->word[i].addr));
}

void dump_case(const struct gen_world *w, const struct naive_txn *t, const struct naive_result *n,
               const struct rig_outcome out[5])
{
  static const char *const who[5] = { "bare", "miss", "hit", "miss-s", "hit-s" };
  unsigned i;

  dump_naive("naive", n);
  for (i = 0; i < n->flips; i++)
    printf("         flips %012" PRIx64 ": must %016" PRIx64 " may %016" PRIx64 "\n",
           n->flip[i].addr, n->flip[i].must, n->flip[i].may);
  for (i = 0; i < 5; i++)
    dump_outcome(who[i], &out[i]);
  dump_world(w, t);
}

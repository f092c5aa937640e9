/* See kit.h. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim/gtest_c.h"

static const char *const operations[] = { "unmap", "map",       "submit",   "sync-wait", "exit",
                                          "ioctl", "lock-wait", "big-lock", "sync-else" };
static const char *const costs[] = { "vm.exit",  "vm.entry",       "cpu.relax",    "cpu.line_move",
                                     "vmm.wake", "driver.command", "driver.other", "dma.unmap" };

enum { FIRST_OPERATION = 1000, FIRST_COST = 300, NOTE_BEGIN = 40, NOTE_END = 41 };

static void add(struct kit *k, enum smt_kind kind, uint64_t number, const char *text)
{
  if (smt_names_add(&k->names, kind, number, text) != 0)
    ADD_TEST_FAILURE("name %s", text);
}

void kit_open(struct kit *k)
{
  char name[32];

  memset(k, 0, sizeof(*k));
  snprintf(k->folder, sizeof(k->folder), "/tmp/smmulator-smt-XXXXXX");
  if (!mkdtemp(k->folder))
    ADD_TEST_FAILURE("no folder in /tmp");
  snprintf(k->path, sizeof(k->path), "%s/trace.smt", k->folder);
  if (smt_names_add_model(&k->names) != 0)
    ADD_TEST_FAILURE("names of the model");
  for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
    add(k, SMT_OPERATION, FIRST_OPERATION + i, operations[i]);
  for (unsigned i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
    add(k, SMT_COST, FIRST_COST + i, costs[i]);
  add(k, SMT_NOTE, NOTE_BEGIN, "begin");
  add(k, SMT_NOTE, NOTE_END, "end");
  for (unsigned i = 0; i < 4; i++) {
    snprintf(name, sizeof(name), "vCPU %u", i);
    add(k, SMT_CPU, i, name);
  }
  add(k, SMT_ACTOR, 64, "CMDQ");
  add(k, SMT_ACTOR, 67, "VCMDQ 0");
  add(k, SMT_WORLD, 0, "host");
  add(k, SMT_WINDOW, 0x2b000000, "SMMU");
  add(k, SMT_WINDOW, 0x2c000000, "CMDQV");
  if (smt_writer_create(&k->writer, k->path,
                        &(struct smt_head){ .build = "by hand", .names = k->names }, &k->err) != 0)
    ADD_TEST_FAILURE("%s", k->err.text);
}

void kit_finish(struct kit *k)
{
  if (smt_writer_close(k->writer, &k->err) != 0)
    ADD_TEST_FAILURE("%s", k->err.text);
  k->writer = NULL;
}

void kit_close(struct kit *k)
{
  if (k->writer)
    kit_finish(k);
  why_path_destroy(k->why);
  why_list_close(k->list);
  smt_names_free(&k->names);
  unlink(k->path);
  rmdir(k->folder);
}

/* ---- records ---- */

static uint64_t number(const struct kit *k, enum smt_kind kind, const char *text)
{
  uint64_t n = 0;

  if (!smt_names_number(&k->names, kind, text, &n))
    ADD_TEST_FAILURE("%s has no number", text);
  return n;
}

static void put(struct kit *k, const char *category, struct smmu_record r)
{
  r.category = (uint8_t)number(k, SMT_CATEGORY, category);
  smt_writer_record(k->writer, &r);
}

void kit_begin(struct kit *k, unsigned cpu, uint64_t time, const char *operation, uint64_t argument)
{
  put(k, "note",
      (struct smmu_record){ .time = time,
                            .actor = (uint16_t)cpu,
                            .result = NOTE_BEGIN,
                            .addr_in = number(k, SMT_OPERATION, operation),
                            .addr_out = argument });
}

void kit_end(struct kit *k, unsigned cpu, uint64_t time, const char *operation)
{
  put(k, "note",
      (struct smmu_record){ .time = time,
                            .actor = (uint16_t)cpu,
                            .result = NOTE_END,
                            .addr_in = number(k, SMT_OPERATION, operation) });
}

void kit_charge(struct kit *k, unsigned cpu, uint64_t from, uint64_t to, const char *cost)
{
  put(k, "charge",
      (struct smmu_record){ .time = from,
                            .word = to,
                            .addr_in = 1,
                            .actor = (uint16_t)cpu,
                            .result = (uint16_t)number(k, SMT_COST, cost) });
}

void kit_sleep(struct kit *k, unsigned cpu, uint64_t from, uint64_t to)
{
  put(k, "sleep", (struct smmu_record){ .time = from, .word = to, .actor = (uint16_t)cpu });
}

void kit_span(struct kit *k, unsigned actor, uint64_t arrival, uint64_t from, uint64_t to,
              const char *stage, const char *ask, uint64_t addr)
{
  put(k, "span",
      (struct smmu_record){ .time = from,
                            .addr_in = arrival,
                            .word = to,
                            .addr_out = addr,
                            .actor = (uint16_t)actor,
                            .phase = (uint8_t)number(k, SMT_STAGE, stage),
                            .info = (uint8_t)number(k, SMT_ASK, ask) });
}

void kit_store(struct kit *k, unsigned cpu, uint64_t time, uint64_t addr)
{
  put(k, "store", (struct smmu_record){ .time = time, .addr_in = addr, .actor = (uint16_t)cpu });
}

void kit_store_reg(struct kit *k, unsigned cpu, uint64_t time, uint64_t addr)
{
  put(k, "store-reg",
      (struct smmu_record){ .time = time, .addr_in = addr, .actor = (uint16_t)cpu });
}

void kit_sync(struct kit *k, unsigned actor, uint64_t time)
{
  put(k, "sync", (struct smmu_record){ .time = time, .actor = (uint16_t)actor });
}

/* ---- what comes out ---- */

bool kit_why(struct kit *k, const char *event)
{
  uint32_t index;
  int rc = 0;

  if (k->writer)
    kit_finish(k);
  if (!k->list)
    rc = why_list_open(&k->list, k->path, &k->err);
  if (!rc)
    rc = why_list_find(k->list, event, &index, &k->err);
  why_path_destroy(k->why);
  k->why = NULL;
  if (!rc)
    rc = why_path_create(&k->why, k->list, index, &k->err);
  if (rc)
    ADD_TEST_FAILURE("%s: %s", event, k->err.text);
  else
    kit_expect_exact(k);
  return rc == 0;
}

uint64_t kit_part(const struct kit *k, const char *what, const char *in)
{
  uint64_t ps = 0;

  for (size_t i = 0; i < k->why->parts; i++)
    if (strcmp(k->why->part[i].what, what) == 0 && (!*in || strcmp(k->why->part[i].in, in) == 0))
      ps += k->why->part[i].ps;
  return ps;
}

uint64_t kit_detail(const struct kit *k, const char *what, const char *detail)
{
  uint64_t ps = 0;

  for (size_t i = 0; i < k->why->parts; i++) {
    const struct why_part *p = &k->why->part[i];

    for (uint32_t d = 0; d < p->details && strcmp(p->what, what) == 0; d++)
      if (strcmp(k->why->detail[p->detail + d].what, detail) == 0)
        ps += k->why->detail[p->detail + d].ps;
  }
  return ps;
}

void kit_expect_exact(const struct kit *k)
{
  const struct why_path *why = k->why;
  uint64_t sum = 0, at = why->op.begin;

  EXPECT_EQ(why->total, why->op.end - why->op.begin);
  for (size_t i = 0; i < why->parts; i++) {
    const struct why_part *p = &why->part[i];
    uint64_t meanwhile = 0;

    sum += p->ps;
    for (uint32_t d = 0; d < p->details; d++)
      meanwhile += why->detail[p->detail + d].ps;
    EXPECT_EQ(meanwhile, p->details ? p->ps : 0);
  }
  EXPECT_EQ(sum, why->total);
  EXPECT_EQ(why->node[0].ps, why->total);
  for (size_t i = 0; i < why->segments; i++) {
    EXPECT_EQ(why->segment[i].begin, at);
    EXPECT_LT(why->segment[i].begin, why->segment[i].end);
    EXPECT_LT(why->segment[i].part, why->parts);
    at = why->segment[i].end;
  }
  EXPECT_EQ(at, why->op.end);
}

unsigned char *kit_bytes(const char *path, size_t *len)
{
  FILE *f = fopen(path, "rb");
  unsigned char *bytes = malloc(1 << 20);

  *len = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
  if (f)
    fclose(f);
  return bytes;
}

void kit_write_bytes(const char *path, const unsigned char *bytes, size_t len)
{
  FILE *f = fopen(path, "wb");

  if (!f || fwrite(bytes, 1, len, f) != len)
    ADD_TEST_FAILURE("%s cannot be written", path);
  if (f)
    fclose(f);
}

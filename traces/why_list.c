/* All operations of a recording, in one pass: a stack for each CPU, linked through `parent`. */
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "traces/why_internal.h"

/* A CPU while the recording is read. */
struct reading_cpu {
  uint64_t time; /* of its last note: none goes back */
  uint64_t store_time, store_addr;
  uint32_t top, last; /* innermost operation, last one that began */
  bool stored;
};

struct reading {
  struct why_list *list;
  struct reading_cpu *cpu;
};

static int out_of_memory(const struct why_list *list, struct trace_error *err)
{
  return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", smt_reader_name(list->reader));
}

/* ---- kinds ---- */

/* Index of a kind, or UINT32_MAX. */
static unsigned kind_of(const struct why_list *list, uint64_t number)
{
  const char *name = smt_names_find(&smt_reader_head(list->reader)->names, SMT_OPERATION, number);

  for (unsigned i = 0; name && i < list->kinds; i++)
    if (list->kind[i].name == name)
      return i;
  return UINT32_MAX;
}

/* Few: a recording with more is none of ours. */
enum { KINDS_MAX = 256 };

static int make_kinds(struct why_list *list, struct trace_error *err)
{
  const struct smt_names *names = &smt_reader_head(list->reader)->names;

  list->kind = calloc(KINDS_MAX, sizeof(list->kind[0]));
  if (!list->kind)
    return out_of_memory(list, err);
  for (size_t i = 0; i < names->count; i++) {
    struct why_kind *kind = &list->kind[list->kinds];

    if (names->name[i].kind != SMT_OPERATION)
      continue;
    if (list->kinds == KINDS_MAX)
      return trace_fail(err, SMMU_ERR_FORMAT, "%s: more than %d kinds of operations",
                        smt_reader_name(list->reader), KINDS_MAX);
    kind->name = names->name[i].text;
    snprintf(kind->event, sizeof(kind->event), "%s", kind->name);
    for (char *c = kind->event; *c; c++)
      if (*c >= 'a' && *c <= 'z')
        *c = (char)(*c - 'a' + 'A');
    list->kinds++;
  }
  return 0;
}

/* ---- reading ---- */

static struct why_op *append(struct why_list *list)
{
  if (list->count == list->room) {
    uint32_t room = list->room ? 2 * list->room : 1024;
    struct why_op *grown =
      list->count < WHY_NONE / 2 ? realloc(list->op, room * sizeof(*grown)) : NULL;

    if (!grown)
      return NULL;
    list->op = grown;
    list->room = room;
  }
  return &list->op[list->count++];
}

static bool begin(struct reading *r, const struct smmu_record *record, unsigned kind)
{
  struct why_list *list = r->list;
  struct reading_cpu *cpu = &r->cpu[record->actor];
  uint32_t index = list->count;
  struct why_op *op = append(list);

  if (!op)
    return false;
  *op = (struct why_op){
    .begin = cpu->time,
    .end = UINT64_MAX,
    .argument = record->addr_out,
    .parent = cpu->top,
    .next = WHY_NONE,
    .kind = (uint16_t)kind,
    .cpu = record->actor,
    .world = record->unit,
    .writes = cpu->stored && cpu->store_time == record->time && cpu->store_addr == record->addr_out,
  };
  if (cpu->last == WHY_NONE)
    list->first[record->actor] = index;
  else
    list->op[cpu->last].next = index;
  cpu->top = cpu->last = index;
  return true;
}

/* Those inside it that did not end, end with it and do not count. */
static void end(struct reading *r, const struct smmu_record *record, unsigned kind)
{
  struct why_list *list = r->list;
  struct reading_cpu *cpu = &r->cpu[record->actor];
  uint32_t at = cpu->top;

  while (at != WHY_NONE && list->op[at].kind != kind)
    at = list->op[at].parent;
  if (at == WHY_NONE) {
    list->unmatched++;
    return;
  }
  for (uint32_t inner = cpu->top; inner != at; inner = list->op[inner].parent) {
    list->op[inner].end = cpu->time;
    list->unmatched++;
  }
  list->op[at].end = cpu->time;
  list->op[at].result = record->addr_out;
  list->op[at].ended = true;
  cpu->top = list->op[at].parent;
}

static bool take(struct reading *r, const struct smmu_record *record)
{
  const struct why_words *words = &r->list->words;
  struct reading_cpu *cpu = &r->cpu[record->actor];
  unsigned kind;

  if (record->category == words->store_reg) {
    cpu->stored = r->list->accesses = true;
    cpu->store_time = record->time;
    cpu->store_addr = record->addr_in;
    return true;
  }
  if (record->category != words->note)
    return true;
  if (record->time > cpu->time)
    cpu->time = record->time;
  kind = kind_of(r->list, record->addr_in);
  if (record->result == words->begin)
    return kind == UINT32_MAX || begin(r, record, kind);
  if (record->result == words->end && kind != UINT32_MAX)
    end(r, record, kind);
  return true;
}

static int read_all(struct why_list *list, struct trace_error *err)
{
  struct reading r = { .list = list };
  struct smmu_record record;
  int rc = 0;

  r.cpu = calloc(WHY_CPUS, sizeof(r.cpu[0]));
  list->first = malloc(WHY_CPUS * sizeof(list->first[0]));
  if (!r.cpu || !list->first) {
    free(r.cpu);
    return out_of_memory(list, err);
  }
  for (unsigned i = 0; i < WHY_CPUS; i++) {
    r.cpu[i].top = r.cpu[i].last = WHY_NONE;
    list->first[i] = WHY_NONE;
  }
  while (!rc && (rc = smt_reader_next(list->reader, &record, err)) > 0)
    rc = take(&r, &record) ? 0 : out_of_memory(list, err);
  free(r.cpu);
  return rc;
}

/* ---- numbers ---- */

/* Comparisons of indexes; ops is the list's. */
static int by_time(const void *a, const void *b, void *ops)
{
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  const struct why_op *p = (const struct why_op *)ops + x, *q = (const struct why_op *)ops + y;

  if (p->kind != q->kind)
    return p->kind < q->kind ? -1 : 1;
  if (p->end != q->end)
    return p->end < q->end ? -1 : 1;
  if (p->cpu != q->cpu)
    return p->cpu < q->cpu ? -1 : 1;
  return x < y ? -1 : x > y;
}

static int by_length(const void *a, const void *b, void *ops)
{
  const struct why_op *p = (const struct why_op *)ops + *(const uint32_t *)a;
  const struct why_op *q = (const struct why_op *)ops + *(const uint32_t *)b;
  uint64_t x = p->end - p->begin, y = q->end - q->begin;

  if (x != y)
    return x < y ? -1 : 1;
  return p->number < q->number ? -1 : p->number > q->number;
}

/* index[0..n): the ended operations of a kind. */
static void count_kind(struct why_list *list, uint32_t *index, uint32_t n)
{
  struct why_kind *kind = &list->kind[list->op[index[0]].kind];
  const struct why_op *op;
  uint64_t whole = 0, rest = 0; /* the sum, divided as it grows */

  for (uint32_t i = 0; i < n; i++)
    list->op[index[i]].number = i + 1;
  qsort_r(index, n, sizeof(index[0]), by_length, list->op);
  for (uint32_t i = 0; i < n; i++) {
    op = &list->op[index[i]];
    whole += (op->end - op->begin) / n;
    rest += (op->end - op->begin) % n;
  }
  kind->count = n;
  kind->mean = whole + rest / n;
#define RANK(percent) (&list->op[index[((uint64_t)n * (percent) + 99) / 100 - 1]])
  kind->p50 = RANK(50)->end - RANK(50)->begin;
  kind->p99 = RANK(99)->end - RANK(99)->begin;
  kind->median = RANK(50)->number;
#undef RANK
  op = &list->op[index[n - 1]];
  kind->longest = op->end - op->begin;
  kind->slowest = op->number;
}

static int number(struct why_list *list, struct trace_error *err)
{
  uint32_t *index = malloc((list->count ? list->count : 1) * sizeof(*index));
  uint32_t n = 0, first = 0;

  if (!index)
    return out_of_memory(list, err);
  for (uint32_t i = 0; i < list->count; i++) {
    if (list->op[i].ended)
      index[n++] = i;
    else
      list->kind[list->op[i].kind].unfinished++;
  }
  qsort_r(index, n, sizeof(*index), by_time, list->op);
  for (uint32_t i = 1; i <= n; i++) {
    if (i < n && list->op[index[i]].kind == list->op[index[first]].kind)
      continue;
    count_kind(list, index + first, i - first);
    first = i;
  }
  free(index);
  return 0;
}

/* ---- outside ---- */

int why_list_open(struct why_list **out, const char *path, struct trace_error *err)
{
  struct why_list *list = calloc(1, sizeof(*list));
  int rc;

  *out = NULL;
  if (!list)
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", path);
  rc = smt_reader_open(&list->reader, path, err);
  if (!rc)
    rc = make_kinds(list, err);
  if (!rc) {
    why_words_init(&list->words, list);
    rc = read_all(list, err);
  }
  if (!rc && smt_reader_cut(list->reader)) {
    list->cut = strdup(smt_reader_cut(list->reader));
    rc = list->cut ? 0 : out_of_memory(list, err);
  }
  if (!rc && list->count == 0)
    rc = trace_fail(err, SMMU_ERR_EMPTY, "%s: no operation among %llu records",
                    smt_reader_name(list->reader),
                    (unsigned long long)smt_reader_records(list->reader));
  if (!rc)
    rc = number(list, err);
  if (rc)
    why_list_close(list);
  else
    *out = list;
  return rc;
}

void why_list_close(struct why_list *list)
{
  if (!list)
    return;
  smt_reader_close(list->reader);
  free(list->op);
  free(list->kind);
  free(list->first);
  free(list->cut);
  free(list);
}

uint32_t why_list_count(const struct why_list *list)
{
  return list->count;
}

const struct why_op *why_list_op(const struct why_list *list, uint32_t index)
{
  return &list->op[index];
}

unsigned why_list_kinds(const struct why_list *list)
{
  return list->kinds;
}

const struct why_kind *why_list_kind(const struct why_list *list, unsigned kind)
{
  return &list->kind[kind];
}

const char *why_list_cut(const struct why_list *list)
{
  return list->cut;
}

uint64_t why_list_unmatched(const struct why_list *list)
{
  return list->unmatched;
}

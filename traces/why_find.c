/* EVENT strings: "UNMAP#17", "sync#slowest". */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "smmu/err.h"
#include "traces/why_internal.h"

static int fail_unknown(const struct why_list *list, const char *event, size_t len,
                        const char *problem, struct trace_error *err)
{
  char known[200];
  size_t n = 0;

  known[0] = '\0';
  for (unsigned i = 0; i < list->kinds && n < sizeof(known); i++)
    if (list->kind[i].count)
      n +=
        (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", list->kind[i].event);
  return trace_fail(err, SMMU_ERR_BADARG, "%s \"%.*s\"; expected one of %s", problem,
                    (int)(len < 40 ? len : 40), event, known);
}

/* Every event string begins with a kind's name, or with a beginning of one kind's name alone. */
static int find_kind(const struct why_list *list, const char *event, size_t len, unsigned *kind,
                     struct trace_error *err)
{
  unsigned found = 0;

  for (unsigned i = 0; i < list->kinds; i++) {
    const char *name = list->kind[i].name;

    if (strncasecmp(name, event, len) != 0 || len == 0)
      continue;
    *kind = i;
    if (strlen(name) == len)
      return 0;
    found++;
  }
  if (found == 1)
    return 0;
  return fail_unknown(list, event, len,
                      found ? "more than one operation begins with" : "no operation is called",
                      err);
}

static int find_number(const struct why_kind *kind, const char *text, uint32_t *number,
                       struct trace_error *err)
{
  uint64_t value = 0;

  *number = strcasecmp(text, "slowest") == 0  ? kind->slowest
            : strcasecmp(text, "median") == 0 ? kind->median
                                              : 0;
  if (*number)
    return 0;
  for (const char *c = text; *c; c++) {
    if (!isdigit((unsigned char)*c) || value > UINT32_MAX)
      return trace_fail(err, SMMU_ERR_BADARG,
                        "\"%.40s\" behind # is no number; expected 1 to %" PRIu64
                        ", slowest or median",
                        text, kind->count);
    value = 10 * value + (uint64_t)(*c - '0');
  }
  if (value == 0 || value > kind->count)
    return trace_fail(err, SMMU_ERR_BADARG,
                      "there is no %s#%.40s: the recording has %s#1 to %s#%" PRIu64, kind->event,
                      text, kind->event, kind->event, kind->count);
  *number = (uint32_t)value;
  return 0;
}

int why_list_find(const struct why_list *list, const char *event, uint32_t *index,
                  struct trace_error *err)
{
  const char *hash = strchr(event, '#');
  uint32_t number = 0;
  unsigned kind = 0;
  int rc;

  if (!hash || !hash[1])
    return trace_fail(err, SMMU_ERR_BADARG,
                      "\"%.40s\" is no event; expected for example UNMAP#17 or UNMAP#slowest",
                      event);
  rc = find_kind(list, event, (size_t)(hash - event), &kind, err);
  if (!rc && list->kind[kind].count == 0)
    rc = trace_fail(err, SMMU_ERR_BADARG, "no %s ended in this recording", list->kind[kind].name);
  if (!rc)
    rc = find_number(&list->kind[kind], hash + 1, &number, err);
  if (rc)
    return rc;
  *index = 0;
  while (list->op[*index].kind != kind || list->op[*index].number != number)
    ++*index;
  return 0;
}

/* smmulator explain: one translation of a recorded machine, step by step. Which memory: the last
 * snapshot when the address translates there (it is complete); else the log up to the last time
 * it shows this page; else whatever there is. --at LINE asks for the log at a line. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"
#include "tools/explain.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { KEY_SID = 256, KEY_SSID, KEY_IOVA, KEY_WRITE, KEY_INSTRUCTION, KEY_PRIVILEGED, KEY_AT };

struct request {
  struct smmu_txn txn;
  const char *path;
  uint64_t at;
  bool has_sid, has_iova, json, wrong;
};

static const struct argp_option options[] = {
  { "sid", KEY_SID, "S", 0, "StreamID of the device", 0 },
  { "iova", KEY_IOVA, "A", 0, "Address the device uses", 0 },
  { "ssid", KEY_SSID, "N", 0, "SubstreamID (PASID); default: none", 0 },
  { "write", KEY_WRITE, NULL, 0, "A write; default: a read", 0 },
  { "instruction", KEY_INSTRUCTION, NULL, 0, "An instruction fetch", 0 },
  { "privileged", KEY_PRIVILEGED, NULL, 0, "A privileged access", 0 },
  { "at", KEY_AT, "LINE", 0, "The machine as it was behind this line of the log", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Shows one translation step by step: which stream table entry, context descriptor and table "
  "descriptors the device reads, where, what they say, and what comes out or which fault.\v"
  "PATH is a recorded run's folder or a log. Numbers are decimal, or hexadecimal with 0x.\n\n"
  "Example:\n"
  "  smmulator explain --sid 0x20 --iova 0x151400097 traces/recorded/F-vfio-edu-faults\n"
  "  smmulator explain --sid 0x20 --iova 0x354e65530 --write traces/recorded/F-vfio-edu-faults\n"
  "  smmulator explain --sid 0x20 --iova 0x151400097 --at 500 "
  "traces/recorded/F-vfio-edu-faults";

static void take_number(struct request *r, const char *option, const char *arg, uint64_t most,
                        uint64_t *value)
{
  char *end;

  errno = 0;
  *value = strtoull(arg, &end, 0);
  if (*arg < '0' || *arg > '9' || errno || *end || *value > most) {
    ui_complain("explain", "--%s is \"%s\"; expected a number from 0 to 0x%" PRIx64, option, arg,
                most);
    r->wrong = true;
  }
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;
  uint64_t value;

  switch (key) {
  case KEY_SID:
    take_number(r, "sid", arg, UINT32_MAX, &value);
    r->txn.sid = (uint32_t)value;
    r->has_sid = true;
    return 0;
  case KEY_SSID:
    take_number(r, "ssid", arg, (1u << 20) - 1, &value);
    r->txn.ssid = (uint32_t)value;
    r->txn.ssv = 1;
    return 0;
  case KEY_IOVA:
    take_number(r, "iova", arg, UINT64_MAX, &r->txn.addr);
    r->has_iova = true;
    return 0;
  case KEY_AT:
    take_number(r, "at", arg, UINT64_MAX, &r->at);
    if (r->at == 0 && !r->wrong) {
      ui_complain("explain", "--at is 0; lines are counted from 1");
      r->wrong = true;
    }
    return 0;
  case KEY_WRITE: r->txn.write = 1; return 0;
  case KEY_INSTRUCTION: r->txn.instruction = 1; return 0;
  case KEY_PRIVILEGED: r->txn.privileged = 1; return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("explain", "PATH", arg, &r->path); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static bool is_complete(const struct request *r)
{
  const char *missing = !r->has_sid    ? "--sid S"
                        : !r->has_iova ? "--iova A"
                        : !r->path     ? "PATH"
                                       : NULL;

  if (r->wrong)
    return false;
  if (missing)
    ui_complain("explain",
                "%s is missing\nFor example: smmulator explain --sid 0x20 --iova "
                "0x151400097 traces/recorded/F-vfio-edu-faults",
                missing);
  else if (r->txn.write && r->txn.instruction)
    ui_complain("explain", "--write and --instruction contradict each other");
  return !missing && !(r->txn.write && r->txn.instruction);
}

/* ---- which memory ---- */

struct answer {
  struct explain_source source;
  struct explain_walk *walk;
};

static int ask(struct answer *a, const struct request *r, struct trace_error *err)
{
  char why[160];
  int rc;

  if (smmu_config_check(&a->source.config, why, sizeof(why)) != 0)
    return trace_fail(err, SMMU_ERR_FORMAT, "%s: ID registers that the model does not accept: %s",
                      r->path, why);
  rc = explain_translate(&a->source, &r->txn, a->walk);
  return rc ? trace_fail(err, rc, "%s: %s", r->path, smmu_err_text(rc)) : 0;
}

static int ask_snapshot(struct answer *a, const struct request *r, struct trace_error *err)
{
  int rc = explain_open_snapshot(&a->source, r->path, err);

  if (rc)
    return rc;
  rc = ask(a, r, err);
  if (rc)
    explain_close(&a->source);
  return rc;
}

static int ask_log(struct answer *a, const struct request *r, uint64_t at, struct trace_error *err)
{
  int rc = explain_open_log(&a->source, r->path, at, err);

  if (rc)
    return rc;
  rc = ask(a, r, err);
  if (rc)
    explain_close(&a->source);
  return rc;
}

static bool translates(const struct answer *a)
{
  return a->walk->result.status == SMMU_STATUS_OK;
}

/* Without --at; see the head of this file. */
static int choose(struct answer *a, const struct request *r, bool folder, struct trace_error *err)
{
  struct trace_error none;
  uint64_t line = 0;
  int rc = folder ? ask_snapshot(a, r, err) : SMMU_ERR_EMPTY;

  if (rc && rc != SMMU_ERR_EMPTY)
    return rc;
  if (rc == 0 && translates(a))
    return 0;
  if (explain_find_line(r->path, r->txn.sid, r->txn.addr, &line, rc ? err : &none) != 0 ||
      line == 0) {
    /* The log has never seen this page. */
    return rc ? ask_log(a, r, 0, err) : 0;
  }
  if (rc == 0)
    explain_close(&a->source);
  rc = ask_log(a, r, line, err);
  if (rc == 0)
    snprintf(a->source.text, sizeof(a->source.text),
             "rebuilt from the log up to line %s, the last that shows this page", ui_count(line));
  return rc;
}

static int explain(const struct request *r)
{
  static struct explain_walk walk; /* too large for a stack frame */
  static struct explain_caches caches;
  struct answer a = { .walk = &walk };
  struct trace_error err;
  struct stat st;
  int rc;

  if (stat(r->path, &st) != 0) {
    ui_complain("explain", "%s: %s, expected a recorded run's folder or a log", r->path,
                strerror(errno));
    return errno == EACCES ? TOOL_MACHINE : TOOL_WRONG;
  }
  rc = r->at ? ask_log(&a, r, r->at, &err) : choose(&a, r, S_ISDIR(st.st_mode), &err);
  if (rc) {
    ui_complain("explain", "%s", err.text);
    return rc == SMMU_ERR_NOMEM || rc == SMMU_ERR_IO ? TOOL_MACHINE : TOOL_WRONG;
  }
  rc = explain_caches_run(&a.source, &r->txn, &caches);
  if (rc)
    ui_complain("explain", "%s", smmu_err_text(rc));
  else if (r->json)
    explain_print_json(&walk, &caches);
  else
    explain_print_text(&walk, &caches);
  explain_close(&a.source);
  return rc ? TOOL_MACHINE : TOOL_DONE;
}

int verb_explain(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "PATH", doc, NULL, NULL, NULL };
  static char name[] = "smmulator explain";
  struct request r = { 0 };

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &r) != 0 || !is_complete(&r))
    return TOOL_WRONG;
  return explain(&r);
}

/* smmulator decode: any register or structure, given as words, in fields with names and meanings;
 * error codes in words with their sections. Left out: judging legality. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/decode.h"
#include "tools/ui.h"
#include "tools/verbs.h"

static const struct argp_option options[] = {
  { "json", 'j', NULL, 0, "Print JSON", 0 },
  { "stage", 's', "1|2", 0, "pte: stage of translation (1)", 0 },
  { "granule", 'g', "4K|16K|64K", 0, "pte: granule of the table (4K)", 0 },
  { "wide", 'w', NULL, 0, "pte: output addresses of 52 bits", 0 },
  { "level", 'l', "-1..3", 0, "pte: level of the table the descriptor lies in (3)", 0 },
  { 0 }
};

static const char args_doc[] = "cmd W0 W1 | cmd TEXT\n"
                               "ste W0 .. W7 | ste L1STD\n"
                               "cd W0 .. W7 | cd L1CD\n"
                               "vms W0 .. W7\n"
                               "event W0 .. W3\n"
                               "pri W0 W1\n"
                               "gerror GERROR GERRORN\n"
                               "par WORD\n"
                               "reg NAME|OFFSET [VALUE]\n"
                               "pte WORD";

static const char doc[] =
  "Shows the fields of a structure or register, and what error codes mean.\v"
  "A word is decimal, or hexadecimal with 0x; 16 digits, or digits with a letter among them, are "
  "hexadecimal without 0x too, as rings are dumped. pri is an entry of the PRI queue, par the result "
  "of an address translation operation (GATOS_PAR, VATOS_PAR).\n\n"
  "Example:\n"
  "  smmulator decode cmd 0x0007000000000012 0x0000000000001001\n"
  "  smmulator decode cmd \"TLBI_NH_VA asid=7 va=0x1000 leaf=1\"\n"
  "  smmulator decode reg CMDQ_CONS 0x1000004\n"
  "  smmulator decode gerror 0x1 0x0\n"
  "  smmulator decode pte --stage 1 --level 3 0x0060000080000743";

static bool parse_small(const char *arg, long low, long high, long *value)
{
  char *end;

  errno = 0;
  *value = strtol(arg, &end, 10);
  return errno == 0 && end != arg && *end == '\0' && *value >= low && *value <= high;
}

/* Its log2, or 0. */
static long granule_named(const char *name)
{
  static const struct {
    const char *name;
    long log2;
  } granules[] = { { "4K", 12 }, { "16K", 14 }, { "64K", 16 } };

  for (size_t i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
    if (strcmp(granules[i].name, name) == 0)
      return granules[i].log2;
  }
  return 0;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct decode_request *r = state->input;

  switch (key) {
  case 'j': r->json = true; return 0;
  case 'w': r->wide = true; return 0;
  case 'g':
    r->granule_log2 = granule_named(arg);
    if (r->granule_log2 == 0)
      snprintf(r->why, sizeof(r->why), "--granule is \"%s\"; expected 4K, 16K or 64K", arg);
    return 0;
  case 's':
    if (!parse_small(arg, 1, 2, &r->stage))
      snprintf(r->why, sizeof(r->why), "--stage is \"%s\"; expected 1 or 2", arg);
    return 0;
  case 'l':
    if (!parse_small(arg, -1, DECODE_LAST_LEVEL, &r->level))
      snprintf(r->why, sizeof(r->why), "--level is \"%s\"; expected -1 to 3", arg);
    return 0;
  case ARGP_KEY_ARG:
    if (r->kind == NULL)
      r->kind = arg;
    else if (r->count < DECODE_ARGS_MAX)
      r->args[r->count++] = arg;
    else
      snprintf(r->why, sizeof(r->why), "more than %d words", DECODE_ARGS_MAX);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

int verb_decode(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, args_doc, doc, NULL, NULL, NULL };
  struct decode_request r = { .stage = 1, .level = DECODE_LAST_LEVEL, .granule_log2 = 12 };
  static char name[] = "smmulator decode"; /* what messages of argp begin with */
  struct decode_answer a;

  memset(&a, 0, sizeof(a));
  argv[0] = name;
  argp_err_exit_status = TOOL_WRONG;
  if (argp_parse(&argp, argc, argv, 0, NULL, &r) != 0)
    return TOOL_WRONG;
  if (r.kind == NULL)
    snprintf(r.why, sizeof(r.why), "no kind; expected %s", decode_kinds);
  if (r.why[0] != '\0' || !decode_answer_make(&r, &a)) {
    fprintf(stderr, "smmulator decode: %s\nFor example: smmulator decode cmd \"SYNC cs=2\"\n",
            r.why);
    return TOOL_WRONG;
  }
  if (r.json)
    decode_print_json(&r, &a);
  else
    decode_print_text(&a);
  return ui_finish("decode") ? TOOL_DONE : TOOL_MACHINE;
}

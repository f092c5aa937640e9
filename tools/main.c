/* The program smmulator: one verb, its exit status, and the end of every road: a broken invariant
 * (70), standard output that cannot be written (4). What a verb does is in verb_*.c. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smmu_build.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "util/near.h"

#define VERSION "smmulator " SMMU_BUILD_VERSION " (" SMMU_BUILD_ID ")"

static const struct verb {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *arguments;
  const char *what;
} verbs[] = {
  { "replay", verb_replay, "PATH", "a recorded run through the model: does every outcome agree?" },
  { "explain", verb_explain, "--sid S --iova A PATH", "one translation, step by step" },
  { "reproduce", verb_reproduce, "NAME",
    "a published table beside the model's: every cell, its error" },
  { "run", verb_run, "PRESET|FILE.yaml",
    "one machine, its guest and its driver, in simulated time" },
  { "params", verb_params, "[GLOB]", "every parameter: value, range, and where it comes from" },
  { "litmus", verb_litmus, "[NAME]",
    "every interleaving of small programs: can a rule be broken?" },
  { "check", verb_check, "PATH",
    "was every translation of a recorded run right? who is to blame?" },
  { "why", verb_why, "PATH [EVENT]", "where the time of one operation of a recorded run went" },
  { "trace", verb_trace, "info|cat PATH", "what is in a recording, record by record" },
  { "decode", verb_decode, "KIND WORDS...", "a register, command, entry or event in words" },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const char doc[] = "Simulates the Arm SMMUv3 and shows what it does.";

static void print_help(FILE *out)
{
  fprintf(out, "usage: smmulator VERB [OPTION...] [ARGUMENT...]\n%s\n\n", doc);
  for (unsigned i = 0; i < VERBS; i++) {
    char call[64];

    snprintf(call, sizeof(call), "%s %s", verbs[i].name, verbs[i].arguments);
    fprintf(out, "  %-32s %s\n", call, verbs[i].what);
  }
  fputs(
    "\n"
    "  --help, --version                of a verb: smmulator VERB --help\n"
    "\n"
    "Data goes to standard output, talk to standard error. --json after a verb prints one JSON\n"
    "object with an integer \"schema\". Colour only on a terminal; NO_COLOR turns it off.\n"
    "\n"
    "Exit status: 0 done, and it holds; 1 done, and something differs; 2 the command line, a file\n"
    "or a configuration is wrong; 3 --strict, and a translation was stale or a rule was broken;\n"
    "4 the machine failed us (disk full, memory, permission); 70 smmulator contradicts itself:\n"
    "please report it.\n"
    "\n"
    "Example:\n"
    "  smmulator reproduce dma-map\n"
    "  smmulator replay traces/recorded/F-vfio-edu-faults\n"
    "  smmulator explain --sid 0x20 --iova 0x151400097 traces/recorded/F-vfio-edu-faults\n"
    "  smmulator litmus stale-fill\n",
    out);
}

/* The message of CHECK is printed already. Only what a signal handler may call. */
static void on_abort(int signal)
{
  static const char text[] =
    "smmulator: this is a bug of " VERSION ". Please report it with this version, the line above\n"
    "and the command that led here.\n";
  ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

  (void)signal;
  (void)ignored;
  _exit(TOOL_BROKEN);
}

/* argp ends the program by itself for --help and --usage: the output is checked here then. */
static void at_exit(void)
{
  if (!ui_finish(NULL))
    _exit(TOOL_MACHINE);
}

static const char *verb_name(const void *ctx, size_t i)
{
  (void)ctx;
  return i < VERBS ? verbs[i].name : NULL;
}

static int unknown(const char *what, const char *word)
{
  const char *near = smmu_nearest(word, verb_name, NULL);

  if (near)
    ui_complain(NULL, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near);
  else
    ui_complain(NULL, "unknown %s \"%s\"; smmulator --help lists the verbs", what, word);
  return TOOL_WRONG;
}

static const struct verb *find_verb(const char *name)
{
  for (unsigned i = 0; i < VERBS; i++) {
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  }
  return NULL;
}

static int help(int argc, char **argv)
{
  static char option[] = "--help";
  const struct verb *v = argc > 2 ? find_verb(argv[2]) : NULL;
  char *words[] = { argv[0], option, NULL };

  if (argc > 2 && !v)
    return unknown("verb", argv[2]);
  if (v)
    return v->run(2, words);
  print_help(stdout);
  return TOOL_DONE;
}

static int run(int argc, char **argv)
{
  const struct verb *v;

  if (argc < 2) {
    print_help(stderr);
    return TOOL_WRONG;
  }
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
    puts(VERSION);
    return TOOL_DONE;
  }
  if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
      strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "-h") == 0)
    return help(argc, argv);
  if (argv[1][0] == '-') {
    ui_complain(NULL, "unknown option \"%s\"; expected a verb, --help or --version", argv[1]);
    return TOOL_WRONG;
  }
  v = find_verb(argv[1]);
  return v ? v->run(argc - 1, argv + 1) : unknown("verb", argv[1]);
}

int main(int argc, char **argv)
{
  const char *name = argc > 1 && find_verb(argv[1]) ? find_verb(argv[1])->name : NULL;
  int status;

  signal(SIGABRT, on_abort);
  signal(SIGPIPE, SIG_DFL); /* a reader that has seen enough ends us quietly */
  ui_start("smmulator");
  argp_err_exit_status = TOOL_WRONG;
  setenv("ARGP_HELP_FMT", "rmargin=100", 0); /* examples in one line, to be copied */
  atexit(at_exit);
  status = run(argc, argv);
  return ui_finish(name) ? status : TOOL_MACHINE;
}

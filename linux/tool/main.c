/* The program smmulator-linux: the unmodified Linux driver against the model. As it contains the
 * kernel's code it is under the GPL, version 2, and is built where it is used. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux_tool/linux_tool.h"
#include "smmu_build.h"
#include "tools/ui.h"
#include "tools/verbs.h"

#ifdef LINUX_FAULTS
#define PROGRAM "smmulator-linux-faults"
#else
#define PROGRAM "smmulator-linux"
#endif
#define VERSION PROGRAM " " SMMU_BUILD_VERSION " (" SMMU_BUILD_ID "), Linux "

static const struct verb {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *arguments;
  const char *what;
} verbs[] = {
  { "probe", verb_probe, "[VARIANT]",
    "the driver boots on SMMUs of every kind, and DMA goes through" },
  { "storm", verb_storm, "", "every CPU maps and unmaps while devices translate" },
  { "bench", verb_bench, "", "dma_map_benchmark, the kernel's own loop, on many CPUs" },
  { "nested", verb_nested, "[CELL]",
    "the driver in a guest: the published table, beside our driver's" },
  { "kunit", verb_kunit, "", "the driver's own tests" },
  { "sva", verb_sva, "", "devices use the memory of processes" },
  { "transitions", verb_transitions, "", "devices change domains while they translate" },
  { "life", verb_life, "[ROW]", "devices, the driver and the kernel come and go at work" },
  { "faults", verb_faults, "", "errors of queues and stalls, and how the driver gets over them" },
  { "vsmmu", verb_vsmmu, "[ROW]",
    "the kernel as a host: a guest has a device, a first stage and queues (6.17 and later)" },
#ifdef LINUX_FAULTS
  { "caught", verb_caught, "[FAULT]", "faults patched into the driver: who notices, and where" },
#endif
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void print_help(FILE *out)
{
  fputs("usage: smmulator-linux VERB [OPTION...] [ARGUMENT...]\n"
        "Runs the unmodified Linux driver against the model, and judges both.\n\n",
        out);
  for (unsigned i = 0; i < VERBS; i++) {
    char call[64];

    snprintf(call, sizeof call, "%s %s", verbs[i].name, verbs[i].arguments);
    fprintf(out, "  %-24s %s\n", call, verbs[i].what);
  }
  fputs("\n"
        "  --help, --version        of a verb: smmulator-linux VERB --help\n"
        "\n"
        "Exit status: 0 done, and it holds; 1 done, and something differs; 2 the command line is\n"
        "wrong; 4 the machine failed us; 70 smmulator contradicts itself: please report it.\n"
        "\n"
        "Example:\n"
        "  smmulator-linux probe\n"
        "  smmulator-linux probe cmdqv\n"
        "  smmulator-linux storm --cpus 16\n",
        out);
}

/* The message of CHECK is printed already. Only what a signal handler may call. */
static void on_abort(int signal)
{
  static const char text[] =
    "smmulator-linux: this is a bug; please report it with the line above\n";
  ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

  (void)signal;
  (void)ignored;
  _exit(TOOL_BROKEN);
}

static void at_exit(void)
{
  if (!ui_finish(NULL))
    _exit(TOOL_MACHINE);
}

static const struct verb *find_verb(const char *name)
{
  for (unsigned i = 0; i < VERBS; i++) {
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  }
  return NULL;
}

static int run(int argc, char **argv)
{
  const char *word = argc > 1 ? argv[1] : NULL;
  const struct verb *v = word ? find_verb(word) : NULL;

  if (v)
    return v->run(argc - 1, argv + 1);
  if (!word) {
    print_help(stderr);
    return TOOL_WRONG;
  }
  if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
    printf(VERSION "%s\n", linux_release());
    return TOOL_DONE;
  }
  if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
    print_help(stdout);
    return TOOL_DONE;
  }
  ui_complain(NULL, "unknown verb \"%s\"; smmulator-linux --help lists the verbs", word);
  return TOOL_WRONG;
}

int main(int argc, char **argv)
{
  int status;

  signal(SIGABRT, on_abort);
  signal(SIGPIPE, SIG_DFL);
  ui_start(PROGRAM);
  argp_err_exit_status = TOOL_WRONG;
  setenv("ARGP_HELP_FMT", "rmargin=100", 0);
  atexit(at_exit);
  status = run(argc, argv);
  return ui_finish(NULL) ? status : TOOL_MACHINE;
}

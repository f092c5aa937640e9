/* The verbs of smmulator: one function each, called like a main with argv[0] the verb's own name.
 * What they may rely on: main() has set up ui.h, and flushes and checks standard output at the
 * end. */
#ifndef SMMU_TOOLS_VERBS_H
#define SMMU_TOOLS_VERBS_H

/* Exit statuses: part of the interface, see `smmulator --help`. */
enum tool_exit {
  TOOL_DONE = 0,    /* done, and what was asked to hold holds */
  TOOL_DIFFERS = 1, /* done, and something differs */
  TOOL_WRONG = 2,   /* the command line, a file or a configuration is wrong */
  TOOL_STRICT = 3,  /* --strict on a run: a translation was stale, or a rule broken */
  TOOL_MACHINE = 4, /* disk full, memory, permission */
  TOOL_BROKEN = 70  /* an invariant of ours is broken */
};

int verb_check(int argc, char **argv);
int verb_decode(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_litmus(int argc, char **argv);
int verb_params(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_reproduce(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_why(int argc, char **argv);

#endif

/* One kernel a process: a piece of work in a child, whose result comes back through a pipe. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "tools/ui.h"
#include "tools/verbs.h"

static void child(struct json_t *(*work)(void *arg), void *arg, int to)
{
  struct json_t *made = work(arg);
  FILE *out = fdopen(to, "w");
  int status = 1;

  if (made && out && json_dumpf(made, out, JSON_COMPACT) == 0 && fflush(out) == 0)
    status = 0;
  json_decref(made);
  if (out)
    fclose(out);
  _exit(status);
}

/* It contradicted itself: that is not the machine's fault. */
static bool is_broken(int status)
{
  if (WIFEXITED(status))
    return WEXITSTATUS(status) == TOOL_BROKEN;
  return WIFSIGNALED(status) &&
         (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGFPE);
}

struct json_t *isolate(struct json_t *(*work)(void *arg), void *arg)
{
  struct json_t *made;
  json_error_t err;
  int ends[2], status = 0;
  pid_t pid;
  FILE *in;

  fflush(NULL);
  if (pipe(ends) != 0)
    return NULL;
  pid = fork();
  if (pid == 0) {
    close(ends[0]);
    child(work, arg, ends[1]);
  }
  close(ends[1]);
  in = pid > 0 ? fdopen(ends[0], "r") : NULL;
  made = in ? json_loadf(in, 0, &err) : NULL;
  if (in)
    fclose(in);
  else
    close(ends[0]);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (pid < 0)
    ui_complain(NULL, "cannot fork: %s", strerror(errno));
  else if (WIFSIGNALED(status))
    ui_complain(NULL, "the child was ended by %s", strsignal(WTERMSIG(status)));
  if (pid > 0 && is_broken(status))
    exit(TOOL_BROKEN);
  return made;
}

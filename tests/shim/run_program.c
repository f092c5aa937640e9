/* Programs and paths for tests: see gtest_c.h. */
#include "shim/gtest_c.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *test_source_dir(void)
{
  return SMMU_TEST_SOURCE_DIR;
}

const char *test_build_dir(void)
{
  return SMMU_TEST_BUILD_DIR;
}

const char *test_tool_path(void)
{
  return SMMU_TEST_BUILD_DIR "/smmulator";
}

const char *test_program_path(const char *name)
{
  static char path[4096];

  snprintf(path, sizeof(path), "%s/tests/programs/%s", SMMU_TEST_BUILD_DIR, name);
  return path;
}

const char *test_shared_dir(void)
{
  const char *dir = getenv("SMMULATOR_SHARED");
  struct stat st;

  if (!dir || !*dir)
    dir = SMMU_TEST_SOURCE_DIR "/../shared";
  return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) ? dir : NULL;
}

/* An unnamed temporary file, closed in programs we start; -1 with a reported failure. */
static int temporary_file(void)
{
  char path[] = "/tmp/smmulator-test-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC);

  if (fd < 0)
    ADD_TEST_FAILURE("%s: %s", path, strerror(errno));
  else
    unlink(path);
  return fd;
}

/* All of a file as text; *len without the final 0. */
static char *slurp(int fd, size_t *len)
{
  struct stat st;
  char *text;
  size_t size, got = 0;

  size = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
  text = malloc(size + 1);
  if (!text)
    abort();
  while (got < size) {
    ssize_t n = pread(fd, text + got, size - got, (off_t)got);

    if (n <= 0)
      break;
    got += (size_t)n;
  }
  text[got] = 0;
  *len = got;
  return text;
}

static int spawn(const char *const *argv, int out, int err, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  int status;

  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawn_file_actions_addchdir_np(&actions, test_source_dir());
  status = posix_spawn(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

static void wait_for(pid_t pid, struct test_run *run)
{
  int status = 0;

  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  run->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool test_run_program(const char *const *argv, struct test_run *run)
{
  int out = temporary_file();
  int err = temporary_file();
  pid_t pid = 0;
  int status = out < 0 || err < 0 ? EIO : spawn(argv, out, err, &pid);

  memset(run, 0, sizeof(*run));
  if (status == 0) {
    wait_for(pid, run);
    run->out = slurp(out, &run->out_len);
    run->err = slurp(err, &run->err_len);
  } else {
    ADD_TEST_FAILURE("cannot run %s: %s", argv[0], strerror(status));
    run->exit_code = -1;
    run->out = calloc(1, 1);
    run->err = calloc(1, 1);
  }
  if (out >= 0)
    close(out);
  if (err >= 0)
    close(err);
  return status == 0;
}

/* Copies the next word of *text to *to, quotes removed; false at the end. Both pointers move on. */
static bool next_word(const char **text, char **to)
{
  const char *p = *text + strspn(*text, " \t\n");
  char quote = 0;

  *text = p;
  if (!*p)
    return false;
  for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
    if (quote && *p == quote)
      quote = 0;
    else if (!quote && (*p == '\'' || *p == '"'))
      quote = *p;
    else if (*p == '\\' && quote != '\'' && p[1])
      *(*to)++ = *++p;
    else
      *(*to)++ = *p;
  }
  *(*to)++ = 0;
  *text = p;
  return true;
}

bool test_run_tool(const char *args, struct test_run *run)
{
  size_t room = strlen(args) + 2;
  char *words = malloc(room);
  const char **argv = calloc(room, sizeof(*argv));
  char *to = words;
  size_t argc = 1;
  bool ok;

  if (!words || !argv)
    abort();
  argv[0] = test_tool_path();
  for (char *word = to; next_word(&args, &to); word = to)
    argv[argc++] = word;
  ok = test_run_program(argv, run);
  free(argv);
  free(words);
  return ok;
}

void test_run_free(struct test_run *run)
{
  free(run->out);
  free(run->err);
  memset(run, 0, sizeof(*run));
}

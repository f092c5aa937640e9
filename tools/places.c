/* See places.h. */
#include "tools/places.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/ui.h"
#include "tools/verbs.h"
#include "traces/smt.h"

enum { PATH_LENGTH = 4096 };

/* A recording under another name may be of another run. */
static bool file_beside(const char *path, char file[PATH_LENGTH])
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  int folder = (int)(name - path);
  struct stat st;

  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    return snprintf(file, PATH_LENGTH, "%s/" WATCH_PLACES_FILE, path) < PATH_LENGTH;
  if (strcmp(name, SMT_FILE_NAME) != 0 && strcmp(name, SMT_FILE_NAME ".zst") != 0)
    return false;
  return snprintf(file, PATH_LENGTH, "%.*s" WATCH_PLACES_FILE, folder, path) < PATH_LENGTH;
}

int places_open(struct watch_places **out, const char *verb, const char *path)
{
  char file[PATH_LENGTH], error[160];
  FILE *stream;
  int rc = 0;

  *out = NULL;
  if (!file_beside(path, file))
    return TOOL_DONE;
  stream = fopen(file, "r");
  if (!stream && errno == ENOENT)
    return TOOL_DONE;
  if (stream) {
    *out = watch_places_read(stream, error, sizeof error);
    rc = *out ? TOOL_DONE : *error ? TOOL_WRONG : TOOL_MACHINE;
  }
  if (!stream || rc == TOOL_MACHINE) {
    ui_complain(verb, "%s: %s", file, strerror(errno));
    rc = TOOL_MACHINE;
  } else if (rc != TOOL_DONE) {
    ui_complain(verb, "%s:%s", file, error);
  }
  if (stream)
    fclose(stream);
  return rc;
}

unsigned places_frames(struct watch_places *places, uint32_t number,
                       const struct watch_frame **frames)
{
  return places ? watch_place_driver(places, number, frames) : 0;
}

void places_text(struct watch_places *places, uint32_t number, char *text, size_t len)
{
  *text = '\0';
  if (places && number)
    (void)watch_place_text(places, number, text, len);
}

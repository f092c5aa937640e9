/* Files in the program: what cmake/Embed.cmake made of profiles/ and scenarios/ and of the reference
 * table. */
#include <stdio.h>
#include <string.h>

#include "machine/config.h"
#include "machine/embedded.h"
#include "util/near.h"

const struct machine_file *machine_file_at(const char *folder, size_t i)
{
  for (size_t at = 0; at < machine_embedded_count; at++) {
    if (strcmp(machine_embedded[at].folder, folder) == 0 && i-- == 0)
      return &machine_embedded[at];
  }
  return NULL;
}

const struct machine_file *machine_file_find(const char *folder, const char *name)
{
  const struct machine_file *file;
  size_t length = strlen(name);

  for (size_t i = 0; (file = machine_file_at(folder, i)) != NULL; i++) {
    if (strcmp(file->name, name) == 0 ||
        (strncmp(file->name, name, length) == 0 && strcmp(file->name + length, ".yaml") == 0))
      return file;
  }
  return NULL;
}

enum { NAMES_MOST = 32 };

struct name_list {
  char name[NAMES_MOST][MACHINE_NAME_MAX];
};

static const char *stem(const void *ctx, size_t i)
{
  const struct name_list *list = ctx;

  return i < NAMES_MOST && list->name[i][0] ? list->name[i] : NULL;
}

const char *machine_file_nearest(const char *folder, const char *typed)
{
  static struct name_list list;
  const struct machine_file *file;

  memset(&list, 0, sizeof(list));
  for (size_t i = 0; i < NAMES_MOST && (file = machine_file_at(folder, i)) != NULL; i++)
    snprintf(list.name[i], MACHINE_NAME_MAX, "%.*s", (int)strcspn(file->name, "."), file->name);
  return smmu_nearest(typed, stem, &list);
}

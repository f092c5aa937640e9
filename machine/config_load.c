/* Where configurations come from: text, files of the user, profiles in the program. See config.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/config.h"
#include "machine/config_yaml.h"
#include "smmu/err.h"

enum { FILE_MOST = 1 << 20 };

static int read_file(const char *path, char **text, size_t *len, struct machine_error *err)
{
  FILE *file = fopen(path, "rb");
  int rc = SMMU_OK;

  *text = NULL;
  if (!file) {
    snprintf(err->text, sizeof(err->text), "%.300s: %s, expected a YAML file", path,
             strerror(errno));
    return errno == ENOENT || errno == ENOTDIR ? SMMU_ERR_FORMAT : SMMU_ERR_IO;
  }
  *text = malloc(FILE_MOST + 1);
  if (!*text) {
    rc = SMMU_ERR_NOMEM;
    snprintf(err->text, sizeof(err->text), "out of memory");
  } else {
    errno = 0;
    *len = fread(*text, 1, FILE_MOST + 1, file);
    if (ferror(file)) {
      rc = errno == EISDIR ? SMMU_ERR_FORMAT : SMMU_ERR_IO;
      snprintf(err->text, sizeof(err->text), "%.300s: %s, expected a YAML file", path,
               strerror(errno));
    } else if (*len > FILE_MOST) {
      rc = SMMU_ERR_FORMAT;
      snprintf(err->text, sizeof(err->text), "%.300s: larger than 1 MB, expected a YAML file",
               path);
    }
  }
  fclose(file);
  return rc;
}

static int load_file(struct machine_config *cfg, const char *path, unsigned depth,
                     struct machine_error *err)
{
  char *text;
  size_t len = 0;
  int rc = read_file(path, &text, &len, err);

  if (rc == SMMU_OK)
    rc = machine_yaml_text(cfg, path, text, len, depth, err);
  free(text);
  return rc;
}

int machine_yaml_profile(struct machine_config *cfg, const char *name, unsigned depth,
                         struct machine_error *err)
{
  const struct machine_file *file = machine_file_find("profiles", name);
  const char *near;
  int rc;

  if (file) {
    char place[96];

    snprintf(place, sizeof(place), "profiles/%s", file->name);
    rc = machine_yaml_text(cfg, place, (const char *)file->bytes, file->length, depth, err);
  } else if (strchr(name, '/') || strchr(name, '.')) {
    rc = load_file(cfg, name, depth, err);
  } else {
    near = machine_file_nearest("profiles", name);
    snprintf(err->text, sizeof(err->text),
             "no profile \"%.80s\"%s%s%s; expected one of ours (smmulator params --help) or a file",
             name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return SMMU_ERR_BADCFG;
  }
  if (rc == SMMU_OK)
    snprintf(cfg->profile, sizeof(cfg->profile), "%s", name);
  return rc;
}

/* A failure leaves the caller's configuration as it was. */
static int commit(struct machine_config *cfg, struct machine_config *copy, int rc)
{
  if (rc == SMMU_OK)
    *cfg = *copy;
  free(copy);
  return rc;
}

static struct machine_config *copy_of(const struct machine_config *cfg, struct machine_error *err)
{
  struct machine_config *copy = malloc(sizeof(*copy));

  if (copy)
    *copy = *cfg;
  else
    snprintf(err->text, sizeof(err->text), "out of memory");
  return copy;
}

int machine_config_text(struct machine_config *cfg, const char *name, const char *text, size_t len,
                        struct machine_error *err)
{
  struct machine_config *copy = copy_of(cfg, err);

  return copy ? commit(cfg, copy, machine_yaml_text(copy, name, text, len, 0, err))
              : SMMU_ERR_NOMEM;
}

int machine_config_file(struct machine_config *cfg, const char *path, struct machine_error *err)
{
  struct machine_config *copy = copy_of(cfg, err);

  return copy ? commit(cfg, copy, load_file(copy, path, 0, err)) : SMMU_ERR_NOMEM;
}

int machine_config_profile(struct machine_config *cfg, const char *name, struct machine_error *err)
{
  struct machine_config *copy = copy_of(cfg, err);

  return copy ? commit(cfg, copy, machine_yaml_profile(copy, name, 0, err)) : SMMU_ERR_NOMEM;
}

/* A configuration as a file that gives the same configuration again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/config.h"

struct text {
  char *at;
  size_t used, room;
  bool failed;
};

static void put(struct text *t, const char *bytes, size_t len)
{
  if (t->failed)
    return;
  if (t->used + len + 1 > t->room) {
    size_t room = 2 * (t->used + len + 1);
    char *grown = realloc(t->at, room);

    if (!grown) {
      t->failed = true;
      return;
    }
    t->at = grown;
    t->room = room;
  }
  memcpy(t->at + t->used, bytes, len);
  t->used += len;
  t->at[t->used] = '\0';
}

static void put_text(struct text *t, const char *text)
{
  put(t, text, strlen(text));
}

/* A double-quoted scalar. */
static void put_quoted(struct text *t, const char *text)
{
  char escape[8];

  put_text(t, "\"");
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;

    if (c == '"' || c == '\\')
      snprintf(escape, sizeof(escape), "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
      snprintf(escape, sizeof(escape), "\\x%02x", c);
    else
      snprintf(escape, sizeof(escape), "%c", c);
    put_text(t, escape);
  }
  put_text(t, "\"");
}

static void put_heading(struct text *t, const char *key, const char *value)
{
  if (!*value)
    return;
  put_text(t, key);
  put_text(t, ": ");
  put_quoted(t, value);
  put_text(t, "\n");
}

static void put_parameter(struct text *t, unsigned id, const struct machine_value *v)
{
  const struct machine_key *key = machine_key_at(id);
  char value[48];

  machine_value_print(id, v->value, value, sizeof(value));
  put_text(t, key->name);
  put_text(t, ": ");
  if (v->origin == MACHINE_ORIGIN_CHOSEN && !v->source[0]) {
    put_text(t, value);
  } else {
    put_text(t, "{value: ");
    put_text(t, value);
    put_text(t, ", origin: ");
    put_text(t, machine_origin_name(v->origin));
    if (v->source[0]) {
      put_text(t, ", source: ");
      put_quoted(t, v->source);
    }
    put_text(t, "}");
  }
  put_text(t, "\n");
}

char *machine_config_yaml(const struct machine_config *cfg, const char *head)
{
  struct text t = { 0 };

  if (head) {
    put_text(&t, "# ");
    put_text(&t, head);
    put_text(&t, "\n");
  }
  put_heading(&t, "about", cfg->about);
  put_heading(&t, "based_on", cfg->profile);
  put_heading(&t, "fitted_on", cfg->fitted_on);
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++)
    put_parameter(&t, i, &cfg->key[i]);
  if (!t.failed)
    return t.at;
  free(t.at);
  return NULL;
}

/* Configuration files: YAML read with libyaml, every complaint with its place. A file may not hold a key
 * twice, nor a second document. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "machine/config_yaml.h"
#include "smmu/err.h"
#include "util/near.h"

enum { PROFILES_DEEP = 4 };

/* Keys that are no parameters. */
enum { ABOUT, FITTED_ON, BASED_ON, PROFILE, HEADINGS };
static const char *const headings[HEADINGS] = { "about", "fitted_on", "based_on", "profile" };

struct reader {
  struct machine_config *cfg;
  struct machine_error *err;
  const char *name, *text;
  yaml_document_t *doc;
  unsigned depth;                        /* how many profiles led here */
  uint32_t seen_line[MACHINE_KEY_COUNT]; /* 1 + line of each key that was set; 0: not yet */
  uint32_t heading_line[HEADINGS];       /* the same */
  yaml_mark_t fitted_at;                 /* the first key of origin fitted in this file */
  const char *fitted;                    /* its name, or NULL */
};

__attribute__((format(printf, 3, 4))) static int fail(struct reader *r, const yaml_mark_t *at,
                                                      const char *format, ...)
{
  char *text = r->err->text;
  size_t len = sizeof(r->err->text), used;
  va_list args;

  snprintf(text, len, "%.300s:%zu:%zu: ", r->name, at->line + 1, at->column + 1);
  used = strlen(text);
  va_start(args, format);
  vsnprintf(text + used, len - used, format, args);
  va_end(args);
  return SMMU_ERR_FORMAT;
}

/* The scalar's text, or NULL: a mapping, a sequence, or text with a zero byte in it. */
static const char *text_of(const yaml_node_t *node)
{
  const char *text;

  if (node->type != YAML_SCALAR_NODE)
    return NULL;
  text = (const char *)node->data.scalar.value;
  return strlen(text) == node->data.scalar.length ? text : NULL;
}

static const char *kind_of(const yaml_node_t *node)
{
  switch (node->type) {
  case YAML_MAPPING_NODE: return "a mapping";
  case YAML_SEQUENCE_NODE: return "a list";
  default: return "text with a zero byte";
  }
}

static int read_text(struct reader *r, const char *what, const yaml_node_t *node, char *out,
                     size_t len)
{
  const char *text = text_of(node);

  if (!text)
    return fail(r, &node->start_mark, "%s is %s, expected one line of text", what, kind_of(node));
  if (strlen(text) >= len)
    return fail(r, &node->start_mark, "%s has %zu bytes, expected at most %zu", what, strlen(text),
                len - 1);
  snprintf(out, len, "%s", text);
  return SMMU_OK;
}

/* ---- one parameter ---- */

static int read_number(struct reader *r, unsigned id, const yaml_node_t *node,
                       struct machine_value *out)
{
  const char *name = machine_key_at(id)->name, *text = text_of(node);
  char expected[192];

  if (!text)
    return fail(r, &node->start_mark, "%s is %s, expected a value or {value, origin, source}", name,
                kind_of(node));
  if (!machine_value_parse(id, text, &out->value, expected, sizeof(expected)))
    return fail(r, &node->start_mark, "%s is \"%.60s\", expected %s", name, text, expected);
  return SMMU_OK;
}

static const char *origin_word(const void *ctx, size_t i)
{
  (void)ctx;
  return i < MACHINE_ORIGIN_COUNT ? machine_origin_name((unsigned)i) : NULL;
}

static int read_origin(struct reader *r, const yaml_node_t *node, struct machine_value *out)
{
  const char *text = text_of(node), *near;

  for (unsigned i = 0; text && i < MACHINE_ORIGIN_COUNT; i++) {
    if (strcmp(text, machine_origin_name(i)) == 0) {
      out->origin = (uint8_t)i;
      return SMMU_OK;
    }
  }
  near = text ? smmu_nearest(text, origin_word, NULL) : NULL;
  return fail(r, &node->start_mark,
              "origin is \"%.40s\", expected neutral, measured, published, fitted, assumed or "
              "chosen%s%s%s",
              text ? text : kind_of(node), near ? "; did you mean \"" : "", near ? near : "",
              near ? "\"?" : "");
}

static int read_attribute(struct reader *r, unsigned id, const yaml_node_pair_t *pair,
                          struct machine_value *out, bool *has_value)
{
  const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
  const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
  const char *name = text_of(key);

  if (name && strcmp(name, "value") == 0) {
    *has_value = true;
    return read_number(r, id, value, out);
  }
  if (name && strcmp(name, "origin") == 0)
    return read_origin(r, value, out);
  if (name && strcmp(name, "source") == 0)
    return read_text(r, "source", value, out->source, sizeof(out->source));
  return fail(r, &key->start_mark, "found \"%.60s\" in %s, expected value, origin or source",
              name ? name : kind_of(key), machine_key_at(id)->name);
}

static int read_parameter(struct reader *r, unsigned id, const yaml_node_t *key,
                          const yaml_node_t *node)
{
  struct machine_value out = { .origin = MACHINE_ORIGIN_CHOSEN };
  bool has_value = node->type != YAML_MAPPING_NODE;
  int rc = SMMU_OK;

  if (r->seen_line[id])
    return fail(r, &key->start_mark, "%s is set twice, first in line %u", machine_key_at(id)->name,
                r->seen_line[id]);
  r->seen_line[id] = (uint32_t)key->start_mark.line + 1;
  if (node->type == YAML_MAPPING_NODE) {
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

    for (; rc == SMMU_OK && pair < node->data.mapping.pairs.top; pair++)
      rc = read_attribute(r, id, pair, &out, &has_value);
  } else {
    rc = read_number(r, id, node, &out);
  }
  if (rc != SMMU_OK)
    return rc;
  if (!has_value)
    return fail(r, &node->start_mark, "%s has no value, expected {value: ...}",
                machine_key_at(id)->name);
  if (!out.source[0] &&
      (out.origin == MACHINE_ORIGIN_PUBLISHED || out.origin == MACHINE_ORIGIN_MEASURED))
    return fail(r, &node->start_mark, "%s is %s, expected its source beside it",
                machine_key_at(id)->name, machine_origin_name(out.origin));
  if (out.origin == MACHINE_ORIGIN_FITTED && !r->fitted) {
    r->fitted = machine_key_at(id)->name;
    r->fitted_at = key->start_mark;
  }
  r->cfg->key[id] = out;
  return SMMU_OK;
}

/* ---- mappings ---- */

static bool is_section(const char *name)
{
  size_t length = strlen(name);

  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    const char *key = machine_key_at(i)->name;

    if (strncmp(key, name, length) == 0 && key[length] == '.')
      return true;
  }
  return false;
}

static int unknown(struct reader *r, const yaml_node_t *key, const char *name)
{
  const char *near = machine_key_nearest(name);

  if (is_section(name))
    return fail(r, &key->start_mark,
                "\"%.80s\" is a section and no parameter, expected a mapping of its parameters",
                name);
  if (near)
    return fail(r, &key->start_mark, "found \"%.80s\", which is no parameter; did you mean \"%s\"?",
                name, near);
  return fail(
    r, &key->start_mark,
    "found \"%.80s\", expected a parameter (smmulator params lists them), about, profile, "
    "based_on or fitted_on",
    name);
}

/* The keys that are no parameters, at the top alone. False: another key. */
static bool read_heading(struct reader *r, const char *name, const yaml_node_t *key,
                         const yaml_node_t *value, int *rc)
{
  struct machine_config *cfg = r->cfg;
  unsigned i = 0;

  while (i < HEADINGS && strcmp(name, headings[i]) != 0)
    i++;
  if (i == HEADINGS)
    return false;
  if (r->heading_line[i]) {
    *rc = fail(r, &key->start_mark, "%s is set twice, first in line %u", name, r->heading_line[i]);
    return true;
  }
  r->heading_line[i] = (uint32_t)key->start_mark.line + 1;
  if (i == ABOUT)
    *rc = read_text(r, name, value, cfg->about, sizeof(cfg->about));
  else if (i == FITTED_ON)
    *rc = read_text(r, name, value, cfg->fitted_on, sizeof(cfg->fitted_on));
  else if (i == BASED_ON)
    *rc = read_text(r, name, value, cfg->profile, sizeof(cfg->profile));
  return true;
}

/* prefix is "" or a section with its point: the longest is a part of a key's name. */
static int read_mapping(struct reader *r, const yaml_node_t *map, const char *prefix)
{
  const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
  int rc = SMMU_OK;

  for (; rc == SMMU_OK && pair < map->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
    const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
    const char *word = text_of(key);
    char name[2 * MACHINE_NAME_MAX];
    unsigned id;

    if (!word || strlen(word) >= MACHINE_NAME_MAX)
      return fail(r, &key->start_mark, "found %s, expected the name of a parameter",
                  word ? "a very long word" : kind_of(key));
    snprintf(name, sizeof(name), "%.64s%.63s", prefix, word);
    if (!*prefix && read_heading(r, word, key, value, &rc))
      continue;
    id = machine_key_find(name);
    if (id < MACHINE_KEY_COUNT) {
      rc = read_parameter(r, id, key, value);
    } else if (is_section(name) && value->type == YAML_MAPPING_NODE) {
      char section[2 * MACHINE_NAME_MAX + 1];

      snprintf(section, sizeof(section), "%s.", name);
      rc = read_mapping(r, value, section);
    } else {
      rc = unknown(r, key, name);
    }
  }
  return rc;
}

/* The profile a file stands on is read before anything else of it. */
static int read_profile(struct reader *r, const yaml_node_t *root)
{
  const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
  struct machine_error why;
  char name[MACHINE_NAME_MAX];
  int rc;

  for (; pair < root->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
    const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
    const char *word = text_of(key);

    if (!word || strcmp(word, "profile") != 0)
      continue;
    rc = read_text(r, "profile", value, name, sizeof(name));
    if (rc != SMMU_OK)
      return rc;
    if (r->depth >= PROFILES_DEEP)
      return fail(r, &value->start_mark, "profile %s is the fifth in a row, expected at most four",
                  name);
    rc = machine_yaml_profile(r->cfg, name, r->depth + 1, &why);
    return rc == SMMU_OK ? rc : fail(r, &value->start_mark, "%.400s", why.text);
  }
  return SMMU_OK;
}

/* ---- what a fit has seen ---- */

static bool inherits_fitted(const struct reader *r)
{
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    if (r->cfg->key[i].origin == MACHINE_ORIGIN_FITTED && !r->seen_line[i])
      return true;
  }
  return false;
}

/* Fitted values without a word on what they were fitted to would pass for predictions. Values that a
 * file inherits keep what theirs have seen, whatever the file says of its own. */
static int settle_fitted_on(struct reader *r, const char *inherited)
{
  struct machine_config *cfg = r->cfg;
  bool says = r->heading_line[FITTED_ON] != 0;
  char both[2 * MACHINE_TEXT_MAX + 2];

  if (r->fitted && (!says || !cfg->fitted_on[0]))
    return fail(r, &r->fitted_at,
                "%s is fitted, expected fitted_on beside it: the cells it has seen", r->fitted);
  if (!inherits_fitted(r)) {
    if (!says)
      cfg->fitted_on[0] = '\0';
    return SMMU_OK;
  }
  if (!says || !inherited[0] || strcmp(inherited, cfg->fitted_on) == 0)
    return SMMU_OK;
  snprintf(both, sizeof(both), "%s%s%s", inherited, cfg->fitted_on[0] ? ", " : "", cfg->fitted_on);
  if (strlen(both) >= sizeof(cfg->fitted_on))
    return fail(r, &(yaml_mark_t){ 0 },
                "fitted_on and what it inherits have %zu bytes, expected %u", strlen(both),
                MACHINE_TEXT_MAX - 1);
  memcpy(cfg->fitted_on, both, strlen(both) + 1);
  return SMMU_OK;
}

static int read_root(struct reader *r)
{
  const yaml_node_t *root = yaml_document_get_root_node(r->doc);
  char inherited[MACHINE_TEXT_MAX];
  yaml_mark_t start = { 0 };
  int rc;

  if (!root)
    return fail(r, &start, "found nothing, expected lines such as \"bench.threads: 2\"");
  if (root->type != YAML_MAPPING_NODE)
    return fail(r, &root->start_mark, "found %s, expected lines such as \"bench.threads: 2\"",
                root->type == YAML_SCALAR_NODE ? "a word" : "a list");
  rc = read_profile(r, root);
  snprintf(inherited, sizeof(inherited), "%s", r->cfg->fitted_on);
  if (rc == SMMU_OK)
    rc = read_mapping(r, root, "");
  return rc == SMMU_OK ? settle_fitted_on(r, inherited) : rc;
}

/* ---- files ---- */

/* libyaml gives no line for bytes that are no text. */
static yaml_mark_t place_of(const char *text, size_t offset)
{
  yaml_mark_t at = { 0 };

  for (size_t i = 0; i < offset; i++) {
    at.column++;
    if (text[i] == '\n') {
      at.line++;
      at.column = 0;
    }
  }
  return at;
}

static int complain_of_syntax(struct reader *r, const yaml_parser_t *parser)
{
  yaml_mark_t at = parser->problem_mark;

  if (parser->error == YAML_MEMORY_ERROR) {
    snprintf(r->err->text, sizeof(r->err->text), "out of memory");
    return SMMU_ERR_NOMEM;
  }
  if (parser->error == YAML_READER_ERROR) {
    at = place_of(r->text, parser->problem_offset);
    return fail(r, &at, "%s, expected text in UTF-8",
                parser->problem ? parser->problem : "not readable");
  }
  return fail(r, &at, "%s%s%s; expected YAML", parser->problem ? parser->problem : "not readable",
              parser->context ? " " : "", parser->context ? parser->context : "");
}

/* A second document is refused: silently ignored text is the worst answer. */
static int expect_end(struct reader *r, yaml_parser_t *parser)
{
  yaml_document_t more;
  const yaml_node_t *root;
  int rc = SMMU_OK;

  if (!yaml_parser_load(parser, &more))
    return complain_of_syntax(r, parser);
  root = yaml_document_get_root_node(&more);
  if (root)
    rc = fail(r, &more.start_mark, "found a second document, expected the end of the file");
  yaml_document_delete(&more);
  return rc;
}

int machine_yaml_text(struct machine_config *cfg, const char *name, const char *text, size_t len,
                      unsigned depth, struct machine_error *err)
{
  struct reader r = { .cfg = cfg, .err = err, .name = name, .text = text, .depth = depth };
  yaml_parser_t parser;
  yaml_document_t doc;
  yaml_mark_t at = { 0 };
  const char *wrong = machine_yaml_shape(text, len, &at.line, &at.column);
  int rc;

  if (wrong)
    return fail(&r, &at, "%s", wrong);
  if (!yaml_parser_initialize(&parser)) {
    snprintf(err->text, sizeof(err->text), "out of memory");
    return SMMU_ERR_NOMEM;
  }
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
  if (!yaml_parser_load(&parser, &doc)) {
    rc = complain_of_syntax(&r, &parser);
  } else {
    bool has_root = yaml_document_get_root_node(&doc) != NULL;

    r.doc = &doc;
    rc = read_root(&r);
    if (rc == SMMU_OK && has_root)
      rc = expect_end(&r, &parser);
    yaml_document_delete(&doc);
  }
  yaml_parser_delete(&parser);
  return rc;
}

/* What libyaml must not be given: it takes time that grows with the square of nesting, anchors and
 * directives. Its tokens are counted before anything is built from them. See config_yaml.h. */
#include <yaml.h>

#include "machine/config_yaml.h"

enum { NESTED_MOST = 16, TOKENS_MOST = 10000 };

static int step_of(yaml_token_type_t type)
{
  switch (type) {
  case YAML_BLOCK_SEQUENCE_START_TOKEN:
  case YAML_BLOCK_MAPPING_START_TOKEN:
  case YAML_FLOW_SEQUENCE_START_TOKEN:
  case YAML_FLOW_MAPPING_START_TOKEN: return 1;
  case YAML_BLOCK_END_TOKEN:
  case YAML_FLOW_SEQUENCE_END_TOKEN:
  case YAML_FLOW_MAPPING_END_TOKEN: return -1;
  default: return 0;
  }
}

struct shape {
  int nested;
  unsigned tokens;
};

/* NULL, or what is wrong with the token. */
static const char *look_at(struct shape *s, const yaml_token_t *token)
{
  s->nested += step_of(token->type);
  if (s->nested > NESTED_MOST)
    return "found lists or mappings more than 16 deep, expected a.b.c: value";
  if (++s->tokens > TOKENS_MOST)
    return "found more than 10000 words and signs, expected each parameter at most once";
  if (token->type == YAML_TAG_DIRECTIVE_TOKEN)
    return "found %TAG, expected lines such as \"bench.threads: 2\"";
  return NULL;
}

const char *machine_yaml_shape(const char *text, size_t len, size_t *line, size_t *column)
{
  struct shape s = { 0 };
  const char *wrong = NULL;
  yaml_parser_t parser;
  bool over = false;

  if (!yaml_parser_initialize(&parser))
    return NULL; /* the reader runs out of memory next, and says so */
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
  while (!over && !wrong) {
    yaml_token_t token;

    if (!yaml_parser_scan(&parser, &token))
      break; /* the reader comes to the same place, and says what is wrong */
    wrong = look_at(&s, &token);
    *line = token.start_mark.line;
    *column = token.start_mark.column;
    over = token.type == YAML_STREAM_END_TOKEN;
    yaml_token_delete(&token);
  }
  yaml_parser_delete(&parser);
  return wrong;
}

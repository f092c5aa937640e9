/* The configuration of a machine: every parameter with its value, where the value comes from, and
 * the file that says so.
 *
 *   machine_config_defaults(&cfg);                          every key of config.def
 *   machine_config_profile(&cfg, "grace-fitted", &err);     a profile of machine/profiles/
 *   machine_config_file(&cfg, "mine.yaml", &err);           a file of the user
 *   machine_config_set(&cfg, "vm.exit=2us", &err);          one key
 *   machine_config_check(&cfg, &err);                       do the values fit together?
 *
 * A configuration is a plain value: copy it to vary it. Later values win. Values are unsigned
 * integers: picoseconds, bytes, thousandths, counts, or the number of a word of a choice.
 *
 * A file is YAML: a mapping of keys to values, where "a.b: 1" and "a: {b: 1}" are the same, and a
 * value may be a mapping {value, origin, source}. Three keys are no parameters: `about` (a sentence),
 * `profile` (read first, wherever it stands) and `fitted_on` (a sentence). Every error names file,
 * line and column, what was found and what was expected. */
#ifndef MACHINE_CONFIG_H
#define MACHINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_SECOND     1000000000000ULL
#define MACHINE_TIME_MOST  (100000 * MACHINE_SECOND)
#define MACHINE_COST_MOST  MACHINE_SECOND
#define MACHINE_VCPUS_MOST 64

enum machine_unit {
  MACHINE_UNIT_TIME, /* ps */
  MACHINE_UNIT_BYTES,
  MACHINE_UNIT_COUNT,
  MACHINE_UNIT_PERMILLE,
  MACHINE_UNIT_LOG2,
  MACHINE_UNIT_CHOICE /* a word */
};

/* Where a value comes from. */
#define MACHINE_ORIGIN_LIST(X) \
  X(NEUTRAL, "neutral", "a round figure that claims nothing about any product") \
  X(MEASURED, "measured", "measured by us") \
  X(PUBLISHED, "published", "in a public source, which is named") \
  X(FITTED, "fitted", "chosen so that results agree with published ones") \
  X(ASSUMED, "assumed", "set by hand") \
  X(CHOSEN, "chosen", "what is simulated, or a value the user gave")

enum machine_origin {
#define X(name, text, what) MACHINE_ORIGIN_##name,
  MACHINE_ORIGIN_LIST(X)
#undef X
    MACHINE_ORIGIN_COUNT
};

const char *machine_origin_name(unsigned origin);

/* Values of the choices. */
enum machine_engine { MACHINE_ENGINE_NOW, MACHINE_ENGINE_TIMED };
enum machine_queue { MACHINE_QUEUE_TRAPPED, MACHINE_QUEUE_VCMDQ, MACHINE_QUEUE_BARE };
enum machine_backing {
  MACHINE_BACKING_CONTIGUOUS,
  MACHINE_BACKING_HUGE,
  MACHINE_BACKING_SCATTERED
};
enum machine_direction {
  MACHINE_DIRECTION_BOTH,
  MACHINE_DIRECTION_TO_DEVICE,
  MACHINE_DIRECTION_FROM_DEVICE
};
enum machine_tlbi { MACHINE_TLBI_COMMAND, MACHINE_TLBI_BROADCAST };
enum machine_dma { MACHINE_DMA_STRICT, MACHINE_DMA_LAZY };
enum machine_invalidate { MACHINE_INVALIDATE_BATCH, MACHINE_INVALIDATE_PER_COMMAND };

/* Stages of the device have three keys each; engine/profile.def has their neutral values. */
enum machine_neutral_stage {
#define STAGE(name, slots, latency, interval, origin) \
  MACHINE_NEUTRAL_SLOTS_##name = (slots), MACHINE_NEUTRAL_LATENCY_##name = (latency), \
  MACHINE_NEUTRAL_INTERVAL_##name = (interval),
#define WAY(name, slots, latency, interval, origin) \
  MACHINE_NEUTRAL_SLOTS_##name = (slots), MACHINE_NEUTRAL_LATENCY_##name = (latency), \
  MACHINE_NEUTRAL_INTERVAL_##name = (interval),
#include "engine/profile.def"
#undef STAGE
#undef WAY
  MACHINE_NEUTRAL_SLOTS_READ = MACHINE_NEUTRAL_SLOTS_read,
  MACHINE_NEUTRAL_LATENCY_READ = MACHINE_NEUTRAL_LATENCY_read,
  MACHINE_NEUTRAL_INTERVAL_READ = MACHINE_NEUTRAL_INTERVAL_read,
  MACHINE_NEUTRAL_SLOTS_WRITE = MACHINE_NEUTRAL_SLOTS_write,
  MACHINE_NEUTRAL_LATENCY_WRITE = MACHINE_NEUTRAL_LATENCY_write,
  MACHINE_NEUTRAL_INTERVAL_WRITE = MACHINE_NEUTRAL_INTERVAL_write
};

enum machine_key_id {
#define KEY(name, key, unit, value, least, most, origin, what) MACHINE_KEY_##name,
#define CHOICE(name, key, words, value, origin, what)          MACHINE_KEY_##name,
#include "machine/config.def"
#undef KEY
#undef CHOICE
  MACHINE_KEY_COUNT
};

/* A row of config.def. */
struct machine_key {
  const char *name; /* "vm.exit" */
  const char *what;
  const char *words; /* of a choice: "now|timed"; else NULL */
  uint64_t value, least, most;
  uint8_t unit;   /* enum machine_unit */
  uint8_t origin; /* enum machine_origin */
};

const struct machine_key *machine_key_at(unsigned id);
/* The key of that name, or MACHINE_KEY_COUNT. */
unsigned machine_key_find(const char *name);
/* The known key nearest to a mistyped one, or NULL. */
const char *machine_key_nearest(const char *typed);
/* "ps", "bytes", "per mille", "log2", "count", or the words of a choice. */
const char *machine_key_unit(unsigned id);

enum { MACHINE_SOURCE_MAX = 247, MACHINE_NAME_MAX = 64, MACHINE_TEXT_MAX = 400 };

struct machine_value {
  uint64_t value;
  uint8_t origin; /* enum machine_origin */
  char source[MACHINE_SOURCE_MAX];
};

struct machine_config {
  struct machine_value key[MACHINE_KEY_COUNT];
  char profile[MACHINE_NAME_MAX];   /* the last one loaded; "neutral" at first */
  char about[MACHINE_TEXT_MAX];     /* of the last file that had one */
  char fitted_on[MACHINE_TEXT_MAX]; /* which results a fit has seen; "" for none */
};

/* One sentence, with its place when it comes from a file. */
struct machine_error {
  char text[768];
};

/* All functions below: 0; SMMU_ERR_BADCFG (a value), SMMU_ERR_FORMAT (the file, or there
 * is none), SMMU_ERR_IO (it cannot be read), SMMU_ERR_NOMEM. cfg is unchanged on failure. */

void machine_config_defaults(struct machine_config *cfg);
/* A profile of ours by name, else a file. */
int machine_config_profile(struct machine_config *cfg, const char *name, struct machine_error *err);
int machine_config_file(struct machine_config *cfg, const char *path, struct machine_error *err);
/* Text in memory; `name` stands for the file in errors. */
int machine_config_text(struct machine_config *cfg, const char *name, const char *text, size_t len,
                        struct machine_error *err);
/* "key=value". Its origin becomes CHOSEN. */
int machine_config_set(struct machine_config *cfg, const char *assignment,
                       struct machine_error *err);
/* Do the values fit together? */
int machine_config_check(const struct machine_config *cfg, struct machine_error *err);

static inline uint64_t machine_get(const struct machine_config *cfg, enum machine_key_id key)
{
  return cfg->key[key].value;
}

/* A number as text, in the largest unit that loses nothing: "2us", "64k", "batch". */
void machine_value_print(unsigned id, uint64_t value, char *text, size_t len);
/* The opposite. Plain numbers count in the key's unit. On failure, `expected` says what would do. */
bool machine_value_parse(unsigned id, const char *text, uint64_t *value, char *expected,
                         size_t len);

/* The whole configuration as a file that, loaded again, gives the same configuration; to be freed,
 * NULL without memory. Lines begin with '#' or a key. */
char *machine_config_yaml(const struct machine_config *cfg, const char *head);

/* ---- files in the program ---- */

struct machine_file {
  const char *folder, *name; /* "profiles", "neutral.yaml" */
  const unsigned char *bytes;
  size_t length;
};

/* File i of the folder, in alphabetical order; NULL behind the last. */
const struct machine_file *machine_file_at(const char *folder, size_t i);
/* By name, with or without ".yaml". */
const struct machine_file *machine_file_find(const char *folder, const char *name);
/* The nearest name of a folder, without ".yaml", or NULL. */
const char *machine_file_nearest(const char *folder, const char *typed);

#endif

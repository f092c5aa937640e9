/* See params_ids.h. */
#include "tools/params_ids.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "smmu/config.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1 };

static unsigned index_of(const char *name)
{
  unsigned i = 0;

  while (smmu_ids_name(i) && strcmp(smmu_ids_name(i), name) != 0)
    i++;
  return i;
}

static json_t *rows_json(unsigned device)
{
  json_t *rows = json_array();
  const struct smmu_id_row *row;

  for (unsigned i = 0; (row = smmu_ids_row(device, i)) != NULL; i++)
    json_array_append_new(rows,
                          json_pack("{s:s, s:s?, s:I, s:s, s:s}", "register", row->reg, "field",
                                    row->field, "value", (json_int_t)row->value, "origin",
                                    smmu_id_origin_name(row->origin), "source", row->source));
  return rows;
}

static bool print_rows(unsigned device)
{
  const struct smmu_id_row *row;
  struct ui_table t;
  unsigned count = 0;
  bool good = true;

  ui_table_start(&t, 4);
  for (; good && (row = smmu_ids_row(device, count)) != NULL; count++) {
    good =
      ui_table_cell(&t, "%s%s%s", row->reg, row->field ? "." : "", row->field ? row->field : "") &&
      ui_table_cell(&t, "0x%x", row->value) &&
      ui_table_cell(&t, "%s", smmu_id_origin_name(row->origin)) &&
      ui_table_cell(&t, "%s", row->source);
  }
  for (unsigned i = 0; good && i < count; i++) {
    ui_table_row(&t, i);
    printf("\n");
  }
  ui_table_free(&t);
  return good;
}

/* What the registers come to, for those who compare. */
static void print_registers(unsigned device)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  smmu_config_set_ids(&cfg, smmu_ids_name(device));
  printf("\nIDR0 0x%08x  IDR1 0x%08x  IDR2 0x%08x  IDR3 0x%08x  IDR5 0x%08x\n", cfg.idr[0],
         cfg.idr[1], cfg.idr[2], cfg.idr[3], cfg.idr[5]);
  printf("IDR6 0x%08x  IIDR 0x%08x  AIDR 0x%08x  MPAMIDR 0x%08x\n", cfg.idr6, cfg.iidr, cfg.aidr,
         cfg.mpamidr);
}

static int complain(const char *name)
{
  char names[128] = "";

  for (unsigned i = 0; smmu_ids_name(i); i++) {
    size_t used = strlen(names);

    snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", smmu_ids_name(i));
  }
  ui_complain("params", "no device \"%s\"; known: %s", name, names);
  return TOOL_WRONG;
}

int params_ids(const char *name, bool json)
{
  unsigned device = index_of(name);

  if (!smmu_ids_name(device))
    return complain(name);
  if (json) {
    ui_json(json_pack("{s:i, s:s, s:s, s:o}", "schema", SCHEMA, "device", name, "about",
                      smmu_ids_what(device), "rows", rows_json(device)));
    return TOOL_DONE;
  }
  ui_put(UI_HEAD, "%s: %s\n", name, smmu_ids_what(device));
  if (!print_rows(device)) {
    ui_complain("params", "out of memory");
    return TOOL_MACHINE;
  }
  print_registers(device);
  return TOOL_DONE;
}

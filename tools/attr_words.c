/* Memory attributes in words: MAIR bytes as results and leaves hold them. IHI 0070 5.4 (MAIR), 13.1.5
 * to 13.1.7. */
#include <stdio.h>
#include <string.h>

#include "arch/attr.h"
#include "tools/explain.h"

enum { NON_CACHEABLE = 4 };

static void add_half(char *text, size_t size, const char *name, unsigned half)
{
  static const char *const allocates[] = { "no allocation", "write allocation", "read allocation",
                                           "" };
  size_t length = strlen(text);

  if (half == NON_CACHEABLE) {
    snprintf(text + length, size - length, "%snon-cacheable", name);
    return;
  }
  snprintf(text + length, size - length, "%s%s%s%s%s%s%s", name,
           half & 4 ? "write-back" : "write-through", (half & 3) != 3 || !(half & 8) ? " (" : "",
           allocates[half & 3], (half & 3) != 3 && !(half & 8) ? ", " : "",
           half & 8 ? "" : "transient", (half & 3) != 3 || !(half & 8) ? ")" : "");
}

const char *explain_memattr(unsigned memattr)
{
  static const char *const device[] = { "Device-nGnRnE", "Device-nGnRE", "Device-nGRE",
                                        "Device-GRE" };
  static char text[128];

  if (smmu_attr_is_device(memattr))
    return device[memattr >> 2 & 3];
  switch (memattr) {
  case SMMU_ATTR_FWB_NC: return "Normal non-cacheable, unless Device comes in";
  case SMMU_ATTR_FWB_WB: return "Normal write-back, whatever comes in";
  case SMMU_ATTR_FWB_S1: return "type as it comes in";
  default: break;
  }
  snprintf(text, sizeof text, "Normal ");
  if ((memattr >> 4 & 0xf) == (memattr & 0xf)) {
    add_half(text, sizeof text, "", memattr & 0xf);
  } else {
    add_half(text, sizeof text, "inner ", memattr & 0xf);
    add_half(text, sizeof text, ", outer ", memattr >> 4 & 0xf);
  }
  return text;
}

const char *explain_shareability(unsigned sh)
{
  static const char *const names[] = { "non-shareable", "reserved", "outer shareable",
                                       "inner shareable" };

  return names[sh & 3];
}

/* Text that grows in a buffer of fixed size. Pure: no locale, no allocation. */
#include "arch/text.h"

#include <stdio.h>

#include "util/check.h"

struct smmu_text smmu_text_start(char *at, size_t size)
{
  if (size != 0)
    at[0] = '\0';
  return (struct smmu_text){ at, size, 0 };
}

void smmu_text_add(struct smmu_text *text, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  smmu_text_add_list(text, format, args);
  va_end(args);
}

void smmu_text_add_list(struct smmu_text *text, const char *format, va_list args)
{
  size_t room = text->length < text->size ? text->size - text->length : 0;
  int n = vsnprintf(room != 0 ? text->at + text->length : NULL, room, format, args);

  CHECK(n >= 0);
  text->length += (size_t)n;
}

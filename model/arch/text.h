/* Text that grows in a buffer of fixed size: what does not fit is counted and dropped. */
#ifndef SMMU_ARCH_TEXT_H
#define SMMU_ARCH_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct smmu_text {
  char *at;
  size_t size;
  size_t length; /* of the whole text, what was dropped included */
};

/* An empty text in at[0 .. size - 1]. */
struct smmu_text smmu_text_start(char *at, size_t size);

/* Appends as printf would. */
__attribute__((format(printf, 2, 3))) void smmu_text_add(struct smmu_text *text, const char *format,
                                                         ...);
__attribute__((format(printf, 2, 0))) void smmu_text_add_list(struct smmu_text *text,
                                                              const char *format, va_list args);

#endif

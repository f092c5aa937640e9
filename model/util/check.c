/* The end of the line for a broken invariant. */
#include "util/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void smmu_check_failed(const char *file, int line, const char *text)
{
  fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, text);
  fflush(stderr);
  abort();
}

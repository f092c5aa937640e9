/* What cmake/Embed.cmake generates at build time. */
#ifndef MACHINE_EMBEDDED_H
#define MACHINE_EMBEDDED_H

#include "machine/config.h"

extern const struct machine_file machine_embedded[];
extern const size_t machine_embedded_count;

#endif

/* The addresses of a running system, as a table or as JSON. */
#ifndef PARLEY_UP_TABLE_H
#define PARLEY_UP_TABLE_H

#include "up/supervisor.h"

/* A text to be freed; NULL without memory. */
char *table_make(const supervisor *const *systems, size_t count, bool json, bool color,
                 int64_t took_ms);

#endif

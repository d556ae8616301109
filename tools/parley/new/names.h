/* The names of what is made: checked, and in the forms the templates need. */
#ifndef PARLEY_NEW_NAMES_H
#define PARLEY_NEW_NAMES_H

#include <stdbool.h>

#include "parley/base/error.h"

/* Bytes of a system's or service's name: generated C names hold it up to five times. */
#define NAMES_MAX 14

/* The plural is up to two bytes longer. */
enum { NAMES_SIZE = NAMES_MAX + 3 };

/* PL_INVALID_ARGUMENT where NAME cannot be a WHAT ("system", "service" or "thing"): it becomes a
 * part of Protobuf packages, C identifiers, file names, tables and routes. */
PL_NODISCARD pl_code names_check(const char *what, const char *name, pl_error *err);

/* What a service keeps, from a WORD for one of it or many: order and orders for order and for
 * orders, delivery and deliveries. */
void names_of_things(const char *word, char thing[NAMES_SIZE], char things[NAMES_SIZE]);

#endif

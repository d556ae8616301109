/* The routes of a table as an OpenAPI 3.1 document: paths, parameters, bodies and answers as
 * lib/rest reads and writes them, message types as JSON Schema, and the one shape of errors. */
#ifndef PARLEY_REST_OPENAPI_H
#define PARLEY_REST_OPENAPI_H

#include "parley/rest/rest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the document to OUT, as JSON. What OpenAPI has no word for is left out: a wildcard
 * without a name, a verb of its own, and of two routes that differ in how many segments a variable
 * takes the later one. PL_RESOURCE_EXHAUSTED: OUT is full, or there are too many message types. */
PL_NODISCARD pl_code pl_rest_openapi(const pl_rest *rest, pl_str title, pl_str version, pl_buf *out,
                                     pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

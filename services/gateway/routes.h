/* The routes at one moment: the descriptors, and a route table for each listener.
 * Immutable; replaced as a whole, freed when the last request that uses it has ended. */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include "config.h"
#include "parley/rest/rest.h"

typedef struct gateway_routes gateway_routes;

/* Reads the descriptor set at PATH and makes a table for each listener of CONFIG. Every
 * problem is appended to PROBLEMS (NULL is allowed), one a line. PL_INVALID_ARGUMENT,
 * PL_NOT_FOUND (a listener names a service that does not exist), PL_RESOURCE_EXHAUSTED
 * and what reading the file says. Starts with one reference. */
PL_NODISCARD pl_code gateway_routes_load(const char *path, const gateway_config *config,
                                         gateway_routes **out_routes, pl_buf *problems,
                                         pl_error *err);

gateway_routes *gateway_routes_ref(gateway_routes *routes);
/* From any thread. NULL is allowed. */
void gateway_routes_unref(gateway_routes *routes);

/* The table of LISTENER, by its place in the configuration. */
const pl_rest *gateway_routes_of(const gateway_routes *routes, size_t listener);

#endif

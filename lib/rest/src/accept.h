/* Which form of an answer the client wants (RFC 9110, section 12.5.1). */
#ifndef PARLEY_REST_ACCEPT_H
#define PARLEY_REST_ACCEPT_H

#include "parley/base/str.h"
#include "parley/rest/rest.h"

typedef enum rest_form {
    REST_FORM_NONE,     /* none that we have: 406 */
    REST_FORM_HAL,      /* application/hal+json */
    REST_FORM_HAL_JSON, /* the same as application/json */
    REST_FORM_PLAIN     /* application/json without HAL */
} rest_form;

/* The form for the Accept headers among HEADERS. HAL_OFFERED is false for what has a
 * plain form only. */
rest_form rest_accept(const pl_rest_pair *headers, size_t count, bool hal_offered);

/* "application/hal+json" or "application/json". */
pl_str rest_form_type(rest_form form);

#endif

/* The one shape of errors. */
#ifndef PARLEY_REST_PROBLEM_H
#define PARLEY_REST_PROBLEM_H

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/rest/rest.h"
#include "parley/schema/pool.h"

/* An error to be shown. */
typedef struct rest_problem {
    int status; /* HTTP; 0: of the code */
    pl_code code;
    pl_str message;
    pl_str path;
    pl_str details;                 /* a google.rpc.Status as wire bytes, or empty */
    const pl_message_type *request; /* what the details speak of; NULL: not known */
    const pl_field *body;           /* of it, what the whole body is; NULL: the request */
    pl_str field;                   /* a violation of the gateway's own: its field, or empty */
    int64_t retry_after_ms;         /* 0: as the details or the status say */
    pl_str allow;                   /* of 405 */
} rest_problem;

/* The response in ARENA; a fixed one where it does not fit. */
const pl_rest_response *rest_problem_response(pl_arena *arena, const rest_problem *problem);

#endif

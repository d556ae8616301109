/* The request of a contract as a REST client writes it. */
#ifndef PARLEY_VERIFY_HTTP_REQUEST_H
#define PARLEY_VERIFY_HTTP_REQUEST_H

#include "parley/base/arena.h"
#include "parley/base/str.h"
#include "parley/schema/pool.h"

/* REQUEST, bytes of METHOD's input, by RULE: the path with its query into TARGET, and BODY, which
 * stays empty where RULE has none. False: a value without JSON form, or no room. */
bool http_request_write(const pl_method_type *method, const pl_http_rule *rule, pl_str request,
                        pl_arena *arena, pl_buf *target, pl_buf *body);

#endif

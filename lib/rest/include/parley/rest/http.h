/* Requests and answers of lib/http as those of rest.h, and back: what a server of both needs
 * beside its own business.
 *
 *     if (!pl_rest_of_http(pl_http_request_head(http), pl_http_request_body(http), &arena,
 * &request))
 *         ...
 *     pl_http_field fields[PL_REST_HTTP_FIELDS];
 *     pl_http_reply reply = pl_rest_http_reply(response, fields);
 *     pl_http_respond(http, &reply);
 */
#ifndef PARLEY_REST_HTTP_H
#define PARLEY_REST_HTTP_H

#include "parley/http/server.h"
#include "parley/rest/rest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fields of an answer, Content-Type not counted. No exchange has as many: what a response has
 * beyond them is left out. */
#define PL_REST_HTTP_FIELDS 16

/* The request of HEAD and BODY, from which it borrows; its list of headers is in ARENA. Its https
 * is false. False: the arena is full; answer pl_rest_no_memory. */
PL_NODISCARD bool pl_rest_of_http(const pl_http_head *head, pl_str body, pl_arena *arena,
                                  pl_rest_request *out_request);

/* RESPONSE as it is sent: its Content-Type in the reply's own member, its other headers in FIELDS
 * with "x-content-type-options: nosniff" after them. Borrows RESPONSE and FIELDS. Where FIELDS has
 * room for more, the caller may add them at field_count. */
pl_http_reply pl_rest_http_reply(const pl_rest_response *response,
                                 pl_http_field fields[PL_REST_HTTP_FIELDS]);

#ifdef __cplusplus
}
#endif
#endif

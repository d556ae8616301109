/* google.rpc.Status details as JSON. */
#ifndef PARLEY_REST_DETAILS_H
#define PARLEY_REST_DETAILS_H

#include "parley/base/str.h"
#include "parley/schema/pool.h"

/* Appends the elements of a JSON array, without its brackets: each detail of STATUS (a
 * google.rpc.Status as wire bytes) as an object with "@type". ErrorInfo, BadRequest and
 * RetryInfo are shown with their fields, any other with its bytes as "value" in base64.
 * *OUT_RETRY_MS is set where a RetryInfo is among them. Services name fields of REQUEST as the
 * contract does; what is shown are the names that the client wrote: those of JSON, without BODY,
 * the field that is the whole body. Both may be NULL. */
void rest_details_write(pl_str status, const pl_message_type *request, const pl_field *body,
                        pl_buf *out, int64_t *out_retry_ms);

#endif

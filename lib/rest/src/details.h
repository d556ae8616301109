/* google.rpc.Status details as JSON. */
#ifndef PARLEY_REST_DETAILS_H
#define PARLEY_REST_DETAILS_H

#include "parley/base/str.h"

/* Appends the elements of a JSON array, without its brackets: each detail of STATUS (a
 * google.rpc.Status as wire bytes) as an object with "@type". ErrorInfo, BadRequest and
 * RetryInfo are shown with their fields, any other with its bytes as "value" in base64.
 * *OUT_RETRY_MS is set where a RetryInfo is among them. */
void rest_details_write(pl_str status, pl_buf *out, int64_t *out_retry_ms);

#endif

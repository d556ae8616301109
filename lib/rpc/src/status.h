/* google.rpc.Status with ErrorInfo, BadRequest and RetryInfo: the content of trailing
 * metadata grpc-status-details-bin. github.com/googleapis/googleapis google/rpc */
#ifndef PARLEY_RPC_STATUS_H
#define PARLEY_RPC_STATUS_H

#include "parley/base/error.h"
#include "parley/rpc/violations.h"

#define PL_STATUS_DETAILS_KEY "grpc-status-details-bin"
/* Bytes of the details: core refuses 8 KiB of metadata, and base64 adds a third. */
#define PL_STATUS_DETAILS_MAX 4096

/* There is more to say than code and message. */
bool pl_status_has_details(const pl_error *err, const pl_violations *violations);

/* Appends the Status to OUT; violations that do not fit are left out. METADATA, of
 * pl_status_put_metadata, goes with the reason: without one it is left out. */
void pl_status_encode(const pl_error *err, pl_str metadata, const pl_violations *violations,
                      pl_buf *out);

/* Appends a detail of TYPE ("books.v1.Shortage") to a Status; false where OUT is full. */
bool pl_status_put_detail(const char *type, pl_str message, pl_buf *out);

/* Appends an entry to the metadata of an ErrorInfo; false where OUT is full. */
bool pl_status_put_metadata(pl_str key, pl_str value, pl_buf *out);
/* Whether METADATA have KEY. */
bool pl_status_has_metadata(pl_str metadata, pl_str key);

/* Reads BYTES, of untrusted origin, into ERR (reason, domain, retry_after_ms) and
 * VIOLATIONS (added to). What is malformed or unknown is passed over. */
void pl_status_decode(pl_str bytes, pl_error *err, pl_violations *violations);

#endif

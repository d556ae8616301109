/* The texts of google.protobuf.Timestamp, Duration and FieldMask. */
#ifndef JSON_MOMENT_H
#define JSON_MOMENT_H

#include "parley/base/str.h"

/* Greatest texts, NUL included. */
#define TIMESTAMP_SIZE 32
#define DURATION_SIZE  32

/* "2026-01-31T12:34:56.789Z", with 0, 3, 6 or 9 digits of fraction; 0 where it is out of
 * the years 1 to 9999 or nanos out of 0 to 999999999. */
size_t timestamp_print(int64_t seconds, int32_t nanos, char out[TIMESTAMP_SIZE]);
bool timestamp_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos);

/* "-1.500s"; 0 where it is out of 10000 years or the signs differ. */
size_t duration_print(int64_t seconds, int32_t nanos, char out[DURATION_SIZE]);
bool duration_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos);

/* One path, "order.customer_id" to "order.customerId" and back; false where it would not
 * come back as it was, or OUT is full. */
bool mask_path_to_json(pl_str path, pl_buf *out);
bool mask_path_from_json(pl_str path, pl_buf *out);

#endif

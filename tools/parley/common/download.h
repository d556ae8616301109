/* One document by http, with limits. */
#ifndef PARLEY_TOOL_DOWNLOAD_H
#define PARLEY_TOOL_DOWNLOAD_H

#include <stdbool.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

/* Bytes of a URL, and of a download; milliseconds of a download. */
#define DOWNLOAD_URL_MAX 2048
#define DOWNLOAD_MAX     (64 << 20)
#define DOWNLOAD_MAX_MS  30000

/* WORD has a scheme: "http://...", also one that nobody knows. */
bool download_is_url(const char *word);

/* Appends the document. Redirects are not followed, for what is pinned is the URL.
 * PL_INVALID_ARGUMENT: no http URL; PL_UNIMPLEMENTED: https; PL_NOT_FOUND: the status is not 200;
 * PL_RESOURCE_EXHAUSTED: larger than DOWNLOAD_MAX; PL_UNAVAILABLE, PL_DEADLINE_EXCEEDED,
 * PL_DATA_LOSS: as the connection went. */
PL_NODISCARD pl_code download(const char *url, pl_buf *out, pl_error *err);

#endif

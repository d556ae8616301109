/* Request targets and hosts (RFC 9112 section 3.2, RFC 3986). Each check gives NULL, or the
 * reason to refuse: a constant text. */
#ifndef PARLEY_HTTP_TARGET_H
#define PARLEY_HTTP_TARGET_H

#include "parley/http/parser.h"

/* Sets path, query, has_query and, of an absolute target, host of HEAD, whose method and
 * target are set. */
const char *pl_http_target_split(pl_http_head *head);

/* "host" or "host:port", without user info or path. */
const char *pl_http_host_error(pl_str host);

#endif

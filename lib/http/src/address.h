/* Addresses of sockets: "127.0.0.1:80", "[::1]:80", "localhost:80", "unix:/path". */
#ifndef PARLEY_HTTP_ADDRESS_H
#define PARLEY_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "parley/base/error.h"

typedef struct pl_http_address {
    struct sockaddr_storage storage;
    socklen_t size;
} pl_http_address;

/* Reads TEXT; resolves host names only with RESOLVE, since that blocks. "localhost" is
 * 127.0.0.1 always. PL_INVALID_ARGUMENT, PL_UNAVAILABLE: a name that does not resolve. */
PL_NODISCARD pl_code pl_http_address_parse(const char *text, bool resolve,
                                           pl_http_address *out_address, pl_error *err);

#endif

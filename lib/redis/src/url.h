/* Where a Redis is and who asks, out of a URL. */
#ifndef PARLEY_REDIS_URL_H
#define PARLEY_REDIS_URL_H

#include <stdint.h>

#include "parley/base/error.h"

#define REDIS_HOST_SIZE    256
#define REDIS_SECRET_SIZE  256
#define REDIS_PORT_DEFAULT 6379

typedef struct redis_url {
    char path[108]; /* of a Unix socket; "": TCP */
    char host[REDIS_HOST_SIZE];
    uint16_t port;
    int64_t db;
    char user[REDIS_SECRET_SIZE]; /* "": the default user */
    char password[REDIS_SECRET_SIZE];
} redis_url;

/* Reads TEXT; the error never repeats it, since it may hold a password. */
pl_code redis_url_parse(const char *text, redis_url *out_url, pl_error *err);

#endif

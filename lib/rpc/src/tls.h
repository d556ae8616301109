/* Certificate files of a server or a channel, and core's credentials made of them.
 * Not thread-safe: core asks a server's under its own lock, an upstream has one. */
#ifndef PARLEY_RPC_TLS_INTERNAL_H
#define PARLEY_RPC_TLS_INTERNAL_H

#include <grpc/grpc_security.h>

#include "parley/base/error.h"
#include "parley/rpc/tls.h"

/* A channel looks at its files at most so often, in milliseconds. */
#define PL_TLS_LOOK_MS 100

typedef struct pl_tls pl_tls;

/* Reads the files. PL_INVALID_ARGUMENT: a file is missing among OPTS; PL_FAILED_PRECONDITION: one
 * cannot be used. NOTICE (NULL: none) is told of files read later. */
pl_code pl_tls_new(const pl_tls_opts *opts, bool server, pl_rpc_notice_fn *notice,
                   void *notice_self, pl_tls **out_tls, pl_error *err);
void pl_tls_free(pl_tls *tls);

/* Credentials for a server, which ask TLS for files as connections come; TLS must outlive them. */
grpc_server_credentials *pl_tls_server_credentials(pl_tls *tls);

/* Credentials for connections of a channel where the files are new since the last call of this
 * function; NULL: they are not. */
grpc_channel_credentials *pl_tls_channel_credentials(pl_tls *tls);
/* The name wanted in a server's certificate; NULL: none was set. */
const char *pl_tls_server_name(const pl_tls *tls);

#endif

/* A client of gRPC reflection: what a server offers, as a pool.
 *
 * Asks grpc.reflection.v1, and v1alpha where the server knows only that (older
 * servers). Each question is a stream of one message, so that a call in bytes does.
 * https://github.com/grpc/grpc-proto/blob/master/grpc/reflection/v1/reflection.proto
 *
 *     reflection r;
 *     reflection_init(&r, channel, deadline_ns);
 *     if (reflection_list(&r, &err) == PL_OK) ... r.services[0 .. r.service_count]
 *     if (reflection_load(&r, "mall.orders.v1.OrderService", &pool, &err) == PL_OK) ...
 *     reflection_done(&r);
 */
#ifndef PARLEY_CALL_REFLECT_H
#define PARLEY_CALL_REFLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "call/files.h"
#include "parley/rpc/channel.h"
#include "parley/schema/pool.h"

#define REFLECTION_SERVICES_MAX 256

typedef struct reflection {
    pl_channel *channel; /* borrowed */
    int64_t deadline_ns;
    const pl_metadata *metadata; /* sent with every question; may be set after init */
    size_t metadata_count;
    bool alpha; /* the server knows v1alpha only */
    pl_arena arena;
    const char *services[REFLECTION_SERVICES_MAX]; /* full names, after reflection_list */
    size_t service_count;
    call_files files;
} reflection;

void reflection_init(reflection *r, pl_channel *channel, int64_t deadline_ns);
/* Frees what r holds. A zeroed one is allowed. */
void reflection_done(reflection *r);

/* Asks for the names of all services. PL_UNIMPLEMENTED: the server has no reflection; else
 * what the call or the answer said. */
PL_NODISCARD pl_code reflection_list(reflection *r, pl_error *err);

/* The listed service that NAME means: its full name, or the end of it ("OrderService").
 * PL_NOT_FOUND with "did you mean"; PL_INVALID_ARGUMENT: several. */
PL_NODISCARD pl_code reflection_find(const reflection *r, pl_str name, const char **out_service,
                                     pl_error *err);

/* Everything that SERVICE needs, files imported by files included, as a pool of the caller. */
PL_NODISCARD pl_code reflection_load(reflection *r, const char *service, pl_pool **out_pool,
                                     pl_error *err);

#endif

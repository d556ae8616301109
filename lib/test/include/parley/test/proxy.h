/* A TCP proxy that misbehaves on demand: between a client and a server it delays, cuts, resets,
 * refuses or goes silent, as networks do.
 *
 * It listens on a free port of 127.0.0.1 and forwards bytes on a thread of its own. Each command
 * has taken effect when it returns. Any thread may give commands, one at a time.
 *
 *     pl_test_proxy *proxy;
 *     if (pl_test_proxy_start("unix:/tmp/x/.s.PGSQL.5432", &proxy, &err)) ...
 *     connect_to(pl_test_proxy_address(proxy));
 *     pl_test_proxy_stall(proxy);     half-open: no byte passes, nothing is closed
 *     pl_test_proxy_resume(proxy, &err);
 *     pl_test_proxy_free(proxy);
 */
#ifndef PARLEY_TEST_PROXY_H
#define PARLEY_TEST_PROXY_H

#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes on their way in one direction of a connection; then the sender has to wait. */
#define PL_TEST_PROXY_IN_FLIGHT       (1024 * 1024)
#define PL_TEST_PROXY_MAX_CONNECTIONS 1024

typedef struct pl_test_proxy pl_test_proxy;

typedef struct pl_test_proxy_stats {
    uint64_t connections; /* accepted, in all */
    size_t open;          /* now */
    uint64_t bytes_up;    /* delivered to the target */
    uint64_t bytes_down;  /* delivered to the clients */
} pl_test_proxy_stats;

/* Starts a proxy to TARGET, "127.0.0.1:5432" or "unix:/path", which need not be there yet. The
 * caller frees *out_proxy. PL_INVALID_ARGUMENT: the target; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_test_proxy_start(const char *target, pl_test_proxy **out_proxy,
                                         pl_error *err);

/* Cuts everything and ends its thread. NULL is allowed. */
void pl_test_proxy_free(pl_test_proxy *proxy);

/* "127.0.0.1:40123", borrowed. */
const char *pl_test_proxy_address(const pl_test_proxy *proxy);
uint16_t pl_test_proxy_port(const pl_test_proxy *proxy);

/* Bytes that come from now on are delivered UP_MS (to the target) and DOWN_MS (to the client)
 * later. 0: at once. */
void pl_test_proxy_delay(pl_test_proxy *proxy, int64_t up_ms, int64_t down_ms);

/* Closes all connections on both sides, orderly (FIN); bytes on their way are lost. */
void pl_test_proxy_cut(pl_test_proxy *proxy);

/* Closes all connections on both sides with RST. */
void pl_test_proxy_reset(pl_test_proxy *proxy);

/* Goes silent: connections stay open and new ones are taken, but no byte and no close passes
 * in either direction. */
void pl_test_proxy_stall(pl_test_proxy *proxy);

/* New connections are refused; those that are open go on. */
void pl_test_proxy_refuse(pl_test_proxy *proxy);

/* Back to normal: takes connections, forwards without delay; what was held up is delivered.
 * PL_ALREADY_EXISTS: somebody took the port meanwhile. */
PL_NODISCARD pl_code pl_test_proxy_resume(pl_test_proxy *proxy, pl_error *err);

pl_test_proxy_stats pl_test_proxy_get_stats(pl_test_proxy *proxy);

#ifdef __cplusplus
}
#endif
#endif

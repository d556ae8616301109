/* The socket of a connection: non-blocking, every wait with a deadline and open to a wake-up.
 *
 * Failures are codes: PL_UNAVAILABLE, PL_DEADLINE_EXCEEDED, PL_CANCELLED (woken).
 */
#ifndef PARLEY_REDIS_SOCKET_H
#define PARLEY_REDIS_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "url.h"

/* Makes the descriptor that wakes waits; -1 with errno. */
int redis_wake_new(void);
void redis_wake(int wake_fd);

/* Connects and gives the descriptor. */
pl_code redis_socket_connect(const redis_url *url, int32_t tcp_user_timeout_ms, int wake_fd,
                             int64_t deadline_ns, int *out_fd, pl_error *err);
/* Sends all of it. */
pl_code redis_socket_send(int fd, int wake_fd, const char *data, size_t size, int64_t deadline_ns,
                          pl_error *err);
/* Receives at least one byte. */
pl_code redis_socket_recv(int fd, int wake_fd, char *data, size_t size, int64_t deadline_ns,
                          size_t *out_size, pl_error *err);

#endif

/* Redis: one connection, commands as argument vectors, replies as a tree.
 *
 * Commands are arrays of byte strings; no format strings, so no value can become
 * a command. Every wait has a deadline. Commands may be queued and sent together,
 * their replies taken one by one.
 *
 * A connection is made by the first command and, after it was lost, by the next
 * one. A loss is always reported once, as PL_UNAVAILABLE, before anything is sent
 * on a new connection, because WATCH, MULTI and SELECT do not survive it:
 * pl_redis_session tells connections apart. After a protocol error, a timeout or
 * a wake-up the connection is dropped, since replies may still be under way.
 *
 * Not done here: Redis Cluster redirections, TLS, publish/subscribe.
 *
 *     pl_redis_reply *reply;
 *     if ((code = PL_REDIS_CALL(redis, deadline, &reply, err, "GET", "greeting")))
 *         return code;
 *     use(pl_redis_reply_str(reply));
 *     pl_redis_reply_free(reply);
 *
 * Codes of a command: PL_UNAVAILABLE (no server, connection lost, LOADING, MISCONF, OOM, READONLY,
 * BUSY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN), PL_DEADLINE_EXCEEDED, PL_CANCELLED (woken),
 * PL_PERMISSION_DENIED (NOAUTH, WRONGPASS, NOPERM), PL_FAILED_PRECONDITION (WRONGTYPE and any
 * error not named here), PL_ABORTED (EXECABORT), PL_NOT_FOUND (no such key, NOSCRIPT),
 * PL_ALREADY_EXISTS (BUSYGROUP, BUSYKEY), PL_RESOURCE_EXHAUSTED (command or reply over its limit,
 * memory), PL_INTERNAL (protocol error). The error's domain is "redis", its reason the first word
 * of the server's error.
 */
#ifndef PARLEY_REDIS_REDIS_H
#define PARLEY_REDIS_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes queued and not yet sent. */
#define PL_REDIS_QUEUE_BYTES_MAX ((size_t)64 << 20)
/* Arguments of one command. */
#define PL_REDIS_ARGS_MAX 1024

typedef struct pl_redis pl_redis;             /* a connection; one thread at a time, but for wake */
typedef struct pl_redis_reply pl_redis_reply; /* a reply and all it contains */

/* Texts are copied. */
typedef struct pl_redis_opts {
    /* "unix:///path/of.sock?db=1" or "redis://[user[:password]@]host[:port][/db]"; escapes %XX.
     * User and password before the path work for unix, too: "unix://user:password@/path". */
    const char *url;
    const char *name;           /* CLIENT SETNAME; NULL: none */
    int32_t connect_timeout_ms; /* within the command's deadline */
    int32_t tcp_user_timeout_ms;
    size_t max_reply; /* bytes of one reply on the wire */
} pl_redis_opts;

#ifdef __cplusplus
#define PL_REDIS_OPTS_INIT                                                                         \
    { nullptr, nullptr, 1000, 5000, (size_t)64 << 20 }
#else
#define PL_REDIS_OPTS_INIT                                                                         \
    { .connect_timeout_ms = 1000, .tcp_user_timeout_ms = 5000, .max_reply = (size_t)64 << 20 }
#endif

/* Makes a connection object; connects to nothing yet. PL_INVALID_ARGUMENT (url; no secret of it is
 * in the message), PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_redis_new(const pl_redis_opts *opts, pl_redis **out_redis, pl_error *err);

/* Closes it. NULL is allowed. No other thread may be in it or wake it any more. */
void pl_redis_free(pl_redis *redis);

/* Sends a command (after what is queued, whose replies must have been taken) and waits for its
 * reply. A reply that is an error is the function's code; errors inside an array (EXEC) are for
 * pl_redis_reply_code. The reply is the caller's. OUT_REPLY may be NULL. */
PL_NODISCARD pl_code pl_redis_call(pl_redis *redis, int64_t deadline_ns, const pl_str *argv,
                                   size_t argc, pl_redis_reply **out_reply, pl_error *err);

/* pl_redis_call with C strings. */
#define PL_REDIS_CALL(redis, deadline_ns, out_reply, err, ...)                                     \
    pl_redis_call_cstr((redis), (deadline_ns), (const char *const[]){__VA_ARGS__},                 \
                       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),          \
                       (out_reply), (err))
PL_NODISCARD pl_code pl_redis_call_cstr(pl_redis *redis, int64_t deadline_ns,
                                        const char *const *argv, size_t argc,
                                        pl_redis_reply **out_reply, pl_error *err);

/* Queues a command; nothing is sent. PL_RESOURCE_EXHAUSTED beyond the limits above: the queue is as
 * it was. */
PL_NODISCARD pl_code pl_redis_queue(pl_redis *redis, const pl_str *argv, size_t argc,
                                    pl_error *err);

/* Sends what is queued and not yet sent, and waits for the next reply, one for each queued
 * command, in order. A reply that is an error is given back as the code, and the next reply can be
 * taken. Where pl_redis_session is 0 after a failure, the connection is gone, and with it the
 * replies not yet taken. */
PL_NODISCARD pl_code pl_redis_next(pl_redis *redis, int64_t deadline_ns, pl_redis_reply **out_reply,
                                   pl_error *err);

/* Queued commands whose replies were not taken. */
size_t pl_redis_pending(const pl_redis *redis);

/* Number of the present connection, counted from 1; 0 while there is none. A number never comes
 * back. */
uint64_t pl_redis_session(const pl_redis *redis);

/* Drops the connection and what is queued. */
void pl_redis_drop(pl_redis *redis);

/* Makes the wait that is under way, or else the next one, return PL_CANCELLED at once. Any thread,
 * also a signal handler. */
void pl_redis_wake(pl_redis *redis);

/* ---- replies --------------------------------------------------------------------- */

typedef enum pl_redis_type {
    PL_REDIS_NIL,
    PL_REDIS_STRING,
    PL_REDIS_STATUS, /* "OK", "QUEUED" */
    PL_REDIS_INTEGER,
    PL_REDIS_ARRAY,
    PL_REDIS_ERROR, /* only inside arrays */
} pl_redis_type;

/* NULL is allowed. Elements go with their root. */
void pl_redis_reply_free(pl_redis_reply *reply);

pl_redis_type pl_redis_reply_type(const pl_redis_reply *reply);
/* The bytes of a string, status or error; empty for every other type. */
pl_str pl_redis_reply_str(const pl_redis_reply *reply);
/* The number of an integer, or of a string that is one; 0 for everything else. */
int64_t pl_redis_reply_int(const pl_redis_reply *reply);
/* Elements of an array; 0 for every other type. */
size_t pl_redis_reply_count(const pl_redis_reply *reply);
/* Element INDEX, borrowed; NULL where there is none. All accessors take NULL for nil, so that
 * chains of them need one check at the end. */
const pl_redis_reply *pl_redis_reply_at(const pl_redis_reply *reply, size_t index);
/* The value after NAME in an array of names and values (XINFO STREAM, an entry's fields); NULL
 * where there is none. */
const pl_redis_reply *pl_redis_reply_find(const pl_redis_reply *reply, const char *name);
/* PL_OK, or the code of an error reply. */
pl_code pl_redis_reply_code(const pl_redis_reply *reply, pl_error *err);

/* The value of FIELD in the text of INFO ("run_id", "maxmemory_policy"); false where there is
 * none. */
bool pl_redis_info_find(pl_str info, const char *field, pl_str *out_value);

#ifdef __cplusplus
}
#endif
#endif

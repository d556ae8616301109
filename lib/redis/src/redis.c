#include "parley/redis/redis.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "parley/base/clock.h"
#include "reply.h"
#include "socket.h"

#define READ_SIZE     ((size_t)64 * 1024)
#define HANDSHAKE_MAX ((size_t)4096)

struct pl_redis {
    redis_url url;
    char *name;
    int32_t connect_timeout_ms;
    int32_t tcp_user_timeout_ms;
    size_t max_reply;
    int wake_fd;

    int fd; /* -1: not connected */
    uint64_t session;
    uint64_t sessions_made;
    redisReader *reader;
    pl_buf out; /* queued and not yet sent */
    size_t pending;
    char *in;
};

/* ---- making it ------------------------------------------------------------------- */

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "redis: no memory");
}

static pl_code configure(pl_redis *redis, const pl_redis_opts *opts, pl_error *err) {
    pl_code code = redis_url_parse(opts->url, &redis->url, err);
    if (code)
        return code;
    redis->connect_timeout_ms = opts->connect_timeout_ms;
    redis->tcp_user_timeout_ms = opts->tcp_user_timeout_ms;
    redis->max_reply = opts->max_reply;
    redis->in = malloc(READ_SIZE);
    redis->name = opts->name ? strdup(opts->name) : NULL;
    if (!redis->in || (opts->name && !redis->name))
        return no_memory(err);
    redis->wake_fd = redis_wake_new();
    return redis->wake_fd < 0 ? no_memory(err) : PL_OK;
}

pl_code pl_redis_new(const pl_redis_opts *opts, pl_redis **out_redis, pl_error *err) {
    if (!opts->url || opts->connect_timeout_ms <= 0 || opts->max_reply == 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "redis: a connection needs a URL, a time to connect and a limit of "
                            "replies");
    pl_redis *redis = calloc(1, sizeof *redis);
    if (!redis)
        return no_memory(err);
    redis->fd = redis->wake_fd = -1;
    redis->out = pl_buf_make(PL_REDIS_QUEUE_BYTES_MAX);
    pl_code code = configure(redis, opts, err);
    if (code) {
        pl_redis_free(redis);
        return code;
    }
    *out_redis = redis;
    return PL_OK;
}

void pl_redis_free(pl_redis *redis) {
    if (!redis)
        return;
    pl_redis_drop(redis);
    if (redis->wake_fd >= 0)
        close(redis->wake_fd);
    pl_buf_done(&redis->out);
    free(redis->name);
    free(redis->in);
    memset(&redis->url, 0, sizeof redis->url); /* it may hold a password */
    free(redis);
}

void pl_redis_drop(pl_redis *redis) {
    if (redis->fd >= 0)
        close(redis->fd);
    redis->fd = -1;
    redis->session = 0;
    if (redis->reader)
        redisReaderFree(redis->reader);
    redis->reader = NULL;
    pl_buf_clear(&redis->out);
    redis->pending = 0;
}

size_t pl_redis_pending(const pl_redis *redis) {
    return redis->pending;
}
uint64_t pl_redis_session(const pl_redis *redis) {
    return redis->session;
}
void pl_redis_wake(pl_redis *redis) {
    redis_wake(redis->wake_fd);
}

/* ---- commands -------------------------------------------------------------------- */

static void write_command(pl_buf *out, const pl_str *argv, size_t argc) {
    pl_buf_putc(out, '*');
    pl_buf_u64(out, argc);
    for (size_t i = 0; i < argc; i++) {
        pl_buf_puts(out, "\r\n$");
        pl_buf_u64(out, argv[i].n);
        pl_buf_puts(out, "\r\n");
        pl_buf_str(out, argv[i]);
    }
    pl_buf_puts(out, "\r\n");
}

pl_code pl_redis_queue(pl_redis *redis, const pl_str *argv, size_t argc, pl_error *err) {
    PL_ASSERT(argc > 0);
    if (argc > PL_REDIS_ARGS_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "redis: %.*s has %zu arguments, at most %d are allowed",
                            PL_FMT(pl_utf8_cut(argv[0], 64)), argc, PL_REDIS_ARGS_MAX);
    size_t before = redis->out.n;
    write_command(&redis->out, argv, argc);
    if (redis->out.failed) {
        redis->out.n = before;
        redis->out.p[before] = 0;
        redis->out.failed = false;
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "redis: %.*s does not fit: at most %zu bytes can be queued",
                            PL_FMT(pl_utf8_cut(argv[0], 64)), PL_REDIS_QUEUE_BYTES_MAX);
    }
    redis->pending++;
    return PL_OK;
}

/* ---- replies --------------------------------------------------------------------- */

static pl_code reader_failed(const pl_redis *redis, pl_error *err) {
    if (redis->reader->err == REDIS_ERR_OOM)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "redis: a reply needs more than %zu bytes, or no memory is left",
                            redis->max_reply);
    pl_error_set(err, PL_INTERNAL, "redis: protocol error: %s", redis->reader->errstr);
    pl_error_info(err, "redis", "PROTOCOL");
    return PL_INTERNAL;
}

/* Reads one reply; after a failure the connection is of no use. */
static pl_code read_reply(pl_redis *redis, int64_t deadline_ns, pl_redis_reply **out_reply,
                          pl_error *err) {
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK)
            return reader_failed(redis, err);
        if (reply) {
            *out_reply = reply;
            return PL_OK;
        }
        if (redis->reader->len - redis->reader->pos > redis->max_reply)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                                "redis: a reply has more than %zu bytes", redis->max_reply);
        size_t size;
        pl_code code = redis_socket_recv(redis->fd, redis->wake_fd, redis->in, READ_SIZE,
                                         deadline_ns, &size, err);
        if (code)
            return code;
        if (redisReaderFeed(redis->reader, redis->in, size) != REDIS_OK)
            return reader_failed(redis, err);
    }
}

/* Takes one reply of the handshake. */
static pl_code expect_ok(pl_redis *redis, int64_t deadline_ns, pl_error *err) {
    pl_redis_reply *reply;
    pl_code code = read_reply(redis, deadline_ns, &reply, err);
    if (code)
        return code;
    code = pl_redis_reply_code(reply, err);
    pl_redis_reply_free(reply);
    return code;
}

/* ---- connecting ------------------------------------------------------------------ */

/* AUTH, SELECT and CLIENT SETNAME where they are wanted, in one round trip. */
static size_t write_handshake(const pl_redis *redis, pl_buf *out) {
    size_t count = 0;
    if (redis->url.password[0]) {
        pl_str user = pl_str_c(redis->url.user[0] ? redis->url.user : "default");
        pl_str auth[] = {PL_STR("AUTH"), user, pl_str_c(redis->url.password)};
        write_command(out, auth, 3);
        count++;
    }
    if (redis->url.db > 0) {
        pl_buf number = pl_buf_make(32);
        pl_buf_i64(&number, redis->url.db);
        pl_str select[] = {PL_STR("SELECT"), pl_buf_view(&number)};
        write_command(out, select, 2);
        pl_buf_done(&number);
        count++;
    }
    if (redis->name) {
        pl_str name[] = {PL_STR("CLIENT"), PL_STR("SETNAME"), pl_str_c(redis->name)};
        write_command(out, name, 3);
        count++;
    }
    return count;
}

static pl_code handshake(pl_redis *redis, int64_t deadline_ns, pl_error *err) {
    pl_buf out = pl_buf_make(HANDSHAKE_MAX);
    size_t count = write_handshake(redis, &out);
    pl_code code = out.failed ? no_memory(err)
                              : redis_socket_send(redis->fd, redis->wake_fd, out.p, out.n,
                                                  deadline_ns, err);
    if (out.n > 0)
        memset(out.p, 0, out.n);
    pl_buf_done(&out);
    for (size_t i = 0; i < count && !code; i++)
        code = expect_ok(redis, deadline_ns, err);
    return code;
}

static pl_code connect_until(pl_redis *redis, int64_t deadline_ns, pl_error *err) {
    int64_t limit = pl_deadline_ms(redis->connect_timeout_ms);
    if (limit > deadline_ns)
        limit = deadline_ns;
    redis->reader = redisReaderCreateWithFunctions(&redis_reply_functions);
    if (!redis->reader)
        return no_memory(err);
    redis->reader->privdata = &redis->max_reply;
    pl_code code = redis_socket_connect(&redis->url, redis->tcp_user_timeout_ms, redis->wake_fd,
                                        limit, &redis->fd, err);
    if (!code)
        code = handshake(redis, limit, err);
    /* Nothing was asked yet, so a server that does not answer is one that is down. */
    if (code == PL_DEADLINE_EXCEEDED)
        code = pl_error_set(err, PL_UNAVAILABLE, "redis: cannot connect: no answer in time");
    if (!code)
        redis->session = ++redis->sessions_made;
    return code;
}

/* ---- one reply after the other --------------------------------------------------- */

static pl_code exchange(pl_redis *redis, int64_t deadline_ns, pl_redis_reply **out_reply,
                        pl_error *err) {
    pl_code code = PL_OK;
    if (redis->fd < 0)
        code = connect_until(redis, deadline_ns, err);
    if (!code && redis->out.n > 0) {
        code = redis_socket_send(redis->fd, redis->wake_fd, redis->out.p, redis->out.n, deadline_ns,
                                 err);
        pl_buf_clear(&redis->out);
    }
    return code ? code : read_reply(redis, deadline_ns, out_reply, err);
}

pl_code pl_redis_next(pl_redis *redis, int64_t deadline_ns, pl_redis_reply **out_reply,
                      pl_error *err) {
    PL_ASSERT(redis->pending > 0);
    pl_redis_reply *reply;
    pl_code code = exchange(redis, deadline_ns, &reply, err);
    if (code) {
        pl_redis_drop(redis);
        return code;
    }
    redis->pending--;
    code = pl_redis_reply_code(reply, err);
    if (code || !out_reply)
        pl_redis_reply_free(reply);
    else
        *out_reply = reply;
    return code;
}

pl_code pl_redis_call(pl_redis *redis, int64_t deadline_ns, const pl_str *argv, size_t argc,
                      pl_redis_reply **out_reply, pl_error *err) {
    PL_ASSERT(redis->pending == 0);
    pl_code code = pl_redis_queue(redis, argv, argc, err);
    return code ? code : pl_redis_next(redis, deadline_ns, out_reply, err);
}

pl_code pl_redis_call_cstr(pl_redis *redis, int64_t deadline_ns, const char *const *argv,
                           size_t argc, pl_redis_reply **out_reply, pl_error *err) {
    PL_ASSERT(redis->pending == 0);
    PL_ASSERT(argc > 0 && argc <= PL_REDIS_ARGS_MAX);
    pl_str list[PL_REDIS_ARGS_MAX];
    for (size_t i = 0; i < argc; i++)
        list[i] = pl_str_c(argv[i]);
    return pl_redis_call(redis, deadline_ns, list, argc, out_reply, err);
}

#include "parley/test/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "parley/base/str.h"
#include "proxy_internal.h"

#define BACKLOG 128

static void on_connection(void *self, uint32_t events) {
    (void)events;
    pl_test_proxy *proxy = self;
    int fd = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        proxy_pair_open(proxy, fd);
}

/* A socket on 127.0.0.1 and PORT. */
static int bind_port(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address))) {
        int errnum = errno;
        close(fd);
        errno = errnum;
        return -1;
    }
    return fd;
}

static void close_listener(pl_test_proxy *proxy) {
    pl_watch_stop(&proxy->watch);
    if (proxy->listener >= 0)
        close(proxy->listener);
    proxy->listener = -1;
}

static pl_code open_listener(pl_test_proxy *proxy, pl_error *err) {
    if (proxy->listener >= 0)
        return PL_OK;
    proxy->listener = bind_port(proxy->port);
    if (proxy->listener < 0 || listen(proxy->listener, BACKLOG)) {
        int errnum = errno;
        close_listener(proxy);
        if (errnum == EADDRINUSE)
            return pl_error_set(err, PL_ALREADY_EXISTS, "proxy: port %u was taken by somebody",
                                proxy->port);
        return pl_error_errno(err, errnum, "proxy: listen");
    }
    pl_code code = pl_watch_start(proxy->loop, &proxy->watch, proxy->listener, PL_LOOP_READ,
                                  on_connection, proxy, err);
    if (code)
        close_listener(proxy);
    return code;
}

static pl_code reserve_port(pl_test_proxy *proxy, pl_error *err) {
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);
    proxy->reserve = bind_port(0);
    if (proxy->reserve < 0 || getsockname(proxy->reserve, (struct sockaddr *)&address, &size))
        return pl_error_errno(err, errno, "proxy: bind");
    proxy->port = ntohs(address.sin_port);
    snprintf(proxy->address, sizeof(proxy->address), "127.0.0.1:%u", proxy->port);
    return PL_OK;
}

static pl_code parse_target(pl_test_proxy *proxy, const char *target, pl_error *err) {
    static const pl_str unix_prefix = PL_STR("unix:");
    pl_str text = pl_str_c(target);
    struct sockaddr_un *un = (struct sockaddr_un *)&proxy->target;
    struct sockaddr_in *in = (struct sockaddr_in *)&proxy->target;
    if (pl_str_starts(text, unix_prefix) && text.n - unix_prefix.n < sizeof(un->sun_path)) {
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, text.p + unix_prefix.n, text.n - unix_prefix.n);
        proxy->target_size = sizeof(*un);
        return PL_OK;
    }
    char host[INET_ADDRSTRLEN] = "";
    size_t colon = pl_str_index(text, ':');
    uint64_t port = 0;
    if (colon < sizeof(host) && colon < text.n)
        memcpy(host, text.p, colon);
    if (inet_pton(AF_INET, host, &in->sin_addr) != 1 ||
        !pl_str_u64(pl_str_c(target + colon + 1), &port) || port > UINT16_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "proxy: target '%.64s' is neither 127.0.0.1:port nor unix:/path",
                            target);
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    proxy->target_size = sizeof(*in);
    return PL_OK;
}

static void *run(void *arg) {
    pl_test_proxy *proxy = arg;
    pl_error err;
    if (pl_loop_run(proxy->loop, &err))
        fprintf(stderr, "proxy: %s\n", err.message);
    return NULL;
}

static pl_code start(pl_test_proxy *proxy, const char *target, pl_error *err) {
    pl_code code = parse_target(proxy, target, err);
    if (!code)
        code = pl_loop_new(&proxy->loop, err);
    if (!code)
        code = reserve_port(proxy, err);
    if (!code)
        code = open_listener(proxy, err);
    if (code)
        return code;
    int errnum = pthread_create(&proxy->thread, NULL, run, proxy);
    if (errnum)
        return pl_error_errno(err, errnum, "proxy: thread");
    proxy->running = true;
    return PL_OK;
}

pl_code pl_test_proxy_start(const char *target, pl_test_proxy **out_proxy, pl_error *err) {
    pl_test_proxy *proxy = calloc(1, sizeof(*proxy));
    if (!proxy)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "proxy: no memory");
    proxy->reserve = proxy->listener = -1;
    pthread_mutex_init(&proxy->mu, NULL);
    pthread_cond_init(&proxy->done, NULL);
    pl_code code = start(proxy, target, err);
    if (code) {
        pl_test_proxy_free(proxy);
        return code;
    }
    *out_proxy = proxy;
    return PL_OK;
}

static void close_pairs(pl_test_proxy *proxy, bool reset) {
    while (proxy->pairs)
        proxy_pair_close(proxy->pairs, reset);
}

void pl_test_proxy_free(pl_test_proxy *proxy) {
    if (!proxy)
        return;
    if (proxy->running) {
        pl_loop_stop(proxy->loop);
        pthread_join(proxy->thread, NULL);
    }
    close_pairs(proxy, false);
    close_listener(proxy);
    if (proxy->reserve >= 0)
        close(proxy->reserve);
    pl_loop_free(proxy->loop);
    pthread_cond_destroy(&proxy->done);
    pthread_mutex_destroy(&proxy->mu);
    free(proxy);
}

const char *pl_test_proxy_address(const pl_test_proxy *proxy) {
    return proxy->address;
}

uint16_t pl_test_proxy_port(const pl_test_proxy *proxy) {
    return proxy->port;
}

/* A command on its way to the proxy's thread and back. */
typedef struct command {
    pl_task task;
    pl_test_proxy *proxy;
    void (*run)(struct command *command);
    int64_t up_ms, down_ms;
    pl_test_proxy_stats stats;
    pl_code code;
    pl_error *err;
    bool done; /* guarded by mu */
} command;

static void run_command(pl_task *task) {
    command *c = PL_CONTAINER_OF(task, command, task);
    pl_test_proxy *proxy = c->proxy;
    c->run(c);
    pthread_mutex_lock(&proxy->mu);
    c->done = true;
    pthread_cond_broadcast(&proxy->done);
    pthread_mutex_unlock(&proxy->mu);
}

static void give(command *c) {
    c->task.run = run_command;
    pl_loop_post(c->proxy->loop, &c->task);
    pthread_mutex_lock(&c->proxy->mu);
    while (!c->done)
        pthread_cond_wait(&c->proxy->done, &c->proxy->mu);
    pthread_mutex_unlock(&c->proxy->mu);
}

static void run_delay(command *c) {
    c->proxy->delay_ms[CLIENT] = c->up_ms;
    c->proxy->delay_ms[TARGET] = c->down_ms;
}

void pl_test_proxy_delay(pl_test_proxy *proxy, int64_t up_ms, int64_t down_ms) {
    give(&(command){.proxy = proxy, .run = run_delay, .up_ms = up_ms, .down_ms = down_ms});
}

static void run_cut(command *c) {
    close_pairs(c->proxy, false);
}

void pl_test_proxy_cut(pl_test_proxy *proxy) {
    give(&(command){.proxy = proxy, .run = run_cut});
}

static void run_reset(command *c) {
    close_pairs(c->proxy, true);
}

void pl_test_proxy_reset(pl_test_proxy *proxy) {
    give(&(command){.proxy = proxy, .run = run_reset});
}

static void update_pairs(pl_test_proxy *proxy) {
    for (proxy_pair *pair = proxy->pairs, *next; pair; pair = next) {
        next = pair->next;
        proxy_pair_update(pair);
    }
}

static void run_stall(command *c) {
    c->proxy->stalled = true;
    update_pairs(c->proxy);
}

void pl_test_proxy_stall(pl_test_proxy *proxy) {
    give(&(command){.proxy = proxy, .run = run_stall});
}

static void run_refuse(command *c) {
    close_listener(c->proxy);
}

void pl_test_proxy_refuse(pl_test_proxy *proxy) {
    give(&(command){.proxy = proxy, .run = run_refuse});
}

static void run_resume(command *c) {
    pl_test_proxy *proxy = c->proxy;
    proxy->stalled = false;
    proxy->delay_ms[CLIENT] = proxy->delay_ms[TARGET] = 0;
    for (proxy_pair *pair = proxy->pairs; pair; pair = pair->next)
        proxy_pair_hurry(pair);
    update_pairs(proxy);
    c->code = open_listener(proxy, c->err);
}

pl_code pl_test_proxy_resume(pl_test_proxy *proxy, pl_error *err) {
    command c = {.proxy = proxy, .run = run_resume, .err = err};
    give(&c);
    return c.code;
}

static void run_stats(command *c) {
    c->stats = c->proxy->stats;
}

pl_test_proxy_stats pl_test_proxy_get_stats(pl_test_proxy *proxy) {
    command c = {.proxy = proxy, .run = run_stats};
    give(&c);
    return c.stats;
}

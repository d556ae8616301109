#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy_internal.h"

#define READ_SIZE (16 * 1024)

static void chunks_free(proxy_way *way) {
    while (way->first) {
        proxy_chunk *chunk = way->first;
        way->first = chunk->next;
        free(chunk);
    }
}

void proxy_pair_close(proxy_pair *pair, bool reset) {
    pl_test_proxy *proxy = pair->proxy;
    for (int i = 0; i < 2; i++) {
        proxy_side *side = &pair->sides[i];
        pl_timer_stop(&pair->ways[i].timer);
        chunks_free(&pair->ways[i]);
        pl_watch_stop(&side->watch);
        struct linger now = {.l_onoff = 1};
        if (reset && side->fd >= 0)
            setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        if (side->fd >= 0)
            close(side->fd);
    }
    if (pair->prev)
        pair->prev->next = pair->next;
    else
        proxy->pairs = pair->next;
    if (pair->next)
        pair->next->prev = pair->prev;
    proxy->stats.open--;
    free(pair);
}

static bool queue(proxy_way *way, const char *bytes, size_t n) {
    pl_test_proxy *proxy = way->pair->proxy;
    int64_t delay_ms = proxy->delay_ms[way - way->pair->ways];
    proxy_chunk *chunk = malloc(sizeof(*chunk) + n);
    if (!chunk)
        return false;
    *chunk = (proxy_chunk){.due_ns = delay_ms ? pl_deadline_ms(delay_ms) : 0, .n = n};
    if (n)
        memcpy(chunk->bytes, bytes, n);
    /* Bytes never overtake those before them. */
    if (way->last && chunk->due_ns < way->last->due_ns)
        chunk->due_ns = way->last->due_ns;
    if (way->first)
        way->last->next = chunk;
    else
        way->first = chunk;
    way->last = chunk;
    way->in_flight += n;
    return true;
}

/* Delivers the first chunk. False: not all of it, or the sink is broken. */
static bool deliver(proxy_way *way, proxy_side *sink, bool *out_broken) {
    pl_test_proxy *proxy = way->pair->proxy;
    proxy_chunk *chunk = way->first;
    while (chunk->sent < chunk->n) {
        ssize_t n = send(sink->fd, chunk->bytes + chunk->sent, chunk->n - chunk->sent,
                         MSG_NOSIGNAL);
        if (n < 0) {
            sink->full = errno == EAGAIN;
            *out_broken = errno != EAGAIN && errno != EINTR;
            return false;
        }
        chunk->sent += (size_t)n;
        if (sink == &way->pair->sides[TARGET])
            proxy->stats.bytes_up += (uint64_t)n;
        else
            proxy->stats.bytes_down += (uint64_t)n;
    }
    if (chunk->n == 0) {
        shutdown(sink->fd, SHUT_WR);
        way->done = true;
    }
    way->in_flight -= chunk->n;
    way->first = chunk->next;
    if (!way->first)
        way->last = NULL;
    free(chunk);
    return true;
}

static void on_due(void *self) {
    proxy_way *way = self;
    proxy_pair_update(way->pair);
}

/* Delivers what is due. False: the sink is broken. */
static bool pump(proxy_pair *pair, int from) {
    proxy_way *way = &pair->ways[from];
    proxy_side *sink = &pair->sides[!from];
    bool broken = false;
    while (way->first && !sink->full && !(pair->connecting && from == CLIENT)) {
        if (way->first->due_ns > pl_now_ns()) {
            pl_timer_start(pair->proxy->loop, &way->timer, way->first->due_ns, on_due, way);
            return true;
        }
        if (!deliver(way, sink, &broken))
            return !broken;
    }
    return true;
}

static void on_event(void *self, uint32_t events);

static void set_events(proxy_pair *pair, int i) {
    bool stalled = pair->proxy->stalled;
    proxy_side *side = &pair->sides[i];
    uint32_t events = 0;
    if (!stalled && !pair->ways[i].ended && pair->ways[i].in_flight < PL_TEST_PROXY_IN_FLIGHT)
        events |= PL_LOOP_READ;
    if (!stalled && (pair->sides[i].full || (i == TARGET && pair->connecting)))
        events |= PL_LOOP_WRITE;
    if (side->watch.loop)
        pl_watch_set(&side->watch, events);
    else if (!stalled && !pair->ways[i].ended) /* it was stopped by an error while stalled */
        (void)!pl_watch_start(pair->proxy->loop, &side->watch, side->fd, events, on_event, side,
                              NULL);
}

void proxy_pair_hurry(proxy_pair *pair) {
    for (int i = 0; i < 2; i++)
        for (proxy_chunk *chunk = pair->ways[i].first; chunk; chunk = chunk->next)
            chunk->due_ns = 0;
}

void proxy_pair_update(proxy_pair *pair) {
    if (!pair->proxy->stalled) {
        if (!pump(pair, CLIENT) || !pump(pair, TARGET)) {
            proxy_pair_close(pair, true);
            return;
        }
        if (pair->ways[CLIENT].done && pair->ways[TARGET].done) {
            proxy_pair_close(pair, false);
            return;
        }
    }
    set_events(pair, CLIENT);
    set_events(pair, TARGET);
}

/* False: the pair is to be closed by a reset, as its side was. */
static bool take(proxy_pair *pair, int i) {
    char bytes[READ_SIZE];
    ssize_t n = read(pair->sides[i].fd, bytes, sizeof(bytes));
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    pair->ways[i].ended = n == 0;
    return queue(&pair->ways[i], bytes, (size_t)n);
}

static void on_event(void *self, uint32_t events) {
    proxy_side *side = self;
    proxy_pair *pair = side->pair;
    int i = side == &pair->sides[TARGET];
    if (pair->proxy->stalled) {
        /* Errors are told also unasked: the side is left alone until the proxy goes on. */
        pl_watch_stop(&side->watch);
        return;
    }
    if (i == TARGET && pair->connecting) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) {
            proxy_pair_close(pair, false);
            return;
        }
        pair->connecting = false;
    }
    if (events & (PL_LOOP_WRITE | PL_LOOP_ERROR | PL_LOOP_HANGUP))
        side->full = false;
    bool readable = events & (PL_LOOP_READ | PL_LOOP_ERROR | PL_LOOP_HANGUP);
    if (readable && !pair->ways[i].ended && !take(pair, i)) {
        proxy_pair_close(pair, true);
        return;
    }
    if ((events & (PL_LOOP_ERROR | PL_LOOP_HANGUP)) && pair->ways[i].ended)
        pl_watch_stop(&side->watch); /* it would be told for ever */
    proxy_pair_update(pair);
}

static bool connect_target(proxy_pair *pair) {
    pl_test_proxy *proxy = pair->proxy;
    proxy_side *side = &pair->sides[TARGET];
    side->fd = socket(proxy->target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (side->fd < 0)
        return false;
    pair->connecting = connect(side->fd, (const struct sockaddr *)&proxy->target,
                               proxy->target_size) != 0;
    return !pair->connecting || errno == EINPROGRESS;
}

void proxy_pair_open(pl_test_proxy *proxy, int fd) {
    proxy->stats.connections++;
    proxy_pair *pair = NULL;
    if (proxy->stats.open < PL_TEST_PROXY_MAX_CONNECTIONS)
        pair = calloc(1, sizeof(*pair));
    if (!pair) {
        close(fd);
        return;
    }
    pair->proxy = proxy;
    pair->next = proxy->pairs;
    if (pair->next)
        pair->next->prev = pair;
    proxy->pairs = pair;
    proxy->stats.open++;
    pair->sides[CLIENT] = (proxy_side){.pair = pair, .fd = fd};
    pair->sides[TARGET] = (proxy_side){.pair = pair, .fd = -1};
    pair->ways[CLIENT].pair = pair->ways[TARGET].pair = pair;
    bool ok = connect_target(pair);
    for (int i = 0; ok && i < 2; i++) {
        int on = 1;
        setsockopt(pair->sides[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        ok = !pl_watch_start(proxy->loop, &pair->sides[i].watch, pair->sides[i].fd, PL_LOOP_READ,
                             on_event, &pair->sides[i], NULL);
    }
    if (ok)
        proxy_pair_update(pair);
    else
        proxy_pair_close(pair, false);
}

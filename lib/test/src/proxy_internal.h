/* The proxy's state. All of it belongs to the proxy's thread; commands run there.
 *
 *   proxy.c       life cycle, commands, accepting
 *   proxy_pair.c  a connection: two sockets and the bytes between them
 */
#ifndef PARLEY_TEST_PROXY_INTERNAL_H
#define PARLEY_TEST_PROXY_INTERNAL_H

#include <pthread.h>
#include <sys/socket.h>

#include "parley/loop/loop.h"
#include "parley/test/proxy.h"

/* Bytes read together, which are then delivered together; none: the end of the stream. */
typedef struct proxy_chunk {
    struct proxy_chunk *next;
    int64_t due_ns;
    size_t n, sent;
    char bytes[];
} proxy_chunk;

/* One direction of a pair. */
typedef struct proxy_way {
    struct proxy_pair *pair;
    proxy_chunk *first, *last;
    size_t in_flight; /* bytes in the chunks */
    pl_timer timer;   /* for the first chunk */
    bool ended;       /* the source has closed its side */
    bool done;        /* and the sink was told */
} proxy_way;

typedef struct proxy_side {
    struct proxy_pair *pair;
    int fd;
    pl_watch watch;
    bool full; /* it takes no more for now */
} proxy_side;

enum { CLIENT = 0, TARGET = 1 };

typedef struct proxy_pair {
    pl_test_proxy *proxy;
    struct proxy_pair *next, *prev;
    bool connecting;
    proxy_side sides[2];
    proxy_way ways[2]; /* ways[CLIENT]: from the client to the target, and so on */
} proxy_pair;

struct pl_test_proxy {
    pl_loop *loop;
    pthread_t thread;
    bool running; /* the thread is there */
    struct sockaddr_storage target;
    socklen_t target_size;
    int reserve; /* holds the port while nobody listens */
    int listener;
    pl_watch watch;
    uint16_t port;
    char address[32];

    proxy_pair *pairs;
    bool stalled;
    int64_t delay_ms[2]; /* of ways[] */
    pl_test_proxy_stats stats;

    pthread_mutex_t mu;
    pthread_cond_t done;
};

/* A new pair of the client FD, which it takes over, and a connection to the target. */
void proxy_pair_open(pl_test_proxy *proxy, int fd);
/* Closes both sides; with RESET by RST. */
void proxy_pair_close(proxy_pair *pair, bool reset);
/* Makes everything on its way due. */
void proxy_pair_hurry(proxy_pair *pair);
/* Delivers what is due; the proxy was stalled, or goes on. May close the pair. */
void proxy_pair_update(proxy_pair *pair);

#endif

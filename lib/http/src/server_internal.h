/* The server's state, and what its files share.
 *
 *   server.c      life cycle, drain
 *   listen.c      listening and accepting
 *   peers.c       connections per address
 *   accept.c      a connection is made, or turned away
 *   connection.c  a connection: read, closed
 *   timeouts.c    its phases and their deadlines
 *   reply.c       answers, refusals, writing
 *   request.c     the handler's view of a request
 */
#ifndef PARLEY_HTTP_SERVER_INTERNAL_H
#define PARLEY_HTTP_SERVER_INTERNAL_H

#include "address.h"
#include "parley/http/server.h"

/* Bytes read at a time. */
#define PL_HTTP_READ_SIZE (64 * 1024)
/* With more than this to be written a connection's next request waits. */
#define PL_HTTP_OUTPUT_HIGH (64 * 1024)
/* Longer bodies are written from where they are. */
#define PL_HTTP_DIRECT_WRITE (16 * 1024)
/* Buffers that grew beyond it are given back between requests. */
#define PL_HTTP_KEPT_BUFFER (4 * 1024)
/* After a refusal the client may finish sending, so that it reads the answer and not a reset. */
#define PL_HTTP_LINGER_MS 2000
/* Connections beyond max_connections that are there only to be told so. */
#define PL_HTTP_TURNED_AWAY_MAX 64
/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. */
#define PL_HTTP_DATE_SIZE 32

typedef struct pl_http_peer pl_http_peer;
typedef struct pl_http_peers pl_http_peers;

typedef struct pl_http_listener {
    pl_http_server *server;
    int fd;
    int number;
    pl_watch watch;
    pl_timer pause;  /* while there are no descriptors */
    char *unix_path; /* removed with the listener; NULL: TCP */
} pl_http_listener;

struct pl_http_server {
    pl_loop *loop;
    pl_http_server_opts opts;
    pl_http_listener listeners[PL_HTTP_MAX_LISTENERS];
    size_t listener_count;
    pl_http_request *connections; /* all of them */
    pl_http_peers *peers;
    pl_http_server_stats stats;
    size_t turning_away; /* connections that are only there to be told so */

    bool draining;
    void (*drained)(void *self);
    void *drained_self;
    pl_timer grace;
    pl_task drained_task;
    bool drained_waiting; /* drained_task is deferred */

    int64_t date_second; /* which `date` is of */
    char date[PL_HTTP_DATE_SIZE];
    char scratch[PL_HTTP_READ_SIZE]; /* what a read gives, used before it returns to the loop */
};

/* A connection, which is the one request it has at a time. */
struct pl_http_request {
    pl_http_server *server; /* NULL: closed, waiting for its answer */
    pl_http_request *next, *prev;
    pl_http_peer *peer; /* NULL: a Unix socket */
    int listener;
    int fd;
    pl_watch watch;
    pl_http_parser *parser;
    pl_buf in;   /* read, but not parsed yet */
    pl_buf body; /* of the request */
    pl_buf out;  /* to be written, from out_at on */
    size_t out_at;

    pl_task tick; /* writes and goes on, once a round */
    bool tick_waiting;
    int depth; /* of our functions on the stack that use it */

    bool in_headers;  /* on_headers is running */
    bool has_head;    /* of the current request */
    bool early;       /* answered before its body came */
    bool busy;        /* with the handler */
    bool peer_done;   /* the kernel says that the peer sends no more; there may be bytes before */
    bool peer_closed; /* all it sent was read */
    bool close_after; /* when everything is written */
    bool refused;     /* so linger */
    bool lingering;
    bool blocked; /* the kernel takes no more for now */
    bool broken;  /* writing fails */
    bool turned_away;

    int64_t max_body;
    int64_t started_ns; /* the request's first byte */
    int64_t body_started_ns, body_n;
    int64_t write_started_ns, written_n;
    int64_t idle_since_ns;
    pl_timer timer;
    int64_t due_ns; /* when the phase is over; the timer may fire before */

    void (*on_gone)(void *self);
    void *on_gone_self;
    bool gone_told;
    void *data;
    char peer_text[PL_HTTP_PEER_SIZE];
    char peer_address[PL_HTTP_PEER_SIZE];
};

/* listen.c */
void pl_http_listener_close(pl_http_listener *listener);

/* peers.c: a count for each address. */
pl_http_peers *pl_http_peers_new(void);
void pl_http_peers_free(pl_http_peers *peers);
/* One more connection of ADDRESS (16 bytes); NULL without memory. */
pl_http_peer *pl_http_peers_add(pl_http_peers *peers, const uint8_t address[16]);
size_t pl_http_peer_count(const pl_http_peer *peer);
void pl_http_peers_remove(pl_http_peers *peers, pl_http_peer *peer);

/* accept.c: takes FD over, also when it fails. */
void pl_http_connection_accept(pl_http_listener *listener, int fd, const pl_http_address *address);

/* connection.c */
/* Its watch's. */
void pl_http_connection_on_event(void *self, uint32_t events);
/* Undoes a `depth++`, which keeps it from being freed: it waits for what its state asks for, or
 * is freed where it is closed. */
void pl_http_connection_leave(pl_http_request *connection);
void pl_http_connection_destroy(pl_http_request *connection);
/* Frees it, or leaves it to its answer. */
void pl_http_connection_close(pl_http_request *connection);
/* Nothing is asked that is not answered and written. */
bool pl_http_connection_idle(const pl_http_request *connection);
/* Makes it write and go on at the end of this round. */
void pl_http_connection_wake(pl_http_request *connection);
/* The handler has answered; the connection is ready for the next request, or freed. */
void pl_http_connection_answered(pl_http_request *connection);
/* Bytes to be written. */
static inline size_t pl_http_pending(const pl_http_request *connection) {
    return connection->out.n - connection->out_at;
}
/* A body follows the head. */
static inline bool pl_http_expects_body(const pl_http_head *head) {
    return head->chunked || head->content_length > 0;
}

/* timeouts.c: the connection's present phase has a deadline. */
void pl_http_connection_set_timer(pl_http_request *connection);

/* reply.c */
/* Answers with an error and closes. */
void pl_http_refuse(pl_http_request *connection, int status, const char *detail);
void pl_http_send_continue(pl_http_request *connection);
/* Writes what is pending; sets blocked or broken. */
void pl_http_write(pl_http_request *connection);

/* server.c: a connection or a request has ended. */
void pl_http_server_check_drained(pl_http_server *server);

#endif

/* A server and its raw clients on one loop, in the test's thread: whatever a test waits for,
 * it runs the loop meanwhile. */
#ifndef PARLEY_HTTP_TESTS_SERVING_H
#define PARLEY_HTTP_TESTS_SERVING_H

#include "text.h"

#include "parley/http/server.h"

/* How long a test waits for an effect before it fails. */
#define PATIENCE_MS 10000
#define HELD_MAX    8

typedef struct serving {
    pl_loop *loop;
    pl_http_server_opts opts; /* change before serve() */
    pl_http_server *server;
    uint16_t port;
    pl_http_request *held[HELD_MAX]; /* requests to /later */
    int held_count;
    int gone;         /* times on_gone was called */
    bool answer_gone; /* on_gone answers the first held request */
    int drained;
    int handled; /* requests the handler saw */
    char last_peer[PL_HTTP_PEER_SIZE];
} serving;

/* Runs the loop of S until CONDITION holds, or fails the test. */
#define run_until(s, condition)                                                                    \
    do {                                                                                           \
        int64_t patience_ = pl_deadline_ms(PATIENCE_MS);                                           \
        while (!(condition)) {                                                                     \
            if (pl_now_ns() > patience_)                                                           \
                fail_msg("waited in vain for %s", #condition);                                     \
            assert_int_equal(pl_loop_run_once((s)->loop, 5, NULL), PL_OK);                         \
        }                                                                                          \
    } while (0)

/* cmocka's set-up and tear-down of a `serving`, with a handler that knows
 *   /now      answers "METHOD PATH BODY" and the number of the listener
 *   /later    is held
 *   /slow     is answered as /now, after the handler has taken a while
 *   /big      answers PL_STR of 8 MiB
 *   /early    is answered with 403 when its head is there
 *   /small    may have a body of 4 bytes
 *   /none     is answered with 204
 *   /bad      is answered with a field that cannot be sent
 *   /close    is answered with close */
int set_up_serving(void **state);
int tear_down_serving(void **state);

/* Makes the server and listens on a free port. */
void serve(serving *s);
/* A client's blocking-free socket, connected. */
int dial(serving *s);
void say(int fd, const char *text);
void say_n(int fd, const char *text, size_t n);
/* Answers a held request with 200 and TEXT. */
void answer(pl_http_request *request, const char *text);

/* Reads what is there into HEARD; true at the end of the stream. */
bool hear(int fd, pl_buf *heard);
/* Waits until HEARD contains TEXT. */
void hear_text(serving *s, int fd, pl_buf *heard, const char *text);
/* Waits for the end of the stream. */
void hear_end(serving *s, int fd, pl_buf *heard);
/* One request on a new connection, to the end of the stream; the caller does pl_buf_done. */
pl_buf ask(serving *s, const char *request);

#endif

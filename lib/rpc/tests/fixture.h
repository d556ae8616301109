/* An echo service, a server that serves it and a channel to it, for the tests. */
#ifndef PARLEY_RPC_TESTS_FIXTURE_H
#define PARLEY_RPC_TESTS_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "echo.pb-c.h"
#include "parley/rpc/channel.h"
#include "parley/rpc/server.h"

/* No wait of a test is longer. */
#define FIXTURE_PATIENCE_MS 30000

enum {
    ECHO_PLAIN,    /* answers the text and the trace */
    ECHO_INLINE,   /* the same on the poller */
    ECHO_BLOCK,    /* waits for the gate, or for the cancellation of the call, for which it asks
                      unless there is a number */
    ECHO_FAIL,     /* fails with number as code, with details */
    ECHO_META,     /* answers metadata `text`, sends trailing metadata x-seen */
    ECHO_INTERNAL, /* ECHO_PLAIN for internal callers */
    ECHO_LIMITED,  /* text must have 1 to 5 characters; max_request 100 */
    ECHO_ONCE,     /* ECHO_FAIL, not idempotent */
    ECHO_KEYED,    /* ECHO_FAIL, idempotent with a key */
    ECHO_RELAY,    /* calls method `number` of the upstream with text and the same call */
    ECHO_METHODS
};

/* Text with which ECHO_FAIL has neither reason nor violations. */
#define ECHO_BARE "-"

#define ECHO_SERVICE "parley.test.echo.v1.EchoService"

typedef Parley__Test__Echo__V1__EchoRequest echo_request;
typedef Parley__Test__Echo__V1__EchoResponse echo_response;
#define ECHO_REQUEST_INIT PARLEY__TEST__ECHO__V1__ECHO_REQUEST__INIT
#define ECHO_REQUEST_TYPE &parley__test__echo__v1__echo_request__descriptor

extern const pl_service_desc echo_service_desc;

typedef struct echo_server {
    pl_server *server;
    void *impl;
    pl_channel *upstream; /* of ECHO_RELAY; set under mu, for a thread that runs already */
    pthread_mutex_t mu;
    pthread_cond_t changed;
    /* guarded by mu */
    bool open;               /* the gate of ECHO_BLOCK */
    unsigned entered;        /* handlers of ECHO_BLOCK so far */
    unsigned cancellations;  /* of them, that saw the cancellation */
    unsigned calls;          /* handlers run */
    unsigned fail_first;     /* ECHO_FAIL and its like: only so many calls fail; 0: all */
    pl_code last_code;       /* of the last finished call */
    unsigned finished;       /* calls the observer was told of */
    char last_identity[128]; /* the certificate of its caller */
    char last_peer[64], last_trace[PL_TRACEPARENT_SIZE];
} echo_server;

/* Starts a server with OPTS (NULL: none special) that is serving. */
void echo_server_start(echo_server *echo, const pl_server_opts *opts);
/* Opens the gate and frees the server. */
void echo_server_stop(echo_server *echo);
/* "127.0.0.1:PORT" */
const char *echo_server_address(const echo_server *echo, char out[32]);
void echo_server_open_gate(echo_server *echo);
/* Waits until *COUNTER, a field under mu, is at least WANTED; false after the patience. */
bool echo_server_await(echo_server *echo, const unsigned *counter, unsigned wanted);
unsigned echo_server_calls(echo_server *echo);

pl_channel *echo_channel(const char *target);
/* Calls METHOD; *out_response (NULL: not wanted) lives in CALL. */
pl_code echo_call(pl_channel *channel, pl_call *call, int method, const char *text, int64_t number,
                  echo_response **out_response);
/* The same with a call of its own. */
pl_code echo_once(pl_channel *channel, int method, const char *text, int64_t number);
pl_call *echo_new_call(int64_t timeout_ms);

#endif

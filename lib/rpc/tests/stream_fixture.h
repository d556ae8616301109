/* A service with every kind of stream, whose handlers each test writes itself. */
#ifndef PARLEY_RPC_TESTS_STREAM_FIXTURE_H
#define PARLEY_RPC_TESTS_STREAM_FIXTURE_H

#include "fixture.h"
#include "parley/rpc/stream.h"

enum {
    STREAM_WATCH,    /* server stream */
    STREAM_UPLOAD,   /* client stream */
    STREAM_CHAT,     /* both */
    STREAM_LIMITED,  /* both; text must have 1 to 5 characters, max_request 100 */
    STREAM_INTERNAL, /* server stream for internal callers */
    STREAM_TIMED,    /* both; timeout 100 ms */
    STREAM_METHODS
};

#define STREAM_SERVICE "parley.test.echo.v1.StreamService"

extern const pl_service_desc stream_service_desc;
extern const pl_method_desc stream_methods[STREAM_METHODS];

typedef struct stream_impl stream_impl;
typedef pl_code stream_handler(stream_impl *impl, pl_call *call, const echo_request *request,
                               pl_stream *stream, ProtobufCMessage **out_response);

/* What serves the methods, over a channel or in memory. */
struct stream_impl {
    stream_handler *handle; /* of all methods */
    pl_server *server;
    pl_channel *channel; /* to the server */
    pl_channel *upstream;
    stream_impl **self, *local; /* what the methods are given: a pointer to a pointer */
    pthread_mutex_t mu;
    pthread_cond_t changed;
    /* guarded by mu */
    bool open;        /* the gate */
    unsigned entered; /* handlers that have begun */
    unsigned left;    /* that have returned */
    unsigned sent;    /* messages handlers have sent */
    unsigned seen;    /* messages they have got */
    pl_code ended;    /* what the last handler returned */
    unsigned finished;
    pl_code last_code; /* of the observer's last record */
    uint64_t requests, responses;
};

/* Starts a server with OPTS (NULL: none special) and a channel to it. */
void stream_impl_start(stream_impl *impl, stream_handler *handle, const pl_server_opts *opts);
/* Without server and channel: for streams in memory. */
void stream_impl_init(stream_impl *impl, stream_handler *handle);
/* Opens the gate and frees what there is. */
void stream_impl_stop(stream_impl *impl);
const char *stream_impl_address(const stream_impl *impl, char out[32]);

void stream_open_gate(stream_impl *impl);
/* For handlers: waits for the gate; false where the call is cancelled before. */
bool stream_pass_gate(stream_impl *impl, pl_call *call);
/* Adds one to *COUNTER, a field under mu. */
void stream_note(stream_impl *impl, unsigned *counter);
unsigned stream_read(stream_impl *impl, const unsigned *counter);
/* Waits until *COUNTER is at least WANTED; false after the patience. */
bool stream_await(stream_impl *impl, const unsigned *counter, unsigned wanted);

/* Waits until *COUNTER has not changed for a while; its value then. */
unsigned stream_settled(stream_impl *impl, const unsigned *counter);

/* Opens METHOD over the channel, or in memory where there is none. */
pl_code stream_open_method(stream_impl *impl, int method, pl_call *call, const char *text,
                           int64_t number, pl_stream **out_stream);
pl_code stream_send_request(pl_stream *stream, const char *text, int64_t number);
pl_code stream_send_response(pl_stream *stream, const char *text, int64_t number);
/* The next message; *OUT is NULL at the end. */
pl_code stream_recv_response(pl_stream *stream, const echo_response **out);
pl_code stream_recv_request(pl_stream *stream, const echo_request **out);

/* Handlers: */
/* WATCH: sends `number` messages numbered from 0. UPLOAD: answers the sum of the numbers. CHAT:
 * answers each message with its text and number. */
stream_handler stream_plain;
/* Sends without end, counting. */
stream_handler stream_endless;
/* Sends three messages, then fails with ABORTED, a reason and a violation. */
stream_handler stream_failing;
/* Sends what is no message, then waits until it is given up. */
stream_handler stream_malformed;
/* Takes every message and answers nothing; client stream excepted. */
stream_handler stream_taking;
/* Answers the metadata x-in as header x-out and as trailer x-end, with a message where it has a
 * text, and fails where it has a number. */
stream_handler stream_meta;
/* Sends a message, then waits until its server drains. */
stream_handler stream_until_stopping;
/* Waits for the gate before it does as stream_plain. */
stream_handler stream_gated;
/* Passes everything on to `upstream`. */
stream_handler stream_relaying;

#endif

/* One end of an HTTP/2 connection with frames made by hand, for what no gRPC library sends.
 * RFC 9113; header blocks are literals, and the other side is told to keep no table. Asserts
 * where the machine fails; what the other side does wrong or refuses is for the test to see. */
#ifndef PARLEY_RPC_TESTS_RAW_PEER_H
#define PARLEY_RPC_TESTS_RAW_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RAW_DATA = 0,
    RAW_HEADERS = 1,
    RAW_RST_STREAM = 3,
    RAW_SETTINGS = 4,
    RAW_PING = 6,
    RAW_GOAWAY = 7,
    RAW_WINDOW_UPDATE = 8,
    RAW_CONTINUATION = 9
};

enum { RAW_END_STREAM = 1, RAW_ACK = 1, RAW_END_HEADERS = 4 };

typedef struct raw_header {
    const char *name, *value;
} raw_header;

typedef struct raw_peer raw_peer;

/* What became of a stream. */
typedef struct raw_answer {
    int http;          /* :status; 0: no headers came */
    int grpc;          /* grpc-status; -1: none */
    char message[512]; /* grpc-message, as it stands on the wire */
    bool ended;        /* by the flag, or by a reset */
    int reset;         /* its code; -1: none */
    int goaway;        /* its code, of the connection; -1: none */
    char goaway_text[128];
    bool closed;  /* the connection is */
    bool settled; /* settings have been acknowledged */
    size_t bytes; /* of data */
} raw_answer;

/* A client of 127.0.0.1:PORT that has sent nothing yet. */
raw_peer *raw_connect(int port);
/* Takes a connection of LISTENER as its server. */
raw_peer *raw_accept(int listener);
/* A listener on a free port. */
int raw_listen(int *out_port);
void raw_close(raw_peer *peer);

/* Sends bytes; false where the other side has closed the connection. */
bool raw_send(raw_peer *peer, const void *bytes, size_t n);
bool raw_frame(raw_peer *peer, int type, int flags, uint32_t stream, const void *payload, size_t n);
/* The beginning of a connection: preface (of a client) and settings. */
bool raw_begin(raw_peer *peer);
/* Waits for the other side's settings and acknowledges them: only then are they binding. */
void raw_settle(raw_peer *peer);
/* A frame with the literals of HEADERS. */
bool raw_headers(raw_peer *peer, int flags, uint32_t stream, const raw_header *headers,
                 size_t count);
/* Writes the literal of one header to OUT; returns its length. */
size_t raw_literal(const raw_header *header, char *out);

/* Reads until STREAM has ended, the connection is closed or said to be, or the patience is over;
 * acknowledges what wants it. */
void raw_await(raw_peer *peer, uint32_t stream, raw_answer *out);
#endif

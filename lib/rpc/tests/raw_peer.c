#include "raw_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "parley/base/clock.h"

#define PATIENCE_MS 120000
#define PREFACE     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { FRAME_HEAD = 9, FRAME_MAX = 1 << 16, BLOCK_MAX = 1 << 15 };

struct raw_peer {
    int fd;
    bool server;
    uint8_t in[FRAME_HEAD + FRAME_MAX]; /* what came of the next frame */
    size_t have;
};

static raw_peer *peer_new(int fd, bool server) {
    raw_peer *peer = calloc(1, sizeof *peer);
    int on = 1;

    PL_ASSERT(peer && fd >= 0);
    PL_ASSERT(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    peer->fd = fd;
    peer->server = server;
    return peer;
}

static struct sockaddr_in local(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

raw_peer *raw_connect(int port) {
    struct sockaddr_in address = local(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    PL_ASSERT(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return peer_new(fd, false);
}

int raw_listen(int *out_port) {
    struct sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    PL_ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              listen(fd, 16) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

raw_peer *raw_accept(int listener) {
    int fd;

    do {
        fd = accept(listener, NULL, NULL);
    } while (fd < 0 && errno == EINTR);
    return peer_new(fd, true);
}

void raw_close(raw_peer *peer) {
    if (!peer)
        return;
    close(peer->fd);
    free(peer);
}

bool raw_send(raw_peer *peer, const void *bytes, size_t n) {
    const char *p = bytes;

    while (n) {
        ssize_t sent = send(peer->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void put_head(uint8_t out[FRAME_HEAD], size_t n, int type, int flags, uint32_t stream) {
    out[0] = (uint8_t)(n >> 16);
    out[1] = (uint8_t)(n >> 8);
    out[2] = (uint8_t)n;
    out[3] = (uint8_t)type;
    out[4] = (uint8_t)flags;
    for (int i = 0; i < 4; i++)
        out[5 + i] = (uint8_t)(stream >> (24 - 8 * i));
}

bool raw_frame(raw_peer *peer, int type, int flags, uint32_t stream, const void *payload,
               size_t n) {
    uint8_t head[FRAME_HEAD];

    put_head(head, n, type, flags, stream);
    return raw_send(peer, head, sizeof head) && (n == 0 || raw_send(peer, payload, n));
}

bool raw_begin(raw_peer *peer) {
    static const uint8_t no_table[] = {0, 1, 0, 0, 0, 0}; /* SETTINGS_HEADER_TABLE_SIZE */

    if (!peer->server && !raw_send(peer, PREFACE, sizeof PREFACE - 1))
        return false;
    return raw_frame(peer, RAW_SETTINGS, 0, 0, no_table, sizeof no_table);
}

/* ---- HPACK ---- */

static size_t put_text(const char *text, char *out) {
    enum { PREFIX = 127 };
    size_t length = strlen(text), n = 0, rest;

    if (length < PREFIX) {
        out[n++] = (char)length;
    } else {
        out[n++] = PREFIX;
        for (rest = length - PREFIX; rest >= 128; rest >>= 7)
            out[n++] = (char)(rest % 128 + 128);
        out[n++] = (char)rest;
    }
    memcpy(out + n, text, length);
    return n + length;
}

size_t raw_literal(const raw_header *header, char *out) {
    size_t n = 0;

    out[n++] = 0; /* without indexing, with a new name */
    n += put_text(header->name, out + n);
    return n + put_text(header->value, out + n);
}

bool raw_headers(raw_peer *peer, int flags, uint32_t stream, const raw_header *headers,
                 size_t count) {
    char *block = malloc(BLOCK_MAX);
    size_t n = 0;
    bool sent;

    PL_ASSERT(block);
    for (size_t i = 0; i < count; i++) {
        if (!headers[i].value)
            continue;
        PL_ASSERT(n + strlen(headers[i].name) + strlen(headers[i].value) + 16 < BLOCK_MAX);
        n += raw_literal(&headers[i], block + n);
    }
    sent = raw_frame(peer, RAW_HEADERS, flags, stream, block, n);
    free(block);
    return sent;
}

typedef struct block {
    const uint8_t *p, *end;
    bool bad;
} block;

static size_t take_number(block *b, unsigned bits) {
    size_t limit = ((size_t)1 << bits) - 1, value;
    unsigned shift = 0;

    if (b->p == b->end) {
        b->bad = true;
        return 0;
    }
    value = *b->p++ & limit;
    if (value < limit)
        return value;
    while (b->p < b->end && shift < 28) {
        value += (size_t)(*b->p & 0x7f) << shift;
        shift += 7;
        if (!(*b->p++ & 0x80))
            return value;
    }
    b->bad = true;
    return 0;
}

/* A text; one in Huffman's code, which only binary values are in, is passed over. */
static void take_text(block *b, char *out, size_t size) {
    bool coded = b->p < b->end && *b->p & 0x80;
    size_t n = take_number(b, 7);
    size_t kept = coded ? 0 : n;

    if (b->bad || n > (size_t)(b->end - b->p)) {
        b->bad = true;
        n = kept = 0;
    }
    if (kept >= size)
        kept = size - 1;
    memcpy(out, b->p, kept);
    out[kept] = '\0';
    b->p += n;
}

/* :status, the only one that matters of the static table. */
static int static_status(size_t index) {
    static const int status[] = {200, 204, 206, 304, 400, 404, 500};

    return index >= 8 && index < 8 + sizeof status / sizeof status[0] ? status[index - 8] : 0;
}

static void take_literal(block *b, unsigned bits, raw_answer *out) {
    char name[64] = "", value[512];
    size_t index = take_number(b, bits);

    if (index == 0)
        take_text(b, name, sizeof name);
    take_text(b, value, sizeof value);
    if ((index >= 8 && index <= 14) || strcmp(name, ":status") == 0)
        out->http = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "grpc-status") == 0)
        out->grpc = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "grpc-message") == 0)
        memcpy(out->message, value, sizeof value);
}

static void read_block(const uint8_t *p, size_t n, raw_answer *out) {
    block b = {p, p + n, false};

    while (b.p < b.end && !b.bad) {
        uint8_t first = *b.p;
        if (first & 0x80) {
            int status = static_status(take_number(&b, 7));
            out->http = status ? status : out->http;
        } else if (first & 0x40) {
            take_literal(&b, 6, out);
        } else if (first & 0x20) {
            (void)take_number(&b, 5);
        } else {
            take_literal(&b, 4, out);
        }
    }
}

/* ---- reading ---- */

static uint32_t number32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What a frame means for STREAM. */
static void take_frame(raw_peer *peer, uint32_t stream, const uint8_t *frame, size_t n,
                       raw_answer *out) {
    const uint8_t *payload = frame + FRAME_HEAD;
    int type = frame[3], flags = frame[4];
    bool mine = (number32(frame + 5) & 0x7fffffff) == stream;

    if (type == RAW_SETTINGS && !(flags & RAW_ACK)) {
        out->settled = raw_frame(peer, RAW_SETTINGS, RAW_ACK, 0, NULL, 0);
    } else if (type == RAW_PING && !(flags & RAW_ACK)) {
        raw_frame(peer, RAW_PING, RAW_ACK, 0, payload, n);
    } else if (type == RAW_GOAWAY && n >= 8) {
        size_t text = n - 8 < sizeof out->goaway_text ? n - 8 : sizeof out->goaway_text - 1;
        out->goaway = (int)number32(payload + 4);
        memcpy(out->goaway_text, payload + 8, text);
        out->goaway_text[text] = '\0';
    } else if (type == RAW_RST_STREAM && mine && n >= 4) {
        out->reset = (int)number32(payload);
        out->ended = true;
    } else if ((type == RAW_HEADERS || type == RAW_DATA) && mine) {
        if (type == RAW_HEADERS)
            read_block(payload, n, out);
        else
            out->bytes += n;
        out->ended = out->ended || flags & RAW_END_STREAM;
    }
}

/* Takes the frames that are complete. */
static void take_frames(raw_peer *peer, uint32_t stream, raw_answer *out) {
    size_t at = 0;

    if (peer->server && peer->have >= sizeof PREFACE - 1 && memcmp(peer->in, PREFACE, 3) == 0)
        at = sizeof PREFACE - 1;
    while (peer->have - at >= FRAME_HEAD) {
        const uint8_t *frame = peer->in + at;
        size_t n = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
        if (peer->have - at < FRAME_HEAD + n)
            break;
        take_frame(peer, stream, frame, n, out);
        at += FRAME_HEAD + n;
    }
    memmove(peer->in, peer->in + at, peer->have - at);
    peer->have -= at;
}

/* Reads until STREAM has ended, or the other side is SETTLED where that is enough. */
static void await(raw_peer *peer, uint32_t stream, bool settled, raw_answer *out) {
    int64_t deadline = pl_deadline_ms(PATIENCE_MS);

    memset(out, 0, sizeof *out);
    out->grpc = out->reset = out->goaway = -1;
    take_frames(peer, stream, out);
    while (!out->ended && !out->closed && !(settled && out->settled) && pl_now_ns() < deadline) {
        struct pollfd waits = {.fd = peer->fd, .events = POLLIN};
        ssize_t n;
        if (poll(&waits, 1, 100) <= 0)
            continue;
        n = recv(peer->fd, peer->in + peer->have, sizeof peer->in - peer->have, 0);
        if (n < 0 && errno == EINTR)
            continue;
        out->closed = n <= 0;
        peer->have += n > 0 ? (size_t)n : 0;
        take_frames(peer, stream, out);
    }
}

void raw_settle(raw_peer *peer) {
    raw_answer answer;

    await(peer, 0, true, &answer);
    PL_ASSERT(answer.settled);
}

void raw_await(raw_peer *peer, uint32_t stream, raw_answer *out) {
    await(peer, stream, false, out);
}

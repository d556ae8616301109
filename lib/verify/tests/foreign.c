/* HTTP/2 (RFC 9113), and HPACK (RFC 7541) without a table. */
#include "foreign.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { HEAD_SIZE = 9, PREFACE_SIZE = 24, FRAME_MAX = 1 << 14, TEXT_MAX = 127 - 1 };
enum { FRAME_HEADERS = 1, FRAME_SETTINGS = 4, ACK = 1, END_STREAM_AND_HEADERS = 5 };

static bool receive(int fd, void *to, size_t size) {
    for (ssize_t n; size > 0; size -= (size_t)n, to = (char *)to + n) {
        n = recv(fd, to, size, 0);
        if (n <= 0)
            return false;
    }
    return true;
}

static void send_frame(int fd, int type, int flags, const unsigned char *stream,
                       const void *payload, size_t size) {
    unsigned char head[HEAD_SIZE] = {0, (unsigned char)(size >> 8), (unsigned char)size,
                                     (unsigned char)type, (unsigned char)flags};
    memcpy(head + 5, stream, 4);
    (void)send(fd, head, sizeof head, MSG_NOSIGNAL | MSG_MORE);
    (void)send(fd, payload, size, MSG_NOSIGNAL);
}

/* A literal header, not indexed; a value of more than 126 bytes has a length of two. */
static size_t put(unsigned char *to, const char *name, const char *value) {
    size_t n = strlen(name), v = strlen(value), at = 0;
    to[at++] = 0;
    to[at++] = (unsigned char)n;
    memcpy(to + at, name, n);
    at += n;
    if (v <= TEXT_MAX) {
        to[at++] = (unsigned char)v;
    } else {
        size_t rest = v - TEXT_MAX - 1;
        to[at++] = TEXT_MAX + 1;
        for (; rest >= 128; rest >>= 7)
            to[at++] = (unsigned char)(rest | 128);
        to[at++] = (unsigned char)rest;
    }
    memcpy(to + at, value, v);
    return at + v;
}

static void refuse(int fd, const unsigned char *stream, const foreign *f) {
    unsigned char headers[FRAME_MAX] = {0x88}; /* :status: 200 */
    size_t n = 1;
    n += put(headers + n, "content-type", "application/grpc");
    n += put(headers + n, "grpc-status", "14");
    n += put(headers + n, "grpc-message", f->message);
    if (f->details)
        n += put(headers + n, "grpc-status-details-bin", f->details);
    send_frame(fd, FRAME_HEADERS, END_STREAM_AND_HEADERS, stream, headers, n);
}

static void talk(int fd, const foreign *f) {
    static const unsigned char connection[4];
    unsigned char head[HEAD_SIZE], payload[FRAME_MAX];
    send_frame(fd, FRAME_SETTINGS, 0, connection, "", 0);
    bool whole = receive(fd, payload, PREFACE_SIZE);
    while (whole && receive(fd, head, sizeof head)) {
        size_t size = (size_t)head[1] << 8 | head[2];
        whole = head[0] == 0 && size <= sizeof payload && receive(fd, payload, size);
        if (whole && head[3] == FRAME_SETTINGS && !(head[4] & ACK))
            send_frame(fd, FRAME_SETTINGS, ACK, connection, "", 0);
        if (whole && head[3] == FRAME_HEADERS)
            refuse(fd, head + 5, f);
    }
}

static void *serve(void *self) {
    const foreign *f = self;
    for (int fd; (fd = accept(f->listener, NULL, NULL)) >= 0; (void)close(fd))
        talk(fd, f);
    return NULL;
}

void foreign_start(foreign *f, const char *message, const char *details) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    f->message = message;
    f->details = details;
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(f->listener, SOMAXCONN), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(f->address, sizeof f->address, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

void foreign_stop(foreign *f) {
    (void)shutdown(f->listener, SHUT_RDWR);
    (void)pthread_join(f->thread, NULL);
    (void)close(f->listener);
}

/* Calls given up as soon as they are begun: the frames that go out then.
 *
 * Core (1.51) sends RST_STREAM for a stream whose HEADERS it has not written yet where the
 * cancellation overtakes them (grpc/grpc#19655). RFC 9113, section 5.1, makes that an error of the
 * connection, and servers on nghttp2, Netty or Go end it, with everybody's calls. Core's own server
 * does not mind; so a relay between client and server looks at the frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/loop/loop.h"
#include "raw_peer.h"
#include "stream_fixture.h"

enum { ROUNDS = 500, PREFACE = 24, FRAME_HEAD = 9, CHUNK = 64 * 1024 };

/* What has come of the client's frames. */
typedef struct frames {
    unsigned char head[FRAME_HEAD];
    size_t have;     /* of the head */
    size_t skip;     /* of the preface, or of a payload */
    uint32_t newest; /* stream with HEADERS */
    unsigned early;  /* resets of streams that had none */
    unsigned resets;
} frames;

static void look_at_head(frames *f) {
    const unsigned char *h = f->head;
    uint32_t stream = (uint32_t)h[5] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];

    f->skip = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
    f->have = 0;
    if (h[3] == RAW_HEADERS && stream > f->newest)
        f->newest = stream;
    if (h[3] == RAW_RST_STREAM) {
        f->resets++;
        f->early += stream > f->newest;
    }
}

static void look(frames *f, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t skipped = f->skip < n - i ? f->skip : n - i;
        f->skip -= skipped;
        i += skipped;
        if (f->skip == 0 && i < n)
            f->head[f->have++] = bytes[i++];
        if (f->have == FRAME_HEAD)
            look_at_head(f);
    }
}

/* A relay of one connection. */
typedef struct relay {
    int listener, port, target;
    pthread_t thread;
    frames frames; /* to be read when the thread has ended */
} relay;

static int connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address) ? fd : -1;
}

/* False at the end. */
static bool pass(int from, int to, frames *f) {
    static unsigned char chunk[CHUNK];
    ssize_t n = read(from, chunk, sizeof chunk), wrote = 0;

    if (n > 0 && f)
        look(f, chunk, (size_t)n);
    for (ssize_t at = 0; at < n && wrote >= 0; at += wrote)
        wrote = send(to, chunk + at, (size_t)(n - at), MSG_NOSIGNAL);
    return n > 0 && wrote >= 0;
}

static void *relay_main(void *arg) {
    relay *r = arg;
    int client = accept(r->listener, NULL, NULL), server = connect_to(r->target);
    struct pollfd ends[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    bool open = client >= 0 && server >= 0;

    while (open && poll(ends, 2, FIXTURE_PATIENCE_MS) > 0) {
        if (ends[0].revents)
            open = pass(client, server, &r->frames);
        if (open && ends[1].revents)
            open = pass(server, client, NULL);
    }
    close(client);
    close(server);
    return NULL;
}

static void relay_start(relay *r, int target) {
    memset(r, 0, sizeof *r);
    r->frames.skip = PREFACE;
    r->target = target;
    r->listener = raw_listen(&r->port);
    assert_int_equal(pthread_create(&r->thread, NULL, relay_main, r), 0);
}

/* To be called when the client has closed its connection. */
static void relay_stop(relay *r) {
    pthread_join(r->thread, NULL);
    close(r->listener);
}

static pl_channel *channel_over(relay *r, int port) {
    char address[32];

    relay_start(r, port);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", r->port);
    return echo_channel(address);
}

static void reset_of_a_stream_never_comes_before_its_headers(void **state) {
    stream_impl impl;
    relay r;

    (void)state;
    stream_impl_start(&impl, stream_taking, NULL);
    pl_channel *channel = channel_over(&r, pl_server_port(impl.server));
    for (int i = 0; i < ROUNDS; i++) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        pl_stream *stream = NULL;

        assert_int_equal(
            pl_stream_open(&stream_methods[STREAM_CHAT], channel, NULL, call, NULL, &stream),
            PL_OK);
        pl_stream_cancel(stream);
        /* Of those before, the server may have too many left. */
        assert_int_not_equal(pl_stream_close(stream), PL_OK);
        pl_call_free(call);
    }
    pl_channel_free(channel);
    relay_stop(&r);
    stream_impl_stop(&impl);
    assert_int_equal(r.frames.early, 0);
    assert_true(r.frames.resets > 0);
}

static void take_end(void *arg, pl_bytes_reply *reply) {
    pl_code *code = arg;

    *code = reply->code;
    pl_bytes_reply_free(reply);
}

/* How long it takes to give up a call of CHANNEL, with which nothing runs. */
static int64_t give_up(pl_channel *channel) {
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Block", .body = pl_str_c("\x0a\x02hi")};
    int64_t begun_ns = pl_now_ns();
    pl_code code = PL_OK;
    pl_loop *loop = NULL;
    pl_bytes_op *op;

    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(pl_channel_start_bytes(channel, &request, loop, take_end, &code, &op, NULL),
                     PL_OK);
    pl_bytes_cancel(op);
    while (code == PL_OK)
        assert_int_equal(pl_loop_run_once(loop, FIXTURE_PATIENCE_MS, NULL), PL_OK);
    assert_int_equal(code, PL_CANCELLED);
    pl_loop_free(loop);
    return pl_now_ns() - begun_ns;
}

/* A call of messages has no moment at which its HEADERS are known to have gone: only an age. */
static void call_on_a_connection_is_not_cancelled_before_a_certain_age(void **state) {
    char address[32];
    echo_server echo;

    (void)state;
    echo_server_start(&echo, NULL);
    pl_channel *channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(echo_once(channel, ECHO_PLAIN, "connected", 0), PL_OK);
    assert_true(give_up(channel) >= 20 * PL_NS_PER_MS);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_of_a_stream_never_comes_before_its_headers),
        cmocka_unit_test(call_on_a_connection_is_not_cancelled_before_a_certain_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

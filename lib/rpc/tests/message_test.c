/* Messages as core hands them over: in pieces, compressed, and bombs. */
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <grpc/byte_buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include "core.h"
#include "fixture.h"
#include "raw_peer.h"
#include "stream_fixture.h"

enum {
    MAX = 1 << 20,
    BOMB = 256 << 20,      /* bytes of nothing */
    BOMB_PACKED = 1 << 20, /* at most so many on the wire */
    PEAK_KB = 32 << 10,    /* that a bomb may cost */
    PIECE = 1000,
    GZIP = 16,
    WINDOW = 15
};

/* Packs SIZE bytes of FILL; returns how many they are then. */
static size_t pack(char fill, size_t size, bool gzip, char *out, size_t room) {
    static char same[1 << 16];
    z_stream zlib = {0};

    memset(same, fill, sizeof same);
    assert_int_equal(
        deflateInit2(&zlib, 1, Z_DEFLATED, gzip ? WINDOW + GZIP : WINDOW, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    zlib.next_out = (Bytef *)out;
    zlib.avail_out = (uInt)room;
    while (size) {
        zlib.next_in = (Bytef *)same;
        zlib.avail_in = (uInt)(size < sizeof same ? size : sizeof same);
        size -= zlib.avail_in;
        assert_int_equal(deflate(&zlib, size ? Z_NO_FLUSH : Z_FINISH), size ? Z_OK : Z_STREAM_END);
    }
    room = zlib.total_out;
    deflateEnd(&zlib);
    return room;
}

/* Reads N bytes that come in pieces of PIECE, and an empty one as core has it now and then. */
static pl_code read_pieces(const char *bytes, size_t n, grpc_compression_algorithm algorithm,
                           grpc_slice *out_slice, pl_error *err) {
    grpc_slice pieces[2048];
    grpc_byte_buffer *buffer;
    size_t count = 0;
    pl_code code;

    for (size_t at = 0; at < n; at += PIECE) {
        assert_true(count < PL_COUNT(pieces));
        pieces[count++] = grpc_slice_from_copied_buffer(bytes + at,
                                                        n - at < PIECE ? n - at : PIECE);
    }
    pieces[count++] = grpc_slice_from_static_string("");
    buffer = grpc_raw_compressed_byte_buffer_create(pieces, count, algorithm);
    for (size_t i = 0; i < count; i++)
        grpc_slice_unref(pieces[i]);
    code = pl_message_read(buffer, MAX, out_slice, err);
    grpc_byte_buffer_destroy(buffer);
    return code;
}

static void assert_unpacks(size_t size, bool gzip) {
    char *packed = malloc(MAX);
    size_t n = pack('a', size, gzip, packed, MAX);
    grpc_slice slice;

    assert_int_equal(
        read_pieces(packed, n, gzip ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_DEFLATE, &slice, NULL),
        PL_OK);
    assert_int_equal(GRPC_SLICE_LENGTH(slice), size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(GRPC_SLICE_START_PTR(slice)[i], 'a');
    grpc_slice_unref(slice);
    free(packed);
}

static void gzip_and_deflate_are_unpacked_up_to_the_limit(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        assert_unpacks(1, gzip);
        assert_unpacks(100000, gzip);
        assert_unpacks(MAX, gzip);
    }
}

static pl_code refuse(const char *bytes, size_t n, grpc_compression_algorithm algorithm,
                      const char *message) {
    pl_error err = PL_ERROR_INIT;
    grpc_slice slice;
    pl_code code = read_pieces(bytes, n, algorithm, &slice, &err);

    assert_string_equal(err.message, message);
    return code;
}

static void one_byte_beyond_the_limit_is_refused(void **state) {
    char *packed = malloc(MAX);

    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        size_t n = pack('a', MAX + 1, gzip, packed, MAX);
        assert_int_equal(refuse(packed, n, gzip ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_DEFLATE,
                                "the message has more than 1048576 bytes when it is unpacked"),
                         PL_RESOURCE_EXHAUSTED);
    }
    free(packed);
}

static void bomb_is_refused_and_costs_little_memory(void **state) {
    char *packed = malloc(2 * BOMB_PACKED);
    size_t n = pack(0, BOMB, true, packed, 2 * BOMB_PACKED);
    struct rusage before, after;
    grpc_slice slice;

    (void)state;
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(read_pieces(packed, n, GRPC_COMPRESS_GZIP, &slice, NULL),
                     PL_RESOURCE_EXHAUSTED);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < PEAK_KB);
    free(packed);
}

static void malformed_bytes_are_internal(void **state) {
    char packed[4096];
    size_t n = pack('a', 3000, true, packed, sizeof packed - 1);

    (void)state;
    assert_int_equal(
        refuse("nonsense", 8, GRPC_COMPRESS_GZIP, "the compressed message is malformed"),
        PL_INTERNAL);
    assert_int_equal(refuse(packed, n - 1, GRPC_COMPRESS_GZIP, "the compressed message is cut off"),
                     PL_INTERNAL);
    packed[n] = 'x';
    assert_int_equal(
        refuse(packed, n + 1, GRPC_COMPRESS_GZIP, "the compressed message is malformed"),
        PL_INTERNAL);
    assert_int_equal(refuse("", 0, GRPC_COMPRESS_GZIP, "the compressed message is cut off"),
                     PL_INTERNAL);
}

static void plain_pieces_are_put_together(void **state) {
    char bytes[5 * PIECE / 2];
    grpc_slice slice;

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(read_pieces(bytes, sizeof bytes, GRPC_COMPRESS_NONE, &slice, NULL), PL_OK);
    assert_int_equal(GRPC_SLICE_LENGTH(slice), sizeof bytes);
    grpc_slice_unref(slice);
    assert_int_equal(read_pieces("", 0, GRPC_COMPRESS_NONE, &slice, NULL), PL_OK);
    assert_int_equal(GRPC_SLICE_LENGTH(slice), 0);
    grpc_slice_unref(slice);
}

/* ---- over the wire ---- */

static const raw_header request_headers[] = {
    {":method", "POST"},       {":scheme", "http"}, {":path", "/" ECHO_SERVICE "/Plain"},
    {":authority", "test"},    {"te", "trailers"},  {"content-type", "application/grpc"},
    {"grpc-encoding", "gzip"},
};

/* Packs a message of SIZE zeros, with its prefix. */
static size_t pack_message(size_t size, char *out, size_t room) {
    size_t n = pack(0, size, true, out + 5, room - 5);

    out[0] = 1;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (char)(n >> (24 - 8 * i));
    return n + 5;
}

static raw_answer call_compressed(echo_server *echo, size_t size) {
    static char message[1 << 16];
    raw_peer *peer = raw_connect(pl_server_port(echo->server));
    raw_answer answer;
    size_t n = pack_message(size, message, sizeof message);

    assert_true(raw_begin(peer));
    raw_settle(peer);
    assert_true(raw_headers(peer, RAW_END_HEADERS, 1, request_headers, PL_COUNT(request_headers)));
    for (size_t at = 0; at < n; at += 1 << 14) {
        size_t piece = n - at < 1 << 14 ? n - at : 1 << 14;
        assert_true(raw_frame(peer, RAW_DATA, at + piece == n ? RAW_END_STREAM : 0, 1, message + at,
                              piece));
    }
    raw_await(peer, 1, &answer);
    raw_close(peer);
    return answer;
}

static void server_takes_compressed_requests_where_told_to(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    raw_answer answer;
    echo_server echo;

    (void)state;
    opts.compression = true;
    echo_server_start(&echo, &opts);
    /* Zeros are no message, but they were looked at. */
    answer = call_compressed(&echo, 100);
    assert_int_equal(answer.grpc, PL_INVALID_ARGUMENT);
    assert_non_null(strstr(answer.message, "no well-formed Protobuf message"));
    answer = call_compressed(&echo, PL_SERVER_MAX_MESSAGE + 1);
    assert_int_equal(answer.grpc, PL_RESOURCE_EXHAUSTED);
    assert_string_equal(answer.message, "/" ECHO_SERVICE "/Plain: the message has more than "
                                        "4194304 bytes when it is unpacked");
    echo_server_stop(&echo);
}

/* A server that answers one call with what is packed out of SIZE zeros. */
typedef struct answerer {
    int listener;
    size_t size;
} answerer;

static void *answer_one(void *self) {
    static const raw_header headers[] = {
        {":status", "200"}, {"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}};
    static const raw_header trailers[] = {{"grpc-status", "0"}};
    static char message[1 << 16];
    const answerer *a = self;
    size_t n = pack_message(a->size, message, sizeof message);
    raw_peer *peer = raw_accept(a->listener);
    raw_answer call;

    raw_begin(peer);
    raw_await(peer, 1, &call);
    raw_headers(peer, RAW_END_HEADERS, 1, headers, PL_COUNT(headers));
    for (size_t at = 0; at < n; at += 1 << 14)
        raw_frame(peer, RAW_DATA, 0, 1, message + at, n - at < 1 << 14 ? n - at : 1 << 14);
    raw_headers(peer, RAW_END_HEADERS | RAW_END_STREAM, 1, trailers, PL_COUNT(trailers));
    raw_await(peer, 3, &call); /* until the client has gone */
    raw_close(peer);
    return NULL;
}

static pl_code ask(size_t size, bool compression, pl_error *err) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_bytes_request request = {.path = "/x.Y/Z", .body = pl_str_c("")};
    pl_bytes_reply *reply = NULL;
    pl_channel *channel = NULL;
    answerer a = {.size = size};
    pthread_t thread;
    char address[32];
    pl_code code;
    int port;

    a.listener = raw_listen(&port);
    assert_int_equal(pthread_create(&thread, NULL, answer_one, &a), 0);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    opts.target = address;
    opts.name = "upstream";
    opts.compression = compression;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    code = pl_channel_call_bytes(channel, &request, &reply);
    *err = reply->error;
    assert_true(code != PL_OK || reply->body.n == size);
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    pthread_join(thread, NULL);
    close(a.listener);
    return code;
}

static void channel_takes_compressed_answers_where_told_to(void **state) {
    pl_error err;

    (void)state;
    assert_int_equal(ask(1000, true, &err), PL_OK);
    assert_int_equal(ask(PL_CHANNEL_MAX_MESSAGE + 1, true, &err), PL_RESOURCE_EXHAUSTED);
    assert_string_equal(err.message, "/x.Y/Z: the answer: the message has more than 4194304 bytes "
                                     "when it is unpacked");
}

static void channel_refuses_compressed_answers(void **state) {
    pl_error err;

    (void)state;
    assert_int_equal(ask(1000, false, &err), PL_UNIMPLEMENTED);
}

/* ---- in streams ---- */

static const raw_header upload_headers[] = {
    {":method", "POST"},       {":scheme", "http"}, {":path", "/" STREAM_SERVICE "/Upload"},
    {":authority", "test"},    {"te", "trailers"},  {"content-type", "application/grpc"},
    {"grpc-encoding", "gzip"},
};

static void upload_with_a_message_that_cannot_be_unpacked_is_not_whole(void **state) {
    static const char empty[5] = {0};
    static char message[1 << 16];
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    size_t n = pack_message(PL_SERVER_MAX_MESSAGE + 1, message, sizeof message);
    raw_answer answer;
    stream_impl impl;
    raw_peer *peer;

    (void)state;
    opts.compression = true;
    stream_impl_start(&impl, stream_plain, &opts);
    peer = raw_connect(pl_server_port(impl.server));
    assert_true(raw_begin(peer));
    raw_settle(peer);
    assert_true(raw_headers(peer, RAW_END_HEADERS, 1, upload_headers, PL_COUNT(upload_headers)));
    assert_true(raw_frame(peer, RAW_DATA, 0, 1, empty, sizeof empty));
    assert_true(stream_await(&impl, &impl.seen, 1));
    assert_true(raw_frame(peer, RAW_DATA, RAW_END_STREAM, 1, message, n));
    raw_await(peer, 1, &answer);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    assert_int_not_equal(answer.grpc, PL_OK);
    raw_close(peer);
    stream_impl_stop(&impl);
}

static void answers_with_a_message_that_cannot_be_unpacked_are_not_all(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    echo_request request = ECHO_REQUEST_INIT;
    answerer a = {.size = PL_CHANNEL_MAX_MESSAGE + 1};
    const ProtobufCMessage *message = NULL;
    pl_channel *channel = NULL;
    pl_stream *stream = NULL;
    pthread_t thread;
    char address[32];
    pl_code code;
    int port;

    (void)state;
    a.listener = raw_listen(&port);
    assert_int_equal(pthread_create(&thread, NULL, answer_one, &a), 0);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    opts.target = address;
    opts.compression = true;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    assert_int_equal(
        pl_stream_open(&stream_methods[STREAM_WATCH], channel, NULL, call, &request.base, &stream),
        PL_OK);
    /* Though the status that came with it says OK. */
    code = pl_stream_recv(stream, &message);
    assert_int_not_equal(code, PL_OK);
    assert_int_equal(pl_stream_close(stream), code);
    assert_int_equal(pl_call_error(call)->code, code);
    pl_call_free(call);
    pl_channel_free(channel);
    pthread_join(thread, NULL);
    close(a.listener);
}

static int start(void **state) {
    (void)state;
    pl_core_init();
    return 0;
}

static int stop(void **state) {
    (void)state;
    pl_core_shutdown();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_and_deflate_are_unpacked_up_to_the_limit),
        cmocka_unit_test(one_byte_beyond_the_limit_is_refused),
        cmocka_unit_test(bomb_is_refused_and_costs_little_memory),
        cmocka_unit_test(malformed_bytes_are_internal),
        cmocka_unit_test(plain_pieces_are_put_together),
        cmocka_unit_test(server_takes_compressed_requests_where_told_to),
        cmocka_unit_test(channel_takes_compressed_answers_where_told_to),
        cmocka_unit_test(channel_refuses_compressed_answers),
        cmocka_unit_test(upload_with_a_message_that_cannot_be_unpacked_is_not_whole),
        cmocka_unit_test(answers_with_a_message_that_cannot_be_unpacked_are_not_all),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

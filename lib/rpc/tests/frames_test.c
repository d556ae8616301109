/* Frames that no gRPC library sends: what the server answers, and that it goes on.
 *
 * Where core (1.51) is more lenient than gRPC's specification, a case says what happens: it takes
 * any content-type, ignores a grpc-timeout that it does not understand, passes on a message whose
 * flag says compressed where no encoding was named, and answers the first of two requests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* Of the sanitizer interface, whose header gcc does not bring. */
size_t __sanitizer_get_current_allocated_bytes(void);
#else
#include <malloc.h>
#endif

#include "fixture.h"
#include "raw_peer.h"

enum {
    DEADLINE_MS = 1000, /* for a message that does not come */
    FLOOD = 4000,
    FLOOD_MEMORY = 16 << 20, /* bytes that a flood may leave, in what is kept for reuse */
    NONE = -1
};

#define PLAIN "/" ECHO_SERVICE "/Plain"

static echo_server echo;

static const raw_header usual[] = {
    {":method", "POST"},    {":scheme", "http"}, {":path", PLAIN},
    {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"},
};

enum { USUAL = sizeof usual / sizeof usual[0] };

/* A request that differs in one header, and in its body. */
typedef struct request_case {
    const char *name;
    raw_header header; /* instead of the usual one of its name, or in addition */
    const char *body;
    size_t size;
    int end; /* 1: END_STREAM with the body, 2: with the headers, 0: never */
    int grpc;
    const char *message; /* that it begins with */
} request_case;

#define BYTES(text) (text), sizeof(text) - 1
#define HELLO       BYTES("\0\0\0\0\x07\x0a\x05hello")
#define NO_SUCH     "/" ECHO_SERVICE "/None"

static const request_case cases[] = {
    {"well_formed_request_is_answered", {NULL, NULL}, HELLO, 1, PL_OK, ""},
    /* the length prefix */
    {"message_cut_off_is_refused",
     {NULL, NULL},
     BYTES("\0\0\0\0\x09\x0a\x05hello"),
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": no request came"},
    {"length_prefix_cut_off_is_refused",
     {NULL, NULL},
     BYTES("\0\0\0"),
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": no request came"},
    {"request_without_message_is_refused",
     {NULL, NULL},
     NULL,
     0,
     2,
     PL_INVALID_ARGUMENT,
     PLAIN ": no request came"},
    {"message_that_never_ends_is_given_up",
     {NULL, NULL},
     BYTES("\0\0\0\0\x09\x0a\x05hello"),
     0,
     PL_DEADLINE_EXCEEDED,
     "no request came in time"},
    {"message_of_4_gib_is_given_up",
     {NULL, NULL},
     BYTES("\0\xff\xff\xff\xff\x0a\x05hello"),
     0,
     PL_DEADLINE_EXCEEDED,
     "no request came in time"},
    {"second_message_of_a_unary_call_is_passed_over",
     {NULL, NULL},
     BYTES("\0\0\0\0\x07\x0a\x05hello\0\0\0\0\x07\x0a\x05again"),
     1,
     PL_OK,
     ""},
    /* what is in it */
    {"text_that_is_not_utf8_is_refused",
     {NULL, NULL},
     BYTES("\0\0\0\0\x03\x0a\x01\xff"),
     1,
     PL_INVALID_ARGUMENT,
     "text is not UTF-8"},
    {"bytes_that_are_no_message_are_refused",
     {NULL, NULL},
     BYTES("\0\0\0\0\x02\xff\xff"),
     1,
     PL_INVALID_ARGUMENT,
     "parley.test.echo.v1.EchoRequest: the message is no well-formed"},
    /* compression */
    {"compression_is_refused",
     {"grpc-encoding", "gzip"},
     BYTES("\1\0\0\0\x07\x0a\x05hello"),
     1,
     PL_UNIMPLEMENTED,
     "Compression algorithm 'gzip' is disabled."},
    {"compressed_bytes_without_encoding_are_refused",
     {NULL, NULL},
     BYTES("\1\0\0\0\x0a\x1f\x8b\x08\0\0\0\0\0\0\x03"),
     1,
     PL_INVALID_ARGUMENT,
     ""},
    {"compressed_bytes_of_an_unknown_encoding_are_refused",
     {"grpc-encoding", "snappy"},
     BYTES("\1\0\0\0\x04\xff\x06\0\0"),
     1,
     PL_INVALID_ARGUMENT,
     ""},
    /* the method */
    {"unknown_method_is_unimplemented", {":path", NO_SUCH}, HELLO, 1, PL_UNIMPLEMENTED, NO_SUCH},
    {"unknown_service_is_unimplemented", {":path", "/x.Y/Z"}, HELLO, 1, PL_UNIMPLEMENTED, "/x.Y/Z"},
    {"path_without_slash_is_unimplemented", {":path", "xyz"}, HELLO, 1, PL_UNIMPLEMENTED, "xyz"},
    {"request_without_path_is_refused", {":path", NULL}, HELLO, 1, PL_UNKNOWN, "Missing :path"},
    /* headers of HTTP and of gRPC */
    {"get_is_refused", {":method", "GET"}, HELLO, 1, PL_UNKNOWN, "Bad method header"},
    {"unknown_verb_is_refused", {":method", "BREW"}, HELLO, 1, PL_UNKNOWN, "Bad method header"},
    {"request_without_verb_is_refused", {":method", NULL}, HELLO, 1, PL_UNKNOWN, "Missing :method"},
    {"foreign_scheme_is_refused", {":scheme", "ftp"}, HELLO, 1, PL_UNKNOWN, "Bad :scheme header"},
    {"request_without_te_is_refused", {"te", NULL}, HELLO, 1, PL_UNKNOWN, "Missing :te header"},
    {"wrong_te_is_refused", {"te", "gzip"}, HELLO, 1, PL_UNKNOWN, "Bad :te header"},
    {"content_type_is_not_looked_at", {"content-type", "text/plain"}, HELLO, 1, PL_OK, ""},
    /* metadata */
    {"metadata_with_a_line_break_is_refused",
     {"x-a", "a\nb"},
     HELLO,
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": metadata \"x-a\""},
    {"metadata_beyond_ascii_is_refused",
     {"x-a", "\xc3\xa4"},
     HELLO,
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": metadata \"x-a\""},
    {"upper_case_key_is_refused",
     {"X-A", "a"},
     HELLO,
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": metadata \"X-A\""},
    {"key_with_a_space_is_refused",
     {"x a", "a"},
     HELLO,
     1,
     PL_INVALID_ARGUMENT,
     PLAIN ": metadata \"x\""},
    {"empty_key_is_refused", {"", "a"}, HELLO, 1, PL_INVALID_ARGUMENT, PLAIN ": metadata \"\""},
    {"binary_metadata_that_is_not_base64_is_refused",
     {"x-bin", "!!!!"},
     HELLO,
     1,
     PL_UNAVAILABLE,
     "Failed parsing HTTP/2"},
    /* deadlines */
    {"deadline_of_0_has_passed",
     {"grpc-timeout", "0S"},
     HELLO,
     1,
     PL_DEADLINE_EXCEEDED,
     "Deadline Exceeded"},
    {"deadline_of_1e8_hours_is_cut", {"grpc-timeout", "99999999H"}, HELLO, 1, PL_OK, ""},
    {"deadline_of_1e9_hours_is_none", {"grpc-timeout", "1000000000H"}, HELLO, 1, PL_OK, ""},
    {"deadline_of_9_digits_is_none", {"grpc-timeout", "999999999m"}, HELLO, 1, PL_OK, ""},
    {"deadline_that_is_no_number_is_none", {"grpc-timeout", "abc"}, HELLO, 1, PL_OK, ""},
    {"negative_deadline_is_none", {"grpc-timeout", "-1S"}, HELLO, 1, PL_OK, ""},
};

static raw_peer *open_peer(void) {
    raw_peer *peer = raw_connect(pl_server_port(echo.server));

    assert_true(raw_begin(peer));
    return peer;
}

/* The usual headers with HEADER in place of its namesake, or after them. */
static bool send_headers(raw_peer *peer, uint32_t stream, const raw_header *header, bool end) {
    raw_header headers[USUAL + 1];
    size_t at = 0;

    memcpy(headers, usual, sizeof usual);
    headers[USUAL] = (raw_header){"", NULL};
    while (header->name && at < USUAL && strcmp(headers[at].name, header->name) != 0)
        at++;
    if (header->name)
        headers[at] = *header;
    return raw_headers(peer, RAW_END_HEADERS | (end ? RAW_END_STREAM : 0), stream, headers,
                       USUAL + 1);
}

static void send_request(raw_peer *peer, const request_case *c) {
    assert_true(send_headers(peer, 1, &c->header, c->end == 2));
    if (c->end != 2)
        assert_true(raw_frame(peer, RAW_DATA, c->end ? RAW_END_STREAM : 0, 1, c->body, c->size));
}

static void answers_as_the_case_says(void **state) {
    const request_case *c = *state;
    raw_peer *peer = open_peer();
    raw_answer answer;

    send_request(peer, c);
    raw_await(peer, 1, &answer);
    raw_close(peer);
    assert_int_equal(answer.http, 200);
    assert_int_equal(answer.grpc, c->grpc);
    assert_string_equal(
        strncmp(answer.message, c->message, strlen(c->message)) == 0 ? c->message : answer.message,
        c->message);
}

/* ---- connections ---- */

static void assert_still_served(void) {
    const request_case *good = &cases[0];
    raw_peer *peer = open_peer();
    raw_answer answer;

    send_request(peer, good);
    raw_await(peer, 1, &answer);
    raw_close(peer);
    assert_int_equal(answer.grpc, PL_OK);
}

/* Nothing that was begun is left: no call, no thread in a handler. */
static void assert_nothing_is_left(void) {
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_server_stats stats;

    do {
        pl_server_read_stats(echo.server, &stats);
    } while ((stats.in_flight || stats.workers_busy || stats.queued) && pl_now_ns() < deadline);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.workers_busy, 0);
    assert_int_equal(stats.queued, 0);
}

/* Sends BYTES to a fresh connection, after the preface where BEGIN; it is closed by the server. */
static void assert_closed_after(bool begin, const void *bytes, size_t n) {
    raw_peer *peer = raw_connect(pl_server_port(echo.server));
    raw_answer answer;

    if (begin)
        assert_true(raw_begin(peer));
    (void)raw_send(peer, bytes, n);
    raw_await(peer, 1, &answer);
    raw_close(peer);
    assert_true(answer.closed);
    assert_still_served();
}

static void http_1_is_hung_up_on(void **state) {
    (void)state;
    assert_closed_after(false, BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

static void settings_of_a_wrong_length_end_the_connection(void **state) {
    (void)state;
    assert_closed_after(true, BYTES("\0\0\1\4\0\0\0\0\0x"));
}

static void ping_of_a_wrong_length_ends_the_connection(void **state) {
    (void)state;
    assert_closed_after(true, BYTES("\0\0\1\6\0\0\0\0\0x"));
}

static void window_update_of_0_ends_the_connection(void **state) {
    (void)state;
    assert_closed_after(true, BYTES("\0\0\4\x08\0\0\0\0\0\0\0\0\0"));
}

static void continuation_of_nothing_ends_the_connection(void **state) {
    (void)state;
    assert_closed_after(true, BYTES("\0\0\5\x09\4\0\0\0\1\0\1a\1b"));
}

static void frame_beyond_the_agreed_size_ends_the_connection(void **state) {
    static const char head[] = "\xff\xff\xff\0\0\0\0\0\1";

    (void)state;
    assert_closed_after(true, head, sizeof head - 1);
}

static void headers_beyond_the_maximum_are_refused(void **state) {
    raw_header header = {"x-big", NULL};
    char *value = calloc(1, PL_SERVER_MAX_METADATA + 1001);
    unsigned calls = echo_server_calls(&echo);
    raw_peer *peer = open_peer();
    raw_answer answer;

    (void)state;
    raw_settle(peer);
    assert_non_null(value);
    memset(value, 'a', PL_SERVER_MAX_METADATA + 1000);
    header.value = value;
    /* Only a frame within the agreed 16 KiB can carry them: the rest continues. */
    char *block = malloc(2 * PL_SERVER_MAX_METADATA);
    size_t n = 0, first = 16000;
    assert_non_null(block);
    for (size_t i = 0; i < USUAL; i++)
        n += raw_literal(&usual[i], block + n);
    n += raw_literal(&header, block + n);
    assert_true(raw_frame(peer, RAW_HEADERS, RAW_END_STREAM, 1, block, first));
    assert_true(raw_frame(peer, RAW_CONTINUATION, RAW_END_HEADERS, 1, block + first, n - first));
    raw_await(peer, 1, &answer);
    raw_close(peer);
    free(block);
    free(value);
    /* Core drops all of them, and misses the first that it needs. */
    assert_int_equal(answer.grpc, PL_UNKNOWN);
    assert_int_equal(echo_server_calls(&echo), calls);
    assert_still_served();
}

/* ---- floods ---- */

/* Bytes that are allocated now, in the whole process: the server is in it. */
static size_t allocated(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/* Sends one part of a flood; false: the server has hung up. */
typedef bool flood_fn(raw_peer *peer, uint32_t i);

/* Lets a flood loose; nothing of it is left. Meanwhile core may need more: it does not bound the
 * CONTINUATION frames of a connection. */
static void flood(raw_peer *peer, flood_fn *send_part) {
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    size_t before = allocated();
    bool open = true;

    raw_settle(peer);
    for (uint32_t i = 0; i < FLOOD && open; i++)
        open = send_part(peer, i);
    raw_close(peer);
    assert_nothing_is_left();
    assert_still_served();
    while (allocated() > before + FLOOD_MEMORY && pl_now_ns() < deadline)
        continue;
    assert_true(allocated() <= before + FLOOD_MEMORY);
}

static void ping_flood_ends_the_connection(void **state) {
    raw_peer *peer = open_peer();
    raw_answer answer;

    (void)state;
    for (int i = 0; i < FLOOD && raw_frame(peer, RAW_PING, 0, 0, "12345678", 8); i++)
        continue;
    raw_await(peer, 1, &answer);
    raw_close(peer);
    assert_true(answer.closed);
    assert_int_equal(answer.goaway, 11); /* ENHANCE_YOUR_CALM */
    assert_string_equal(answer.goaway_text, "too_many_pings");
    assert_still_served();
}

static bool send_settings(raw_peer *peer, uint32_t i) {
    (void)i;
    return raw_frame(peer, RAW_SETTINGS, 0, 0, NULL, 0);
}

static void settings_flood_leaves_nothing(void **state) {
    (void)state;
    flood(open_peer(), send_settings);
}

static bool send_reset(raw_peer *peer, uint32_t i) {
    const raw_header none = {NULL, NULL};

    return send_headers(peer, 2 * i + 1, &none, false) &&
           raw_frame(peer, RAW_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
}

static void flood_of_resets_leaves_nothing(void **state) {
    (void)state;
    flood(open_peer(), send_reset);
}

static bool send_continuation(raw_peer *peer, uint32_t i) {
    enum { VALUE = 8000 };
    static char value[VALUE + 1], block[VALUE + 64];
    const raw_header header = {"x-a", value};

    if (i == 0 && !raw_headers(peer, 0, 1, usual, USUAL))
        return false;
    memset(value, 'a', VALUE);
    return raw_frame(peer, RAW_CONTINUATION, 0, 1, block, raw_literal(&header, block));
}

static void flood_of_continuations_leaves_nothing(void **state) {
    (void)state;
    flood(open_peer(), send_continuation);
}

static void calls_that_hang_up_are_forgotten(void **state) {
    const raw_header none = {NULL, NULL};

    (void)state;
    for (int i = 0; i < 100; i++) {
        raw_peer *peer = open_peer();
        assert_true(send_headers(peer, 1, &none, false));
        assert_true(raw_frame(peer, RAW_DATA, 0, 1, "\0\0\0\0\x09\x0a", 6));
        raw_close(peer);
    }
    assert_nothing_is_left();
    assert_still_served();
}

static int start(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;

    (void)state;
    opts.deadline_ms = DEADLINE_MS;
    echo_server_start(&echo, &opts);
    return 0;
}

static int stop(void **state) {
    (void)state;
    assert_still_served();
    assert_nothing_is_left();
    echo_server_stop(&echo);
    return 0;
}

int main(void) {
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(http_1_is_hung_up_on),
        cmocka_unit_test(settings_of_a_wrong_length_end_the_connection),
        cmocka_unit_test(ping_of_a_wrong_length_ends_the_connection),
        cmocka_unit_test(window_update_of_0_ends_the_connection),
        cmocka_unit_test(continuation_of_nothing_ends_the_connection),
        cmocka_unit_test(frame_beyond_the_agreed_size_ends_the_connection),
        cmocka_unit_test(headers_beyond_the_maximum_are_refused),
        cmocka_unit_test(ping_flood_ends_the_connection),
        cmocka_unit_test(settings_flood_leaves_nothing),
        cmocka_unit_test(flood_of_resets_leaves_nothing),
        cmocka_unit_test(flood_of_continuations_leaves_nothing),
        cmocka_unit_test(calls_that_hang_up_are_forgotten),
    };
    struct CMUnitTest tests[PL_COUNT(cases) + PL_COUNT(others)];

    for (size_t i = 0; i < PL_COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){cases[i].name, answers_as_the_case_says, NULL, NULL,
                                       (void *)(uintptr_t)&cases[i]};
    memcpy(tests + PL_COUNT(cases), others, sizeof others);
    return cmocka_run_group_tests(tests, start, stop);
}

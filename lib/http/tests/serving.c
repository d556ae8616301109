#include "serving.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEARD_MAX (16 * 1024 * 1024)
#define BIG       (8 * 1024 * 1024)
#define SLOW_MS   5

static void on_gone(void *self) {
    serving *s = self;
    s->gone++;
    if (s->answer_gone)
        answer(s->held[0], "to nobody");
}

void answer(pl_http_request *request, const char *text) {
    pl_http_respond(request, &(pl_http_reply){.status = 200, .body = pl_str_c(text)});
}

static void answer_big(pl_http_request *request) {
    char *big = malloc(BIG);
    assert_non_null(big);
    memset(big, 'x', BIG);
    pl_http_respond(request, &(pl_http_reply){.status = 200, .body = pl_str_make(big, BIG)});
    free(big);
}

static void answer_now(pl_http_request *request) {
    const pl_http_head *head = pl_http_request_head(request);
    pl_buf body = pl_buf_make(PL_HTTP_MAX_BODY + 1024);
    pl_buf_printf(&body, "%.*s %.*s ", PL_FMT(head->method_text), PL_FMT(head->path));
    pl_buf_str(&body, pl_http_request_body(request));
    pl_buf_printf(&body, " %d\n", pl_http_request_listener(request));
    pl_http_respond(request, &(pl_http_reply){.status = 200,
                                              .content_type = pl_str_c("text/plain"),
                                              .body = pl_buf_view(&body)});
    pl_buf_done(&body);
}

static void on_request(void *self, pl_http_request *request) {
    serving *s = self;
    pl_str path = pl_http_request_head(request)->path;
    static const pl_http_field bad = {.name = PL_STR("X-Bad"), .value = PL_STR("a\r\nb: c")};
    s->handled++;
    snprintf(s->last_peer, sizeof(s->last_peer), "%s", pl_http_request_peer_address(request));
    if (pl_str_eqc(path, "/later")) {
        assert_true(s->held_count < HELD_MAX);
        s->held[s->held_count++] = request;
        pl_http_request_on_gone(request, on_gone, s);
    } else if (pl_str_eqc(path, "/slow")) {
        for (int64_t until = pl_deadline_ms(SLOW_MS); pl_now_ns() < until;)
            continue;
        answer_now(request);
    } else if (pl_str_eqc(path, "/big")) {
        answer_big(request);
    } else if (pl_str_eqc(path, "/none")) {
        pl_http_respond(request, &(pl_http_reply){.status = 204});
    } else if (pl_str_eqc(path, "/close")) {
        pl_http_respond(request, &(pl_http_reply){.status = 200, .close = true});
    } else if (pl_str_eqc(path, "/bad")) {
        pl_http_respond(request, &(pl_http_reply){.status = 200, .fields = &bad, .field_count = 1});
    } else {
        answer_now(request);
    }
}

static void on_headers(void *self, pl_http_request *request) {
    (void)self;
    pl_str path = pl_http_request_head(request)->path;
    if (pl_str_eqc(path, "/early"))
        pl_http_respond(request, &(pl_http_reply){.status = 403, .body = pl_str_c("no")});
    else if (pl_str_eqc(path, "/small"))
        pl_http_request_set_max_body(request, 4);
}

int set_up_serving(void **state) {
    serving *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->opts = (pl_http_server_opts)PL_HTTP_SERVER_OPTS_INIT;
    s->opts.on_request = on_request;
    s->opts.on_headers = on_headers;
    s->opts.self = s;
    assert_int_equal(pl_loop_new(&s->loop, NULL), PL_OK);
    *state = s;
    return 0;
}

int tear_down_serving(void **state) {
    serving *s = *state;
    pl_http_server_free(s->server);
    pl_loop_free(s->loop);
    free(s);
    return 0;
}

void serve(serving *s) {
    assert_int_equal(pl_http_server_new(s->loop, &s->opts, &s->server, NULL), PL_OK);
    pl_http_listen_opts listen = {.address = "127.0.0.1:0", .listener = 7};
    assert_int_equal(pl_http_server_listen(s->server, &listen, &s->port, NULL), PL_OK);
}

int dial(serving *s) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(s->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

void say_n(int fd, const char *text, size_t n) {
    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

void say(int fd, const char *text) {
    say_n(fd, text, strlen(text));
}

bool hear(int fd, pl_buf *heard) {
    char chunk[16 * 1024];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        assert_true(pl_buf_append(heard, chunk, (size_t)n));
    return n == 0 || errno != EAGAIN;
}

void hear_text(serving *s, int fd, pl_buf *heard, const char *text) {
    run_until(s, (hear(fd, heard), strstr(heard->p, text) != NULL));
}

void hear_end(serving *s, int fd, pl_buf *heard) {
    run_until(s, hear(fd, heard));
}

pl_buf ask(serving *s, const char *request) {
    pl_buf heard = pl_buf_make(HEARD_MAX);
    int fd = dial(s);
    say(fd, request);
    hear_end(s, fd, &heard);
    close(fd);
    return heard;
}

#include "parley/test/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parley/base/clock.h"

/* How long a test waits for an effect before it fails, and for one that must not come. */
#define PATIENCE_MS 10000
#define QUIET_MS    30

/* A server the test plays itself, behind a proxy. */
typedef struct fixture {
    int listener;
    pl_test_proxy *proxy;
    int client, server; /* the two ends of a connection through the proxy; -1: none */
} fixture;

static int connect_proxy(fixture *f) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(pl_test_proxy_port(f->proxy)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        int errnum = errno;
        close(fd);
        errno = errnum;
        return -1;
    }
    return fd;
}

static void wait_for(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, PATIENCE_MS) != 1)
        fail_msg("nothing comes");
}

static bool quiet(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, QUIET_MS) == 0;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(f->listener, 8), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&address, &size), 0);
    char target[64];
    snprintf(target, sizeof(target), "127.0.0.1:%u", ntohs(address.sin_port));
    assert_int_equal(pl_test_proxy_start(target, &f->proxy, NULL), PL_OK);
    f->client = connect_proxy(f);
    assert_true(f->client >= 0);
    wait_for(f->listener);
    f->server = accept(f->listener, NULL, NULL);
    assert_true(f->server >= 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_test_proxy_free(f->proxy);
    close(f->client);
    close(f->server);
    close(f->listener);
    free(f);
    return 0;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void expect_heard(int fd, const char *text) {
    char heard[256];
    size_t n = 0;
    while (n < strlen(text)) {
        wait_for(fd);
        ssize_t got = read(fd, heard + n, sizeof(heard) - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    heard[n] = '\0';
    assert_string_equal(heard, text);
}

/* 0 at an orderly end, the errno at a broken one. */
static int end_of(int fd) {
    char byte;
    wait_for(fd);
    ssize_t n = read(fd, &byte, 1);
    assert_true(n <= 0);
    return n == 0 ? 0 : errno;
}

static void forwards_both_ways_and_counts(void **state) {
    fixture *f = *state;
    say(f->client, "hello");
    expect_heard(f->server, "hello");
    say(f->server, "welcome");
    expect_heard(f->client, "welcome");
    pl_test_proxy_stats stats = pl_test_proxy_get_stats(f->proxy);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.open, 1);
    assert_int_equal(stats.bytes_up, 5);
    assert_int_equal(stats.bytes_down, 7);
}

static void forwards_the_end_of_one_direction(void **state) {
    fixture *f = *state;
    say(f->client, "last words");
    assert_int_equal(shutdown(f->client, SHUT_WR), 0);
    expect_heard(f->server, "last words");
    assert_int_equal(end_of(f->server), 0);
    say(f->server, "understood");
    expect_heard(f->client, "understood");
}

static void carries_more_than_it_holds(void **state) {
    fixture *f = *state;
    enum { SIZE = 8 * 1024 * 1024 };
    char *out = malloc(SIZE), *in = malloc(SIZE);
    assert_non_null(out);
    assert_non_null(in);
    for (size_t i = 0; i < SIZE; i++)
        out[i] = (char)(i * 31 + i / 4096);
    size_t sent = 0, got = 0;
    while (got < SIZE) {
        struct pollfd p[2] = {{.fd = f->client, .events = sent < SIZE ? POLLOUT : 0},
                              {.fd = f->server, .events = POLLIN}};
        assert_true(poll(p, 2, PATIENCE_MS) > 0);
        if (p[0].revents & POLLOUT) {
            ssize_t n = send(f->client, out + sent, SIZE - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            assert_true(n > 0 || errno == EAGAIN);
            sent += n > 0 ? (size_t)n : 0;
        }
        if (p[1].revents & POLLIN) {
            ssize_t n = read(f->server, in + got, SIZE - got);
            assert_true(n > 0);
            got += (size_t)n;
        }
    }
    assert_memory_equal(in, out, SIZE);
    free(out);
    free(in);
}

static void delays_each_direction_by_its_own(void **state) {
    fixture *f = *state;
    pl_test_proxy_delay(f->proxy, 0, 40);
    int64_t begin = pl_now_ns();
    say(f->client, "ping");
    expect_heard(f->server, "ping");
    say(f->server, "pong");
    expect_heard(f->client, "pong");
    assert_true(pl_now_ns() - begin >= 40 * PL_NS_PER_MS);
    pl_test_proxy_delay(f->proxy, PATIENCE_MS * 10, 0);
    say(f->client, "late");
    assert_true(quiet(f->server));
    assert_int_equal(pl_test_proxy_resume(f->proxy, NULL), PL_OK);
    expect_heard(f->server, "late");
}

static void cuts_all_connections_in_order(void **state) {
    fixture *f = *state;
    pl_test_proxy_cut(f->proxy);
    assert_int_equal(pl_test_proxy_get_stats(f->proxy).open, 0);
    assert_int_equal(end_of(f->client), 0);
    assert_int_equal(end_of(f->server), 0);
    int next = connect_proxy(f);
    assert_true(next >= 0);
    close(next);
}

static void resets_all_connections(void **state) {
    fixture *f = *state;
    pl_test_proxy_reset(f->proxy);
    assert_int_equal(end_of(f->client), ECONNRESET);
    assert_int_equal(end_of(f->server), ECONNRESET);
}

static void goes_silent_and_delivers_later(void **state) {
    fixture *f = *state;
    pl_test_proxy_stall(f->proxy);
    say(f->client, "anybody there?");
    int second = connect_proxy(f);
    assert_true(second >= 0);
    say(second, "hello?");
    assert_true(quiet(f->server));
    assert_true(quiet(f->client));
    assert_int_equal(pl_test_proxy_resume(f->proxy, NULL), PL_OK);
    expect_heard(f->server, "anybody there?");
    wait_for(f->listener);
    int server = accept(f->listener, NULL, NULL);
    expect_heard(server, "hello?");
    close(server);
    close(second);
}

static void hides_that_a_side_has_gone_while_silent(void **state) {
    fixture *f = *state;
    pl_test_proxy_stall(f->proxy);
    struct linger now = {.l_onoff = 1};
    setsockopt(f->server, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(f->server);
    assert_true(quiet(f->client));
    assert_int_equal(pl_test_proxy_resume(f->proxy, NULL), PL_OK);
    end_of(f->client);
    f->server = -1;
}

static void refuses_new_connections_and_keeps_the_old(void **state) {
    fixture *f = *state;
    pl_test_proxy_refuse(f->proxy);
    assert_int_equal(connect_proxy(f), -1);
    assert_int_equal(errno, ECONNREFUSED);
    say(f->client, "still here");
    expect_heard(f->server, "still here");
    assert_int_equal(pl_test_proxy_resume(f->proxy, NULL), PL_OK);
    int next = connect_proxy(f);
    assert_true(next >= 0);
    close(next);
}

static void closes_the_client_when_the_target_is_down(void **state) {
    fixture *f = *state;
    close(f->listener);
    f->listener = -1;
    int next = connect_proxy(f);
    assert_true(next >= 0);
    end_of(next);
    close(next);
}

static void refuses_targets_it_cannot_reach(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "5432", "localhost:1", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "300.0.0.1:1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pl_test_proxy *proxy = NULL;
        assert_int_equal(pl_test_proxy_start(bad[i], &proxy, NULL), PL_INVALID_ARGUMENT);
        assert_null(proxy);
    }
    pl_test_proxy_free(NULL);
}

static void reaches_targets_on_unix_sockets(void **state) {
    (void)state;
    char folder[] = "/tmp/proxy-test-XXXXXX", target[64];
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
    snprintf(target, sizeof(target), "unix:%s/s", folder);
    fixture f = {.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(f.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(f.listener, 1), 0);
    assert_int_equal(pl_test_proxy_start(target, &f.proxy, NULL), PL_OK);
    f.client = connect_proxy(&f);
    say(f.client, "over unix");
    wait_for(f.listener);
    f.server = accept(f.listener, NULL, NULL);
    expect_heard(f.server, "over unix");
    pl_test_proxy_free(f.proxy);
    close(f.client);
    close(f.server);
    close(f.listener);
    unlink(address.sun_path);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(forwards_both_ways_and_counts),
        UNIT(forwards_the_end_of_one_direction),
        UNIT(carries_more_than_it_holds),
        UNIT(delays_each_direction_by_its_own),
        UNIT(cuts_all_connections_in_order),
        UNIT(resets_all_connections),
        UNIT(goes_silent_and_delivers_later),
        UNIT(hides_that_a_side_has_gone_while_silent),
        UNIT(refuses_new_connections_and_keeps_the_old),
        UNIT(closes_the_client_when_the_target_is_down),
        cmocka_unit_test(refuses_targets_it_cannot_reach),
        cmocka_unit_test(reaches_targets_on_unix_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TLS: who is believed, who is served, and certificates that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "test_ca.h"

enum { HOUR_S = 3600 };

#define ORDERS   "DNS:echo,IP:127.0.0.1"
#define DELIVERY "DNS:delivery,URI:spiffe://parley/test/delivery"
#define PAYMENT  "DNS:payment,URI:spiffe://parley/test/payment"

/* A folder with an authority, a certificate of the server and one of the client. */
typedef struct world {
    char folder[64];
    char ca[96], cert[96], key[96], client_cert[96], client_key[96];
    test_ca *authority;
    echo_server echo;
    bool serving;
    pl_channel *channel;
    char address[32];
    atomic_uint renewed, not_renewed;
    char notice[512]; /* the last one that was a warning; written before not_renewed is counted */
} world;

static void put_path(const world *w, char out[96], const char *name) {
    snprintf(out, 96, "%s/%s", w->folder, name);
}

static int set_up(void **state) {
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    snprintf(w->folder, sizeof w->folder, "/tmp/parley-tls-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    put_path(w, w->ca, "ca.crt");
    put_path(w, w->cert, "tls.crt");
    put_path(w, w->key, "tls.key");
    put_path(w, w->client_cert, "client.crt");
    put_path(w, w->client_key, "client.key");
    w->authority = test_ca_new(w->ca);
    test_ca_issue(w->authority, ORDERS, -HOUR_S, HOUR_S, w->cert, w->key);
    test_ca_issue(w->authority, DELIVERY, -HOUR_S, HOUR_S, w->client_cert, w->client_key);
    *state = w;
    return 0;
}

static int tear_down(void **state) {
    world *w = *state;

    pl_channel_free(w->channel);
    if (w->serving)
        echo_server_stop(&w->echo);
    test_ca_free(w->authority);
    unlink(w->ca);
    unlink(w->cert);
    unlink(w->key);
    unlink(w->client_cert);
    unlink(w->client_key);
    rmdir(w->folder);
    free(w);
    return 0;
}

static void take_notice(void *self, pl_log_level level, const char *event, const char *text) {
    world *w = self;

    if (strcmp(event, "tls_renewed") == 0)
        atomic_fetch_add(&w->renewed, 1);
    if (level == PL_LOG_WARN) {
        snprintf(w->notice, sizeof w->notice, "%s: %s", event, text);
        atomic_fetch_add(&w->not_renewed, 1);
    }
}

static pl_tls_opts server_tls(const world *w) {
    pl_tls_opts tls = PL_TLS_OPTS_INIT;

    tls.cert_file = w->cert;
    tls.key_file = w->key;
    return tls;
}

static void serve(world *w, const pl_tls_opts *tls) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;

    opts.tls = tls;
    opts.notice = take_notice;
    opts.notice_self = w;
    echo_server_start(&w->echo, &opts);
    w->serving = true;
    echo_server_address(&w->echo, w->address);
}

/* Serves anybody, or those alone who have a certificate. */
static void serve_tls(world *w, bool mutual) {
    pl_tls_opts tls = server_tls(w);

    tls.ca_file = mutual ? w->ca : NULL;
    serve(w, &tls);
}

static pl_tls_opts client_tls(const world *w, bool with_certificate) {
    pl_tls_opts tls = PL_TLS_OPTS_INIT;

    tls.ca_file = w->ca;
    tls.cert_file = with_certificate ? w->client_cert : NULL;
    tls.key_file = with_certificate ? w->client_key : NULL;
    return tls;
}

static pl_channel *connect_with(world *w, const pl_tls_opts *tls) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel = NULL;

    opts.name = "echo";
    opts.target = w->address;
    opts.tls = tls;
    opts.notice = take_notice;
    opts.notice_self = w;
    opts.attempts = 1;
    opts.no_breaker = true;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    return channel;
}

static void connect_tls(world *w, bool with_certificate) {
    pl_tls_opts tls = client_tls(w, with_certificate);

    w->channel = connect_with(w, &tls);
}

static void assert_refused(world *w, const char *why) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);

    assert_int_equal(echo_call(w->channel, call, ECHO_PLAIN, "x", 0, NULL), PL_UNAVAILABLE);
    assert_non_null(strstr(pl_call_error(call)->message, why));
    assert_null(strstr(pl_call_error(call)->message, "127.0.0.1"));
    pl_call_free(call);
}

/* What the server saw of the last caller. */
static void assert_identity(world *w, const char *expected) {
    pthread_mutex_lock(&w->echo.mu);
    assert_string_equal(w->echo.last_identity, expected);
    pthread_mutex_unlock(&w->echo.mu);
}

static void call_over_tls_is_answered(void **state) {
    world *w = *state;

    serve_tls(w, false);
    connect_tls(w, false);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_true(echo_server_await(&w->echo, &w->echo.finished, 1));
    assert_identity(w, "");
}

static void plain_client_is_not_served(void **state) {
    world *w = *state;

    serve_tls(w, false);
    w->channel = connect_with(w, NULL);
    assert_refused(w, "echo: /" ECHO_SERVICE "/Plain: ");
    assert_int_equal(echo_server_calls(&w->echo), 0);
}

static void server_without_tls_is_not_believed(void **state) {
    world *w = *state;

    serve(w, NULL);
    connect_tls(w, false);
    assert_refused(w, "it cannot be reached");
}

static void server_of_another_authority_is_not_believed(void **state) {
    world *w = *state;

    serve_tls(w, false);
    test_ca_free(test_ca_new(w->ca)); /* replaces the one that the client believes */
    connect_tls(w, false);
    assert_refused(w, "it cannot be reached: the TLS handshake failed");
}

static void server_of_another_name_is_not_believed(void **state) {
    world *w = *state;
    pl_tls_opts tls = client_tls(w, false);

    serve_tls(w, false);
    tls.server_name = "payment";
    w->channel = connect_with(w, &tls);
    assert_refused(w, "it cannot be reached");
}

static void name_of_the_channel_is_expected_where_the_target_has_none(void **state) {
    world *w = *state;
    pl_tls_opts tls = client_tls(w, false);

    test_ca_issue(w->authority, "DNS:echo", -HOUR_S, HOUR_S, w->cert, w->key);
    serve_tls(w, false);
    char twice[64], address[32];
    snprintf(address, sizeof address, "%s", w->address);
    snprintf(twice, sizeof twice, "ipv4:%s,%s", address, address);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.name = "echo";
    opts.target = twice;
    opts.tls = &tls;
    assert_int_equal(pl_channel_new(&opts, &w->channel, NULL), PL_OK);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
}

static void server_whose_certificate_expires_is_not_believed(void **state) {
    world *w = *state;
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_code code = PL_OK;

    /* Whole seconds, of which the first has begun: the server starts with at least two of them. */
    test_ca_issue(w->authority, ORDERS, -HOUR_S, 3, w->cert, w->key);
    serve_tls(w, false);
    while (code == PL_OK && pl_now_ns() < deadline) {
        pl_tls_opts tls = client_tls(w, false);
        pl_channel *channel = connect_with(w, &tls);
        code = echo_once(channel, ECHO_PLAIN, "x", 0);
        pl_channel_free(channel);
    }
    assert_int_equal(code, PL_UNAVAILABLE);
}

static void client_without_certificate_is_not_served_where_one_is_wanted(void **state) {
    world *w = *state;

    serve_tls(w, true);
    connect_tls(w, false);
    assert_refused(w, "echo: /" ECHO_SERVICE "/Plain: ");
    assert_int_equal(echo_server_calls(&w->echo), 0);
}

static void client_of_another_authority_is_not_served(void **state) {
    world *w = *state;
    char other[96];
    test_ca *stranger;

    serve_tls(w, true);
    put_path(w, other, "other.crt");
    stranger = test_ca_new(other);
    test_ca_issue(stranger, DELIVERY, -HOUR_S, HOUR_S, w->client_cert, w->client_key);
    connect_tls(w, true);
    assert_refused(w, "echo: /" ECHO_SERVICE "/Plain: ");
    assert_int_equal(echo_server_calls(&w->echo), 0);
    test_ca_free(stranger);
    unlink(other);
}

static void handler_is_told_who_calls(void **state) {
    world *w = *state;

    serve_tls(w, true);
    connect_tls(w, true);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_true(echo_server_await(&w->echo, &w->echo.finished, 1));
    assert_identity(w, "spiffe://parley/test/delivery");
}

static void caller_without_spiffe_id_is_known_by_its_name(void **state) {
    world *w = *state;

    test_ca_issue(w->authority, "DNS:delivery", -HOUR_S, HOUR_S, w->client_cert, w->client_key);
    serve_tls(w, true);
    connect_tls(w, true);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_true(echo_server_await(&w->echo, &w->echo.finished, 1));
    assert_identity(w, "delivery");
}

/* ---- files ---- */

static pl_code new_server(const pl_tls_opts *tls, pl_error *err) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *server = NULL;
    pl_code code;

    opts.tls = tls;
    code = pl_server_new(&opts, &server, err);
    pl_server_free(server);
    return code;
}

static void key_that_everybody_may_read_is_refused(void **state) {
    world *w = *state;
    pl_tls_opts tls = server_tls(w);
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(chmod(w->key, 0644), 0);
    assert_int_equal(new_server(&tls, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "tls.key: everybody may read or write this private key "
                                        "(mode 0644); chmod o-rw it"));
}

static void expired_certificate_is_refused_at_the_start(void **state) {
    world *w = *state;
    pl_tls_opts tls = server_tls(w);
    pl_error err = PL_ERROR_INIT;

    test_ca_issue(w->authority, ORDERS, -2 * HOUR_S, -HOUR_S, w->cert, w->key);
    assert_int_equal(new_server(&tls, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "tls.crt: the certificate expired on "));
}

static void file_that_is_not_there_is_named(void **state) {
    world *w = *state;
    pl_tls_opts tls = server_tls(w);
    pl_error err = PL_ERROR_INIT;

    unlink(w->cert);
    assert_int_equal(new_server(&tls, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "tls.crt"));
}

static void certificate_without_key_is_refused(void **state) {
    world *w = *state;
    pl_tls_opts tls = server_tls(w);

    tls.key_file = NULL;
    assert_int_equal(new_server(&tls, NULL), PL_INVALID_ARGUMENT);
}

static void channel_without_authority_is_refused(void **state) {
    pl_tls_opts tls = PL_TLS_OPTS_INIT;
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel = NULL;

    (void)state;
    opts.target = "127.0.0.1:1";
    opts.tls = &tls;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_INVALID_ARGUMENT);
}

/* ---- renewal ---- */

typedef struct caller {
    world *w;
    atomic_bool over;
    unsigned made, failed;
} caller;

static void *call_until_over(void *self) {
    caller *c = self;

    while (!atomic_load(&c->over)) {
        c->made++;
        c->failed += echo_once(c->w->channel, ECHO_PLAIN, "x", 0) != PL_OK;
    }
    return NULL;
}

static bool identity_is(world *w, const char *expected) {
    bool is;

    pthread_mutex_lock(&w->echo.mu);
    is = strcmp(w->echo.last_identity, expected) == 0;
    pthread_mutex_unlock(&w->echo.mu);
    return is;
}

static void renewal_of_both_sides_fails_no_call(void **state) {
    world *w = *state;
    caller c = {.w = w};
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pthread_t thread;

    serve_tls(w, true);
    connect_tls(w, true);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_int_equal(pthread_create(&thread, NULL, call_until_over, &c), 0);
    test_ca_issue(w->authority, ORDERS, -HOUR_S, HOUR_S, w->cert, w->key);
    test_ca_issue(w->authority, PAYMENT, -HOUR_S, HOUR_S, w->client_cert, w->client_key);
    while (!(identity_is(w, "spiffe://parley/test/payment") && atomic_load(&w->renewed) >= 2) &&
           pl_now_ns() < deadline)
        sched_yield();
    atomic_store(&c.over, true);
    pthread_join(thread, NULL);
    assert_true(identity_is(w, "spiffe://parley/test/payment"));
    assert_true(atomic_load(&w->renewed) >= 2);
    assert_true(c.made > 0);
    assert_int_equal(c.failed, 0);
}

static void broken_new_file_is_told_and_leaves_the_old_one_in_force(void **state) {
    world *w = *state;
    FILE *file;

    serve_tls(w, false);
    file = fopen(w->cert, "w");
    assert_non_null(file);
    fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", file);
    fclose(file);
    connect_tls(w, false);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_int_equal(atomic_load(&w->not_renewed), 1);
    assert_non_null(strstr(w->notice, "tls_not_renewed: "));
    assert_non_null(strstr(w->notice, "tls.crt: holds no PEM certificate"));
}

static void new_certificate_waits_for_its_key(void **state) {
    world *w = *state;
    char new_cert[96], new_key[96];
    pl_tls_opts tls = client_tls(w, false);
    pl_channel *second;

    serve_tls(w, false);
    put_path(w, new_cert, "new.crt");
    put_path(w, new_key, "new.key");
    test_ca_issue(w->authority, ORDERS, -HOUR_S, HOUR_S, new_cert, new_key);
    assert_int_equal(rename(new_cert, w->cert), 0);
    connect_tls(w, false);
    assert_int_equal(echo_once(w->channel, ECHO_PLAIN, "x", 0), PL_OK);
    assert_int_equal(atomic_load(&w->not_renewed), 1);
    assert_int_equal(rename(new_key, w->key), 0);
    second = connect_with(w, &tls);
    assert_int_equal(echo_once(second, ECHO_PLAIN, "x", 0), PL_OK);
    assert_int_equal(atomic_load(&w->renewed), 1);
    pl_channel_free(second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(call_over_tls_is_answered),
        TEST(plain_client_is_not_served),
        TEST(server_without_tls_is_not_believed),
        TEST(server_of_another_authority_is_not_believed),
        TEST(server_of_another_name_is_not_believed),
        TEST(name_of_the_channel_is_expected_where_the_target_has_none),
        TEST(server_whose_certificate_expires_is_not_believed),
        TEST(client_without_certificate_is_not_served_where_one_is_wanted),
        TEST(client_of_another_authority_is_not_served),
        TEST(handler_is_told_who_calls),
        TEST(caller_without_spiffe_id_is_known_by_its_name),
        TEST(key_that_everybody_may_read_is_refused),
        TEST(expired_certificate_is_refused_at_the_start),
        TEST(file_that_is_not_there_is_named),
        TEST(certificate_without_key_is_refused),
        TEST(channel_without_authority_is_refused),
        TEST(renewal_of_both_sides_fails_no_call),
        TEST(broken_new_file_is_told_and_leaves_the_old_one_in_force),
        TEST(new_certificate_waits_for_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

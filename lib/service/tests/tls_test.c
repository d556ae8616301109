/* The settings of TLS, seen from outside. */
#include "child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/rpc/channel.h"
#include "test_ca.h"

enum { HOUR_S = 3600, FLAG_MAX = 128 };

static const char *const with_secret[] = {"SAMPLE_URL=hunter2", NULL};

/* A folder with an authority and the files of a service. */
typedef struct files {
    char folder[64], ca[96], cert[96], key[96];
    test_ca *authority;
} files;

static files make_files(void) {
    files f;

    snprintf(f.folder, sizeof f.folder, "/tmp/parley-tls-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.ca, sizeof f.ca, "%s/ca.crt", f.folder);
    snprintf(f.cert, sizeof f.cert, "%s/tls.crt", f.folder);
    snprintf(f.key, sizeof f.key, "%s/tls.key", f.folder);
    f.authority = test_ca_new(f.ca);
    test_ca_issue(f.authority, "IP:127.0.0.1", -HOUR_S, HOUR_S, f.cert, f.key);
    return f;
}

static void remove_files(files *f) {
    test_ca_free(f->authority);
    unlink(f->ca);
    unlink(f->cert);
    unlink(f->key);
    rmdir(f->folder);
}

static pl_code check_health(const struct child *c, const pl_tls_opts *tls) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_bytes_request request = {.path = "/grpc.health.v1.Health/Check",
                                .deadline_ns = pl_deadline_ms(DEADLINE_MS)};
    pl_bytes_reply *reply = NULL;
    pl_channel *channel = NULL;
    pl_code code;

    opts.target = c->grpc;
    opts.tls = tls;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    code = pl_channel_call_bytes(channel, &request, &reply);
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    return code;
}

static void serves_those_who_have_a_certificate(void **state) {
    struct child *c = *state;
    char cert[FLAG_MAX], key[FLAG_MAX], ca[FLAG_MAX];
    files f = make_files();
    pl_tls_opts tls = PL_TLS_OPTS_INIT;

    snprintf(cert, sizeof cert, "--tls-cert=%s", f.cert);
    snprintf(key, sizeof key, "--tls-key=%s", f.key);
    snprintf(ca, sizeof ca, "--tls-ca=%s", f.ca);
    SPAWN(c, with_secret, cert, key, ca);
    child_wait_ready(c);
    assert_int_equal(check_health(c, NULL), PL_UNAVAILABLE);
    tls.ca_file = f.ca;
    assert_int_equal(check_health(c, &tls), PL_UNAVAILABLE);
    tls.cert_file = f.cert;
    tls.key_file = f.key;
    assert_int_equal(check_health(c, &tls), PL_OK);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    remove_files(&f);
}

static void logs_what_is_wrong_with_new_files(void **state) {
    struct child *c = *state;
    char cert[FLAG_MAX], key[FLAG_MAX];
    files f = make_files();
    pl_tls_opts tls = PL_TLS_OPTS_INIT;
    FILE *file;

    snprintf(cert, sizeof cert, "--tls-cert=%s", f.cert);
    snprintf(key, sizeof key, "--tls-key=%s", f.key);
    SPAWN(c, with_secret, cert, key);
    child_wait_ready(c);
    file = fopen(f.cert, "w");
    assert_non_null(file);
    fclose(file);
    tls.ca_file = f.ca;
    assert_int_equal(check_health(c, &tls), PL_OK);
    child_read_until(c, "\"event\":\"tls_not_renewed\"");
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    remove_files(&f);
}

static void does_not_start_with_a_ca_and_no_certificate(void **state) {
    struct child *c = *state;
    char ca[FLAG_MAX];
    files f = make_files();

    snprintf(ca, sizeof ca, "--tls-ca=%s", f.ca);
    SPAWN(c, with_secret, ca);
    assert_int_equal(child_wait_end(c), 1);
    assert_non_null(strstr(c->err.p, "TLS: a server needs a certificate"));
    remove_files(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, child_setup, child_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(serves_those_who_have_a_certificate),
        TEST(logs_what_is_wrong_with_new_files),
        TEST(does_not_start_with_a_ca_and_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

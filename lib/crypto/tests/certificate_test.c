#include "parley/crypto/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_ca.h"

enum { TEXT_MAX = 8192, HOUR_S = 3600 };

/* A folder with an authority. */
typedef struct folder {
    char path[64];
    char ca_file[96], cert_file[96], key_file[96];
    test_ca *ca;
} folder;

static int set_up(void **state) {
    folder *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->path, sizeof f->path, "/tmp/parley-cert-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->ca_file, sizeof f->ca_file, "%s/ca.crt", f->path);
    snprintf(f->cert_file, sizeof f->cert_file, "%s/tls.crt", f->path);
    snprintf(f->key_file, sizeof f->key_file, "%s/tls.key", f->path);
    f->ca = test_ca_new(f->ca_file);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    folder *f = *state;

    test_ca_free(f->ca);
    unlink(f->ca_file);
    unlink(f->cert_file);
    unlink(f->key_file);
    rmdir(f->path);
    free(f);
    return 0;
}

static pl_str slurp(const char *path, char out[TEXT_MAX]) {
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(out, 1, TEXT_MAX, file);
    fclose(file);
    return pl_str_make(out, n);
}

static pl_code check(folder *f, pl_error *err) {
    char cert[TEXT_MAX], key[TEXT_MAX];

    return pl_certificate_check_pair("tls.crt", slurp(f->cert_file, cert), "tls.key",
                                     slurp(f->key_file, key), err);
}

static void takes_a_certificate_with_its_key(void **state) {
    folder *f = *state;

    test_ca_issue(f->ca, "DNS:orders", -HOUR_S, HOUR_S, f->cert_file, f->key_file);
    assert_int_equal(check(f, NULL), PL_OK);
}

static void refuses_the_key_of_another_certificate(void **state) {
    folder *f = *state;
    pl_error err = PL_ERROR_INIT;
    char other[128];

    test_ca_issue(f->ca, "DNS:orders", -HOUR_S, HOUR_S, f->cert_file, f->key_file);
    snprintf(other, sizeof other, "%s/other.crt", f->path);
    test_ca_issue(f->ca, "DNS:orders", -HOUR_S, HOUR_S, other, f->key_file);
    unlink(other);
    assert_int_equal(check(f, &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.message, "tls.key: the key does not belong to the certificate in "
                                     "tls.crt");
}

static void refuses_an_expired_certificate(void **state) {
    folder *f = *state;
    pl_error err = PL_ERROR_INIT;

    test_ca_issue(f->ca, "DNS:orders", -2 * HOUR_S, -HOUR_S, f->cert_file, f->key_file);
    assert_int_equal(check(f, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "tls.crt: the certificate expired on "));
}

static void refuses_a_certificate_of_the_future(void **state) {
    folder *f = *state;
    pl_error err = PL_ERROR_INIT;

    test_ca_issue(f->ca, "DNS:orders", HOUR_S, 2 * HOUR_S, f->cert_file, f->key_file);
    assert_int_equal(check(f, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "tls.crt: the certificate is not valid before "));
}

static void refuses_what_is_no_certificate(void **state) {
    folder *f = *state;
    pl_error err = PL_ERROR_INIT;
    char key[TEXT_MAX];

    test_ca_issue(f->ca, "DNS:orders", -HOUR_S, HOUR_S, f->cert_file, f->key_file);
    assert_int_equal(
        pl_certificate_check_pair("a", slurp(f->key_file, key), "b", slurp(f->key_file, key), &err),
        PL_FAILED_PRECONDITION);
    assert_string_equal(err.message, "a: holds no PEM certificate");
    assert_int_equal(pl_certificate_check_ca("c", pl_str_c(""), &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.message, "c: holds no PEM certificate");
}

static void takes_the_certificate_of_an_authority(void **state) {
    folder *f = *state;
    char ca[TEXT_MAX];

    assert_int_equal(pl_certificate_check_ca("ca", slurp(f->ca_file, ca), NULL), PL_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(takes_a_certificate_with_its_key), TEST(refuses_the_key_of_another_certificate),
        TEST(refuses_an_expired_certificate),   TEST(refuses_a_certificate_of_the_future),
        TEST(refuses_what_is_no_certificate),   TEST(takes_the_certificate_of_an_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test_ca.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/base/assert.h"

#define DAY_S 86400

struct test_ca {
    EVP_PKEY *key;
    X509 *cert;
    long serial;
};

static EVP_PKEY *make_key(void) {
    EVP_PKEY *key = EVP_EC_gen("P-256");

    PL_ASSERT(key);
    return key;
}

static void set_name(X509 *cert, const char *text) {
    X509_NAME *name = X509_get_subject_name(cert);

    PL_ASSERT(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1,
                                         -1, 0));
}

static X509 *make_cert(EVP_PKEY *key, const char *name, long serial, int64_t from_s,
                       int64_t until_s) {
    X509 *cert = X509_new();

    PL_ASSERT(cert && X509_set_version(cert, X509_VERSION_3) &&
              ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) &&
              X509_gmtime_adj(X509_getm_notBefore(cert), (long)from_s) &&
              X509_gmtime_adj(X509_getm_notAfter(cert), (long)until_s) &&
              X509_set_pubkey(cert, key));
    set_name(cert, name);
    return cert;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value) {
    X509_EXTENSION *extension;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    PL_ASSERT(extension && X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

/* Writes beside PATH, then renames: a reader sees the old file or the new one. */
static FILE *begin(const char *path, char temporary[PATH_MAX]) {
    int fd;
    FILE *file;

    snprintf(temporary, PATH_MAX, "%s.new", path);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    PL_ASSERT(file);
    return file;
}

static void commit(FILE *file, const char *temporary, const char *path) {
    PL_ASSERT(fclose(file) == 0 && rename(temporary, path) == 0);
}

static void write_cert(const X509 *cert, const char *path) {
    char temporary[PATH_MAX];
    FILE *file = begin(path, temporary);

    PL_ASSERT(PEM_write_X509(file, cert));
    commit(file, temporary, path);
}

static void write_key(const EVP_PKEY *key, const char *path) {
    char temporary[PATH_MAX];
    FILE *file = begin(path, temporary);

    PL_ASSERT(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    commit(file, temporary, path);
}

test_ca *test_ca_new(const char *cert_file) {
    test_ca *ca = calloc(1, sizeof *ca);

    PL_ASSERT(ca);
    ca->key = make_key();
    ca->cert = make_cert(ca->key, "test CA", ++ca->serial, -DAY_S, DAY_S);
    PL_ASSERT(X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)));
    extend(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
    extend(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign");
    PL_ASSERT(X509_sign(ca->cert, ca->key, EVP_sha256()));
    write_cert(ca->cert, cert_file);
    return ca;
}

void test_ca_free(test_ca *ca) {
    if (!ca)
        return;
    X509_free(ca->cert);
    EVP_PKEY_free(ca->key);
    free(ca);
}

void test_ca_issue(test_ca *ca, const char *sans, int64_t from_s, int64_t until_s,
                   const char *cert_file, const char *key_file) {
    EVP_PKEY *key = make_key();
    X509 *cert = make_cert(key, "test", ++ca->serial, from_s, until_s);

    PL_ASSERT(X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)));
    extend(cert, ca->cert, NID_subject_alt_name, sans);
    PL_ASSERT(X509_sign(cert, ca->key, EVP_sha256()));
    write_key(key, key_file);
    write_cert(cert, cert_file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

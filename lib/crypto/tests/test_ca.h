/* A certificate authority for tests. Asserts where it cannot do its work. */
#ifndef PARLEY_CRYPTO_TEST_CA_H
#define PARLEY_CRYPTO_TEST_CA_H

#include <stdint.h>

typedef struct test_ca test_ca;

/* A new authority with a key of its own; its certificate is written to CERT_FILE. */
test_ca *test_ca_new(const char *cert_file);
void test_ca_free(test_ca *ca);

/* Issues a certificate for the subject alternative names SANS, as in openssl.cnf
 * ("DNS:orders,URI:spiffe://parley/mall/orders"), valid from now + FROM_S to now + UNTIL_S, and
 * writes it to CERT_FILE and its key, for the owner alone, to KEY_FILE, both by rename. */
void test_ca_issue(test_ca *ca, const char *sans, int64_t from_s, int64_t until_s,
                   const char *cert_file, const char *key_file);

#endif

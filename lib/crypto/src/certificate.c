#include "parley/crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* Room for a date as OpenSSL prints it. */
#define DATE_MAX 64

static BIO *reader(pl_str pem) {
    return BIO_new_mem_buf(pem.p, (int)pem.n);
}

/* A key with a passphrase cannot be used: nobody is there to be asked. */
static int no_passphrase(char *buffer, int size, int writing, void *arg) {
    (void)writing;
    (void)arg;
    if (size > 0)
        buffer[0] = '\0';
    return 0;
}

static void print_date(const ASN1_TIME *date, char out[DATE_MAX]) {
    BIO *bio = BIO_new(BIO_s_mem());
    int n = bio && ASN1_TIME_print(bio, date) ? BIO_read(bio, out, DATE_MAX - 1) : 0;

    out[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
}

static pl_code check_dates(const char *file, const X509 *cert, pl_error *err) {
    char date[DATE_MAX];

    if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
        print_date(X509_get0_notAfter(cert), date);
        return pl_error_set(err, PL_FAILED_PRECONDITION, "%s: the certificate expired on %s", file,
                            date);
    }
    if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) {
        print_date(X509_get0_notBefore(cert), date);
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: the certificate is not valid before %s", file, date);
    }
    return PL_OK;
}

pl_code pl_certificate_check_pair(const char *cert_name, pl_str cert, const char *key_name,
                                  pl_str key, pl_error *err) {
    BIO *cert_bio = reader(cert);
    BIO *key_bio = reader(key);
    X509 *own = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, no_passphrase, NULL) : NULL;
    EVP_PKEY *secret = key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL) : NULL;
    pl_code code = PL_OK;

    if (!own)
        code = pl_error_set(err, PL_FAILED_PRECONDITION, "%s: holds no PEM certificate", cert_name);
    else if (!secret)
        code = pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: holds no PEM private key without a passphrase", key_name);
    else if (X509_check_private_key(own, secret) != 1)
        code = pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: the key does not belong to the certificate in %s", key_name,
                            cert_name);
    else
        code = check_dates(cert_name, own, err);
    EVP_PKEY_free(secret);
    X509_free(own);
    BIO_free(key_bio);
    BIO_free(cert_bio);
    ERR_clear_error();
    return code;
}

pl_code pl_certificate_check_ca(const char *ca_name, pl_str ca, pl_error *err) {
    BIO *bio = reader(ca);
    X509 *first = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    bool found = first != NULL;

    X509_free(first);
    BIO_free(bio);
    ERR_clear_error();
    return found
               ? PL_OK
               : pl_error_set(err, PL_FAILED_PRECONDITION, "%s: holds no PEM certificate", ca_name);
}

/* Certificates: whether PEM files that somebody put there can be used.
 *
 * TLS itself is done by those who own the connection (gRPC's core in lib/rpc); its own errors
 * about files say little and come late. These functions say which file is at fault and why,
 * before anything uses it. They read no file and verify no chain.
 *
 *     code = pl_certificate_check_pair("tls.crt", cert, "tls.key", key, &err);
 *
 * Thread-safe.
 */
#ifndef PARLEY_CRYPTO_CERTIFICATE_H
#define PARLEY_CRYPTO_CERTIFICATE_H

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first certificate of CERT (PEM) is valid today, and the private KEY (PEM, no passphrase)
 * belongs to it. PL_FAILED_PRECONDITION: which of them is wrong, by the names given, and how. */
PL_NODISCARD pl_code pl_certificate_check_pair(const char *cert_name, pl_str cert,
                                               const char *key_name, pl_str key, pl_error *err);

/* CA (PEM) holds a certificate. PL_FAILED_PRECONDITION: it does not. */
PL_NODISCARD pl_code pl_certificate_check_ca(const char *ca_name, pl_str ca, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif

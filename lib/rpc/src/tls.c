#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_version.h"
#include "parley/base/clock.h"
#include "parley/crypto/certificate.h"

enum { CERT, KEY, CA, FILES };

struct pl_tls {
    char *paths[FILES]; /* NULL: there is no such file */
    char *server_name;
    pl_rpc_notice_fn *notice;
    void *notice_self;
    pl_file_version versions[FILES]; /* last looked at, be they good or not */
    char *texts[FILES];              /* of good files that nobody has taken yet */
    bool fresh;                      /* there are such */
    int64_t looked_ns;
};

/* The key must not linger in freed memory. */
static void forget_texts(char *texts[FILES]) {
    for (int i = 0; i < FILES; i++) {
        volatile char *p = texts[i];
        while (p && *p)
            *p++ = 0;
        free(texts[i]);
        texts[i] = NULL;
    }
}

/* Reads an open file; errno says why not. */
static char *read_all(int fd, size_t size) {
    char *text = malloc(size + 1);
    size_t n = 0;

    while (text && n < size) {
        ssize_t got = read(fd, text + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    if (text)
        text[n] = '\0';
    return text;
}

static pl_code check_info(int which, const char *path, const struct stat *info, pl_error *err) {
    if (!S_ISREG(info->st_mode) || info->st_size > PL_TLS_FILE_MAX)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "%s: expected a file of at most %u bytes",
                            path, PL_TLS_FILE_MAX);
    if (which == KEY && info->st_mode & (S_IROTH | S_IWOTH))
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: everybody may read or write this private key (mode %04o); chmod "
                            "o-rw it",
                            path, (unsigned)(info->st_mode & 07777));
    return PL_OK;
}

static pl_code read_file(pl_tls *tls, int which, char **out_text, pl_error *err) {
    const char *path = tls->paths[which];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    pl_code code = PL_OK;

    if (fd < 0 || fstat(fd, &info) != 0) {
        pl_error_errno(err, errno, "%s", path);
        code = PL_FAILED_PRECONDITION;
    } else {
        code = check_info(which, path, &info, err);
    }
    if (code == PL_OK) {
        tls->versions[which] = pl_file_version_of(&info);
        *out_text = read_all(fd, (size_t)info.st_size);
        if (!*out_text)
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", path);
    }
    if (fd >= 0)
        close(fd);
    if (err)
        err->code = code;
    return code;
}

/* Reads and checks all of them; good ones are fresh. */
static pl_code load(pl_tls *tls, pl_error *err) {
    char *texts[FILES] = {NULL};
    pl_code code = PL_OK;

    for (int i = 0; i < FILES && code == PL_OK; i++) {
        if (tls->paths[i])
            code = read_file(tls, i, &texts[i], err);
    }
    if (code == PL_OK && texts[CERT])
        code = pl_certificate_check_pair(tls->paths[CERT], pl_str_c(texts[CERT]), tls->paths[KEY],
                                         pl_str_c(texts[KEY]), err);
    if (code == PL_OK && texts[CA])
        code = pl_certificate_check_ca(tls->paths[CA], pl_str_c(texts[CA]), err);
    if (code != PL_OK) {
        forget_texts(texts);
        return code;
    }
    forget_texts(tls->texts);
    memcpy(tls->texts, texts, sizeof texts);
    tls->fresh = true;
    return PL_OK;
}

/* A file has changed since it was looked at. One that is gone has not: it is being replaced. */
static bool changed(const pl_tls *tls) {
    struct stat info;

    for (int i = 0; i < FILES; i++) {
        if (tls->paths[i] && stat(tls->paths[i], &info) == 0 &&
            !pl_file_version_is(&tls->versions[i], &info))
            return true;
    }
    return false;
}

/* Takes note of what is there now, so that one bad set of files is reported once. */
static void note_versions(pl_tls *tls) {
    struct stat info;

    for (int i = 0; i < FILES; i++) {
        if (tls->paths[i] && stat(tls->paths[i], &info) == 0)
            tls->versions[i] = pl_file_version_of(&info);
    }
}

static void look(pl_tls *tls) {
    pl_error err = PL_ERROR_INIT;

    if (!changed(tls))
        return;
    note_versions(tls);
    if (load(tls, &err) == PL_OK)
        pl_error_set(&err, PL_OK, "%s: read again",
                     tls->paths[CERT] ? tls->paths[CERT] : tls->paths[CA]);
    if (tls->notice)
        tls->notice(tls->notice_self, err.code == PL_OK ? PL_LOG_INFO : PL_LOG_WARN,
                    err.code == PL_OK ? "tls_renewed" : "tls_not_renewed", err.message);
}

/* ---- life ---- */

static pl_code check_opts(const pl_tls_opts *opts, bool server, pl_error *err) {
    if (!opts->cert_file != !opts->key_file)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "TLS: a certificate and its key go together, got only %s",
                            opts->cert_file ? opts->cert_file : opts->key_file);
    if (server && !opts->cert_file)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "TLS: a server needs a certificate");
    if (!server && !opts->ca_file)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "TLS: a channel needs the certificates of the CAs it believes");
    return PL_OK;
}

/* False without memory. */
static bool copy(char **to, const char *from) {
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

pl_code pl_tls_new(const pl_tls_opts *opts, bool server, pl_rpc_notice_fn *notice,
                   void *notice_self, pl_tls **out_tls, pl_error *err) {
    pl_code code = check_opts(opts, server, err);
    pl_tls *tls;

    if (code != PL_OK)
        return code;
    tls = calloc(1, sizeof *tls);
    if (!tls || !copy(&tls->paths[CERT], opts->cert_file) ||
        !copy(&tls->paths[KEY], opts->key_file) || !copy(&tls->paths[CA], opts->ca_file) ||
        !copy(&tls->server_name, opts->server_name))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "TLS: no memory");
    if (code == PL_OK)
        code = load(tls, err);
    if (code != PL_OK) {
        pl_tls_free(tls);
        return code;
    }
    tls->notice = notice;
    tls->notice_self = notice_self;
    *out_tls = tls;
    return PL_OK;
}

void pl_tls_free(pl_tls *tls) {
    if (!tls)
        return;
    forget_texts(tls->texts);
    for (int i = 0; i < FILES; i++)
        free(tls->paths[i]);
    free(tls->server_name);
    free(tls);
}

const char *pl_tls_server_name(const pl_tls *tls) {
    return tls->server_name;
}

/* ---- credentials ---- */

/* Core asks at the start and for every connection, under a lock. */
static grpc_ssl_certificate_config_reload_status
fetch(void *self, grpc_ssl_server_certificate_config **out_config) {
    pl_tls *tls = self;
    grpc_ssl_pem_key_cert_pair pair;

    if (!tls->fresh)
        look(tls);
    if (!tls->fresh)
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    pair.private_key = tls->texts[KEY];
    pair.cert_chain = tls->texts[CERT];
    /* Core asserts that there are roots, even where no client is asked for a certificate. */
    *out_config = grpc_ssl_server_certificate_config_create(
        tls->texts[CA] ? tls->texts[CA] : tls->texts[CERT], &pair, 1);
    forget_texts(tls->texts);
    tls->fresh = false;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

grpc_server_credentials *pl_tls_server_credentials(pl_tls *tls) {
    grpc_ssl_client_certificate_request_type wanted =
        tls->paths[CA] ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                       : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;

    return grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(wanted, fetch, tls));
}

grpc_channel_credentials *pl_tls_channel_credentials(pl_tls *tls) {
    grpc_ssl_pem_key_cert_pair pair;
    grpc_channel_credentials *credentials;
    int64_t now = pl_now_ns();

    if (!tls->fresh && now - tls->looked_ns >= PL_TLS_LOOK_MS * PL_NS_PER_MS) {
        tls->looked_ns = now;
        look(tls);
    }
    if (!tls->fresh)
        return NULL;
    pair.private_key = tls->texts[KEY];
    pair.cert_chain = tls->texts[CERT];
    credentials = grpc_ssl_credentials_create_ex(tls->texts[CA], tls->texts[CERT] ? &pair : NULL,
                                                 NULL, NULL);
    forget_texts(tls->texts);
    tls->fresh = false;
    return credentials;
}

#include "common/download.h"

#include <stdio.h>
#include <string.h>

#include "parley/http/client.h"

bool download_is_url(const char *word) {
    size_t scheme = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+.-");
    return scheme > 0 && strncmp(word + scheme, "://", 3) == 0;
}

static pl_code refuse(const char *url, const char *what, pl_error *err) {
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "'%.128s': %s; expected http://HOST[:PORT]/PATH of at most %d bytes", url,
                        what, DOWNLOAD_URL_MAX);
}

/* A host that ends at a bracket or behind the last colon has its port. */
static bool has_port(pl_str host) {
    return pl_str_index(host, ']') + 1 < host.n ||
           (host.n && host.p[0] != '[' && pl_str_index(host, ':') < host.n);
}

static pl_code split(const char *url, char address[PL_HTTP_ADDRESS_MAX], pl_str *out_target,
                     pl_str *out_host, pl_error *err) {
    static const char http[] = "http://", https[] = "https://";
    if (strncmp(url, https, sizeof https - 1) == 0)
        return pl_error_set(err, PL_UNIMPLEMENTED,
                            "'%.128s': https is not there yet; load the file with another tool "
                            "and name its path, or serve it by http",
                            url);
    if (strncmp(url, http, sizeof http - 1) != 0)
        return refuse(url, "an unknown scheme", err);
    const char *from = url + sizeof http - 1;
    pl_str host = pl_str_make(from, strcspn(from, "/?#"));
    pl_str target = pl_str_c(from + host.n);
    if (strlen(url) >= DOWNLOAD_URL_MAX)
        return refuse(url, "too long", err);
    if (pl_str_index(host, '@') < host.n)
        return refuse(url, "a user or password is not sent", err);
    if (pl_str_index(target, '#') < target.n)
        return refuse(url, "a fragment names no document", err);
    if (target.n && target.p[0] == '?')
        return refuse(url, "no path", err);
    int n = snprintf(address, PL_HTTP_ADDRESS_MAX, "%.*s%s", PL_FMT(host),
                     has_port(host) ? "" : ":80");
    if (!host.n || n < 0 || n >= PL_HTTP_ADDRESS_MAX)
        return refuse(url, "no host", err);
    *out_host = host;
    *out_target = target;
    return PL_OK;
}

pl_code download(const char *url, pl_buf *out, pl_error *err) {
    char address[PL_HTTP_ADDRESS_MAX];
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_http_answer *answer = NULL;
    pl_error why = PL_ERROR_INIT;
    pl_code code = split(url, address, &call.target, &call.host, err);
    if (code != PL_OK)
        return code;
    call.address = address;
    call.timeout_ms = DOWNLOAD_MAX_MS;
    call.max_body = DOWNLOAD_MAX;
    code = pl_http_fetch(&call, &answer, &why);
    if (code != PL_OK)
        return pl_error_wrap(err, &why, "%.128s", url);
    if (answer->head->status != 200)
        code = pl_error_set(err, PL_NOT_FOUND, "%.128s: expected status 200, got %d %.64s%s", url,
                            answer->head->status, answer->head->reason.p,
                            answer->head->status / 100 == 3 ? "; name the URL that it leads to"
                                                            : "");
    else if (!pl_buf_str(out, answer->body))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%.128s: no memory", url);
    pl_http_answer_free(answer);
    return code;
}

#include "url.h"

#include <string.h>

#include "parley/base/str.h"

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies TEXT without its %XX escapes; false where it is malformed, too long or has a NUL. */
static bool unescape(pl_str text, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            if (i + 2 >= text.n || hex(text.p[i + 1]) < 0 || hex(text.p[i + 2]) < 0)
                return false;
            c = (char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2]));
            i += 2;
        }
        if (c == 0 || n + 1 >= size)
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    return true;
}

static pl_str head(pl_str text, size_t n) {
    return pl_str_make(text.p, n);
}
static pl_str tail(pl_str text, size_t n) {
    return pl_str_make(text.p + n, text.n - n);
}

/* Takes "user:password@" off the front. A lone part is the user, as in the URLs of redis-cli. */
static bool take_login(pl_str *rest, redis_url *url) {
    size_t at = rest->n;
    size_t end = pl_str_index(*rest, '/');
    for (size_t i = 0; i < end; i++) {
        if (rest->p[i] == '@')
            at = i;
    }
    if (at == rest->n)
        return true;
    pl_str login = head(*rest, at);
    size_t colon = pl_str_index(login, ':');
    bool ok = unescape(head(login, colon), url->user, sizeof url->user);
    if (ok && colon < login.n)
        ok = unescape(tail(login, colon + 1), url->password, sizeof url->password);
    *rest = tail(*rest, at + 1);
    return ok;
}

static bool parse_db(pl_str text, redis_url *url) {
    return text.n == 0 || (pl_str_i64(text, &url->db) && url->db >= 0 && url->db <= 65535);
}

static bool parse_unix(pl_str rest, redis_url *url) {
    if (!take_login(&rest, url))
        return false;
    size_t query = pl_str_index(rest, '?');
    pl_str path = head(rest, query);
    if (path.n == 0 || path.p[0] != '/' || !unescape(path, url->path, sizeof url->path))
        return false;
    if (query == rest.n)
        return true;
    pl_str option = tail(rest, query + 1);
    return pl_str_starts(option, pl_str_c("db=")) && parse_db(tail(option, 3), url);
}

/* Cuts host and port; an IPv6 address stands in brackets. */
static bool parse_host(pl_str text, redis_url *url) {
    size_t colon = pl_str_index(text, ':');
    pl_str host = head(text, colon);
    if (text.n > 0 && text.p[0] == '[') {
        size_t bracket = pl_str_index(text, ']');
        if (bracket == text.n)
            return false;
        host = pl_str_make(text.p + 1, bracket - 1);
        colon = bracket + 1;
        if (colon < text.n && text.p[colon] != ':')
            return false;
    }
    uint64_t port = REDIS_PORT_DEFAULT;
    if (colon < text.n && !pl_str_u64(tail(text, colon + 1), &port))
        return false;
    url->port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX && host.n > 0 &&
           unescape(host, url->host, sizeof url->host);
}

static bool parse_tcp(pl_str rest, redis_url *url) {
    if (!take_login(&rest, url))
        return false;
    size_t slash = pl_str_index(rest, '/');
    return parse_host(head(rest, slash), url) &&
           (slash == rest.n || parse_db(tail(rest, slash + 1), url));
}

pl_code redis_url_parse(const char *text, redis_url *out_url, pl_error *err) {
    static const pl_str unix_scheme = PL_STR("unix://"), tcp_scheme = PL_STR("redis://");
    redis_url url = {0};
    pl_str rest = pl_str_c(text);
    bool ok = false;
    if (pl_str_starts(rest, unix_scheme))
        ok = parse_unix(tail(rest, unix_scheme.n), &url);
    else if (pl_str_starts(rest, tcp_scheme))
        ok = parse_tcp(tail(rest, tcp_scheme.n), &url);
    if (!ok)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "redis: the URL is malformed; expected unix:///path/of.sock or "
                            "redis://[user[:password]@]host[:port][/db]");
    *out_url = url;
    return PL_OK;
}

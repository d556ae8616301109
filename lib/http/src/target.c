#include "target.h"

#include "chars.h"

#define MAX_PORT_DIGITS 5
#define MAX_PORT        65535

/* Every '%' of TEXT begins a whole escape that is not %00. */
static const char *escapes_error(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%')
            continue;
        if (text.n - i < 3 || pl_http_hex(text.p[i + 1]) < 0 || pl_http_hex(text.p[i + 2]) < 0)
            return "broken percent-escape in the target";
        if (text.p[i + 1] == '0' && text.p[i + 2] == '0')
            return "%00 in the target";
        i += 2;
    }
    return NULL;
}

/* "." or "..", each dot encoded or not. */
static bool is_dot_segment(pl_str segment) {
    size_t dots = 0, i = 0;
    while (i < segment.n && dots < 3) {
        if (segment.p[i] == '.')
            i++;
        else if (segment.n - i >= 3 && segment.p[i] == '%' && segment.p[i + 1] == '2' &&
                 (segment.p[i + 2] | 0x20) == 'e')
            i += 3;
        else
            return false;
        dots++;
    }
    return dots == 1 || dots == 2;
}

const char *pl_http_path_error(pl_str path) {
    if (path.n == 0 || path.p[0] != '/')
        return "the path does not begin with '/'";
    if (!pl_http_all(path, PL_CHAR_PATH))
        return "character in the path that must be encoded";
    const char *error = escapes_error(path);
    if (error)
        return error;
    pl_str rest = pl_str_make(path.p + 1, path.n - 1), segment;
    while (pl_str_split(&rest, '/', &segment)) {
        bool last = segment.p + segment.n == path.p + path.n;
        if (segment.n == 0 && !last)
            return "empty segment (//) in the path";
        if (is_dot_segment(segment))
            return "dot segment in the path";
    }
    return NULL;
}

static const char *query_error(pl_str query) {
    if (!pl_http_all(query, PL_CHAR_QUERY))
        return "character in the query that must be encoded";
    return escapes_error(query);
}

static const char *port_error(pl_str port) {
    uint64_t number = 0;
    if (port.n > MAX_PORT_DIGITS)
        return "the host's port is not a port";
    if (port.n && (!pl_str_u64(port, &number) || number > MAX_PORT))
        return "the host's port is not a port";
    return NULL;
}

const char *pl_http_host_error(pl_str host) {
    if (host.n == 0)
        return "empty host";
    size_t name_n;
    if (host.p[0] == '[') {
        name_n = pl_str_index(host, ']');
        if (name_n < 3 || name_n == host.n)
            return "malformed address as host";
        for (size_t i = 1; i < name_n; i++)
            if (pl_http_hex(host.p[i]) < 0 && host.p[i] != ':' && host.p[i] != '.')
                return "malformed address as host";
        name_n++;
    } else {
        name_n = pl_str_index(host, ':');
        if (name_n == 0 || !pl_http_all(pl_str_make(host.p, name_n), PL_CHAR_HOST))
            return "the host is not a host name";
        if (escapes_error(pl_str_make(host.p, name_n)))
            return "the host is not a host name";
    }
    if (name_n == host.n)
        return NULL;
    if (host.p[name_n] != ':')
        return "malformed address as host";
    return port_error(pl_str_make(host.p + name_n + 1, host.n - name_n - 1));
}

/* Path and query of TEXT, which begins with '/' or '?' or is empty. */
static const char *split_path(pl_str text, pl_http_head *head) {
    size_t mark = pl_str_index(text, '?');
    head->path = pl_str_make(text.p, mark);
    head->has_query = mark < text.n;
    if (head->has_query)
        head->query = pl_str_make(text.p + mark + 1, text.n - mark - 1);
    if (head->path.n == 0)
        head->path = pl_str_c("/");
    const char *error = pl_http_path_error(head->path);
    return error ? error : query_error(head->query);
}

static const char *split_absolute(pl_http_head *head) {
    static const pl_str scheme = PL_STR("http://");
    pl_str t = head->target;
    if (t.n < scheme.n || !pl_str_eq_nocase(pl_str_make(t.p, scheme.n), scheme))
        return "the target is no path and no http URI";
    pl_str rest = pl_str_make(t.p + scheme.n, t.n - scheme.n);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    head->host = pl_str_make(rest.p, end);
    const char *error = pl_http_host_error(head->host);
    return error ? error : split_path(pl_str_make(rest.p + end, rest.n - end), head);
}

static const char *split_authority(pl_http_head *head) {
    head->host = head->target;
    const char *error = pl_http_host_error(head->host);
    if (error)
        return error;
    char last = head->host.p[head->host.n - 1];
    bool port = last >= '0' && last <= '9' && pl_str_index(head->host, ':') < head->host.n;
    return port ? NULL : "CONNECT needs host:port";
}

const char *pl_http_target_split(pl_http_head *head) {
    pl_str t = head->target;
    head->path = head->query = head->host = pl_str_make("", 0);
    head->has_query = false;
    if (pl_str_index(t, '#') < t.n)
        return "fragment in the target";
    if (head->method == PL_HTTP_CONNECT)
        return split_authority(head);
    if (pl_str_eqc(t, "*")) {
        head->path = t;
        return head->method == PL_HTTP_OPTIONS ? NULL : "'*' as target without OPTIONS";
    }
    return t.p[0] == '/' ? split_path(t, head) : split_absolute(head);
}

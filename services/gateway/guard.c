#include "guard.h"

/* HOST without its port. */
static pl_str host_name(pl_str host) {
    if (host.n && host.p[0] == '[') {
        size_t close = pl_str_index(host, ']');
        return pl_str_make(host.p, close < host.n ? close + 1 : host.n);
    }
    return pl_str_make(host.p, pl_str_index(host, ':'));
}

static bool local_name(pl_str name) {
    return pl_str_eq_nocase(name, pl_str_c("localhost")) || pl_str_eqc(name, "127.0.0.1") ||
           pl_str_eqc(name, "[::1]");
}

static bool own_origin(pl_str origin, pl_str host) {
    pl_str scheme = pl_str_c("http://");
    return pl_str_starts(origin, scheme) &&
           pl_str_eq_nocase(pl_str_make(origin.p + scheme.n, origin.n - scheme.n), host);
}

const char *gateway_guard(const pl_http_head *head) {
    if (!local_name(host_name(head->host)))
        return "host: expected localhost, 127.0.0.1 or [::1]: this port serves this machine only";
    bool origin_seen = false;
    for (size_t i = 0; i < head->field_count; i++) {
        const pl_http_field *field = &head->fields[i];
        if (pl_str_eqc(field->name, "origin")) {
            if (origin_seen || !own_origin(field->value, head->host))
                return "origin: other web sites are not answered here";
            origin_seen = true;
        } else if (pl_str_eqc(field->name, "sec-fetch-site")) {
            if (!pl_str_eqc(field->value, "same-origin") && !pl_str_eqc(field->value, "none"))
                return "sec-fetch-site: other web sites are not answered here";
        }
    }
    return NULL;
}

#include "target.h"

#include <arpa/inet.h>
#include <string.h>

#include "parley/rpc/channel.h"

#define FILE_SCHEME "file:"
#define HOST_MAX    254
#define PORT_MAX    65535

typedef enum host_kind { HOST_NONE, HOST_IPV4, HOST_IPV6, HOST_NAME } host_kind;

const char *pl_target_file(const char *target) {
    size_t n = sizeof FILE_SCHEME - 1;

    return strncmp(target, FILE_SCHEME, n) == 0 ? target + n : NULL;
}

/* What stands before the last colon of a host:port; HOST_NONE: it is none. */
static host_kind classify(pl_str address) {
    unsigned char binary[16];
    char host[HOST_MAX + 1];
    size_t colon = address.n;
    int64_t port;

    while (colon && address.p[colon - 1] != ':')
        colon--;
    if (colon < 2 || colon - 1 > HOST_MAX ||
        !pl_str_i64(pl_str_make(address.p + colon, address.n - colon), &port) || port < 1 ||
        port > PORT_MAX)
        return HOST_NONE;
    memcpy(host, address.p, colon - 1);
    host[colon - 1] = '\0';
    if (inet_pton(AF_INET, host, binary) == 1)
        return HOST_IPV4;
    if (host[0] == '[' && host[colon - 2] == ']') {
        host[colon - 2] = '\0';
        return inet_pton(AF_INET6, host + 1, binary) == 1 ? HOST_IPV6 : HOST_NONE;
    }
    return strpbrk(host, ":/[] \t,") ? HOST_NONE : HOST_NAME;
}

static const char *scheme(host_kind kind) {
    switch (kind) {
    case HOST_IPV4:
        return "ipv4:";
    case HOST_IPV6:
        return "ipv6:";
    default:
        return "dns:///";
    }
}

pl_code pl_target_resolve(const char *target, pl_buf *out, pl_error *err) {
    static const char *const known[] = {"ipv4:", "ipv6:", "dns:", "unix:"};
    host_kind kind;

    for (size_t i = 0; i < PL_COUNT(known); i++) {
        if (pl_str_starts(pl_str_c(target), pl_str_c(known[i]))) {
            pl_buf_puts(out, target);
            return PL_OK;
        }
    }
    kind = classify(pl_str_c(target));
    if (kind == HOST_NONE)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "target \"%.64s\": expected host:port, ipv4:a:1,b:2, dns:///name:port, "
                            "unix:path or file:path",
                            target);
    pl_buf_printf(out, "%s%s", scheme(kind), target);
    return PL_OK;
}

pl_code pl_target_from_lines(const char *name, pl_str lines, pl_buf *out, pl_error *err) {
    host_kind kind = HOST_NONE;
    size_t count = 0;
    pl_str line;

    while (pl_str_split(&lines, '\n', &line)) {
        host_kind here;
        line = pl_str_trim(pl_str_make(line.p, pl_str_index(line, '#')));
        if (line.n && line.p[line.n - 1] == '\r')
            line = pl_str_trim(pl_str_make(line.p, line.n - 1));
        if (!line.n)
            continue;
        here = classify(line);
        if (here == HOST_NONE || (count && (here != kind || here == HOST_NAME)))
            return pl_error_set(err, PL_UNAVAILABLE,
                                "%s: \"%.*s\": expected host:port, all numeric of one family, or "
                                "one name alone",
                                name, PL_FMT(pl_utf8_cut(line, 64)));
        if (++count > PL_CHANNEL_ADDRESSES_MAX)
            return pl_error_set(err, PL_UNAVAILABLE, "%s: more than %d addresses", name,
                                PL_CHANNEL_ADDRESSES_MAX);
        kind = here;
        pl_buf_printf(out, "%s%.*s", count == 1 ? scheme(kind) : ",", PL_FMT(line));
    }
    if (!count)
        return pl_error_set(err, PL_UNAVAILABLE, "%s: has no address at present", name);
    return PL_OK;
}

#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "parley/base/str.h"
#include "parley/http/client.h"

#define UNIX_PREFIX "unix:"

static pl_code invalid(const char *text, const char *what, pl_error *err) {
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "address '%.64s': %s; write host:port, [v6]:port or unix:/path", text,
                        what);
}

static pl_code parse_unix(const char *text, pl_http_address *out_address, pl_error *err) {
    pl_str path = pl_str_c(text + strlen(UNIX_PREFIX));
    pl_http_address address = {0};
    struct sockaddr_un *un = (struct sockaddr_un *)&address.storage;
    if (path.n == 0 || path.n >= sizeof(un->sun_path))
        return invalid(text, "a socket's path has 1 to 107 bytes", err);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.p, path.n);
    address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
    *out_address = address;
    return PL_OK;
}

static bool parse_numeric(const char *host, uint16_t port, pl_http_address *out_address) {
    pl_http_address address = {0};
    struct sockaddr_in *in4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.storage;
    if (inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(port);
        address.size = sizeof(*in4);
    } else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        address.size = sizeof(*in6);
    } else {
        return false;
    }
    *out_address = address;
    return true;
}

static pl_code resolve_name(const char *text, const char *host, const char *port,
                            pl_http_address *out_address, pl_error *err) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return pl_error_set(err, PL_UNAVAILABLE, "address '%.64s': %s", text, gai_strerror(failed));
    out_address->size = found->ai_addrlen;
    memcpy(&out_address->storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return PL_OK;
}

pl_code pl_http_address_parse(const char *text, bool resolve, pl_http_address *out_address,
                              pl_error *err) {
    if (!text)
        return invalid("", "it is missing", err);
    if (pl_str_starts(pl_str_c(text), pl_str_c(UNIX_PREFIX)))
        return parse_unix(text, out_address, err);
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (!colon || !pl_str_u64(pl_str_c(colon + 1), &port) || port > UINT16_MAX)
        return invalid(text, "no port", err);
    pl_str name = pl_str_make(text, (size_t)(colon - text));
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = pl_str_make(name.p + 1, name.n - 2);
    char host[PL_HTTP_ADDRESS_MAX];
    if (name.n == 0 || name.n >= sizeof(host))
        return invalid(text, "no host", err);
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    if (pl_str_eqc(name, "localhost"))
        return parse_numeric("127.0.0.1", (uint16_t)port, out_address)
                   ? PL_OK
                   : invalid(text, "no host", err);
    if (parse_numeric(host, (uint16_t)port, out_address))
        return PL_OK;
    if (!resolve)
        return invalid(text, "the host is no numeric address", err);
    return resolve_name(text, host, colon + 1, out_address, err);
}

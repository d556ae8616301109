#include <stdio.h>

#include "service_internal.h"

/* Without ":port"; brackets stay. */
static pl_str host_of(pl_str address) {
    for (size_t i = address.n; i-- > 0;) {
        if (address.p[i] == ']')
            return address;
        if (address.p[i] == ':')
            return pl_str_make(address.p, i);
    }
    return address;
}

bool pl_host_is_local(pl_str host) {
    host = host_of(host);
    if (pl_str_eq_nocase(host, pl_str_c("localhost")) || pl_str_eqc(host, "[::1]"))
        return true;
    /* 127.0.0.0/8, but not the name 127.example.org */
    if (!pl_str_starts(host, pl_str_c("127.")))
        return false;
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
            return false;
    }
    return true;
}

bool pl_address_is_loopback(const char *address) {
    pl_str text = pl_str_c(address);
    return pl_str_starts(text, pl_str_c("unix:")) || pl_host_is_local(text);
}

void pl_address_with_port(const char *address, int port, char out[ADDRESS_SIZE]) {
    pl_str text = pl_str_c(address), host = host_of(text);
    if (pl_str_starts(text, pl_str_c("unix:")) || host.n == text.n)
        snprintf(out, ADDRESS_SIZE, "%s", address);
    else
        snprintf(out, ADDRESS_SIZE, "%.*s:%d", PL_FMT(host), port);
}

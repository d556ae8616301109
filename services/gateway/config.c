#include "config.h"

#include <stdio.h>

static pl_code refuse(pl_error *err, const char *key, pl_str piece, const char *expected) {
    return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: \"%.*s\": expected %s", key,
                        PL_FMT(pl_utf8_cut(piece, 64)), expected);
}

static bool keep(char *out, size_t size, pl_str text) {
    if (text.n == 0 || text.n >= size)
        return false;
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* "key=value" in two; false where there is no "=". */
static bool split_pair(pl_str piece, pl_str *out_key, pl_str *out_value) {
    size_t equals = pl_str_index(piece, '=');
    if (equals == piece.n)
        return false;
    *out_key = pl_str_trim(pl_str_make(piece.p, equals));
    *out_value = pl_str_trim(pl_str_make(piece.p + equals + 1, piece.n - equals - 1));
    return true;
}

static bool append_address(gateway_upstream *upstream, pl_str piece) {
    size_t used = strlen(upstream->target);
    if (used + 1 + piece.n >= sizeof upstream->target)
        return false;
    snprintf(upstream->target + used, sizeof upstream->target - used, ",%.*s", PL_FMT(piece));
    return true;
}

static pl_code add_upstream(gateway_config *config, pl_str piece, pl_error *err) {
    static const char *const expected = "SERVICE=ADDRESS";
    pl_str name, target;
    if (!split_pair(piece, &name, &target)) {
        if (config->upstream_count == 0 ||
            !append_address(&config->upstreams[config->upstream_count - 1], piece))
            return refuse(err, "UPSTREAMS", piece, expected);
        return PL_OK;
    }
    if (config->upstream_count == GATEWAY_MAX_UPSTREAMS)
        return refuse(err, "UPSTREAMS", piece, "at most 64 upstreams");
    gateway_upstream *upstream = &config->upstreams[config->upstream_count];
    if (!keep(upstream->name, sizeof upstream->name, name) ||
        !keep(upstream->target, sizeof upstream->target, target))
        return refuse(err, "UPSTREAMS", piece, expected);
    config->upstream_count++;
    return PL_OK;
}

pl_code gateway_config_upstreams(gateway_config *config, const char *text, pl_error *err) {
    pl_str rest = pl_str_c(text);
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, ',', &piece)) {
        piece = pl_str_trim(piece);
        pl_code code = piece.n ? add_upstream(config, piece, err) : PL_OK;
        if (code)
            return code;
    }
    return PL_OK;
}

static pl_code add_listener(gateway_config *config, pl_str piece, pl_error *err) {
    pl_str name, address;
    gateway_listener *listener = &config->listeners[config->listener_count];
    if (config->listener_count == GATEWAY_MAX_LISTENERS)
        return refuse(err, "SERVICE_LISTEN", piece, "at most 31 listeners");
    if (!split_pair(piece, &name, &address) || !keep(listener->name, sizeof listener->name, name) ||
        !keep(listener->address, sizeof listener->address, address))
        return refuse(err, "SERVICE_LISTEN", piece, "SERVICE=HOST:PORT");
    config->listener_count++;
    return PL_OK;
}

pl_code gateway_config_listeners(gateway_config *config, const char *main_address,
                                 const char *services, pl_error *err) {
    gateway_listener *first = &config->listeners[config->listener_count++];
    if (!keep(first->address, sizeof first->address, pl_str_trim(pl_str_c(main_address))))
        return refuse(err, "LISTEN", pl_str_c(main_address), "HOST:PORT");
    pl_str rest = pl_str_c(services);
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, ',', &piece)) {
        piece = pl_str_trim(piece);
        pl_code code = piece.n ? add_listener(config, piece, err) : PL_OK;
        if (code)
            return code;
    }
    return PL_OK;
}

static pl_code add_folder(gateway_config *config, pl_str piece, pl_error *err) {
    static const char *const expected = "/PATH=FOLDER or /PATH=FOLDER;nocase";
    pl_str prefix, path;
    gateway_folder *folder = &config->folders[config->folder_count];
    if (config->folder_count == GATEWAY_MAX_FOLDERS)
        return refuse(err, "STATIC", piece, "at most 16 folders");
    if (!split_pair(piece, &prefix, &path) || prefix.n < 2 || prefix.p[0] != '/' ||
        prefix.p[prefix.n - 1] == '/')
        return refuse(err, "STATIC", piece, expected);
    size_t semicolon = pl_str_index(path, ';');
    pl_str option = pl_str_make(path.p + semicolon, path.n - semicolon);
    if (option.n && !pl_str_eqc(option, ";nocase"))
        return refuse(err, "STATIC", piece, expected);
    folder->nocase = option.n > 0;
    if (!keep(folder->prefix, sizeof folder->prefix, prefix) ||
        !keep(folder->path, sizeof folder->path, pl_str_make(path.p, semicolon)))
        return refuse(err, "STATIC", piece, expected);
    config->folder_count++;
    return PL_OK;
}

pl_code gateway_config_folders(gateway_config *config, const char *text, pl_error *err) {
    pl_str rest = pl_str_c(text);
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, ',', &piece)) {
        piece = pl_str_trim(piece);
        pl_code code = piece.n ? add_folder(config, piece, err) : PL_OK;
        if (code)
            return code;
    }
    return PL_OK;
}

bool gateway_address_local(const char *address) {
    pl_str text = pl_str_c(address);
    if (pl_str_starts(text, pl_str_c("unix:")))
        return true;
    size_t colon = text.n;
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    pl_str host = pl_str_make(text.p, colon ? colon - 1 : 0);
    return pl_str_eqc(host, "localhost") || pl_str_eqc(host, "[::1]") ||
           pl_str_starts(host, pl_str_c("127."));
}

bool gateway_name_means(const char *name, const char *service) {
    pl_str wanted = pl_str_c(name);
    pl_str full = pl_str_c(service);
    if (pl_str_eq(wanted, full))
        return true;
    size_t dot = full.n;
    while (dot > 0 && full.p[dot - 1] != '.')
        dot--;
    pl_str rest = pl_str_make(full.p, dot ? dot - 1 : 0);
    if (pl_str_eq(wanted, rest))
        return true;
    pl_str part;
    while (rest.n > 0 && pl_str_split(&rest, '.', &part)) {
        if (pl_str_eq(wanted, part))
            return true;
    }
    return false;
}

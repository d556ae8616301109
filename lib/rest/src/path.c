#include "path.h"

#include "percent.h"

static bool dot_segment(pl_str decoded) {
    return pl_str_eqc(decoded, ".") || pl_str_eqc(decoded, "..");
}

pl_code rest_path_split(pl_arena *arena, pl_str raw, rest_path *out_path, pl_error *err) {
    out_path->count = 0;
    out_path->trailing_slash = false;
    if (raw.n == 0 || raw.p[0] != '/')
        return pl_error_set(err, PL_INVALID_ARGUMENT, "path: expected a path that begins with '/'");
    if (raw.n == 1)
        return PL_OK;
    pl_str rest = pl_str_make(raw.p + 1, raw.n - 1);
    pl_str piece;
    while (pl_str_split(&rest, '/', &piece)) {
        if (out_path->trailing_slash)
            return pl_error_set(err, PL_INVALID_ARGUMENT, "path: empty segment (\"//\")");
        if (piece.n == 0) {
            out_path->trailing_slash = true;
            continue;
        }
        if (out_path->count == PL_REST_MAX_PATH_SEGMENTS)
            return pl_error_set(err, PL_INVALID_ARGUMENT, "path: more than %d segments",
                                PL_REST_MAX_PATH_SEGMENTS);
        pl_str decoded;
        pl_code code = percent_decode(arena, piece, PERCENT_ALL, &decoded, err);
        if (code)
            return code;
        if (dot_segment(decoded))
            return pl_error_set(err, PL_INVALID_ARGUMENT, "path: dot segment");
        out_path->raw[out_path->count] = piece;
        out_path->decoded[out_path->count++] = decoded;
    }
    return PL_OK;
}

/* A request's path, split into raw segments that have passed the general checks. */
#ifndef PARLEY_REST_PATH_H
#define PARLEY_REST_PATH_H

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/rest/router.h"

typedef struct rest_path {
    pl_str raw[PL_REST_MAX_PATH_SEGMENTS];     /* as they came */
    pl_str decoded[PL_REST_MAX_PATH_SEGMENTS]; /* each decoded completely */
    size_t count;
    bool trailing_slash; /* matches nothing; the empty segment is not counted */
} rest_path;

/* Splits RAW ("/a/b") and decodes its segments. PL_INVALID_ARGUMENT where it does not
 * begin with '/', has an empty or a dot segment, too many segments, or an escape that
 * percent_decode refuses. "/" has no segments. */
PL_NODISCARD pl_code rest_path_split(pl_arena *arena, pl_str raw, rest_path *out_path,
                                     pl_error *err);

#endif

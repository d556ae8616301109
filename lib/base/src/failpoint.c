#include "parley/base/failpoint.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/str.h"

typedef enum action { ACTION_CRASH, ACTION_STALL, ACTION_ERROR } action;

typedef struct failpoint {
    char name[PL_FAILPOINT_NAME_MAX];
    action what;
    int64_t stall_ms;
    uint64_t times; /* 0: always */
    uint64_t skip;
    uint64_t passed;
} failpoint;

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
/* guarded by mu */
static failpoint points[PL_FAILPOINTS_MAX];
static size_t point_count;
static bool loaded;

/* Cuts the number after the last MARK off TEXT; 0 where there is no MARK. */
static bool cut_number(pl_str *text, char mark, uint64_t *out) {
    size_t at = pl_str_index(*text, mark);
    *out = 0;
    if (at == text->n)
        return true;
    pl_str digits = pl_str_make(text->p + at + 1, text->n - at - 1);
    text->n = at;
    return pl_str_u64(digits, out);
}

static bool parse_one(pl_str text, failpoint *out) {
    size_t equals = pl_str_index(text, '=');
    failpoint point = {.what = ACTION_ERROR};
    if (equals == 0 || equals == text.n || equals >= sizeof point.name)
        return false;
    memcpy(point.name, text.p, equals);
    pl_str rest = pl_str_make(text.p + equals + 1, text.n - equals - 1);
    if (!cut_number(&rest, '+', &point.skip) || !cut_number(&rest, '*', &point.times))
        return false;
    if (pl_str_eqc(rest, "crash")) {
        point.what = ACTION_CRASH;
    } else if (pl_str_starts(rest, pl_str_c("stall:"))) {
        point.what = ACTION_STALL;
        if (!pl_str_i64(pl_str_make(rest.p + 6, rest.n - 6), &point.stall_ms) || point.stall_ms < 0)
            return false;
    } else if (!pl_str_eqc(rest, "error")) {
        return false;
    }
    *out = point;
    return true;
}

/* Called with mu held. */
static pl_code load(const char *spec, pl_error *err) {
    pl_str rest = pl_str_c(spec);
    pl_str piece;
    loaded = true;
    point_count = 0;
    while (pl_str_split(&rest, ';', &piece)) {
        piece = pl_str_trim(piece);
        if (piece.n == 0)
            continue;
        if (point_count == PL_FAILPOINTS_MAX || !parse_one(piece, &points[point_count]))
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "FAILPOINT: %.*s: expected name=crash|stall:MS|error[*N][+K], "
                                "at most %d",
                                PL_FMT(pl_utf8_cut(piece, 64)), PL_FAILPOINTS_MAX);
        point_count++;
    }
    return PL_OK;
}

/* Called with mu held. */
static failpoint *find(const char *name) {
    if (!loaded) {
        pl_error err = PL_ERROR_INIT;
        if (load(getenv("FAILPOINT"), &err) != PL_OK) {
            ssize_t ignored = write(STDERR_FILENO, err.message, strlen(err.message));
            (void)ignored;
            abort();
        }
    }
    for (size_t i = 0; i < point_count; i++)
        if (strcmp(points[i].name, name) == 0)
            return &points[i];
    return NULL;
}

static void stall(int64_t ms) {
    int64_t deadline = pl_deadline_ms(ms);
    while (pl_now_ns() < deadline)
        (void)poll(NULL, 0, pl_remaining_ms(deadline));
}

bool pl_failpoint_hit(const char *name) {
    pthread_mutex_lock(&mu);
    failpoint *point = find(name);
    failpoint asked = {.what = ACTION_ERROR};
    bool armed = false;
    if (point) {
        uint64_t number = point->passed++;
        armed = number >= point->skip && (point->times == 0 || number < point->skip + point->times);
        asked = *point;
    }
    pthread_mutex_unlock(&mu);
    if (!armed)
        return false;
    if (asked.what == ACTION_CRASH)
        _exit(PL_FAILPOINT_STATUS);
    if (asked.what == ACTION_STALL) {
        stall(asked.stall_ms);
        return false;
    }
    return true;
}

pl_code pl_failpoint_set(const char *spec, pl_error *err) {
    pthread_mutex_lock(&mu);
    pl_code code = load(spec, err);
    pthread_mutex_unlock(&mu);
    return code;
}

uint64_t pl_failpoint_hits(const char *name) {
    pthread_mutex_lock(&mu);
    const failpoint *point = find(name);
    uint64_t hits = point ? point->passed : 0;
    pthread_mutex_unlock(&mu);
    return hits;
}

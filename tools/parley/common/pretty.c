#include "common/pretty.h"

#include <string.h>

#include "parley/base/arena.h"
#include "parley/json/json.h"

enum { ARENA_BUDGET = 256 * 1024, CLOCK_AT = 11, CLOCK_LENGTH = 12 };

static bool shown_apart(const char *key) {
    static const char *const apart[] = {"time", "level", "service", "event"};
    for (size_t i = 0; i < PL_COUNT(apart); i++) {
        if (strcmp(key, apart[i]) == 0)
            return true;
    }
    return false;
}

bool log_line_pretty(pl_str line, pl_buf *out) {
    if (line.n == 0 || line.p[0] != '{')
        return false;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    const pl_json_value *root = NULL;
    bool ok = false;
    if (pl_json_parse(line, NULL, &arena, &root, NULL) == PL_OK) {
        const pl_json_value *time = pl_json_at(root, "time");
        const pl_json_value *level = pl_json_at(root, "level");
        const pl_json_value *event = pl_json_at(root, "event");
        ok = time && level && event && time->text.n >= CLOCK_AT + CLOCK_LENGTH;
        if (ok)
            pl_buf_printf(out, "%.*s %-5.*s %.*s", CLOCK_LENGTH, time->text.p + CLOCK_AT,
                          PL_FMT(level->text), PL_FMT(event->text));
        for (const pl_json_value *m = ok ? root->children : NULL; m; m = m->next) {
            if (shown_apart(m->key.p))
                continue;
            pl_buf_printf(out, " %.*s=", PL_FMT(m->key));
            if (m->kind == PL_JSON_STRING)
                pl_buf_str(out, m->text);
            else
                pl_json_print(m, 0, out);
        }
    }
    pl_arena_done(&arena);
    return ok;
}

#include "common/pretty.h"

#include <stdio.h>
#include <string.h>

#include "common/plain.h"
#include "parley/base/arena.h"
#include "parley/json/json.h"

enum { ARENA_BUDGET = 256 * 1024, LINE_MAX_BYTES = 64 * 1024, CLOCK_AT = 11, CLOCK_LENGTH = 12 };

/* Shown at the head of the line, or only by `parley logs --json` and `--trace`: what says where a
 * span stands in its trace. */
static bool left_out(const char *key, bool fine) {
    static const char *const names[] = {"time", "level",  "service", "event",
                                        "span", "parent", "kind",    "start"};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (strcmp(key, names[i]) == 0)
            return true;
    }
    return fine && strcmp(key, "trace") == 0;
}

/* Nothing that somebody would follow by its trace. */
static bool is_fine(pl_str level) {
    return pl_str_eqc(level, "info") || pl_str_eqc(level, "debug");
}

bool log_line_pretty(pl_str line, pl_buf *out) {
    if (line.n == 0 || line.p[0] != '{')
        return false;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    pl_buf text = pl_buf_make(LINE_MAX_BYTES);
    const pl_json_value *root = NULL;
    bool ok = false;
    if (pl_json_parse(line, NULL, &arena, &root, NULL) == PL_OK) {
        const pl_json_value *time = pl_json_at(root, "time");
        const pl_json_value *level = pl_json_at(root, "level");
        const pl_json_value *event = pl_json_at(root, "event");
        ok = time && level && event && time->text.n >= CLOCK_AT + CLOCK_LENGTH;
        if (ok)
            pl_buf_printf(&text, "%.*s %-5.*s %.*s", CLOCK_LENGTH, time->text.p + CLOCK_AT,
                          PL_FMT(level->text), PL_FMT(event->text));
        for (const pl_json_value *m = ok ? root->children : NULL; m; m = m->next) {
            if (left_out(m->key.p, is_fine(level->text)))
                continue;
            pl_buf_printf(&text, " %.*s=", PL_FMT(m->key));
            if (m->kind == PL_JSON_STRING)
                pl_buf_str(&text, m->text);
            else
                pl_json_print(m, 0, &text);
        }
    }
    tool_put_plain(out, pl_buf_view(&text), TOOL_PLAIN_LINE);
    pl_buf_done(&text);
    pl_arena_done(&arena);
    return ok;
}

static int month_number(const char *name) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strstr(names, name);
    return at && (at - names) % 3 == 0 ? (int)((at - names) / 3) + 1 : 0;
}

bool log_line_time(pl_str line, char out_time[PL_RFC3339_SIZE]) {
    static const char key[] = "{\"time\":\"";
    enum { KEY = sizeof key - 1, HEAD_MAX = 64, WHOLE = sizeof "2026-11-21T12:34:56.789123Z" - 1 };
    char head[HEAD_MAX];
    char month[4];
    int pid, year, number, day, hour, minute, second, ms;
    if (pl_str_starts(line, pl_str_c(key)) && line.n > KEY + WHOLE) {
        (void)snprintf(out_time, PL_RFC3339_SIZE, "%.*s", (int)WHOLE, line.p + KEY);
        return true;
    }
    (void)snprintf(head, sizeof head, "%.*s", PL_FMT(line));
    if (sscanf(head, "%4d-%2d-%2d %2d:%2d:%2d.%3d UTC", &year, &number, &day, &hour, &minute,
               &second, &ms) != 7) {
        if (sscanf(head, "%d:%*c %2d %3s %4d %2d:%2d:%2d.%3d", &pid, &day, month, &year, &hour,
                   &minute, &second, &ms) != 8)
            return false;
        number = month_number(month);
    }
    (void)snprintf(out_time, PL_RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z", year,
                   number, day, hour, minute, second, ms);
    return number > 0;
}

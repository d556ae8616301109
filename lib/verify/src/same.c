/* Two answers to the same request: equal by value, not by byte. */
#include <stdio.h>

#include "engine.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"

enum { TREE_MAX = 64 << 20, PATH_MAX_BYTES = 256, SHOWN_MAX = 128 };

static void print(const pl_json_value *value, char out[SHOWN_MAX + 4]) {
    pl_buf text = pl_buf_make(PL_JSON_TEXT_MAX);

    if (value)
        (void)pl_json_print(value, 0, &text);
    pl_str shown = pl_utf8_cut(pl_buf_view(&text), SHOWN_MAX);
    (void)snprintf(out, SHOWN_MAX + 4, "%.*s%s", PL_FMT(shown), shown.n < text.n ? "..." : "");
    pl_buf_done(&text);
}

static void differ(engine_run *run, const char *path, const pl_json_value *a,
                   const pl_json_value *b) {
    char first[SHOWN_MAX + 4], second[SHOWN_MAX + 4], expected[SHOWN_MAX + 64];

    print(a, first);
    print(b, second);
    (void)snprintf(expected, sizeof expected, "as the first time: %s", a ? first : "absent");
    engine_differs(run, run->contract->at, path, expected, "%s", b ? second : "absent");
}

/* The first place at which A and B, which differ, do. */
static void descend(engine_run *run, char path[PATH_MAX_BYTES], const pl_json_value *a,
                    const pl_json_value *b) {
    size_t end = strlen(path), index = 0;

    if (!a || !b || a->kind != b->kind || a->count != b->count || !a->children) {
        differ(run, path, a, b);
        return;
    }
    for (const pl_json_value *one = a->children; one; one = one->next, index++) {
        bool object = a->kind == PL_JSON_OBJECT;
        const pl_json_value *other = object ? pl_json_member(b, one->key) : pl_json_item(b, index);
        if (other && pl_json_equal(one, other))
            continue;
        if (object)
            (void)snprintf(path + end, PATH_MAX_BYTES - end, ".%s", one->key.p);
        else
            (void)snprintf(path + end, PATH_MAX_BYTES - end, "[%zu]", index);
        descend(run, path, one, other);
        return;
    }
}

static const pl_json_value *tree(engine_run *run, pl_str message, pl_arena *arena) {
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    pl_buf text = pl_buf_make(PL_JSON_TEXT_MAX);
    const pl_json_value *root = NULL;

    opts.proto_names = true;
    bool done = pl_wire_to_json(run->contract->method->output, message, &opts, &text, NULL) ==
                    PL_OK &&
                pl_json_parse(pl_buf_view(&text), NULL, arena, &root, NULL) == PL_OK;
    pl_buf_done(&text);
    return done ? root : NULL;
}

static void compare(engine_run *run, size_t index, pl_str first, pl_str second) {
    pl_arena arena = pl_arena_make(TREE_MAX);
    const pl_json_value *a = tree(run, first, &arena), *b = tree(run, second, &arena);
    char path[PATH_MAX_BYTES];

    (void)snprintf(path, sizeof path, "second response[%zu]", index);
    if (!run->contract->method->server_streaming)
        (void)snprintf(path, sizeof path, "second response");
    if (!a || !b)
        engine_fails(run, "idempotent: %s has a value without JSON form and cannot be compared",
                     path);
    else if (pl_json_equal(a, b))
        engine_held(run);
    else
        descend(run, path, a, b);
    pl_arena_done(&arena);
}

void engine_same(engine_run *run, const engine_answer *first, const engine_answer *second) {
    char expected[64];

    if (first->count != second->count) {
        (void)snprintf(expected, sizeof expected, "as the first time: %zu messages", first->count);
        engine_differs(run, run->contract->at, "second response", expected, "%zu messages",
                       second->count);
    }
    for (size_t i = 0; i < first->count && i < second->count; i++)
        compare(run, i, first->messages[i], second->messages[i]);
}

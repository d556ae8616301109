#include "ctl/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/json/json.h"

enum { SLOTS = 1 << 16 }; /* three for each span there may be */
#define MS_MAX 1e12       /* thirty years; a line that says more is damaged */

bool trace_init(trace *t, const char *text) {
    pl_str id = pl_str_c(text);
    *t = (trace){.arena = pl_arena_make(TRACE_MEMORY_MAX)};
    if (pl_traceparent_valid(id))
        id = pl_str_make(text + PL_TRACE_ID_AT, PL_TRACE_ID_LENGTH);
    if (id.n < TRACE_PREFIX_MIN || id.n > PL_TRACE_ID_LENGTH ||
        strspn(id.p, "0123456789abcdef") < id.n)
        return false;
    memcpy(t->wanted, id.p, id.n);
    t->spans = pl_arena_calloc(&t->arena, TRACE_SPANS_MAX, sizeof *t->spans);
    t->slots = pl_arena_calloc(&t->arena, SLOTS, sizeof *t->slots);
    t->root = pl_arena_calloc(&t->arena, 1, sizeof *t->root);
    return t->spans && t->slots && t->root;
}

void trace_done(trace *t) {
    pl_arena_done(&t->arena);
}

static const char *text_of(const pl_json_value *line, const char *key) {
    const pl_json_value *value = pl_json_at(line, key);
    return value && value->kind == PL_JSON_STRING ? value->text.p : "";
}

static bool time_of(const char *text, int64_t *out_us) {
    int64_t seconds;
    int32_t nanos;
    if (!pl_rfc3339_parse(pl_str_c(text), &seconds, &nanos))
        return false;
    *out_us = seconds * 1000000 + nanos / 1000;
    return true;
}

/* "/mall.orders.v1.OrderService/PlaceOrder" without its package; the same of an event's type. */
static const char *short_name(const char *name) {
    const char *end = strrchr(name, '/');
    const char *at = end && end != name ? end : name + strlen(name);
    while (at > name && at[-1] != '.' && at[-1] != '/')
        at--;
    return at;
}

static const char *name_of(trace *t, const pl_json_value *line, const char *kind) {
    const char *path = text_of(line, "path");
    const char *type = text_of(line, "type");
    const char *method = text_of(line, "method");
    if (strcmp(kind, "client") == 0)
        return pl_arena_printf(&t->arena, "-> %s %s", text_of(line, "upstream"),
                               short_name(method));
    if (*type)
        return pl_arena_printf(&t->arena, "%s %s", text_of(line, "event"), short_name(type));
    if (*path)
        return pl_arena_printf(&t->arena, "%s %s", method, path);
    return pl_arena_strdup(&t->arena, short_name(method));
}

/* Where the span ID is, or would be. */
static trace_span **slot_of(const trace *t, const char *id) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *p = id; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    size_t i = hash % SLOTS;
    while (t->slots[i] && strcmp(t->slots[i]->id, id) != 0)
        i = (i + 1) % SLOTS;
    return &t->slots[i];
}

static void copy_id(char out[PL_SPAN_ID_LENGTH + 1], const char *id) {
    (void)snprintf(out, PL_SPAN_ID_LENGTH + 1, "%s", id);
}

/* The span ID, made where it is not known yet; NULL where there is no room for it. */
static trace_span *span_of(trace *t, const char *id) {
    trace_span **slot = slot_of(t, id);
    if (*slot || t->count == TRACE_SPANS_MAX)
        return *slot;
    trace_span *span = pl_arena_calloc(&t->arena, 1, sizeof *span);
    if (!span)
        return NULL;
    copy_id(span->id, id);
    span->service = span->kind = span->status = span->error = "";
    span->last_line = &span->lines;
    span->start_us = INT64_MAX;
    t->spans[t->count++] = span;
    *slot = span;
    return span;
}

static const char *status_of(trace *t, const pl_json_value *line, bool *out_failed) {
    const pl_json_value *status = pl_json_at(line, "status");
    const char *code = text_of(line, "code");
    int64_t number = 0;
    *out_failed = *code && strcmp(code, "OK") != 0;
    if (!status || !pl_json_i64(status, &number))
        return pl_arena_strdup(&t->arena, code);
    *out_failed = number >= 400;
    return pl_arena_printf(&t->arena, "%d", (int)number);
}

static bool take_span(trace *t, trace_span *span, const char *service, const pl_json_value *line,
                      int64_t at_us) {
    double ms = 0;
    const char *kind = text_of(line, "kind");
    if (!pl_json_double(pl_json_at(line, "ms"), &ms) || !(ms >= 0 && ms < MS_MAX))
        ms = 0;
    span->service = pl_arena_strdup(&t->arena, service);
    span->kind = pl_arena_strdup(&t->arena, kind);
    span->name = name_of(t, line, kind);
    span->status = status_of(t, line, &span->failed);
    span->error = pl_arena_strdup(&t->arena, text_of(line, "error"));
    span->duration_us = (int64_t)(ms * 1000);
    copy_id(span->parent, text_of(line, "parent"));
    if (!time_of(text_of(line, "start"), &span->start_us))
        span->start_us = at_us - span->duration_us;
    return span->service && span->kind && span->name && span->status && span->error;
}

static bool take_line(trace *t, trace_span *span, const char *service, pl_str text, int64_t at_us) {
    if (t->line_count == TRACE_LINES_MAX) {
        t->left_out++;
        return true;
    }
    trace_line *line = pl_arena_calloc(&t->arena, 1, sizeof *line);
    if (!line)
        return false;
    line->service = pl_arena_strdup(&t->arena, service);
    line->text = pl_arena_strndup(&t->arena, text.p, text.n);
    *span->last_line = line;
    span->last_line = &line->next;
    t->line_count++;
    if (!span->name && at_us < span->start_us)
        span->start_us = at_us;
    return line->service && line->text;
}

static bool take_parsed(trace *t, const char *service, pl_str text, const pl_json_value *line) {
    const char *id = text_of(line, "trace");
    const char *span_id = text_of(line, "span");
    int64_t at_us = 0;
    if (strncmp(id, t->wanted, strlen(t->wanted)) != 0 || strlen(span_id) != PL_SPAN_ID_LENGTH ||
        !time_of(text_of(line, "time"), &at_us))
        return true;
    if (!t->id[0])
        (void)snprintf(t->id, sizeof t->id, "%s", id);
    if (strcmp(t->id, id) != 0) {
        (void)snprintf(t->other, sizeof t->other, "%s", id);
        return true;
    }
    trace_span *span = span_of(t, span_id);
    if (!span) {
        t->left_out++;
        return t->count == TRACE_SPANS_MAX;
    }
    return *text_of(line, "kind") ? take_span(t, span, service, line, at_us)
                                  : take_line(t, span, service, text, at_us);
}

bool trace_take(trace *t, const char *service, pl_str line) {
    enum { LINE_MEMORY = 1 << 20 };
    if (line.n == 0 || line.p[0] != '{' || !strstr(line.p, t->wanted))
        return true;
    pl_arena arena = pl_arena_make(LINE_MEMORY);
    const pl_json_value *parsed;
    bool ok = true;
    if (pl_json_parse(line, NULL, &arena, &parsed, NULL) == PL_OK)
        ok = take_parsed(t, service, line, parsed);
    pl_arena_done(&arena);
    return ok;
}

/* ---- the tree ---- */

static int by_start(const void *a, const void *b) {
    const trace_span *x = *(trace_span *const *)a, *y = *(trace_span *const *)b;
    return x->start_us < y->start_us ? -1 : x->start_us > y->start_us;
}

/* Whether ABOVE stands below SPAN already: ids that lead in a circle. */
static bool circular(const trace_span *span, const trace_span *above) {
    for (; above; above = above->above) {
        if (above == span)
            return true;
    }
    return false;
}

static void put_below(trace_span *above, trace_span *span) {
    span->above = above;
    if (above->last)
        above->last->next = span;
    else
        above->first = span;
    above->last = span;
}

/* A span that is known by its children only begins when the first of them does. */
static bool add_missing(trace *t) {
    for (size_t i = 0, known = t->count; i < known; i++) {
        trace_span *span = t->spans[i];
        if (!span->parent[0])
            continue;
        trace_span *above = span_of(t, span->parent);
        if (!above)
            return false;
        if (!above->name && span->start_us < above->start_us)
            above->start_us = span->start_us;
    }
    return true;
}

bool trace_build(trace *t) {
    if (!add_missing(t))
        return false;
    qsort(t->spans, t->count, sizeof *t->spans, by_start);
    for (size_t i = 0; i < t->count; i++) {
        trace_span *span = t->spans[i];
        trace_span *above = span->parent[0] ? *slot_of(t, span->parent) : NULL;
        t->missing += !span->name;
        put_below(above && !circular(span, above) ? above : t->root, span);
    }
    return true;
}

/* What the services of systems did, from their logs: the lines of calls made and events handled. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/system.h"
#include "graph/graph.h"
#include "parley/json/json.h"

enum { LINE_MEMORY = 1 << 20, SYSTEM_MEMORY = 1 << 20, NAME_MAX_BYTES = 1024 };

typedef struct reader {
    arrows *all;
    const workspace *space;
    const char *system;
    system_model model;
} reader;

static const char *text_of(const pl_json_value *line, const char *key) {
    const pl_json_value *value = pl_json_at(line, key);
    return value && value->kind == PL_JSON_STRING ? value->text.p : "";
}

/* Of Parley's own services nobody writes contracts: health, and the log behind an event's stream.
 */
static bool is_plumbing(const char *path) {
    return strncmp(path, "/grpc.", 6) == 0 || strncmp(path, "/parley.", 8) == 0;
}

/* "mall.orders.v1.OrderService.Place" without its last PARTS parts. */
static void cut_parts(char *name, int parts) {
    for (char *dot; parts-- > 0 && (dot = strrchr(name, '.'));)
        *dot = '\0';
}

static void take_line(reader *r, arrow *one, const pl_json_value *line) {
    char name[NAME_MAX_BYTES], provider[NAME_MAX_BYTES];
    const char *kind = text_of(line, "kind"), *method = text_of(line, "method");
    bool call = strcmp(kind, "client") == 0 && *method == '/' && !is_plumbing(method);
    bool event = strcmp(kind, "consumer") == 0 && *text_of(line, "stream");
    if (!call && !event)
        return;
    (void)snprintf(name, sizeof name, "%s", call ? method + 1 : text_of(line, "type"));
    for (char *slash = strchr(name, '/'); slash; slash = NULL)
        *slash = '.';
    (void)snprintf(provider, sizeof provider, "%s", name);
    cut_parts(provider, call ? 2 : 1);
    one->name = name;
    one->provider = provider;
    one->stream = event ? text_of(line, "stream") : "";
    one->event = event;
    arrows_add(r->all, one);
}

static pl_code read_log(reader *r, const char *path, const char *service, pl_error *err) {
    char consumer[NAME_MAX_BYTES];
    size_t root = strlen(r->space->root) + 1, room = 0;
    arrow one = {.consumer = consumer, .route = "", .file = path + root};
    char *text = NULL;
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? PL_OK : pl_error_errno(err, errno, "%s", path);
    (void)snprintf(consumer, sizeof consumer, "%s.%s", r->system, service);
    for (ssize_t n; (n = getline(&text, &room, file)) > 0;) {
        const pl_json_value *line;
        one.line++;
        if (!strstr(text, "\"kind\":\"client\"") && !strstr(text, "\"kind\":\"consumer\""))
            continue;
        pl_arena arena = pl_arena_make(LINE_MEMORY);
        if (pl_json_parse(pl_str_make(text, (size_t)n), NULL, &arena, &line, NULL) == PL_OK)
            take_line(r, &one, line);
        pl_arena_done(&arena);
    }
    free(text);
    (void)fclose(file);
    return PL_OK;
}

/* The service whose log NAME is: "orders.log", "orders#2.log", and ".1" where it was moved aside;
 * NULL: a store's or a gateway's, or no log. */
static const system_service *service_of(reader *r, const char *name) {
    pl_str base = pl_str_c(name);
    if (pl_str_ends(base, pl_str_c(".1")))
        base.n -= 2;
    if (!pl_str_ends(base, pl_str_c(".log")))
        return NULL;
    base.n = pl_str_index(pl_str_make(base.p, base.n - strlen(".log")), '#');
    for (size_t i = 0; i < r->model.service_count; i++) {
        const system_service *service = &r->model.services[i];
        if (pl_str_eqc(base, service->name))
            return service->is_gateway ? NULL : service;
    }
    return NULL;
}

static pl_code read_logs(reader *r, pl_error *err) {
    char folder[PATH_MAX], path[PATH_MAX + 300];
    struct dirent **entries = NULL;
    pl_code code = PL_OK;
    workspace_state(r->space, r->system, "logs", folder);
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const system_service *service = service_of(r, entries[i]->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (service && code == PL_OK)
            code = read_log(r, path, service->name, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

pl_code arrows_of_logs(arrows *all, const workspace *space, pl_error *err) {
    static reader r; /* large: not on the stack */
    char system[SYSTEM_NAME_MAX];
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < space->system_count; i++) {
        pl_arena arena = pl_arena_make(SYSTEM_MEMORY);
        workspace_system_name(space, i, system);
        r = (reader){.all = all, .space = space, .system = system};
        code = system_load(space->systems[i], &arena, &r.model, err);
        if (code == PL_OK)
            code = read_logs(&r, err);
        pl_arena_done(&arena);
    }
    arrows_sort(all);
    if (code == PL_OK && all->failed)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "the graph of the logs: more than %d arrows, or no memory", ARROWS_MAX);
    if (code == PL_OK && all->count == 0)
        code = pl_error_set(
            err, PL_NOT_FOUND,
            "no call and no event of a service in the logs of this workspace: start "
            "a system (parley up), use it, and ask again");
    return code;
}

/* ---- against the contracts ------------------------------------------------------------------- */

static size_t contracts_for(const arrow *seen, const arrows *known) {
    size_t count = 0;
    for (size_t i = 0; i < known->count; i++) {
        const arrow *one = &known->list[i];
        if (one->event == seen->event && strcmp(one->consumer, seen->consumer) == 0 &&
            strcmp(one->name, seen->name) == 0 && strcmp(one->stream, seen->stream) == 0)
            count += one->count;
    }
    return count;
}

void graph_compare(const arrows *seen, const arrows *known, pl_findings *findings) {
    for (size_t i = 0; i < seen->count; i++) {
        const arrow *one = &seen->list[i];
        bool event = one->event;
        pl_finding_place place = {one->file, one->line, 1, pl_str_c("")};
        if (contracts_for(one, known))
            continue;
        pl_findings_add(findings, &place, PL_FINDING_ERROR, "ARROW_NO_CONTRACT",
                        "%s %s %s%s%s, and no contract says so", one->consumer,
                        event ? "handles" : "calls", one->name, event ? " of stream " : "",
                        one->stream);
        pl_findings_hint(findings, "parley contract new --consumer %s --provider %s --%s %s",
                         one->consumer, one->provider, event ? "event" : "method",
                         arrow_short_name(one));
    }
    pl_findings_sort(findings);
}

void graph_compared_json(const arrows *seen, const arrows *known, const pl_findings *findings,
                         pl_buf *out) {
    pl_buf_puts(out, "{\"arrows\":[");
    for (size_t i = 0; i < seen->count; i++) {
        const arrow *one = &seen->list[i];
        pl_buf_puts(out, i ? ",{\"consumer\":" : "{\"consumer\":");
        pl_buf_json(out, pl_str_c(one->consumer));
        pl_buf_puts(out, ",\"provider\":");
        pl_buf_json(out, pl_str_c(one->provider));
        pl_buf_puts(out, one->event ? ",\"type\":" : ",\"method\":");
        pl_buf_json(out, pl_str_c(one->name));
        if (one->event) {
            pl_buf_puts(out, ",\"stream\":");
            pl_buf_json(out, pl_str_c(one->stream));
        }
        pl_buf_printf(out, ",\"count\":%zu,\"contracts\":%zu}", one->count,
                      contracts_for(one, known));
    }
    pl_buf_puts(out, "],\"findings\":[");
    for (size_t i = 0; i < pl_findings_count(findings); i++) {
        pl_buf_puts(out, i ? "," : "");
        pl_finding_json(pl_findings_at(findings, i), out);
    }
    pl_buf_puts(out, "]}\n");
}

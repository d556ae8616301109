#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "parley/base/str.h"

enum { SYSTEMS_MAX = 16, ARENA_BUDGET = 8 << 20, PRINT_MAX = 4 << 20 };

static const char *text(const pl_json_value *object, const char *key) {
    const pl_json_value *value = pl_json_at(object, key);
    return value && value->text.n ? value->text.p : "-";
}

static int color_of(const char *state) {
    if (strcmp(state, "ready") == 0)
        return 32;
    if (strcmp(state, "stopped") == 0)
        return 90;
    return strcmp(state, "backoff") == 0 || strcmp(state, "failed") == 0 ? 31 : 33;
}

static void print_service(const tool_args *args, const pl_json_value *service) {
    const char *state = text(service, "state");
    int64_t rss = 0;
    (void)pl_json_i64(pl_json_at(service, "rss_kb"), &rss);
    printf("  %-14s ", text(service, "name"));
    if (args->color)
        printf("\033[%dm%-9s\033[0m", color_of(state), state);
    else
        printf("%-9s", state);
    printf(" %8s  %-16s %-16s %-16s %8s  %7.1f MB  %s", text(service, "pid"), text(service, "http"),
           text(service, "grpc"), text(service, "admin"), text(service, "restarts"),
           (double)rss / 1024.0, text(service, "since"));
    if (pl_json_at(service, "ended"))
        printf("  (ended: %s)", text(service, "ended"));
    printf("\n");
    if (args->verbose && pl_json_at(service, "database"))
        printf("  %14s DATABASE_URL=\"%s\"\n", "", text(service, "database"));
}

static void print_system(const tool_args *args, const pl_json_value *system) {
    printf("%s (%s), %s\n", text(system, "name"), text(system, "title"), text(system, "state"));
    printf("  %-14s %-9s %8s  %-16s %-16s %-16s %8s  %10s  %s\n", "service", "state", "pid", "REST",
           "gRPC", "admin", "restarts", "memory", "since");
    const pl_json_value *list = control_services(system);
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next)
        print_service(args, s);
    const pl_json_value *stores = pl_json_at(system, "stores");
    if (args->verbose && stores)
        printf("  REDIS_URL=\"%s\"\n", text(stores, "redis"));
}

int ctl_status(tool_args *args, const workspace *space) {
    control_system systems[SYSTEMS_MAX];
    const char *only = NULL;
    while (tool_args_next(args) == TOOL_ARGS_WORD)
        only = args->value;
    size_t count = control_systems(space, systems, SYSTEMS_MAX);
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    pl_buf json = pl_buf_make(PRINT_MAX);
    size_t shown = 0;
    bool known = !only;
    pl_buf_puts(&json, "{\"systems\":[");
    for (size_t i = 0; i < count; i++) {
        const pl_json_value *one = NULL;
        known = known || strcmp(only, systems[i].name) == 0;
        if ((only && strcmp(only, systems[i].name) != 0) ||
            control_request(&systems[i], "GET", "/v1/status", &arena, &one, NULL) != PL_OK)
            continue;
        if (args->json) {
            pl_buf_puts(&json, shown ? "," : "");
            pl_json_print(one, 0, &json);
        } else {
            print_system(args, one);
        }
        shown++;
    }
    pl_buf_puts(&json, "]}\n");
    int status = args->json ? tool_print(args, &json, TOOL_EXIT_OK) : TOOL_EXIT_OK;
    if (!args->json && shown == 0 && known)
        (void)fprintf(stderr, "nothing runs; parley up SYSTEM starts a system\n");
    pl_buf_done(&json);
    pl_arena_done(&arena);
    return known ? status : ctl_no_system(args, systems, count, only);
}

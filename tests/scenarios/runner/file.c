/* A scenario file: its system, and its scenarios in order. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner.h"
#include "workspace.h"

enum { MS_DIGITS = 1000 };

static const char *const file_keys[] = {"system",  "set",      "without",     "replicas",
                                        "proxies", "for_each", "before_each", "scenarios"};
static const char *const scenario_keys[] = {"id", "title", "steps"};

static void print_text(const char *text) {
    for (; *text; text++) {
        (void)fputc(*text, stdout);
        if (*text == '\n')
            (void)fputs("    ", stdout);
    }
    (void)fputc('\n', stdout);
}

static void print_failure(world *w, const char *path, const pl_yaml_node *fallback,
                          const failure *f) {
    const pl_yaml_node *at = f->at ? f->at : fallback;
    pl_buf logs = pl_buf_make(TEXT_BYTES_MAX);
    pl_str line = pl_yaml_source_line(pl_yaml_document(at), pl_yaml_line(at));
    printf("    %s:%u: ", path, pl_yaml_line(at));
    print_text(f->text.p);
    printf("    | %.*s\n", PL_FMT(line));
    if (w->up && !w->up_ended) {
        world_logs(w, &logs);
        printf("    last of the services' logs:\n%s\n", logs.p);
    }
    pl_buf_done(&logs);
}

static bool check_file(const pl_yaml_node *root, pl_error *err) {
    const pl_yaml_node *scenarios = NULL;
    const pl_yaml_node *steps = NULL;
    const pl_yaml_node *id = NULL;
    if (pl_yaml_check_keys(root, file_keys, PL_COUNT(file_keys), err) != PL_OK ||
        pl_yaml_require(root, "scenarios", &scenarios, err) != PL_OK ||
        pl_yaml_expect(scenarios, PL_YAML_SEQUENCE, err) != PL_OK)
        return false;
    const pl_yaml_node *before = pl_yaml_find(root, "before_each");
    if (before && !check_steps(before, err))
        return false;
    for (size_t i = 0; i < count_of(scenarios); i++) {
        const pl_yaml_node *scenario = pl_yaml_at(scenarios, i);
        if (pl_yaml_check_keys(scenario, scenario_keys, PL_COUNT(scenario_keys), err) != PL_OK ||
            pl_yaml_require(scenario, "id", &id, err) != PL_OK ||
            pl_yaml_require(scenario, "steps", &steps, err) != PL_OK || !check_steps(steps, err))
            return false;
    }
    return true;
}

/* A customer nobody has heard of. */
static void set_customer(world *w, const char *id) {
    char name[NAME_MAX_BYTES * 2];
    (void)snprintf(name, sizeof name, "%s-%d-%llu@example.org", id, (int)getpid(),
                   (unsigned long long)++w->serial);
    vars_set(&w->vars, "customer", pl_str_c(name));
}

static const char *name_of(const pl_yaml_node *scenario) {
    return pl_yaml_text(pl_yaml_find(scenario, "id")).p;
}

static void play_scenario(world *w, const char *path, const pl_yaml_node *root,
                          const pl_yaml_node *scenario, const char *variant, tally *t) {
    failure f;
    failure_init(&f);
    context c = {.w = w, .vars = &w->vars, .failure = &f};
    const pl_yaml_node *before = pl_yaml_find(root, "before_each");
    int64_t started = pl_now_ns();
    set_customer(w, name_of(scenario));
    bool ok = (!before || run_steps(&c, before)) && run_steps(&c, pl_yaml_find(scenario, "steps"));
    int ms = (int)((pl_now_ns() - started) / PL_NS_PER_MS);
    printf("%-6s %s%s  %.*s  (%d.%03d s)\n", ok ? "ok" : "FAILED", name_of(scenario), variant,
           PL_FMT(pl_yaml_text(pl_yaml_find(scenario, "title"))), ms / MS_DIGITS, ms % MS_DIGITS);
    if (!ok)
        print_failure(w, path, scenario, &f);
    (void)fflush(stdout);
    *(ok ? &t->passed : &t->failed) += 1;
    failure_done(&f);
}

static void play_system(const char *path, const char *bin, bool keep, const pl_yaml_node *root,
                        const char *key, const char *value, tally *t) {
    static world w; /* large: not on the stack */
    static const world fresh = {.port_lock = -1, .up_log = -1};
    failure f;
    char variant[NAME_MAX_BYTES * 2] = "";
    pl_arena arena = pl_arena_make(STEP_ARENA);
    const pl_yaml_node *scenarios = pl_yaml_find(root, "scenarios");
    failure_init(&f);
    w = fresh;
    w.keep = keep;
    w.up_out = pl_buf_make(TEXT_BYTES_MAX);
    vars_init(&w.vars, NULL);
    (void)snprintf(w.bin, sizeof w.bin, "%s", bin);
    workspace_find(&w, path);
    context c = {.w = &w, .vars = &w.vars, .arena = &arena, .failure = &f};
    if (key) {
        vars_set(&w.vars, key, pl_str_c(value));
        (void)snprintf(variant, sizeof variant, "[%s]", value);
    }
    int64_t started = pl_now_ns();
    if (world_start(&w, &c, root)) {
        printf("       %s ready  (%lld ms)\n", path,
               (long long)((pl_now_ns() - started) / PL_NS_PER_MS));
        for (size_t i = 0; i < count_of(scenarios); i++)
            play_scenario(&w, path, root, pl_yaml_at(scenarios, i), variant, t);
    } else {
        printf("FAILED %s%s: the system does not start\n", path, variant);
        print_failure(&w, path, root, &f);
        t->failed += (int)count_of(scenarios);
    }
    world_stop(&w);
    vars_done(&w.vars);
    pl_arena_done(&arena);
    failure_done(&f);
}

static void list_scenarios(const char *path, const pl_yaml_node *root) {
    const pl_yaml_node *scenarios = pl_yaml_find(root, "scenarios");
    for (size_t i = 0; i < count_of(scenarios); i++) {
        const pl_yaml_node *scenario = pl_yaml_at(scenarios, i);
        printf("%-6s %.*s  (%s:%u)\n", name_of(scenario),
               PL_FMT(pl_yaml_text(pl_yaml_find(scenario, "title"))), path, pl_yaml_line(scenario));
    }
}

void file_play(const char *path, const char *bin, bool keep, bool list, tally *out_tally) {
    pl_error err = PL_ERROR_INIT;
    pl_yaml_doc *doc = NULL;
    if (pl_yaml_load(path, &doc, &err) != PL_OK || !check_file(pl_yaml_root(doc), &err)) {
        printf("FAILED %s\n", err.message);
        out_tally->failed++;
        pl_yaml_free(doc);
        return;
    }
    const pl_yaml_node *root = pl_yaml_root(doc);
    const pl_yaml_node *each = pl_yaml_find(root, "for_each");
    const pl_yaml_node *values = each ? pl_yaml_at(each, 0) : NULL;
    if (list)
        list_scenarios(path, root);
    else if (!each)
        play_system(path, bin, keep, root, NULL, NULL, out_tally);
    for (size_t i = 0; !list && i < count_of(values); i++)
        play_system(path, bin, keep, root, pl_yaml_text(pl_yaml_key_at(each, 0)).p,
                    pl_yaml_text(pl_yaml_at(values, i)).p, out_tally);
    pl_yaml_free(doc);
}

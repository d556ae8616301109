#include "new/tell.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_MAX = 64 * 1024 };

static void print_list(pl_buf *out, const plan *p, bool replaces) {
    bool first = true;
    pl_buf_putc(out, '[');
    for (size_t i = 0; i < p->count; i++) {
        if (p->files[i].replaces != replaces)
            continue;
        pl_buf_puts(out, first ? "" : ",");
        pl_buf_json(out, pl_str_c(p->files[i].path));
        first = false;
    }
    pl_buf_putc(out, ']');
}

static void print_json(const plan *p, const first_protos *from, bool dry_run) {
    char folder[PATH_MAX];
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_buf_printf(&out, "{\"dry_run\":%s,\"kept\":[", dry_run ? "true" : "false");
    if (from) {
        first_proto_folder(from, folder);
        pl_buf_json(&out, pl_str_c(folder));
    }
    if (from && from->contracts_kept) {
        first_contract_folder(from, folder);
        pl_buf_putc(&out, ',');
        pl_buf_json(&out, pl_str_c(folder));
    }
    pl_buf_puts(&out, "],\"made\":");
    print_list(&out, p, false);
    pl_buf_puts(&out, ",\"changed\":");
    print_list(&out, p, true);
    puts(pl_buf_puts(&out, "}") ? out.p : "{}");
    pl_buf_done(&out);
}

static void print_kept(const first_protos *from) {
    char folder[PATH_MAX];
    first_proto_folder(from, folder);
    printf("keep    %s\n", folder);
    first_contract_folder(from, folder);
    if (from->contracts_kept)
        printf("keep    %s\n", folder);
}

void tell_files(const tool_args *args, const plan *p, const first_protos *from, bool dry_run) {
    if (args->json) {
        print_json(p, from, dry_run);
        return;
    }
    if (from && !args->quiet)
        print_kept(from);
    for (size_t i = 0; i < p->count && !args->quiet; i++)
        printf("%s  %s\n", p->files[i].replaces ? "change" : "make  ", p->files[i].path);
    if (dry_run)
        puts("nothing was written: --dry-run");
}

static bool makes(const plan *p, const char *path) {
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->files[i].path, path) == 0)
            return true;
    }
    return false;
}

void tell_next_of_system(const workspace *space, const plan *p, const char *name, bool fresh) {
    puts("\nnext:");
    if (fresh && !makes(p, "CMakeLists.txt"))
        puts(
            "  add to CMakeLists.txt: find_package(Parley REQUIRED), pl_systems(), pl_scenarios()");
    if (!fresh && makes(p, "CMakeLists.txt") && !space->build[0])
        puts("  add to parley.yaml: build: build");
    printf("  parley new service %s/NAME\n", name);
}

static void print_next_of_first(const first_protos *from) {
    char folder[PATH_MAX];
    pl_buf unruled = pl_buf_make(OUTPUT_MAX);
    first_proto_folder(from, folder);
    if (first_write_unruled(from, &unruled) && unruled.n)
        printf("  say in %s who may call %s:\n"
               "    import \"parley/options.proto\"; option (parley.auth) = { public: true }; or "
               "user, owner, role, internal\n",
               folder, unruled.p);
    printf("  write services/%s/%s/api.c%s; until then the contract test fails:\n", from->system,
           from->service, first_state(from) ? " and tests/states.c" : "");
    pl_buf_done(&unruled);
}

void tell_next_of_service(const workspace *space, const wanted_service *wanted,
                          const made_service *made) {
    const char *system = wanted->system, *service = wanted->name;
    bool own = space->build[0] != '\0';
    puts("\nnext:");
    if (wanted->from)
        print_next_of_first(wanted->from);
    if (own) {
        puts("  cmake -S . -B build -G Ninja && ninja -C build");
        puts("  ctest --test-dir build --output-on-failure");
        printf("  parley up %s\n", system);
    } else {
        printf("  ./dev test %s_%s\n  ./dev up %s\n", system, service, system);
    }
    if (wanted->from)
        return;
    if (made->gateway_port && wanted->store == SYSTEM_STORE_NONE)
        printf("  curl 'http://localhost:%d/%s/tidy?name=%%20first'\n", made->gateway_port,
               made->things);
    else if (made->gateway_port)
        printf("  curl -i -X POST http://localhost:%d/%s -H 'Content-Type: application/json' \\\n"
               "       -d '{\"name\": \"first\"}'\n",
               made->gateway_port, made->things);
}

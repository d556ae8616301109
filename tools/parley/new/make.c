#include "new/make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "new/edit.h"
#include "new/render.h"
#include "new/templates.h"
#include "parley/base/macros.h"

enum {
    FILE_BYTES_MAX = 64 * 1024,
    NAMES_COUNT = 16,
    VARS_MAX = 24,
    BLOCK_MAX = FILE_BYTES_MAX,
    PORT_FIRST = SYSTEM_PORT_FIRST + 81, /* where those of the mall begin */
    PORT_LAST = SYSTEM_PORT_FIRST + 99,  /* port bases are 100 apart */
};

/* A template and the path, itself a template, of what it becomes. */
typedef struct target {
    const char *name;
    const char *path;
} target;

static const target workspace_files[] = {
    {"workspace/CMakeLists.txt.in", "CMakeLists.txt"},
    {"workspace/gitignore.in", ".gitignore"},
    {"workspace/parley.yaml.in", "parley.yaml"},
};

static const target system_files[] = {
    {"system/CMakeLists.txt.in", "services/@system@/CMakeLists.txt"},
    {"system/README.md.in", "services/@system@/README.md"},
    {"system/system.yaml.in", "services/@system@/system.yaml"},
};

#define PROTO  "proto/@system@/@service@/v1/"
#define FOLDER "services/@system@/@service@/"
static const target service_files[] = {
    {"service/events.proto.in", PROTO "events.proto"},
    {"service/proto.in", PROTO "@service@.proto"},
    {"service/CMakeLists.txt.in", FOLDER "CMakeLists.txt"},
    {"service/README.md.in", FOLDER "README.md"},
    {"service/api.c.in", FOLDER "api.c"},
    {"service/api.h.in", FOLDER "api.h"},
    {"service/domain.c.in", FOLDER "@service@.c"},
    {"service/domain.h.in", FOLDER "@service@.h"},
    {"service/main.c.in", FOLDER "main.c"},
    {"service/migration.sql.in", FOLDER "migrations/0001_@service@.sql"},
    {"service/policies.c.in", FOLDER "policies.c"},
    {"service/policies.h.in", FOLDER "policies.h"},
    {"service/store.c.in", FOLDER "store.c"},
    {"service/store.h.in", FOLDER "store.h"},
    {"service/api_test.c.in", FOLDER "tests/api_test.c"},
    {"service/domain_test.c.in", FOLDER "tests/@service@_test.c"},
    {"service/states.c.in", FOLDER "tests/states.c"},
    {"service/store_test.c.in", FOLDER "tests/store_test.c"},
    {"service/contract.yaml.in", "contracts/@system@.@service@.v1/@system@.web.yaml"},
    {"service/scenario.yaml.in", "tests/scenarios/@system@/@service@.yaml"},
};

/* Without a store: no SQL, no events. */
static const target stateless_files[] = {
    {"stateless/proto.in", PROTO "@service@.proto"},
    {"stateless/CMakeLists.txt.in", FOLDER "CMakeLists.txt"},
    {"stateless/README.md.in", FOLDER "README.md"},
    {"stateless/api.c.in", FOLDER "api.c"},
    {"stateless/api.h.in", FOLDER "api.h"},
    {"stateless/domain.c.in", FOLDER "@service@.c"},
    {"stateless/domain.h.in", FOLDER "@service@.h"},
    {"stateless/main.c.in", FOLDER "main.c"},
    {"stateless/api_test.c.in", FOLDER "tests/api_test.c"},
    {"stateless/domain_test.c.in", FOLDER "tests/@service@_test.c"},
    {"stateless/contract.yaml.in", "contracts/@system@.@service@.v1/@system@.web.yaml"},
    {"stateless/scenario.yaml.in", "tests/scenarios/@system@/@service@.yaml"},
};

/* Where protos are there already, the skeleton is made of them. */
static const target first_files[] = {
    {"first/CMakeLists.txt.in", FOLDER "CMakeLists.txt"},
    {"first/README.md.in", FOLDER "README.md"},
    {"first/api.c.in", FOLDER "api.c"},
    {"first/api.h.in", FOLDER "api.h"},
    {"first/main.c.in", FOLDER "main.c"},
    {"first/migration.sql.in", FOLDER "migrations/0001_@service@.sql"},
    {"first/states.c.in", FOLDER "tests/states.c"},
};

static const target first_stateless_files[] = {
    {"first_stateless/CMakeLists.txt.in", FOLDER "CMakeLists.txt"},
    {"first_stateless/README.md.in", FOLDER "README.md"},
    {"first/api.c.in", FOLDER "api.c"},
    {"first_stateless/api.h.in", FOLDER "api.h"},
    {"first_stateless/main.c.in", FOLDER "main.c"},
};

/* Every @name@ of the templates. */
typedef struct names {
    render_var vars[VARS_MAX];
    size_t count;
    char text[NAMES_COUNT][NAMES_SIZE + 8];
    size_t text_count;
} names;

static void put_name(names *n, const char *name, const char *value) {
    char *text = n->text[n->text_count++];
    (void)snprintf(text, sizeof n->text[0], "%s", value);
    n->vars[n->count++] = (render_var){name, text};
}

static void put_upper(names *n, const char *name, const char *value, size_t letters) {
    put_name(n, name, value);
    char *text = n->text[n->text_count - 1];
    for (size_t i = 0; text[i] && i < letters; i++)
        text[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
}

static bool is_c(const char *path) {
    size_t n = strlen(path);
    return n > 2 && path[n - 2] == '.' && (path[n - 1] == 'c' || path[n - 1] == 'h');
}

static pl_code add(plan *p, const target *t, const names *n, pl_error *err) {
    pl_buf path = pl_buf_make(PATH_MAX);
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    pl_code code = render(pl_str_c(t->path), n->vars, n->count, false, &path, err);
    if (code == PL_OK)
        code = render(pl_str_c(template_text(t->name)), n->vars, n->count, is_c(t->path), &text,
                      err);
    if (code == PL_OK)
        code = plan_add(p, path.p, text.p, false, err);
    pl_buf_done(&path);
    pl_buf_done(&text);
    return code;
}

static bool exists(const plan *p, const char *path) {
    char whole[PATH_MAX * 2];
    struct stat info;
    (void)snprintf(whole, sizeof whole, "%s/%s", p->root, path);
    return stat(whole, &info) == 0;
}

pl_code make_system(plan *p, const char *name, bool fresh, pl_error *err) {
    names n = {.count = 0};
    pl_code code = PL_OK;
    put_name(&n, "system", name);
    bool whole = fresh || !exists(p, "CMakeLists.txt");
    for (size_t i = 0; whole && code == PL_OK && i < PL_COUNT(workspace_files); i++) {
        if (!exists(p, workspace_files[i].path))
            code = add(p, &workspace_files[i], &n, err);
    }
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(system_files); i++)
        code = add(p, &system_files[i], &n, err);
    return code;
}

/* ---- a service ----------------------------------------------------------------------- */

/* A file below the root, whole. */
static pl_code read_text(const plan *p, const char *path, pl_buf *out, pl_error *err) {
    char whole[PATH_MAX * 2];
    (void)snprintf(whole, sizeof whole, "%s/%s", p->root, path);
    FILE *file = fopen(whole, "re");
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    bool fits = true;
    for (int c = getc(file); fits && c != EOF; c = getc(file))
        fits = pl_buf_putc(out, (char)c);
    bool read = !ferror(file);
    (void)fclose(file);
    if (!read)
        return pl_error_set(err, PL_INTERNAL, "%s: cannot be read", path);
    return fits ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too large", path);
}

static bool port_used(const system_model *model, int port) {
    for (size_t i = 0; i < model->service_count; i++) {
        if (model->services[i].port == port)
            return true;
    }
    return false;
}

static pl_code plan_port(system_model *model, made_service *made, pl_error *err) {
    const system_service *gateway = system_find(model, "gateway");
    made->gateway_port = gateway ? gateway->port : 0;
    made->port = PORT_FIRST;
    while (made->port <= PORT_LAST && port_used(model, made->port))
        made->port++;
    if (made->port <= PORT_LAST && model->service_count < SYSTEM_SERVICES_MAX)
        return PL_OK;
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no port from %d to %d is free",
                        model->name, PORT_FIRST, PORT_LAST);
}

/* The entry in system.yaml. */
static pl_code change_yaml(plan *p, const char *path, const names *n, int port, pl_error *err) {
    static const char entry[] = "@service@:\n  port: %d\n  store: @store@\n"
                                "  serves: [@serves@]\n";
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    pl_buf flat = pl_buf_make(FILE_BYTES_MAX);
    pl_buf lines = pl_buf_make(FILE_BYTES_MAX);
    pl_buf out = pl_buf_make(FILE_BYTES_MAX);
    (void)pl_buf_printf(&flat, entry, port);
    pl_code code = read_text(p, path, &text, err);
    if (code == PL_OK)
        code = render(pl_buf_view(&flat), n->vars, n->count, false, &lines, err);
    if (code == PL_OK)
        code = edit_services(pl_buf_view(&text), path, pl_buf_view(&lines), &out, err);
    if (code == PL_OK)
        code = plan_add(p, path, out.p, true, err);
    pl_buf_done(&text);
    pl_buf_done(&flat);
    pl_buf_done(&lines);
    pl_buf_done(&out);
    return code;
}

/* The one line of CMake. */
static pl_code change_cmake(plan *p, const char *system, const char *service, pl_error *err) {
    char path[PATH_MAX];
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    pl_buf out = pl_buf_make(FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "services/%s/CMakeLists.txt", system);
    pl_code code = read_text(p, path, &text, err);
    if (code == PL_OK)
        code = edit_pl_system(pl_buf_view(&text), path, service, &out, err);
    if (code == PL_OK)
        code = plan_add(p, path, out.p, true, err);
    pl_buf_done(&text);
    pl_buf_done(&out);
    return code;
}

static pl_code load_model(const plan *p, const char *file, system_model *out, pl_error *err) {
    char whole[PATH_MAX * 2];
    (void)snprintf(whole, sizeof whole, "%s/%s", p->root, file);
    const char *kept = pl_arena_strdup(p->arena, whole);
    if (!kept)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too large", file);
    return system_load(kept, p->arena, out, err);
}

static pl_code check_free(const plan *p, system_model *model, const char *service, bool protos,
                          pl_error *err) {
    static const char *const places[] = {"services/%s/%s", "proto/%s/%s"};
    if (system_find(model, service))
        return pl_error_set(err, PL_ALREADY_EXISTS, "%s has a service %s already", model->name,
                            service);
    for (size_t i = 0; i < PL_COUNT(places) - protos; i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, places[i], model->name, service);
        if (exists(p, path))
            return pl_error_set(err, PL_ALREADY_EXISTS,
                                "%s is there already; remove it, or choose another name", path);
    }
    return PL_OK;
}

static pl_code add_all(plan *p, const target *files, size_t count, const names *n, pl_error *err) {
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add(p, &files[i], n, err);
    return code;
}

/* ---- whose protos are there ------------------------------------------------------------ */

/* A part of a template that is written from the protos and contracts. */
static pl_code put_block(plan *p, names *n, const char *name, const first_protos *from,
                         bool (*write)(const first_protos *f, pl_buf *out), pl_error *err) {
    pl_buf block = pl_buf_make(BLOCK_MAX);
    const char *kept = NULL;
    if (write(from, &block))
        kept = pl_arena_strdup(p->arena, block.p ? block.p : "");
    pl_buf_done(&block);
    if (!kept)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: too many methods or states for one file", from->package);
    n->vars[n->count++] = (render_var){name, kept};
    return PL_OK;
}

static pl_code add_first(plan *p, const wanted_service *wanted, names *n, pl_error *err) {
    static const struct {
        const char *name;
        bool (*write)(const first_protos *f, pl_buf *out);
    } blocks[] = {
        {"includes", first_write_includes}, {"handlers", first_write_handlers},
        {"tables", first_write_tables},     {"binds", first_write_binds},
        {"adds", first_write_adds},         {"states", first_write_states},
        {"members", first_write_members},
    };
    char contract[PATH_MAX];
    bool none = wanted->store == SYSTEM_STORE_NONE;
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(blocks); i++)
        code = put_block(p, n, blocks[i].name, wanted->from, blocks[i].write, err);
    if (code == PL_OK && none)
        code = add_all(p, first_stateless_files, PL_COUNT(first_stateless_files), n, err);
    else if (code == PL_OK)
        code = add_all(p, first_files, PL_COUNT(first_files), n, err);
    if (code != PL_OK || wanted->from->contracts_kept)
        return code;
    (void)snprintf(contract, sizeof contract, "contracts/%s/%s.web.yaml", wanted->from->package,
                   wanted->system);
    return plan_add(p, contract, wanted->from->contract.p, false, err);
}

/* ---- all of it ------------------------------------------------------------------------- */

static pl_code put_serves(plan *p, names *n, const wanted_service *wanted, const char *thing,
                          pl_error *err) {
    if (wanted->from)
        return put_block(p, n, "serves", wanted->from, first_write_serves, err);
    const char *serves = pl_arena_printf(p->arena, "%s.%s.v1.%c%sService", wanted->system,
                                         wanted->name, thing[0] - 'a' + 'A', thing + 1);
    n->vars[n->count++] = (render_var){"serves", serves};
    return serves ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
}

static pl_code add_files(plan *p, const wanted_service *wanted, names *n, pl_error *err) {
    if (wanted->from)
        return add_first(p, wanted, n, err);
    return wanted->store == SYSTEM_STORE_NONE
               ? add_all(p, stateless_files, PL_COUNT(stateless_files), n, err)
               : add_all(p, service_files, PL_COUNT(service_files), n, err);
}

static void put_names(names *n, const wanted_service *wanted, const char *thing,
                      const char *things) {
    put_name(n, "system", wanted->system);
    put_name(n, "service", wanted->name);
    put_name(n, "thing", thing);
    put_name(n, "things", things);
    put_upper(n, "Thing", thing, 1);
    put_upper(n, "Things", things, 1);
    put_upper(n, "SYSTEM", wanted->system, SIZE_MAX);
    put_upper(n, "SERVICE", wanted->name, SIZE_MAX);
    put_upper(n, "THING", thing, SIZE_MAX);
    put_upper(n, "THINGS", things, SIZE_MAX);
    put_name(n, "store", wanted->store == SYSTEM_STORE_NONE ? "none" : "postgres");
}

pl_code make_service(plan *p, const char *file, const wanted_service *wanted,
                     made_service *out_made, pl_error *err) {
    static system_model model; /* large: not on the stack */
    names n = {.count = 0};
    made_service made;
    char thing[NAMES_SIZE];
    pl_code code = load_model(p, file, &model, err);
    if (code == PL_OK)
        code = system_check_name(&model, wanted->system, err);
    if (code == PL_OK)
        code = check_free(p, &model, wanted->name, wanted->from != NULL, err);
    if (code == PL_OK)
        code = plan_port(&model, &made, err);
    if (code != PL_OK)
        return code;
    names_of_things(wanted->keeps, thing, made.things);
    put_names(&n, wanted, thing, made.things);
    code = put_serves(p, &n, wanted, thing, err);
    if (code == PL_OK)
        code = add_files(p, wanted, &n, err);
    if (code == PL_OK)
        code = change_yaml(p, file, &n, made.port, err);
    if (code == PL_OK)
        code = change_cmake(p, model.name, wanted->name, err);
    if (code == PL_OK)
        *out_made = made;
    return code;
}

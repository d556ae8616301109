/* The parts of api.c and main.c that follow from methods. */
#include <string.h>

#include "new/first.h"
#include "src/names.h" /* of generated C */

enum { NAMES_ARENA_MAX = 1 << 20 };

/* The names of a service in C, from an arena. */
typedef struct c_service {
    const char *type;  /* "library_catalog_v1_BookService" */
    const char *snake; /* "book_service" */
} c_service;

static bool name_service(const pl_service_type *service, pl_arena *arena, c_service *out) {
    out->type = pl_name_flat(arena, service->full_name.p);
    out->snake = pl_name_snake(arena, service->name.p);
    return out->type && out->snake;
}

/* The handler of a method: a single word may be one of C or POSIX. */
static const char *handler(const first_protos *f, const c_service *service, const char *snake,
                           pl_arena *arena) {
    if (f->service_count > 1)
        return pl_arena_printf(arena, "%s_%s", service->snake, snake);
    return strchr(snake, '_') ? snake : pl_arena_printf(arena, "on_%s", snake);
}

bool first_write_includes(const first_protos *f, pl_buf *out) {
    for (size_t i = 0; i < f->service_count; i++) {
        pl_str name = f->services[i]->file->name;
        if (i == 0 || f->services[i]->file != f->services[i - 1]->file)
            pl_buf_printf(out, "#include \"%.*s.parley.h\"\n", (int)(name.n - strlen(".proto")),
                          name.p);
    }
    return !out->failed;
}

/* ---- handlers -------------------------------------------------------------------------- */

static void write_handler(const first_protos *f, const c_service *service,
                          const pl_method_type *method, pl_arena *arena, pl_buf *out) {
    bool streams = method->client_streaming || method->server_streaming;
    const char *snake = pl_name_snake(arena, method->name.p);
    const char *request = pl_name_flat(arena, method->input->full_name.p);
    const char *response = pl_name_flat(arena, method->output->full_name.p);
    const char *name = snake ? handler(f, service, snake, arena) : NULL;
    if (!name || !request || !response) {
        out->failed = true;
        return;
    }
    pl_buf_printf(out, "\nstatic pl_code %s(void *self, pl_call *call", name);
    if (!method->client_streaming)
        pl_buf_printf(out, ", const %s *request", request);
    if (streams)
        pl_buf_printf(out, ", %s_%s_stream *stream", service->type, snake);
    if (!method->server_streaming)
        pl_buf_printf(out, ", %s **out_response", response);
    pl_buf_puts(out, ") {\n    (void)self;\n");
    if (!method->client_streaming)
        pl_buf_puts(out, "    (void)request;\n");
    if (streams)
        pl_buf_puts(out, "    (void)stream;\n");
    if (!method->server_streaming)
        pl_buf_puts(out, "    (void)out_response;\n");
    pl_buf_printf(out, "    return not_written(call, \"%s\");\n}\n", method->name.p);
}

bool first_write_handlers(const first_protos *f, pl_buf *out) {
    pl_arena arena = pl_arena_make(NAMES_ARENA_MAX);
    for (size_t i = 0; i < f->service_count; i++) {
        c_service service;
        if (!name_service(f->services[i], &arena, &service))
            out->failed = true;
        for (size_t m = 0; !out->failed && m < f->services[i]->method_count; m++)
            write_handler(f, &service, &f->services[i]->methods[m], &arena, out);
    }
    pl_arena_done(&arena);
    return !out->failed;
}

/* ---- tables and bindings --------------------------------------------------------------- */

/* "catalog_api_bind", with the service's name where there are several. */
static void put_bind(const first_protos *f, const c_service *service, pl_buf *out) {
    pl_buf_printf(out, "%s_api_bind%s%s", f->service, f->service_count > 1 ? "_" : "",
                  f->service_count > 1 ? service->snake : "");
}

static void write_table(const first_protos *f, size_t index, pl_arena *arena, pl_buf *out) {
    const pl_service_type *type = f->services[index];
    c_service service;
    if (!name_service(type, arena, &service)) {
        out->failed = true;
        return;
    }
    const char *operations = f->service_count > 1
                                 ? pl_arena_printf(arena, "%s_operations", service.snake)
                                 : "operations";
    pl_buf_printf(out, "\nstatic const %s_ops %s = {\n", service.type, operations);
    for (size_t m = 0; m < type->method_count; m++) {
        const char *snake = pl_name_snake(arena, type->methods[m].name.p);
        const char *name = snake ? handler(f, &service, snake, arena) : NULL;
        const char *member = snake ? pl_name_op(arena, snake) : NULL;
        if (name && member)
            pl_buf_printf(out, "    .%s = %s,\n", member, name);
        else
            out->failed = true;
    }
    pl_buf_puts(out, "};\n\npl_service_binding ");
    put_bind(f, &service, out);
    pl_buf_printf(
        out,
        "(%s_api *api) {\n    /* One a process. */\n    static %s service;\n"
        "    service.self = api;\n    service.ops = &%s;\n    return %s_bind(&service);\n}\n",
        f->service, service.type, operations, service.type);
}

bool first_write_tables(const first_protos *f, pl_buf *out) {
    pl_arena arena = pl_arena_make(NAMES_ARENA_MAX);
    for (size_t i = 0; i < f->service_count; i++)
        write_table(f, i, &arena, out);
    pl_arena_done(&arena);
    return !out->failed;
}

/* FORM of every binding: BEFORE the first and the others, its name, BEHIND. */
static bool write_each(const first_protos *f, const char *before_first, const char *before,
                       const char *behind, pl_buf *out) {
    pl_arena arena = pl_arena_make(NAMES_ARENA_MAX);
    for (size_t i = 0; i < f->service_count; i++) {
        c_service service;
        if (!name_service(f->services[i], &arena, &service)) {
            out->failed = true;
            break;
        }
        pl_buf_puts(out, i ? before : before_first);
        put_bind(f, &service, out);
        pl_buf_puts(out, behind);
    }
    pl_arena_done(&arena);
    return !out->failed;
}

bool first_write_binds(const first_protos *f, pl_buf *out) {
    pl_buf behind = pl_buf_make(NAMES_SIZE * 2);
    pl_buf_printf(&behind, "(%s_api *api);\n", f->service);
    bool written = !behind.failed &&
                   write_each(f, "pl_service_binding ", "pl_service_binding ", behind.p, out);
    pl_buf_done(&behind);
    return written;
}

bool first_write_adds(const first_protos *f, pl_buf *out) {
    if (f->service_count == 1)
        return write_each(f, "    return pl_service_add(service, ", "", "(&s->api));\n", out);
    return write_each(f, "    pl_code code = pl_service_add(service, ",
                      "    if (code == PL_OK)\n        code = pl_service_add(service, ",
                      "(&s->api));\n", out) &&
           pl_buf_puts(out, "    return code;\n");
}

bool first_write_serves(const first_protos *f, pl_buf *out) {
    for (size_t i = 0; i < f->service_count; i++)
        pl_buf_printf(out, "%s%s", i ? ", " : "", f->services[i]->full_name.p);
    return !out->failed;
}

bool first_write_unruled(const first_protos *f, pl_buf *out) {
    for (size_t i = 0; i < f->service_count; i++) {
        for (size_t m = 0; m < f->services[i]->method_count; m++) {
            const pl_method_type *method = &f->services[i]->methods[m];
            if (method->auth.kind == PL_AUTH_UNSET)
                pl_buf_printf(out, "%s%s", out->n ? ", " : "", method->name.p);
        }
    }
    return !out->failed;
}

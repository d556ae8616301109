#include "call/reflect.h"

#include <string.h>

#include "parley/schema/wire.h"

/* grpc.reflection.v1.ServerReflectionRequest and -Response; v1alpha has the same numbers. */
enum {
    ASK_FILE = 3,
    ASK_SYMBOL = 4,
    ASK_SERVICES = 7,
    ANSWER_FILES = 4,
    ANSWER_SERVICES = 6,
    ANSWER_ERROR = 7,
    FILES_BYTES = 1,
    SERVICES_SERVICE = 1,
    SERVICE_NAME = 1,
    ERROR_CODE = 1,
    ERROR_MESSAGE = 2,
};

enum { QUESTION_MAX = 4096, ARENA_BUDGET = 32 << 20 };

void reflection_init(reflection *r, pl_channel *channel, int64_t deadline_ns) {
    memset(r, 0, sizeof *r);
    r->channel = channel;
    r->deadline_ns = deadline_ns;
    r->arena = pl_arena_make(ARENA_BUDGET);
    call_files_init(&r->files, &r->arena);
}

void reflection_done(reflection *r) {
    pl_arena_done(&r->arena);
}

static pl_code send(const reflection *r, pl_str question, pl_bytes_reply **out_reply) {
    pl_bytes_request request = {
        .path = r->alpha ? "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
                         : "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        .body = question,
        .deadline_ns = r->deadline_ns,
        .metadata = r->metadata,
        .metadata_count = r->metadata_count,
    };
    return pl_channel_call_bytes(r->channel, &request, out_reply);
}

/* An error that the server reports within its answer. */
static pl_code told_error(pl_str told, pl_error *err) {
    pl_wire_field field;
    pl_code code = PL_UNKNOWN;
    pl_str message = {NULL, 0};
    if (pl_wire_find(told, ERROR_CODE, &field) && field.type == PL_WIRE_VARINT && field.value > 0 &&
        field.value < PL_CODE_COUNT)
        code = (pl_code)field.value;
    if (pl_wire_find(told, ERROR_MESSAGE, &field) && field.type == PL_WIRE_BYTES)
        message = field.bytes;
    return pl_error_set(err, code, "reflection: %.*s", PL_FMT(pl_utf8_cut(message, 300)));
}

/* Asks one question. The part ANSWER of the reply, which is the caller's to free, is in
 * *out_answer. */
static pl_code ask(reflection *r, uint32_t question, pl_str value, uint32_t answer,
                   pl_bytes_reply **out_reply, pl_str *out_answer, pl_error *err) {
    pl_buf body = pl_buf_make(QUESTION_MAX);
    pl_bytes_reply *reply = NULL;
    if (!pl_wire_put_bytes(&body, question, value)) {
        pl_buf_done(&body);
        return pl_error_set(err, PL_INVALID_ARGUMENT, "a name longer than %d bytes", QUESTION_MAX);
    }
    pl_code code = send(r, pl_buf_view(&body), &reply);
    if (code == PL_UNIMPLEMENTED && !r->alpha) {
        pl_bytes_reply_free(reply);
        reply = NULL;
        r->alpha = true;
        code = send(r, pl_buf_view(&body), &reply);
    }
    pl_buf_done(&body);
    pl_wire_field field;
    if (code == PL_UNIMPLEMENTED)
        (void)pl_error_set(err, code, "the server does not offer reflection");
    else if (code != PL_OK)
        (void)pl_error_set(err, code, "%s", reply ? reply->error.message : "no memory");
    else if (pl_wire_find(reply->body, answer, &field) && field.type == PL_WIRE_BYTES)
        *out_answer = field.bytes;
    else if (pl_wire_find(reply->body, ANSWER_ERROR, &field) && field.type == PL_WIRE_BYTES)
        code = told_error(field.bytes, err);
    else
        code = pl_error_set(err, PL_INTERNAL, "reflection: the server ended without an answer");
    if (code == PL_OK)
        *out_reply = reply;
    else
        pl_bytes_reply_free(reply);
    return code;
}

pl_code reflection_list(reflection *r, pl_error *err) {
    pl_bytes_reply *reply;
    pl_str list;
    pl_code code = ask(r, ASK_SERVICES, pl_str_c("*"), ANSWER_SERVICES, &reply, &list, err);
    if (code != PL_OK)
        return code;
    pl_wire_reader reader = pl_wire_reader_make(list);
    pl_wire_field service;
    r->service_count = 0;
    while (pl_wire_next(&reader, &service) && r->service_count < REFLECTION_SERVICES_MAX) {
        pl_wire_field name;
        if (service.number != SERVICES_SERVICE || service.type != PL_WIRE_BYTES ||
            !pl_wire_find(service.bytes, SERVICE_NAME, &name) || name.type != PL_WIRE_BYTES)
            continue;
        const char *copy = pl_arena_cstr(&r->arena, name.bytes);
        if (copy)
            r->services[r->service_count++] = copy;
    }
    pl_bytes_reply_free(reply);
    return PL_OK;
}

/* NAME is the whole of FULL or what stands behind one of its dots. */
static bool names(pl_str name, const char *full) {
    pl_str whole = pl_str_c(full);
    return pl_str_eq(name, whole) ||
           (whole.n > name.n && pl_str_ends(whole, name) && full[whole.n - name.n - 1] == '.');
}

static const char *nearest(const reflection *r, pl_str name) {
    const char *known[REFLECTION_SERVICES_MAX];
    bool is_full = pl_str_index(name, '.') < name.n;
    for (size_t i = 0; i < r->service_count; i++) {
        const char *dot = strrchr(r->services[i], '.');
        known[i] = dot && !is_full ? dot + 1 : r->services[i];
    }
    return pl_str_nearest(name, known, r->service_count);
}

pl_code reflection_find(const reflection *r, pl_str name, const char **out_service, pl_error *err) {
    const char *found = NULL;
    for (size_t i = 0; i < r->service_count; i++) {
        const char *full = r->services[i];
        if (!names(name, full))
            continue;
        if (pl_str_eqc(name, full)) {
            found = full;
            break;
        }
        if (found && strcmp(found, full) != 0)
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "'%.*s' may be %s or %s; write it in full", PL_FMT(name), found,
                                full);
        found = full;
    }
    if (!found) {
        const char *near = nearest(r, name);
        return pl_error_set(err, PL_NOT_FOUND, "no service '%.*s'%s%s; parley ls lists them",
                            PL_FMT(pl_utf8_cut(name, 64)), near ? ", did you mean " : "",
                            near ? near : "");
    }
    *out_service = found;
    return PL_OK;
}

/* Asks for files and adds those that come. */
static pl_code fetch(reflection *r, uint32_t question, pl_str value, pl_error *err) {
    pl_bytes_reply *reply;
    pl_str list;
    pl_code code = ask(r, question, value, ANSWER_FILES, &reply, &list, err);
    if (code != PL_OK)
        return code;
    pl_wire_reader reader = pl_wire_reader_make(list);
    pl_wire_field file;
    size_t before = r->files.count;
    while (code == PL_OK && pl_wire_next(&reader, &file)) {
        if (file.number == FILES_BYTES && file.type == PL_WIRE_BYTES)
            code = call_files_add(&r->files, file.bytes, err);
    }
    if (code == PL_OK && r->files.count == before)
        code = pl_error_set(err, PL_NOT_FOUND, "reflection: %.*s: the server sent no file for it",
                            PL_FMT(pl_utf8_cut(value, 256)));
    pl_bytes_reply_free(reply);
    return code;
}

pl_code reflection_load(reflection *r, const char *service, pl_pool **out_pool, pl_error *err) {
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.name = "the server's reflection";
    call_files_init(&r->files, &r->arena);
    pl_code code = fetch(r, ASK_SYMBOL, pl_str_c(service), err);
    for (pl_str name; code == PL_OK && (name = call_files_missing(&r->files)).n;)
        code = fetch(r, ASK_FILE, name, err);
    pl_buf set = pl_buf_make(PL_POOL_INPUT_MAX);
    if (code == PL_OK)
        code = call_files_put(&r->files, &set, err);
    if (code == PL_OK)
        code = pl_pool_new(pl_buf_view(&set), &opts, out_pool, err);
    pl_buf_done(&set);
    return code;
}

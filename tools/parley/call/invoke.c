/* parley call: JSON in, JSON out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call/call.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"

enum { INPUT_PIECE = 64 * 1024, INDENT = 2, ARENA_FACTOR = 8 };

pl_code call_open(const call_request *request, const call_target *target, pl_channel **out_channel,
                  reflection *out_reflection, pl_error *err) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.name = target->name;
    opts.target = target->address;
    opts.attempts = 1;
    opts.no_breaker = true;
    opts.max_message = CALL_MESSAGE_MAX;
    pl_code code = pl_channel_new(&opts, out_channel, err);
    if (code == PL_OK) {
        reflection_init(out_reflection, *out_channel, request->deadline_ns);
        out_reflection->metadata = request->metadata;
        out_reflection->metadata_count = request->metadata_count;
    }
    return code;
}

static pl_code read_input(pl_buf *out, pl_error *err) {
    for (;;) {
        char *room = pl_buf_reserve(out, INPUT_PIECE);
        if (!room)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the request is larger than %u bytes",
                                CALL_MESSAGE_MAX);
        ssize_t n = read(STDIN_FILENO, room, INPUT_PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pl_error_errno(err, errno, "standard input");
        if (n == 0)
            return PL_OK;
        pl_buf_wrote(out, (size_t)n);
    }
}

/* Looks for the method's service on each of the targets: the first that has it is called. */
static pl_code find_service(const call_request *request, pl_str name, pl_channel **out_channel,
                            reflection *r, const char **out_service, pl_error *err) {
    static call_target targets[CALL_TARGETS_MAX];
    size_t count = 0;
    pl_error wrong_name = PL_ERROR_INIT;
    pl_code code = call_targets(request->target, targets, &count, err);
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        code = call_open(request, &targets[i], out_channel, r, err);
        if (code != PL_OK)
            break;
        code = reflection_list(r, err);
        if (code == PL_OK)
            code = reflection_find(r, name, out_service, err);
        if (code == PL_OK)
            return PL_OK;
        reflection_done(r);
        pl_channel_free(*out_channel);
        *out_channel = NULL;
        if (code == PL_NOT_FOUND && (!wrong_name.code || strstr(err->message, "did you mean")))
            wrong_name = *err;
        if (code == PL_NOT_FOUND && i + 1 < count)
            code = PL_OK;
    }
    if (code == PL_NOT_FOUND && wrong_name.code)
        *err = wrong_name;
    return code;
}

static pl_code find_method(const pl_pool *pool, const char *service_name, pl_str name,
                           const pl_method_type **out_method, pl_error *err) {
    const pl_service_type *service = pl_pool_service(pool, pl_str_c(service_name));
    const char *known[REFLECTION_SERVICES_MAX];
    size_t count = 0;
    if (!service)
        return pl_error_set(err, PL_INTERNAL, "the server's reflection lacks %s", service_name);
    const pl_method_type *method = pl_service_method(service, name);
    if (!method) {
        for (; count < service->method_count && count < PL_COUNT(known); count++)
            known[count] = service->methods[count].name.p;
        const char *near = pl_str_nearest(name, known, count);
        return pl_error_set(err, PL_NOT_FOUND, "%s has no method '%.*s'%s%s; parley ls lists them",
                            service_name, PL_FMT(pl_utf8_cut(name, 64)),
                            near ? ", did you mean " : "", near ? near : "");
    }
    if (method->client_streaming || method->server_streaming)
        return pl_error_set(err, PL_UNIMPLEMENTED,
                            "%s is a streaming method; parley call does unary methods only",
                            method->full_name.p);
    *out_method = method;
    return PL_OK;
}

/* JSON on one line, or indented. */
static pl_code print_answer(const call_request *request, const pl_method_type *method, pl_str body,
                            pl_error *err) {
    pl_buf json = pl_buf_make(CALL_MESSAGE_MAX);
    pl_buf pretty = pl_buf_make(CALL_MESSAGE_MAX);
    pl_arena arena = pl_arena_make((size_t)CALL_MESSAGE_MAX * ARENA_FACTOR);
    const pl_json_value *root = NULL;
    pl_code code = pl_wire_to_json(method->output, body, NULL, &json, err);
    if (code == PL_OK && !request->args->json)
        code = pl_json_parse(pl_buf_view(&json), "answer", &arena, &root, err);
    if (root && !pl_json_print(root, INDENT, &pretty))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer is too large to be printed");
    if (code == PL_OK)
        printf("%s\n", root ? pretty.p : json.p);
    pl_arena_done(&arena);
    pl_buf_done(&pretty);
    pl_buf_done(&json);
    return code;
}

static void print_metadata(const pl_bytes_reply *reply) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        const pl_metadata *m = &reply->metadata[i];
        if (pl_str_ends(pl_str_c(m->key), pl_str_c("-bin")))
            (void)fprintf(stderr, "%s: (%zu bytes)\n", m->key, m->value.n);
        else
            (void)fprintf(stderr, "%s: %.*s\n", m->key, PL_FMT(m->value));
    }
}

static int exchange(const call_request *request, pl_channel *channel, const pl_method_type *method,
                    pl_str text) {
    pl_error err = PL_ERROR_INIT;
    pl_buf wire = pl_buf_make(CALL_MESSAGE_MAX);
    pl_bytes_reply *reply = NULL;
    pl_code code = pl_json_to_wire(method->input, text, NULL, &wire, &err);
    if (code == PL_OK) {
        pl_bytes_request call = {
            .path = method->path.p,
            .body = pl_buf_view(&wire),
            .deadline_ns = request->deadline_ns,
            .metadata = request->metadata,
            .metadata_count = request->metadata_count,
        };
        code = pl_channel_call_bytes(channel, &call, &reply);
        if (reply)
            err = reply->error;
        else
            code = pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "no memory");
    }
    if (reply && request->args->verbose)
        print_metadata(reply);
    if (code == PL_OK)
        code = print_answer(request, method, reply->body, &err);
    int status = code == PL_OK ? TOOL_EXIT_OK : call_fail(request, &err, reply);
    pl_bytes_reply_free(reply);
    pl_buf_done(&wire);
    return status;
}

int call_method(const call_request *request) {
    pl_error err = PL_ERROR_INIT;
    pl_channel *channel = NULL;
    pl_pool *pool = NULL;
    reflection r;
    const char *service = NULL;
    const pl_method_type *method = NULL;
    pl_str whole = pl_str_c(request->method);
    size_t cut = whole.n;
    while (cut > 0 && whole.p[cut - 1] != '.' && whole.p[cut - 1] != '/')
        cut--;
    if (cut < 2 || cut == whole.n)
        tool_usage(request->args, "expected Service.Method, got '%s'", request->method);
    pl_str name = pl_str_make(whole.p, cut - 1);
    if (name.p[0] == '/' && name.n > 1)
        name = pl_str_make(name.p + 1, name.n - 1);
    pl_buf text = pl_buf_make(CALL_MESSAGE_MAX);
    pl_code code = strcmp(request->json, "-") == 0 ? read_input(&text, &err) : PL_OK;
    if (code == PL_OK && text.n == 0)
        pl_buf_puts(&text, strcmp(request->json, "-") == 0 ? "{}" : request->json);
    if (code == PL_OK)
        code = find_service(request, name, &channel, &r, &service, &err);
    if (code == PL_OK)
        code = reflection_load(&r, service, &pool, &err);
    if (code == PL_OK)
        code = find_method(pool, service, pl_str_make(whole.p + cut, whole.n - cut), &method, &err);
    int status = code == PL_OK ? exchange(request, channel, method, pl_buf_view(&text))
                               : call_fail(request, &err, NULL);
    pl_pool_free(pool);
    if (channel)
        reflection_done(&r);
    pl_channel_free(channel);
    pl_buf_done(&text);
    return status;
}

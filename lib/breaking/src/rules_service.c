/* Rules about services and their methods. */
#include "diff.h"

#include <inttypes.h>

enum {
    METHOD_INPUT = 2,
    METHOD_OUTPUT = 3,
    METHOD_OPTIONS = 4,
    DEPRECATED = 33,
    IDEMPOTENCY_LEVEL = 34,
    PARLEY_AUTH = 50001,
    PARLEY_CALL = 50002
};

/* Bytes of who may call an RPC, in words. */
enum { AUTH_WORDS_MAX = 1 << 12 };

static pl_change about_method(const pl_method_type *a, const pl_method_type *b) {
    return (pl_change){.element = a->full_name,
                       .file = a->service->file,
                       .service = a->service,
                       .method = a,
                       .old_at = a->source,
                       .new_at = b->source};
}

static pl_change about_part(diff *d, const pl_method_type *a, const pl_method_type *b,
                            uint32_t part, uint32_t option) {
    pl_change about = about_method(a, b);
    about.new_at = diff_method_part(d, b, (diff_part){{part, option}});
    return about;
}

static void rpc_no_delete(diff *d, const pl_service_type *a, const pl_service_type *b) {
    for (size_t i = 0; i < a->method_count; i++) {
        const pl_method_type *method = &a->methods[i];
        if (pl_service_method(b, method->name))
            continue;
        pl_change about = about_method(method, method);
        about.new_at = b->source;
        diff_add(d, &about, "the RPC %s of %s was deleted", method->name.p, a->name.p);
    }
}

const service_check service_checks[] = {{"RPC_NO_DELETE", rpc_no_delete}};
const size_t service_check_count = PL_COUNT(service_checks);

static void same_request(diff *d, const pl_method_type *a, const pl_method_type *b) {
    if (!pl_str_eq(a->input->full_name, b->input->full_name)) {
        pl_change about = about_part(d, a, b, METHOD_INPUT, 0);
        diff_add(d, &about, "the request of %s changed from %s to %s", a->name.p,
                 a->input->full_name.p, b->input->full_name.p);
    }
}

static void same_response(diff *d, const pl_method_type *a, const pl_method_type *b) {
    if (!pl_str_eq(a->output->full_name, b->output->full_name)) {
        pl_change about = about_part(d, a, b, METHOD_OUTPUT, 0);
        diff_add(d, &about, "the response of %s changed from %s to %s", a->name.p,
                 a->output->full_name.p, b->output->full_name.p);
    }
}

static void same_client_streaming(diff *d, const pl_method_type *a, const pl_method_type *b) {
    pl_change about = about_method(a, b);
    if (a->client_streaming != b->client_streaming)
        diff_add(d, &about, "the client of %s %s", a->name.p,
                 b->client_streaming ? "streams now" : "no longer streams");
}

static void same_server_streaming(diff *d, const pl_method_type *a, const pl_method_type *b) {
    pl_change about = about_method(a, b);
    if (a->server_streaming != b->server_streaming)
        diff_add(d, &about, "the server of %s %s", a->name.p,
                 b->server_streaming ? "streams now" : "no longer streams");
}

static void same_idempotency_level(diff *d, const pl_method_type *a, const pl_method_type *b) {
    static const char *const levels[] = {"unknown", "no side effects", "idempotent"};
    uint64_t was = raw_method_option(d, a, IDEMPOTENCY_LEVEL);
    uint64_t is = raw_method_option(d, b, IDEMPOTENCY_LEVEL);
    if (was != is && was < PL_COUNT(levels) && is < PL_COUNT(levels)) {
        pl_change about = about_part(d, a, b, METHOD_OPTIONS, IDEMPOTENCY_LEVEL);
        diff_add(d, &about, "the idempotency level of %s changed from %s to %s", a->name.p,
                 levels[was], levels[is]);
    }
}

/* ---- what buf does not see ------------------------------------------------------------------- */

static const pl_http_rule *same_route(const pl_method_type *method, const pl_http_rule *rule) {
    for (size_t i = 0; i < method->http_count; i++) {
        if (pl_str_eq(method->http[i].verb, rule->verb) &&
            pl_str_eq(method->http[i].path, rule->path))
            return &method->http[i];
    }
    return NULL;
}

static void route_no_delete(diff *d, const pl_method_type *a, const pl_method_type *b) {
    for (size_t i = 0; i < a->http_count; i++) {
        pl_change about = about_method(a, b);
        about.http = &a->http[i];
        about.old_at = a->http[i].source;
        if (b->http_count)
            about.new_at = b->http[0].source;
        if (!same_route(b, &a->http[i]))
            diff_add(d, &about, "the route %s %s of %s was deleted", a->http[i].verb.p,
                     a->http[i].path.p, a->name.p);
    }
}

static void route_same_body(diff *d, const pl_method_type *a, const pl_method_type *b) {
    for (size_t i = 0; i < a->http_count; i++) {
        const pl_http_rule *was = &a->http[i], *is = same_route(b, was);
        pl_change about = about_method(a, b);
        about.http = was;
        about.old_at = was->source;
        about.new_at = is ? is->source : b->source;
        if (is && !pl_str_eq(was->body, is->body))
            diff_add(d, &about, "the body of %s %s changed from '%s' to '%s'", was->verb.p,
                     was->path.p, was->body.p, is->body.p);
        if (is && !pl_str_eq(was->response_body, is->response_body))
            diff_add(d, &about, "the body of the answer of %s %s changed from '%s' to '%s'",
                     was->verb.p, was->path.p, was->response_body.p, is->response_body.p);
    }
}

/* "public", "role 'ADMIN'" */
static void put_auth(const pl_auth_options *auth, pl_buf *out) {
    static const char *const kinds[] = {"unset", "public", "user", "owner", "role", "internal"};
    pl_buf_puts(out, kinds[auth->kind]);
    if (auth->argument.n)
        pl_buf_printf(out, " '%s'", auth->argument.p);
}

static void same_auth(diff *d, const pl_method_type *a, const pl_method_type *b) {
    bool same = a->auth.kind == b->auth.kind && pl_str_eq(a->auth.argument, b->auth.argument);
    if (!same && b->auth.kind != PL_AUTH_PUBLIC) {
        pl_change about = about_part(d, a, b, METHOD_OPTIONS, PARLEY_AUTH);
        pl_buf words = pl_buf_make(AUTH_WORDS_MAX);
        put_auth(&a->auth, &words);
        pl_buf_puts(&words, " to ");
        put_auth(&b->auth, &words);
        diff_add(d, &about, "who may call %s changed from %s", a->name.p, words.p ? words.p : "");
        pl_buf_done(&words);
    }
}

static void timeout_no_shorten(diff *d, const pl_method_type *a, const pl_method_type *b) {
    uint32_t was = a->call.timeout_ms, is = b->call.timeout_ms;
    if (is && was && is < was) {
        pl_change about = about_part(d, a, b, METHOD_OPTIONS, PARLEY_CALL);
        diff_add(d, &about, "the timeout of %s changed from %" PRIu32 " to %" PRIu32 " ms",
                 a->name.p, was, is);
    }
}

static void same_repeats(diff *d, const pl_method_type *a, const pl_method_type *b) {
    if (a->call.idempotency > PL_IDEMPOTENCY_OPTION_NONE &&
        b->call.idempotency != a->call.idempotency &&
        b->call.idempotency != PL_IDEMPOTENCY_OPTION_ALWAYS) {
        pl_change about = about_part(d, a, b, METHOD_OPTIONS, PARLEY_CALL);
        diff_add(d, &about, "%s may no longer be repeated as before", a->name.p);
    }
}

static void is_deprecated(diff *d, const pl_method_type *a, const pl_method_type *b) {
    if (b->deprecated) {
        pl_change about = about_part(d, a, b, METHOD_OPTIONS, DEPRECATED);
        diff_add(d, &about, "the RPC %s is deprecated", b->name.p);
    }
}

const method_check method_checks[] = {
    {"RPC_SAME_REQUEST_TYPE", same_request},
    {"RPC_SAME_RESPONSE_TYPE", same_response},
    {"RPC_SAME_CLIENT_STREAMING", same_client_streaming},
    {"RPC_SAME_SERVER_STREAMING", same_server_streaming},
    {"RPC_SAME_IDEMPOTENCY_LEVEL", same_idempotency_level},
    {"HTTP_ROUTE_NO_DELETE", route_no_delete},
    {"HTTP_ROUTE_SAME_BODY", route_same_body},
    {"RPC_SAME_AUTH", same_auth},
    {"RPC_TIMEOUT_NO_SHORTEN", timeout_no_shorten},
    {"RPC_SAME_REPEATS", same_repeats},
    {"RPC_DEPRECATED", is_deprecated},
};
const size_t method_check_count = PL_COUNT(method_checks);

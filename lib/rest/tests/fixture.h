/* A route table over tests/proto/items.proto, and requests written in short. */
#ifndef PARLEY_REST_TESTS_FIXTURE_H
#define PARLEY_REST_TESTS_FIXTURE_H

#include "check.h"
#include "parley/json/proto_json.h"
#include "parley/rest/rest.h"

#define FIXTURE_HEADERS_MAX 8

static const char *fixture_sets;    /* the folder with the descriptor sets */
static const char *fixture_goldens; /* the folder with expected answers */

typedef struct fixture {
    pl_pool *pool;
    pl_rest *rest;
    pl_arena arena;
    pl_rest_pair headers[FIXTURE_HEADERS_MAX];
    size_t header_count;
    pl_rest_request request;
    pl_rest_exchange *exchange;
} fixture;

static int fixture_set_up(void **state) {
    fixture *f = test_calloc(1, sizeof *f);
    pl_error err = PL_ERROR_INIT;
    f->arena = pl_arena_make(4 << 20);
    const char *path = pl_arena_printf(&f->arena, "%s/items.binpb", fixture_sets);
    pl_buf problems = pl_buf_make(1 << 16);
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.problems = &problems;
    if (pl_pool_load(path, NULL, &f->pool, &err) == PL_OK) {
        opts.pool = f->pool;
        if (pl_rest_new(&opts, &f->rest, &err))
            print_error("%s", problems.p);
    }
    if (!f->rest)
        print_error("%s: %s\n", path, err.message);
    pl_buf_done(&problems);
    *state = f;
    return f->rest ? 0 : -1;
}

static int fixture_tear_down(void **state) {
    fixture *f = *state;
    pl_rest_free(f->rest);
    pl_pool_free(f->pool);
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

static inline void header(fixture *f, const char *name, const char *value) {
    assert_true(f->header_count < FIXTURE_HEADERS_MAX);
    f->headers[f->header_count++] = (pl_rest_pair){pl_str_c(name), pl_str_c(value)};
}

/* Begins the exchange of "GET /path?query" with BODY (NULL: none), which is JSON unless a
 * content-type was set. */
static inline void ask(fixture *f, const char *method, const char *target, const char *body) {
    pl_str path = pl_str_c(target);
    size_t mark = pl_str_index(path, '?');
    bool typed = false;
    for (size_t i = 0; i < f->header_count; i++)
        typed = typed || pl_str_eqc(f->headers[i].name, "content-type");
    if (body && !typed)
        header(f, "content-type", "application/json");
    f->request = (pl_rest_request){
        .method = pl_str_c(method),
        .path = pl_str_make(path.p, mark),
        .query = mark < path.n ? pl_str_c(target + mark + 1) : pl_str_make(NULL, 0),
        .body = pl_str_c(body),
        .headers = f->headers,
        .header_count = f->header_count,
    };
    f->exchange = pl_rest_begin(f->rest, &f->request, &f->arena);
    assert_non_null(f->exchange);
}

static inline const pl_rest_response *response_of(const fixture *f) {
    const pl_rest_response *response = pl_rest_exchange_response(f->exchange);
    assert_non_null(response);
    return response;
}

static inline const char *body_of(fixture *f) {
    return pl_arena_cstr(&f->arena, response_of(f)->body);
}

/* A header of the response; NULL where it has none. */
static inline const char *header_of(fixture *f, const char *name) {
    const pl_rest_response *response = response_of(f);
    for (size_t i = 0; i < response->header_count; i++) {
        if (pl_str_eqc(response->headers[i].name, name))
            return pl_arena_cstr(&f->arena, response->headers[i].value);
    }
    return NULL;
}

/* The exchange was refused with STATUS, and TEXT is in its body. */
static inline void expect_refusal(fixture *f, int status, const char *text) {
    if (pl_rest_exchange_call(f->exchange))
        fail_msg("not refused");
    if (response_of(f)->status != status || !strstr(body_of(f), text))
        fail_msg("expected %d with \"%s\", got %d: %s", status, text, response_of(f)->status,
                 body_of(f));
}

static inline const pl_rest_call *call_of(fixture *f) {
    const pl_rest_call *call = pl_rest_exchange_call(f->exchange);
    if (!call)
        fail_msg("refused: %s", body_of(f));
    return call;
}

/* The exchange calls METHOD with the request JSON (64-bit integers as numbers). */
static inline void expect_call(fixture *f, const char *method, const char *json) {
    const pl_rest_call *call = call_of(f);
    const pl_method_type *type = pl_pool_method(f->pool, pl_str_c(call->route->rpc_path));
    assert_non_null(type);
    assert_string_equal(type->name.p, method);
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    opts.int64_numbers = true;
    pl_buf text = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    if (pl_wire_to_json(type->input, call->request, &opts, &text, &err))
        fail_msg("%s", err.message);
    char *kept = pl_arena_strdup(&f->arena, text.p);
    pl_buf_done(&text);
    assert_string_equal(kept, json);
}

#endif

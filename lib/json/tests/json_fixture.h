/* Short ways to convert and compare, for the tests of ProtoJSON. */
#ifndef JSON_TESTS_FIXTURE_H
#define JSON_TESTS_FIXTURE_H

#include "parley/json/proto_json.h"
#include "shapes.h"

/* JSON of TYPE through the wire and back must be EXPECTED. */
static inline void converts_as(const char *type, const char *json, const pl_json_read_opts *ropts,
                               const pl_json_write_opts *wopts, const char *expected) {
    pl_buf wire = pl_buf_make(1 << 20), out = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    if (pl_json_to_wire(type_of(type), pl_str_c(json), ropts, &wire, &err))
        fail_msg("%s: %s", json, err.message);
    assert_int_equal(pl_wire_check(type_of(type), pl_buf_view(&wire), false, NULL), PL_OK);
    if (pl_wire_to_json(type_of(type), pl_buf_view(&wire), wopts, &out, &err))
        fail_msg("%s: %s", json, err.message);
    assert_string_equal(out.p, expected);
    pl_buf_done(&wire);
    pl_buf_done(&out);
}

static inline void converts(const char *type, const char *json, const char *expected) {
    converts_as(type, json, NULL, NULL, expected);
}

/* JSON of TYPE is refused with exactly this message; nothing is written. */
static inline void refuses_as(const char *type, const char *json, pl_json_read_opts opts,
                              const char *expected, const char *path) {
    pl_buf wire = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    pl_json_fault fault;
    opts.fault = &fault;
    /* A copy of its own, so that a byte read beyond the end is found. */
    size_t n = strlen(json);
    char *copy = malloc(n ? n : 1);
    memcpy(copy, json, n);
    pl_buf_puts(&wire, "before");
    pl_code code = pl_json_to_wire(type_of(type), pl_str_make(copy, n), &opts, &wire, &err);
    free(copy);
    assert_int_equal(code, PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, expected);
    if (path)
        assert_string_equal(fault.path, path);
    assert_string_equal(wire.p, "before");
    pl_buf_done(&wire);
}

static inline void refuses(const char *type, const char *json, const char *expected) {
    refuses_as(type, json, (pl_json_read_opts)PL_JSON_READ_OPTS_INIT, expected, NULL);
}

/* The wire bytes as JSON must be EXPECTED. */
static inline void writes_as(const char *type, const pl_buf *wire, const pl_json_write_opts *opts,
                             const char *expected) {
    pl_buf out = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    if (pl_wire_to_json(type_of(type), pl_buf_view(wire), opts, &out, &err))
        fail_msg("%s", err.message);
    assert_string_equal(out.p, expected);
    pl_buf_done(&out);
}

static inline void write_refused(const char *type, const pl_buf *wire, const char *expected) {
    pl_buf out = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    pl_buf_puts(&out, "before");
    assert_int_equal(pl_wire_to_json(type_of(type), pl_buf_view(wire), NULL, &out, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, expected);
    assert_string_equal(out.p, "before");
    pl_buf_done(&out);
}

#endif

/* Random messages, random damage and failing allocations, both ways. The seeds are
 * fixed: a failure names the one to look at. */
#include "json_fixture.h"
#include "parley/schema/dynamic.h"
#include "parley/test/failmalloc.h"

#define ROUNDS    3000
#define DEPTH_MAX 4

static uint64_t seed;

static uint32_t next_random(void) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33);
}

static uint64_t random_bits(pl_kind kind) {
    static const uint64_t edges[] = {0,          1,         127,
                                     128,        INT32_MAX, UINT64_C(0x80000000),
                                     UINT32_MAX, INT64_MAX, UINT64_C(1) << 63,
                                     UINT64_MAX};
    uint64_t v = next_random() % 2 ? edges[next_random() % PL_COUNT(edges)]
                                   : (uint64_t)next_random() << 32 | next_random();
    if (kind == PL_KIND_ENUM)
        v = next_random() % 7;
    /* Any bits that are no NaN: those have more than one form. */
    if (kind == PL_KIND_DOUBLE && (v >> 52 & 0x7ff) == 0x7ff)
        v = UINT64_C(0x7ff) << 52;
    if (kind == PL_KIND_FLOAT && (v >> 23 & 0xff) == 0xff)
        v = UINT64_C(0xff) << 23;
    if (pl_kind_wire_type(kind) == PL_WIRE_FIXED32)
        v = (uint32_t)v;
    return pl_wire_canonical(kind, v);
}

static pl_str random_text(pl_arena *arena, bool bytes) {
    static const char *const pieces[] = {"a", "Z",  "\"", "\\", "\n",  "\x01",
                                         "é", "한", "😀",  "/",  "\x7f"};
    pl_buf b = pl_buf_make(4096);
    for (uint32_t n = next_random() % (next_random() % 20 ? 6 : 200); n > 0; n--)
        if (bytes)
            pl_buf_putc(&b, (char)next_random());
        else
            pl_buf_puts(&b, pieces[next_random() % PL_COUNT(pieces)]);
    char *copy = pl_arena_strndup(arena, b.p, b.n);
    pl_str text = {copy, b.n};
    pl_buf_done(&b);
    return text;
}

static pl_dynamic *random_message(const pl_message_type *type, pl_arena *arena, unsigned depth);

static pl_dynamic_value random_value(const pl_field *field, pl_arena *arena, unsigned depth) {
    pl_dynamic_value v = {0};
    if (field->message)
        v.message = random_message(field->message, arena, depth + 1);
    else if (field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES)
        v.text = random_text(arena, field->kind == PL_KIND_BYTES);
    else if (!field->enumeration || !field->enumeration->null_value)
        v.bits = random_bits(field->kind);
    return v;
}

/* Types that hold any bytes only in part have tests of their own. */
static bool skipped(const pl_field *field) {
    pl_well_known w = field->message ? field->message->well_known : PL_WELL_KNOWN_NONE;
    return w != PL_WELL_KNOWN_NONE && w != PL_WELL_KNOWN_WRAPPER;
}

static pl_dynamic *random_message(const pl_message_type *type, pl_arena *arena, unsigned depth) {
    pl_dynamic *m = pl_dynamic_new(type, arena);
    assert_non_null(m);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *f = &type->fields[i];
        if (type->map_entry || type->well_known) {
            assert_true(pl_dynamic_set(m, f, random_value(f, arena, depth)));
            continue;
        }
        if (next_random() % 3 || skipped(f) || (f->message && depth >= DEPTH_MAX))
            continue;
        /* One entry a map: with equal keys the last would win. */
        for (uint32_t n = f->repeated && !f->map ? next_random() % 4 : 1; n > 0; n--)
            assert_true(pl_dynamic_set(m, f, random_value(f, arena, depth)));
    }
    return m;
}

static void show(uint64_t at, const pl_error *err) {
    fail_msg("seed %llu: %s", (unsigned long long)at, err->message);
}

static void any_message_comes_back_as_it_was(void **state) {
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        pl_arena arena = pl_arena_make(64 << 20);
        pl_buf wire = pl_buf_make(1 << 22), json = pl_buf_make(1 << 22),
               again = pl_buf_make(1 << 22), normal = pl_buf_make(1 << 22);
        pl_error err = PL_ERROR_INIT;
        pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
        pl_json_read_opts ropts = PL_JSON_READ_OPTS_INIT;
        seed = round;
        opts.int64_numbers = round & 1;
        opts.proto_names = round & 2;
        opts.enum_numbers = round & 4;
        opts.enum_json_names = ropts.enum_json_names = round & 8;
        const pl_message_type *type = type_of(SHAPE);
        assert_true(pl_dynamic_encode(random_message(type, &arena, 0), &wire));
        if (pl_wire_to_json(type, pl_buf_view(&wire), &opts, &json, &err) ||
            pl_json_to_wire(type, pl_buf_view(&json), &ropts, &again, &err) ||
            pl_wire_normalize(type, pl_buf_view(&again), &normal, &err))
            show(round, &err);
        if (!pl_str_eq(pl_buf_view(&normal), pl_buf_view(&wire)))
            fail_msg("seed %llu: %s", (unsigned long long)round, json.p);
        pl_buf_done(&wire);
        pl_buf_done(&json);
        pl_buf_done(&again);
        pl_buf_done(&normal);
        pl_arena_done(&arena);
    }
}

/* Damaged input is refused or gives a well-formed message; nothing else happens. */
static void damaged_json_is_refused_or_gives_a_message(void **state) {
    (void)state;
    static const char json[] =
        "{\"name\":\"n\\u00e9\\ud83d\\ude00\",\"width\":\"-5\",\"scale\":1.5e10,\"corner\":{\"x\":"
        "1},"
        "\"points\":[{\"x\":1},{}],\"packedNumbers\":[1,2],\"sizes\":{\"a\":1},\"raw\":\"AAE=\","
        "\"flags\":{\"true\":1},\"at\":\"2026-01-31T12:00:00Z\",\"extra\":{\"a\":[1,null]},"
        "\"any\":{\"@type\":\"a/shapes.v1.Point\",\"x\":1},\"mask\":\"a,b\",\"took\":\"1s\"}";
    static const char alphabet[] = "{}[]\",:\\0123456789-+.eEtfnu@ \xff";
    char text[sizeof(json)];
    for (uint64_t round = 0; round < 10 * ROUNDS; round++) {
        seed = round;
        size_t n = sizeof(json) - 1;
        memcpy(text, json, sizeof(json));
        for (uint32_t k = 1 + next_random() % 3; k > 0; k--)
            text[next_random() % n] = alphabet[next_random() % (sizeof(alphabet) - 1)];
        if (next_random() % 8 == 0)
            n = next_random() % n;
        pl_buf wire = pl_buf_make(1 << 16);
        pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
        pl_json_fault fault;
        opts.fault = &fault;
        opts.ignore_unknown = round & 1;
        pl_code code = pl_json_to_wire(type_of(SHAPE), pl_str_make(text, n), &opts, &wire, NULL);
        assert_true(code == PL_OK || code == PL_INVALID_ARGUMENT);
        if (code == PL_OK)
            assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&wire), false, NULL), PL_OK);
        else
            assert_true(fault.offset <= n && fault.line > 0 && fault.col > 0);
        pl_buf_done(&wire);
    }
}

static void damaged_bytes_are_refused_or_give_json(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1 << 16);
    assert_int_equal(pl_json_to_wire(type_of(SHAPE),
                                     pl_str_c("{\"name\":\"n\",\"width\":5,\"corner\":{\"x\":1},"
                                              "\"points\":[{\"x\":1},{}],\"packedNumbers\":[1,2],"
                                              "\"sizes\":{\"a\":1,\"b\":2},\"flags\":{\"true\":1},"
                                              "\"extra\":{\"a\":[1,null]},\"took\":\"1s\","
                                              "\"any\":{\"@type\":\"a/shapes.v1.Point\",\"x\":1}}"),
                                     NULL, &wire, NULL),
                     PL_OK);
    for (uint64_t round = 0; round < 10 * ROUNDS; round++) {
        seed = round;
        char *copy = malloc(wire.n);
        size_t n = wire.n;
        memcpy(copy, wire.p, n);
        for (uint32_t k = 1 + next_random() % 3; k > 0; k--)
            copy[next_random() % n] = (char)next_random();
        pl_buf out = pl_buf_make(1 << 16), again = pl_buf_make(1 << 16);
        pl_error err = PL_ERROR_INIT;
        pl_code code = pl_wire_to_json(type_of(SHAPE), pl_str_make(copy, n), NULL, &out, &err);
        assert_true(code == PL_OK || code == PL_INVALID_ARGUMENT);
        /* What is written can be read. */
        if (code == PL_OK && pl_json_to_wire(type_of(SHAPE), pl_buf_view(&out), NULL, &again, &err))
            show(round, &err);
        pl_buf_done(&out);
        pl_buf_done(&again);
        free(copy);
    }
    pl_buf_done(&wire);
}

static const char *const all_kinds =
    "{\"name\":\"n\\u00e9\",\"corner\":{\"x\":1},\"points\":[{\"x\":1},{}],\"packedNumbers\":[1,2],"
    "\"sizes\":{\"a\":1,\"b\":2},\"raw\":\"AAE=\",\"at\":\"2026-01-31T12:00:00Z\","
    "\"extra\":{\"a\":[1,null]},\"any\":{\"@type\":\"a/"
    "shapes.v1.Point\",\"x\":1},\"mask\":\"a,b\"}";

static void reading_survives_the_failure_of_any_allocation(void **state) {
    (void)state;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        pl_buf wire = pl_buf_make(1 << 16);
        pl_test_fail_allocation(n);
        pl_code code = pl_json_to_wire(type_of(SHAPE), pl_str_c(all_kinds), NULL, &wire, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_buf_done(&wire);
    }
}

static void writing_survives_the_failure_of_any_allocation(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1 << 16);
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_str_c(all_kinds), NULL, &wire, NULL),
                     PL_OK);
    /* A message in pieces has to be put together. */
    pl_wire_put_bytes(&wire, 1, pl_str_c("n"));
    pl_wire_put_bytes(&wire, 17, pl_str_c("\x10\x02"));
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        pl_buf out = pl_buf_make(1 << 16);
        pl_test_fail_allocation(n);
        pl_code code = pl_wire_to_json(type_of(SHAPE), pl_buf_view(&wire), NULL, &out, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_buf_done(&out);
    }
    pl_buf_done(&wire);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_message_comes_back_as_it_was),
        cmocka_unit_test(damaged_json_is_refused_or_gives_a_message),
        cmocka_unit_test(damaged_bytes_are_refused_or_give_json),
        cmocka_unit_test(reading_survives_the_failure_of_any_allocation),
        cmocka_unit_test(writing_survives_the_failure_of_any_allocation),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}

/* Descriptor sets that are damaged, incomplete or contradict themselves. */
#include "parley/schema/wire.h"
#include "parley/test/failmalloc.h"
#include "shapes.h"

static pl_buf bytes;

static int read_bytes(void **state) {
    (void)state;
    bytes = pl_buf_make(PL_POOL_INPUT_MAX);
    FILE *file = fopen(PL_TEST_SET, "rb");
    if (!file)
        return -1;
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        pl_buf_append(&bytes, chunk, n);
    fclose(file);
    return 0;
}

static int free_bytes(void **state) {
    (void)state;
    pl_buf_done(&bytes);
    return 0;
}

static void refused(pl_str set, const char *expected) {
    pl_error err = PL_ERROR_INIT;
    pl_pool *pool = NULL;
    assert_int_equal(pl_pool_new(set, NULL, &pool, &err), PL_INVALID_ARGUMENT);
    assert_null(pool);
    if (!strstr(err.message, expected))
        fail_msg("\"%s\" lacks \"%s\"", err.message, expected);
}

/* A set of one proto3 file "a.proto" whose other fields are CONTENT. */
static void file_refused(const pl_buf *content, const char *expected) {
    pl_buf file = pl_buf_make(1 << 16), set = pl_buf_make(1 << 16);
    pl_wire_put_bytes(&file, 1, pl_str_c("a.proto"));
    pl_wire_put_bytes(&file, 12, pl_str_c("proto3"));
    pl_buf_str(&file, pl_buf_view(content));
    pl_wire_put_bytes(&set, 1, pl_buf_view(&file));
    refused(pl_buf_view(&set), expected);
    pl_buf_done(&file);
    pl_buf_done(&set);
}

static void put_json_field(pl_buf *message, const char *name, const char *json_name,
                           uint64_t number) {
    pl_buf f = pl_buf_make(1024);
    pl_wire_put_bytes(&f, 1, pl_str_c(name));
    pl_wire_put_tag(&f, 3, PL_WIRE_VARINT);
    pl_wire_put_varint(&f, number);
    pl_wire_put_tag(&f, 5, PL_WIRE_VARINT);
    pl_wire_put_varint(&f, PL_KIND_BOOL);
    pl_wire_put_bytes(&f, 10, pl_str_c(json_name));
    pl_wire_put_bytes(message, 2, pl_buf_view(&f));
    pl_buf_done(&f);
}

static void put_field(pl_buf *message, const char *name, uint64_t number, uint64_t kind,
                      const char *type) {
    pl_buf f = pl_buf_make(1024);
    pl_wire_put_bytes(&f, 1, pl_str_c(name));
    pl_wire_put_tag(&f, 3, PL_WIRE_VARINT);
    pl_wire_put_varint(&f, number);
    pl_wire_put_tag(&f, 5, PL_WIRE_VARINT);
    pl_wire_put_varint(&f, kind);
    if (type)
        pl_wire_put_bytes(&f, 6, pl_str_c(type));
    pl_wire_put_bytes(message, 2, pl_buf_view(&f));
    pl_buf_done(&f);
}

/* One message M with two fields. */
static void fields_refused(const char *name1, uint64_t number1, uint64_t kind1, const char *type1,
                           const char *name2, uint64_t number2, const char *expected) {
    pl_buf m = pl_buf_make(4096), content = pl_buf_make(4096);
    pl_wire_put_bytes(&m, 1, pl_str_c("M"));
    put_field(&m, name1, number1, kind1, type1);
    put_field(&m, name2, number2, PL_KIND_BOOL, NULL);
    pl_wire_put_bytes(&content, 4, pl_buf_view(&m));
    file_refused(&content, expected);
    pl_buf_done(&m);
    pl_buf_done(&content);
}

static void refuses_what_is_no_descriptor_set(void **state) {
    (void)state;
    refused(pl_str_c(""), "no file in it");
    refused(pl_str_c("hello"), "descriptor set: not a FileDescriptorSet");
}

static void refuses_a_missing_import_and_says_how_to_make_the_set(void **state) {
    (void)state;
    pl_buf content = pl_buf_make(100);
    pl_wire_put_bytes(&content, 3, pl_str_c("b.proto"));
    file_refused(&content,
                 "a.proto: imports b.proto, which the set lacks; make it with --include_imports");
    pl_buf_done(&content);
}

static void refuses_contradictions_between_fields(void **state) {
    (void)state;
    fields_refused("a", 1, 8, NULL, "b", 1, "number 1 is used twice in M");
    fields_refused("a", 1, 8, NULL, "a", 2, "field M.a is declared twice");
    fields_refused("a", 0, 8, NULL, "b", 1, "field a has number 0, expected 1 to");
    fields_refused("a", UINT64_C(1) << 29, 8, NULL, "b", 1, "expected 1 to 536870911");
    fields_refused("a", 1, 19, NULL, "b", 2, "field a has type 19");
    fields_refused("a", 1, 11, ".X", "b", 2, "field M.a has type \".X\"");
    fields_refused("a", 1, 14, ".M", "b", 2, "field M.a has type \".M\"");
    fields_refused("a-b", 1, 8, NULL, "b", 2, "\"a-b\" is no name for a field");
}

static void refuses_a_name_given_twice_though_the_json_names_differ(void **state) {
    (void)state;
    pl_buf m = pl_buf_make(4096), content = pl_buf_make(4096);
    pl_wire_put_bytes(&m, 1, pl_str_c("M"));
    put_json_field(&m, "x", "m", 1);
    put_json_field(&m, "x", "x", 2);
    pl_wire_put_bytes(&content, 4, pl_buf_view(&m));
    file_refused(&content, "field M.x is declared twice");
    pl_buf_done(&m);
    pl_buf_done(&content);
}

static void refuses_messages_nested_too_deep(void **state) {
    (void)state;
    pl_buf inner = pl_buf_make(1 << 16), outer = pl_buf_make(1 << 16);
    pl_wire_put_bytes(&inner, 1, pl_str_c("M"));
    for (int i = 0; i < PL_POOL_NESTING_MAX; i++) {
        pl_buf_clear(&outer);
        pl_wire_put_bytes(&outer, 1, pl_str_c("M"));
        pl_wire_put_bytes(&outer, 3, pl_buf_view(&inner));
        pl_buf_clear(&inner);
        pl_buf_str(&inner, pl_buf_view(&outer));
    }
    pl_buf_clear(&outer);
    pl_wire_put_bytes(&outer, 4, pl_buf_view(&inner));
    file_refused(&outer, "messages are declared more than 32 deep");
    pl_buf_done(&inner);
    pl_buf_done(&outer);
}

static void refuses_an_enum_without_values(void **state) {
    (void)state;
    pl_buf e = pl_buf_make(100), content = pl_buf_make(100);
    pl_wire_put_bytes(&e, 1, pl_str_c("E"));
    pl_wire_put_bytes(&content, 5, pl_buf_view(&e));
    file_refused(&content, "enum E has no values");
    pl_buf_done(&e);
    pl_buf_done(&content);
}

static void refuses_a_well_known_type_that_is_not_what_protobuf_says(void **state) {
    (void)state;
    pl_buf m = pl_buf_make(1024), content = pl_buf_make(1024);
    pl_wire_put_bytes(&m, 1, pl_str_c("Timestamp"));
    put_field(&m, "seconds", 1, PL_KIND_STRING, NULL);
    pl_wire_put_bytes(&content, 2, pl_str_c("google.protobuf"));
    pl_wire_put_bytes(&content, 4, pl_buf_view(&m));
    file_refused(&content, "google.protobuf.Timestamp is not declared as protobuf does");
    pl_buf_done(&m);
    pl_buf_done(&content);
}

static void refuses_a_set_cut_off_anywhere(void **state) {
    (void)state;
    pl_str all = pl_buf_view(&bytes);
    for (size_t n = 0; n < all.n; n += 1 + n / 64) {
        pl_pool *pool = NULL;
        /* A copy of its own, so that a byte read beyond the end is found. */
        char *copy = malloc(n ? n : 1);
        memcpy(copy, all.p, n);
        pl_code code = pl_pool_new(pl_str_make(copy, n), NULL, &pool, NULL);
        assert_true(code == PL_INVALID_ARGUMENT || code == PL_OK);
        pl_pool_free(pool);
        free(copy);
    }
}

static void survives_any_byte_changed(void **state) {
    (void)state;
    pl_str all = pl_buf_view(&bytes);
    char *copy = malloc(all.n);
    memcpy(copy, all.p, all.n);
    uint32_t seed = 1;
    for (int i = 0; i < 1500; i++) {
        seed = seed * 1664525 + 1013904223;
        size_t at = seed % all.n;
        char was = copy[at];
        copy[at] = (char)(was ^ (char)(1u << (seed >> 29)));
        pl_pool *pool = NULL;
        if (pl_pool_new(pl_str_make(copy, all.n), NULL, &pool, NULL) == PL_OK)
            pl_pool_free(pool);
        copy[at] = was;
    }
    free(copy);
}

static void refuses_more_than_its_memory(void **state) {
    (void)state;
    pl_pool *pool = NULL;
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.memory_max = 20000;
    assert_int_equal(pl_pool_new(pl_buf_view(&bytes), &opts, &pool, NULL), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(pl_pool_new(pl_str_make("", PL_POOL_INPUT_MAX + 1), NULL, &pool, NULL),
                     PL_RESOURCE_EXHAUSTED);
    assert_null(pool);
}

static void survives_the_failure_of_any_allocation(void **state) {
    (void)state;
    pl_str all = pl_buf_view(&bytes);
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        pl_pool *pool = NULL;
        pl_test_fail_allocation(n);
        pl_code code = pl_pool_new(all, NULL, &pool, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_pool_free(pool);
    }
}

static void says_which_file_cannot_be_read(void **state) {
    (void)state;
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pool_load("no/such.binpb", NULL, &pool, &err), PL_NOT_FOUND);
    assert_non_null(strstr(err.message, "no/such.binpb"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_descriptor_set),
        cmocka_unit_test(refuses_a_missing_import_and_says_how_to_make_the_set),
        cmocka_unit_test(refuses_contradictions_between_fields),
        cmocka_unit_test(refuses_a_name_given_twice_though_the_json_names_differ),
        cmocka_unit_test(refuses_messages_nested_too_deep),
        cmocka_unit_test(refuses_an_enum_without_values),
        cmocka_unit_test(refuses_a_well_known_type_that_is_not_what_protobuf_says),
        cmocka_unit_test(refuses_a_set_cut_off_anywhere),
        cmocka_unit_test(survives_any_byte_changed),
        cmocka_unit_test(refuses_more_than_its_memory),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
        cmocka_unit_test(says_which_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, read_bytes, free_bytes);
}

/* What the shim does to files before protoc-gen-c sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "request.h"
#include "reshape.h"

#define BUDGET ((size_t)64 << 20)

static const char *set_path;

typedef struct fixture {
    pl_arena arena;
    pl_plugin_request *request;
} fixture;

static int set_up(void **state) {
    static fixture f;
    f.arena = pl_arena_make(BUDGET);
    pl_str bytes = test_request(set_path, "golden/v1/services.proto", "", &f.arena);
    *state = &f;
    if (!bytes.n || pl_plugin_unpack(bytes, &f.arena, &f.request, NULL) != PL_OK)
        return -1;
    return pl_reshape(f.request, &f.arena, NULL) == PL_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_arena_done(&f->arena);
    return 0;
}

static pl_file_proto *file(fixture *f, const char *name) {
    for (size_t i = 0; i < f->request->n_proto_file; i++)
        if (strcmp(f->request->proto_file[i]->name, name) == 0)
            return f->request->proto_file[i];
    fail_msg("%s is not in the request", name);
    return NULL;
}

static bool imports(fixture *f, const char *name, const char *import) {
    pl_file_proto *proto = file(f, name);
    for (size_t i = 0; i < proto->n_dependency; i++)
        if (strcmp(proto->dependency[i], import) == 0)
            return true;
    return false;
}

static void drops_services_and_extensions(void **state) {
    fixture *f = *state;
    assert_int_equal(file(f, "golden/v1/services.proto")->n_service, 0);
    assert_int_equal(file(f, "parley/options.proto")->n_extension, 0);
}

static void drops_imports_that_give_no_type(void **state) {
    fixture *f = *state;
    assert_false(imports(f, "golden/v1/limits.proto", "parley/options.proto"));
    assert_false(imports(f, "golden/v1/services.proto", "google/api/annotations.proto"));
    assert_false(imports(f, "parley/options.proto", "google/protobuf/descriptor.proto"));
}

static void keeps_imports_that_give_a_type(void **state) {
    fixture *f = *state;
    assert_true(imports(f, "golden/v1/limits.proto", "golden/v1/types.proto"));
    assert_true(imports(f, "golden/v1/limits.proto", "google/protobuf/field_mask.proto"));
}

static void makes_optional_a_plain_oneof(void **state) {
    fixture *f = *state;
    pl_file_proto *limits = file(f, "golden/v1/limits.proto");
    for (size_t i = 0; i < limits->n_message_type; i++)
        for (size_t k = 0; k < limits->message_type[i]->n_field; k++)
            assert_false(limits->message_type[i]->field[k]->has_proto3_optional);
}

static void reports_memory_that_runs_out(void **state) {
    fixture *f = *state;
    pl_arena none = pl_arena_make(0);
    assert_int_equal(pl_reshape(f->request, &none, NULL), PL_RESOURCE_EXHAUSTED);
    pl_arena_done(&none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        TEST(drops_services_and_extensions),  TEST(drops_imports_that_give_no_type),
        TEST(keeps_imports_that_give_a_type), TEST(makes_optional_a_plain_oneof),
        TEST(reports_memory_that_runs_out),
    };
    if (argc != 2)
        return 2;
    set_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

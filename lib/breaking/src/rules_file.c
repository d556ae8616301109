/* Rules about files: what is in them, and what generators are told. */
#include "diff.h"

enum { FILE_PACKAGE = 2, FILE_OPTIONS = 8, FILE_SYNTAX = 12, PARLEY_STREAM = 50001 };

static pl_change about_file(diff *d, const pl_file *a, const pl_file *b, diff_part part) {
    return (pl_change){.element = a->name,
                       .file = a,
                       .old_at = diff_file_part(d, a, part),
                       .new_at = diff_file_part(d, b, part)};
}

static void no_delete_message(diff *d, const pl_file *a, const pl_file *b,
                              const pl_message_type *type) {
    pl_str name = diff_name_below(type->full_name, a);
    /* Found by its full name, unless the package is another. */
    const pl_message_type *same = pl_pool_message(d->new_pool, type->full_name);
    if ((!same || same->file != b) && !diff_file_message(b, name)) {
        pl_change about = {.element = type->full_name,
                           .file = a,
                           .type = type,
                           .old_at = type->source,
                           .new_at = diff_left_at(a, b, type->parent)};
        if (type->map_entry && !about.old_at.line && type->parent)
            about.old_at = type->parent->source;
        diff_add(d, &about, "message %s was deleted from its file", name.p);
    }
    for (size_t i = 0; i < type->message_count; i++)
        no_delete_message(d, a, b, type->messages[i]);
}

static void message_no_delete(diff *d, const pl_file *a, const pl_file *b) {
    for (size_t i = 0; i < a->message_count; i++)
        no_delete_message(d, a, b, a->messages[i]);
}

static void no_delete_enum(diff *d, const pl_file *a, const pl_file *b, const pl_enum_type *type) {
    pl_str name = diff_name_below(type->full_name, a);
    if (diff_file_enum(b, name))
        return;
    pl_change about = {.element = type->full_name,
                       .file = a,
                       .enumeration = type,
                       .old_at = type->source,
                       .new_at = diff_left_at(a, b, type->parent)};
    diff_add(d, &about, "enum %s was deleted from its file", name.p);
}

static void no_delete_nested_enums(diff *d, const pl_file *a, const pl_file *b,
                                   const pl_message_type *type) {
    for (size_t i = 0; i < type->enum_count; i++)
        no_delete_enum(d, a, b, type->enums[i]);
    for (size_t i = 0; i < type->message_count; i++)
        no_delete_nested_enums(d, a, b, type->messages[i]);
}

static void enum_no_delete(diff *d, const pl_file *a, const pl_file *b) {
    for (size_t i = 0; i < a->enum_count; i++)
        no_delete_enum(d, a, b, a->enums[i]);
    for (size_t i = 0; i < a->message_count; i++)
        no_delete_nested_enums(d, a, b, a->messages[i]);
}

static void service_no_delete(diff *d, const pl_file *a, const pl_file *b) {
    for (size_t i = 0; i < a->service_count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->service_count; k++)
            found = found || pl_str_eq(a->services[i]->name, b->services[k]->name);
        pl_change about = {.element = a->services[i]->full_name,
                           .file = a,
                           .service = a->services[i],
                           .old_at = a->services[i]->source,
                           .new_at = {b->name, 1, 1}};
        if (!found)
            diff_add(d, &about, "service %s was deleted from its file", a->services[i]->name.p);
    }
}

static const char *package_of(const pl_file *file) {
    return file->package.n ? file->package.p : "none";
}

static void same_package(diff *d, const pl_file *a, const pl_file *b) {
    pl_change about = about_file(d, a, b, (diff_part){{FILE_PACKAGE}});
    if (!pl_str_eq(a->package, b->package))
        diff_add(d, &about, "the package changed from %s to %s", package_of(a), package_of(b));
}

static void same_syntax(diff *d, const pl_file *a, const pl_file *b) {
    pl_change about = about_file(d, a, b, (diff_part){{FILE_SYNTAX}});
    if (a->proto2 != b->proto2)
        diff_add(d, &about, "the syntax changed from %s to %s", a->proto2 ? "proto2" : "proto3",
                 b->proto2 ? "proto2" : "proto3");
}

static void same_stream(diff *d, const pl_file *a, const pl_file *b) {
    pl_change about = about_file(d, a, b, (diff_part){{FILE_OPTIONS, PARLEY_STREAM}});
    if (a->stream.n && !pl_str_eq(a->stream, b->stream))
        diff_add(d, &about, "the stream changed from '%s' to '%s'", a->stream.p, b->stream.p);
}

/* ---- options of generators ------------------------------------------------------------------- */

static bool option(const pl_file *file, uint32_t number, uint64_t fallback, pl_wire_field *out) {
    pl_wire_field options;
    *out = (pl_wire_field){.value = fallback, .bytes = {"", 0}};
    return pl_wire_find(file->bytes, FILE_OPTIONS, &options) &&
           pl_wire_find(options.bytes, number, out);
}

static void same_option(diff *d, const pl_file *a, const pl_file *b, uint32_t number,
                        const char *name, uint64_t fallback) {
    pl_wire_field old_value, new_value;
    bool had = option(a, number, fallback, &old_value);
    bool has = option(b, number, fallback, &new_value);
    if (old_value.value == new_value.value && pl_str_eq(old_value.bytes, new_value.bytes))
        return;
    pl_change about = about_file(d, a, b, (diff_part){{FILE_OPTIONS, number}});
    if (old_value.bytes.n || new_value.bytes.n)
        diff_add(d, &about, "option %s changed from '%.*s' to '%.*s'", name,
                 PL_FMT(old_value.bytes), PL_FMT(new_value.bytes));
    else
        diff_add(d, &about, "option %s was %s", name, !had ? "added" : has ? "changed" : "dropped");
}

#define OPTION_CHECK(function, number, name, fallback)                                             \
    static void function(diff *d, const pl_file *a, const pl_file *b) {                            \
        same_option(d, a, b, number, name, fallback);                                              \
    }
OPTION_CHECK(same_java_package, 1, "java_package", 0)
OPTION_CHECK(same_java_outer_classname, 8, "java_outer_classname", 0)
OPTION_CHECK(same_optimize_for, 9, "optimize_for", 1)
OPTION_CHECK(same_java_multiple_files, 10, "java_multiple_files", 0)
OPTION_CHECK(same_go_package, 11, "go_package", 0)
OPTION_CHECK(same_cc_generic_services, 16, "cc_generic_services", 0)
OPTION_CHECK(same_java_generic_services, 17, "java_generic_services", 0)
OPTION_CHECK(same_py_generic_services, 18, "py_generic_services", 0)
OPTION_CHECK(same_cc_enable_arenas, 31, "cc_enable_arenas", 1)
OPTION_CHECK(same_objc_class_prefix, 36, "objc_class_prefix", 0)
OPTION_CHECK(same_csharp_namespace, 37, "csharp_namespace", 0)
OPTION_CHECK(same_swift_prefix, 39, "swift_prefix", 0)
OPTION_CHECK(same_php_class_prefix, 40, "php_class_prefix", 0)
OPTION_CHECK(same_php_namespace, 41, "php_namespace", 0)
OPTION_CHECK(same_php_metadata_namespace, 44, "php_metadata_namespace", 0)
OPTION_CHECK(same_ruby_package, 45, "ruby_package", 0)

const file_check file_checks[] = {
    {"MESSAGE_NO_DELETE", message_no_delete},
    {"ENUM_NO_DELETE", enum_no_delete},
    {"SERVICE_NO_DELETE", service_no_delete},
    {"EXTENSION_NO_DELETE", extension_no_delete},
    {"FILE_SAME_PACKAGE", same_package},
    {"FILE_SAME_SYNTAX", same_syntax},
    {"FILE_SAME_STREAM", same_stream},
    {"FILE_SAME_JAVA_PACKAGE", same_java_package},
    {"FILE_SAME_JAVA_OUTER_CLASSNAME", same_java_outer_classname},
    {"FILE_SAME_OPTIMIZE_FOR", same_optimize_for},
    {"FILE_SAME_JAVA_MULTIPLE_FILES", same_java_multiple_files},
    {"FILE_SAME_GO_PACKAGE", same_go_package},
    {"FILE_SAME_CC_GENERIC_SERVICES", same_cc_generic_services},
    {"FILE_SAME_JAVA_GENERIC_SERVICES", same_java_generic_services},
    {"FILE_SAME_PY_GENERIC_SERVICES", same_py_generic_services},
    {"FILE_SAME_CC_ENABLE_ARENAS", same_cc_enable_arenas},
    {"FILE_SAME_OBJC_CLASS_PREFIX", same_objc_class_prefix},
    {"FILE_SAME_CSHARP_NAMESPACE", same_csharp_namespace},
    {"FILE_SAME_SWIFT_PREFIX", same_swift_prefix},
    {"FILE_SAME_PHP_CLASS_PREFIX", same_php_class_prefix},
    {"FILE_SAME_PHP_NAMESPACE", same_php_namespace},
    {"FILE_SAME_PHP_METADATA_NAMESPACE", same_php_metadata_namespace},
    {"FILE_SAME_RUBY_PACKAGE", same_ruby_package},
};
const size_t file_check_count = PL_COUNT(file_checks);

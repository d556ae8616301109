#include "check.h"

#include "source.h"

/* Fields of FileDescriptorProto and DescriptorProto. */
#define FILE_EXTENSION    7
#define FILE_SYNTAX       12
#define MESSAGE_EXTENSION 6

static void check_syntax(pl_gen_report *report, const pl_gen_file *file) {
    const char *syntax = file->proto->syntax ? file->proto->syntax : "proto2";
    pl_gen_place root = {.file = file};
    pl_gen_place place = pl_gen_place_in(&root, FILE_SYNTAX, -1);
    if (strcmp(syntax, "proto3") != 0)
        pl_gen_fault_add(report, &place, "%s is in %s; begin it with syntax = \"proto3\";",
                         file->name, syntax[0] ? syntax : "proto2");
}

static void check_extension(pl_gen_report *report, const pl_gen_place *place, const char *name) {
    pl_gen_fault_add(report, place,
                     "extension %s has no form in C; options of your own belong in a file by "
                     "themselves, under FILES of pl_proto_library",
                     name);
}

static void check_extensions(pl_gen_report *report, const pl_gen_file *file) {
    pl_gen_place root = {.file = file};
    for (size_t i = 0; i < file->proto->n_extension; i++) {
        pl_gen_place place = pl_gen_place_in(&root, FILE_EXTENSION, (int32_t)i);
        check_extension(report, &place, file->proto->extension[i]->name);
    }
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        for (size_t k = 0; k < m->proto->n_extension; k++) {
            pl_gen_place place = pl_gen_place_in(&m->place, MESSAGE_EXTENSION, (int32_t)k);
            check_extension(report, &place, m->proto->extension[k]->name);
        }
    }
}

/* An enum's names over REST tell its values apart. */
static void check_enum(pl_gen_report *report, const pl_gen_enum *e) {
    for (size_t i = 0; i < e->value_count; i++) {
        const pl_gen_value *v = &e->values[i];
        if (!v->text[0])
            pl_gen_fault_add(report, &v->place,
                             "%s: json_name is empty; give it a name or remove the option",
                             v->proto->name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(e->values[k].text, v->text) == 0 &&
                e->values[k].proto->number != v->proto->number)
                pl_gen_fault_add(report, &v->place,
                                 "%s and %s are both \"%s\" in JSON; change the json_name of one",
                                 v->proto->name, e->values[k].proto->name, v->text);
    }
}

/* Options that need a runtime, in a file that gets none. */
static void check_plain(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        for (size_t k = 0; k < file->messages[i].field_count; k++)
            if (file->messages[i].fields[k].limits)
                pl_gen_fault_add(report, &file->messages[i].fields[k].place,
                                 "%s has limits, but %s is built without validators; list it under "
                                 "RPC of pl_proto_library",
                                 file->messages[i].fields[k].name, file->name);
    for (size_t i = 0; i < file->service_count; i++)
        if (file->services[i].method_count && file->uses_options)
            pl_gen_fault_add(report, &file->services[i].place,
                             "service %s is in a file of types, which get no services; list %s "
                             "under RPC of pl_proto_library",
                             file->services[i].full, file->name);
}

static void check_no_events(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].event)
            pl_gen_fault_add(report, &file->messages[i].place,
                             "%s is an event in a file of messages; events have a file of their "
                             "own, events.proto",
                             file->messages[i].full);
}

void pl_check_file(pl_gen_report *report, const pl_gen *gen, const pl_gen_file *file,
                   pl_gen_mode mode) {
    if (mode == PL_GEN_FILE)
        return;
    check_syntax(report, file);
    check_extensions(report, file);
    pl_check_names(report, gen, file, mode);
    for (size_t i = 0; i < file->enum_count; i++)
        check_enum(report, &file->enums[i]);
    if (mode == PL_GEN_TYPES) {
        check_plain(report, file);
        return;
    }
    pl_check_limits(report, file);
    if (mode == PL_GEN_EVENTS) {
        pl_check_events(report, file);
        return;
    }
    check_no_events(report, file);
    pl_check_methods(report, file);
    pl_check_rest(report, file);
}

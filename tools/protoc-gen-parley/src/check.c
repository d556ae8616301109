#include "check.h"

#include "source.h"

/* FileDescriptorProto.syntax */
#define FILE_SYNTAX 12

static void check_syntax(pl_gen_report *report, const pl_gen_file *file) {
    pl_gen_place root = {.file = file};
    pl_gen_place place = pl_gen_place_in(&root, FILE_SYNTAX, -1);
    if (!file->proto->syntax || strcmp(file->proto->syntax, "proto3") != 0)
        pl_gen_fault_add(report, &place, "%s is not proto3; add syntax = \"proto3\";", file->name);
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
}

static void check_no_events(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].event)
            pl_gen_fault_add(report, &file->messages[i].place,
                             "%s is an event in a file of messages; events have a file of their "
                             "own, events.proto",
                             file->messages[i].full);
}

void pl_check_file(pl_gen_report *report, const pl_gen_file *file, pl_gen_mode mode) {
    if (mode == PL_GEN_FILE)
        return;
    check_syntax(report, file);
    pl_check_names(report, file);
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

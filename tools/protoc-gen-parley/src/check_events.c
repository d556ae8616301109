#include "check.h"
#include "kinds.h"
#include "source.h"

/* MessageDescriptorProto.options, and the option in it. */
#define MESSAGE_OPTIONS 7
#define OPTION_EVENT    50001
/* Greatest max_length of an event's strings and bytes: they are in a struct on the stack. */
#define EVENT_LENGTH_MAX 8192

static void check_aggregate(pl_gen_report *report, const pl_gen_message *m) {
    pl_gen_place options = pl_gen_place_in(&m->place, MESSAGE_OPTIONS, -1);
    pl_gen_place place = pl_gen_place_in(&options, OPTION_EVENT, -1);
    const pl_gen_field *f = pl_gen_find_field(m, pl_str_c(m->event->aggregate));
    if (!m->event->aggregate[0])
        pl_gen_fault_add(report, &place,
                         "%s names no aggregate; say which field holds its id, aggregate: \"...\"",
                         m->full);
    else if (!f)
        pl_gen_fault_add(report, &place, "%s: aggregate \"%s\" is no field of it", m->full,
                         m->event->aggregate);
    else if (f->repeated || f->case_member ||
             (pl_gen_kind_of(f) != PL_KIND_TEXT && pl_gen_kind_of(f) != PL_KIND_I64 &&
              pl_gen_kind_of(f) != PL_KIND_U64))
        pl_gen_fault_add(report, &place,
                         "%s: aggregate \"%s\" must be an integer or a string, always there",
                         m->full, m->event->aggregate);
    if (!m->file->stream || !m->file->stream[0])
        pl_gen_fault_add(report, &m->place,
                         "%s is an event of a file without a stream; add option (parley.stream) = "
                         "\"<system>.<service>\"",
                         m->full);
}

static void check_bounds(pl_gen_report *report, const pl_gen_field *f) {
    pl_gen_kind kind = pl_gen_kind_of(f);
    bool sized = kind == PL_KIND_TEXT || kind == PL_KIND_BYTES;
    uint32_t length = f->limits ? f->limits->max_length : 0;
    if (sized && !length)
        pl_gen_fault_add(report, &f->place,
                         "%s needs (parley.limits).max_length: events are structs of fixed size",
                         f->name);
    else if (sized && f->message->event && length > EVENT_LENGTH_MAX)
        pl_gen_fault_add(report, &f->place,
                         "%s: max_length %u is above the %u that an event may "
                         "have; send a reference instead",
                         f->name, length, EVENT_LENGTH_MAX);
    if (f->repeated && !(f->limits && f->limits->max_items))
        pl_gen_fault_add(report, &f->place,
                         "%s needs (parley.limits).max_items: events are structs of fixed size",
                         f->name);
    if (f->sub && f->sub->file != f->message->file)
        pl_gen_fault_add(report, &f->place,
                         "%s is a %s of another file, which is another runtime; declare the "
                         "fields here",
                         f->name, f->sub->full);
    if (f->values && f->values->file != f->message->file)
        pl_gen_fault_add(report, &f->place,
                         "%s is a %s of another file, which is another runtime; use a string or "
                         "declare the enum here",
                         f->name, f->values->full);
}

/* What the struct cannot hold back: an event is a fact, its publisher has judged it. */
static void check_unchecked(pl_gen_report *report, const pl_gen_field *f) {
    const Parley__Limits *l = f->limits;
    if (l && f->message->event &&
        (l->required || l->min_length || l->_min_case || l->_max_case || l->pattern[0] ||
         l->min_items))
        pl_gen_fault_add(report, &f->place,
                         "%s: an event's limits are max_length and max_items; other rules belong "
                         "to the request that caused it",
                         f->name);
}

void pl_check_events(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++)
        pl_gen_fault_add(report, &file->services[i].place,
                         "service %s in a file of events; services have a file of their own",
                         file->services[i].full);
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        if (m->event)
            check_aggregate(report, m);
        for (size_t k = 0; k < m->field_count; k++) {
            check_bounds(report, &m->fields[k]);
            check_unchecked(report, &m->fields[k]);
        }
    }
}

#include "check.h"
#include "kinds.h"
#include "names.h"
#include "source.h"

/* FileDescriptorProto.options, MessageDescriptorProto.options, and the options in them. */
#define FILE_OPTIONS    8
#define MESSAGE_OPTIONS 7
#define OPTION_STREAM   50001
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
        pl_gen_fault_add(report, &place,
                         "%s: aggregate \"%s\" is no field of it; name the one that holds its id",
                         m->full, m->event->aggregate);
    else if (f->repeated || f->case_member ||
             (pl_gen_kind_of(f) != PL_KIND_TEXT && pl_gen_kind_of(f) != PL_KIND_I64 &&
              pl_gen_kind_of(f) != PL_KIND_U64))
        pl_gen_fault_add(report, &place,
                         "%s: aggregate \"%s\" must be a plain integer or string: no list, not "
                         "optional, in no oneof",
                         m->full, m->event->aggregate);
    if (!m->file->stream || !m->file->stream[0])
        pl_gen_fault_add(report, &m->place,
                         "%s is an event of a file without a stream; add option (parley.stream) = "
                         "\"<system>.<service>\"",
                         m->full);
}

/* What the struct of fixed size cannot be made of. */
static void check_shape(pl_gen_report *report, const pl_gen_field *f) {
    if (pl_gen_is_map(f))
        pl_gen_fault_add(report, &f->place,
                         "%s is a map, which has no fixed size; make it a list of messages with "
                         "max_items",
                         f->name);
    if (f->sub && f->sub->file != f->message->file)
        pl_gen_fault_add(report, &f->place,
                         "%s is a %s of another file, and an event's struct cannot hold its type; "
                         "declare the fields here",
                         f->name, f->sub->full);
    if (f->values && f->values->file != f->message->file)
        pl_gen_fault_add(report, &f->place,
                         "%s is a %s of another file, and an event's struct cannot hold its type; "
                         "use a string or declare the enum here",
                         f->name, f->values->full);
    if (pl_name_is_word(f->name))
        pl_gen_fault_add(report, &f->place,
                         "field %s is a word or macro of C or C++, and nanopb does not rename it; "
                         "call it otherwise, %s_value for example",
                         f->name, f->name);
}

/* Whether FROM holds TARGET, itself or further down; both are of one file. */
static bool holds(pl_gen_report *report, const pl_gen_message *from, const pl_gen_message *target) {
    const pl_gen_file *file = from->file;
    const pl_gen_message **todo = pl_arena_calloc(report->arena, file->message_count,
                                                  sizeof(*todo));
    bool *seen = pl_arena_calloc(report->arena, file->message_count, sizeof(*seen));
    size_t count = 0;
    if (!todo || !seen) {
        report->failed = true;
        return false;
    }
    todo[count++] = from;
    seen[from - file->messages] = true;
    while (count) {
        const pl_gen_message *m = todo[--count];
        if (m == target)
            return true;
        for (size_t i = 0; i < m->field_count; i++) {
            const pl_gen_message *sub = m->fields[i].sub;
            if (!sub || sub->file != file || seen[sub - file->messages])
                continue;
            seen[sub - file->messages] = true;
            todo[count++] = sub;
        }
    }
    return false;
}

static void check_recursion(pl_gen_report *report, const pl_gen_message *m) {
    for (size_t i = 0; i < m->field_count; i++) {
        const pl_gen_message *sub = m->fields[i].sub;
        if (sub && sub->file == m->file && holds(report, sub, m))
            pl_gen_fault_add(report, &m->fields[i].place,
                             "%s: %s would hold itself, and events are structs of fixed size; send "
                             "an id instead",
                             m->fields[i].name, m->full);
    }
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

/* "mall.orders": words of small letters, digits, "_" and "-" that begin with a letter, two at
 * least, joined with dots. */
static bool is_stream(const char *name) {
    size_t words = 0, n = 0;
    for (const char *p = name;; p++) {
        bool letter = *p >= 'a' && *p <= 'z';
        bool other = (*p >= '0' && *p <= '9') || *p == '_' || *p == '-';
        if (letter || (other && n)) {
            n++;
            continue;
        }
        if (!n || (*p && *p != '.'))
            return false;
        words++;
        n = 0;
        if (!*p)
            return words > 1;
    }
}

static void check_stream(pl_gen_report *report, const pl_gen_file *file) {
    pl_gen_place root = {.file = file};
    pl_gen_place options = pl_gen_place_in(&root, FILE_OPTIONS, -1);
    pl_gen_place place = pl_gen_place_in(&options, OPTION_STREAM, -1);
    if (file->stream && file->stream[0] && !is_stream(file->stream))
        pl_gen_fault_add(report, &place,
                         "stream \"%s\" is no \"<system>.<service>\" in small letters, such as "
                         "\"mall.orders\"",
                         file->stream);
}

void pl_check_events(pl_gen_report *report, const pl_gen_file *file) {
    check_stream(report, file);
    for (size_t i = 0; i < file->service_count; i++)
        pl_gen_fault_add(report, &file->services[i].place,
                         "service %s in a file of events; services have a file of their own",
                         file->services[i].full);
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        if (m->event)
            check_aggregate(report, m);
        if (m->map_entry)
            continue;
        check_recursion(report, m);
        for (size_t k = 0; k < m->field_count; k++) {
            check_shape(report, &m->fields[k]);
            if (pl_gen_is_map(&m->fields[k]))
                continue;
            check_bounds(report, &m->fields[k]);
            check_unchecked(report, &m->fields[k]);
        }
    }
}

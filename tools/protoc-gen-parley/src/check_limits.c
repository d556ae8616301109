#include "check.h"
#include "kinds.h"
#include "parley/schema/pattern.h"
#include "source.h"

/* FieldDescriptorProto.options, and the option in it. */
#define FIELD_OPTIONS 8
#define OPTION_LIMITS 50001

/* Where the limits of a field stand. */
static pl_gen_place place_of(const pl_gen_field *f) {
    pl_gen_place options = pl_gen_place_in(&f->place, FIELD_OPTIONS, -1);
    return pl_gen_place_in(&options, OPTION_LIMITS, -1);
}

static const char *type_name(const pl_gen_field *f) {
    static const char *const NAMES[] = {
        [PL_KIND_TEXT] = "a string",  [PL_KIND_BYTES] = "bytes",       [PL_KIND_I64] = "an integer",
        [PL_KIND_U64] = "an integer", [PL_KIND_F64] = "a number",      [PL_KIND_BOOL] = "a bool",
        [PL_KIND_ENUM] = "an enum",   [PL_KIND_MESSAGE] = "a message",
    };
    static const char *const LISTS[] = {
        [PL_KIND_TEXT] = "a list of strings", [PL_KIND_BYTES] = "a list of bytes",
        [PL_KIND_I64] = "a list of integers", [PL_KIND_U64] = "a list of integers",
        [PL_KIND_F64] = "a list of numbers",  [PL_KIND_BOOL] = "a list of bools",
        [PL_KIND_ENUM] = "a list of enums",   [PL_KIND_MESSAGE] = "a list of messages",
    };
    if (pl_gen_is_map(f))
        return "a map";
    return f->repeated ? LISTS[pl_gen_kind_of(f)] : NAMES[pl_gen_kind_of(f)];
}

/* What else may have been meant by a length. */
static const char *hint(const pl_gen_field *f, pl_gen_kind kind) {
    if (f->repeated)
        return "; did you mean min_items or max_items?";
    return pl_gen_is_number(f)    ? "; did you mean min or max?"
           : kind == PL_KIND_ENUM ? "; an enum holds only the values it declares"
                                  : "; remove them";
}

/* Limits that mean nothing for the field's type. */
static void check_type(pl_gen_report *report, const pl_gen_field *f, const pl_gen_place *place) {
    const Parley__Limits *l = f->limits;
    pl_gen_kind kind = pl_gen_kind_of(f);
    bool text = kind == PL_KIND_TEXT, sized = text || kind == PL_KIND_BYTES;
    if ((l->min_length || l->max_length) && !sized)
        pl_gen_fault_add(report, place,
                         "%s is %s: min_length and max_length are for strings and bytes%s", f->name,
                         type_name(f), hint(f, kind));
    if (l->pattern[0] && !text)
        pl_gen_fault_add(report, place, "%s is %s: pattern is for strings; remove it", f->name,
                         type_name(f));
    if ((l->_min_case || l->_max_case) && !pl_gen_is_number(f))
        pl_gen_fault_add(report, place, "%s is %s: min and max are for numbers%s", f->name,
                         type_name(f),
                         sized ? "; did you mean min_length or max_length?" : "; remove them");
    if ((l->min_items || l->max_items) && !f->repeated)
        pl_gen_fault_add(report, place,
                         "%s holds one value: min_items and max_items are for repeated fields%s",
                         f->name, sized ? "; did you mean min_length or max_length?" : "");
    if (l->required && f->case_member && !f->optional)
        pl_gen_fault_add(report, place,
                         "%s is one choice of a oneof: required would forbid the others; remove it",
                         f->name);
}

#define TYPE(x) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##x

/* The least and the greatest value of an integer, as far as limits can name them; false for other
 * types. */
static bool range_of(const pl_gen_field *f, int64_t *out_least, int64_t *out_greatest) {
    pl_gen_kind kind = pl_gen_kind_of(f);
    bool small = false;
    switch (f->proto->type) {
    case TYPE(INT32):
    case TYPE(SINT32):
    case TYPE(SFIXED32):
    case TYPE(UINT32):
    case TYPE(FIXED32):
        small = true;
        break;
    default:
        break;
    }
    if (kind != PL_KIND_I64 && kind != PL_KIND_U64)
        return false;
    *out_least = kind == PL_KIND_U64 ? 0 : small ? INT32_MIN : INT64_MIN;
    *out_greatest = !small ? INT64_MAX : kind == PL_KIND_U64 ? UINT32_MAX : INT32_MAX;
    return true;
}

/* A limit outside of what the type holds: nothing keeps it, or everything does. */
static void check_range(pl_gen_report *report, const pl_gen_field *f, const pl_gen_place *place) {
    const Parley__Limits *l = f->limits;
    int64_t least, greatest;
    if (!range_of(f, &least, &greatest))
        return;
    const char *name[] = {"min", "max"};
    int64_t limit[] = {l->min, l->max};
    bool set[] = {l->_min_case, l->_max_case};
    for (size_t i = 0; i < PL_COUNT(set); i++)
        if (set[i] && (limit[i] < least || limit[i] > greatest))
            pl_gen_fault_add(report, place, "%s: %s %lld is outside of its type, %lld to %lld",
                             f->name, name[i], (long long)limit[i], (long long)least,
                             (long long)greatest);
}

/* Limits that no value keeps, and ones that say nothing. */
static void check_sense(pl_gen_report *report, const pl_gen_field *f, const pl_gen_place *place) {
    const Parley__Limits *l = f->limits;
    if (l->max_length && l->min_length > l->max_length)
        pl_gen_fault_add(report, place,
                         "%s: min_length %u is above max_length %u; nothing would be allowed",
                         f->name, l->min_length, l->max_length);
    if (l->max_items && l->min_items > l->max_items)
        pl_gen_fault_add(report, place,
                         "%s: min_items %u is above max_items %u; nothing would be allowed",
                         f->name, l->min_items, l->max_items);
    if (l->_min_case && l->_max_case && l->min > l->max)
        pl_gen_fault_add(report, place, "%s: min %lld is above max %lld; nothing would be allowed",
                         f->name, (long long)l->min, (long long)l->max);
    bool says = l->required || l->min_length || l->max_length || l->_min_case || l->_max_case ||
                l->pattern[0] || l->min_items || l->max_items;
    if (!says)
        pl_gen_fault_add(report, place, "%s: the limits say nothing; remove them or set one",
                         f->name);
}

static void check_pattern(pl_gen_report *report, const pl_gen_field *f, const pl_gen_place *place) {
    pl_pattern *pattern = NULL;
    pl_error err = PL_ERROR_INIT;
    if (!f->limits->pattern[0])
        return;
    pl_code code = pl_pattern_new(pl_str_c(f->limits->pattern), &pattern, &err);
    pl_pattern_free(pattern);
    if (code == PL_RESOURCE_EXHAUSTED)
        report->failed = true;
    else if (code)
        pl_gen_fault_add(report, place,
                         "%s: %s; patterns are PCRE2, and each \\ is written twice in a .proto",
                         f->name, err.message);
}

void pl_check_limits(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        for (size_t k = 0; k < m->field_count; k++) {
            const pl_gen_field *f = &m->fields[k];
            if (!f->limits)
                continue;
            pl_gen_place place = place_of(f);
            check_type(report, f, &place);
            check_sense(report, f, &place);
            check_range(report, f, &place);
            check_pattern(report, f, &place);
        }
    }
}

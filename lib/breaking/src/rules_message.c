/* Rules about messages and what is within them. */
#include "diff.h"

static void field_no_delete(diff *d, const pl_message_type *a, const pl_message_type *b) {
    for (size_t i = 0; i < a->field_count; i++) {
        const pl_field *field = &a->fields[i];
        if (field->extension || pl_message_field_by_number(b, field->number))
            continue;
        pl_change about = diff_about_message(a, b);
        about.element = field->full_name;
        about.field = field;
        about.old_at = diff_field_at(d, field);
        diff_add(d, &about, "field %u, '%s', of message %s was deleted", field->number,
                 field->name.p, a->name.p);
    }
}

static void oneof_no_delete(diff *d, const pl_message_type *a, const pl_message_type *b) {
    for (size_t i = 0; i < a->oneof_count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->oneof_count; k++)
            found = found || pl_str_eq(a->oneofs[i].name, b->oneofs[k].name);
        pl_change about = diff_about_message(a, b);
        if (!found)
            diff_add(d, &about, "the oneof '%s' of message %s was deleted", a->oneofs[i].name.p,
                     a->name.p);
    }
}

static const pl_field *required(const pl_message_type *type, uint32_t number) {
    const pl_field *field = pl_message_field_by_number(type, number);
    return field && field->required ? field : NULL;
}

static void same_required(diff *d, const pl_message_type *a, const pl_message_type *b) {
    for (size_t i = 0; i < b->field_count; i++) {
        const pl_field *field = &b->fields[i];
        pl_change about = diff_about_message(a, b);
        about.field = pl_message_field_by_number(a, field->number);
        about.new_field = field;
        about.element = field->full_name;
        about.new_at = field->source;
        if (field->required && !required(a, field->number))
            diff_add(d, &about, "the required field %u, '%s', was added to message %s",
                     field->number, field->name.p, a->name.p);
    }
    for (size_t i = 0; i < a->field_count; i++) {
        const pl_field *field = &a->fields[i];
        pl_change about = diff_about_message(a, b);
        about.field = field;
        about.element = field->full_name;
        about.old_at = field->source;
        if (field->required && !required(b, field->number))
            diff_add(d, &about, "the required field %u, '%s', of message %s is gone", field->number,
                     field->name.p, a->name.p);
    }
}

/* ---- options --------------------------------------------------------------------------------- */

enum { MESSAGE_OPTIONS = 7, NO_STANDARD_DESCRIPTOR_ACCESSOR = 2, PARLEY_EVENT_TYPE = 50001 };

/* proto3 promises a JSON form, proto2 does its best. */
static void same_json_format(diff *d, const pl_message_type *a, const pl_message_type *b) {
    pl_change about = diff_about_message(a, b);
    if (a->map_entry && !b->source.line && b->parent)
        about.new_at = diff_field_at(d, &b->fields[0]);
    if (!a->file->proto2 && b->file->proto2)
        diff_add(d, &about, "message %s no longer has a JSON form that is sure", a->name.p);
}

static void keep_accessor(diff *d, const pl_message_type *a, const pl_message_type *b) {
    pl_change about = diff_about_message(a, b);
    if (raw_message_option(d, a, NO_STANDARD_DESCRIPTOR_ACCESSOR) ||
        !raw_message_option(d, b, NO_STANDARD_DESCRIPTOR_ACCESSOR))
        return;
    about.new_at = diff_message_part(
        d, b, (diff_part){{MESSAGE_OPTIONS, NO_STANDARD_DESCRIPTOR_ACCESSOR}});
    diff_add(d, &about, "message %s loses the standard accessor of its descriptor", a->name.p);
}

/* ---- what buf does not see ------------------------------------------------------------------- */

static void same_event(diff *d, const pl_message_type *a, const pl_message_type *b) {
    pl_change about = diff_about_message(a, b);
    if (a->is_event)
        about.new_at = diff_message_part(d, b, (diff_part){{MESSAGE_OPTIONS, PARLEY_EVENT_TYPE}});
    if (a->is_event && !b->is_event)
        diff_add(d, &about, "%s is no longer an event", a->name.p);
    else if (a->is_event && !pl_str_eq(a->event_aggregate, b->event_aggregate))
        diff_add(d, &about, "the aggregate of the event %s changed from '%s' to '%s'", a->name.p,
                 a->event_aggregate.p, b->event_aggregate.p);
}

static void no_add_required(diff *d, const pl_message_type *a, const pl_message_type *b) {
    for (size_t i = 0; i < b->field_count; i++) {
        const pl_field *field = &b->fields[i];
        if (!field->limits || !field->limits->required ||
            pl_message_field_by_number(a, field->number))
            continue;
        pl_change about = diff_about_message(a, b);
        about.new_field = field;
        about.element = field->full_name;
        about.new_at = field->source;
        diff_add(d, &about, "'%s' was added to message %s, and is required", field->name.p,
                 a->name.p);
    }
}

const message_check message_checks[] = {
    {"FIELD_NO_DELETE", field_no_delete},
    {"ONEOF_NO_DELETE", oneof_no_delete},
    {"MESSAGE_SAME_REQUIRED_FIELDS", same_required},
    {"RESERVED_MESSAGE_NO_DELETE", message_reserved},
    {"EXTENSION_MESSAGE_NO_DELETE", message_extension_ranges},
    {"MESSAGE_SAME_JSON_FORMAT", same_json_format},
    {"MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR", keep_accessor},
    {"MESSAGE_SAME_EVENT", same_event},
    {"FIELD_NO_REQUIRE", no_add_required},
};
const size_t message_check_count = PL_COUNT(message_checks);

/* ---- enums ----------------------------------------------------------------------------------- */

static pl_change about_enum(const pl_enum_type *a, const pl_enum_type *b) {
    return (pl_change){.element = a->full_name,
                       .file = a->file,
                       .enumeration = a,
                       .old_at = a->source,
                       .new_at = b->source};
}

static pl_change about_value(diff *d, const pl_enum_type *a, const pl_enum_type *b,
                             const pl_enum_value *value) {
    pl_change about = about_enum(a, b);
    char *name = pl_arena_printf(&d->arena, "%s.%s", a->full_name.p, value->name.p);
    d->full = d->full || !name;
    about.value = value;
    about.element = pl_str_c(name ? name : "");
    return about;
}

static void value_no_delete(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    for (size_t i = 0; i < a->value_count; i++) {
        const pl_enum_value *value = &a->values[i];
        if (pl_enum_by_number(b, value->number) || pl_enum_by_number(a, value->number) != value)
            continue;
        pl_change about = about_value(d, a, b, value);
        about.old_at = value->source;
        diff_add(d, &about, "value %d, %s, of enum %s was deleted", value->number, value->name.p,
                 a->name.p);
    }
}

/* Every name of the number is still one of its names. */
static bool keeps_names(const pl_enum_type *a, const pl_enum_type *b, int32_t number,
                        const pl_enum_value **out_lost) {
    for (size_t i = 0; i < a->value_count; i++) {
        if (a->values[i].number != number)
            continue;
        const pl_enum_value *other = pl_enum_by_name(b, a->values[i].name);
        if (!other || other->number != number) {
            *out_lost = &a->values[i];
            return false;
        }
    }
    return true;
}

static void value_same_name(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    for (size_t i = 0; i < b->value_count; i++) {
        const pl_enum_value *value = &b->values[i], *lost = NULL;
        if (!pl_enum_by_number(a, value->number) || keeps_names(a, b, value->number, &lost))
            continue;
        pl_change about = about_value(d, a, b, lost);
        about.old_at = lost->source;
        about.new_at = value->source;
        diff_add(d, &about, "value %d of enum %s was named %s", value->number, a->name.p,
                 lost->name.p);
    }
}

static void value_no_add(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    for (size_t i = 0; i < b->value_count; i++) {
        const pl_enum_value *value = &b->values[i];
        if (pl_enum_by_number(a, value->number) || pl_enum_by_number(b, value->number) != value)
            continue;
        pl_change about = about_value(d, a, b, value);
        about.new_at = value->source;
        diff_add(d, &about, "value %d, %s, was added to enum %s", value->number, value->name.p,
                 a->name.p);
    }
}

static void value_same_json_name(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    for (size_t i = 0; i < a->value_count; i++) {
        const pl_enum_value *value = &a->values[i], *other = pl_enum_by_name(b, value->name);
        if (!other || pl_str_eq(value->json_name, other->json_name))
            continue;
        pl_change about = about_value(d, a, b, value);
        about.old_at = value->source;
        about.new_at = other->source;
        diff_add(d, &about, "the JSON name of %s changed from '%s' to '%s'", value->name.p,
                 value->json_name.p, other->json_name.p);
    }
}

static void enum_same_type(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    pl_change about = about_enum(a, b);
    if (a->closed != b->closed)
        diff_add(d, &about, "enum %s changed from %s to %s", a->name.p,
                 a->closed ? "closed" : "open", b->closed ? "closed" : "open");
}

static void enum_same_json_format(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    pl_change about = about_enum(a, b);
    if (!a->file->proto2 && b->file->proto2)
        diff_add(d, &about, "enum %s no longer has a JSON form that is sure", a->name.p);
}

static void value_deprecated(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    for (size_t i = 0; i < a->value_count; i++) {
        const pl_enum_value *value = &a->values[i], *other = pl_enum_by_name(b, value->name);
        if (!other || !other->deprecated)
            continue;
        pl_change about = about_value(d, a, b, value);
        about.old_at = value->source;
        about.new_at = other->source;
        diff_add(d, &about, "value %s of enum %s is deprecated", value->name.p, a->name.p);
    }
}

const enum_check enum_checks[] = {
    {"ENUM_VALUE_NO_DELETE", value_no_delete},
    {"ENUM_VALUE_SAME_NAME", value_same_name},
    {"ENUM_SAME_TYPE", enum_same_type},
    {"ENUM_SAME_JSON_FORMAT", enum_same_json_format},
    {"RESERVED_ENUM_NO_DELETE", enum_reserved},
    {"ENUM_VALUE_NO_ADD", value_no_add},
    {"ENUM_VALUE_SAME_JSON_NAME", value_same_json_name},
    {"ENUM_VALUE_DEPRECATED", value_deprecated},
};
const size_t enum_check_count = PL_COUNT(enum_checks);

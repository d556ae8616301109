/* Rules about fields that both schemas have, by number. */
#include "diff.h"

#include <string.h>

#include "reach.h"

enum {
    NAME = 1,
    TYPE = 5,
    TYPE_NAME = 6,
    DEFAULT = 7,
    OPTIONS = 8,
    JSON_NAME = 10,
    /* among the options */
    CTYPE = 1,
    DEPRECATED = 3,
    JSTYPE = 6,
    PARLEY_LIMITS = 50001
};

/* An extension is of the file that declares it, whatever it extends. */
static const pl_file *file_of(const pl_field *field) {
    const pl_file *file = field->extension ? pl_pool_file(field->parent->pool, field->source.file)
                                           : NULL;
    return file ? file : field->parent->file;
}

static pl_change about_field(diff *d, const pl_field *a, const pl_field *b) {
    return (pl_change){.element = a->full_name,
                       .file = file_of(a),
                       .type = a->parent,
                       .field = a,
                       .new_field = b,
                       .old_at = diff_field_at(d, a),
                       .new_at = diff_field_at(d, b)};
}

/* The same, at a part of the field or one of its options. */
static pl_change about_part(diff *d, const pl_field *a, const pl_field *b, uint32_t part,
                            uint32_t option) {
    pl_change about = about_field(d, a, b);
    about.old_at = diff_field_part(d, a, (diff_part){{part, option}});
    about.new_at = diff_field_part(d, b, (diff_part){{part, option}});
    return about;
}

static const char *cardinality(const pl_field *field) {
    if (field->map)
        return "a map";
    if (field->repeated)
        return "a list";
    if (field->required)
        return "required";
    return field->presence ? "optional with presence" : "optional without presence";
}

static void same_cardinality(diff *d, const pl_field *a, const pl_field *b) {
    pl_change about = about_field(d, a, b);
    /* Keys and values of a map are what they are, whatever the syntax says of presence. */
    if (a->parent->map_entry && b->parent->map_entry)
        return;
    if (strcmp(cardinality(a), cardinality(b)) != 0)
        diff_add(d, &about, "field '%s' of %s was %s and is %s", a->name.p, a->parent->name.p,
                 cardinality(a), cardinality(b));
}

static pl_str type_name(const pl_field *field) {
    if (field->message)
        return field->message->full_name;
    return field->enumeration ? field->enumeration->full_name : pl_str_c(pl_kind_name(field->kind));
}

static void same_type(diff *d, const pl_field *a, const pl_field *b) {
    if (a->kind == b->kind && pl_str_eq(type_name(a), type_name(b)))
        return;
    pl_change about = about_part(d, a, b, b->message || b->enumeration ? TYPE_NAME : TYPE, 0);
    diff_add(d, &about, "field '%s' of %s changed its type from %s to %s", a->name.p,
             a->parent->name.p, type_name(a).p, type_name(b).p);
}

static void same_name(diff *d, const pl_field *a, const pl_field *b) {
    if (pl_str_eq(a->name, b->name))
        return;
    pl_change about = about_part(d, a, b, NAME, 0);
    diff_add(d, &about, "field %u of %s was renamed from '%s' to '%s'", a->number,
             a->parent->name.p, a->name.p, b->name.p);
}

/* That of an extension is its full name. */
static void same_json_name(diff *d, const pl_field *a, const pl_field *b) {
    if (a->extension || pl_str_eq(a->json_name, b->json_name))
        return;
    pl_change about = about_part(d, a, b, JSON_NAME, 0);
    diff_add(d, &about, "the JSON name of field %u of %s changed from '%s' to '%s'", a->number,
             a->parent->name.p, a->json_name.p, b->json_name.p);
}

static void same_oneof(diff *d, const pl_field *a, const pl_field *b) {
    static const pl_str none = {"", 0};
    pl_str from = a->oneof ? a->oneof->name : none, to = b->oneof ? b->oneof->name : none;
    pl_change about = about_field(d, a, b);
    if (pl_str_eq(from, to))
        return;
    if (!from.n)
        diff_add(d, &about, "field '%s' of %s was moved into the oneof '%s'", a->name.p,
                 a->parent->name.p, to.p);
    else if (!to.n)
        diff_add(d, &about, "field '%s' of %s was moved out of the oneof '%s'", a->name.p,
                 a->parent->name.p, from.p);
    else
        diff_add(d, &about, "field '%s' of %s was moved from the oneof '%s' to '%s'", a->name.p,
                 a->parent->name.p, from.p, to.p);
}

static void same_default(diff *d, const pl_field *a, const pl_field *b) {
    if (a->kind != b->kind || pl_str_eq(a->default_text, b->default_text))
        return;
    pl_change about = about_part(d, a, b, DEFAULT, 0);
    diff_add(d, &about, "the default of field '%s' of %s changed from '%s' to '%s'", a->name.p,
             a->parent->name.p, a->default_text.p, b->default_text.p);
}

static const char *checked(bool is) {
    return is ? "checked" : "not checked";
}

static void same_utf8(diff *d, const pl_field *a, const pl_field *b) {
    pl_change about = about_field(d, a, b);
    bool was = !file_of(a)->proto2, is = !file_of(b)->proto2;
    if (a->kind == PL_KIND_STRING && b->kind == PL_KIND_STRING && was != is)
        diff_add(d, &about, "field '%s' of %s was %s for UTF-8 and is %s", a->name.p,
                 a->parent->name.p, checked(was), checked(is));
}

/* ---- options of generators ------------------------------------------------------------------- */

enum { FILE_OPTIONS = 8, JAVA_STRING_CHECK_UTF8 = 27, CTYPE_STRING = 0, CTYPE_STRING_PIECE = 2 };

static void same_java_utf8(diff *d, const pl_field *a, const pl_field *b) {
    const pl_file *old_file = file_of(a), *new_file = file_of(b);
    bool said = raw_file_option(d, new_file, JAVA_STRING_CHECK_UTF8);
    bool was = !old_file->proto2 || raw_file_option(d, old_file, JAVA_STRING_CHECK_UTF8);
    bool is = !new_file->proto2 || said;
    if (a->kind != PL_KIND_STRING || b->kind != PL_KIND_STRING || was == is)
        return;
    pl_change about = about_field(d, a, b);
    if (said)
        about.new_at = diff_file_part(d, new_file,
                                      (diff_part){{FILE_OPTIONS, JAVA_STRING_CHECK_UTF8}});
    diff_add(d, &about, "field '%s' of %s was %s for UTF-8 by Java and is %s", a->name.p,
             a->parent->name.p, checked(was), checked(is));
}

static bool has_64_bits(const pl_field *field) {
    switch (field->kind) {
    case PL_KIND_INT64:
    case PL_KIND_UINT64:
    case PL_KIND_SINT64:
    case PL_KIND_FIXED64:
    case PL_KIND_SFIXED64:
        return true;
    default:
        return false;
    }
}

static void same_jstype(diff *d, const pl_field *a, const pl_field *b) {
    static const char *const types[] = {"JS_NORMAL", "JS_STRING", "JS_NUMBER"};
    uint64_t was = raw_field_option(d, a, JSTYPE), is = raw_field_option(d, b, JSTYPE);
    if (!has_64_bits(a) || !has_64_bits(b) || was == is || was >= PL_COUNT(types) ||
        is >= PL_COUNT(types))
        return;
    pl_change about = about_part(d, a, b, OPTIONS, JSTYPE);
    diff_add(d, &about, "jstype of '%s' of %s changed from %s to %s", a->name.p, a->parent->name.p,
             types[was], types[is]);
}

static bool is_text(const pl_field *field) {
    return field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES;
}

static void same_ctype(diff *d, const pl_field *a, const pl_field *b) {
    static const char *const types[] = {"STRING", "CORD", "STRING_PIECE"};
    uint64_t was = raw_field_option(d, a, CTYPE), is = raw_field_option(d, b, CTYPE);
    /* A string does for whoever had a piece of one. */
    if (!is_text(a) || !is_text(b) || was == is || was >= PL_COUNT(types) ||
        is >= PL_COUNT(types) || (was == CTYPE_STRING_PIECE && is == CTYPE_STRING))
        return;
    pl_change about = about_part(d, a, b, OPTIONS, CTYPE);
    diff_add(d, &about, "ctype of '%s' of %s changed from %s to %s", a->name.p, a->parent->name.p,
             types[was], types[is]);
}

/* ---- limits: what buf does not see ----------------------------------------------------------- */

static const pl_limits_options unlimited;

static const pl_limits_options *limits_of(const pl_field *field) {
    return field->limits ? field->limits : &unlimited;
}

/* One limit; a greatest of 0 means none. */
typedef struct limit {
    const char *name;
    bool had, has;
    int64_t was, is;
    bool least;
} limit;

enum { LIMITS = 6 };

static void list_limits(const pl_limits_options *a, const pl_limits_options *b, limit out[LIMITS]) {
    out[0] = (limit){"min_length",  a->min_length > 0, b->min_length > 0,
                     a->min_length, b->min_length,     true};
    out[1] = (limit){"max_length",  a->max_length > 0, b->max_length > 0,
                     a->max_length, b->max_length,     false};
    out[2] = (limit){"min", a->has_min, b->has_min, a->min, b->min, true};
    out[3] = (limit){"max", a->has_max, b->has_max, a->max, b->max, false};
    out[4] = (limit){"min_items",  a->min_items > 0, b->min_items > 0,
                     a->min_items, b->min_items,     true};
    out[5] = (limit){"max_items",  a->max_items > 0, b->max_items > 0,
                     a->max_items, b->max_items,     false};
}

/* -1: it refuses more than before; 1: it allows more; 0: neither. */
static int direction(const limit *l) {
    if (l->had != l->has)
        return l->has ? -1 : 1;
    if (!l->had || l->was == l->is)
        return 0;
    return (l->is < l->was) == l->least ? 1 : -1;
}

static void add_limit(diff *d, const pl_field *a, const pl_field *b, const limit *l) {
    pl_change about = about_part(d, a, b, OPTIONS, PARLEY_LIMITS);
    if (!l->had)
        diff_add(d, &about, "'%s' of %s has %s %lld now", a->name.p, a->parent->name.p, l->name,
                 (long long)l->is);
    else if (!l->has)
        diff_add(d, &about, "'%s' of %s no longer has %s %lld", a->name.p, a->parent->name.p,
                 l->name, (long long)l->was);
    else
        diff_add(d, &about, "%s of '%s' of %s changed from %lld to %lld", l->name, a->name.p,
                 a->parent->name.p, (long long)l->was, (long long)l->is);
}

static void limit_no_tighten(diff *d, const pl_field *a, const pl_field *b) {
    const pl_limits_options *old_limits = limits_of(a), *new_limits = limits_of(b);
    limit all[LIMITS];
    list_limits(old_limits, new_limits, all);
    for (size_t i = 0; i < LIMITS; i++) {
        if (direction(&all[i]) < 0)
            add_limit(d, a, b, &all[i]);
    }
    if (new_limits->pattern.n && !pl_str_eq(old_limits->pattern, new_limits->pattern)) {
        pl_change about = about_part(d, a, b, OPTIONS, PARLEY_LIMITS);
        diff_add(d, &about, "'%s' of %s must match /%s/ now", a->name.p, a->parent->name.p,
                 new_limits->pattern.p);
    }
}

/* It is part of an event, or of a file with events. */
static bool is_of_event(const pl_message_type *type) {
    bool found = type->file->stream.n > 0;
    for (size_t i = 0; !found && i < pl_pool_file_count(type->pool); i++) {
        const pl_file *file = pl_pool_file_at(type->pool, i);
        for (size_t k = 0; !found && k < file->message_count; k++)
            found = file->messages[k]->is_event && reaches(file->messages[k], type->full_name);
    }
    return found;
}

/* Who has compiled the smaller bound in reads events; answers are read without limits. */
static void limit_no_widen(diff *d, const pl_field *a, const pl_field *b) {
    limit all[LIMITS];
    list_limits(limits_of(a), limits_of(b), all);
    for (size_t i = 0; i < LIMITS; i++) {
        bool fixed = strcmp(all[i].name, "max_length") == 0 ||
                     strcmp(all[i].name, "max_items") == 0;
        if (fixed && direction(&all[i]) > 0 && is_of_event(a->parent))
            add_limit(d, a, b, &all[i]);
    }
}

static void no_require(diff *d, const pl_field *a, const pl_field *b) {
    if (limits_of(a)->required || !limits_of(b)->required)
        return;
    pl_change about = about_part(d, a, b, OPTIONS, PARLEY_LIMITS);
    diff_add(d, &about, "'%s' of %s is required now", a->name.p, a->parent->name.p);
}

static void is_deprecated(diff *d, const pl_field *a, const pl_field *b) {
    if (!b->deprecated)
        return;
    pl_change about = about_part(d, a, b, OPTIONS, DEPRECATED);
    diff_add(d, &about, "field '%s' of %s is deprecated", b->name.p, b->parent->name.p);
}

const field_check field_checks[] = {
    {"FIELD_SAME_CARDINALITY", same_cardinality},
    {"FIELD_SAME_TYPE", same_type},
    {"FIELD_SAME_NAME", same_name},
    {"FIELD_SAME_JSON_NAME", same_json_name},
    {"FIELD_SAME_ONEOF", same_oneof},
    {"FIELD_SAME_DEFAULT", same_default},
    {"FIELD_SAME_UTF8_VALIDATION", same_utf8},
    {"FIELD_SAME_JAVA_UTF8_VALIDATION", same_java_utf8},
    {"FIELD_SAME_JSTYPE", same_jstype},
    {"FIELD_SAME_CPP_STRING_TYPE", same_ctype},
    {"FIELD_LIMIT_NO_TIGHTEN", limit_no_tighten},
    {"FIELD_LIMIT_NO_WIDEN", limit_no_widen},
    {"FIELD_NO_REQUIRE", no_require},
    {"FIELD_DEPRECATED", is_deprecated},
};
const size_t field_check_count = PL_COUNT(field_checks);

/* JSON Schema (2020-12) of a message as REST shows it. */
#include "schema.h"

#include "exchange.h"

static void note_type(rest_schemas *w, const pl_message_type *type) {
    for (size_t i = 0; i < w->count; i++) {
        if (w->types[i] == type)
            return;
    }
    if (w->count == REST_SCHEMA_TYPES_MAX)
        w->too_many = true;
    else
        w->types[w->count++] = type;
}

static void write_enum(rest_schemas *w, const pl_enum_type *type) {
    pl_buf_puts(w->out, "\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < type->value_count; i++) {
        const pl_enum_value *value = &type->values[i];
        if (i > 0)
            pl_buf_putc(w->out, ',');
        pl_buf_json(w->out, value->json_name.n ? value->json_name : value->name);
    }
    pl_buf_putc(w->out, ']');
}

void rest_schema_type(rest_schemas *w, const pl_message_type *type) {
    switch (type->well_known) {
    case PL_WELL_KNOWN_TIMESTAMP:
        pl_buf_puts(w->out, "\"type\":\"string\",\"format\":\"date-time\"");
        break;
    case PL_WELL_KNOWN_DURATION:
    case PL_WELL_KNOWN_FIELD_MASK:
        pl_buf_puts(w->out, "\"type\":\"string\"");
        break;
    case PL_WELL_KNOWN_LIST_VALUE:
        pl_buf_puts(w->out, "\"type\":\"array\"");
        break;
    case PL_WELL_KNOWN_VALUE:
    case PL_WELL_KNOWN_WRAPPER:
        pl_buf_puts(w->out, "\"type\":[\"string\",\"number\",\"boolean\",\"object\",\"array\","
                            "\"null\"]");
        break;
    case PL_WELL_KNOWN_NONE:
        note_type(w, type);
        pl_buf_printf(w->out, "\"$ref\":\"%s%s\"", w->refs, type->full_name.p);
        break;
    default:
        pl_buf_puts(w->out, "\"type\":\"object\"");
        break;
    }
}

static const char *const int64_types[] = {
    [REST_INT64_STRING] = "\"type\":\"string\",\"format\":\"int64\"",
    [REST_INT64_NUMBER] = "\"type\":\"integer\",\"format\":\"int64\"",
    [REST_INT64_EITHER] = "\"type\":[\"integer\",\"string\"],\"format\":\"int64\"",
};

static const char *number_type(const rest_schemas *w, pl_kind kind) {
    switch (kind) {
    case PL_KIND_INT64:
    case PL_KIND_UINT64:
    case PL_KIND_SINT64:
    case PL_KIND_FIXED64:
    case PL_KIND_SFIXED64:
        return int64_types[w->int64];
    case PL_KIND_DOUBLE:
    case PL_KIND_FLOAT:
        return "\"type\":\"number\"";
    case PL_KIND_BOOL:
        return "\"type\":\"boolean\"";
    case PL_KIND_BYTES:
        return "\"type\":\"string\",\"contentEncoding\":\"base64\"";
    case PL_KIND_STRING:
        return "\"type\":\"string\"";
    default:
        return "\"type\":\"integer\",\"format\":\"int32\"";
    }
}

static void write_value(rest_schemas *w, const pl_field *field) {
    if (field->enumeration)
        write_enum(w, field->enumeration);
    else if (field->message)
        rest_schema_type(w, field->message);
    else
        pl_buf_puts(w->out, number_type(w, field->kind));
}

static void write_limits(rest_schemas *w, const pl_field *field) {
    const pl_limits_options *limits = field->limits;
    bool text = field->kind == PL_KIND_STRING && !field->repeated;
    if (!limits)
        return;
    if (text && limits->min_length)
        pl_buf_printf(w->out, ",\"minLength\":%u", limits->min_length);
    if (text && limits->max_length)
        pl_buf_printf(w->out, ",\"maxLength\":%u", limits->max_length);
    if (text && limits->pattern.n) {
        pl_buf_puts(w->out, ",\"pattern\":");
        pl_buf_json(w->out, limits->pattern);
    }
    if (limits->has_min && !field->repeated)
        pl_buf_printf(w->out, ",\"minimum\":%lld", (long long)limits->min);
    if (limits->has_max && !field->repeated)
        pl_buf_printf(w->out, ",\"maximum\":%lld", (long long)limits->max);
    if (limits->min_items)
        pl_buf_printf(w->out, ",\"minItems\":%u", limits->min_items);
    if (limits->max_items)
        pl_buf_printf(w->out, ",\"maxItems\":%u", limits->max_items);
}

void rest_schema_field(rest_schemas *w, const pl_field *field) {
    pl_buf_putc(w->out, '{');
    if (field->map) {
        pl_buf_puts(w->out, "\"type\":\"object\",\"additionalProperties\":{");
        write_value(w, &field->message->fields[1]);
        pl_buf_putc(w->out, '}');
    } else if (field->repeated) {
        pl_buf_puts(w->out, "\"type\":\"array\",\"items\":{");
        write_value(w, field);
        pl_buf_putc(w->out, '}');
    } else {
        write_value(w, field);
    }
    write_limits(w, field);
    pl_str doc = pl_str_trim(field->doc);
    if (doc.n) {
        pl_buf_puts(w->out, ",\"description\":");
        pl_buf_json(w->out, doc);
    }
    pl_buf_putc(w->out, '}');
}

void rest_schema_property(rest_schemas *w, const pl_field *field) {
    pl_buf_json(w->out, field->json_name);
    pl_buf_putc(w->out, ':');
    rest_schema_field(w, field);
}

static void write_required(rest_schemas *w, const pl_message_type *type,
                           const rest_schema_omit *omit) {
    const char *before = ",\"required\":[";
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        if (!field->limits || !field->limits->required || (omit && omit->fn(omit->self, field)))
            continue;
        pl_buf_puts(w->out, before);
        pl_buf_json(w->out, field->json_name);
        before = ",";
    }
    if (before[1] == '\0')
        pl_buf_putc(w->out, ']');
}

void rest_schema_object(rest_schemas *w, const pl_message_type *type, bool required,
                        const rest_schema_omit *omit) {
    const char *before = "";
    pl_buf_puts(w->out, "\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < type->field_count; i++) {
        if (omit && omit->fn(omit->self, &type->fields[i]))
            continue;
        pl_buf_puts(w->out, before);
        rest_schema_property(w, &type->fields[i]);
        before = ",";
    }
    pl_buf_putc(w->out, '}');
    if (required)
        write_required(w, type, omit);
}

void rest_schema_types(rest_schemas *w) {
    for (size_t i = 0; i < w->count; i++) { /* grows while types are met */
        if (i > 0)
            pl_buf_putc(w->out, ',');
        pl_buf_json(w->out, w->types[i]->full_name);
        pl_buf_puts(w->out, ":{\"title\":");
        pl_buf_json(w->out, w->types[i]->name);
        pl_buf_putc(w->out, ',');
        rest_schema_object(w, w->types[i], true, NULL);
        pl_buf_putc(w->out, '}');
    }
}

pl_code rest_schema_write(const pl_message_type *type, bool int64_numbers, pl_buf *out,
                          pl_error *err) {
    rest_schemas w = {.refs = "#/$defs/", .types = {type}, .count = 1, .out = out};
    w.int64 = int64_numbers ? REST_INT64_NUMBER : REST_INT64_STRING;
    pl_buf_printf(out,
                  "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                  "\"$ref\":\"#/$defs/%s\",\"$defs\":{",
                  type->full_name.p);
    rest_schema_types(&w);
    pl_buf_puts(out, "}}");
    if (w.too_many || out->failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the schema of %s is too large",
                            type->full_name.p);
    return PL_OK;
}

/* Scalars of YAML as values of a field: the descriptor decides their type, so `NO`, `010` and
 * `1.0` in a string field are those characters. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "compiler.h"
#include "leaf.h"
#include "parley/json/base64.h"
#include "parley/json/proto_json.h"

enum { NAMES_MAX = 512, DURATION_WIRE_MAX = 64 };

static void mismatch(compiler *c, const pl_field *field, const pl_yaml_node *node,
                     const char *expected) {
    char got[PL_YAML_DESCRIBE_SIZE];
    compiler_error(c, node, "TYPE_MISMATCH", "field '%s' is %s, got %s", field->name.p, expected,
                   pl_yaml_describe(node, got));
}

/* Bounds of the integer kinds. */
static void signed_bounds(pl_kind kind, int64_t *min, int64_t *max) {
    bool wide = kind == PL_KIND_INT64 || kind == PL_KIND_SINT64 || kind == PL_KIND_SFIXED64;
    *min = wide ? INT64_MIN : INT32_MIN;
    *max = wide ? INT64_MAX : INT32_MAX;
}

/* Without leading zeros: 010 is eight to some readers of YAML. */
static bool is_integer(pl_str text) {
    size_t i = text.n > 0 && text.p[0] == '-';
    bool some = i < text.n && (text.p[i] != '0' || i + 1 == text.n);
    for (; i < text.n; i++)
        some = some && text.p[i] >= '0' && text.p[i] <= '9';
    return some;
}

static bool parse_signed(compiler *c, const pl_field *field, const pl_yaml_node *node,
                         pl_leaf_value *out) {
    int64_t min, max, value;
    signed_bounds(field->kind, &min, &max);
    pl_str text = pl_yaml_text(node);
    if (!is_integer(text)) {
        mismatch(c, field, node, max == INT32_MAX ? "a whole number of 32 bits" : "a whole number");
        return false;
    }
    if (!pl_str_i64(text, &value) || value < min || value > max) {
        compiler_error(c, node, "OUT_OF_RANGE",
                       "field '%s' is %s: %" PRId64 "..%" PRId64 ", got %.64s", field->name.p,
                       pl_kind_name(field->kind), min, max, text.p);
        return false;
    }
    out->bits = (uint64_t)value;
    return true;
}

static bool parse_unsigned(compiler *c, const pl_field *field, const pl_yaml_node *node,
                           pl_leaf_value *out) {
    bool wide = field->kind == PL_KIND_UINT64 || field->kind == PL_KIND_FIXED64;
    uint64_t max = wide ? UINT64_MAX : UINT32_MAX, value;
    pl_str text = pl_yaml_text(node);
    if (!is_integer(text)) {
        mismatch(c, field, node, "a whole number that is not negative");
        return false;
    }
    if (!pl_str_u64(text, &value) || value > max) {
        compiler_error(c, node, "OUT_OF_RANGE", "field '%s' is %s: 0..%" PRIu64 ", got %.64s",
                       field->name.p, pl_kind_name(field->kind), max, text.p);
        return false;
    }
    out->bits = value;
    return true;
}

static bool parse_special(pl_str text, double *out) {
    static const struct {
        const char *text;
        double value;
    } names[] = {{"NaN", (double)NAN}, {".nan", (double)NAN},    {"Infinity", HUGE_VAL},
                 {".inf", HUGE_VAL},   {"-Infinity", -HUGE_VAL}, {"-.inf", -HUGE_VAL}};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(text, names[i].text)) {
            *out = names[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_float(compiler *c, const pl_field *field, const pl_yaml_node *node,
                        pl_leaf_value *out) {
    pl_str text = pl_yaml_text(node);
    double value;
    char *end = NULL;
    if (!parse_special(text, &value)) {
        size_t plain = 0;
        while (plain < text.n && memchr("0123456789+-.eE", text.p[plain], 15))
            plain++;
        value = strtod(text.p, &end);
        if (text.n == 0 || plain < text.n || end != text.p + text.n) {
            mismatch(c, field, node, "a number");
            return false;
        }
        if (!isfinite(value) || (field->kind == PL_KIND_FLOAT && !isfinite((float)value))) {
            compiler_error(c, node, "OUT_OF_RANGE", "field '%s' is %s, which has no %.64s",
                           field->name.p, pl_kind_name(field->kind), text.p);
            return false;
        }
    }
    if (field->kind == PL_KIND_FLOAT)
        value = (double)(float)value;
    *out = leaf_of_double(value);
    return true;
}

static bool parse_enum(compiler *c, const pl_field *field, const pl_yaml_node *node,
                       pl_leaf_value *out) {
    const pl_enum_type *type = field->enumeration;
    pl_str text = pl_yaml_text(node);
    const pl_enum_value *value = pl_enum_by_name(type, text);
    if (!value)
        value = pl_enum_by_json_name(type, text);
    int64_t number;
    if (!value && is_integer(text)) {
        if (!pl_str_i64(text, &number) || number < INT32_MIN || number > INT32_MAX) {
            compiler_error(c, node, "OUT_OF_RANGE",
                           "field '%s' is %s: a number of 32 bits, got %.64s", field->name.p,
                           type->full_name.p, text.p);
            return false;
        }
        out->bits = (uint64_t)number;
        return true;
    }
    if (value) {
        out->bits = (uint64_t)(int64_t)value->number;
        return true;
    }
    compiler_error(c, node, "ENUM_VALUE_UNKNOWN", "%s has no value '%.64s'", type->full_name.p,
                   text.p);
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < type->value_count && count + 2 <= NAMES_MAX; i++) {
        names[count++] = type->values[i].name.p;
        if (type->values[i].json_name.n)
            names[count++] = type->values[i].json_name.p;
    }
    compiler_did_you_mean(c, text, names, count);
    return false;
}

static bool parse_bytes(compiler *c, const pl_field *field, const pl_yaml_node *node,
                        pl_leaf_value *out) {
    pl_str text = pl_yaml_text(node);
    char *bytes = compiler_alloc(c, text.n + 4, 1);
    size_t size = 0;
    if (!bytes)
        return false;
    if (!pl_base64_decode(text, bytes, &size)) {
        mismatch(c, field, node, "bytes, in base64");
        return false;
    }
    bytes[size] = '\0';
    out->text = pl_str_make(bytes, size);
    return true;
}

/* The text form of ProtoJSON ("1.5s"), or what people write ("250ms", "2m"). */
static bool parse_duration(compiler *c, const pl_field *field, const pl_yaml_node *node,
                           pl_leaf_value *out) {
    pl_str text = pl_yaml_text(node);
    pl_buf wire = pl_buf_make(DURATION_WIRE_MAX);
    pl_arena scratch = pl_arena_make(1 << 16);
    pl_wire_reader reader;
    pl_wire_field part;
    pl_dynamic *message = NULL;
    int64_t ms;
    bool done = false;
    if (pl_json_text_to_wire(field, text, NULL, &wire, NULL) == PL_OK) {
        reader = pl_wire_reader_make(pl_buf_view(&wire));
        done = pl_wire_next(&reader, &part) &&
               pl_dynamic_decode(field->message, part.bytes, &scratch, &message, NULL) == PL_OK;
        if (done) {
            pl_dynamic_value value = {.message = message};
            *out = leaf_read(field, value);
        }
    } else if (text.n &&
               (text.p[text.n - 1] == 's' || text.p[text.n - 1] == 'm' ||
                text.p[text.n - 1] == 'h') &&
               pl_str_duration_ms(text, &ms)) {
        out->bits = (uint64_t)(ms / 1000);
        out->nanos = (int32_t)(ms % 1000) * 1000000;
        done = true;
    }
    pl_arena_done(&scratch);
    pl_buf_done(&wire);
    if (!done)
        mismatch(c, field, node, "a duration like 1.5s or 250ms");
    return done;
}

static bool parse_bool(compiler *c, const pl_field *field, const pl_yaml_node *node,
                       pl_leaf_value *out) {
    bool value = pl_str_eqc(pl_yaml_text(node), "true");
    if (pl_yaml_style_of(node) != PL_YAML_PLAIN ||
        (!value && !pl_str_eqc(pl_yaml_text(node), "false"))) {
        mismatch(c, field, node, "true or false");
        return false;
    }
    out->bits = value;
    return true;
}

static bool parse_time(compiler *c, const pl_field *field, const pl_yaml_node *node,
                       pl_leaf_value *out) {
    if (leaf_parse_time(pl_yaml_text(node), out))
        return true;
    mismatch(c, field, node, "a time like 2026-11-21T15:00:00Z");
    return false;
}

static bool plain_null(const pl_yaml_node *node) {
    pl_str text = pl_yaml_text(node);
    return pl_yaml_style_of(node) == PL_YAML_PLAIN &&
           (pl_str_eqc(text, "null") || pl_str_eqc(text, "~") || text.n == 0);
}

bool compile_leaf(compiler *c, const pl_field *field, const pl_yaml_node *node,
                  pl_leaf_value *out) {
    pl_leaf leaf = pl_leaf_of(field);
    pl_leaf_value value = {0, 0, {"", 0}};
    if (pl_yaml_kind_of(node) != PL_YAML_SCALAR) {
        pl_buf type = pl_buf_make(256);
        pl_field_describe(field, &type);
        mismatch(c, field, node, type.p);
        pl_buf_done(&type);
        return false;
    }
    if (plain_null(node)) {
        compiler_error(c, node, "NULL_VALUE", "field '%s' is null, which says nothing",
                       field->name.p);
        compiler_hint(c, "leave the field out, write !absent, or put the text in quotes");
        return false;
    }
    bool done = false;
    switch (leaf) {
    case PL_LEAF_SIGNED:
        done = parse_signed(c, field, node, &value);
        break;
    case PL_LEAF_UNSIGNED:
        done = parse_unsigned(c, field, node, &value);
        break;
    case PL_LEAF_FLOAT:
        done = parse_float(c, field, node, &value);
        break;
    case PL_LEAF_BOOL:
        done = parse_bool(c, field, node, &value);
        break;
    case PL_LEAF_ENUM:
        done = parse_enum(c, field, node, &value);
        break;
    case PL_LEAF_BYTES:
        done = parse_bytes(c, field, node, &value);
        break;
    case PL_LEAF_TIME:
        done = parse_time(c, field, node, &value);
        break;
    case PL_LEAF_DURATION:
        done = parse_duration(c, field, node, &value);
        break;
    default:
        value.text = compiler_copy(c, pl_yaml_text(node));
        done = true;
    }
    if (done)
        *out = value;
    return done;
}

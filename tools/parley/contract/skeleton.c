#include "contract/skeleton.h"

#include <ctype.h>

#include "parley/contract/matcher.h"
#include "parley/schema/pattern.h"

enum { DEPTH_MAX = 4, CANDIDATE_MAX = 256 };

void skeleton_words(pl_str name, char space, pl_buf *out) {
    for (size_t i = 0; i < name.n; i++) {
        bool starts = isupper((unsigned char)name.p[i]) && i > 0 &&
                      (!isupper((unsigned char)name.p[i - 1]) ||
                       (i + 1 < name.n && islower((unsigned char)name.p[i + 1])));
        if (starts)
            pl_buf_putc(out, space);
        pl_buf_putc(out, (char)tolower((unsigned char)name.p[i]));
    }
}

static void indent(pl_buf *out, int depth) {
    for (int i = 0; i < depth; i++)
        pl_buf_puts(out, "  ");
}

static bool fits(const pl_limits_options *limits, const char *text) {
    size_t n = strlen(text);
    pl_pattern *pattern = NULL;
    bool matches = true;
    if (!limits)
        return true;
    if (n < limits->min_length || (limits->max_length && n > limits->max_length))
        return false;
    if (limits->pattern.n && pl_pattern_new(limits->pattern, &pattern, NULL) == PL_OK)
        matches = pl_pattern_match(pattern, pl_str_c(text), &matches, NULL) == PL_OK && matches;
    pl_pattern_free(pattern);
    return matches;
}

/* One of some usual ones, or letters of the least length. */
void skeleton_text(const pl_limits_options *limits, pl_buf *out) {
    static const char *const usual[] = {"text",
                                        "a",
                                        "A",
                                        "abc",
                                        "ABC",
                                        "'1'",
                                        "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60",
                                        "a@example.com",
                                        "'2026-01-01'",
                                        "https://example.com/"};
    char long_enough[CANDIDATE_MAX] = "";
    for (size_t i = 0; i < PL_COUNT(usual); i++) {
        pl_str plain = pl_str_c(usual[i]);
        char bare[CANDIDATE_MAX] = "";
        if (plain.p[0] == '\'')
            plain = pl_str_make(plain.p + 1, plain.n - 2);
        memcpy(bare, plain.p, plain.n);
        if (fits(limits, bare)) {
            pl_buf_puts(out, usual[i]);
            return;
        }
    }
    if (limits && limits->min_length < CANDIDATE_MAX)
        memset(long_enough, 'x', limits->min_length);
    pl_buf_puts(out, *long_enough ? long_enough : "text");
}

static int64_t fitting_number(const pl_limits_options *limits) {
    int64_t number = 1;
    if (limits && limits->has_min && number < limits->min)
        number = limits->min;
    if (limits && limits->has_max && number > limits->max)
        number = limits->max;
    return number;
}

static void put_leaf(const pl_field *field, pl_buf *out) {
    switch (pl_leaf_of(field)) {
    case PL_LEAF_FLOAT:
        pl_buf_puts(out, "1.5");
        break;
    case PL_LEAF_BOOL:
        pl_buf_puts(out, "true");
        break;
    case PL_LEAF_ENUM: {
        size_t which = field->enumeration->value_count > 1;
        pl_buf_str(out, field->enumeration->values[which].name);
        break;
    }
    case PL_LEAF_STRING:
        skeleton_text(field->limits, out);
        break;
    case PL_LEAF_BYTES:
        pl_buf_puts(out, "aGVsbG8=");
        break;
    case PL_LEAF_TIME:
        pl_buf_puts(out, "2026-01-01T00:00:00Z");
        break;
    case PL_LEAF_DURATION:
        pl_buf_puts(out, "1s");
        break;
    default:
        pl_buf_i64(out, fitting_number(field->limits));
    }
}

static bool is_plain_message(const pl_field *field) {
    return field->message && !field->map && field->message->well_known == PL_WELL_KNOWN_NONE;
}

/* The fields without which a request is refused. */
static size_t put_required(const pl_message_type *type, int depth, pl_buf *out) {
    size_t count = 0;
    for (size_t i = 0; i < type->field_count && depth < DEPTH_MAX * 2; i++) {
        const pl_field *field = &type->fields[i];
        bool needed = field->required ||
                      (field->limits && (field->limits->required || field->limits->min_items ||
                                         (field->limits->has_min && field->limits->min > 0)));
        if (!needed || (pl_leaf_of(field) == PL_LEAF_NONE && !is_plain_message(field)))
            continue;
        pl_buf_putc(out, '\n');
        indent(out, depth);
        pl_buf_printf(out, "%s:", field->name.p);
        count++;
        if (is_plain_message(field)) {
            pl_buf_puts(out, field->repeated ? "\n" : "");
            if (field->repeated) {
                indent(out, depth);
                pl_buf_puts(out, "- {}");
            } else if (put_required(field->message, depth + 1, out) == 0) {
                pl_buf_puts(out, " {}");
            }
            continue;
        }
        pl_buf_puts(out, field->repeated ? " [" : " ");
        put_leaf(field, out);
        pl_buf_puts(out, field->repeated ? "]" : "");
    }
    return count;
}

/* Every field that is always there, by its type. */
static size_t put_types(const pl_message_type *type, int depth, pl_buf *out) {
    size_t count = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        bool messages = field->repeated && pl_leaf_of(field) == PL_LEAF_NONE;
        if (field->map || field->presence || (!messages && pl_leaf_of(field) == PL_LEAF_NONE))
            continue;
        pl_buf_putc(out, '\n');
        indent(out, depth);
        pl_buf_printf(out, "%s: !type %s", field->name.p, field->repeated ? "[" : "");
        if (!messages)
            put_leaf(field, out);
        pl_buf_puts(out, field->repeated ? "]" : "");
        count++;
    }
    return count;
}

static void put_request(const pl_method_type *method, int depth, pl_buf *out) {
    if (put_required(method->input, depth, out) == 0)
        pl_buf_puts(out, " {}");
    pl_buf_putc(out, '\n');
}

static void put_response(const pl_method_type *method, int depth, pl_buf *out) {
    if (put_types(method->output, depth, out) == 0)
        pl_buf_puts(out, " {}");
    pl_buf_putc(out, '\n');
}

void skeleton_call(const pl_method_type *method, const char *name, pl_buf *out) {
    bool streams = method->client_streaming || method->server_streaming;
    pl_buf_printf(out, "- name: %s\n  call: %s.%s\n", name, method->service->name.p,
                  method->name.p);
    pl_buf_puts(out, streams ? "  steps:\n  - recv:" : "  request:");
    put_request(method, streams ? 3 : 2, out);
    pl_buf_puts(out, streams ? "  - send:" : "  response:");
    put_response(method, streams ? 3 : 2, out);
}

void skeleton_event(const pl_message_type *event, const char *name, pl_buf *out) {
    pl_buf_printf(out, "- name: %s\n  trigger: ", name);
    skeleton_words(event->name, '_', out);
    pl_buf_printf(out, "\n  event: %s\n  stream: %s\n  payload:", event->name.p,
                  event->file->stream.p);
    if (put_types(event, 2, out) == 0)
        pl_buf_puts(out, " {}");
    pl_buf_putc(out, '\n');
}

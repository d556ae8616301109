/* What is said when a text is refused. */
#include "reader.h"

/* Bytes of a value that are shown. */
#define SHOWN_MAX 64

static void print_path(const frame *f, pl_buf *out) {
    if (!f)
        return;
    print_path(f->up, out);
    switch (f->kind) {
    case FRAME_MEMBER:
        pl_buf_puts(out, out->n ? "." : "");
        pl_buf_str(out, f->name);
        break;
    case FRAME_INDEX:
        pl_buf_printf(out, "[%zu]", f->index);
        break;
    case FRAME_KEY:
        pl_buf_printf(out, "[\"%.*s\"]", PL_FMT(pl_utf8_cut(f->name, SHOWN_MAX)));
        break;
    }
}

static void fill_fault(reader *r, const char *at, const pl_buf *path, uint32_t line, uint32_t col) {
    pl_json_fault *fault = r->opts->fault;
    if (!fault)
        return;
    pl_str text = pl_buf_view(path);
    if (text.n >= PL_JSON_PATH_SIZE) {
        size_t skip = text.n - PL_JSON_PATH_SIZE + 1;
        while (skip < text.n && ((unsigned char)text.p[skip] & 0xc0) == 0x80)
            skip++;
        text = pl_str_make(text.p + skip, text.n - skip);
    }
    if (text.n)
        memcpy(fault->path, text.p, text.n);
    fault->path[text.n] = '\0';
    fault->offset = (size_t)(at - r->in.start);
    fault->line = line;
    fault->col = col;
}

bool read_refuse(reader *r, const char *at, const char *format, ...) {
    pl_buf path = pl_buf_make(16384), text = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    uint32_t line = 0, col = 0;
    json_position(&r->in, at, &line, &col);
    if (r->opts->col && line == 1)
        col += r->opts->col - 1;
    if (r->opts->line)
        line += r->opts->line - 1;
    print_path(r->frame, &path);
    fill_fault(r, at, &path, line, col);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    if (r->plain)
        r->code = pl_error_set(r->err, PL_INVALID_ARGUMENT, "%s%s%s", path.p, path.n ? ": " : "",
                               text.p);
    else
        r->code = pl_error_set(r->err, PL_INVALID_ARGUMENT, "line %u, column %u: %.*s%s%s", line,
                               col, PL_FMT(pl_utf8_cut(pl_buf_view(&path), PL_JSON_PATH_SIZE)),
                               path.n ? ": " : "", text.p);
    pl_buf_done(&path);
    pl_buf_done(&text);
    return false;
}

bool read_malformed(reader *r) {
    return read_refuse(r, r->in.at, "%s", r->in.problem);
}

bool read_full(reader *r) {
    r->code = pl_error_set(r->err, PL_RESOURCE_EXHAUSTED,
                           "the message does not fit the %zu bytes allowed", r->out->max);
    return false;
}

/* What a person would write for the field. */
static void print_expected(const pl_field *field, pl_buf *out) {
    const pl_enum_value *v;
    if (field->enumeration) {
        pl_buf_printf(out, "a value of %s, such as \"", field->enumeration->full_name.p);
        v = &field->enumeration->values[field->enumeration->value_count > 1];
        pl_buf_printf(out, "%s\"", v->json_name.n ? v->json_name.p : v->name.p);
        return;
    }
    switch (field->kind) {
    case PL_KIND_BOOL:
        pl_buf_puts(out, "true or false");
        return;
    case PL_KIND_STRING:
        pl_buf_puts(out, "a string");
        return;
    case PL_KIND_BYTES:
        pl_buf_puts(out, "base64 in a string");
        return;
    case PL_KIND_FLOAT:
    case PL_KIND_DOUBLE:
        pl_buf_printf(out, "a number (%s)", pl_kind_name(field->kind));
        return;
    case PL_KIND_MESSAGE:
    case PL_KIND_GROUP:
        pl_buf_printf(out, "an object (%s)", field->message->full_name.p);
        return;
    default:
        pl_buf_printf(out, "a whole number (%s)", pl_kind_name(field->kind));
    }
}

/* The value at AT as it stands, cut; only its kind where it may be secret. */
static void print_got(reader *r, const char *at, const pl_field *field, pl_buf *out) {
    json_in in = r->in;
    in.p = at;
    bool simple = at < in.end && *at != '{' && *at != '[';
    if (r->plain) {
        pl_str all = pl_utf8_cut(pl_str_make(at, (size_t)(in.end - at)), SHOWN_MAX);
        if (field->sensitive || !pl_utf8_valid(all))
            pl_buf_puts(out, "another text");
        else
            pl_buf_printf(out, "\"%.*s\"", PL_FMT(all));
    } else if (simple && !field->sensitive && json_value_skip(&in, 1)) {
        pl_buf_printf(out, "%.*s",
                      PL_FMT(pl_utf8_cut(pl_str_make(at, (size_t)(in.p - at)), SHOWN_MAX)));
    } else {
        pl_buf_puts(out, json_what(&r->in, at));
    }
}

bool read_unexpected(reader *r, const char *at, const pl_field *field) {
    pl_buf expected = pl_buf_make(PL_ERROR_MESSAGE_MAX), got = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    print_expected(field, &expected);
    print_got(r, at, field, &got);
    read_refuse(r, at, "expected %s, got %s", expected.p, got.p);
    pl_buf_done(&expected);
    pl_buf_done(&got);
    return false;
}

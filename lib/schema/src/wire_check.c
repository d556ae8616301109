/* Checking bytes of untrusted origin against their type. */
#include "parley/schema/wire.h"

typedef struct frame frame;
struct frame {
    const frame *up;
    const pl_message_type *type;
    pl_str message;
    const pl_field *field; /* the one being looked at, or NULL */
    const char *end;       /* of its content in message */
    unsigned depth;
};

typedef struct check {
    bool refuse_nul;
    pl_error *err;
} check;

/* Which occurrence of its field the content that ends at f->end is; asked only for messages of
 * error. */
static size_t occurrence(const frame *f) {
    pl_wire_reader r = pl_wire_reader_make(f->message);
    pl_wire_field w;
    size_t n = 0;
    while (pl_wire_next(&r, &w) && (const char *)r.p < f->end)
        n += w.number == f->field->number;
    return n;
}

static void print_path(const frame *f, pl_buf *out) {
    if (!f)
        return;
    print_path(f->up, out);
    if (!f->field)
        return;
    pl_buf_printf(out, "%s%s", out->n ? "." : "", f->field->name.p);
    if (f->field->repeated)
        pl_buf_printf(out, "[%zu]", occurrence(f));
}

static pl_code refuse(check *c, const frame *f, const char *problem) {
    pl_buf path = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    const frame *top = f;
    while (top->up)
        top = top->up;
    print_path(f, &path);
    pl_code code = pl_error_set(c->err, PL_INVALID_ARGUMENT, "%s: %s%s%s", top->type->full_name.p,
                                path.p, path.n ? ": " : "", problem);
    pl_buf_done(&path);
    return code;
}

static bool packed_ok(const pl_field *field, pl_str content) {
    pl_wire_reader r = pl_wire_reader_make(content);
    uint64_t v = 0;
    while (pl_wire_scalar(&r, field->kind, &v))
        ;
    return !r.failed;
}

static pl_code check_message(check *c, frame *f);

static pl_code check_field(check *c, frame *f, const pl_wire_field *w) {
    const pl_field *field = f->field;
    uint32_t expected = pl_kind_wire_type(field->kind);
    if ((uint32_t)w->type != expected) {
        if (w->type != PL_WIRE_BYTES || !field->repeated || !pl_kind_packable(field->kind))
            return refuse(c, f, "the wire type is not that of the field");
        return packed_ok(field, w->bytes) ? PL_OK : refuse(c, f, "a packed value is cut off");
    }
    if (field->kind == PL_KIND_STRING) {
        if (!pl_utf8_valid(w->bytes))
            return refuse(c, f, "the text is not UTF-8");
        if (c->refuse_nul && memchr(w->bytes.n ? w->bytes.p : "x", '\0', w->bytes.n))
            return refuse(c, f, "the text contains NUL");
    }
    if (!field->message)
        return PL_OK;
    frame inner = {f, field->message, w->bytes, NULL, NULL, f->depth + 1};
    if (inner.depth > PL_WIRE_DEPTH_MAX)
        return refuse(c, f, "messages are more than 100 deep");
    return check_message(c, &inner);
}

static pl_code check_message(check *c, frame *f) {
    pl_wire_reader r = pl_wire_reader_make(f->message);
    pl_wire_field w;
    while (pl_wire_next(&r, &w)) {
        f->field = pl_message_field_by_number(f->type, w.number);
        if (!f->field)
            continue;
        f->end = (const char *)r.p;
        pl_code code = check_field(c, f, &w);
        if (code)
            return code;
    }
    f->field = NULL;
    return r.failed ? refuse(c, f, "the message is cut off or damaged") : PL_OK;
}

pl_code pl_wire_check(const pl_message_type *type, pl_str message, bool refuse_nul, pl_error *err) {
    check c = {.refuse_nul = refuse_nul, .err = err};
    frame top = {NULL, type, message, NULL, NULL, 1};
    if (message.n > PL_WIRE_SIZE_MAX)
        return refuse(&c, &top, "the message is larger than 2 GiB");
    return check_message(&c, &top);
}

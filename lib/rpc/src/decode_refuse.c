/* What is wrong with bytes, and where. */
#include "decode_internal.h"

/* "items[2].name": a list has as many values as came before the one that is looked at. */
static void put_path(const place *at, pl_buf *out) {
    if (at->outer)
        put_path(at->outer, out);
    if (!at->field)
        return;
    pl_buf_printf(out, "%s%s", out->n ? "." : "", at->field->name);
    if (at->field->label == PROTOBUF_C_LABEL_REPEATED)
        pl_buf_printf(out, "[%zu]", *(size_t *)quantifier_of(at));
}

pl_code decode_refuse(decoder *d, const place *at, const char *what) {
    pl_buf path = pl_buf_make(PL_VIOLATION_PATH_MAX * 2);
    pl_str shown;

    put_path(at, &path);
    shown = pl_utf8_cut(pl_buf_view(&path), PL_VIOLATION_PATH_MAX - 1);
    if (shown.n)
        pl_error_set(d->err, PL_INVALID_ARGUMENT, "%.*s %s", PL_FMT(shown), what);
    else
        pl_error_set(d->err, PL_INVALID_ARGUMENT, "%s: the message %s",
                     at->message->descriptor->name, what);
    if (d->violations && shown.n) {
        char field[PL_VIOLATION_PATH_MAX];
        memcpy(field, shown.p, shown.n);
        field[shown.n] = '\0';
        pl_violations_add(d->violations, field, "%s", what);
    }
    pl_buf_done(&path);
    return PL_INVALID_ARGUMENT;
}

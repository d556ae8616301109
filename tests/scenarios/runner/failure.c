#include <stdio.h>

#include "runner.h"

void failure_init(failure *f) {
    f->at = NULL;
    f->text = pl_buf_make(TEXT_BYTES_MAX);
}

void failure_done(failure *f) {
    pl_buf_done(&f->text);
}

void failure_clear(failure *f) {
    f->at = NULL;
    pl_buf_clear(&f->text);
}

bool blame(failure *f, const pl_yaml_node *at, const char *format, ...) {
    va_list args;
    f->at = at;
    pl_buf_clear(&f->text);
    va_start(args, format);
    pl_buf_vprintf(&f->text, format, args);
    va_end(args);
    return false;
}

bool blame_error(failure *f, const pl_yaml_node *at, const pl_error *err) {
    return blame(f, at, "%s: %s", pl_code_name(err->code), err->message);
}

/* parley contract lock: pins bundles from elsewhere to what they say now. */
#include <stdio.h>

#include "common/bundles.h"
#include "contract/contract.h"

typedef struct listing {
    bool json;
    size_t count;
    pl_buf out;
} listing;

enum { OUTPUT_MAX = 8 << 20 };

static void on_pinned(void *self, const char *name, const char *was, const char *is) {
    listing *l = self;
    if (l->json) {
        pl_buf_puts(&l->out, l->count++ ? ",{\"name\":" : "{\"name\":");
        pl_buf_json(&l->out, pl_str_c(name));
        pl_buf_printf(&l->out, ",\"hash\":\"%s\",\"was\":\"%s\"}", is, was);
        return;
    }
    pl_buf_printf(&l->out, "%s %s", name, is);
    if (*was && strcmp(was, is) != 0)
        pl_buf_printf(&l->out, " (was %s)", was);
    pl_buf_putc(&l->out, '\n');
}

int verb_lock(verb_line *line) {
    listing l = {.json = line->args.json, .out = pl_buf_make(OUTPUT_MAX)};
    workspace space;
    pl_error err = PL_ERROR_INIT;
    pl_buf_puts(&l.out, l.json ? "{\"bundles\":[" : "");
    pl_code code = workspace_find(&space, &err);
    if (code == PL_OK)
        code = bundles_lock(&space, line->words, line->word_count, on_pinned, &l, &err);
    pl_buf_puts(&l.out, l.json ? "]}\n" : "");
    if (code == PL_OK)
        return tool_print(&line->args, &l.out, TOOL_EXIT_OK);
    pl_buf_done(&l.out);
    return verb_failed(line, &err);
}

/* What failed last time: a line "CONSUMER<tab>NAME" each, in the workspace's .parley/. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/whole_file.h"
#include "verify/verb.h"

enum { FILE_BYTES_MAX = 16 << 20, PIECE = 64 << 10 };

/* Systems have the names without a dot in this folder. */
static void path_of(const workspace *space, const char *provider, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "%s/.parley/.verify-%s", space->root, provider);
}

static pl_code read_whole(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "re");
    char *room;

    if (!file)
        return errno == ENOENT ? PL_OK : pl_error_errno(err, errno, "%s", path);
    while ((room = pl_buf_reserve(out, PIECE))) {
        size_t got = fread(room, 1, PIECE, file);
        pl_buf_wrote(out, got);
        if (got < PIECE)
            break;
    }
    (void)fclose(file);
    return room ? PL_OK
                : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: larger than %d bytes", path,
                               FILE_BYTES_MAX);
}

pl_code failed_read(const workspace *space, const char *provider, failed_list *out, pl_error *err) {
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    pl_code code = PL_OK;
    char path[PATH_MAX];

    out->text = "";
    out->count = 0;
    path_of(space, provider, path);
    if (space->root[0])
        code = read_whole(path, &text, err);
    if (code == PL_OK && text.n)
        out->text = pl_arena_strdup(out->arena, text.p);
    if (!out->text)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", path);
    for (size_t i = 0; code == PL_OK && i < text.n; i++)
        out->count += text.p[i] == '\n';
    pl_buf_done(&text);
    return code;
}

bool failed_has(void *self, const pl_contract *contract) {
    const failed_list *list = self;
    pl_str rest = pl_str_c(list->text), line, consumer;

    while (pl_str_split(&rest, '\n', &line)) {
        if (line.n && pl_str_split(&line, '\t', &consumer) &&
            pl_str_eq(consumer, contract->file->consumer) && pl_str_eq(line, contract->name))
            return true;
    }
    return false;
}

pl_code failed_write(const workspace *space, const pl_verify_report *report, pl_error *err) {
    pl_arena arena = pl_arena_make(2 * FILE_BYTES_MAX);
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    failed_list before = {.arena = &arena};
    char path[PATH_MAX];
    pl_code code = PL_OK;

    if (space->root[0])
        code = failed_read(space, report->provider.p, &before, err);
    for (size_t i = 0; code == PL_OK && i < report->result_count; i++) {
        const pl_verify_result *r = &report->results[i];
        bool still = r->verdict == PL_VERIFY_SKIPPED && before.text &&
                     failed_has(&before, r->contract);
        if (r->verdict == PL_VERIFY_FAILED || still)
            pl_buf_printf(&text, "%s\t%s\n", r->contract->file->consumer.p, r->contract->name.p);
    }
    path_of(space, report->provider.p, path);
    if (code == PL_OK && text.failed)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: what failed is more than %d bytes, or there is no memory: it "
                            "stays as it was",
                            path, FILE_BYTES_MAX);
    if (code == PL_OK && space->root[0] && (text.n || before.count)) {
        code = workspace_make_state(space, err);
        if (code == PL_OK)
            code = whole_file_write(path, pl_buf_view(&text), err);
    }
    pl_buf_done(&text);
    pl_arena_done(&arena);
    return code;
}

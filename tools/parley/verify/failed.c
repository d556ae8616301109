/* What failed last time: a line "CONSUMER<tab>NAME" each, in the workspace's .parley/. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/whole_file.h"
#include "verify/verb.h"

enum { FILE_BYTES_MAX = 16 << 20, ARENA_MAX = 256 << 20, PIECE = 64 << 10 };

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

static int compare_lines(const void *a, const void *b) {
    const failed_line *x = a, *y = b;
    int consumers = pl_str_cmp(x->consumer, y->consumer);
    return consumers ? consumers : pl_str_cmp(x->name, y->name);
}

/* The lines of TEXT into OUT, in order; false: no memory. */
static bool read_lines(pl_str text, failed_list *out) {
    size_t room = 0;
    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == '\n';
    char *copy = pl_arena_cstr(out->arena, text);
    failed_line *lines = pl_arena_calloc(out->arena, room + 1, sizeof *lines);
    pl_str rest = pl_str_make(copy, text.n), line;
    if (!copy || !lines)
        return false;
    out->lines = lines;
    while (out->count < room && pl_str_split(&rest, '\n', &line)) {
        failed_line *one = &lines[out->count++];
        (void)pl_str_split(&line, '\t', &one->consumer);
        one->name = line;
    }
    qsort(lines, out->count, sizeof *lines, compare_lines);
    return true;
}

pl_code failed_read(const workspace *space, const char *provider, failed_list *out, pl_error *err) {
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    pl_code code = PL_OK;
    char path[PATH_MAX];

    out->count = 0;
    path_of(space, provider, path);
    if (space->root[0])
        code = read_whole(path, &text, err);
    if (code == PL_OK && text.n && !read_lines(pl_buf_view(&text), out))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", path);
    pl_buf_done(&text);
    return code;
}

bool failed_has(void *self, const pl_contract *contract) {
    const failed_list *list = self;
    failed_line wanted = {contract->file->consumer, contract->name};

    return list->count && bsearch(&wanted, list->lines, list->count, sizeof wanted, compare_lines);
}

pl_code failed_write(const workspace *space, const pl_verify_report *report, pl_error *err) {
    pl_arena arena = pl_arena_make(ARENA_MAX);
    pl_buf text = pl_buf_make(FILE_BYTES_MAX);
    failed_list before = {.arena = &arena};
    char path[PATH_MAX];
    pl_code code = PL_OK;

    if (space->root[0])
        code = failed_read(space, report->provider.p, &before, err);
    for (size_t i = 0; code == PL_OK && i < report->result_count; i++) {
        const pl_verify_result *r = &report->results[i];
        bool still = r->verdict == PL_VERIFY_SKIPPED && failed_has(&before, r->contract);
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

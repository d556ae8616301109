#include <stdlib.h>

#include "client_internal.h"
#include "parley/base/arena.h"

/* Beside the body. */
#define ANSWER_HEAD_BUDGET (64 * 1024)

/* An answer that owns its texts. */
typedef struct owned_answer {
    pl_http_answer answer; /* first: it is what the caller has */
    pl_http_head head;
    pl_arena arena;
} owned_answer;

typedef struct fetch {
    bool done;
    pl_error error;
    owned_answer *answer;
} fetch;

static bool copy(pl_arena *arena, pl_str *io_text) {
    char *p = pl_arena_cstr(arena, *io_text);
    io_text->p = p;
    return p != NULL;
}

static bool copy_head(owned_answer *owned, const pl_http_head *from) {
    pl_arena *arena = &owned->arena;
    owned->head = *from;
    owned->answer.head = &owned->head;
    pl_http_field *fields = pl_arena_calloc(arena, from->field_count, sizeof(*fields));
    if (!fields || !copy(arena, &owned->head.reason))
        return false;
    for (size_t i = 0; i < from->field_count; i++) {
        fields[i] = from->fields[i];
        if (!copy(arena, &fields[i].name) || !copy(arena, &fields[i].value))
            return false;
    }
    owned->head.fields = fields;
    return true;
}

static owned_answer *copy_answer(const pl_http_answer *answer) {
    owned_answer *owned = calloc(1, sizeof(*owned));
    if (!owned)
        return NULL;
    owned->arena = pl_arena_make(ANSWER_HEAD_BUDGET + answer->body.n);
    owned->answer.body = answer->body;
    if (copy_head(owned, answer->head) && copy(&owned->arena, &owned->answer.body))
        return owned;
    pl_http_answer_free(&owned->answer);
    return NULL;
}

static void on_done(void *self, const pl_http_answer *answer, const pl_error *error) {
    fetch *f = self;
    f->done = true;
    if (answer)
        f->answer = copy_answer(answer);
    if (error)
        f->error = *error;
    else if (!f->answer)
        pl_error_set(&f->error, PL_RESOURCE_EXHAUSTED, "no memory for the answer");
}

pl_code pl_http_fetch(const pl_http_call *call, pl_http_answer **out_answer, pl_error *err) {
    pl_loop *loop = NULL;
    pl_http_client *client = NULL;
    fetch f = {.done = false};
    pl_code code = pl_loop_new(&loop, err);
    if (!code)
        code = pl_http_client_new(loop, &client, err);
    if (!code)
        code = pl_http_exchange_start(client, call, true, on_done, &f, NULL, err);
    while (!code && !f.done)
        code = pl_loop_run_once(loop, -1, err);
    if (!code && f.error.code)
        code = pl_error_wrap(err, &f.error, "%.64s", call->address);
    if (!code)
        *out_answer = &f.answer->answer;
    pl_http_client_free(client);
    pl_loop_free(loop);
    return code;
}

void pl_http_answer_free(pl_http_answer *answer) {
    if (!answer)
        return;
    owned_answer *owned = PL_CONTAINER_OF(answer, owned_answer, answer);
    pl_arena_done(&owned->arena);
    free(owned);
}

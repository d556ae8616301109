#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "call_internal.h"
#include "status.h"

/* Metadata entries of an answer that are kept, and bytes of all their texts. */
#define METADATA_MAX 64
#define TEXTS_MAX    (64 * 1024)

typedef struct reply_box {
    pl_bytes_reply reply;
    pl_arena arena;
    pl_violations violations;
    grpc_slice body;
    pl_metadata metadata[METADATA_MAX];
} reply_box;

static pl_str copy_slice(pl_arena *arena, grpc_slice slice) {
    size_t n = GRPC_SLICE_LENGTH(slice);
    const char *p = pl_arena_strndup(arena, (const char *)GRPC_SLICE_START_PTR(slice), n);

    return pl_str_make(p, p ? n : 0);
}

static void take_metadata(reply_box *box, const grpc_metadata_array *from) {
    for (size_t i = 0; i < from->count && box->reply.metadata_count < METADATA_MAX; i++) {
        pl_metadata *item = &box->metadata[box->reply.metadata_count];
        pl_str key = copy_slice(&box->arena, from->metadata[i].key);
        size_t n = GRPC_SLICE_LENGTH(from->metadata[i].value);
        char *value = pl_arena_alloc(&box->arena, n + 1);
        if (!key.p || !value)
            return;
        memcpy(value, GRPC_SLICE_START_PTR(from->metadata[i].value), n);
        value[n] = '\0';
        item->key = key.p;
        item->value = pl_str_make(value, n);
        box->reply.metadata_count++;
    }
}

static void take_attempt(reply_box *box, pl_attempt *attempt, const char *upstream,
                         const char *path) {
    pl_error *err = &box->reply.error;

    box->reply.code = pl_attempt_code(attempt);
    if (box->reply.code == PL_OK)
        box->reply.code = pl_attempt_body(attempt, path, &box->body, err);
    else
        pl_attempt_error(attempt, upstream, path, err, &box->violations);
    take_metadata(box, &attempt->initial);
    take_metadata(box, &attempt->trailing);
    if (box->reply.code == PL_OK)
        box->reply.body = pl_str_make((const char *)GRPC_SLICE_START_PTR(box->body),
                                      GRPC_SLICE_LENGTH(box->body));
}

static reply_box *box_new(void) {
    reply_box *box = calloc(1, sizeof *box);

    if (!box)
        return NULL;
    box->arena = pl_arena_make(TEXTS_MAX);
    pl_violations_init(&box->violations, &box->arena);
    box->reply.metadata = box->metadata;
    return box;
}

pl_bytes_reply *pl_reply_new(pl_attempt *attempt, const char *upstream, const char *path,
                             const pl_error *err) {
    reply_box *box = box_new();

    if (!box)
        return NULL;
    if (attempt) {
        take_attempt(box, attempt, upstream, path);
    } else {
        box->reply.code = err->code;
        box->reply.error = *err;
    }
    box->reply.violations = box->violations.items;
    box->reply.violation_count = box->violations.kept;
    return &box->reply;
}

/* ---- of a call in this process ---- */

static void keep(reply_box *box, const char *key, pl_str value) {
    pl_metadata *item = &box->metadata[box->reply.metadata_count];

    if (box->reply.metadata_count == METADATA_MAX)
        return;
    item->key = pl_arena_strdup(&box->arena, key);
    item->value = pl_str_make(pl_arena_cstr(&box->arena, value), value.n);
    if (item->key && item->value.p)
        box->reply.metadata_count++;
}

static void keep_details(reply_box *box, const pl_call *call) {
    pl_buf details = pl_buf_make(PL_STATUS_DETAILS_MAX);

    pl_status_encode(&call->error, call->error_metadata, &call->violations, &details);
    pl_buf_str(&details, call->details);
    if (!details.failed)
        keep(box, PL_STATUS_DETAILS_KEY, pl_buf_view(&details));
    pl_buf_done(&details);
}

pl_bytes_reply *pl_reply_of_call(const pl_call *call, pl_code code, pl_str body) {
    reply_box *box = box_new();

    if (!box)
        return NULL;
    box->reply.code = code;
    for (size_t i = 0; i < call->headers.count && code == PL_OK; i++)
        keep(box, call->headers.items[i].key, call->headers.items[i].value);
    for (size_t i = 0; i < call->trailing.count; i++)
        keep(box, call->trailing.items[i].key, call->trailing.items[i].value);
    if (code == PL_OK) {
        box->body = grpc_slice_from_copied_buffer(body.p ? body.p : "", body.n);
        box->reply.body = pl_str_make((const char *)GRPC_SLICE_START_PTR(box->body),
                                      GRPC_SLICE_LENGTH(box->body));
    } else {
        box->reply.error = call->error;
        for (size_t i = 0; i < call->violations.kept; i++)
            pl_violations_add(&box->violations, call->violations.items[i].field, "%s",
                              call->violations.items[i].description);
        keep_details(box, call);
    }
    box->reply.violations = box->violations.items;
    box->reply.violation_count = box->violations.kept;
    return &box->reply;
}

void pl_bytes_reply_free(pl_bytes_reply *reply) {
    reply_box *box;

    if (!reply)
        return;
    box = PL_CONTAINER_OF(reply, reply_box, reply);
    grpc_slice_unref(box->body);
    pl_arena_done(&box->arena);
    free(box);
}

#include "call_internal.h"

#include <string.h>

#include "channel_internal.h"
#include "parley/base/assert.h"
#include "status.h"

static bool key_is_legal(const char *key) {
    grpc_slice slice = grpc_slice_from_static_string(key);

    return *key && grpc_header_key_is_legal(slice) && strncmp(key, "grpc-", 5) != 0;
}

static bool value_is_legal(const char *key, pl_str value) {
    size_t length = strlen(key);

    if (length > 4 && strcmp(key + length - 4, "-bin") == 0)
        return true;
    return grpc_header_nonbin_value_is_legal(
        grpc_slice_from_static_buffer(value.p ? value.p : "", value.n));
}

bool pl_metadata_legal(const char *key, pl_str value) {
    return key_is_legal(key) && value_is_legal(key, value);
}

/* Whether all of N bytes are printable ASCII, eight at a time: every call has some hundred. */
static bool is_printable(const uint8_t *p, size_t n) {
    const uint64_t each = UINT64_MAX / 255; /* 1 in every byte */
    uint64_t bad = 0;

    for (; n >= sizeof(uint64_t); p += sizeof(uint64_t), n -= sizeof(uint64_t)) {
        uint64_t x;
        memcpy(&x, p, sizeof x);
        /* below ' ' borrows, '\x7f' carries, and the rest has the high bit itself */
        bad |= ((x - each * ' ') & ~x) | (x + each) | x;
    }
    for (; n; p++, n--)
        bad |= *p < ' ' || *p > '~' ? each * 0x80 : 0;
    return !(bad & each * 0x80);
}

bool pl_metadata_array_legal(const grpc_metadata_array *metadata, pl_str *out_key) {
    for (size_t i = 0; i < metadata->count; i++) {
        const grpc_metadata *entry = &metadata->metadata[i];
        const char *key = (const char *)GRPC_SLICE_START_PTR(entry->key);
        size_t n = GRPC_SLICE_LENGTH(entry->key);
        if (n && grpc_header_key_is_legal(entry->key) &&
            (grpc_is_binary_header(entry->key) ||
             is_printable(GRPC_SLICE_START_PTR(entry->value), GRPC_SLICE_LENGTH(entry->value))))
            continue;
        for (out_key->p = key; out_key->n < n && key[out_key->n] > ' ' && key[out_key->n] < 127;)
            out_key->n++;
        return false;
    }
    return true;
}

pl_code pl_metadata_add(pl_metadata_list *list, pl_arena *arena, const char *key, pl_str value) {
    pl_metadata *item;

    if (!key_is_legal(key))
        return pl_error_set(&list->bad, PL_INVALID_ARGUMENT, "metadata \"%s\": not a key", key);
    if (!value_is_legal(key, value))
        return pl_error_set(&list->bad, PL_INVALID_ARGUMENT,
                            "metadata %s: the value holds what is no printable ASCII", key);
    if (value.n > PL_CALL_METADATA_VALUE_MAX || list->count == PL_CALL_METADATA_MAX)
        return pl_error_set(&list->bad, PL_RESOURCE_EXHAUSTED,
                            "metadata %s: %zu bytes after %zu entries, at most %d bytes in %d "
                            "entries can be sent",
                            key, value.n, list->count, PL_CALL_METADATA_VALUE_MAX,
                            PL_CALL_METADATA_MAX);
    item = &list->items[list->count];
    item->key = pl_arena_strdup(arena, key);
    item->value.p = pl_arena_cstr(arena, value);
    item->value.n = value.n;
    if (!item->key || !item->value.p)
        return pl_error_set(&list->bad, PL_RESOURCE_EXHAUSTED, "metadata %s: no memory", key);
    list->count++;
    return PL_OK;
}

pl_code pl_call_send_metadata(pl_call *call, const char *key, pl_str value) {
    return pl_metadata_add(&call->trailing, &call->arena, key, value);
}

pl_code pl_call_send_header(pl_call *call, const char *key, pl_str value) {
    return pl_metadata_add(&call->headers, &call->arena, key, value);
}

void pl_call_set_outgoing(pl_call *call, const char *key, pl_str value) {
    (void)pl_metadata_add(&call->outgoing, &call->arena, key, value);
}

static bool slice_is(grpc_slice slice, const char *text, size_t length) {
    return GRPC_SLICE_LENGTH(slice) == length &&
           memcmp(GRPC_SLICE_START_PTR(slice), text, length) == 0;
}

pl_str pl_call_metadata(const pl_call *call, const char *key) {
    pl_str none = {NULL, 0};
    size_t length = strlen(key);

    if (strcmp(key, PL_KEY_DEMO) == 0)
        return call->demo;
    if (!call->incoming)
        return none;
    for (size_t i = 0; i < call->incoming->count; i++) {
        /* A slice may hold its bytes in itself: the one in the array is looked at. */
        const grpc_metadata *entry = &call->incoming->metadata[i];
        if (slice_is(entry->key, key, length))
            return pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->value),
                               GRPC_SLICE_LENGTH(entry->value));
    }
    return none;
}

bool pl_call_metadata_at(const pl_call *call, size_t index, pl_str *out_key, pl_str *out_value) {
    for (size_t i = 0; call->incoming && i < call->incoming->count; i++) {
        const grpc_metadata *entry = &call->incoming->metadata[i];
        if ((!call->demo.p && slice_is(entry->key, PL_KEY_DEMO, strlen(PL_KEY_DEMO))) || index--)
            continue;
        *out_key = pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->key),
                               GRPC_SLICE_LENGTH(entry->key));
        *out_value = pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->value),
                                 GRPC_SLICE_LENGTH(entry->value));
        return true;
    }
    return false;
}

/* ---- of an answer ---- */

static void keep(pl_call *call, const grpc_metadata_array *from) {
    pl_metadata_list *list = &call->received;

    for (size_t i = 0; i < from->count && list->count < PL_CALL_METADATA_MAX; i++) {
        const grpc_metadata *entry = &from->metadata[i];
        pl_metadata *item = &list->items[list->count];
        pl_str key = {(const char *)GRPC_SLICE_START_PTR(entry->key),
                      GRPC_SLICE_LENGTH(entry->key)};
        pl_str value = {(const char *)GRPC_SLICE_START_PTR(entry->value),
                        GRPC_SLICE_LENGTH(entry->value)};
        if (pl_str_eqc(key, PL_STATUS_DETAILS_KEY))
            continue; /* which is in the error */
        item->key = pl_arena_cstr(&call->arena, key);
        item->value.p = pl_arena_cstr(&call->arena, value);
        item->value.n = value.n;
        if (item->key && item->value.p)
            list->count++;
    }
}

void pl_call_keep_received(pl_call *call, const pl_attempt *attempt) {
    call->received.count = 0;
    keep(call, &attempt->initial);
    keep(call, &attempt->trailing);
}

pl_str pl_call_received(const pl_call *call, const char *key) {
    pl_str none = {NULL, 0};

    for (size_t i = 0; i < call->received.count; i++) {
        if (strcmp(call->received.items[i].key, key) == 0)
            return call->received.items[i].value;
    }
    return none;
}

/* "127.0.0.1:40312" out of core's "ipv4:127.0.0.1:40312" and "ipv6:%5B::1%5D:40312". */
const char *pl_call_peer(pl_call *call) {
    char *peer;
    const char *bare;

    if (call->peer)
        return call->peer;
    if (!call->grpc)
        return "";
    peer = grpc_call_get_peer(call->grpc);
    bare = peer;
    if (strncmp(bare, "ipv4:", 5) == 0 || strncmp(bare, "ipv6:", 5) == 0)
        bare += 5;
    call->peer = pl_arena_strdup(&call->arena, bare);
    gpr_free(peer);
    return call->peer ? call->peer : "";
}

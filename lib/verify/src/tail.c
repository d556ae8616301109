#include "tail.h"

#include <stdio.h>

#include "parley/base/clock.h"
#include "parley/schema/wire.h"

/* Milliseconds that a command may take. */
#define COMMAND_MS 2000
/* Entries of one reply. */
#define READ_COUNT "200"

/* Fields of parley.event.v1.Envelope. */
enum {
    ENVELOPE_ID = 1,
    ENVELOPE_SOURCE = 2,
    ENVELOPE_TYPE = 3,
    ENVELOPE_SUBJECT = 4,
    ENVELOPE_VERSION = 5,
    ENVELOPE_TIME = 6,
    ENVELOPE_PAYLOAD = 11
};

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the entries of a stream");
}

/* ---- where it ends --------------------------------------------------------------------------- */

/* *out_found is false where there is no such key. */
static pl_code find_end(tail *t, const char *key, bool *out_found, pl_error *err) {
    pl_redis_reply *reply = NULL;
    tail_part *part = &t->parts[t->part_count];
    pl_code code = PL_REDIS_CALL(t->redis, pl_deadline_ms(COMMAND_MS), &reply, err, "XINFO",
                                 "STREAM", key);

    *out_found = code == PL_OK;
    if (code == PL_NOT_FOUND)
        return PL_OK;
    if (code != PL_OK)
        return code;
    pl_str last = pl_redis_reply_str(pl_redis_reply_find(reply, "last-generated-id"));
    part->after.p = pl_arena_cstr(t->arena, last);
    part->after.n = last.n;
    part->key = pl_arena_strdup(t->arena, key);
    pl_redis_reply_free(reply);
    if (!part->after.p || !part->key)
        return no_memory(err);
    t->part_count++;
    return PL_OK;
}

pl_code tail_begin(tail *t, pl_redis *redis, pl_str stream, pl_arena *arena, pl_error *err) {
    char *key = pl_arena_cstr(arena, stream);
    bool found = false;

    t->redis = redis;
    t->arena = arena;
    t->part_count = 0;
    if (!key)
        return no_memory(err);
    pl_code code = find_end(t, key, &found, err);
    if (code == PL_OK && !found) {
        t->parts[0] = (tail_part){key, pl_str_c("0-0")};
        t->part_count = 1;
    }
    /* A stream of several partitions has one key each. */
    for (unsigned i = 0; code == PL_OK && t->part_count < TAIL_PARTS_MAX; i++) {
        char *name = pl_arena_printf(arena, "{%s.%u}", stream.p, i);
        code = name ? find_end(t, name, &found, err) : no_memory(err);
        /* Who may read the one key only is not told whether there are others. */
        if (code == PL_PERMISSION_DENIED)
            code = PL_OK;
        if (!found)
            break;
    }
    return code;
}

/* ---- what is added --------------------------------------------------------------------------- */

static pl_str copy(pl_arena *arena, pl_str text) {
    char *p = pl_arena_strndup(arena, text.p ? text.p : "", text.n);

    return pl_str_make(p ? p : "", p ? text.n : 0);
}

static pl_str text_of(pl_arena *arena, pl_str envelope, uint32_t number) {
    pl_wire_field field;
    bool there = pl_wire_find(envelope, number, &field) && field.type == PL_WIRE_BYTES;

    return there ? copy(arena, field.bytes) : pl_str_make("", 0);
}

static int64_t number_of(pl_str envelope, uint32_t number) {
    pl_wire_field field;

    return pl_wire_find(envelope, number, &field) && field.type == PL_WIRE_VARINT
               ? (int64_t)field.value
               : 0;
}

static void read_entry(pl_arena *arena, const pl_redis_reply *from, tail_entry *out) {
    const pl_redis_reply *fields = pl_redis_reply_at(from, 1);
    pl_str e = pl_redis_reply_str(pl_redis_reply_find(fields, "e"));

    *out = (tail_entry){
        .id = copy(arena, pl_redis_reply_str(pl_redis_reply_at(from, 0))),
        .at = copy(arena, pl_redis_reply_str(pl_redis_reply_find(fields, "at"))),
        .prev = copy(arena, pl_redis_reply_str(pl_redis_reply_find(fields, "prev"))),
        .event_id = text_of(arena, e, ENVELOPE_ID),
        .source = text_of(arena, e, ENVELOPE_SOURCE),
        .type = text_of(arena, e, ENVELOPE_TYPE),
        .subject = text_of(arena, e, ENVELOPE_SUBJECT),
        .version = number_of(e, ENVELOPE_VERSION),
        .time_us = number_of(e, ENVELOPE_TIME),
        .payload = text_of(arena, e, ENVELOPE_PAYLOAD),
    };
    out->has_event = out->type.n > 0;
}

static pl_code read_part(tail *t, tail_part *part, unsigned block_ms, tail_entry *entries,
                         size_t max, size_t *count, pl_error *err) {
    pl_redis_reply *reply = NULL;
    char block[16];

    (void)snprintf(block, sizeof block, "%u", block_ms ? block_ms : 1);
    pl_code code = PL_REDIS_CALL(t->redis, pl_deadline_ms(COMMAND_MS + block_ms), &reply, err,
                                 "XREAD", "COUNT", READ_COUNT, "BLOCK", block, "STREAMS", part->key,
                                 part->after.p);
    if (code != PL_OK)
        return code;
    const pl_redis_reply *list = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    for (size_t i = 0; i < pl_redis_reply_count(list) && *count < max; i++) {
        tail_entry *entry = &entries[(*count)++];
        read_entry(t->arena, pl_redis_reply_at(list, i), entry);
        if (entry->id.n)
            part->after = entry->id;
    }
    pl_redis_reply_free(reply);
    return PL_OK;
}

pl_code tail_read(tail *t, unsigned block_ms, tail_entry *entries, size_t max, size_t *count,
                  pl_error *err) {
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < t->part_count && *count < max; i++)
        code = read_part(t, &t->parts[i], block_ms / (unsigned)t->part_count, entries, max, count,
                         err);
    return code;
}

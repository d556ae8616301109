#include "tail.h"

#include <stdio.h>

#include "parley/base/clock.h"
#include "parley/schema/wire.h"
#include "parley/verify/verify.h"

/* Milliseconds that a command may take. */
#define COMMAND_MS 2000
/* The id behind which is everything. */
#define NO_ENTRY "0-0"
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
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                        "its entries are more than the %u MiB of one contract, or there is no "
                        "memory; verify where nothing else is published",
                        PL_VERIFY_EXCHANGE_MAX >> 20);
}

/* ---- where it ends --------------------------------------------------------------------------- */

/* PART ends where its stream does now; PL_NOT_FOUND: there is none. */
static pl_code find_end(tail *t, tail_part *part, pl_error *err) {
    pl_redis_reply *reply = NULL;
    pl_code code = PL_REDIS_CALL(t->redis, pl_deadline_ms(COMMAND_MS), &reply, err, "XINFO",
                                 "STREAM", part->key);

    if (code != PL_OK)
        return code;
    pl_str last = pl_redis_reply_str(pl_redis_reply_find(reply, "last-generated-id"));
    char *copy = pl_arena_cstr(t->arena, last);
    pl_redis_reply_free(reply);
    if (!copy)
        return no_memory(err);
    part->after = part->before = pl_str_make(copy, last.n);
    part->there = true;
    return PL_OK;
}

static pl_code begin_part(tail *t, char *key, pl_error *err) {
    tail_part *part = &t->parts[t->part_count];

    if (!key)
        return no_memory(err);
    *part = (tail_part){.key = key, .after = pl_str_c(NO_ENTRY), .before = pl_str_c("")};
    pl_code code = find_end(t, part, err);
    t->part_count += code == PL_OK || code == PL_NOT_FOUND;
    return code == PL_NOT_FOUND ? PL_OK : code;
}

pl_code tail_begin(tail *t, pl_redis *redis, pl_str stream, pl_arena *arena, pl_error *err) {
    t->redis = redis;
    t->arena = arena;
    t->part_count = 0;
    pl_code code = begin_part(t, pl_arena_cstr(arena, stream), err);
    /* Of several partitions each has a key, once it has an entry. */
    for (unsigned i = 0; code == PL_OK && i < TAIL_PARTS_MAX; i++) {
        code = begin_part(t, pl_arena_printf(arena, "{%s.%u}", stream.p, i), err);
        /* A stream that has one partition has no others, but for those of another time. */
        if (t->parts[0].there && !t->parts[t->part_count - 1].there)
            break;
    }
    /* Who may read the one key only is not told whether there are others. */
    return code == PL_PERMISSION_DENIED && t->part_count ? PL_OK : code;
}

/* ---- what is added --------------------------------------------------------------------------- */

/* Copies texts until one does not fit. */
typedef struct copier {
    pl_arena *arena;
    bool full;
} copier;

static pl_str copy(copier *c, pl_str text) {
    char *p = pl_arena_strndup(c->arena, text.p ? text.p : "", text.n);

    c->full = c->full || !p;
    return pl_str_make(p ? p : "", p ? text.n : 0);
}

static pl_str text_of(copier *c, pl_str envelope, uint32_t number) {
    pl_wire_field field;
    bool there = pl_wire_find(envelope, number, &field) && field.type == PL_WIRE_BYTES;

    return there ? copy(c, field.bytes) : pl_str_make("", 0);
}

static int64_t number_of(pl_str envelope, uint32_t number) {
    pl_wire_field field;

    return pl_wire_find(envelope, number, &field) && field.type == PL_WIRE_VARINT
               ? (int64_t)field.value
               : 0;
}

/* False: no memory. */
static bool read_entry(pl_arena *arena, const pl_redis_reply *from, tail_entry *out) {
    copier c = {.arena = arena};
    const pl_redis_reply *fields = pl_redis_reply_at(from, 1);
    pl_str e = pl_redis_reply_str(pl_redis_reply_find(fields, "e"));

    *out = (tail_entry){
        .id = copy(&c, pl_redis_reply_str(pl_redis_reply_at(from, 0))),
        .at = copy(&c, pl_redis_reply_str(pl_redis_reply_find(fields, "at"))),
        .prev = copy(&c, pl_redis_reply_str(pl_redis_reply_find(fields, "prev"))),
        .event_id = text_of(&c, e, ENVELOPE_ID),
        .source = text_of(&c, e, ENVELOPE_SOURCE),
        .type = text_of(&c, e, ENVELOPE_TYPE),
        .subject = text_of(&c, e, ENVELOPE_SUBJECT),
        .version = number_of(e, ENVELOPE_VERSION),
        .time_us = number_of(e, ENVELOPE_TIME),
        .payload = text_of(&c, e, ENVELOPE_PAYLOAD),
    };
    out->has_event = out->type.n > 0;
    return !c.full;
}

/* BLOCK_MS 0: what is there alone. */
static pl_code read_part(tail *t, tail_part *part, unsigned block_ms, tail_entry *entries,
                         size_t max, size_t *count, pl_error *err) {
    pl_redis_reply *reply = NULL;
    int64_t deadline_ns = pl_deadline_ms(COMMAND_MS + block_ms);
    char block[16];

    (void)snprintf(block, sizeof block, "%u", block_ms);
    pl_code code = block_ms ? PL_REDIS_CALL(t->redis, deadline_ns, &reply, err, "XREAD", "COUNT",
                                            READ_COUNT, "BLOCK", block, "STREAMS", part->key,
                                            part->after.p)
                            : PL_REDIS_CALL(t->redis, deadline_ns, &reply, err, "XREAD", "COUNT",
                                            READ_COUNT, "STREAMS", part->key, part->after.p);
    if (code != PL_OK)
        return code;
    const pl_redis_reply *list = pl_redis_reply_at(pl_redis_reply_at(reply, 0), 1);
    for (size_t i = 0; i < pl_redis_reply_count(list) && *count < max; i++) {
        tail_entry *entry = &entries[*count];
        if (!read_entry(t->arena, pl_redis_reply_at(list, i), entry)) {
            code = no_memory(err);
            break;
        }
        (*count)++;
        entry->before = part->before;
        part->there = true;
        if (entry->id.n)
            part->after = entry->id;
        if (pl_str_eq(entry->at, entry->id))
            part->before = entry->id;
    }
    pl_redis_reply_free(reply);
    return code;
}

pl_code tail_read(tail *t, unsigned block_ms, tail_entry *entries, size_t max, size_t *count,
                  pl_error *err) {
    unsigned there = 0;
    pl_code code = PL_OK;

    for (size_t i = 0; i < t->part_count; i++)
        there += t->parts[i].there;
    /* Those that are not there are looked into, but not waited for; where none is, the first. */
    for (size_t i = 0; code == PL_OK && i < t->part_count && *count < max; i++) {
        bool waits = there ? t->parts[i].there : i == 0;
        code = read_part(t, &t->parts[i], waits ? block_ms / (there ? there : 1) : 0, entries, max,
                         count, err);
    }
    return code;
}

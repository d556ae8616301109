/* Plain calls: examples from the wire bytes of their matchers. What is made here is what
 * wire_matcher.c and example.c make together; whatever is unusual is left to them. */
#include "parley/contract/plain.h"

#include "leaf.h"
#include "wire.h"

/* Greatest depth of messages in one another, and of examples of examples. */
enum { DEPTH_MAX = 32 };

/* What of a matcher says its example. */
typedef struct sample {
    uint64_t kind;
    pl_str bytes; /* of the matcher */
    pl_str value;
    pl_str example;
    bool now;
} sample;

static bool put_members(const pl_message_type *type, pl_str matcher, unsigned depth, pl_buf *out);

static bool look(pl_str bytes, sample *out) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    *out = (sample){.bytes = bytes};
    while (pl_wire_next(&in, &f)) {
        if (f.number == MATCHER_KIND)
            out->kind = f.value;
        else if (f.number == MATCHER_VALUE)
            out->value = f.bytes;
        else if (f.number == MATCHER_EXAMPLE)
            out->example = f.bytes;
        else if (f.number == MATCHER_NOW)
            out->now = f.value != 0;
    }
    return !in.failed;
}

/* The matcher that is the example of the one in BYTES. False: it is made when it is used. */
static bool find_example(pl_str bytes, sample *out) {
    for (unsigned i = 0; i < DEPTH_MAX; i++) {
        if (!look(bytes, out) || out->now || out->kind == PL_MATCH_FROM_STATE)
            return false;
        if (!out->example.n)
            return true;
        bytes = out->example;
    }
    return false;
}

/* Puts its length before what OUT has from MARK on. */
static bool enclose(pl_buf *out, size_t mark) {
    uint8_t length[PL_WIRE_VARINT_SIZE];
    size_t size = out->n - mark, n = pl_varint_put(length, size);
    if (!pl_buf_append(out, length, n))
        return false;
    memmove(out->p + mark + n, out->p + mark, size);
    memcpy(out->p + mark, length, n);
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool put_moment(const pl_field *field, const pl_leaf_value *value, pl_buf *out) {
    pl_wire_put_tag(out, field->number, PL_WIRE_BYTES);
    size_t mark = out->n;
    if (value->bits) {
        pl_wire_put_tag(out, NUMBER_SECONDS, PL_WIRE_VARINT);
        pl_wire_put_varint(out, value->bits);
    }
    if (value->nanos) {
        pl_wire_put_tag(out, NUMBER_NANOS, PL_WIRE_VARINT);
        pl_wire_put_varint(out, (uint64_t)(int64_t)value->nanos);
    }
    return enclose(out, mark);
}

/* ALWAYS: also a default that an absent field reads as. */
static bool put_leaf(const pl_field *field, pl_str bytes, bool always, pl_buf *out) {
    pl_leaf_value value;
    pl_dynamic_value scalar;
    if (!wire_get_value(bytes, &value))
        return false;
    always = always || field->presence;
    if (field->message)
        return put_moment(field, &value, out);
    if (field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES)
        return (!always && !value.text.n) || pl_wire_put_bytes(out, field->number, value.text);
    /* A scalar needs no arena. */
    if (!leaf_write(field, &value, NULL, &scalar))
        return false;
    return (!always && !scalar.bits) ||
           (pl_wire_put_tag(out, field->number, (pl_wire_type)pl_kind_wire_type(field->kind)) &&
            pl_wire_put_scalar(out, field->kind, scalar.bits));
}

static bool put_value(const pl_field *field, const sample *from, bool always, unsigned depth,
                      pl_buf *out) {
    if (pl_leaf_of(field) != PL_LEAF_NONE)
        return from->kind == PL_MATCH_EQUAL && put_leaf(field, from->value, always, out);
    if (from->kind != PL_MATCH_MESSAGE || field->kind != PL_KIND_MESSAGE)
        return false;
    pl_wire_put_tag(out, field->number, PL_WIRE_BYTES);
    size_t mark = out->n;
    return put_members(field->message, from->bytes, depth + 1, out) && enclose(out, mark);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Items of a list of scalars, one after the other. */
static bool put_packed(const pl_field *field, pl_str list, pl_buf *out) {
    pl_wire_reader in = pl_wire_reader_make(list);
    pl_wire_field f;
    size_t begin = out->n;
    pl_wire_put_tag(out, field->number, PL_WIRE_BYTES);
    size_t mark = out->n;
    while (pl_wire_next(&in, &f)) {
        sample item;
        pl_leaf_value value;
        pl_dynamic_value scalar;
        if (f.number != MATCHER_ITEMS)
            continue;
        if (!find_example(f.bytes, &item) || item.kind != PL_MATCH_EQUAL ||
            !wire_get_value(item.value, &value) || !leaf_write(field, &value, NULL, &scalar) ||
            !pl_wire_put_scalar(out, field->kind, scalar.bits))
            return false;
    }
    if (out->n > mark)
        return enclose(out, mark);
    pl_buf_cut(out, begin);
    return true;
}

static bool put_list(const pl_field *field, pl_str list, unsigned depth, pl_buf *out) {
    pl_wire_reader in = pl_wire_reader_make(list);
    pl_wire_field f;
    if (field->packed)
        return put_packed(field, list, out);
    while (pl_wire_next(&in, &f)) {
        sample item;
        if (f.number == MATCHER_ITEMS &&
            !(find_example(f.bytes, &item) && put_value(field, &item, true, depth, out)))
            return false;
    }
    return true;
}

/* A field of a message, or an entry of a map. */
typedef struct member {
    uint32_t number;
    pl_str key, matcher;
} member;

static member member_of(pl_str bytes) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f;
    member m = {0};
    while (pl_wire_next(&in, &f)) {
        if (f.number == MEMBER_NUMBER)
            m.number = (uint32_t)f.value;
        else if (f.number == MEMBER_KEY)
            m.key = f.bytes;
        else if (f.number == MEMBER_MATCHER)
            m.matcher = f.bytes;
    }
    return m;
}

static bool put_map(const pl_field *field, pl_str map, unsigned depth, pl_buf *out) {
    const pl_field *entry = field->message->fields;
    pl_wire_reader in = pl_wire_reader_make(map);
    pl_wire_field f;
    while (pl_wire_next(&in, &f)) {
        sample value;
        if (f.number != MATCHER_MEMBERS)
            continue;
        member m = member_of(f.bytes);
        pl_wire_put_tag(out, field->number, PL_WIRE_BYTES);
        size_t mark = out->n;
        if (!put_leaf(&entry[0], m.key, true, out) || !find_example(m.matcher, &value) ||
            !put_value(&entry[1], &value, true, depth, out) || !enclose(out, mark))
            return false;
    }
    return true;
}

static bool put_member(const pl_message_type *type, pl_str bytes, unsigned depth, pl_buf *out) {
    member m = member_of(bytes);
    const pl_field *field = pl_message_field_by_number(type, m.number);
    sample from;
    if (!field || !find_example(m.matcher, &from))
        return false;
    if (from.kind == PL_MATCH_ABSENT || from.kind == PL_MATCH_ANY)
        return true;
    if (field->map)
        return from.kind == PL_MATCH_MAP && put_map(field, from.bytes, depth, out);
    if (field->repeated)
        return from.kind == PL_MATCH_LIST && put_list(field, from.bytes, depth, out);
    return put_value(field, &from, false, depth, out);
}

static bool put_members(const pl_message_type *type, pl_str matcher, unsigned depth, pl_buf *out) {
    pl_wire_reader in = pl_wire_reader_make(matcher);
    pl_wire_field f;
    if (depth > DEPTH_MAX)
        return false;
    while (pl_wire_next(&in, &f)) {
        if (f.number == MATCHER_MEMBERS && !put_member(type, f.bytes, depth, out))
            return false;
    }
    return true;
}

/* ---- a call ---------------------------------------------------------------------------------- */

/* The steps of a call: the message that is received, and the one that is sent. */
typedef struct script {
    pl_str request, response;
    bool ended;
    bool failed; /* it ends with an error */
    bool more;   /* there are metadata or trailers */
} script;

static bool add_step(pl_str bytes, script *out) {
    pl_wire_reader in = pl_wire_reader_make(bytes);
    pl_wire_field f, code;
    uint64_t kind = 0;
    pl_str message = {NULL, 0}, status = {NULL, 0};
    while (pl_wire_next(&in, &f)) {
        if (f.number == STEP_KIND)
            kind = f.value;
        else if (f.number == STEP_MESSAGE)
            message = f.bytes;
        else if (f.number == STEP_STATUS)
            status = f.bytes;
    }
    if (kind == PL_STEP_RECV && !out->request.p)
        out->request = message;
    else if (kind == PL_STEP_SEND && !out->response.p)
        out->response = message;
    else if (kind == PL_STEP_STATUS && !out->ended)
        out->ended = true;
    else
        return kind == PL_STEP_CLOSE;
    out->failed = out->ended && pl_wire_find(status, STATUS_CODE, &code) && code.value != PL_OK;
    return !in.failed;
}

static bool find_script(pl_str contract, script *out) {
    pl_wire_reader in = pl_wire_reader_make(contract);
    pl_wire_field f;
    *out = (script){.ended = false};
    while (pl_wire_next(&in, &f)) {
        if (f.number == CONTRACT_METADATA || f.number == CONTRACT_TRAILERS)
            out->more = true;
        else if (f.number == CONTRACT_STEPS && !add_step(f.bytes, out))
            return false;
    }
    return !in.failed && out->request.p && out->ended && (out->response.p || out->failed);
}

static bool put_message(const pl_message_type *type, pl_str matcher, pl_buf *out) {
    sample from;
    if (!find_example(matcher, &from))
        return false;
    if (from.kind == PL_MATCH_ANY)
        return true;
    return from.kind == PL_MATCH_MESSAGE && put_members(type, from.bytes, 0, out);
}

bool pl_contract_plain(const pl_contract *contract, pl_buf *out, pl_plain_call *out_call) {
    size_t begin = out->n;
    script found;
    if (!contract->unread.n || !find_script(contract->unread, &found) ||
        !put_message(contract->method->input, found.request, out))
        return false;
    pl_plain_call call = {out->n - begin, found.more || found.failed};
    if (!found.failed && !put_message(contract->method->output, found.response, out))
        return false;
    if (out->failed)
        return false;
    *out_call = call;
    return true;
}

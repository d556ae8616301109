#include "random_wire.h"

#include "codec_types.h"
#include "parley/base/macros.h"

/* Messages in one another; beyond they are empty. */
#define DEPTH_MAX   4
#define MESSAGE_MAX (1 << 20)

typedef struct maker {
    uint64_t *seed;
    unsigned depth;
} maker;

uint32_t random_next(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

static uint32_t below(maker *m, uint32_t n) {
    return random_next(m->seed) % n;
}

static uint64_t any_bits(maker *m) {
    uint64_t bits = (uint64_t)random_next(m->seed) << 32 | random_next(m->seed);

    return below(m, 4) ? bits >> below(m, 64) : (uint64_t) - (int64_t)(bits & 0xff);
}

static void put_varint(maker *m, pl_buf *out) {
    if (below(m, 50) == 0)
        pl_buf_append(out, "\x81\x80\x00", 3); /* longer than it need be */
    else
        pl_wire_put_varint(out, any_bits(m));
}

static void put_text(maker *m, pl_buf *out, bool bytes) {
    static const char *const pieces[] = {"a",        "plain",        "a text of some length",
                                         "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x99\x82"};
    uint32_t count = below(m, 5);

    for (uint32_t i = 0; i < count; i++) {
        pl_buf_puts(out, pieces[below(m, PL_COUNT(pieces))]);
        if (bytes || below(m, 200) == 0)
            pl_buf_putc(out, (char)(below(m, 2) ? random_next(m->seed) : 0));
    }
}

static void put_fields(maker *m, const ProtobufCMessageDescriptor *type, pl_buf *out);

static void put_content(maker *m, const ProtobufCFieldDescriptor *field, pl_wire_type wire,
                        pl_buf *out) {
    pl_buf inner = pl_buf_make(MESSAGE_MAX);

    switch (wire) {
    case PL_WIRE_VARINT:
        put_varint(m, out);
        break;
    case PL_WIRE_FIXED32:
        pl_wire_put_fixed32(out, (uint32_t)any_bits(m));
        break;
    case PL_WIRE_FIXED64:
        pl_wire_put_fixed64(out, any_bits(m));
        break;
    default:
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (m->depth < DEPTH_MAX)
                put_fields(m, field->descriptor, &inner);
        } else {
            put_text(m, &inner, !field || field->type == PROTOBUF_C_TYPE_BYTES);
        }
        pl_wire_put_varint(out, inner.n);
        pl_buf_str(out, pl_buf_view(&inner));
        break;
    }
    pl_buf_done(&inner);
}

static void put_packed(maker *m, const ProtobufCFieldDescriptor *field, pl_buf *out) {
    pl_buf inner = pl_buf_make(MESSAGE_MAX);
    uint32_t count = below(m, 8);

    for (uint32_t i = 0; i < count; i++)
        put_content(m, field, (pl_wire_type)field_shapes[field->type].wire, &inner);
    if (below(m, 300) == 0)
        pl_buf_putc(&inner, '\x80');
    pl_wire_put_bytes(out, field->id, pl_buf_view(&inner));
    pl_buf_done(&inner);
}

static void put_unknown(maker *m, pl_buf *out) {
    static const pl_wire_type wires[] = {PL_WIRE_VARINT, PL_WIRE_FIXED32, PL_WIRE_FIXED64,
                                         PL_WIRE_BYTES};
    pl_wire_type wire = wires[below(m, PL_COUNT(wires))];

    pl_wire_put_tag(out, 5000 + below(m, 3), wire);
    put_content(m, NULL, wire, out);
}

static void put_field(maker *m, const ProtobufCFieldDescriptor *field, pl_buf *out) {
    pl_wire_type wire = (pl_wire_type)field_shapes[field->type].wire;
    uint32_t run = field->label == PROTOBUF_C_LABEL_REPEATED ? 1 + below(m, 6) : 1;

    if (below(m, 300) == 0)
        wire = (pl_wire_type)below(m, 6);
    for (uint32_t i = 0; i < run; i++) {
        if (field->label == PROTOBUF_C_LABEL_REPEATED && wire != PL_WIRE_BYTES && below(m, 2)) {
            put_packed(m, field, out);
            continue;
        }
        pl_wire_put_tag(out, field->id, wire);
        put_content(m, field, wire, out);
    }
}

static void put_fields(maker *m, const ProtobufCMessageDescriptor *type, pl_buf *out) {
    uint32_t count = below(m, m->depth ? 6 : 16);

    m->depth++;
    for (uint32_t i = 0; i < count; i++) {
        if (type->n_fields && below(m, 12))
            put_field(m, &type->fields[below(m, type->n_fields)], out);
        else
            put_unknown(m, out);
    }
    m->depth--;
}

void random_message(uint64_t *seed, const ProtobufCMessageDescriptor *type, pl_buf *out) {
    maker m = {seed, 0};

    put_fields(&m, type, out);
}

void random_damage(uint64_t *seed, pl_buf *bytes) {
    uint32_t changes = 1 + random_next(seed) % 3;

    for (uint32_t i = 0; bytes->n && i < changes; i++)
        bytes->p[random_next(seed) % bytes->n] = (char)random_next(seed);
    if (bytes->n && random_next(seed) % 5 == 0)
        bytes->n = random_next(seed) % bytes->n;
}

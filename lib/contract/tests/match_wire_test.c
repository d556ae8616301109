/* Verdicts on the wire: what Protobuf calls equal is never told apart, and what is no message is a
 * difference. */
#include "parley/schema/wire.h"
#include "shop.h"

enum { ROUNDS = 300, PIECES_MAX = 256 };

/* Numbers that are the same in every run. */
static uint32_t seed;
static uint32_t dice(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

typedef struct piece {
    uint32_t number;
    pl_str bytes; /* tag included */
} piece;

static size_t split(pl_str message, piece *out) {
    pl_wire_reader reader = pl_wire_reader_make(message);
    pl_wire_field field;
    size_t count = 0;
    for (const uint8_t *from = reader.p; pl_wire_next(&reader, &field); from = reader.p) {
        assert_true(count < PIECES_MAX);
        out[count].number = field.number;
        out[count++].bytes = pl_str_make((const char *)from, (size_t)(reader.p - from));
    }
    assert_false(reader.failed);
    return count;
}

/* Neighbours change places, as long as they are of different fields. */
static void shuffle(piece *pieces, size_t count) {
    for (size_t round = 0; count > 1 && round < count * count; round++) {
        size_t i = (size_t)dice() % (count - 1);
        piece other = pieces[i];
        if (pieces[i].number == pieces[i + 1].number)
            continue;
        pieces[i] = pieces[i + 1];
        pieces[i + 1] = other;
    }
}

static void put_unknown(pl_buf *out) {
    uint32_t number = 5000 + (uint32_t)dice() % 1000;
    switch (dice() % 3) {
    case 0:
        pl_wire_put_tag(out, number, PL_WIRE_VARINT);
        pl_wire_put_varint(out, (uint64_t)dice());
        break;
    case 1:
        pl_wire_put_bytes(out, number, pl_str_c("something new"));
        break;
    default:
        pl_wire_put_tag(out, number, PL_WIRE_FIXED32);
        pl_wire_put_fixed32(out, 1);
    }
}

/* A packed list in pieces: packed ones of some items, and items of their own. */
static void put_packed(const pl_field *field, pl_str content, pl_buf *out) {
    pl_wire_reader reader = pl_wire_reader_make(content);
    uint64_t value;
    while (pl_wire_scalar(&reader, field->kind, &value)) {
        pl_buf some = pl_buf_make(64);
        if (dice() % 2) {
            pl_wire_put_tag(out, field->number, (pl_wire_type)pl_kind_wire_type(field->kind));
            pl_wire_put_scalar(out, field->kind, value);
            continue;
        }
        pl_wire_put_scalar(&some, field->kind, value);
        pl_wire_put_bytes(out, field->number, pl_buf_view(&some));
        pl_buf_done(&some);
    }
}

static void rewrite(const pl_message_type *type, pl_str message, pl_buf *out) {
    piece pieces[PIECES_MAX];
    size_t count = split(message, pieces);
    shuffle(pieces, count);
    for (size_t i = 0; i < count; i++) {
        const pl_field *field = pl_message_field_by_number(type, pieces[i].number);
        pl_wire_reader reader = pl_wire_reader_make(pieces[i].bytes);
        pl_wire_field read;
        if (dice() % 4 == 0)
            put_unknown(out);
        assert_true(pl_wire_next(&reader, &read));
        if (field && field->repeated && pl_kind_packable(field->kind) &&
            read.type == PL_WIRE_BYTES) {
            put_packed(field, read.bytes, out);
        } else if (field && field->message && read.type == PL_WIRE_BYTES) {
            pl_buf inner = pl_buf_make(SHOP_TEXT_MAX);
            rewrite(field->message, read.bytes, &inner);
            pl_wire_put_bytes(out, field->number, pl_buf_view(&inner));
            pl_buf_done(&inner);
        } else {
            pl_buf_str(out, pieces[i].bytes);
        }
    }
    if (dice() % 2)
        put_unknown(out);
}

static const char everything[] =
    "{ number: 5, name: !non_empty x, small: !range { min: -5 }, numbers: [1, 2, 300],"
    "  states: !unordered [STATE_SOLD, STATE_ON_SALE], tags: !contains [a], parts: !each { count: "
    "1 },"
    "  texts: { a: x, b: y }, places: !each_key 5, part: { name: p, count: !type 5 },"
    "  child: { numbers: !size 2, part: { name: q } }, at: 2026-01-01T00:00:00Z, boxed: 7,"
    "  extra: { k: [1, { l: m }] }, any: { \"@type\": shop.v1.Part, name: z }, points: 9 }";

static void order_packing_and_unknown_fields_never_change_a_verdict(void **state) {
    static const char *const messages[] = {
        NULL, /* the example */
        "{\"number\":\"5\",\"numbers\":[1,2,3],\"states\":[1,2],\"part\":{\"name\":\"p\"}}",
        "{\"number\":\"6\",\"numbers\":[1,2,300],\"states\":[1,1],\"texts\":{\"b\":\"y\",\"a\":"
        "\"z\"},"
        "\"child\":{\"numbers\":[4,5,6],\"part\":{\"name\":\"r\",\"count\":1}},\"points\":\"0\"}",
    };
    (void)state;
    pl_contract_set *set = shop_response(pool, everything);
    const pl_contract *contract = shop_contract(set);
    const pl_message_type *type = contract->method->output;
    seed = 1;
    for (size_t m = 0; m < PL_COUNT(messages); m++) {
        pl_arena arena = pl_arena_make(1 << 20);
        pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), first = pl_buf_make(SHOP_TEXT_MAX);
        if (messages[m])
            shop_bytes(pool, "shop.v1.Item", messages[m], &bytes);
        else
            assert_int_equal(
                pl_example_bytes(pl_contract_response(contract), type, NULL, &arena, &bytes),
                PL_OK);
        shop_judge(set, pl_buf_view(&bytes), false, &first);
        assert_int_equal(first.n == 0, messages[m] == NULL);
        for (int round = 0; round < ROUNDS; round++) {
            pl_buf other = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
            rewrite(type, pl_buf_view(&bytes), &other);
            assert_false(other.failed);
            shop_judge(set, pl_buf_view(&other), false, &said);
            assert_string_equal(said.p, first.p);
            pl_buf_done(&other);
            pl_buf_done(&said);
        }
        pl_buf_done(&bytes);
        pl_buf_done(&first);
        pl_arena_done(&arena);
    }
    pl_contract_set_free(set);
}

static void bytes_that_are_no_message_are_a_difference(void **state) {
    (void)state;
    pl_contract_set *set = shop_response(pool, "{ name: x }");
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    shop_judge(set, pl_str_make("\x0a\xff", 2), false, &said);
    assert_non_null(strstr(said.p, "expected shop.v1.Item, got "));
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void a_duration_that_is_none_is_shown_all_the_same(void **state) {
    /* Item.took with nanos of -2^31, which no Duration has. */
    pl_contract_set *set = shop_response(pool, "{ took: 1s }");
    const pl_message_type *type = shop_contract(set)->method->output;
    const pl_field *took = pl_message_field_by_name(type, pl_str_c("took"));
    pl_buf inner = pl_buf_make(64), bytes = pl_buf_make(SHOP_TEXT_MAX),
           said = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_wire_put_tag(&inner, 2, PL_WIRE_VARINT);
    pl_wire_put_varint(&inner, (uint64_t)(int64_t)INT32_MIN);
    pl_wire_put_bytes(&bytes, took->number, pl_buf_view(&inner));
    shop_judge(set, pl_buf_view(&bytes), false, &said);
    assert_string_equal(said.p, "took: expected 1s, got -0.2147483648s\n");
    pl_buf_done(&inner);
    pl_buf_done(&bytes);
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_packing_and_unknown_fields_never_change_a_verdict),
        cmocka_unit_test(bytes_that_are_no_message_are_a_difference),
        cmocka_unit_test(a_duration_that_is_none_is_shown_all_the_same),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}

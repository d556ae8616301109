/* Verdicts: what matches, and what is said where it does not. */
#include <stdlib.h>

#include "parley/schema/wire.h"
#include "shop.h"

enum { ROUNDS = 300, PIECES_MAX = 256 };

static pl_pool *pool;

/* The differences of JSON, an Item, to the response BODY: "path: expected X, got Y\n" each. */
static void judge_bytes(const pl_contract_set *set, pl_str bytes, bool closed, pl_buf *out) {
    pl_arena arena = pl_arena_make(8 << 20);
    pl_verdict verdict = pl_verdict_make(&arena);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    opts.closed = closed;
    const pl_contract *contract = shop_contract(set);
    bool same = pl_match_bytes(pl_contract_response(contract), contract->method->output, bytes,
                               &opts, &verdict, &arena);
    assert_int_equal(same, verdict.total == 0);
    for (size_t i = 0; i < verdict.count; i++) {
        const pl_difference *d = &verdict.differences[i];
        pl_buf_printf(out, "%s: expected %s, got %s\n", d->path.p, d->expected.p, d->actual.p);
    }
    pl_arena_done(&arena);
}

static void judge(const char *body, const char *json, bool closed, const char *expected) {
    pl_contract_set *set = shop_response(pool, body);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
    shop_bytes(pool, "shop.v1.Item", json, &bytes);
    judge_bytes(set, pl_buf_view(&bytes), closed, &said);
    assert_string_equal(said.p, expected);
    pl_buf_done(&bytes);
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void accepts(const char *body, const char *json) {
    judge(body, json, false, "");
}

static void an_empty_message_is_not_anything(void **state) {
    (void)state;
    judge("{ name: TV, number: !range { min: 1 }, maybe: !type 1, part: { count: 0 } }", "{}",
          false,
          "number: expected at least 1, got 0\n"
          "name: expected 'TV', got ''\n"
          "part: expected a message, got absent\n"
          "maybe: expected any int32, got absent\n");
}

static void every_field_that_differs_is_named_by_its_path(void **state) {
    (void)state;
    judge("{ name: TV, parts: [ { name: a }, { name: b, count: 2 } ], texts: { k: v, n: w },"
          "  child: { child: { small: !range { min: 1, max: 1000 } } } }",
          "{\"name\":\"Radio\",\"parts\":[{\"name\":\"a\"},{\"name\":\"c\",\"count\":3}],"
          "\"texts\":{\"k\":\"x\",\"m\":\"w\"},\"child\":{\"child\":{}}}",
          false,
          "name: expected 'TV', got 'Radio'\n"
          "parts[1].name: expected 'b', got 'c'\n"
          "parts[1].count: expected 2, got 3\n"
          "texts['k']: expected 'v', got 'x'\n"
          "texts['n']: expected 'w', got no such key\n"
          "child.child.small: expected 1..1000, got 0\n");
}

static void what_nobody_reads_is_accepted_in_an_answer_and_not_in_a_request(void **state) {
    (void)state;
    accepts("{ name: TV }", "{\"name\":\"TV\",\"small\":5,\"part\":{\"count\":1}}");
    judge("{ name: TV }", "{\"name\":\"TV\",\"small\":5,\"secret\":\"x\"}", true,
          "small: expected nothing: it is not in the contract, got 5\n"
          "secret: expected nothing: it is not in the contract, got (hidden)\n");
    judge("{ name: TV, small: !any }", "{\"name\":\"TV\",\"small\":5}", true, "");
    judge("{ name: TV }", "{\"name\":\"TV\",\"small\":0}", true, "");
}

static void absent_and_default_differ_where_there_is_presence_alone(void **state) {
    (void)state;
    accepts("{ small: 0, name: !absent, tags: !absent }", "{}");
    accepts("{ maybe: 0 }", "{\"maybe\":0}");
    judge("{ maybe: 0 }", "{}", false, "maybe: expected 0, got absent\n");
    judge("{ maybe: !absent }", "{\"maybe\":0}", false, "maybe: expected absent, got 0\n");
    accepts("{ maybe: !present 5 }", "{\"maybe\":0}");
    judge("{ card: '' }", "{\"points\":\"0\"}", false, "card: expected '', got absent\n");
}

static void integers_of_64_bits_are_exact(void **state) {
    (void)state;
    judge("{ number: 9007199254740993, ubig: 18446744073709551615 }",
          "{\"number\":\"9007199254740992\",\"ubig\":\"18446744073709551614\"}", false,
          "number: expected 9007199254740993, got 9007199254740992\n"
          "ubig: expected 18446744073709551615, got 18446744073709551614\n");
}

static void numbers_are_compared_as_what_they_are(void **state) {
    (void)state;
    accepts(
        "{ zig: -5, zag: -6, sfix: -7, bigsfix: -8, ratio: 0.1, exact: 0.1 }",
        "{\"zig\":-5,\"zag\":\"-6\",\"sfix\":-7,\"bigsfix\":\"-8\",\"ratio\":0.1,\"exact\":0.1}");
    accepts("{ exact: NaN, ratio: Infinity }", "{\"exact\":\"NaN\",\"ratio\":\"Infinity\"}");
    judge("{ exact: !range { min: 0, example: 1 } }", "{\"exact\":\"NaN\"}", false,
          "exact: expected at least 0, got nan\n");
    judge("{ state: OnSale }", "{\"state\":2}", false,
          "state: expected STATE_ON_SALE, got STATE_SOLD\n");
    judge("{ state: STATE_SOLD }", "{\"state\":77}", false, "state: expected STATE_SOLD, got 77\n");
}

static void distances_of_great_numbers_are_exact(void **state) {
    (void)state;
    accepts("{ ubig: !near { value: 9223372036854775807, by: 1 } }",
            "{\"ubig\":\"9223372036854775808\"}");
    judge("{ ubig: !near { value: 18446744073709551615, by: 10 } }", "{\"ubig\":\"5\"}", false,
          "ubig: expected 18446744073709551615 give or take 10, got 5\n");
    judge("{ zag: !near { value: -9223372036854775808, by: 10 } }",
          "{\"zag\":\"9223372036854775807\"}", false,
          "zag: expected -9223372036854775808 give or take 10, got 9223372036854775807\n");
}

static void fractions_are_shown_as_they_are_written(void **state) {
    (void)state;
    judge("{ exact: 10, ratio: 0.1 }", "{\"exact\":1500,\"ratio\":100000}", false,
          "ratio: expected 0.1, got 100000\nexact: expected 10, got 1500\n");
    judge("{ exact: 0.1 }", "{\"exact\":0.30000000000000004}", false,
          "exact: expected 0.1, got 0.30000000000000004\n");
}

/* Item.at: the last second of year 9999 and the one after it, the first of year 1 and the one
 * before it, and a second of a billion nanoseconds. */
static void a_time_beyond_its_years_is_none(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
        bool right;
    } cases[] = {
        {"\xf2\x01\x07\x08\xff\x82\xd1\xff\xaf\x07", 10, true},
        {"\xf2\x01\x07\x08\x80\x83\xd1\xff\xaf\x07", 10, false},
        {"\xf2\x01\x0b\x08\x80\x92\xb8\xc3\x98\xfe\xff\xff\xff\x01", 14, true},
        {"\xf2\x01\x0b\x08\xff\x91\xb8\xc3\x98\xfe\xff\xff\xff\x01", 14, false},
        {"\xf2\x01\x08\x08\x01\x10\x80\x94\xeb\xdc\x03", 11, false},
    };
    pl_contract_set *set = shop_response(pool, "{ at: !timestamp }");
    (void)state;
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
        judge_bytes(set, pl_str_make(cases[i].bytes, cases[i].size), false, &said);
        assert_int_equal(said.n == 0, cases[i].right);
        pl_buf_done(&said);
    }
    pl_contract_set_free(set);
}

static void lists_are_ordered_unless_they_are_said_not_to_be(void **state) {
    (void)state;
    judge("{ numbers: [1, 2] }", "{\"numbers\":[2,1]}", false,
          "numbers[0]: expected 1, got 2\nnumbers[1]: expected 2, got 1\n");
    accepts("{ numbers: !unordered [1, 2, !range { min: 1, example: 3 }] }",
            "{\"numbers\":[2,2,1]}");
    accepts("{ numbers: !unordered [!range { min: 1 }, 1] }", "{\"numbers\":[1,2]}");
    judge("{ numbers: !unordered [1, 2] }", "{\"numbers\":[2,2]}", false,
          "numbers: expected 1, got none of 2 items\n");
    accepts("{ numbers: !contains [2] }", "{\"numbers\":[1,2,3]}");
    judge("{ numbers: !each 1 }", "{\"numbers\":[]}", false,
          "numbers: expected at least one item, each as described, got 0 items\n");
    accepts("{ numbers: !type [1] }", "{\"numbers\":[]}");
    judge("{ parts: !each { count: !range { min: 1 } } }", "{\"parts\":[{\"count\":1},{}]}", false,
          "parts[1].count: expected at least 1, got 0\n");
}

static void maps_are_equal_in_any_order(void **state) {
    (void)state;
    accepts("{ texts: { a: x, b: y } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}");
    judge("{ texts: { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}", false,
          "texts: expected 1 entry, got 2 entries\n");
    judge("{ texts: { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"z\"}}", false,
          "texts: expected 1 entry, got 2 entries\n"
          "texts['a']: expected 'x', got 'z'\n");
    accepts("{ texts: !contains { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}");
    accepts("{ places: { 5: {} } }", "{\"places\":{\"5\":{}}}");
    judge("{ texts: !each_value x }", "{}", false,
          "texts: expected at least one entry, each as described, got 0 entries\n");
}

/* An Any with the name "x/othershop.v1.Part". */
static void the_type_of_any_is_a_whole_name(void **state) {
    static const char bytes[] = "\xa2\x02\x15\x0a\x13"
                                "x/othershop.v1.Part";
    pl_contract_set *set = shop_response(pool, "{ any: { \"@type\": shop.v1.Part } }");
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    judge_bytes(set, pl_str_make(bytes, sizeof bytes - 1), false, &said);
    assert_string_equal(said.p, "any: expected shop.v1.Part, got x/othershop.v1.Part\n");
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void a_list_in_any_order_has_a_limit(void **state) {
    pl_buf json = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_buf_puts(&json, "{\"numbers\":[1");
    for (size_t i = 1; i < PL_MATCH_ITEMS_MAX; i++)
        pl_buf_puts(&json, ",1");
    pl_buf_puts(&json, "]}");
    accepts("{ numbers: !contains [1] }", json.p);
    pl_buf_cut(&json, json.n - 2);
    pl_buf_puts(&json, ",1]}");
    pl_contract_set *set = shop_response(pool, "{ numbers: !contains [1] }");
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
    shop_bytes(pool, "shop.v1.Item", json.p, &bytes);
    judge_bytes(set, pl_buf_view(&bytes), false, &said);
    assert_non_null(strstr(said.p, "more than 1000 items, which are not compared"));
    pl_buf_done(&said);
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_contract_set_free(set);
}

static void well_known_types_are_their_values(void **state) {
    (void)state;
    accepts("{ at: 2026-11-21T10:00:00+09:00, took: 1500ms, mask: 'b,a', boxed: 5,"
            "  extra: { a: [1, x], b: true }, value: null, list: [1],"
            "  any: { \"@type\": shop.v1.Part, name: x } }",
            "{\"at\":\"2026-11-21T01:00:00Z\",\"took\":\"1.5s\",\"mask\":\"a,b\",\"boxed\":\"5\","
            "\"extra\":{\"b\":true,\"a\":[1,\"x\"]},\"value\":null,\"list\":[1],"
            "\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Part\",\"name\":\"x\",\"count\":5}}");
    accepts("{ mask: 'zipCode,part.count' }", "{\"mask\":\"part.count,zipCode\"}");
    accepts("{ mask: zip_code }", "{\"mask\":\"zipCode\"}");
    judge("{ boxed: !absent }", "{\"boxed\":\"0\"}", false,
          "boxed: expected absent, got a google.protobuf.Int64Value\n");
    accepts("{ boxed: !present 1, boxed_text: !any x }", "{\"boxed\":\"0\"}");
    judge("{ boxed: 0, at: !range { min: 2026-01-01T00:00:00Z },"
          "  any: { \"@type\": shop.v1.Part, name: x } }",
          "{\"at\":\"2025-12-31T23:59:59.5Z\","
          "\"any\":{\"@type\":\"type.googleapis.com/shop.v1.ItemSold\"}}",
          false,
          "at: expected at least 2026-01-01T00:00:00Z, got 2025-12-31T23:59:59.5Z\n"
          "any: expected shop.v1.Part, got type.googleapis.com/shop.v1.ItemSold\n"
          "boxed: expected a message, got absent\n");
}

/* TEXT, the JSON of an Item, has one of the forbidden fields, at PATH. */
static void forbids(const char *text, const char *path) {
    static const pl_str names[] = {PL_STR("secret"), PL_STR("zipCode")};
    pl_arena arena = pl_arena_make(1 << 20);
    pl_verdict verdict = pl_verdict_make(&arena);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX);
    pl_dynamic *message = NULL;
    shop_bytes(pool, "shop.v1.Item", text, &bytes);
    assert_int_equal(pl_dynamic_decode(pl_pool_message(pool, pl_str_c("shop.v1.Item")),
                                       pl_buf_view(&bytes), &arena, &message, NULL),
                     PL_OK);
    assert_false(pl_match_without(message, names, PL_COUNT(names), NULL, &verdict));
    assert_int_equal(verdict.total, 1);
    assert_string_equal(verdict.differences[0].path.p, path);
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
}

static void a_forbidden_field_is_found_at_any_depth(void **state) {
    (void)state;
    forbids("{\"child\":{\"child\":{\"secret\":\"x\",\"zipCode\":\"\"}}}", "child.child.secret");
}

static void a_forbidden_field_is_found_in_any(void **state) {
    (void)state;
    forbids("{\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Item\",\"secret\":\"x\"}}",
            "any.secret");
}

static void a_forbidden_name_is_found_in_a_struct(void **state) {
    (void)state;
    forbids("{\"extra\":{\"a\":[{\"secret\":\"x\"}]}}",
            "extra.fields[0].value.list_value.values[0].struct_value.fields[0]");
}

/* Any within Any has no end: what is too deep to be looked at is not said to be right. */
static void any_within_any_is_followed_to_a_depth(void **state) {
    enum { DEPTH = 9, TEXT_MAX = 2048 };
    static const char open[] = "{\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Item\"";
    char text[TEXT_MAX], path[TEXT_MAX];
    size_t n = 0, at = 0;
    (void)state;
    for (int i = 0; i < DEPTH; i++) {
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s", i ? "," : "", open + (i ? 1 : 0));
        at += (size_t)snprintf(path + at, TEXT_MAX - at, "%sany", i ? "." : "");
    }
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "}");
    (void)snprintf(text + n, TEXT_MAX - n, "}");
    forbids(text, path);
}

/* ---- what Protobuf calls equal is never told apart ------------------------------------------- */

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
        judge_bytes(set, pl_buf_view(&bytes), false, &first);
        assert_int_equal(first.n == 0, messages[m] == NULL);
        for (int round = 0; round < ROUNDS; round++) {
            pl_buf other = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
            rewrite(type, pl_buf_view(&bytes), &other);
            assert_false(other.failed);
            judge_bytes(set, pl_buf_view(&other), false, &said);
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
    judge_bytes(set, pl_str_make("\x0a\xff", 2), false, &said);
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
    judge_bytes(set, pl_buf_view(&bytes), false, &said);
    assert_string_equal(said.p, "took: expected 1s, got -0.2147483648s\n");
    pl_buf_done(&inner);
    pl_buf_done(&bytes);
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void the_clock_is_the_callers(void **state) {
    (void)state;
    pl_contract_set *set = shop_response(pool, "{ at: !timestamp now, name: !timestamp now }");
    const pl_contract *contract = shop_contract(set);
    pl_arena arena = pl_arena_make(1 << 20);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), json = pl_buf_make(SHOP_TEXT_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    opts.now_ms = 1763712000250;
    assert_int_equal(pl_example_bytes(pl_contract_response(contract), contract->method->output,
                                      &opts, &arena, &bytes),
                     PL_OK);
    assert_int_equal(
        pl_wire_to_json(contract->method->output, pl_buf_view(&bytes), NULL, &json, NULL), PL_OK);
    assert_string_equal(
        json.p, "{\"name\":\"2025-11-21T08:00:00.25Z\",\"at\":\"2025-11-21T08:00:00.250Z\"}");
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_arena_done(&arena);
    pl_contract_set_free(set);
}

/* Of the value NAME, a state returned the text behind it in SELF. */
static bool returned(void *self, pl_str name, pl_str *out_text) {
    static const char *const names[] = {"number", "state", "exact", "at", "took", "name"};
    const char *const *texts = self;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(name, names[i])) {
            *out_text = pl_str_c(texts[i]);
            return true;
        }
    }
    return false;
}

static void what_states_return_is_read_as_the_field_has_it(void **state) {
    static const char *texts[] = {"-5",   "STATE_SOLD", "1.50", "2026-01-01T00:00:00+00:00",
                                  "2.0s", "x"};
    static const char *others[] = {"-6", "STATE_ON_SALE", "1.51", "2026-01-01T00:00:01Z", "2.5s",
                                   "y"};
    pl_contract_set *set = shop_response(
        pool, "{ number: !from_state number, state: !from_state state, exact: !from_state exact,"
              "  at: !from_state at, took: !from_state took, name: !from_state name }");
    const pl_contract *contract = shop_contract(set);
    const pl_message_type *type = contract->method->output;
    pl_arena arena = pl_arena_make(1 << 20);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), json = pl_buf_make(SHOP_TEXT_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_verdict verdict = pl_verdict_make(&arena);
    (void)state;
    opts.state_value = returned;
    opts.self = texts;
    assert_int_equal(pl_example_bytes(pl_contract_response(contract), type, &opts, &arena, &bytes),
                     PL_OK);
    assert_int_equal(pl_wire_to_json(type, pl_buf_view(&bytes), NULL, &json, NULL), PL_OK);
    assert_non_null(strstr(json.p, "\"number\":\"-5\""));
    assert_non_null(strstr(json.p, "\"exact\":1.5"));
    assert_true(pl_match_bytes(pl_contract_response(contract), type, pl_buf_view(&bytes), &opts,
                               NULL, &arena));
    opts.self = others;
    assert_false(pl_match_bytes(pl_contract_response(contract), type, pl_buf_view(&bytes), &opts,
                                &verdict, &arena));
    assert_int_equal(verdict.total, PL_COUNT(texts));
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_arena_done(&arena);
    pl_contract_set_free(set);
}

static void without_states_a_request_has_the_example_of_from_state(void **state) {
    static const char body[] = "{ number: !from_state { name: number, example: 5 } }";
    (void)state;
    judge(body, "{ \"number\": 5 }", true, "");
    judge(body, "{ \"number\": 6 }", true,
          "number: expected the state's number, such as 5, got 6\n");
    judge(body, "{ \"number\": 6 }", false, "");
}

static int load(void **state) {
    (void)state;
    pool = shop_pool();
    return 0;
}

static int unload(void **state) {
    (void)state;
    pl_pool_free(pool);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_message_is_not_anything),
        cmocka_unit_test(every_field_that_differs_is_named_by_its_path),
        cmocka_unit_test(what_nobody_reads_is_accepted_in_an_answer_and_not_in_a_request),
        cmocka_unit_test(absent_and_default_differ_where_there_is_presence_alone),
        cmocka_unit_test(integers_of_64_bits_are_exact),
        cmocka_unit_test(numbers_are_compared_as_what_they_are),
        cmocka_unit_test(distances_of_great_numbers_are_exact),
        cmocka_unit_test(fractions_are_shown_as_they_are_written),
        cmocka_unit_test(a_time_beyond_its_years_is_none),
        cmocka_unit_test(lists_are_ordered_unless_they_are_said_not_to_be),
        cmocka_unit_test(maps_are_equal_in_any_order),
        cmocka_unit_test(the_type_of_any_is_a_whole_name),
        cmocka_unit_test(a_list_in_any_order_has_a_limit),
        cmocka_unit_test(well_known_types_are_their_values),
        cmocka_unit_test(a_forbidden_field_is_found_at_any_depth),
        cmocka_unit_test(a_forbidden_field_is_found_in_any),
        cmocka_unit_test(a_forbidden_name_is_found_in_a_struct),
        cmocka_unit_test(any_within_any_is_followed_to_a_depth),
        cmocka_unit_test(order_packing_and_unknown_fields_never_change_a_verdict),
        cmocka_unit_test(bytes_that_are_no_message_are_a_difference),
        cmocka_unit_test(a_duration_that_is_none_is_shown_all_the_same),
        cmocka_unit_test(the_clock_is_the_callers),
        cmocka_unit_test(what_states_return_is_read_as_the_field_has_it),
        cmocka_unit_test(without_states_a_request_has_the_example_of_from_state),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

/* The codec against two others: that of lib/schema, which decodes by a descriptor pool, and
 * protobuf-c's own where it is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "codec.h"
#include "constructs.pb-c.h"
#include "parley/base/macros.h"
#include "parley/schema/dynamic.h"
#include "random_wire.h"

#define TYPE       (&parley__test__constructs__v1__everything__descriptor)
#define TYPE_NAME  "parley.test.constructs.v1.Everything"
#define MEMORY_MAX (64 << 20)

static const pl_message_type *reference;

static pl_buf pack_by_protobuf_c(const ProtobufCMessage *message) {
    pl_buf out = pl_buf_make(MEMORY_MAX);
    uint8_t *bytes = malloc(protobuf_c_message_get_packed_size(message) + 1);

    assert_non_null(bytes);
    pl_buf_append(&out, bytes, protobuf_c_message_pack(message, bytes));
    free(bytes);
    return out;
}

/* What BYTES, which are accepted, mean: the same for all bytes that mean the same. lib/schema
 * merges and lets the last win; after that protobuf-c has nothing left to do wrong, and writes no
 * zeros that need not be written. */
static pl_buf meaning(pl_str bytes) {
    pl_buf normal = pl_buf_make(MEMORY_MAX), out;
    ProtobufCMessage *message;

    assert_int_equal(pl_wire_normalize(reference, bytes, &normal, NULL), PL_OK);
    message = protobuf_c_message_unpack(TYPE, NULL, normal.n, (const uint8_t *)normal.p);
    assert_non_null(message);
    out = pack_by_protobuf_c(message);
    protobuf_c_message_free_unpacked(message, NULL);
    pl_buf_done(&normal);
    return out;
}

static void assert_same_meaning(uint64_t seed, pl_str a, pl_str b) {
    pl_buf left = meaning(a), right = meaning(b);

    if (!pl_str_eq(pl_buf_view(&left), pl_buf_view(&right)))
        fail_msg("seed %llu: not what the bytes mean", (unsigned long long)seed);
    pl_buf_done(&left);
    pl_buf_done(&right);
}

static pl_str view(const grpc_slice *slice) {
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

/* Packed, MESSAGE means what BYTES do, and is what protobuf-c writes, save that protobuf-c leaves
 * out -0.0. */
static void check_packing(uint64_t seed, const ProtobufCMessage *message, pl_str bytes) {
    pl_buf theirs = pack_by_protobuf_c(message);
    grpc_slice ours;

    assert_int_equal(pl_message_pack(message, MEMORY_MAX, &ours, NULL), PL_OK);
    assert_same_meaning(seed, view(&ours), bytes);
    assert_true(view(&ours).n >= theirs.n);
    if (view(&ours).n == theirs.n)
        assert_memory_equal(view(&ours).p, theirs.p, theirs.n);
    grpc_slice_unref(ours);
    pl_buf_done(&theirs);
}

/* Whether protobuf-c reads the same from BYTES; it does not merge as it should. */
static bool read_alike_by_protobuf_c(const ProtobufCMessage *message, pl_str bytes) {
    ProtobufCMessage *theirs = protobuf_c_message_unpack(TYPE, NULL, bytes.n,
                                                         (const uint8_t *)bytes.p);
    pl_buf ours, other;
    bool alike;

    if (!theirs)
        return false;
    ours = pack_by_protobuf_c(message);
    other = pack_by_protobuf_c(theirs);
    alike = pl_str_eq(pl_buf_view(&ours), pl_buf_view(&other));
    pl_buf_done(&other);
    pl_buf_done(&ours);
    protobuf_c_message_free_unpacked(theirs, NULL);
    return alike;
}

typedef struct tally {
    unsigned accepted, alike;
} tally;

static void check(uint64_t seed, pl_str bytes, tally *counts) {
    pl_arena arena = pl_arena_make(MEMORY_MAX);
    ProtobufCMessage *message = NULL;
    pl_error ours = PL_ERROR_INIT, theirs = PL_ERROR_INIT;
    pl_code code = pl_message_unpack(TYPE, bytes, &arena, NULL, &message, &ours);
    pl_code wanted = pl_wire_check(reference, bytes, true, &theirs);

    /* Unknown groups are refused by us only. */
    if (code != wanted && !strstr(ours.message, "holds a group"))
        fail_msg("seed %llu: %s; lib/schema: %s", (unsigned long long)seed, ours.message,
                 theirs.message);
    if (code == PL_OK) {
        check_packing(seed, message, bytes);
        counts->accepted++;
        counts->alike += read_alike_by_protobuf_c(message, bytes);
    }
    pl_arena_done(&arena);
}

static unsigned rounds(void) {
    const char *given = getenv("PL_CODEC_ROUNDS");

    return given ? (unsigned)strtoul(given, NULL, 10) : 3000;
}

static void any_message_is_read_and_written_as_protobuf_says(void **state) {
    tally counts = {0};
    unsigned count = rounds();

    (void)state;
    for (uint64_t round = 0; round < count; round++) {
        pl_buf bytes = pl_buf_make(MEMORY_MAX);
        uint64_t seed = round;
        char *exact; /* so that a byte read beyond the end is found */

        random_message(&seed, TYPE, &bytes);
        if (round % 3 == 0)
            random_damage(&seed, &bytes);
        exact = malloc(bytes.n ? bytes.n : 1);
        assert_non_null(exact);
        if (bytes.n)
            memcpy(exact, bytes.p, bytes.n);
        check(round, pl_str_make(exact, bytes.n), &counts);
        free(exact);
        pl_buf_done(&bytes);
    }
    assert_in_range(counts.accepted, count / 2, count - 1);
    assert_in_range(counts.alike, counts.accepted / 10 * 8, counts.accepted);
}

static void memory_that_runs_out_anywhere_is_said(void **state) {
    pl_buf bytes = pl_buf_make(MEMORY_MAX);
    uint64_t seed = 4;
    size_t needed;

    (void)state;
    do {
        pl_arena arena = pl_arena_make(MEMORY_MAX);
        ProtobufCMessage *message;
        pl_code code;

        pl_buf_clear(&bytes);
        random_message(&seed, TYPE, &bytes);
        code = pl_message_unpack(TYPE, pl_buf_view(&bytes), &arena, NULL, &message, NULL);
        needed = code == PL_OK ? arena.used : 0;
        pl_arena_done(&arena);
    } while (needed < 8000);
    for (size_t budget = 0; budget <= needed; budget += 16) {
        pl_arena arena = pl_arena_make(budget);
        ProtobufCMessage *message = NULL;
        pl_code code = pl_message_unpack(TYPE, pl_buf_view(&bytes), &arena, NULL, &message, NULL);

        assert_int_equal(code, budget < needed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        assert_true((message != NULL) == (code == PL_OK));
        pl_arena_done(&arena);
    }
    pl_buf_done(&bytes);
}

/* COUNT strings and as many booleans, one after the other in turn. */
static void lists_that_come_in_turns_take_little_memory(void **state) {
    enum { COUNT = 20000 };
    pl_buf bytes = pl_buf_make(MEMORY_MAX);
    pl_arena arena = pl_arena_make(MEMORY_MAX);
    ProtobufCMessage *message = NULL;
    Parley__Test__Constructs__V1__Everything *everything;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        pl_wire_put_bytes(&bytes, 46, pl_str_c("x"));
        pl_wire_put_tag(&bytes, 45, PL_WIRE_VARINT);
        pl_wire_put_varint(&bytes, 1);
    }
    assert_int_equal(pl_message_unpack(TYPE, pl_buf_view(&bytes), &arena, NULL, &message, NULL),
                     PL_OK);
    everything = (Parley__Test__Constructs__V1__Everything *)message;
    assert_int_equal(everything->n_strings, COUNT);
    assert_int_equal(everything->n_loose_bool, COUNT);
    /* The text, and both lists with what they grew from. */
    assert_true(arena.used < COUNT * (16 + 4 * (sizeof(char *) + sizeof(protobuf_c_boolean))));
    pl_arena_done(&arena);
    pl_buf_done(&bytes);
}

static void list_in_one_run_takes_no_more_room_than_it_has_values(void **state) {
    enum { COUNT = 1001 };
    pl_buf bytes = pl_buf_make(MEMORY_MAX), packed = pl_buf_make(MEMORY_MAX);
    pl_arena arena = pl_arena_make(MEMORY_MAX);
    ProtobufCMessage *message = NULL;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        pl_wire_put_tag(&bytes, 42, PL_WIRE_VARINT);
        pl_wire_put_varint(&bytes, (uint64_t)i);
        pl_wire_put_varint(&packed, (uint64_t)i);
    }
    pl_wire_put_bytes(&bytes, 32, pl_buf_view(&packed));
    assert_int_equal(pl_message_unpack(TYPE, pl_buf_view(&bytes), &arena, NULL, &message, NULL),
                     PL_OK);
    assert_true(arena.used < TYPE->sizeof_message + 2 * (COUNT * sizeof(uint64_t) + 32) + 16);
    pl_arena_done(&arena);
    pl_buf_done(&packed);
    pl_buf_done(&bytes);
}

/* Texts are looked at in words: of every length, a bad byte at every place is seen. */
static void nul_and_bad_utf8_are_seen_wherever_they_are(void **state) {
    static const char bad[] = {'\0', '\xff'};
    char bytes[2 + 20] = "\x72";

    (void)state;
    for (size_t length = 1; length <= sizeof bytes - 2; length++) {
        for (size_t place = 0; place < 2 * length; place++) {
            pl_arena arena = pl_arena_make(MEMORY_MAX);
            ProtobufCMessage *message = NULL;
            bytes[1] = (char)length;
            memset(bytes + 2, '\x01', length);
            assert_int_equal(pl_message_unpack(TYPE, pl_str_make(bytes, 2 + length), &arena, NULL,
                                               &message, NULL),
                             PL_OK);
            bytes[2 + place / 2] = bad[place % 2];
            assert_int_equal(pl_message_unpack(TYPE, pl_str_make(bytes, 2 + length), &arena, NULL,
                                               &message, NULL),
                             PL_INVALID_ARGUMENT);
            pl_arena_done(&arena);
        }
    }
}

static void boolean_is_one_whatever_bits_it_was_given(void **state) {
    static const char bytes[] = "\x68\x80\x02\xa2\x02\x02\x02\x00"; /* 256; 2 and 0, packed */
    pl_arena arena = pl_arena_make(MEMORY_MAX);
    ProtobufCMessage *message = NULL;
    Parley__Test__Constructs__V1__Everything *everything;

    (void)state;
    assert_int_equal(
        pl_message_unpack(TYPE, pl_str_make(bytes, sizeof bytes - 1), &arena, NULL, &message, NULL),
        PL_OK);
    everything = (Parley__Test__Constructs__V1__Everything *)message;
    assert_int_equal(everything->a_bool, 1);
    assert_int_equal(everything->n_packed_bool, 2);
    assert_int_equal(everything->packed_bool[0], 1);
    assert_int_equal(everything->packed_bool[1], 0);
    pl_arena_done(&arena);
}

static void minus_zero_is_a_value(void **state) {
    static const uint8_t expected[] = {0x5d, 0, 0, 0, 0x80};
    Parley__Test__Constructs__V1__Everything message =
        PARLEY__TEST__CONSTRUCTS__V1__EVERYTHING__INIT;
    grpc_slice slice;

    (void)state;
    message.a_float = -0.0f;
    assert_int_equal(pl_message_pack(&message.base, 100, &slice, NULL), PL_OK);
    assert_int_equal(GRPC_SLICE_LENGTH(slice), sizeof expected);
    assert_memory_equal(GRPC_SLICE_START_PTR(slice), expected, sizeof expected);
    grpc_slice_unref(slice);
}

/* Beyond what the packer has on its stack. */
static void packs_a_long_message_up_to_the_maximum(void **state) {
    enum { COUNT = 9000 };
    Parley__Test__Constructs__V1__Everything message =
        PARLEY__TEST__CONSTRUCTS__V1__EVERYTHING__INIT;
    uint64_t numbers[COUNT];
    size_t size;
    grpc_slice slice;

    (void)state;
    for (uint64_t i = 0; i < COUNT; i++)
        numbers[i] = i * i;
    message.loose_uint64 = numbers;
    message.n_loose_uint64 = COUNT;
    size = protobuf_c_message_get_packed_size(&message.base);
    assert_int_equal(pl_message_pack(&message.base, size - 1, &slice, NULL), PL_INTERNAL);
    assert_int_equal(pl_message_pack(&message.base, size, &slice, NULL), PL_OK);
    assert_int_equal(GRPC_SLICE_LENGTH(slice), size);
    grpc_slice_unref(slice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_message_is_read_and_written_as_protobuf_says),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_said),
        cmocka_unit_test(lists_that_come_in_turns_take_little_memory),
        cmocka_unit_test(list_in_one_run_takes_no_more_room_than_it_has_values),
        cmocka_unit_test(nul_and_bad_utf8_are_seen_wherever_they_are),
        cmocka_unit_test(boolean_is_one_whatever_bits_it_was_given),
        cmocka_unit_test(minus_zero_is_a_value),
        cmocka_unit_test(packs_a_long_message_up_to_the_maximum),
    };
    pl_pool *pool = NULL;
    int failed;

    if (pl_pool_load(CONSTRUCTS_SET, NULL, &pool, NULL) != PL_OK)
        return 1;
    reference = pl_pool_message(pool, pl_str_c(TYPE_NAME));
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    pl_pool_free(pool);
    return failed;
}

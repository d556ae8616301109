/* Fuzz target of all that reads foreign bytes: messages, error details, address files.
 * What is unpacked can be packed, and is the same when it comes back.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_wire.c, with tests/corpus
 */
#include "codec.h"
#include "constructs.pb-c.h"
#include "fixture.h"
#include "parley/base/assert.h"
#include "status.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So much that only its absence of a limit could exhaust it. */
static pl_arena arena_for(pl_str bytes) {
    return pl_arena_make(4096 + 1000 * bytes.n);
}

static pl_str view(const grpc_slice *slice) {
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

static void unpack(const ProtobufCMessageDescriptor *type, pl_str bytes) {
    pl_arena arena = arena_for(bytes), other = arena_for(bytes);
    ProtobufCMessage *message = NULL;
    grpc_slice packed, again;
    pl_code code = pl_message_unpack(type, bytes, &arena, NULL, &message, NULL);

    PL_ASSERT(code == PL_OK || code == PL_INVALID_ARGUMENT);
    if (code == PL_OK) {
        PL_ASSERT(pl_message_pack(message, 1 << 20, &packed, NULL) == PL_OK);
        PL_ASSERT(pl_message_unpack(type, view(&packed), &other, NULL, &message, NULL) == PL_OK);
        PL_ASSERT(pl_message_pack(message, 1 << 20, &again, NULL) == PL_OK);
        PL_ASSERT(grpc_slice_eq(packed, again));
        grpc_slice_unref(packed);
        grpc_slice_unref(again);
    }
    pl_arena_done(&other);
    pl_arena_done(&arena);
}

static void read_status(pl_str bytes) {
    pl_arena arena = pl_arena_make(1 << 20);
    pl_violations violations = pl_violations_make(&arena);
    pl_error err = PL_ERROR_INIT;

    pl_status_decode(bytes, &err, &violations);
    PL_ASSERT(pl_utf8_valid(pl_str_c(err.reason)) && pl_utf8_valid(pl_str_c(err.domain)));
    PL_ASSERT(err.retry_after_ms >= 0 && violations.kept <= PL_VIOLATIONS_MAX);
    pl_arena_done(&arena);
}

static void read_addresses(pl_str bytes) {
    pl_buf out = pl_buf_make(1 << 20);

    if (pl_target_from_lines("addresses", bytes, &out, NULL) == PL_OK)
        PL_ASSERT(out.n > 0);
    pl_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pl_str bytes = {(const char *)data, size};

    unpack(ECHO_REQUEST_TYPE, bytes);
    unpack(&parley__test__constructs__v1__everything__descriptor, bytes);
    read_status(bytes);
    read_addresses(bytes);
    return 0;
}

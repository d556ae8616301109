/* Fuzz target of all that reads foreign bytes: the wire check, error details, address files.
 * What the check lets through, protobuf-c must be able to unpack and pack again.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... fuzz_wire.c, with tests/corpus
 */
#include "codec.h"
#include "fixture.h"
#include "parley/base/assert.h"
#include "status.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(pl_str bytes) {
    /* So much that only its absence of a limit could exhaust it. */
    pl_arena arena = pl_arena_make(4096 + 1000 * bytes.n);
    ProtobufCMessage *message = NULL;
    grpc_slice slice;
    pl_code code = pl_message_unpack(ECHO_REQUEST_TYPE, bytes, &arena, NULL, &message, NULL);

    PL_ASSERT(code == PL_OK || code == PL_INVALID_ARGUMENT);
    if (code == PL_OK && pl_message_pack(message, 1 << 20, &slice, NULL) == PL_OK)
        grpc_slice_unref(slice);
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

    unpack(bytes);
    read_status(bytes);
    read_addresses(bytes);
    return 0;
}

/* The testee of Protobuf's conformance runner (google/protobuf, conformance/): a process
 * that reads a little-endian length and a ConformanceRequest from stdin and answers alike
 * on stdout, until the end of input. Its argument is a descriptor set that contains
 * conformance.proto and the test messages. JSPB and text format are skipped. */
#include <stdio.h>
#include <stdlib.h>

#include "parley/json/proto_json.h"
#include "parley/schema/dynamic.h"

/* Field numbers and values of conformance.proto. */
enum {
    REQUEST_PROTOBUF = 1,
    REQUEST_JSON = 2,
    REQUEST_FORMAT = 3,
    REQUEST_TYPE = 4,
    REQUEST_CATEGORY = 5,
    FORMAT_PROTOBUF = 1,
    FORMAT_JSON = 2,
    CATEGORY_IGNORE_UNKNOWN = 3,
    RESPONSE_PARSE_ERROR = 1,
    RESPONSE_PROTOBUF = 3,
    RESPONSE_JSON = 4,
    RESPONSE_SKIPPED = 5,
    RESPONSE_SERIALIZE_ERROR = 6
};

#define MESSAGE_MAX (64u << 20)

static bool read_message(pl_buf *out) {
    unsigned char head[4];
    pl_buf_clear(out);
    if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
        return false;
    size_t n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
               (size_t)head[3] << 24;
    char *p = pl_buf_reserve(out, n);
    if (!p || fread(p, 1, n, stdin) != n)
        return false;
    pl_buf_wrote(out, n);
    return true;
}

static void write_message(const pl_buf *in) {
    unsigned char head[4];
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(in->n >> (8 * i));
    fwrite(head, 1, sizeof(head), stdout);
    fwrite(in->p, 1, in->n, stdout);
    fflush(stdout);
}

/* The input as wire bytes, in order and merged. */
static pl_code parse(const pl_message_type *type, pl_str request, pl_buf *wire, pl_error *err) {
    pl_wire_field f;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    if (pl_wire_find(request, REQUEST_CATEGORY, &f))
        opts.ignore_unknown = f.value == CATEGORY_IGNORE_UNKNOWN;
    if (pl_wire_find(request, REQUEST_JSON, &f))
        return pl_json_to_wire(type, f.bytes, &opts, wire, err);
    if (!pl_wire_find(request, REQUEST_PROTOBUF, &f))
        return PL_UNIMPLEMENTED;
    return pl_wire_check(type, f.bytes, false, err) || !pl_buf_str(wire, f.bytes)
               ? PL_INVALID_ARGUMENT
               : PL_OK;
}

static void answer(const pl_pool *pool, pl_str request, pl_buf *out) {
    pl_wire_field format = {0}, name = {0};
    pl_error err = PL_ERROR_INIT;
    pl_buf wire = pl_buf_make(MESSAGE_MAX), result = pl_buf_make(MESSAGE_MAX);
    pl_wire_find(request, REQUEST_FORMAT, &format);
    pl_wire_find(request, REQUEST_TYPE, &name);
    const pl_message_type *type = pl_pool_message(pool, name.bytes);
    bool json = format.value == FORMAT_JSON;
    pl_code code = PL_UNIMPLEMENTED;
    if (type && (json || format.value == FORMAT_PROTOBUF))
        code = parse(type, request, &wire, &err);
    if (code == PL_UNIMPLEMENTED) {
        pl_wire_put_bytes(out, RESPONSE_SKIPPED, pl_str_c("not supported"));
    } else if (code) {
        pl_wire_put_bytes(out, RESPONSE_PARSE_ERROR, pl_str_c(err.message));
    } else {
        code = json ? pl_wire_to_json(type, pl_buf_view(&wire), NULL, &result, &err)
                    : pl_wire_normalize(type, pl_buf_view(&wire), &result, &err);
        if (code)
            pl_wire_put_bytes(out, RESPONSE_SERIALIZE_ERROR, pl_str_c(err.message));
        else
            pl_wire_put_bytes(out, json ? RESPONSE_JSON : RESPONSE_PROTOBUF, pl_buf_view(&result));
    }
    pl_buf_done(&wire);
    pl_buf_done(&result);
}

int main(int argc, char **argv) {
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    if (argc != 2 || pl_pool_load(argv[1], NULL, &pool, &err)) {
        fprintf(stderr, "usage: %s DESCRIPTOR-SET: %s\n", argv[0], err.message);
        return EXIT_FAILURE;
    }
    pl_buf request = pl_buf_make(MESSAGE_MAX), response = pl_buf_make(MESSAGE_MAX);
    while (read_message(&request)) {
        pl_buf_clear(&response);
        answer(pool, pl_buf_view(&request), &response);
        write_message(&response);
    }
    pl_buf_done(&request);
    pl_buf_done(&response);
    pl_pool_free(pool);
    return EXIT_SUCCESS;
}

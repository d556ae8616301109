#include "message.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What inflating begins with; it doubles from there up to the limit. */
#define FIRST_ROOM 16384

static pl_code too_long(size_t max, pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                        "the message has more than %zu bytes when it is unpacked", max);
}

/* ---- inflating ---- */

typedef struct inflater {
    z_stream zlib;
    uint8_t *out;
    size_t room, max;
} inflater;

/* More room, of which one byte beyond the limit shows that there is more. */
static pl_code grow(inflater *i, pl_error *err) {
    size_t room = i->room ? 2 * i->room : FIRST_ROOM;
    uint8_t *out;

    if (i->room == i->max + 1)
        return too_long(i->max, err);
    if (room > i->max + 1)
        room = i->max + 1;
    out = realloc(i->out, room);
    if (!out)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory to unpack a message");
    i->zlib.next_out = out + i->zlib.total_out;
    i->zlib.avail_out = (uInt)(room - i->zlib.total_out);
    i->out = out;
    i->room = room;
    return PL_OK;
}

/* Inflates one piece; *ended: the compressed data is over, what follows does not belong to it. */
static pl_code inflate_piece(inflater *i, grpc_slice piece, bool *ended, pl_error *err) {
    pl_code code = PL_OK;
    int rc = Z_OK;

    i->zlib.next_in = GRPC_SLICE_START_PTR(piece);
    i->zlib.avail_in = (uInt)GRPC_SLICE_LENGTH(piece);
    while (code == PL_OK && rc == Z_OK && (i->zlib.avail_in || !i->zlib.avail_out)) {
        if (!i->zlib.avail_out)
            code = grow(i, err);
        if (code == PL_OK)
            rc = inflate(&i->zlib, Z_NO_FLUSH);
    }
    if (code != PL_OK)
        return code;
    *ended = rc == Z_STREAM_END;
    if ((rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) || (*ended && i->zlib.avail_in))
        return pl_error_set(err, PL_INTERNAL, "the compressed message is malformed");
    return PL_OK;
}

static void free_out(void *out) {
    free(out);
}

static pl_code inflate_all(grpc_byte_buffer *buffer, size_t max, grpc_slice *out_slice,
                           pl_error *err) {
    /* zlib's own format for deflate, 16 more for gzip. */
    enum { WINDOW = 15, GZIP = 16 };
    inflater i = {.max = max};
    grpc_byte_buffer_reader reader;
    grpc_slice piece;
    bool ended = false;
    pl_code code = PL_OK;
    int bits = buffer->data.raw.compression == GRPC_COMPRESS_GZIP ? WINDOW + GZIP : WINDOW;

    if (inflateInit2(&i.zlib, bits) != Z_OK)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory to unpack a message");
    if (!grpc_byte_buffer_reader_init(&reader, buffer)) {
        inflateEnd(&i.zlib);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory to unpack a message");
    }
    while (code == PL_OK && grpc_byte_buffer_reader_next(&reader, &piece)) {
        /* Core's last piece is empty now and then. */
        if (ended && GRPC_SLICE_LENGTH(piece))
            code = pl_error_set(err, PL_INTERNAL, "the compressed message is malformed");
        else if (!ended)
            code = inflate_piece(&i, piece, &ended, err);
        grpc_slice_unref(piece);
    }
    grpc_byte_buffer_reader_destroy(&reader);
    if (code == PL_OK && !ended)
        code = pl_error_set(err, PL_INTERNAL, "the compressed message is cut off");
    if (code == PL_OK && i.zlib.total_out > max)
        code = too_long(max, err);
    if (code == PL_OK && i.out)
        *out_slice = grpc_slice_new(i.out, i.zlib.total_out, free_out);
    else if (code == PL_OK)
        *out_slice = grpc_empty_slice();
    if (code != PL_OK)
        free(i.out);
    inflateEnd(&i.zlib);
    return code;
}

/* ---- plain ---- */

/* Most messages are one slice, which needs no copy. */
static pl_code read_plain(grpc_byte_buffer *buffer, grpc_slice *out_slice) {
    grpc_byte_buffer_reader reader;

    *out_slice = grpc_empty_slice();
    if (!grpc_byte_buffer_reader_init(&reader, buffer))
        return PL_OK;
    if (!grpc_byte_buffer_reader_next(&reader, out_slice)) {
        *out_slice = grpc_empty_slice();
    } else if (GRPC_SLICE_LENGTH(*out_slice) < grpc_byte_buffer_length(buffer)) {
        grpc_slice_unref(*out_slice);
        grpc_byte_buffer_reader_destroy(&reader);
        grpc_byte_buffer_reader_init(&reader, buffer);
        *out_slice = grpc_byte_buffer_reader_readall(&reader);
    }
    grpc_byte_buffer_reader_destroy(&reader);
    return PL_OK;
}

bool pl_message_is_compressed(const grpc_byte_buffer *buffer) {
    return buffer && buffer->data.raw.compression != GRPC_COMPRESS_NONE;
}

pl_code pl_message_read(grpc_byte_buffer *buffer, size_t max, grpc_slice *out_slice,
                        pl_error *err) {
    if (!buffer) {
        *out_slice = grpc_empty_slice();
        return PL_OK;
    }
    if (pl_message_is_compressed(buffer))
        return inflate_all(buffer, max, out_slice, err);
    return read_plain(buffer, out_slice);
}

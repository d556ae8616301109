#include "plugin.h"

#include <errno.h>
#include <unistd.h>

#define READ_CHUNK (64u << 10)

static void *arena_alloc(void *data, size_t size) {
    return pl_arena_alloc(data, size);
}

static void arena_free(void *data, void *pointer) {
    (void)data;
    (void)pointer;
}

ProtobufCAllocator pl_plugin_allocator(pl_arena *arena) {
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    return allocator;
}

pl_code pl_plugin_read(int fd, pl_arena *arena, pl_str *out_bytes, pl_error *err) {
    pl_buf buf = pl_buf_make(PL_PLUGIN_MAX);
    pl_code code = PL_OK;
    for (;;) {
        char *room = pl_buf_reserve(&buf, READ_CHUNK);
        if (!room) {
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                                "the request of protoc is over %u bytes, or there is no memory",
                                PL_PLUGIN_MAX);
            goto out;
        }
        ssize_t n = read(fd, room, READ_CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            code = pl_error_errno(err, errno, "cannot read the request of protoc");
            goto out;
        }
        if (n == 0)
            break;
        pl_buf_wrote(&buf, (size_t)n);
    }
    char *copy = pl_arena_strndup(arena, buf.p, buf.n);
    if (!copy) {
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
        goto out;
    }
    *out_bytes = pl_str_make(copy, buf.n);
out:
    pl_buf_done(&buf);
    return code;
}

pl_code pl_plugin_write(int fd, pl_str bytes, pl_error *err) {
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pl_error_errno(err, errno, "cannot write the answer of the plugin");
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return PL_OK;
}

pl_code pl_plugin_unpack(pl_str bytes, pl_arena *arena, pl_plugin_request **out_request,
                         pl_error *err) {
    ProtobufCAllocator allocator = pl_plugin_allocator(arena);
    pl_plugin_request *request = google__protobuf__compiler__code_generator_request__unpack(
        &allocator, bytes.n, (const uint8_t *)bytes.p);
    if (!request)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "stdin holds no CodeGeneratorRequest (%zu bytes): this is a plugin, "
                            "protoc starts it",
                            bytes.n);
    *out_request = request;
    return PL_OK;
}

pl_code pl_plugin_pack(const ProtobufCMessage *message, pl_arena *arena, pl_str *out_bytes,
                       pl_error *err) {
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = size <= PL_PLUGIN_MAX ? pl_arena_alloc(arena, size) : NULL;
    if (!bytes)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory for %zu bytes", size);
    protobuf_c_message_pack(message, bytes);
    *out_bytes = pl_str_make((const char *)bytes, size);
    return PL_OK;
}

bool pl_plugin_wants(const pl_plugin_request *request, const char *name) {
    for (size_t i = 0; i < request->n_file_to_generate; i++)
        if (strcmp(request->file_to_generate[i], name) == 0)
            return true;
    return false;
}

#include "request.h"

#include <fcntl.h>
#include <unistd.h>

pl_str test_request(const char *set_path, const char *file, const char *parameter,
                    pl_arena *arena) {
    ProtobufCAllocator allocator = pl_plugin_allocator(arena);
    pl_plugin_request request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
    Google__Protobuf__FileDescriptorSet *set = NULL;
    pl_str bytes = {NULL, 0};
    char *files[] = {pl_arena_strdup(arena, file)};
    int fd = open(set_path, O_RDONLY);
    if (fd < 0)
        return bytes;
    if (pl_plugin_read(fd, arena, &bytes, NULL) == PL_OK)
        set = google__protobuf__file_descriptor_set__unpack(&allocator, bytes.n,
                                                            (const uint8_t *)bytes.p);
    close(fd);
    bytes = pl_str_make(NULL, 0);
    if (!set)
        return bytes;
    request.file_to_generate = files;
    request.n_file_to_generate = 1;
    request.parameter = pl_arena_strdup(arena, parameter);
    request.proto_file = set->file;
    request.n_proto_file = set->n_file;
    if (pl_plugin_pack(&request.base, arena, &bytes, NULL) != PL_OK)
        bytes = pl_str_make(NULL, 0);
    return bytes;
}

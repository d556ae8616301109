/* The files of a server as reflection gives them, one by one and in any order, put
 * together to one descriptor set. No I/O.
 *
 *     call_files_init(&files, &arena);
 *     call_files_add(&files, bytes, &err);
 *     while ((name = call_files_missing(&files)).n) ... fetch it, add it
 *     call_files_put(&files, &set, &err);           imports before those that import
 */
#ifndef PARLEY_CALL_FILES_H
#define PARLEY_CALL_FILES_H

#include <stdbool.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

/* Files of one server that are kept. */
#define CALL_FILES_MAX 1024

typedef struct call_file {
    pl_str name;
    pl_str bytes; /* FileDescriptorProto */
    bool placed;  /* in the set */
    bool entered; /* its imports are being placed */
} call_file;

typedef struct call_files {
    pl_arena *arena;
    call_file items[CALL_FILES_MAX];
    size_t count;
} call_files;

/* Starts an empty collection, whose texts live in ARENA. */
void call_files_init(call_files *files, pl_arena *arena);

/* Adds a copy of BYTES, a FileDescriptorProto; one whose name is there already is left out.
 * PL_INVALID_ARGUMENT: malformed or without a name; PL_RESOURCE_EXHAUSTED: too many. */
PL_NODISCARD pl_code call_files_add(call_files *files, pl_str bytes, pl_error *err);

/* A file that is imported and not there; {NULL, 0}: all are. */
pl_str call_files_missing(const call_files *files);

/* Appends the FileDescriptorSet of all files. PL_INVALID_ARGUMENT: they import each other in a
 * circle; PL_RESOURCE_EXHAUSTED: OUT is full. */
PL_NODISCARD pl_code call_files_put(call_files *files, pl_buf *out, pl_error *err);

#endif

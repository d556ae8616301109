/* Static files: a folder under a path. Regular files only, never through a link, never
 * outside the folder, never a name that begins with a dot. */
#ifndef GATEWAY_FILES_H
#define GATEWAY_FILES_H

#include <time.h>

#include "config.h"
#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

/* Greatest file that is served, in bytes. */
#define GATEWAY_FILE_MAX (8u << 20)
/* An entity tag with its quotes, and a NUL. */
#define GATEWAY_ETAG_SIZE 64

typedef struct gateway_file {
    pl_str content;   /* in the arena */
    const char *type; /* by extension */
    char etag[GATEWAY_ETAG_SIZE];
} gateway_file;

/* The folder of CONFIG that PATH (raw) is under, and what follows its prefix; NULL: none. */
const gateway_folder *gateway_folder_of(const gateway_config *config, pl_str path,
                                        pl_str *out_rest);

/* Reads the file REST ("/a/b.jpg", raw) of FOLDER. PL_NOT_FOUND where there is none,
 * PL_INVALID_ARGUMENT for a malformed path, PL_RESOURCE_EXHAUSTED where it is too large. */
PL_NODISCARD pl_code gateway_file_read(const gateway_folder *folder, pl_str rest, pl_arena *arena,
                                       gateway_file *out_file, pl_error *err);

#endif

/* Files that are read or written whole or not at all. */
#ifndef PARLEY_TOOL_WHOLE_FILE_H
#define PARLEY_TOOL_WHOLE_FILE_H

#include "parley/base/error.h"
#include "parley/base/str.h"

/* Writes CONTENT to a file beside PATH and moves it there: whatever happens, PATH is as it was or
 * whole. What a link leads to is written, with the mode that it has; what is no plain file
 * (/dev/stdout) is written as it is. The system's errors, by name. */
PL_NODISCARD pl_code whole_file_write(const char *path, pl_str content, pl_error *err);

/* PATH could be written; nothing is left behind. */
PL_NODISCARD pl_code whole_file_try(const char *path, pl_error *err);

/* Makes the folders above PATH that are not there. The system's errors, by name. */
PL_NODISCARD pl_code whole_file_folders(const char *path, pl_error *err);

/* Appends what the file PATH holds. The system's errors, by name; PL_RESOURCE_EXHAUSTED: more than
 * OUT takes, or no memory. */
PL_NODISCARD pl_code whole_file_read(const char *path, pl_buf *out, pl_error *err);

#endif

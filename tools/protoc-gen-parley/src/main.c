/* protoc-gen-parley: protoc's plugin. README.md says what it makes. */
#include <stdio.h>
#include <unistd.h>

#include "generate.h"

int main(void) {
    pl_arena arena = pl_arena_make(PL_PLUGIN_BUDGET);
    pl_error err = PL_ERROR_INIT;
    pl_str request, response;
    pl_code code = pl_plugin_read(STDIN_FILENO, &arena, &request, &err);
    if (!code)
        code = pl_generate(request, &arena, &response, &err);
    if (!code)
        code = pl_plugin_write(STDOUT_FILENO, response, &err);
    pl_arena_done(&arena);
    if (code)
        fprintf(stderr, "protoc-gen-parley: %s\n", err.message);
    return code ? 1 : 0;
}

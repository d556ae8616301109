/* protoc-gen-parley-c: protoc-gen-c for the files of this project.
 *
 * A protoc plugin that reshapes the request (reshape.h), runs protoc-gen-c on it
 * and passes its answer on, with the word that proto3 optional is supported.
 * PROTOC_GEN_C in the environment names another protoc-gen-c.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reshape.h"

extern char **environ;

/* CodeGeneratorResponse.supported_features = FEATURE_PROTO3_OPTIONAL. Messages that are
 * written one behind the other are one message, so it can follow whatever came before. */
static const char SUPPORTED[] = "\020\001";

static const char *generator(void) {
    const char *path = getenv("PROTOC_GEN_C");
    return path && path[0] ? path : PL_PROTOC_GEN_C;
}

/* Starts protoc-gen-c with READ_END as its stdin; its stdout is ours. */
static pl_code start(int read_end, int write_end, pid_t *out_pid, pl_error *err) {
    const char *path = generator();
    char *name = strdup("protoc-gen-c");
    char *argv[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    if (!name || posix_spawn_file_actions_init(&actions) != 0) {
        free(name);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    }
    int rc = posix_spawn_file_actions_adddup2(&actions, read_end, STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclose(&actions, write_end);
    if (rc == 0)
        rc = posix_spawnp(out_pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(name);
    return rc ? pl_error_errno(err, rc, "cannot start %s", path) : PL_OK;
}

static pl_code wait_for(pid_t pid, pl_error *err) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return pl_error_errno(err, errno, "cannot wait for protoc-gen-c");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return pl_error_set(err, PL_INTERNAL, "protoc-gen-c ended with status %d", status);
    return PL_OK;
}

static pl_code run(pl_str request, pl_error *err) {
    int ends[2];
    pid_t pid;
    if (pipe(ends) != 0)
        return pl_error_errno(err, errno, "cannot make a pipe");
    pl_code code = start(ends[0], ends[1], &pid, err);
    close(ends[0]);
    if (code) {
        close(ends[1]);
        return code;
    }
    pl_code written = pl_plugin_write(ends[1], request, err);
    close(ends[1]);
    code = wait_for(pid, err);
    if (code || written)
        return code ? code : written;
    return pl_plugin_write(STDOUT_FILENO, pl_str_make(SUPPORTED, sizeof(SUPPORTED) - 1), err);
}

int main(void) {
    pl_arena arena = pl_arena_make(PL_PLUGIN_BUDGET);
    pl_error err = PL_ERROR_INIT;
    pl_str bytes;
    pl_plugin_request *request;
    signal(SIGPIPE, SIG_IGN);
    pl_code code = pl_plugin_read(STDIN_FILENO, &arena, &bytes, &err);
    if (!code)
        code = pl_plugin_unpack(bytes, &arena, &request, &err);
    if (!code)
        code = pl_reshape(request, &arena, &err);
    if (!code)
        code = pl_plugin_pack(&request->base, &arena, &bytes, &err);
    if (!code)
        code = run(bytes, &err);
    pl_arena_done(&arena);
    if (code)
        fprintf(stderr, "protoc-gen-parley-c: %s\n", err.message);
    return code ? 1 : 0;
}

/* A service as a child process: its output, its admin port, its exit code. */
#ifndef PARLEY_SERVICE_TESTS_CHILD_H
#define PARLEY_SERVICE_TESTS_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/http/parser.h"

enum { DEADLINE_MS = 20000 };

struct child {
    const char *program; /* argv[0]; NULL: "sample" */
    pid_t pid;
    int ready_fd, out_fd, err_fd;
    pl_buf out, err;
    char ready[256]; /* the ready line */
    char grpc[64], admin[64];
    char file[40]; /* READY_FILE of a test; "" */
};

/* Makes and ends a child that was not started yet; *state is the struct child. */
int child_setup(void **state);
int child_teardown(void **state);

/* Starts the sample with NULL-terminated ARGS and ENV. */
void child_spawn(struct child *c, const char *const *args, const char *const *env);
#define SPAWN(c, env, ...)                                                                         \
    child_spawn((c), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, (env))

/* Waits for its ready line and fills grpc and admin. */
void child_wait_ready(struct child *c);
/* Reads its log until TEXT was in it. */
void child_read_until(struct child *c, const char *text);
/* Reads all output to its end and returns the exit status, 128 + signal when killed. */
int child_wait_end(struct child *c);
/* Makes c->file, which is removed at the end. */
void child_make_file(struct child *c);

/* The status of METHOD PATH on the admin port; the body goes to OUT (NULL: not wanted). FIELD
 * (NULL: none) is sent along. */
int child_ask(const struct child *c, const char *method, const char *path, pl_buf *out,
              const pl_http_field *field);

/* A gRPC call with an empty request. */
struct call {
    const struct child *child;
    const char *path;
    pl_code code;
    char body[16];
    size_t body_size;
};
/* Makes the struct call SELF; also on a thread of its own. */
void *child_call(void *self);

#endif

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/http/client.h"
#include "parley/rpc/channel.h"

enum { MAX_ARGS = 16, OUTPUT_MAX = 1 << 20 };

/* ---- starting and watching it ---- */

static void become_sample(const int *ready, const int *out, const int *err, char *const *argv,
                          char *const *env) {
    enum { READY_FD = 5 };
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    int high = fcntl(ready[1], F_DUPFD, 20); /* READY_FD may be one of the pipes */
    dup2(high, READY_FD);
    for (int fd = READY_FD + 1; fd < 64; fd++)
        close(fd);
    execve(SAMPLE, argv, env);
    _exit(127);
}

/* "TSAN_OPTIONS=..." of this process, or one that nobody reads. */
static char *sanitizer_options(void) {
    char text[512];
    const char *options = getenv("TSAN_OPTIONS");
    snprintf(text, sizeof text, "TSAN_OPTIONS=%s", options ? options : "");
    return strdup(text);
}

/* Starts the sample with NULL-terminated ARGS and ENV; READY_FD=5 is added. */
void child_spawn(struct child *c, const char *const *args, const char *const *env) {
    int ready[2], out[2], err[2];
    char *argv[MAX_ARGS] = {strdup(c->program ? c->program : "sample")};
    char *environment[MAX_ARGS] = {strdup("READY_FD=5"), sanitizer_options()};
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = strdup(args[i]);
    for (size_t i = 0; env[i]; i++)
        environment[i + 2] = strdup(env[i]);
    assert_int_equal(pipe(ready) | pipe(out) | pipe(err), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0)
        become_sample(ready, out, err, argv, environment);
    close(ready[1]);
    close(out[1]);
    close(err[1]);
    c->ready_fd = ready[0];
    c->out_fd = out[0];
    c->err_fd = err[0];
    for (size_t i = 0; i < MAX_ARGS; i++) {
        free(argv[i]);
        free(environment[i]);
    }
}

/* Appends what FD has, waiting until DEADLINE; false at its end. */
static bool read_some(int fd, pl_buf *out, int64_t deadline) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, pl_remaining_ms(deadline));
    if (n < 0 && errno == EINTR)
        return true;
    if (n == 0)
        fail_msg("nothing more in time; so far: %s", out->p);
    char *room = pl_buf_reserve(out, 4096);
    assert_non_null(room);
    ssize_t got = read(fd, room, 4096);
    if (got > 0)
        pl_buf_wrote(out, (size_t)got);
    return got > 0;
}

void child_read_until(struct child *c, const char *text) {
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (!strstr(c->err.p, text)) {
        if (!read_some(c->err_fd, &c->err, deadline))
            fail_msg("ended without '%s': %s", text, c->err.p);
    }
}

static void copy_address(const char *line, const char *name, char out[64]) {
    const char *at = strstr(line, name);
    if (!at)
        return;
    snprintf(out, 64, "%.*s", (int)strcspn(at + strlen(name), " \n"), at + strlen(name));
}

void child_wait_ready(struct child *c) {
    pl_buf line = pl_buf_make(sizeof c->ready - 1);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (!strchr(line.p, '\n')) {
        struct pollfd p = {.fd = c->ready_fd, .events = POLLIN};
        assert_true(poll(&p, 1, pl_remaining_ms(deadline)) > 0);
        char byte;
        if (read(c->ready_fd, &byte, 1) != 1) {
            while (read_some(c->err_fd, &c->err, deadline))
                continue;
            fail_msg("not ready: %s", c->err.p);
        }
        pl_buf_putc(&line, byte);
    }
    snprintf(c->ready, sizeof c->ready, "%s", line.p);
    copy_address(line.p, "grpc=", c->grpc);
    copy_address(line.p, "admin=", c->admin);
    pl_buf_done(&line);
}

int child_wait_end(struct child *c) {
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (read_some(c->err_fd, &c->err, deadline))
        continue;
    while (read_some(c->out_fd, &c->out, deadline))
        continue;
    int status;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    c->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_setup(void **state) {
    struct child *c = calloc(1, sizeof *c);
    c->ready_fd = c->out_fd = c->err_fd = -1;
    c->out = pl_buf_make(OUTPUT_MAX);
    c->err = pl_buf_make(OUTPUT_MAX);
    *state = c;
    return 0;
}

int child_teardown(void **state) {
    struct child *c = *state;
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    close(c->ready_fd);
    close(c->out_fd);
    close(c->err_fd);
    if (*c->file)
        unlink(c->file);
    pl_buf_done(&c->out);
    pl_buf_done(&c->err);
    free(c);
    return 0;
}

/* ---- asking it ---- */

int child_ask(const struct child *c, const char *method, const char *path, pl_buf *out,
              const pl_http_field *field) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    call.address = c->admin;
    call.method = pl_str_c(method);
    call.target = pl_str_c(path);
    call.body = pl_str_c(strcmp(method, "POST") == 0 ? "now" : "");
    call.fields = field;
    call.field_count = field ? 1 : 0;
    pl_http_answer *answer = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_http_fetch(&call, &answer, &err))
        fail_msg("%s %s: %s", method, path, err.message);
    int status = answer->head->status;
    if (out) {
        pl_buf_clear(out);
        pl_buf_str(out, answer->body);
    }
    pl_http_answer_free(answer);
    return status;
}

void *child_call(void *self) {
    struct call *call = self;
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.target = call->child->grpc;
    pl_channel *channel = NULL;
    call->code = pl_channel_new(&opts, &channel, NULL);
    if (call->code)
        return NULL;
    pl_bytes_request request = {.path = call->path, .deadline_ns = pl_deadline_ms(DEADLINE_MS)};
    pl_bytes_reply *reply = NULL;
    call->code = pl_channel_call_bytes(channel, &request, &reply);
    if (!call->code && reply->body.n <= sizeof call->body) {
        call->body_size = reply->body.n;
        if (reply->body.n)
            memcpy(call->body, reply->body.p, reply->body.n);
    }
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    return NULL;
}

void child_make_file(struct child *c) {
    snprintf(c->file, sizeof c->file, "/tmp/parley-life-XXXXXX");
    int fd = mkstemp(c->file);
    assert_true(fd >= 0);
    close(fd);
}

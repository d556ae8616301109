#include "up/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/pretty.h"
#include "parley/base/clock.h"

/* Bytes of a line that is told of together with an end. */
enum { LOGS_TAIL_LINE = 400 };

static pl_code open_file(log_stream *stream, pl_error *err) {
    stream->fd = open(stream->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (stream->fd < 0)
        return pl_error_errno(err, errno, "%s", stream->path);
    struct stat info;
    stream->size = fstat(stream->fd, &info) == 0 ? (long)info.st_size : 0;
    return PL_OK;
}

pl_code log_stream_open(log_stream *stream, const char *folder, const char *name, pl_error *err) {
    memset(stream, 0, sizeof *stream);
    for (size_t i = 0; i < PL_COUNT(stream->lines); i++)
        stream->lines[i] = pl_buf_make(LOGS_LINE_MAX);
    stream->last = pl_buf_make(LOGS_LAST_MAX * 2);
    (void)snprintf(stream->name, sizeof stream->name, "%s", name);
    (void)snprintf(stream->path, sizeof stream->path, "%s/%s.log", folder, name);
    return open_file(stream, err);
}

void log_stream_close(log_stream *stream) {
    if (!stream || !stream->name[0])
        return;
    if (stream->fd >= 0)
        close(stream->fd);
    for (size_t i = 0; i < PL_COUNT(stream->lines); i++)
        pl_buf_done(&stream->lines[i]);
    pl_buf_done(&stream->last);
    memset(stream, 0, sizeof *stream);
}

/* Moves a full file aside; a failure costs log lines and nothing else. */
static void rotate(log_stream *stream) {
    char old[600];
    (void)snprintf(old, sizeof old, "%s.1", stream->path);
    if (rename(stream->path, old) != 0)
        return;
    close(stream->fd);
    (void)open_file(stream, NULL);
}

static void write_all(int fd, pl_str text) {
    while (fd >= 0 && text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text.p += n;
        text.n -= (size_t)n;
    }
}

/* A write of at most PIPE_BUF bytes to what poll says is writable does not block: nobody who
 * stops reading the terminal, or a pipe, may stop the system. */
static bool can_show(void) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT);
}

static void show(log_stream *stream, pl_str line) {
    if (!can_show()) {
        stream->unshown++;
        return;
    }
    pl_buf out = pl_buf_make(PIPE_BUF);
    if (stream->color)
        pl_buf_printf(&out, "\033[%dm%-11s|\033[0m ", stream->color, stream->name);
    else
        pl_buf_printf(&out, "%-11s| ", stream->name);
    if (stream->unshown)
        pl_buf_printf(&out, "(%ld lines were not shown; parley logs has them) ", stream->unshown);
    stream->unshown = 0;
    if (!log_line_pretty(line, &out))
        pl_buf_str(&out, pl_utf8_cut(line, LOGS_SHOWN_MAX));
    pl_str text = pl_utf8_cut(pl_buf_view(&out), PIPE_BUF - 1);
    pl_buf_cut(&out, text.n);
    pl_buf_putc(&out, '\n');
    write_all(STDERR_FILENO, pl_buf_view(&out));
    pl_buf_done(&out);
}

/* The last whole lines, of which the oldest go first. */
static void remember(log_stream *stream, pl_str line) {
    pl_str last = pl_buf_view(&stream->last);
    size_t cut = 0;
    while (cut < last.n && last.n - cut + line.n > LOGS_LAST_MAX)
        cut += pl_str_index(pl_str_make(last.p + cut, last.n - cut), '\n') + 1;
    pl_buf_consume(&stream->last, cut < last.n ? cut : last.n);
    pl_buf_str(&stream->last, pl_str_make(line.p, line.n < LOGS_LAST_MAX ? line.n : LOGS_LAST_MAX));
}

/* In the file, and where LAST among the last lines. */
static void keep(log_stream *stream, pl_str line, bool last) {
    if (stream->size > LOGS_FILE_MAX)
        rotate(stream);
    pl_buf out = pl_buf_make(LOGS_LINE_MAX + 1);
    pl_buf_str(&out, line);
    pl_buf_putc(&out, '\n');
    write_all(stream->fd, pl_buf_view(&out));
    stream->size += (long)out.n;
    if (last)
        remember(stream, pl_buf_view(&out));
    pl_buf_done(&out);
}

static void take_line(log_stream *stream, pl_buf *buffer, log_line_fn *fn, void *self) {
    pl_str line = pl_buf_view(buffer);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    keep(stream, line, true);
    if (stream->terminal)
        show(stream, line);
    if (fn)
        fn(self, line);
    pl_buf_clear(buffer);
}

void log_stream_feed(log_stream *stream, int fd, pl_str data, log_line_fn *fn, void *self) {
    pl_buf *buffer = &stream->lines[fd == STDERR_FILENO];
    while (data.n) {
        size_t end = pl_str_index(data, '\n');
        size_t room = LOGS_LINE_MAX - 1 - buffer->n;
        pl_buf_append(buffer, data.p, end < room ? end : room);
        if (end == data.n)
            return;
        take_line(stream, buffer, fn, self);
        data.p += end + 1;
        data.n -= end + 1;
    }
}

void log_stream_end(log_stream *stream, log_line_fn *fn, void *self) {
    for (size_t i = 0; i < PL_COUNT(stream->lines); i++) {
        if (stream->lines[i].n)
            take_line(stream, &stream->lines[i], fn, self);
    }
}

void log_stream_last(const log_stream *stream, pl_buf *out) {
    pl_str rest = pl_buf_view(&stream->last);
    for (pl_str line; pl_str_split(&rest, '\n', &line);) {
        if (line.n && !log_line_pretty(line, out))
            pl_buf_str(out, line);
        if (line.n)
            pl_buf_putc(out, '\n');
    }
}

void log_stream_forget(log_stream *stream) {
    pl_buf_clear(&stream->last);
}

/* The last LOGS_TAIL_MAX lines, with a bar between them: they become part of one line. */
static void put_tail(const log_stream *stream, pl_buf *out) {
    pl_buf last = pl_buf_make(LOGS_LAST_MAX * 2);
    log_stream_last(stream, &last);
    pl_str tail = pl_buf_view(&last);
    tail.n -= tail.n > 0; /* its last line feed */
    size_t start = tail.n;
    for (int lines = 0; start > 0; start--) {
        lines += tail.p[start - 1] == '\n';
        if (lines == LOGS_TAIL_MAX)
            break;
    }
    tail = pl_str_make(tail.p + start, tail.n - start);
    for (pl_str line; pl_str_split(&tail, '\n', &line);) {
        pl_buf_puts(out, out->n ? " | " : "");
        pl_buf_str(out, pl_utf8_cut(line, LOGS_TAIL_LINE));
    }
    pl_buf_done(&last);
}

static void say(log_stream *stream, const char *level, pl_str tail, const char *format,
                va_list args) {
    char text[1024];
    char time[PL_RFC3339_SIZE];
    (void)vsnprintf(text, sizeof text, format, args);
    pl_rfc3339(pl_time_us(), time);
    pl_buf line = pl_buf_make(LOGS_LINE_MAX);
    pl_buf_printf(
        &line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"parley\",\"message\":", time, level);
    pl_buf_json(&line, pl_str_c(text));
    if (tail.n) {
        pl_buf_puts(&line, ",\"last\":");
        pl_buf_json(&line, tail);
    }
    pl_buf_putc(&line, '}');
    keep(stream, pl_buf_view(&line), tail.n == 0); /* else it would repeat them */
    if (stream->terminal)
        show(stream, pl_buf_view(&line));
    pl_buf_done(&line);
}

void log_stream_say(log_stream *stream, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(stream, "info", pl_str_make(NULL, 0), format, args);
    va_end(args);
}

void log_stream_say_error(log_stream *stream, const char *format, ...) {
    pl_buf tail = pl_buf_make(LOGS_LAST_MAX);
    va_list args;
    put_tail(stream, &tail);
    va_start(args, format);
    say(stream, "error", pl_buf_view(&tail), format, args);
    va_end(args);
    pl_buf_done(&tail);
}

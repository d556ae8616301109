#include "parley/base/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/trace.h"

enum { LINE_MAX_BYTES = 8192, US_PER_S = 1000000 };
/* Below it a number's thousandths fit an int64_t. */
#define F64_PLAIN_MAX 1e15

/* The log sink: set once before the first thread starts. */
static const char *service_name = "parley";
static pl_log_level least_level = PL_LOG_INFO;
static pl_log_format line_format = PL_LOG_TEXT;

static _Thread_local const char *trace_of_thread;
static _Thread_local pl_log_held *held_of_thread;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void pl_log_init(const char *service, pl_log_level least, pl_log_format format) {
    service_name = service;
    least_level = least;
    line_format = format;
}

bool pl_log_enabled(pl_log_level level) {
    return level >= least_level;
}

const char *pl_log_trace(const char *traceparent) {
    const char *before = trace_of_thread;
    trace_of_thread = traceparent;
    return before;
}

/* As pl_rfc3339; the calendar is asked once a second and thread. */
static const char *now_text(void) {
    enum { MICROS_AT = 20 };
    static _Thread_local int64_t second = -1;
    static _Thread_local char text[PL_RFC3339_SIZE];
    int64_t now = pl_time_us();
    if (now / US_PER_S != second) {
        second = now / US_PER_S;
        pl_rfc3339(now, text);
        return text;
    }
    int64_t micros = now % US_PER_S;
    for (size_t i = MICROS_AT + 6; i-- > MICROS_AT; micros /= 10)
        text[i] = (char)('0' + micros % 10);
    return text;
}

/* With three places, as durations have them; printf where that does not suffice. */
static void put_f64(pl_buf *line, double value) {
    if (!(fabs(value) < F64_PLAIN_MAX)) {
        if (isfinite(value))
            pl_buf_printf(line, "%.3f", value);
        else
            pl_buf_puts(line, "null");
        return;
    }
    int64_t thousandths = (int64_t)(fabs(value) * 1000 + 0.5);
    if (value < 0 && thousandths)
        pl_buf_putc(line, '-');
    pl_buf_i64(line, thousandths / 1000);
    const char places[] = {'.', (char)('0' + thousandths / 100 % 10),
                           (char)('0' + thousandths / 10 % 10), (char)('0' + thousandths % 10)};
    pl_buf_append(line, places, sizeof places);
}

static void put_value(pl_buf *line, const pl_log_field *field, bool json) {
    switch (field->kind) {
    case PL_LOG_FIELD_STR:
        if (json)
            pl_buf_json(line, field->str);
        else
            pl_buf_str(line, field->str);
        break;
    case PL_LOG_FIELD_I64:
        pl_buf_i64(line, field->i64);
        break;
    case PL_LOG_FIELD_F64:
        put_f64(line, field->f64);
        break;
    case PL_LOG_FIELD_BOOL:
        pl_buf_puts(line, field->i64 ? "true" : "false");
        break;
    }
}

/* The ids out of the thread's "00-<trace id>-<span id>-01". */
static void put_trace(pl_buf *line) {
    pl_buf_puts(line, ",\"trace\":\"");
    pl_buf_append(line, trace_of_thread + PL_TRACE_ID_AT, PL_TRACE_ID_LENGTH);
    pl_buf_puts(line, "\",\"span\":\"");
    pl_buf_append(line, trace_of_thread + PL_SPAN_ID_AT, PL_SPAN_ID_LENGTH);
    pl_buf_putc(line, '"');
}

static void put_json(pl_buf *line, const char *time, pl_log_level level, const char *event,
                     const pl_log_field *fields, size_t count) {
    pl_buf_puts(line, "{\"time\":\"");
    pl_buf_puts(line, time);
    pl_buf_puts(line, "\",\"level\":\"");
    pl_buf_puts(line, level_names[level]);
    pl_buf_puts(line, "\",\"service\":");
    pl_buf_json(line, pl_str_c(service_name));
    pl_buf_puts(line, ",\"event\":");
    pl_buf_json(line, pl_str_c(event));
    if (trace_of_thread)
        put_trace(line);
    for (size_t i = 0; i < count; i++) {
        size_t before = line->n;
        pl_buf_puts(line, ",\""); /* a key is a constant that needs no escapes */
        pl_buf_puts(line, fields[i].key);
        pl_buf_puts(line, "\":");
        put_value(line, &fields[i], true);
        if (line->failed ||
            line->n > LINE_MAX_BYTES - 3) { /* leave it out rather than break the object */
            line->n = before;
            line->failed = false;
            break;
        }
    }
    pl_buf_puts(line, "}\n");
}

static void put_text(pl_buf *line, const char *time, pl_log_level level, const char *event,
                     const pl_log_field *fields, size_t count) {
    pl_buf_printf(line, "%.12s %-5s %s", time + 11, level_names[level], event);
    for (size_t i = 0; i < count; i++) {
        pl_buf_printf(line, " %s=", fields[i].key);
        put_value(line, &fields[i], false);
    }
    if (line->n > LINE_MAX_BYTES - 1)
        line->n = LINE_MAX_BYTES - 1;
    pl_buf_putc(line, '\n');
}

static void write_out(const char *text, size_t n) {
    ssize_t written;
    do {
        written = write(STDERR_FILENO, text, n);
    } while (written < 0 && errno == EINTR);
}

bool pl_log_is_held(void) {
    return held_of_thread && held_of_thread->n;
}

void pl_log_flush(void) {
    if (!pl_log_is_held())
        return;
    write_out(held_of_thread->text, held_of_thread->n);
    held_of_thread->n = 0;
}

void pl_log_hold(pl_log_held *held) {
    pl_log_flush();
    held_of_thread = held;
}

/* Writes a line, or keeps it back. */
static void put_out(pl_log_level level, const char *line, size_t n) {
    pl_log_held *held = held_of_thread;
    if (held && n > sizeof held->text - held->n)
        pl_log_flush();
    if (!held || n > sizeof held->text) {
        write_out(line, n);
        return;
    }
    memcpy(held->text + held->n, line, n);
    held->n += n;
    if (level >= PL_LOG_WARN)
        pl_log_flush();
}

void pl_log_fields(pl_log_level level, const char *event, const pl_log_field *fields,
                   size_t count) {
    if (!pl_log_enabled(level))
        return;
    const char *time = now_text();
    char text[LINE_MAX_BYTES + 1];
    text[0] = '\0';
    /* It begins with all the room it may take, so that it never grows. */
    pl_buf line = {.p = text, .cap = sizeof text, .max = LINE_MAX_BYTES};
    if (line_format == PL_LOG_JSON)
        put_json(&line, time, level, event, fields, count);
    else
        put_text(&line, time, level, event, fields, count);
    put_out(level, line.p, line.n);
}

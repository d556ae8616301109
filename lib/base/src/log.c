#include "parley/base/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"

enum { LINE_MAX_BYTES = 8192 };

/* The log sink: set once before the first thread starts. */
static const char *service_name = "parley";
static pl_log_level least_level = PL_LOG_INFO;
static pl_log_format line_format = PL_LOG_TEXT;

static _Thread_local const char *trace_of_thread;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void pl_log_init(const char *service, pl_log_level least, pl_log_format format) {
    service_name = service;
    least_level = least;
    line_format = format;
}

bool pl_log_enabled(pl_log_level level) {
    return level >= least_level;
}

void pl_log_trace(const char *trace_id) {
    trace_of_thread = trace_id;
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
        if (isfinite(field->f64))
            pl_buf_printf(line, "%.3f", field->f64);
        else
            pl_buf_puts(line, "null");
        break;
    case PL_LOG_FIELD_BOOL:
        pl_buf_puts(line, field->i64 ? "true" : "false");
        break;
    }
}

static void put_json(pl_buf *line, const char *time, pl_log_level level, const char *event,
                     const pl_log_field *fields, size_t count) {
    pl_buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":", time, level_names[level]);
    pl_buf_json(line, pl_str_c(service_name));
    pl_buf_puts(line, ",\"event\":");
    pl_buf_json(line, pl_str_c(event));
    if (trace_of_thread)
        pl_buf_printf(line, ",\"trace\":\"%s\"", trace_of_thread);
    for (size_t i = 0; i < count; i++) {
        size_t before = line->n;
        pl_buf_putc(line, ',');
        pl_buf_json(line, pl_str_c(fields[i].key));
        pl_buf_putc(line, ':');
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

void pl_log_fields(pl_log_level level, const char *event, const pl_log_field *fields,
                   size_t count) {
    if (!pl_log_enabled(level))
        return;
    char time[PL_RFC3339_SIZE];
    pl_rfc3339(pl_time_us(), time);
    pl_buf line = pl_buf_make(LINE_MAX_BYTES);
    if (line_format == PL_LOG_JSON)
        put_json(&line, time, level, event, fields, count);
    else
        put_text(&line, time, level, event, fields, count);
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line.p, line.n);
    } while (written < 0 && errno == EINTR);
    pl_buf_done(&line);
}

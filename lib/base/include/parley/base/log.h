/* Structured logging to stderr: one JSON object a line, or coloured text for people.
 *
 * Libraries return errors; only the chassis and tools log. An event name is a
 * constant; fields are typed. A line holds at most 8 KiB and is written by one
 * write(), so lines of several threads never mix. Thread-safe.
 *
 *     pl_log(PL_LOG_INFO, "listening", PL_LOG_STR("address", addr), PL_LOG_I64("port", port));
 */
#ifndef PARLEY_BASE_LOG_H
#define PARLEY_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pl_log_level { PL_LOG_DEBUG, PL_LOG_INFO, PL_LOG_WARN, PL_LOG_ERROR } pl_log_level;
typedef enum pl_log_format { PL_LOG_JSON, PL_LOG_TEXT } pl_log_format;

/* A typed field; make one with the macros below. */
typedef struct pl_log_field {
    const char *key;
    enum { PL_LOG_FIELD_STR, PL_LOG_FIELD_I64, PL_LOG_FIELD_F64, PL_LOG_FIELD_BOOL } kind;
    pl_str str;
    int64_t i64;
    double f64;
} pl_log_field;

#define PL_LOG_TEXTN(key_, text_)                                                                  \
    { .key = (key_), .kind = PL_LOG_FIELD_STR, .str = (text_) }
#define PL_LOG_STR(key_, cstr_) PL_LOG_TEXTN(key_, pl_str_c(cstr_))
#define PL_LOG_I64(key_, value_)                                                                   \
    { .key = (key_), .kind = PL_LOG_FIELD_I64, .i64 = (value_) }
#define PL_LOG_F64(key_, value_)                                                                   \
    { .key = (key_), .kind = PL_LOG_FIELD_F64, .f64 = (value_) }
#define PL_LOG_BOOL(key_, value_)                                                                  \
    { .key = (key_), .kind = PL_LOG_FIELD_BOOL, .i64 = (value_) }

/* Logs one line; the fields follow the event name. At least one field. */
#define pl_log(level, event, ...)                                                                  \
    pl_log_fields((level), (event), (const pl_log_field[]){__VA_ARGS__},                           \
                  sizeof((const pl_log_field[]){__VA_ARGS__}) / sizeof(pl_log_field))

void pl_log_fields(pl_log_level level, const char *event, const pl_log_field *fields, size_t count);

/* Sets the name every line carries ("mall-orders"; borrowed for ever), the least
 * level and the format. Call before the first thread starts. */
void pl_log_init(const char *service, pl_log_level least, pl_log_format format);
bool pl_log_enabled(pl_log_level level);

/* The span that the calling thread works in, a W3C traceparent: its ids are put into each of the
 * thread's lines as "trace" and "span". NULL: none. Borrowed until it is replaced; returns the
 * one before. */
const char *pl_log_trace(const char *traceparent);

/* Lines that a thread keeps back; they fit one write() to a pipe. */
#define PL_LOG_HELD_MAX 4096
typedef struct pl_log_held {
    size_t n;
    char text[PL_LOG_HELD_MAX];
} pl_log_held;

/* From now on the calling thread keeps its lines in HELD (borrowed, zeroed) and writes them
 * together: when HELD is full, with a line that warns, and in pl_log_flush. For threads that log
 * many lines in a row and know when they go to sleep. NULL: no longer. */
void pl_log_hold(pl_log_held *held);
/* Whether the calling thread has kept lines back. */
bool pl_log_is_held(void);
void pl_log_flush(void);

#ifdef __cplusplus
}
#endif
#endif

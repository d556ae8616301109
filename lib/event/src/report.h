/* What relay and consumer have in common: telling the operator, and naming themselves. */
#ifndef PARLEY_EVENT_REPORT_H
#define PARLEY_EVENT_REPORT_H

#include "parley/event/relay.h"

#define PL_EVENT_HOLDER_MAX 128

typedef struct pl_reporter {
    pl_event_report_fn *fn; /* NULL: pl_log */
    void *self;
    const char *name; /* borrowed: what reports, "mall.orders/0" */
} pl_reporter;

void pl_report(const pl_reporter *reporter, pl_log_level level, const char *event,
               const char *format, ...) PL_PRINTF(4, 5);

/* A copy of HOLDER, or "<host>:<pid>:<random>" where it is NULL. */
void pl_event_holder(const char *holder, char out[PL_EVENT_HOLDER_MAX]);

/* The next delay of a backoff that doubles from FIRST_MS to LAST_MS; 0 begins. */
int64_t pl_event_backoff(int64_t before_ms, int64_t first_ms, int64_t last_ms);

/* Copies MESSAGE cut at a character into the last_error of a stats struct. */
void pl_event_last_error(char *out, size_t size, const char *message);

#endif

#include "report.h"

#include <stdio.h>
#include <unistd.h>

#include "parley/base/clock.h"

#define DETAIL_MAX 512
#define HOST_MAX   64

void pl_report(const pl_reporter *reporter, pl_log_level level, const char *event,
               const char *format, ...) {
    char detail[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (reporter->fn)
        reporter->fn(reporter->self, level, event, detail);
    else
        pl_log(level, event, PL_LOG_STR("stream", reporter->name), PL_LOG_STR("detail", detail));
}

void pl_event_holder(const char *holder, char out[PL_EVENT_HOLDER_MAX]) {
    if (holder && holder[0]) {
        (void)snprintf(out, PL_EVENT_HOLDER_MAX, "%s", holder);
        return;
    }
    char host[HOST_MAX] = "";
    uint32_t random = 0;
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    pl_random(&random, sizeof random);
    (void)snprintf(out, PL_EVENT_HOLDER_MAX, "%s:%ld:%08x", host, (long)getpid(), random);
}

int64_t pl_event_backoff(int64_t before_ms, int64_t first_ms, int64_t last_ms) {
    if (before_ms < first_ms)
        return first_ms;
    return before_ms * 2 < last_ms ? before_ms * 2 : last_ms;
}

void pl_event_last_error(char *out, size_t size, const char *message) {
    pl_str cut = pl_utf8_cut(pl_str_c(message), size - 1);
    memcpy(out, cut.p, cut.n);
    out[cut.n] = '\0';
}

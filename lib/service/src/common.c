/* The settings that every service has. */
#include "service_internal.h"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"json", "text", NULL};
static const char *const calls[] = {"on", "errors", "off", NULL};

const pl_setting pl_common_settings[] = {
    PL_SETTING_STRING("ADMIN_LISTEN", common, admin_listen, "127.0.0.1:0",
                      "Address of /livez, /readyz and /metrics; port 0 takes a free one."),
    PL_SETTING_BOOL("DEMO", common, demo, "false",
                    "A demonstration on one machine: callers without identity are let in."),
    PL_SETTING_STRING("INSTANCE", common, instance, "",
                      "Name of this process among the replicas; empty: host and process id."),
    PL_SETTING_ENUM("LOG_LEVEL", common, log_level, "info", levels, "Least level that is logged."),
    PL_SETTING_ENUM("LOG_FORMAT", common, log_format, "json", formats,
                    "One JSON object a line, or text for people."),
    PL_SETTING_STRING("OTLP_ENDPOINT", common, otlp_endpoint, "",
                      "Collector that gets spans by OTLP over HTTP: http://127.0.0.1:4318; empty: "
                      "none."),
    PL_SETTING_DURATION("DRAIN_GRACE", common, drain_ms, "10s", 0, 300000,
                        "How long calls in progress may go on after SIGTERM."),
    PL_SETTING_INT("READY_FD", common, ready_fd, "-1", -1, 1023,
                   "Open descriptor that gets the ready line and is closed; -1: none."),
};
const size_t pl_common_setting_count = PL_COUNT(pl_common_settings);

const pl_setting pl_rpc_settings[] = {
    PL_SETTING_STRING("LISTEN", common, listen, "127.0.0.1:0",
                      "Address of the gRPC server; port 0 takes a free one."),
    PL_SETTING_INT("WORKERS", common, workers, "32", 1, 1024,
                   "Most handlers that run at the same time."),
    PL_SETTING_INT("QUEUE", common, queue, "256", 1, 65536,
                   "Most calls that wait for a worker; more are refused."),
    PL_SETTING_ENUM("LOG_CALLS", common, log_calls, "on", calls,
                    "Which finished calls are logged."),
};
const size_t pl_rpc_setting_count = PL_COUNT(pl_rpc_settings);

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
    PL_SETTING_PATH("TLS_CERT", common, tls_cert, "",
                    "Certificate of this service (PEM, with those up to the CA): what it serves "
                    "with, and shows to upstreams that ask; read again when it changes."),
    PL_SETTING_PATH("TLS_KEY", common, tls_key, "",
                    "Private key of TLS_CERT; not readable by everybody."),
    PL_SETTING_PATH("UPSTREAM_CA", common, upstream_ca, "",
                    "CAs of upstreams: with it they are called by TLS; empty: in plain text."),
    PL_SETTING_DURATION("UPSTREAM_KEEPALIVE", common, upstream_keepalive_ms, "10s", 5000, 86400000,
                        "How often a silent upstream is asked whether it lives, while calls to it "
                        "wait; 5m for one that is not a service of Parley."),
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
    PL_SETTING_INT("STREAMS", common, streams, "64", 1, 1024,
                   "Most handlers of methods that stream; more are refused."),
    PL_SETTING_DURATION("STREAM_STALL", common, stall_ms, "1m", 100, 86400000,
                        "A stream whose caller takes no answer for so long, while some wait, is "
                        "cancelled."),
    PL_SETTING_PATH("TLS_CA", common, tls_ca, "",
                    "CAs of callers: with it only who has such a certificate is served (mTLS); "
                    "needs TLS_CERT."),
    PL_SETTING_BOOL("COMPRESSION", common, compression, "false",
                    "Whether requests compressed by gzip or deflate are taken."),
    PL_SETTING_INT("MAX_MESSAGE", common, max_message, "4194304", 1024, 268435456,
                   "Bytes of a request or an answer, when it is unpacked too."),
    PL_SETTING_INT("MAX_CALLS", common, max_calls, "256", 1, 65536,
                   "Calls that one connection has open at the same time."),
    PL_SETTING_DURATION("KEEPALIVE", common, keepalive_ms, "1m", 1000, 86400000,
                        "How often a silent connection is asked whether it lives."),
    PL_SETTING_DURATION("MAX_CONNECTION_IDLE", common, max_idle_ms, "0ms", 0, 86400000,
                        "A connection without calls is closed after so long; 0: never."),
    PL_SETTING_DURATION("MAX_CONNECTION_AGE", common, max_age_ms, "0ms", 0, 86400000,
                        "A connection is closed after so long, for callers to spread over "
                        "replicas and show new certificates; 0: never."),
    PL_SETTING_ENUM("LOG_CALLS", common, log_calls, "on", calls,
                    "Which finished calls are logged."),
};
const size_t pl_rpc_setting_count = PL_COUNT(pl_rpc_settings);

/* The life of a service, from main to the exit code. */
#include "parley/service/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/log.h"
#include "parley/base/stdopen.h"
#include "service_internal.h"

extern char **environ;

enum { EXIT_RUN_TIME = 1, EXIT_USAGE = 2, OUTPUT_MAX = 256 * 1024, OTLP_LAST_MS = 500 };

/* ---- signals ---- */

static void block_signals(sigset_t *out_set) {
    sigemptyset(out_set);
    sigaddset(out_set, SIGTERM);
    sigaddset(out_set, SIGINT);
    sigaddset(out_set, PL_FAIL_SIGNAL);
    pthread_sigmask(SIG_BLOCK, out_set, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static void exit_at_once(int signo) {
    _exit(128 + signo);
}

/* From now on SIGTERM and SIGINT end the process: whoever asks twice means it. */
static void obey_second_signal(void) {
    struct sigaction action = {.sa_handler = exit_at_once};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- start ---- */

/* Where callers have no identity, only the machine's border protects an internal method. */
static pl_code check_exposure(pl_service *service, pl_error *err) {
    const common *c = &service->common;
    bool loopback = pl_address_is_loopback(c->listen);
    const char *internal = pl_server_internal_method(service->server);
    if (internal && !(c->demo && loopback))
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s is internal, and without identities other services cannot be "
                            "told from anybody: needs DEMO=true and LISTEN on 127.0.0.1, has "
                            "DEMO=%s and LISTEN=%s",
                            internal, c->demo ? "true" : "false", c->listen);
    return PL_OK;
}

static void warn_if_exposed(const pl_service *service) {
    const common *c = &service->common;
    if (!c->demo)
        return;
    if (!service->def->no_rpc && !pl_address_is_loopback(c->listen))
        pl_log(PL_LOG_WARN, "demo_exposed", PL_LOG_STR("listen", c->listen),
               PL_LOG_STR("danger", "DEMO=true lets every caller who reaches this address in; "
                                    "set LISTEN to 127.0.0.1 or DEMO to false"));
    if (!pl_address_is_loopback(c->admin_listen))
        pl_log(PL_LOG_WARN, "demo_exposed", PL_LOG_STR("admin_listen", c->admin_listen),
               PL_LOG_STR("danger", "the admin port of a demonstration is reached from outside"));
}

static void sample_server(void *self, pl_metrics *metrics) {
    pl_server_stats stats;
    pl_server_read_stats(self, &stats);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "parley_rpc_workers", "Worker threads.",
                      PL_NO_LABELS, stats.workers);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "parley_rpc_workers_busy",
                      "Worker threads in a handler.", PL_NO_LABELS, stats.workers_busy);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "parley_rpc_queued",
                      "Calls that wait for a worker.", PL_NO_LABELS, stats.queued);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "parley_rpc_in_flight",
                      "Calls arrived and not yet answered.", PL_NO_LABELS, stats.in_flight);
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "parley_rpc_streams",
                      "Handlers of methods that stream, running.", PL_NO_LABELS, stats.streams);
    pl_metrics_sample(metrics, PL_METRIC_COUNTER, "parley_rpc_refused_total",
                      "Calls refused because the queue was full.", PL_NO_LABELS,
                      (double)stats.refused);
}

static pl_code start_server(pl_service *service, pl_error *err) {
    const common *c = &service->common;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    opts.listen = c->listen;
    opts.domain = service->def->system;
    opts.workers = (unsigned)c->workers;
    opts.queue = (unsigned)c->queue;
    opts.streams = (unsigned)c->streams;
    opts.stall_ms = (uint32_t)c->stall_ms;
    opts.demo = c->demo;
    opts.reflection = c->demo; /* internal outside of demonstrations */
    opts.allow_internal_loopback = c->demo;
    opts.compression = c->compression;
    opts.max_message = (uint32_t)c->max_message;
    opts.max_streams = (unsigned)c->max_calls;
    opts.keepalive_ms = (uint32_t)c->keepalive_ms;
    opts.max_idle_ms = (uint32_t)c->max_idle_ms;
    opts.max_age_ms = (uint32_t)c->max_age_ms;
    opts.notice = pl_service_notice;
    pl_tls_opts tls;
    if (pl_service_server_tls(service, &tls))
        opts.tls = &tls;
    pl_code code = pl_calls_new(service, &service->calls, err);
    if (code)
        return code;
    opts.observer = pl_calls_observe;
    opts.observer_self = service->calls;
    if ((code = pl_server_new(&opts, &service->server, err)))
        return code;
    for (size_t i = 0; i < service->binding_count; i++) {
        if ((code = pl_server_add(service->server, service->bindings[i], err)))
            return code;
    }
    if ((code = check_exposure(service, err)) || (code = pl_server_start(service->server, err)))
        return code;
    char address[ADDRESS_SIZE];
    pl_address_with_port(c->listen, pl_server_port(service->server), address);
    pl_service_announce(service, "grpc", address);
    return pl_metrics_on_scrape(service->metrics, sample_server, service->server);
}

static pl_code start_admin(pl_service *service, pl_error *err) {
    uint16_t port = 0;
    pl_code code = pl_admin_start(service, &service->admin, &port, err);
    if (code)
        return pl_error_wrap(err, err, "ADMIN_LISTEN %s", service->common.admin_listen);
    char address[ADDRESS_SIZE];
    pl_address_with_port(service->common.admin_listen, port, address);
    pl_service_announce(service, "admin", address);
    return PL_OK;
}

static void sample_otlp(void *self, pl_metrics *metrics) {
    pl_otlp_stats stats = pl_otlp_read_stats(self);
    pl_metrics_sample(metrics, PL_METRIC_COUNTER, "parley_otlp_spans_total",
                      "Spans exported, by what became of them.", PL_LABELS({"result", "sent"}),
                      (double)stats.sent);
    pl_metrics_sample(metrics, PL_METRIC_COUNTER, "parley_otlp_spans_total",
                      "Spans exported, by what became of them.", PL_LABELS({"result", "dropped"}),
                      (double)stats.dropped);
}

static pl_code start_otlp(pl_service *service, pl_error *err) {
    const pl_otlp_opts opts = {.endpoint = service->common.otlp_endpoint,
                               .service = service->name,
                               .version = service->def->version,
                               .instance = service->instance};
    if (!*opts.endpoint)
        return PL_OK;
    pl_code code = pl_otlp_new(&opts, &service->otlp, err);
    return code ? code : pl_metrics_on_scrape(service->metrics, sample_otlp, service->otlp);
}

static pl_code start(pl_service *service, pl_error *err) {
    pl_code code = pl_metrics_on_scrape(service->metrics, pl_process_metrics, service);
    if (!code)
        code = pl_spans_new(service->metrics, &service->spans, err);
    if (!code)
        code = start_otlp(service, err);
    if (!code)
        code = service->def->start(service, service->state, err);
    if (!code && !service->def->no_rpc)
        code = start_server(service, err);
    if (!code)
        code = start_admin(service, err);
    return code;
}

/* ---- ready ---- */

/* "ready grpc=127.0.0.1:9081 admin=127.0.0.1:18081\n" for who started us. */
static void tell_parent(const pl_service *service) {
    int fd = (int)service->common.ready_fd;
    if (fd < 0)
        return;
    pl_buf line = pl_buf_make(4096);
    pl_buf_puts(&line, "ready");
    for (size_t i = 0; i < service->port_count; i++)
        pl_buf_printf(&line, " %s=%s", service->ports[i].name, service->ports[i].address);
    pl_buf_putc(&line, '\n');
    ssize_t n;
    do {
        n = write(fd, line.p, line.n);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        pl_error err = PL_ERROR_INIT;
        pl_error_errno(&err, errno, "READY_FD %d", fd);
        pl_log(PL_LOG_WARN, "ready_not_told", PL_LOG_STR("error", err.message));
    }
    close(fd);
    pl_buf_done(&line);
}

static void announce_ready(pl_service *service) {
    pl_log_field fields[PL_SERVICE_MAX_PORTS + 3] = {
        PL_LOG_STR("version", service->def->version), PL_LOG_STR("instance", service->instance),
        PL_LOG_F64("ms", (double)(pl_now_ns() - service->begun_ns) / 1e6)};
    size_t count = 3;
    for (size_t i = 0; i < service->port_count; i++)
        fields[count++] = (pl_log_field)PL_LOG_STR(service->ports[i].name,
                                                   service->ports[i].address);
    pl_log_fields(PL_LOG_INFO, "ready", fields, count);
    tell_parent(service);
}

/* ---- stop ---- */

static void drain(pl_service *service) {
    service->grace_ends_ns = pl_deadline_ms(service->common.drain_ms);
    /* Who reads the line may ask /readyz at once. */
    atomic_store(&service->phase, PHASE_DRAINING);
    pl_log(PL_LOG_INFO, "draining", PL_LOG_I64("grace_ms", service->common.drain_ms));
    if (service->server && pl_server_drain(service->server, service->common.drain_ms))
        pl_log(PL_LOG_WARN, "drain_cut", PL_LOG_STR("why", "calls went on after DRAIN_GRACE"));
}

/* The admin thread goes first: its checks and samples use what stop frees. */
static void stop(pl_service *service) {
    pl_admin_stop(service->admin);
    pl_server_free(service->server);
    if (service->def->stop)
        service->def->stop(service, service->state);
    pl_calls_free(service->calls);
    /* The last spans ended just now: even without any grace left they get a moment. */
    int64_t moment = pl_deadline_ms(OTLP_LAST_MS);
    pl_otlp_free(service->otlp, service->grace_ends_ns > moment ? service->grace_ends_ns : moment);
    pl_spans_free(service->spans);
}

static bool take_failure(pl_service *service, pl_error *out) {
    pthread_mutex_lock(&service->mu);
    bool failed = service->failed;
    if (failed)
        *out = service->failure;
    pthread_mutex_unlock(&service->mu);
    return failed;
}

static int run(pl_service *service, const sigset_t *signals) {
    pl_error err = PL_ERROR_INIT;
    warn_if_exposed(service);
    if (start(service, &err)) {
        pl_log(PL_LOG_ERROR, "start_failed", PL_LOG_STR("error", err.message),
               PL_LOG_STR("code", pl_code_name(err.code)));
        obey_second_signal();
        stop(service);
        return EXIT_RUN_TIME;
    }
    if (service->server)
        pl_server_set_serving(service->server, NULL, true);
    atomic_store(&service->phase, PHASE_SERVING);
    announce_ready(service);
    pl_process_trim();

    int signo = 0;
    sigwait(signals, &signo);
    obey_second_signal();
    bool failed = take_failure(service, &err);
    if (failed)
        pl_log(PL_LOG_ERROR, "failed", PL_LOG_STR("error", err.message));
    drain(service);
    stop(service);
    pl_log(PL_LOG_INFO, "stopped", PL_LOG_I64("signal", signo));
    return failed ? EXIT_RUN_TIME : 0;
}

static int migrate(pl_service *service) {
    pl_error err = PL_ERROR_INIT;
    if (!service->def->migrate) {
        pl_log(PL_LOG_INFO, "migrated", PL_LOG_STR("store", "none"));
        return 0;
    }
    if (service->def->migrate(service, service->state, &err)) {
        pl_log(PL_LOG_ERROR, "migrate_failed", PL_LOG_STR("error", err.message));
        return EXIT_RUN_TIME;
    }
    pl_log(PL_LOG_INFO, "migrated",
           PL_LOG_F64("ms", (double)(pl_now_ns() - service->begun_ns) / 1e6));
    return 0;
}

/* ---- the command line ---- */

static int print(pl_buf *text) {
    bool ok = fwrite(text->p, 1, text->n, stdout) == text->n && fflush(stdout) == 0;
    pl_buf_done(text);
    return ok ? 0 : EXIT_RUN_TIME;
}

static int help(const pl_service *service, const pl_settings *settings) {
    const pl_service_def *def = service->def;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_buf_printf(&out,
                  "%s %s%s%s\n\n"
                  "usage: %s [--config FILE] [--KEY VALUE]...\n"
                  "       %s --migrate | --print-config | --version | --help\n\n"
                  "A setting is a flag (--log-level debug), an environment variable\n"
                  "(LOG_LEVEL=debug) or a line of the YAML file (LOG_LEVEL: debug); a flag wins\n"
                  "over the environment, the environment over the file.\n"
                  "Example: DEMO=true %s --listen 127.0.0.1:9081 --log-format text\n",
                  service->name, def->version, def->summary ? ": " : "",
                  def->summary ? def->summary : "", service->name, service->name, service->name);
    pl_settings_help(settings, &out);
    return print(&out);
}

static int print_config(const pl_settings *settings) {
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_settings_print(settings, &out);
    return print(&out);
}

static void set_instance(pl_service *service) {
    if (*service->common.instance) {
        snprintf(service->instance, sizeof service->instance, "%s", service->common.instance);
        return;
    }
    char host[64];
    if (gethostname(host, sizeof host) != 0)
        snprintf(host, sizeof host, "host");
    host[sizeof host - 1] = 0;
    snprintf(service->instance, sizeof service->instance, "%s:%ld", host, (long)getpid());
}

static void start_log(const pl_service *service, const pl_settings *settings) {
    static const pl_log_level levels[] = {PL_LOG_DEBUG, PL_LOG_INFO, PL_LOG_WARN, PL_LOG_ERROR};
    pl_log_init(service->name, levels[service->common.log_level],
                service->common.log_format == 0 ? PL_LOG_JSON : PL_LOG_TEXT);
    for (size_t i = 0; i < pl_settings_warnings(settings); i++)
        pl_log(PL_LOG_WARN, "setting_unknown",
               PL_LOG_STR("variable", pl_settings_warning(settings, i)));
}

/* Where there is no log yet: a misspelt variable often explains what is missing. */
static void print_warnings(const pl_service *service, const pl_settings *settings) {
    for (size_t i = 0; i < pl_settings_warnings(settings); i++)
        fprintf(stderr, "%s: warning: environment variable %s\n", service->name,
                pl_settings_warning(settings, i));
}

static int act(pl_service *service, pl_settings *settings, int argc, char **argv,
               const sigset_t *signals) {
    pl_error err = PL_ERROR_INIT;
    pl_settings_verb verb;
    if (pl_settings_load(settings, argc, argv, environ, &verb, &err)) {
        fprintf(stderr, "%s: %s\n", service->name, err.message);
        print_warnings(service, settings);
        return EXIT_USAGE;
    }
    switch (verb) {
    case PL_SETTINGS_HELP:
        return help(service, settings);
    case PL_SETTINGS_VERSION:
        return printf("%s %s\n", service->name, service->def->version) < 0 ? EXIT_RUN_TIME : 0;
    case PL_SETTINGS_PRINT_CONFIG:
        print_warnings(service, settings);
        return print_config(settings);
    case PL_SETTINGS_MIGRATE:
        start_log(service, settings);
        return migrate(service);
    case PL_SETTINGS_RUN:
        break;
    }
    set_instance(service);
    start_log(service, settings);
    return run(service, signals);
}

int pl_service_main(int argc, char **argv, const pl_service_def *def) {
    pl_stdopen();
    pl_service service = {.def = def, .begun_ns = pl_now_ns(), .main_thread = pthread_self()};
    pl_process_tune();
    sigset_t signals;
    block_signals(&signals);
    pthread_mutex_init(&service.mu, NULL);
    snprintf(service.name, sizeof service.name, "%s-%s", def->system, def->name);
    service.state = calloc(1, def->state_size ? def->state_size : 1);

    const pl_setting_group groups[] = {
        {service.name, def->settings, def->setting_count, service.state},
        {"every service", pl_common_settings, pl_common_setting_count, &service.common},
        {"gRPC", pl_rpc_settings, def->no_rpc ? 0 : pl_rpc_setting_count, &service.common},
    };
    pl_settings *settings = NULL;
    pl_error err = PL_ERROR_INIT;
    int status = EXIT_RUN_TIME;
    if (!service.state || pl_metrics_new(&service.metrics, &err) ||
        pl_settings_new(groups, PL_COUNT(groups), &settings, &err))
        fprintf(stderr, "%s: no memory\n", service.name);
    else
        status = act(&service, settings, argc, argv, &signals);
    pl_settings_free(settings);
    pl_metrics_free(service.metrics);
    free(service.state);
    pthread_mutex_destroy(&service.mu);
    return status;
}

/* Wiring of the gateway: its settings, and `gateway --check DESCRIPTORS`. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gateway.h"
#include "parley/service/service.h"
#include "routes.h"

#define PROBLEMS_MAX (1u << 20)
/* Milliseconds that requests in progress get when the gateway ends. */
#define GRACE_MS 10000

enum { AUTH_OFF, AUTH_JWT };
static const char *const auth_modes[] = {"off", "jwt", NULL};

typedef struct gateway_state {
    const char *descriptors, *upstreams, *listen, *service_listen, *folders;
    int auth;
    int64_t loops;
    gateway_config config;
    gateway *gateway;
} gateway_state;

static const pl_setting settings[] = {
    PL_SETTING_PATH(
        "DESCRIPTORS", gateway_state, descriptors, PL_REQUIRED,
        "The descriptor set (with imports and source information) that has the routes."),
    PL_SETTING_STRING("UPSTREAMS", gateway_state, upstreams, "",
                      "Where services are: mall.orders.v1.OrderService=file:/run/orders.addr,..."),
    PL_SETTING_STRING("LISTEN", gateway_state, listen, "127.0.0.1:8088",
                      "The address that shows every route."),
    PL_SETTING_STRING("SERVICE_LISTEN", gateway_state, service_listen, "",
                      "Addresses that show the routes of one service: orders=127.0.0.1:8081,..."),
    PL_SETTING_STRING("STATIC", gateway_state, folders, "",
                      "Folders with files: /goods/img=FOLDER;nocase,..."),
    PL_SETTING_ENUM("AUTH", gateway_state, auth, "jwt", auth_modes,
                    "off: callers are the demo's administrator, with DEMO=true on loopback only."),
    PL_SETTING_INT("LOOPS", gateway_state, loops, "0", 0, GATEWAY_MAX_LOOPS,
                   "Event loops; 0: one a core."),
};

static pl_code check_auth(const pl_service *service, const gateway_state *state, pl_error *err) {
    if (state->auth == AUTH_JWT)
        return pl_error_set(err, PL_UNIMPLEMENTED,
                            "AUTH=jwt: this version has no logins yet; run with AUTH=off and "
                            "DEMO=true on loopback");
    if (!pl_service_demo(service))
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "AUTH=off: refused without DEMO=true: it makes every caller an "
                            "administrator");
    return PL_OK;
}

static void announce(pl_service *service, const gateway_state *state) {
    for (size_t i = 0; i < state->config.listener_count; i++) {
        const gateway_listener *listener = &state->config.listeners[i];
        char address[GATEWAY_ADDRESS_MAX + 8];
        const char *colon = strrchr(listener->address, ':');
        int host = colon ? (int)(colon - listener->address) : 0;
        snprintf(address, sizeof address, "%.*s:%u", host, listener->address,
                 (unsigned)gateway_port(state->gateway, i));
        pl_service_announce(service, listener->name[0] ? listener->name : "http", address);
    }
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    gateway_state *state = self;
    gateway_config *config = &state->config;
    pl_code code = check_auth(service, state, err);
    if (!code)
        code = gateway_config_upstreams(config, state->upstreams, err);
    if (!code)
        code = gateway_config_listeners(config, state->listen, state->service_listen, err);
    if (!code)
        code = gateway_config_folders(config, state->folders, err);
    if (code)
        return code;
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    pl_service_channel_opts(service, &channel);
    const gateway_opts opts = {
        .descriptors = state->descriptors,
        .config = config,
        .metrics = pl_service_metrics(service),
        .observer = pl_service_span,
        .observer_self = service,
        .export_requests = pl_service_exports_spans(service),
        .channel = &channel,
        .loops = (unsigned)state->loops,
        .demo_admin = state->auth == AUTH_OFF,
    };
    code = gateway_start(&opts, &state->gateway, err);
    if (!code)
        announce(service, state);
    return code;
}

static void stop(pl_service *service, void *self) {
    gateway_state *state = self;
    (void)service;
    gateway_stop(state->gateway, GRACE_MS);
    state->gateway = NULL;
}

/* Prints the routes of DESCRIPTORS, or what is wrong with them. */
static int check(const char *descriptors) {
    static gateway_config config = {.listener_count = 1};
    pl_buf problems = pl_buf_make(PROBLEMS_MAX);
    pl_error err = PL_ERROR_INIT;
    gateway_routes *routes = NULL;
    pl_code code = gateway_routes_load(descriptors, &config, &routes, &problems, &err);
    if (code)
        fprintf(stderr, "%s%s", problems.p, problems.n ? "" : err.message);
    if (code && problems.n == 0)
        fputc('\n', stderr);
    pl_buf_done(&problems);
    if (code)
        return 1;
    const pl_rest *rest = gateway_routes_of(routes, 0);
    for (size_t i = 0; i < pl_rest_route_count(rest); i++) {
        const pl_rest_route *route = pl_rest_route_at(rest, i);
        printf("%-6.*s %-48.*s %s\n", PL_FMT(route->http_method), PL_FMT(route->path_template),
               route->rpc_path);
    }
    gateway_routes_unref(routes);
    return 0;
}

int main(int argc, char **argv) {
    static const pl_service_def def = {
        .system = "parley",
        .name = "gateway",
        .version = PL_SERVICE_VERSION,
        .summary = "REST over HTTP in front of gRPC services. --check FILE checks its routes.",
        .settings = settings,
        .setting_count = PL_COUNT(settings),
        .state_size = sizeof(gateway_state),
        .no_rpc = true,
        .start = start,
        .stop = stop,
    };
    if (argc == 3 && strcmp(argv[1], "--check") == 0)
        return check(argv[2]);
    /* Blocked before any thread exists: a loop takes it, to read the descriptors again. */
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hangup, NULL);
    return pl_service_main(argc, argv, &def);
}

/* A small service with one of everything, which life_test starts. Settings say what
 * is to go wrong. */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "parley/base/log.h"
#include "parley/rpc/call.h"
#include "parley/service/service.h"

struct sample {
    const char *secret, *ready_file, *announce;
    bool internal, fail_start, hang_stop;
    pl_service *service;
};

static const pl_setting settings[] = {
    PL_SETTING_SECRET("SAMPLE_URL", struct sample, secret, PL_REQUIRED, "Where the data is."),
    PL_SETTING_PATH("READY_FILE", struct sample, ready_file, "/", "Ready while it exists."),
    PL_SETTING_STRING("ANNOUNCE", struct sample, announce, "", "Says it serves HTTP there."),
    PL_SETTING_BOOL("INTERNAL", struct sample, internal, "false", "Binds an internal method."),
    PL_SETTING_BOOL("FAIL_START", struct sample, fail_start, "false", "Fails to start."),
    PL_SETTING_BOOL("HANG_STOP", struct sample, hang_stop, "false", "Never ends to stop."),
};

/* ---- two services, as generated code describes them ---- */

static void init_nothing(ProtobufCMessage *message);
static const ProtobufCMessageDescriptor nothing = {.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
                                                   .name = "sample.Nothing",
                                                   .sizeof_message = sizeof(ProtobufCMessage),
                                                   .message_init = init_nothing};
static void init_nothing(ProtobufCMessage *message) {
    *message = (ProtobufCMessage){.descriptor = &nothing};
}

/* Answers when READY_FILE is gone: a call that is in progress for as long as a test likes. */
static pl_code answer_later(const void *impl, pl_call *call, const ProtobufCMessage *request,
                            ProtobufCMessage **out_response) {
    const struct sample *s = impl;
    ProtobufCMessage *response = PL_ARENA_NEW(pl_call_arena(call), ProtobufCMessage);
    (void)request;
    pl_log(PL_LOG_INFO, "sample_called", PL_LOG_BOOL("cancelled", pl_call_cancelled(call)));
    while (access(s->ready_file, F_OK) == 0 && !pl_call_cancelled(call))
        poll(NULL, 0, 1);
    if (!response || pl_call_cancelled(call))
        return pl_call_fail(call, PL_CANCELLED, NULL, "cancelled");
    init_nothing(response);
    *out_response = response;
    return PL_OK;
}

static const pl_method_desc wait_methods[] = {{.name = "Wait",
                                               .path = "/sample.v1.WaitService/Wait",
                                               .request = &nothing,
                                               .response = &nothing,
                                               .dispatch = answer_later,
                                               .auth = PL_AUTH_RULE_PUBLIC,
                                               .auth_arg = ""}};
static const pl_service_desc wait_desc = {
    .abi = PL_RPC_ABI, .name = "sample.v1.WaitService", .methods = wait_methods, .method_count = 1};
static const pl_method_desc methods[] = {{.name = "Peek",
                                          .path = "/sample.v1.SampleService/Peek",
                                          .request = &nothing,
                                          .response = &nothing,
                                          .auth = PL_AUTH_RULE_INTERNAL,
                                          .auth_arg = ""}};
static const char *lacks_peek(const void *impl, size_t method) {
    (void)impl;
    return method == 0 ? "peek" : NULL;
}
static const pl_service_desc desc = {.abi = PL_RPC_ABI,
                                     .name = "sample.v1.SampleService",
                                     .methods = methods,
                                     .method_count = 1,
                                     .lacks = lacks_peek};

/* ---- wiring ---- */

static pl_code check_file(void *self, pl_error *err) {
    const struct sample *s = self;
    if (access(s->ready_file, F_OK) == 0)
        return PL_OK;
    return pl_error_set(err, PL_UNAVAILABLE, "%s: is not there", s->ready_file);
}

static int fail_now(void *self, pl_str query, pl_str body, pl_buf *out) {
    struct sample *s = self;
    (void)query;
    pl_error err = PL_ERROR_INIT;
    pl_error_set(&err, PL_INTERNAL, "asked to fail: %.*s", PL_FMT(body));
    pl_service_fail(s->service, &err);
    pl_buf_puts(out, "{}\n");
    return 202;
}

static pl_code start(pl_service *service, void *state, pl_error *err) {
    struct sample *s = state;
    s->service = service;
    if (s->fail_start)
        return pl_error_set(err, PL_UNAVAILABLE, "database: cannot connect");
    pl_service_ready_check(service, "file", check_file, s);
    pl_service_admin_route(service, "POST", "/fail", fail_now, s);
    pl_metric_set(pl_metrics_gauge(pl_service_metrics(service), "sample_secret_bytes",
                                   "Length of the secret.", PL_NO_LABELS),
                  (double)strlen(s->secret));
    if (s->announce && *s->announce) {
        pl_service_announce(service, "http", s->announce);
        return PL_OK;
    }
    pl_code code = pl_service_add(service, (pl_service_binding){&wait_desc, s});
    if (code != PL_OK || !s->internal)
        return code;
    return pl_service_add(service, (pl_service_binding){&desc, s});
}

static void stop(pl_service *service, void *state) {
    const struct sample *s = state;
    pl_log(PL_LOG_INFO, "sample_stop", PL_LOG_STR("name", pl_service_name(service)));
    if (s->hang_stop)
        poll(NULL, 0, -1);
}

static pl_code migrate(pl_service *service, void *state, pl_error *err) {
    const struct sample *s = state;
    (void)service;
    if (!s->secret)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "SAMPLE_URL: not set");
    return PL_OK;
}

int main(int argc, char **argv) {
    /* Under another name it is a service without gRPC, as the gateway is. */
    const pl_service_def def = {.system = "test",
                                .name = "sample",
                                .version = "1.2.3",
                                .summary = "does nothing",
                                .settings = settings,
                                .setting_count = PL_COUNT(settings),
                                .state_size = sizeof(struct sample),
                                .start = start,
                                .stop = stop,
                                .migrate = migrate,
                                .no_rpc = strcmp(argv[0], "sample-without-grpc") == 0};
    return pl_service_main(argc, argv, &def);
}

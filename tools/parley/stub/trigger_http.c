/* /__parley/triggers/NAME of a stub that serves. */
#include <string.h>

#include "parley/stub/events.h"
#include "stub/trigger.h"

/* Bytes of a name. */
enum { NAME_BYTES_MAX = 1024 };

static int fail(pl_buf *out, int status, const char *message) {
    pl_buf_clear(out);
    pl_buf_puts(out, "{\"error\":");
    pl_buf_json(out, pl_str_c(message));
    pl_buf_putc(out, '}');
    return status;
}

/* The value of KEY ("consumer=") in a query; it stays empty where there is none. False: malformed.
 */
static bool read_parameter(pl_str query, const char *key, pl_buf *out) {
    pl_str one;

    while (pl_str_split(&query, '&', &one)) {
        if (pl_str_starts(one, pl_str_c(key)))
            return pl_http_percent_decode(pl_str_make(one.p + strlen(key), one.n - strlen(key)),
                                          PL_HTTP_DECODE_FORM, out);
    }
    return true;
}

/* What the path and the query name. */
typedef struct names {
    pl_buf trigger, consumer, contract;
} names;

static bool read_names(const pl_http_head *head, names *out) {
    pl_str trigger = pl_str_make(head->path.p + sizeof STUB_TRIGGERS - 1,
                                 head->path.n - (sizeof STUB_TRIGGERS - 1));

    return pl_http_percent_decode(trigger, PL_HTTP_DECODE_ALL, &out->trigger) &&
           read_parameter(head->query, "consumer=", &out->consumer) &&
           read_parameter(head->query, "contract=", &out->contract);
}

static int answer(pl_stub *stub, const pl_http_request *request, names *n, pl_buf *out) {
    const pl_http_head *head = pl_http_request_head(request);
    pl_stub_trigger_opts opts = {.overrides = pl_http_request_body(request)};
    pl_error err = PL_ERROR_INIT;

    if (!read_names(head, n))
        return fail(out, 400,
                    "the name of a trigger, consumer or contract is malformed or too long");
    if (opts.overrides.n > PL_STUB_OVERRIDES_MAX) {
        (void)pl_error_set(&err, PL_INVALID_ARGUMENT, "the overrides are larger than %u bytes",
                           PL_STUB_OVERRIDES_MAX);
        return fail(out, 413, err.message);
    }
    opts.name = pl_buf_view(&n->trigger);
    opts.consumer = pl_buf_view(&n->consumer);
    opts.contract = pl_buf_view(&n->contract);
    (void)pl_http_head_find(head, "traceparent", &opts.traceparent);
    pl_code code = pl_stub_trigger(stub, &opts, out, &err);
    return code == PL_OK ? 200 : fail(out, pl_code_http_status(code), err.message);
}

int stub_trigger_answer(pl_stub *stub, const pl_http_request *request, pl_buf *out) {
    names n = {pl_buf_make(NAME_BYTES_MAX), pl_buf_make(NAME_BYTES_MAX),
               pl_buf_make(NAME_BYTES_MAX)};
    int status = answer(stub, request, &n, out);

    pl_buf_done(&n.trigger);
    pl_buf_done(&n.consumer);
    pl_buf_done(&n.contract);
    return status;
}

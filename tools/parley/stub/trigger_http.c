/* /__parley/triggers/NAME of a stub that serves. */
#include "parley/stub/events.h"
#include "stub/trigger.h"

/* Bytes of a name in a path, and of a consumer. */
enum { NAME_BYTES_MAX = 1024 };

static int fail(pl_buf *out, int status, const char *message) {
    pl_buf_clear(out);
    pl_buf_puts(out, "{\"error\":");
    pl_buf_json(out, pl_str_c(message));
    pl_buf_putc(out, '}');
    return status;
}

/* The value of consumer= in a query; it stays empty where there is none. False: malformed. */
static bool read_consumer(pl_str query, pl_buf *out) {
    static const char key[] = "consumer=";

    while (query.n) {
        size_t end = pl_str_index(query, '&');
        pl_str one = pl_str_make(query.p, end);
        if (pl_str_starts(one, pl_str_c(key)))
            return pl_http_percent_decode(
                pl_str_make(one.p + sizeof key - 1, one.n - (sizeof key - 1)), PL_HTTP_DECODE_FORM,
                out);
        query = end < query.n ? pl_str_make(query.p + end + 1, query.n - end - 1)
                              : pl_str_make(NULL, 0);
    }
    return true;
}

static int answer(pl_stub *stub, const pl_http_request *request, pl_buf *name, pl_buf *consumer,
                  pl_buf *out) {
    const pl_http_head *head = pl_http_request_head(request);
    pl_stub_trigger_opts opts = {.overrides = pl_http_request_body(request)};
    pl_error err = PL_ERROR_INIT;

    if (!pl_http_percent_decode(pl_str_make(head->path.p + sizeof STUB_TRIGGERS - 1,
                                            head->path.n - (sizeof STUB_TRIGGERS - 1)),
                                PL_HTTP_DECODE_ALL, name) ||
        !read_consumer(head->query, consumer))
        return fail(out, 400, "the name of a trigger, or of a consumer, is malformed or too long");
    if (opts.overrides.n > PL_STUB_OVERRIDES_MAX)
        return fail(out, 413, "the overrides are larger than 256 KiB");
    opts.name = pl_buf_view(name);
    opts.consumer = pl_buf_view(consumer);
    (void)pl_http_head_find(head, "traceparent", &opts.traceparent);
    pl_code code = pl_stub_trigger(stub, &opts, out, &err);
    return code == PL_OK ? 200 : fail(out, pl_code_http_status(code), err.message);
}

int stub_trigger_answer(pl_stub *stub, const pl_http_request *request, pl_buf *out) {
    pl_buf name = pl_buf_make(NAME_BYTES_MAX), consumer = pl_buf_make(NAME_BYTES_MAX);
    int status = answer(stub, request, &name, &consumer, out);

    pl_buf_done(&consumer);
    pl_buf_done(&name);
    return status;
}

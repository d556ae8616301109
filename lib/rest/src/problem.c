#include "problem.h"

#include "details.h"
#include "parley/base/clock.h"

/* Bytes of an error's body: its message and path are at most a header's size. */
#define PROBLEM_MAX (256u << 10)
/* Seconds after which a client may ask again where nothing else is known. */
#define RETRY_AFTER_DEFAULT "1"
#define PROBLEM_MAX_HEADERS 4

static const pl_rest_pair fixed_headers[] = {
    {PL_STR("content-type"), PL_STR("application/json")},
    {PL_STR("retry-after"), PL_STR(RETRY_AFTER_DEFAULT)},
};

/* What is answered where there is no memory for anything else. */
static const pl_rest_response fixed = {
    .status = 503,
    .headers = fixed_headers,
    .header_count = PL_COUNT(fixed_headers),
    .body = PL_STR("{\"code\":8,\"status\":\"RESOURCE_EXHAUSTED\",\"message\":\"out of "
                   "memory\",\"details\":[]}"),
};

const pl_rest_response *pl_rest_no_memory(void) {
    return &fixed;
}

static void write_violation(const rest_problem *problem, pl_buf *out) {
    pl_buf_puts(out, "{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
                     "\"fieldViolations\":[{\"field\":");
    pl_buf_json(out, problem->field);
    pl_buf_puts(out, ",\"description\":");
    pl_buf_json(out, problem->message);
    pl_buf_puts(out, "}]}");
}

static void write_body(const rest_problem *problem, pl_buf *out, int64_t *out_retry_ms) {
    pl_buf_printf(out, "{\"code\":%d,\"status\":\"%s\",\"message\":", (int)problem->code,
                  pl_code_name(problem->code));
    pl_buf_json(out, problem->message);
    pl_buf_puts(out, ",\"details\":[");
    if (problem->field.n)
        write_violation(problem, out);
    else
        rest_details_write(problem->details, problem->request, problem->body, out, out_retry_ms);
    char now[PL_RFC3339_SIZE];
    pl_rfc3339(pl_time_us(), now);
    pl_buf_printf(out, "],\"timestamp\":\"%s\",\"path\":", now);
    pl_buf_json(out, problem->path);
    pl_buf_putc(out, '}');
}

static pl_str retry_after(pl_arena *arena, int64_t retry_ms) {
    if (retry_ms <= 0)
        return pl_str_c(RETRY_AFTER_DEFAULT);
    return pl_str_c(pl_arena_printf(arena, "%lld", (long long)((retry_ms + 999) / 1000)));
}

const pl_rest_response *rest_problem_response(pl_arena *arena, const rest_problem *problem) {
    int64_t retry_ms = problem->retry_after_ms;
    pl_buf body = pl_buf_make(PROBLEM_MAX);
    write_body(problem, &body, &retry_ms);
    char *text = body.failed ? NULL : pl_arena_strndup(arena, body.p, body.n);
    size_t size = body.n;
    pl_buf_done(&body);
    pl_rest_response *response = PL_ARENA_NEW(arena, pl_rest_response);
    pl_rest_pair *headers = pl_arena_calloc(arena, PROBLEM_MAX_HEADERS, sizeof *headers);
    if (!text || !response || !headers)
        return &fixed;
    response->status = problem->status ? problem->status : pl_code_http_status(problem->code);
    headers[response->header_count++] = fixed_headers[0];
    if (response->status == 503 || retry_ms > 0) {
        headers[response->header_count++] = (pl_rest_pair){PL_STR("retry-after"),
                                                           retry_after(arena, retry_ms)};
    }
    if (response->status == 401)
        headers[response->header_count++] = (pl_rest_pair){PL_STR("www-authenticate"),
                                                           PL_STR("Bearer")};
    if (problem->allow.n)
        headers[response->header_count++] = (pl_rest_pair){PL_STR("allow"), problem->allow};
    response->headers = headers;
    response->body = pl_str_make(text, size);
    return response;
}

pl_code pl_rest_code_of(int status) {
    switch (status) {
    case 408:
        return PL_DEADLINE_EXCEEDED;
    case 413:
    case 414:
    case 431:
        return PL_RESOURCE_EXHAUSTED;
    case 500:
        return PL_INTERNAL;
    case 501:
    case 505:
        return PL_UNIMPLEMENTED;
    case 503:
        return PL_UNAVAILABLE;
    default:
        return PL_INVALID_ARGUMENT;
    }
}

const pl_rest_response *pl_rest_error(pl_arena *arena, int status, const pl_error *err,
                                      pl_str path) {
    rest_problem problem = {
        .status = status,
        .code = err->code,
        .message = pl_str_c(err->message),
        .path = path,
        .retry_after_ms = err->retry_after_ms,
    };
    return rest_problem_response(arena, &problem);
}

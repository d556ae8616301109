/* /__parley/clock of a stub that serves: GET says what its clock says, POST sets it. */
#include "parley/base/clock.h"
#include "parley/json/json.h"
#include "stub/clock.h"

enum { BODY_MEMORY_MAX = 1 << 16, US_PER_MS = 1000, MS_PER_S = 1000, NS_PER_MS = 1000000 };

bool stub_clock_read(pl_str text, int64_t *out_ms) {
    int64_t seconds;
    int32_t nanos;

    if (!pl_rfc3339_parse(text, &seconds, &nanos))
        return false;
    *out_ms = seconds * MS_PER_S + nanos / NS_PER_MS;
    return *out_ms > 0;
}

static int refuse(pl_buf *out) {
    pl_buf_puts(out,
                "{\"error\":\"expected {\\\"now\\\":\\\"2026-01-31T12:00:00Z\\\"}, after 1970, "
                "or {\\\"now\\\":null} for the machine's clock\"}");
    return 400;
}

static int set(pl_str body, int64_t *clock_ms, pl_buf *out) {
    pl_arena arena = pl_arena_make(BODY_MEMORY_MAX);
    const pl_json_value *root = NULL, *now;
    bool right = false;

    if (pl_json_parse(body, "clock", &arena, &root, NULL) == PL_OK) {
        now = pl_json_member(root, pl_str_c("now"));
        if (now && now->kind == PL_JSON_NULL) {
            *clock_ms = 0;
            right = true;
        } else if (now && now->kind == PL_JSON_STRING) {
            right = stub_clock_read(now->text, clock_ms);
        }
    }
    pl_arena_done(&arena);
    return right ? 200 : refuse(out);
}

int stub_clock_answer(pl_stub *stub, int64_t *clock_ms, const pl_http_request *request,
                      pl_buf *out) {
    pl_http_method method = pl_http_request_head(request)->method;
    char text[PL_RFC3339_SIZE];
    int64_t asked = *clock_ms;

    if (method != PL_HTTP_GET && method != PL_HTTP_POST) {
        pl_buf_puts(out, "{\"error\":\"expected GET or POST\"}");
        return 405;
    }
    if (method == PL_HTTP_POST && set(pl_http_request_body(request), &asked, out) != 200)
        return 400;
    *clock_ms = asked;
    pl_stub_set_clock(stub, asked);
    pl_rfc3339(pl_stub_clock(stub) * US_PER_MS, text);
    pl_buf_printf(out, "{\"now\":\"%s\",\"set\":%s}", text, asked ? "true" : "false");
    return 200;
}

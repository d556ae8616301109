/* parley stub trigger: asks a stub that serves for its events. */
#include "stub/trigger.h"

#include <stdio.h>
#include <string.h>

#include "parley/http/client.h"
#include "parley/json/json.h"
#include "parley/stub/events.h"

enum { ARENA_BUDGET = 16 << 20, TARGET_MAX = 8192 };

/* {"FIELD":"VALUE",...}: which value a text is, the stub knows. */
static pl_code put_sets(const stub_line *line, pl_buf *out, pl_error *err) {
    pl_buf_putc(out, '{');
    for (size_t i = 0; i < line->set_count; i++) {
        const char *equals = strchr(line->sets[i], '=');
        pl_buf_puts(out, i ? "," : "");
        pl_buf_json(out, pl_str_make(line->sets[i], (size_t)(equals - line->sets[i])));
        pl_buf_putc(out, ':');
        pl_buf_json(out, pl_str_c(equals + 1));
    }
    pl_buf_putc(out, '}');
    return out->failed ? pl_error_set(err, PL_INVALID_ARGUMENT, "--set: more than %u bytes in all",
                                      PL_STUB_OVERRIDES_MAX)
                       : PL_OK;
}

static pl_code put_target(const stub_line *line, const char *name, pl_buf *out, pl_error *err) {
    const char *values[] = {line->opts.consumer, line->contract};
    static const char *const keys[] = {"consumer", "contract"};
    char mark = '?';

    pl_buf_puts(out, STUB_TRIGGERS);
    pl_http_percent_encode(pl_str_c(name), out);
    for (size_t i = 0; i < PL_COUNT(keys); i++) {
        if (!values[i])
            continue;
        pl_buf_printf(out, "%c%s=", mark, keys[i]);
        pl_http_percent_encode(pl_str_c(values[i]), out);
        mark = '&';
    }
    return out->failed ? pl_error_set(err, PL_INVALID_ARGUMENT, "'%.64s...' is too long", name)
                       : PL_OK;
}

static const char *text_of(const pl_json_value *object, const char *key) {
    const pl_json_value *value = pl_json_at(object, key);

    return value ? value->text.p : "";
}

static void print_event(const pl_json_value *said) {
    const pl_json_value *differences = pl_json_at(said, "differences");

    (void)printf("%s %s on %s\n    %s  %s:%s  (%s)\n", text_of(said, "event"), text_of(said, "id"),
                 text_of(said, "stream"), text_of(said, "contract"), text_of(said, "file"),
                 text_of(said, "line"), text_of(said, "consumer"));
    for (const pl_json_value *one = differences ? differences->children : NULL; one;
         one = one->next)
        (void)printf("    %s: expected %s, got %s\n", text_of(one, "path"),
                     text_of(one, "expected"), text_of(one, "actual"));
}

static void print(const pl_json_value *said) {
    const pl_json_value *events = pl_json_at(said, "events");

    for (const pl_json_value *one = events ? events->children : NULL; one; one = one->next)
        print_event(one);
}

static pl_code take(const stub_line *line, const char *address, const pl_http_answer *answer,
                    pl_arena *arena, pl_error *err) {
    const pl_json_value *root = NULL;
    pl_code code = pl_json_parse(answer->body, "answer", arena, &root, err);

    if (answer->head->status != 200)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "%s",
                            code == PL_OK && pl_json_at(root, "error")
                                ? text_of(root, "error")
                                : pl_arena_printf(arena, "%s: status %d, is it a stub's?", address,
                                                  answer->head->status));
    if (code == PL_OK && line->args.json)
        (void)fwrite(answer->body.p, 1, answer->body.n, stdout);
    else if (code == PL_OK)
        print(root);
    return code;
}

static pl_code ask(const stub_line *line, const char *name, pl_arena *arena, pl_error *err) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_http_answer *answer = NULL;
    pl_buf body = pl_buf_make(PL_STUB_OVERRIDES_MAX), target = pl_buf_make(TARGET_MAX);
    char address[STUB_ADDRESS_MAX];
    pl_code code = stub_find_address(line, address, err);

    if (code == PL_OK)
        code = put_sets(line, &body, err);
    if (code == PL_OK)
        code = put_target(line, name, &target, err);
    call.address = address;
    call.method = pl_str_c("POST");
    call.target = pl_buf_view(&target);
    call.content_type = pl_str_c("application/json");
    call.body = pl_buf_view(&body);
    if (code == PL_OK)
        code = pl_http_fetch(&call, &answer, err);
    if (code == PL_OK)
        code = take(line, address, answer, arena, err);
    pl_http_answer_free(answer);
    pl_buf_done(&target);
    pl_buf_done(&body);
    return code;
}

int stub_trigger(const stub_line *line, const char *name) {
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    pl_error err = PL_ERROR_INIT;
    pl_code code = ask(line, name, &arena, &err);

    pl_arena_done(&arena);
    return code == PL_OK ? TOOL_EXIT_OK : stub_failed(line, "trigger", &err);
}

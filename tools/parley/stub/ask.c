/* Asking a stub that serves. */
#include <stdio.h>
#include <string.h>

#include "parley/http/client.h"
#include "parley/json/json.h"
#include "stub/stub.h"

enum { ARENA_BUDGET = 256 << 20, BODY_MAX = 64 << 20, TARGET_MAX = 64, SHOWN_MAX = 64 << 20 };

pl_code stub_find_address(const stub_line *line, char out[STUB_ADDRESS_MAX], pl_error *err) {
    char path[PATH_MAX];
    workspace space;

    out[0] = '\0';
    if (line->at) {
        (void)snprintf(out, STUB_ADDRESS_MAX, "%s", line->at);
        return PL_OK;
    }
    /* A stub of a bundle needs no workspace, and leaves its address in none. */
    pl_code code = workspace_find(&space, err);
    if (code == PL_NOT_FOUND)
        return pl_error_set(err, code,
                            "there is no workspace here; --at HTTP-ADDRESS names the stub");
    if (code != PL_OK)
        return code;
    stub_address_file(&space, path);
    FILE *file = fopen(path, "re");
    if (file) {
        if (fgets(out, STUB_ADDRESS_MAX, file))
            out[strcspn(out, "\n")] = '\0';
        (void)fclose(file);
    }
    return out[0] ? PL_OK
                  : pl_error_set(err, PL_NOT_FOUND,
                                 "no stub runs in this workspace; --at HTTP-ADDRESS names one");
}

static const char *text_of(const pl_json_value *object, const char *key) {
    const pl_json_value *value = pl_json_at(object, key);

    return value ? value->text.p : "";
}

static void print_contract(const pl_json_value *contract, const char *name) {
    (void)printf("%s  %s:%s  (%s)\n", text_of(contract, name), text_of(contract, "file"),
                 text_of(contract, "line"), text_of(contract, "consumer"));
}

static void print_call(const pl_json_value *call) {
    const pl_json_value *http = pl_json_at(call, "http");
    pl_buf request = pl_buf_make(SHOWN_MAX);

    (void)printf("%s  ", text_of(call, "at"));
    if (http)
        (void)printf("%s %s  ", text_of(http, "method"), text_of(http, "path"));
    bool event = pl_json_at(call, "event") != NULL;
    if (!event && !pl_json_at(call, "method")) {
        const char *why = text_of(call, "message");
        (void)printf("%s%s%s\n", text_of(http, "status"), *why ? "  " : "", why);
        return;
    }
    pl_json_print(pl_json_at(call, event ? "payload" : "request"), 0, &request);
    (void)printf("%s %s  %s\n", text_of(call, event ? "event" : "method"), request.p,
                 text_of(call, "code"));
    if (pl_json_at(call, "contract"))
        (void)printf("    "), print_contract(call, "contract");
    /* What a contract answers is in it; where a stream left its contract is not. */
    bool refused = strcmp(text_of(call, "code"), "UNIMPLEMENTED") == 0;
    if (text_of(call, "message")[0] && (event || refused || !pl_json_at(call, "contract")))
        (void)printf("    %s\n", text_of(call, "message"));
    pl_buf_done(&request);
}

static void print(const pl_json_value *answer) {
    const pl_json_value *calls = pl_json_at(answer, "calls"),
                        *unused = pl_json_at(answer, "unused");
    const char *dropped = text_of(answer, "dropped");

    if (*dropped && strcmp(dropped, "0") != 0)
        (void)fprintf(stderr, "parley stub journal: %s earlier calls are no longer there\n",
                      dropped);
    for (const pl_json_value *call = calls ? calls->children : NULL; call; call = call->next)
        print_call(call);
    for (const pl_json_value *one = unused ? unused->children : NULL; one; one = one->next)
        print_contract(one, "name");
}

static pl_code ask(const stub_line *line, const char *verb, pl_arena *arena, pl_error *err) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    pl_http_answer *answer = NULL;
    const pl_json_value *root = NULL;
    char target[TARGET_MAX], address[STUB_ADDRESS_MAX];
    pl_code code = stub_find_address(line, address, err);

    (void)snprintf(target, sizeof target, "/__parley/%s", verb);
    call.address = address;
    call.method = pl_str_c(strcmp(verb, "reset") == 0 ? "POST" : "GET");
    call.target = pl_str_c(target);
    call.max_body = BODY_MAX;
    if (code == PL_OK)
        code = pl_http_fetch(&call, &answer, err);
    if (code != PL_OK)
        return code;
    if (answer->head->status != 200)
        code = pl_error_set(err, PL_FAILED_PRECONDITION, "%s%s: status %d, is it a stub's?",
                            address, target, answer->head->status);
    else if (line->args.json)
        (void)fwrite(answer->body.p, 1, answer->body.n, stdout);
    else
        code = pl_json_parse(answer->body, "answer", arena, &root, err);
    if (root)
        print(root);
    pl_http_answer_free(answer);
    return code;
}

int stub_ask(const stub_line *line, const char *verb) {
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    pl_error err = PL_ERROR_INIT;
    pl_code code = ask(line, verb, &arena, &err);

    pl_arena_done(&arena);
    return code == PL_OK ? TOOL_EXIT_OK : stub_failed(line, verb, &err);
}

/* parley call and parley ls: gRPC by hand, without a .proto file. */
#include <ctype.h>
#include <string.h>

#include "call/call.h"
#include "parley/base/clock.h"

enum { HEADERS_TEXT_MAX = 64 * 1024 };

/* NAME:VALUE, cut in two; the name in lower case as gRPC wants it. */
static void add_header(call_request *r, pl_arena *arena) {
    const char *colon = strchr(r->args->value, ':');
    if (!colon || colon == r->args->value)
        tool_usage(r->args, "-H NAME:VALUE: got '%s'", r->args->value);
    if (r->metadata_count == PL_CALL_METADATA_MAX)
        tool_usage(r->args, "-H: more than %d of them", PL_CALL_METADATA_MAX);
    char *key = pl_arena_strndup(arena, r->args->value, (size_t)(colon - r->args->value));
    if (!key)
        tool_usage(r->args, "-H: too long");
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (pl_str_ends(pl_str_c(key), pl_str_c("-bin")))
        tool_usage(r->args, "-H %s: binary metadata cannot be sent", key);
    r->metadata[r->metadata_count++] = (pl_metadata){key, pl_str_trim(pl_str_c(colon + 1))};
}

static bool is_json(const char *word) {
    return strcmp(word, "-") == 0 || word[strspn(word, " \t\r\n")] == '{';
}

/* [TARGET] METHOD [JSON] */
static void place_words(call_request *r, const char *const *words, size_t count) {
    if (count > 0 && is_json(words[count - 1]))
        r->json = words[--count];
    else if (count == 3)
        tool_usage(r->args, "expected a JSON object or -, got '%s'", words[2]);
    if (count == 0 || count > 2)
        tool_usage(r->args, "which method? Service.Method");
    r->method = words[count - 1];
    if (count == 2)
        r->target = words[0];
}

int main(int argc, char **argv) {
    tool_args args;
    const char *words[3];
    size_t count = 0;
    int64_t timeout_ms = CALL_TIMEOUT_MS;
    pl_arena arena = pl_arena_make(HEADERS_TEXT_MAX);
    call_request request = {.args = &args, .json = "{}"};
    tool_args_init(&args, argc, argv);
    for (int what; (what = tool_args_next(&args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_WORD) {
            if (count == PL_COUNT(words))
                tool_usage(&args, "too many arguments, from '%s' on", args.value);
            words[count++] = args.value;
        } else if (tool_args_is(&args, "-H")) {
            add_header(&request, &arena);
        } else if (!pl_str_duration_ms(pl_str_c(args.value), &timeout_ms) || timeout_ms <= 0) {
            tool_usage(&args, "--timeout: expected a duration such as 500ms or 10s, got '%s'",
                       args.value);
        }
    }
    request.deadline_ns = pl_deadline_ms(timeout_ms);
    int status;
    if (strcmp(args.command->name, "ls") == 0) {
        if (count > 1)
            tool_usage(&args, "one server or service at a time");
        request.target = count ? words[0] : NULL;
        status = call_list(&request);
    } else {
        place_words(&request, words, count);
        status = call_method(&request);
    }
    pl_arena_done(&arena);
    return status;
}

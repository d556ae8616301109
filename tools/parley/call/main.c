/* parley call and parley ls: gRPC by hand, without a .proto file. */
#include <ctype.h>
#include <string.h>

#include "call/call.h"
#include "call/interrupt.h"
#include "parley/base/clock.h"
#include "parley/json/base64.h"

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
    pl_str value = pl_str_trim(pl_str_c(colon + 1));
    if (pl_str_ends(pl_str_c(key), pl_str_c("-bin"))) {
        size_t size = 0;
        char *bytes = pl_arena_alloc(arena, 3 * (value.n / 4 + 1));
        if (!bytes || !pl_base64_decode(value, bytes, &size))
            tool_usage(r->args, "-H %s: expected base64, got '%s'", key, colon + 1);
        value = pl_str_make(bytes, size);
    }
    r->metadata[r->metadata_count++] = (pl_metadata){key, value};
}

static bool is_json(const char *word) {
    char first = word[strspn(word, " \t\r\n")];
    return strcmp(word, "-") == 0 || (first && strchr("{[\"", first));
}

/* [TARGET] METHOD [JSON...] */
static void place_words(call_request *r, const char *const *words, size_t count) {
    size_t names = 0;
    while (names < count && !is_json(words[names]))
        names++;
    if (names == 0)
        tool_usage(r->args, "which method? Service.Method");
    if (names > 2)
        tool_usage(r->args, "expected JSON or -, got '%s'", words[2]);
    r->method = words[names - 1];
    if (names == 2)
        r->target = words[0];
    for (size_t i = names; i < count; i++) {
        if (!is_json(words[i]))
            tool_usage(r->args, "expected JSON or -, got '%s'", words[i]);
        r->words[r->word_count++] = words[i];
    }
}

static void take_option(call_request *r, pl_arena *arena, int64_t *timeout_ms) {
    tool_args *args = r->args;
    int64_t number;
    if (tool_args_is(args, "-H")) {
        add_header(r, arena);
    } else if (tool_args_is(args, "--max-messages")) {
        if (!pl_str_i64(pl_str_c(args->value), &number) || number < 1)
            tool_usage(args, "--max-messages: expected a number from 1, got '%s'", args->value);
        r->max_messages = (size_t)number;
    } else if (tool_args_is(args, "--tls-ca")) {
        r->tls.ca_file = args->value;
    } else if (tool_args_is(args, "--tls-cert")) {
        r->tls.cert_file = args->value;
    } else if (tool_args_is(args, "--tls-key")) {
        r->tls.key_file = args->value;
    } else if (tool_args_is(args, "--server-name")) {
        r->tls.server_name = args->value;
    } else {
        *timeout_ms = tool_args_duration(args);
        if (*timeout_ms <= 0)
            tool_usage(args, "--timeout: expected more than nothing, got '%s'", args->value);
        r->timeout_given = true;
    }
}

static void check_tls(const call_request *r) {
    const pl_tls_opts *tls = &r->tls;
    if (!tls->ca_file && (tls->cert_file || tls->key_file || tls->server_name))
        tool_usage(r->args, "--tls-cert, --tls-key and --server-name need --tls-ca: whose "
                            "signature is believed");
    if (!tls->cert_file != !tls->key_file)
        tool_usage(r->args, "--tls-cert and --tls-key go together");
}

int main(int argc, char **argv) {
    static call_request request; /* large: not on the stack */
    tool_args args;
    const char *words[CALL_WORDS_MAX];
    size_t count = 0;
    int64_t timeout_ms = CALL_TIMEOUT_MS;
    pl_arena arena = pl_arena_make(HEADERS_TEXT_MAX);
    request.args = &args;
    tool_args_init(&args, argc, argv);
    for (int what; (what = tool_args_next(&args)) != TOOL_ARGS_END;) {
        if (what == TOOL_ARGS_OPTION) {
            take_option(&request, &arena, &timeout_ms);
            continue;
        }
        if (count == PL_COUNT(words))
            tool_usage(&args,
                       "too many arguments, from '%.64s' on; - reads them from standard input",
                       args.value);
        words[count++] = args.value;
    }
    check_tls(&request);
    request.deadline_ns = pl_deadline_ms(timeout_ms);
    int status;
    if (strcmp(args.command->name, "ls") == 0) {
        if (count > 1)
            tool_usage(&args, "one server or service at a time");
        request.target = count ? words[0] : NULL;
        status = call_list(&request);
    } else {
        place_words(&request, words, count);
        call_interrupt_watch();
        status = call_method(&request);
    }
    pl_arena_done(&arena);
    return status;
}

/* What was seen: each request once, with its first answer, and those that were others. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/yaml_text.h"
#include "contract/skeleton.h"
#include "stub/record.h"

/* Other answers to one request that are written down. */
enum { OTHERS_MAX = 3, NAME_BYTES_MAX = 200 };

typedef struct item {
    char *key;    /* method and what the client did */
    char *name;   /* of the contract, without its number */
    size_t nth;   /* 0: the first of this name */
    char *text;   /* behind its name */
    char *answer; /* what makes it equal to another */
    char *others[OTHERS_MAX], *other_texts[OTHERS_MAX];
    size_t other_count;
    bool more; /* than those */
} item;

struct record_seen {
    char *consumer, *provider;
    pthread_mutex_t mu;
    /* guarded by mu */
    item *items;
    size_t count, room, left_out;
    bool changed;
};

/* ---- a call ---------------------------------------------------------------------------------- */

void record_call_init(record_call *call, const pl_method_type *method) {
    memset(call, 0, sizeof *call);
    call->method = method;
    call->metadata = pl_buf_make(RECORD_CALL_MAX);
    call->asked = pl_buf_make(RECORD_CALL_MAX);
    call->answered = pl_buf_make(RECORD_CALL_MAX);
    call->compared = pl_buf_make(RECORD_CALL_MAX);
    call->steps = pl_buf_make(RECORD_CALL_MAX);
    call->details = pl_buf_make(RECORD_CALL_MAX);
}

void record_call_done(record_call *call) {
    pl_buf_done(&call->metadata);
    pl_buf_done(&call->asked);
    pl_buf_done(&call->answered);
    pl_buf_done(&call->compared);
    pl_buf_done(&call->steps);
    pl_buf_done(&call->details);
}

static bool streams(const record_call *call) {
    return call->method->client_streaming || call->method->server_streaming;
}

void record_call_metadata(record_call *call, pl_str key, pl_str value) {
    pl_buf_printf(&call->metadata, "    %.*s: ", PL_FMT(key));
    if (value.p)
        yaml_put_text(value, &call->metadata);
    else
        pl_buf_puts(&call->metadata, "!non_empty redacted");
    pl_buf_putc(&call->metadata, '\n');
}

static void add_step(record_call *call, const char *kind, const pl_message_type *type,
                     pl_str message, record_side side) {
    if (++call->step_count > RECORD_STEPS_MAX)
        call->partial = true;
    if (call->partial)
        return;
    pl_buf_printf(&call->steps, "  - %s", kind);
    if (type && !record_put_message(type, message, side, 3, &call->steps))
        call->partial = true;
    pl_buf_putc(&call->steps, '\n');
}

void record_call_asked(record_call *call, pl_str message) {
    if (!record_put_message(call->method->input, message, RECORD_REQUEST, 2, &call->asked))
        call->partial = true;
    pl_buf_putc(&call->asked, '\n');
    if (streams(call))
        add_step(call, "recv:", call->method->input, message, RECORD_REQUEST);
}

void record_call_closed(record_call *call) {
    /* Where the client sends one message, the compiler knows it. */
    if (call->method->client_streaming)
        add_step(call, "close", NULL, pl_str_make(NULL, 0), RECORD_REQUEST);
}

void record_call_answered(record_call *call, pl_str message) {
    const pl_message_type *type = call->method->output;

    /* A second answer where there is one is nothing that a contract could say. */
    if (!call->method->server_streaming && call->compared.n)
        call->partial = true;
    if (!record_put_message(type, message, RECORD_ANSWER, 2, &call->answered) ||
        !record_put_message(type, message, RECORD_COMPARED, 2, &call->compared))
        call->partial = true;
    pl_buf_putc(&call->compared, '\n');
    if (streams(call))
        add_step(call, "send:", type, message, RECORD_ANSWER);
}

void record_call_detail(record_call *call, const pl_message_type *type, pl_str message) {
    pl_buf flow = pl_buf_make(RECORD_CALL_MAX);

    if (!record_put_message(type, message, RECORD_ANSWER, -1, &flow) || flow.n < 2)
        call->partial = true;
    else
        pl_buf_printf(&call->details, "- { '@type': %s%s%s\n", type->full_name.p,
                      flow.n > 2 ? ", " : " ", flow.p + (flow.n > 2 ? 2 : 1));
    pl_buf_done(&flow);
}

/* ---- its text -------------------------------------------------------------------------------- */

/* With details, which are lines of their own, INDENT levels deep. */
static void put_long_status(pl_code code, const char *message, pl_str details, int indent,
                            pl_buf *out) {
    pl_buf_printf(out, "status:\n%*scode: %s\n%*smessage: ", 2 * indent, "", pl_code_name(code),
                  2 * indent, "");
    yaml_put_text(pl_str_c(message), out);
    pl_buf_printf(out, "\n%*sdetails:\n", 2 * indent, "");
    while (details.n) {
        size_t end = pl_str_index(details, '\n');
        pl_buf_printf(out, "%*s%.*s\n", 2 * indent, "", (int)end, details.p);
        details = pl_str_make(details.p + end + 1, details.n - end - 1);
    }
}

static void put_status(pl_code code, const char *message, pl_str details, int indent, pl_buf *out) {
    if (details.n) {
        put_long_status(code, message, details, indent, out);
        return;
    }
    pl_buf_puts(out, "status: ");
    if (!*message) {
        pl_buf_printf(out, "%s\n", pl_code_name(code));
        return;
    }
    pl_buf_printf(out, "{ code: %s, message: ", pl_code_name(code));
    yaml_put_text(pl_str_c(message), out);
    pl_buf_puts(out, " }\n");
}

/* What the server did, as lines of a contract. */
static void put_answer(const record_call *call, pl_code code, const char *message, pl_buf *out) {
    if (streams(call)) {
        pl_buf_puts(out, "  steps:\n");
        pl_buf_str(out, pl_buf_view(&call->steps));
    } else if (code == PL_OK) {
        pl_buf_puts(out, "  response:");
        pl_buf_str(out, pl_buf_view(&call->answered));
        pl_buf_putc(out, '\n');
    }
    if (code != PL_OK) {
        pl_buf_puts(out, streams(call) ? "  - " : "  ");
        put_status(code, message, pl_buf_view(&call->details), streams(call) ? 3 : 2, out);
    }
}

static void put_contract(const record_call *call, pl_str answer, pl_buf *out) {
    pl_buf_printf(out, "  call: %s.%s\n", call->method->service->name.p, call->method->name.p);
    if (call->metadata.n) {
        pl_buf_puts(out, "  metadata:\n");
        pl_buf_str(out, pl_buf_view(&call->metadata));
    }
    if (!streams(call)) {
        pl_buf_puts(out, "  request:");
        pl_buf_str(out, pl_buf_view(&call->asked));
    }
    pl_buf_str(out, answer);
}

/* "get product", "get product not found". */
static void put_name(const record_call *call, pl_code code, pl_buf *out) {
    skeleton_words(call->method->name, ' ', out);
    if (code == PL_OK)
        return;
    pl_buf_putc(out, ' ');
    for (const char *c = pl_code_name(code); *c; c++)
        pl_buf_putc(out, *c == '_' ? ' ' : (char)tolower((unsigned char)*c));
}

/* ---- the list -------------------------------------------------------------------------------- */

record_seen *record_seen_new(const char *consumer, const char *provider) {
    record_seen *seen = calloc(1, sizeof *seen);

    if (!seen)
        return NULL;
    (void)pthread_mutex_init(&seen->mu, NULL);
    seen->consumer = strdup(consumer);
    seen->provider = strdup(provider);
    if (!seen->consumer || !seen->provider) {
        record_seen_free(seen);
        return NULL;
    }
    return seen;
}

static void item_done(item *one) {
    for (size_t i = 0; i < one->other_count; i++) {
        free(one->others[i]);
        free(one->other_texts[i]);
    }
    free(one->key);
    free(one->name);
    free(one->text);
    free(one->answer);
}

void record_seen_free(record_seen *seen) {
    if (!seen)
        return;
    for (size_t i = 0; i < seen->count; i++)
        item_done(&seen->items[i]);
    free(seen->items);
    free(seen->consumer);
    free(seen->provider);
    (void)pthread_mutex_destroy(&seen->mu);
    free(seen);
}

static item *find(record_seen *seen, const char *key) {
    for (size_t i = 0; i < seen->count; i++) {
        if (strcmp(seen->items[i].key, key) == 0)
            return &seen->items[i];
    }
    return NULL;
}

/* Of a name there may be as many as there are contracts: a number makes each its own. */
static size_t count_name(const record_seen *seen, const char *name) {
    size_t count = 0;

    for (size_t i = 0; i < seen->count; i++)
        count += strcmp(seen->items[i].name, name) == 0;
    return count;
}

static item *new_item(record_seen *seen) {
    if (seen->count == RECORD_CONTRACTS_MAX)
        return NULL;
    if (seen->count == seen->room) {
        size_t room = seen->room ? 2 * seen->room : 64;
        item *grown = realloc(seen->items, room * sizeof *grown);
        if (!grown)
            return NULL;
        seen->items = grown;
        seen->room = room;
    }
    memset(&seen->items[seen->count], 0, sizeof(item));
    return &seen->items[seen->count];
}

/* The texts of a call, each of them NUL-terminated. */
typedef struct texts {
    pl_buf key, name, text, answer, compared;
} texts;

static void add_new(record_seen *seen, const texts *t) {
    item *one = new_item(seen);

    if (!one) {
        seen->left_out++;
        return;
    }
    one->key = strdup(t->key.p);
    one->name = strdup(t->name.p);
    one->nth = count_name(seen, t->name.p);
    one->text = strdup(t->text.p);
    one->answer = strdup(t->compared.p);
    if (one->key && one->name && one->text && one->answer) {
        seen->count++;
        return;
    }
    item_done(one);
    seen->left_out++;
}

/* Another answer to a request that is known, unless it was seen, too. */
static void add_other(item *one, const texts *t) {
    if (strcmp(one->answer, t->compared.p) == 0)
        return;
    for (size_t i = 0; i < one->other_count; i++) {
        if (strcmp(one->others[i], t->compared.p) == 0)
            return;
    }
    char *other = one->other_count < OTHERS_MAX ? strdup(t->compared.p) : NULL;
    char *text = other ? strdup(t->answer.p) : NULL;
    if (!text) {
        one->more = true;
        free(other);
        return;
    }
    one->others[one->other_count] = other;
    one->other_texts[one->other_count++] = text;
}

/* Nothing of it was too long, or lacked memory. */
static bool is_whole(const record_call *call, const texts *t) {
    const pl_buf *const parts[] = {&call->metadata, &call->asked, &call->answered, &call->compared,
                                   &call->details,  &call->steps, &t->key,         &t->name,
                                   &t->text,        &t->answer,   &t->compared};
    bool whole = !call->partial;

    for (size_t i = 0; i < PL_COUNT(parts); i++)
        whole = whole && !parts[i]->failed;
    return whole;
}

void record_seen_add(record_seen *seen, record_call *call, pl_code code, const char *message) {
    texts t = {pl_buf_make(2 * RECORD_CALL_MAX), pl_buf_make(NAME_BYTES_MAX),
               pl_buf_make(4 * RECORD_CALL_MAX), pl_buf_make(2 * RECORD_CALL_MAX),
               pl_buf_make(2 * RECORD_CALL_MAX)};

    pl_buf_printf(&t.key, "%s\n", call->method->path.p);
    pl_buf_str(&t.key, pl_buf_view(&call->metadata));
    pl_buf_str(&t.key, pl_buf_view(&call->asked));
    put_name(call, code, &t.name);
    put_answer(call, code, message, &t.answer);
    put_contract(call, pl_buf_view(&t.answer), &t.text);
    pl_buf_str(&t.compared, pl_buf_view(&call->compared));
    pl_buf_printf(&t.compared, "%s %s\n", pl_code_name(code), message);
    pl_buf_str(&t.compared, pl_buf_view(&call->details));

    pthread_mutex_lock(&seen->mu);
    bool whole = is_whole(call, &t);
    item *known = whole ? find(seen, t.key.p) : NULL;
    if (!whole)
        seen->left_out++;
    else if (known)
        add_other(known, &t);
    else
        add_new(seen, &t);
    seen->changed = true;
    pthread_mutex_unlock(&seen->mu);
    pl_buf_done(&t.key);
    pl_buf_done(&t.name);
    pl_buf_done(&t.text);
    pl_buf_done(&t.answer);
    pl_buf_done(&t.compared);
}

bool record_seen_changed(record_seen *seen) {
    pthread_mutex_lock(&seen->mu);
    bool changed = seen->changed;
    pthread_mutex_unlock(&seen->mu);
    return changed;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void put_comment(const char *lines, pl_buf *out) {
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        pl_buf_printf(out, "# %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

/* Its name, or "NAME 2" of the second. */
static void put_item_name(const item *one, pl_buf *out) {
    char text[NAME_BYTES_MAX + 32];

    if (one->nth)
        (void)snprintf(text, sizeof text, "%s %zu", one->name, one->nth + 1);
    else
        (void)snprintf(text, sizeof text, "%s", one->name);
    yaml_put_text(pl_str_c(text), out);
}

static void put_item(const item *one, pl_buf *out) {
    if (one->other_count)
        pl_buf_puts(out, "# The same request was also answered so:\n");
    for (size_t i = 0; i < one->other_count; i++)
        put_comment(one->other_texts[i], out);
    if (one->more)
        pl_buf_puts(out, "# and in more ways.\n");
    pl_buf_puts(out, "- name: ");
    put_item_name(one, out);
    pl_buf_putc(out, '\n');
    pl_buf_puts(out, one->text);
}

size_t record_seen_put(record_seen *seen, pl_buf *out) {
    pthread_mutex_lock(&seen->mu);
    size_t count = seen->count;
    pl_buf_printf(out,
                  "# What was seen of a running %s, by parley stub --record: loosen what need not "
                  "be equal,\n# name it, and delete what the consumer does not rely on.\n"
                  "consumer: %s\nprovider: %s\naccess: [grpc]\ncomplete: false\n\ncontracts:\n",
                  seen->provider, seen->consumer, seen->provider);
    for (size_t i = 0; i < count; i++) {
        pl_buf_puts(out, i ? "\n" : "");
        put_item(&seen->items[i], out);
    }
    if (seen->left_out)
        pl_buf_printf(out,
                      "\n# Calls that are not here, for they are too long, too many or no JSON: "
                      "%zu\n",
                      seen->left_out);
    seen->changed = false;
    pthread_mutex_unlock(&seen->mu);
    return count;
}

/* parley contract show: a contract as it was understood, with its examples. */
#include <stdio.h>
#include <string.h>

#include "contract/contract.h"
#include "contract/test_words.h"
#include "parley/contract/match.h"
#include "parley/json/proto_json.h"

enum { OUTPUT_MAX = 64 << 20, SCRATCH_MAX = 64 << 20, LABEL_WIDTH = 9, PATH_WIDTH = 24 };

typedef struct shower {
    pl_buf *out;
    bool json;
    pl_arena arena;
} shower;

static void json_text(pl_buf *out, const char *key, pl_str text) {
    pl_buf_printf(out, "\"%s\":", key);
    pl_buf_json(out, text);
}

/* The example of a body, as JSON. */
static void example(shower *s, const pl_matcher *body, const pl_message_type *type) {
    pl_buf wire = pl_buf_make(OUTPUT_MAX);
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    pl_match_opts clock = PL_MATCH_OPTS_INIT;
    opts.proto_names = true;
    opts.int64_numbers = true;
    if (!body || pl_example_bytes(body, type, &clock, &s->arena, &wire) ||
        pl_wire_to_json(type, pl_buf_view(&wire), &opts, s->out, NULL))
        pl_buf_puts(s->out, "null");
    pl_buf_done(&wire);
}

/* ---- what each field must be ----------------------------------------------------------------- */

typedef struct field_path {
    char text[256];
    size_t n;
} field_path;

static void rule(shower *s, const field_path *path, const pl_matcher *m, const pl_field *field,
                 bool *first) {
    pl_buf words = pl_buf_make(4096);
    pl_matcher_describe(m, field, &words);
    pl_str name = pl_str_make(path->text, path->n);
    if (s->json) {
        pl_buf_puts(s->out, *first ? "{" : ",{");
        json_text(s->out, "path", name);
        pl_buf_putc(s->out, ',');
        json_text(s->out, "expected", pl_buf_view(&words));
        pl_buf_putc(s->out, '}');
    } else {
        pl_buf_printf(s->out, "    %-*.*s %s\n", PATH_WIDTH, PL_FMT(name), words.p);
    }
    *first = false;
    pl_buf_done(&words);
}

static void rules(shower *s, field_path path, const pl_matcher *m, const pl_field *field,
                  bool *first);

static field_path longer(field_path path, const char *format, const char *name, size_t index) {
    int n = snprintf(path.text + path.n, sizeof path.text - path.n, format, name, index);
    path.n += n > 0 ? (size_t)n : 0;
    if (path.n >= sizeof path.text)
        path.n = sizeof path.text - 1;
    return path;
}

static void member_rules(shower *s, field_path path, const pl_matcher *m, bool *first) {
    for (size_t i = 0; i < m->member_count; i++) {
        const pl_match_member *member = &m->members[i];
        rules(s, longer(path, path.n ? ".%s" : "%s", member->field->name.p, 0), member->matcher,
              member->field, first);
    }
}

static void entry_rules(shower *s, field_path path, const pl_matcher *m, const pl_field *map,
                        bool *first) {
    for (size_t i = 0; i < m->member_count; i++) {
        const pl_field *key = &map->message->fields[0];
        pl_buf name = pl_buf_make(256);
        pl_leaf_print(pl_leaf_of(key), key, &m->members[i].key, &name);
        rules(s, longer(path, "[%s]", name.p, 0), m->members[i].matcher, &map->message->fields[1],
              first);
        pl_buf_done(&name);
    }
}

/* What MATCHER's items say of keys, values or items of what stands at PATH. */
static void item_rules(shower *s, field_path path, const pl_matcher *m, const pl_field *field,
                       bool *first) {
    bool key = m->kind == PL_MATCH_EACH_KEY,
         entry = key || m->kind == PL_MATCH_EACH_VALUE || m->kind == PL_MATCH_EVERY_VALUE;
    for (size_t i = 0; i < m->item_count; i++)
        rules(s, longer(path, "%s", key ? "[].key" : "[]", 0), m->items[i],
              entry ? &field->message->fields[!key] : field, first);
}

static void rules(shower *s, field_path path, const pl_matcher *m, const pl_field *field,
                  bool *first) {
    switch (m->kind) {
    case PL_MATCH_MESSAGE:
        member_rules(s, path, m, first);
        break;
    case PL_MATCH_LIST:
        for (size_t i = 0; i < m->item_count; i++)
            rules(s, longer(path, "%s[%zu]", "", i), m->items[i], field, first);
        break;
    case PL_MATCH_EACH:
    case PL_MATCH_EVERY:
    case PL_MATCH_EACH_KEY:
    case PL_MATCH_EACH_VALUE:
    case PL_MATCH_EVERY_VALUE:
    case PL_MATCH_UNORDERED:
        rule(s, &path, m, field, first);
        item_rules(s, path, m, field, first);
        break;
    case PL_MATCH_CONTAINS:
        rule(s, &path, m, field, first);
        entry_rules(s, path, m, field, first);
        item_rules(s, path, m, field, first);
        break;
    case PL_MATCH_MAP:
        entry_rules(s, path, m, field, first);
        break;
    default:
        rule(s, &path, m, field, first);
    }
}

void show_rules(const pl_matcher *body, pl_buf *out) {
    shower s = {.out = out};
    bool first = true;
    rules(&s, (field_path){.n = 0}, body, NULL, &first);
}

/* ---- one contract ---------------------------------------------------------------------------- */

static void label(shower *s, const char *name) {
    pl_buf_printf(s->out, "  %-*s ", LABEL_WIDTH, name);
}

static void body(shower *s, const char *name, const pl_matcher *m, const pl_message_type *type,
                 uint32_t min, uint32_t max) {
    bool first = true;
    field_path path = {.n = 0};
    if (s->json) {
        pl_buf_printf(s->out, "{\"%s\":", name);
        example(s, m, type);
        pl_buf_printf(s->out, ",\"min\":%u,\"max\":%u,\"fields\":[", min, max);
        rules(s, path, m, NULL, &first);
        pl_buf_puts(s->out, "]}");
        return;
    }
    label(s, name);
    example(s, m, type);
    if (max > 1)
        pl_buf_printf(s->out, min == max ? "  %u times" : "  %u to %u times", min, max);
    pl_buf_putc(s->out, '\n');
    rules(s, path, m, NULL, &first);
}

static void status(shower *s, const pl_contract_status *end) {
    pl_buf words = pl_buf_make(4096);
    if (end->message)
        pl_matcher_describe(end->message, pl_text_field(), &words);
    if (s->json) {
        pl_buf_printf(s->out, "{\"status\":\"%s\"", pl_code_name((pl_code)end->code));
        if (end->message) {
            pl_buf_putc(s->out, ',');
            json_text(s->out, "message", pl_buf_view(&words));
        }
        pl_buf_puts(s->out, ",\"details\":[");
    } else {
        label(s, "status");
        pl_buf_printf(s->out, "%s%s%s\n", pl_code_name((pl_code)end->code), words.n ? "  " : "",
                      words.p);
    }
    for (size_t i = 0; i < end->detail_count; i++) {
        pl_buf_puts(s->out, s->json && i ? "," : "");
        body(s, end->details[i]->type->name.p, end->details[i]->items[0], end->details[i]->type, 1,
             1);
    }
    pl_buf_puts(s->out, s->json ? "]}" : "");
    pl_buf_done(&words);
}

static void plain_step(shower *s, const char *name, const char *value) {
    if (s->json) {
        pl_buf_printf(s->out, "{\"%s\":%s}", name, *value ? value : "true");
        return;
    }
    if (*value)
        label(s, name);
    pl_buf_printf(s->out, *value ? "%s\n" : "  %s\n", *value ? value : name);
}

static void steps(shower *s, const pl_contract *c, const pl_contract_step *list, size_t count) {
    char delay[32];
    for (size_t i = 0; i < count; i++) {
        const pl_contract_step *step = &list[i];
        pl_buf_puts(s->out, s->json && i ? "," : "");
        switch (step->kind) {
        case PL_STEP_RECV:
            body(s, "recv", step->message, c->method->input, step->min, step->max);
            break;
        case PL_STEP_SEND:
            body(s, "send", step->message, c->method->output, step->min, step->max);
            break;
        case PL_STEP_CLOSE:
            plain_step(s, "close", "");
            break;
        case PL_STEP_DELAY:
            snprintf(delay, sizeof delay, s->json ? "%llu" : "%llu ms",
                     (unsigned long long)step->delay_ms);
            plain_step(s, "delay", delay);
            break;
        case PL_STEP_STATUS:
            status(s, &step->status);
            break;
        default:
            pl_buf_puts(s->out, s->json ? "{\"any_order\":[" : "  in any order\n");
            steps(s, c, step->steps, step->step_count);
            pl_buf_puts(s->out, s->json ? "]}" : "");
        }
    }
}

static void states(shower *s, const pl_contract *c) {
    for (size_t i = 0; i < c->given_count; i++) {
        const pl_contract_state *state = &c->given[i];
        if (s->json) {
            pl_buf_puts(s->out, i ? ",{" : "{");
            json_text(s->out, "state", state->name);
            pl_buf_puts(s->out, ",\"parameters\":");
        } else {
            label(s, "given");
            pl_buf_printf(s->out, "%s ", state->name.p);
        }
        pl_buf_putc(s->out, '{');
        for (size_t k = 0; k < state->parameter_count; k++) {
            pl_buf_puts(s->out, k ? "," : "");
            pl_buf_json(s->out, state->parameters[k].name);
            pl_buf_printf(s->out, ":%s", state->parameters[k].json.p);
        }
        pl_buf_puts(s->out, s->json ? "}}" : "}\n");
    }
}

static void headers(shower *s, const char *name, const pl_contract_header *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool binary = pl_str_ends(list[i].name, pl_str_c("-bin"));
        pl_buf words = pl_buf_make(4096);
        pl_matcher_describe(list[i].matcher, binary ? pl_bytes_field() : pl_text_field(), &words);
        if (s->json) {
            pl_buf_puts(s->out, i ? "," : "");
            pl_buf_json(s->out, list[i].name);
            pl_buf_putc(s->out, ':');
            pl_buf_json(s->out, pl_buf_view(&words));
        } else {
            label(s, name);
            pl_buf_printf(s->out, "%s: %s\n", list[i].name.p, words.p);
        }
        pl_buf_done(&words);
    }
}

/* ---- around the call ---------------------------------------------------------------------------
 */

static void list_text(shower *s, const char *name, const pl_str *list, size_t count) {
    if (!count)
        return;
    label(s, name);
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(s->out, "%s%s", i ? ", " : "", list[i].p);
    pl_buf_putc(s->out, '\n');
}

static void list_json(shower *s, const char *name, const pl_str *list, size_t count) {
    pl_buf_printf(s->out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        pl_buf_puts(s->out, i ? "," : "");
        pl_buf_json(s->out, list[i]);
    }
    pl_buf_putc(s->out, ']');
}

static void exemption_text(shower *s, const char *name, const pl_contract_exemption *e) {
    if (e->until.n)
        pl_buf_printf(s->out, "  %s until %s: %s\n", name, e->until.p, e->because.p);
}

static void around_text(shower *s, const pl_contract *c) {
    list_text(s, "never has", c->must_not_contain, c->must_not_contain_count);
    if (c->within_ms) {
        label(s, "within");
        pl_buf_printf(s->out, "%llu ms\n", (unsigned long long)c->within_ms);
    }
    if (c->idempotent)
        pl_buf_puts(s->out, "  idempotent\n");
    if (c->priority) {
        label(s, "priority");
        pl_buf_printf(s->out, "%d\n", c->priority);
    }
    if (c->scenario.n) {
        label(s, "scenario");
        pl_buf_printf(s->out, "%s%s%.*s%s%.*s\n", c->scenario.p,
                      c->scenario_when.n ? ", when " : "", PL_FMT(c->scenario_when),
                      c->scenario_then.n ? ", then " : "", PL_FMT(c->scenario_then));
    }
    list_text(s, "tags", c->tags, c->tag_count);
    exemption_text(s, "ignored", &c->ignored);
    exemption_text(s, "in progress", &c->in_progress);
}

static void exemption_json(shower *s, const char *name, const pl_contract_exemption *e) {
    if (!e->until.n)
        return;
    pl_buf_printf(s->out, ",\"%s\":{", name);
    json_text(s->out, "until", e->until);
    pl_buf_putc(s->out, ',');
    json_text(s->out, "because", e->because);
    pl_buf_putc(s->out, '}');
}

static void around_json(shower *s, const pl_contract *c) {
    list_json(s, "must_not_contain", c->must_not_contain, c->must_not_contain_count);
    list_json(s, "tags", c->tags, c->tag_count);
    pl_buf_printf(s->out, ",\"within_ms\":%llu,\"idempotent\":%s,\"priority\":%d",
                  (unsigned long long)c->within_ms, c->idempotent ? "true" : "false", c->priority);
    if (c->scenario.n) {
        pl_buf_puts(s->out, ",\"scenario\":{");
        json_text(s->out, "name", c->scenario);
        pl_buf_putc(s->out, ',');
        json_text(s->out, "when", c->scenario_when);
        pl_buf_putc(s->out, ',');
        json_text(s->out, "then", c->scenario_then);
        pl_buf_putc(s->out, '}');
    }
    exemption_json(s, "ignored", &c->ignored);
    exemption_json(s, "in_progress", &c->in_progress);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void show_json(shower *s, const pl_contract *c) {
    pl_buf_putc(s->out, '{');
    json_text(s->out, "name", c->name);
    pl_buf_printf(s->out, ",\"line\":%u,", c->at.line);
    json_text(s->out, c->method ? "method" : "event",
              c->method ? c->method->full_name : c->event->full_name);
    if (c->event) {
        pl_buf_putc(s->out, ',');
        json_text(s->out, "trigger", c->trigger);
        pl_buf_putc(s->out, ',');
        json_text(s->out, "stream", c->stream);
    }
    pl_buf_puts(s->out, ",\"given\":[");
    states(s, c);
    pl_buf_puts(s->out, "],\"metadata\":{");
    headers(s, "metadata", c->metadata, c->metadata_count);
    pl_buf_puts(s->out, "},\"trailers\":{");
    headers(s, "trailers", c->trailers, c->trailer_count);
    pl_buf_puts(s->out, "},\"steps\":[");
    if (c->method)
        steps(s, c, c->steps, c->step_count);
    else
        body(s, "payload", c->payload, c->event, 1, 1);
    pl_buf_putc(s->out, ']');
    around_json(s, c);
    pl_buf_putc(s->out, '}');
}

static void show_text(shower *s, const pl_contract *c) {
    pl_buf_printf(s->out, "%s  (%s:%u)\n", c->name.p, c->file->path.p, c->at.line);
    states(s, c);
    label(s, c->method ? "call" : "event");
    pl_buf_printf(s->out, "%s\n", c->method ? c->method->full_name.p : c->event->full_name.p);
    if (c->http) {
        label(s, "http");
        pl_buf_printf(s->out, "%s %s\n", c->http->verb.p, c->http->path.p);
    }
    headers(s, "metadata", c->metadata, c->metadata_count);
    if (c->method) {
        steps(s, c, c->steps, c->step_count);
    } else {
        label(s, "trigger");
        pl_buf_printf(s->out, "%s\n", c->trigger.p);
        label(s, "stream");
        pl_buf_printf(s->out, "%s\n", c->stream.p);
        body(s, "payload", c->payload, c->event, 1, 1);
    }
    headers(s, "trailers", c->trailers, c->trailer_count);
    around_text(s, c);
    pl_buf_putc(s->out, '\n');
}

/* ---- the verb -------------------------------------------------------------------------------- */

static size_t show_file(shower *s, const pl_contract_file *file, pl_str name) {
    size_t shown = 0;
    if (s->json) {
        pl_buf_putc(s->out, '{');
        json_text(s->out, "consumer", file->consumer);
        pl_buf_putc(s->out, ',');
        json_text(s->out, "provider", file->provider);
        pl_buf_puts(s->out, ",\"contracts\":[");
    }
    for (size_t i = 0; i < file->contract_count; i++) {
        if (name.n && !pl_str_eq(file->contracts[i]->name, name))
            continue;
        pl_buf_puts(s->out, s->json && shown ? "," : "");
        if (s->json)
            show_json(s, file->contracts[i]);
        else
            show_text(s, file->contracts[i]);
        shown++;
    }
    pl_buf_puts(s->out, s->json ? "]}\n" : "");
    return shown;
}

static int no_such(const verb_line *line, const pl_contract_file *file, pl_str name) {
    const char *names[1024];
    size_t count = 0;
    pl_error err = PL_ERROR_INIT;
    for (size_t i = 0; i < file->contract_count && count < PL_COUNT(names); i++)
        names[count++] = file->contracts[i]->name.p;
    const char *near = pl_str_nearest(name, names, count);
    pl_error_set(&err, PL_NOT_FOUND, "%s has no contract '%.*s'%s%s%s", file->path.p, PL_FMT(name),
                 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
    return verb_failed(line, &err);
}

static int show(const verb_line *line, contracts *c, pl_str name) {
    if (pl_findings_errors(c->findings) || !c->set || pl_contract_set_file_count(c->set) == 0)
        return contracts_report(c, &line->args);
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    shower s = {.out = &out, .json = line->args.json, .arena = pl_arena_make(SCRATCH_MAX)};
    const pl_contract_file *file = pl_contract_set_file(c->set, 0);
    int code = TOOL_EXIT_OK;
    if (show_file(&s, file, name) == 0)
        code = no_such(line, file, name);
    else
        code = tool_print(&line->args, &out, TOOL_EXIT_OK);
    pl_arena_done(&s.arena);
    pl_buf_done(&out);
    return code;
}

int verb_show(verb_line *line) {
    if (line->word_count != 1)
        tool_usage(&line->args, "show takes one file: parley contract show FILE[#NAME]");
    contracts c;
    pl_error err = PL_ERROR_INIT;
    pl_str word = pl_str_c(line->words[0]);
    size_t hash = pl_str_index(word, '#');
    pl_str name = pl_str_make(word.p + hash + (hash < word.n), word.n - hash - (hash < word.n));
    pl_code code = contracts_init(&c, &err);
    char *path = pl_arena_strndup(&c.arena, word.p, hash);
    if (code == PL_OK)
        code = path ? contracts_add(&c, path, &err) : PL_RESOURCE_EXHAUSTED;
    if (code == PL_OK)
        code = contracts_compile(&c, &err);
    int exit_code = code == PL_OK ? show(line, &c, name) : verb_failed(line, &err);
    contracts_done(&c);
    return exit_code;
}

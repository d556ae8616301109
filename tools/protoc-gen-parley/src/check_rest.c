#include "check.h"
#include "parley/rest/template.h"
#include "source.h"

/* MethodDescriptorProto.options and MessageOptions, and the options in them. */
#define METHOD_OPTIONS  4
#define MESSAGE_OPTIONS 7
#define OPTION_REST     50003
#define OPTION_HTTP     72295728
#define OPTION_RESOURCE 50002
/* Rules of one method, additional bindings included. */
#define RULES_MAX   32
#define BINDING_MAX 512

typedef struct rules {
    const Google__Api__HttpRule *items[RULES_MAX];
    size_t count;
} rules;

/* The first RULES_MAX of them; a method with more is refused. */
static void collect(const Google__Api__HttpRule *rule, rules *out) {
    if (!rule)
        return;
    out->items[out->count++] = rule;
    for (size_t i = 0; i < rule->n_additional_bindings && out->count < RULES_MAX; i++)
        out->items[out->count++] = rule->additional_bindings[i];
}

/* The verb and the template of RULE; NULL where it has none. */
static const char *pattern(const Google__Api__HttpRule *rule, const char **out_verb) {
    switch (rule->pattern_case) {
    case GOOGLE__API__HTTP_RULE__PATTERN_GET:
        *out_verb = "GET";
        return rule->get;
    case GOOGLE__API__HTTP_RULE__PATTERN_PUT:
        *out_verb = "PUT";
        return rule->put;
    case GOOGLE__API__HTTP_RULE__PATTERN_POST:
        *out_verb = "POST";
        return rule->post;
    case GOOGLE__API__HTTP_RULE__PATTERN_DELETE:
        *out_verb = "DELETE";
        return rule->delete_;
    case GOOGLE__API__HTTP_RULE__PATTERN_PATCH:
        *out_verb = "PATCH";
        return rule->patch;
    case GOOGLE__API__HTTP_RULE__PATTERN_CUSTOM:
        *out_verb = rule->custom ? rule->custom->kind : "";
        return rule->custom ? rule->custom->path : NULL;
    default:
        return NULL;
    }
}

/* The field of MESSAGE at PATH ("order.id"); NULL where there is none. */
static const pl_gen_field *find_path(const pl_gen_message *message, pl_str path) {
    const pl_gen_field *field = NULL;
    pl_str name;
    while (message && pl_str_split(&path, '.', &name)) {
        field = pl_gen_find_field(message, name);
        if (!field)
            return NULL;
        message = field->sub;
    }
    return path.n ? NULL : field;
}

static void check_template(pl_gen_report *report, const pl_gen_place *place, const char *who,
                           const char *text, const pl_gen_message *message) {
    pl_rest_template parsed;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_rest_template_parse(report->arena, pl_str_c(text), &parsed, &err);
    if (code == PL_RESOURCE_EXHAUSTED)
        report->failed = true;
    else if (code)
        pl_gen_fault_add(report, place, "%s: %s", who, err.message);
    if (code)
        return;
    for (size_t i = 0; i < parsed.variable_count; i++) {
        pl_str path = parsed.variables[i].field;
        const pl_gen_field *field = find_path(message, path);
        if (!field)
            pl_gen_fault_add(report, place, "%s: template \"%s\": %s has no field %.*s", who, text,
                             message->full, PL_FMT(path));
        else if (field->sub || field->repeated)
            pl_gen_fault_add(report, place, "%s: template \"%s\": %.*s is no single value", who,
                             text, PL_FMT(path));
    }
}

/* An earlier rule of the file with the same verb and template as RULE, which is the INDEXth of M;
 * NULL: none. */
static const pl_gen_method *find_route(const pl_gen_file *file, const pl_gen_method *m,
                                       const rules *own, size_t index) {
    const char *verb = "", *text = pattern(own->items[index], &verb);
    for (size_t i = 0; text && i < file->service_count; i++) {
        for (size_t k = 0; k < file->services[i].method_count; k++) {
            const pl_gen_method *other = &file->services[i].methods[k];
            rules all = {.count = 0};
            collect(other->http, &all);
            for (size_t r = 0; r < all.count; r++) {
                if (other == m && r == index)
                    return NULL;
                const char *its_verb = "", *its = pattern(all.items[r], &its_verb);
                if (its && strcmp(its, text) == 0 && strcmp(its_verb, verb) == 0)
                    return other;
            }
        }
    }
    return NULL;
}

static void check_route(pl_gen_report *report, const pl_gen_place *place, const pl_gen_file *file,
                        const pl_gen_method *m, const rules *all, size_t index) {
    const pl_gen_method *other = find_route(file, m, all, index);
    const char *verb = "", *text = pattern(all->items[index], &verb);
    if (other)
        pl_gen_fault_add(report, place, "%s: %s %s is bound to %s already; change one", m->name,
                         verb, text, other->name);
}

static void check_rule(pl_gen_report *report, const pl_gen_place *place, const pl_gen_method *m,
                       const Google__Api__HttpRule *rule) {
    const char *verb = "";
    const char *text = pattern(rule, &verb);
    if (!text || !text[0]) {
        pl_gen_fault_add(report, place,
                         "%s: a google.api.http rule without a path; say get: "
                         "\"/...\" or another verb",
                         m->name);
        return;
    }
    check_template(report, place, m->name, text, m->request);
    if (rule->body[0] && strcmp(verb, "GET") == 0)
        pl_gen_fault_add(report, place,
                         "%s: GET has no body; remove body, fields that the path does not name are "
                         "query parameters",
                         m->name);
    bool body = rule->body[0] && strcmp(rule->body, "*") != 0;
    if (body && !pl_gen_find_field(m->request, pl_str_c(rule->body)))
        pl_gen_fault_add(report, place, "%s: body \"%s\" is no field of %s", m->name, rule->body,
                         m->request->full);
    if (rule->response_body[0] && !pl_gen_find_field(m->response, pl_str_c(rule->response_body)))
        pl_gen_fault_add(report, place, "%s: response_body \"%s\" is no field of %s", m->name,
                         rule->response_body, m->response->full);
}

/* Methods that REST does not reach. */
static void check_reach(pl_gen_report *report, const pl_gen_place *place, const pl_gen_method *m) {
    if (!m->http)
        return;
    if (!m->unary)
        pl_gen_fault_add(report, place,
                         "%s streams, and a stream has no REST form; remove google.api.http",
                         m->name);
    if (m->auth && m->auth->rule_case == PARLEY__AUTH__RULE_INTERNAL)
        pl_gen_fault_add(report, place,
                         "%s is internal, and the gateway never serves it; remove google.api.http "
                         "or choose another rule",
                         m->name);
}

static bool names_rule(const rules *all, const char *binding) {
    for (size_t i = 0; i < all->count; i++) {
        char text[BINDING_MAX];
        const char *verb = "";
        const char *path = pattern(all->items[i], &verb);
        int n = path ? snprintf(text, sizeof(text), "%s %s", verb, path) : -1;
        if (n > 0 && n < (int)sizeof(text) && strcmp(text, binding) == 0)
            return true;
    }
    return false;
}

/* The rules of M as "GET /a, POST /b", for messages. */
static const char *list_rules(pl_arena *arena, const rules *all) {
    pl_buf text = pl_buf_make(4096);
    for (size_t i = 0; i < all->count; i++) {
        const char *verb = "";
        const char *path = pattern(all->items[i], &verb);
        pl_buf_printf(&text, "%s\"%s %s\"", i ? ", " : "", verb, path ? path : "");
    }
    const char *out = pl_arena_strndup(arena, text.p, text.n);
    pl_buf_done(&text);
    return out ? out : "";
}

static void check_bindings(pl_gen_report *report, const pl_gen_method *m, const rules *all) {
    pl_gen_place options = pl_gen_place_in(&m->place, METHOD_OPTIONS, -1);
    for (size_t i = 0; i < m->rest_count; i++) {
        const Parley__Rest *rest = m->rest[i];
        pl_gen_place place = pl_gen_place_in(&options, OPTION_REST, (int32_t)i);
        if (!names_rule(all, rest->binding))
            pl_gen_fault_add(report, &place,
                             "%s: binding \"%s\" names no google.api.http rule of "
                             "it; it has %s",
                             m->name, rest->binding,
                             all->count ? list_rules(report->arena, all) : "none");
        for (size_t k = 0; k < i; k++)
            if (strcmp(m->rest[k]->binding, rest->binding) == 0)
                pl_gen_fault_add(report, &place, "%s: binding \"%s\" stands twice; join the two",
                                 m->name, rest->binding);
        if (rest->created[0])
            check_template(report, &place, m->name, rest->created, m->response);
        if (rest->created[0] && rest->no_content)
            pl_gen_fault_add(report, &place, "%s: created answers 201, no_content 204; choose one",
                             m->name);
    }
}

/* A link is a template too, but may have a query and be relative: only its fields are looked
 * at. */
static void check_link(pl_gen_report *report, const pl_gen_place *place, const pl_gen_message *m,
                       const Parley__Link *link) {
    pl_str rest = pl_str_c(link->href), part;
    if (!link->rel[0] || !link->href[0])
        pl_gen_fault_add(report, place, "%s: a link needs rel and href", m->full);
    bool first = true;
    while (pl_str_split(&rest, '{', &part)) {
        pl_str name = pl_str_make(part.p, pl_str_index(part, '}'));
        if (!first && name.n == part.n)
            pl_gen_fault_add(report, place, "%s: link \"%s\": expected '}'", m->full, link->href);
        else if (!first && !find_path(m, name))
            pl_gen_fault_add(report, place, "%s: link \"%s\": it has no field %.*s", m->full,
                             link->href, PL_FMT(name));
        first = false;
    }
}

static void check_resource(pl_gen_report *report, const pl_gen_message *m) {
    pl_gen_place options = pl_gen_place_in(&m->place, MESSAGE_OPTIONS, -1);
    pl_gen_place place = pl_gen_place_in(&options, OPTION_RESOURCE, -1);
    if (m->resource->self[0])
        check_template(report, &place, m->full, m->resource->self, m);
    for (size_t i = 0; i < m->resource->n_links; i++)
        check_link(report, &place, m, m->resource->links[i]);
    const char *etag = m->resource->etag;
    if (etag[0] && !pl_gen_find_field(m, pl_str_c(etag)))
        pl_gen_fault_add(report, &place, "%s: etag \"%s\" is no field of it", m->full, etag);
}

void pl_check_rest(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++) {
        for (size_t k = 0; k < file->services[i].method_count; k++) {
            const pl_gen_method *m = &file->services[i].methods[k];
            pl_gen_place options = pl_gen_place_in(&m->place, METHOD_OPTIONS, -1);
            pl_gen_place place = pl_gen_place_in(&options, OPTION_HTTP, -1);
            rules all = {.count = 0};
            collect(m->http, &all);
            check_reach(report, &place, m);
            if (m->http && m->http->n_additional_bindings >= RULES_MAX)
                pl_gen_fault_add(report, &place,
                                 "%s has %zu google.api.http rules, at most %d are possible; make "
                                 "a method of some",
                                 m->name, m->http->n_additional_bindings + 1, RULES_MAX);
            for (size_t r = 0; r < all.count; r++) {
                check_rule(report, &place, m, all.items[r]);
                check_route(report, &place, file, m, &all, r);
            }
            check_bindings(report, m, &all);
        }
    }
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].resource)
            check_resource(report, &file->messages[i]);
}
